//! Builds the catalog: addresses and terms for every article.
//!
//! The order of everything here is settled by the content alone (date, path, slug), never by the
//! order in which the articles came. Spellings of one term meet by the vocabulary first, then by
//! what their slugs have in common after [`fold`], because one slug is one folder on disk. The
//! vocabulary gives the name, else the spelling that is used most; the slugs of the others are
//! where the term's feed may have been before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use url::Url;

use super::permalink::Permalink;
use super::slug::slug;
use super::vocabulary::{Vocabulary, VocabularyEntry, fold};
use super::{Catalog, Page, Section, Site, TOPICS, Taxonomy, TaxonomySettings, Term, TermRef};
use crate::article::Article;

/// What a catalog is built by, besides the articles.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The site.
    pub site: Site,
    /// Pattern of the articles' addresses.
    pub permalink: Permalink,
    /// The lists of the front matter that get feeds.
    pub taxonomies: Vec<TaxonomySettings>,
}

impl TaxonomySettings {
    /// Whether the vocabulary's topics are this taxonomy's names.
    pub fn holds_topics(&self) -> bool {
        self.path == TOPICS
    }
}

impl Taxonomy {
    /// The term that `spelling` stands for, by the vocabulary and by what spellings have in common.
    pub fn find(&self, spelling: &str, vocabulary: &Vocabulary) -> Option<&Term> {
        let entry = vocabulary.find(spelling, self.settings.holds_topics());
        let wanted = fold(&slug(entry.map_or(spelling, |entry| &entry.name)));
        self.terms.iter().find(|term| fold(&term.slug) == wanted)
    }
}

impl Catalog {
    /// Puts every article in its place.
    pub fn build(
        mut articles: Vec<Arc<Article>>,
        settings: &Settings,
        vocabulary: &Vocabulary,
    ) -> Self {
        articles.sort_by(|a, b| {
            let due = |article: &Article| article.publish_date.unwrap_or(article.date);
            due(b).cmp(&due(a)).then_with(|| a.path.cmp(&b.path))
        });
        let taxonomies: Vec<Taxonomy> = settings
            .taxonomies
            .iter()
            .map(|taxonomy| taxonomy_of(&articles, taxonomy, vocabulary))
            .collect();
        let sections = sections_of(&articles);
        let mut terms = vec![Vec::new(); articles.len()];
        for (taxonomy, list) in taxonomies.iter().enumerate() {
            for (term, of) in list.terms.iter().enumerate() {
                for &page in &of.pages {
                    terms[page].push(TermRef { taxonomy, term });
                }
            }
        }
        let pages = articles
            .into_iter()
            .zip(terms)
            .map(|(article, terms)| place(article, terms, &settings.site, &settings.permalink))
            .collect();
        Self { site: settings.site.clone(), pages, sections, taxonomies }
    }
}

fn place(article: Arc<Article>, terms: Vec<TermRef>, site: &Site, permalink: &Permalink) -> Page {
    let elsewhere = article
        .url
        .as_deref()
        .and_then(|url| Url::parse(url).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    if let Some(url) = elsewhere {
        return Page { path: url.path().to_owned(), url, article, terms };
    }
    let path = permalink.path(&article);
    // The dot makes a path of it even where it looks like an address, such as `javascript:`.
    let url = site.url.join(&format!(".{path}")).unwrap_or_else(|_| site.url.clone());
    Page { article, path, url, terms }
}

fn sections_of(articles: &[Arc<Article>]) -> Vec<Section> {
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (page, article) in articles.iter().enumerate() {
        if let Some(name) = &article.section {
            named.entry(name).or_default().push(page);
        }
    }
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    for (name, pages) in named {
        let slug = slug(name);
        if slug.is_empty() {
            continue;
        }
        let section = sections.entry(slug.clone()).or_insert_with(|| Section {
            name: name.to_owned(),
            slug,
            pages: Vec::new(),
        });
        section.pages.extend(pages);
        section.pages.sort_unstable();
    }
    sections.into_values().collect()
}

/// A term on its way: its entry of the vocabulary, and its spellings in the order of their names.
#[derive(Default)]
struct Gathered<'a> {
    entry: Option<&'a VocabularyEntry>,
    spellings: Vec<(&'a str, Vec<usize>)>,
}

fn taxonomy_of(
    articles: &[Arc<Article>],
    settings: &TaxonomySettings,
    vocabulary: &Vocabulary,
) -> Taxonomy {
    // A site has many times more uses than spellings: what is slow is done once for each spelling.
    let mut uses: HashMap<&str, Vec<usize>> = HashMap::new();
    for (page, article) in articles.iter().enumerate() {
        for spelling in article.taxonomies.get(&settings.field).into_iter().flatten() {
            uses.entry(spelling).or_default().push(page);
        }
    }
    let mut spellings: Vec<(&str, Vec<usize>)> = uses.into_iter().collect();
    spellings.sort_unstable_by_key(|(spelling, _)| *spelling);
    let mut gathered: BTreeMap<String, Gathered> = BTreeMap::new();
    for (spelling, pages) in spellings {
        let entry = vocabulary.find(spelling, settings.holds_topics());
        let slug = slug(entry.map_or(spelling, |entry| &entry.name));
        if !slug.is_empty() {
            let term = gathered.entry(fold(&slug)).or_default();
            term.entry = term.entry.or(entry);
            term.spellings.push((spelling, pages));
        }
    }
    let mut terms: Vec<Term> = gathered.into_values().map(term_of).collect();
    let taken: BTreeSet<String> = terms.iter().map(|term| term.slug.clone()).collect();
    for term in &mut terms {
        term.former.retain(|slug| !taken.contains(slug));
    }
    terms.sort_unstable_by(|a, b| a.slug.cmp(&b.slug));
    Taxonomy { settings: settings.clone(), terms }
}

fn term_of(gathered: Gathered) -> Term {
    // The most used spelling; the first in order where two are used alike.
    let most = gathered.spellings.iter().map(|(_, pages)| pages.len()).max();
    let usual = gathered.spellings.iter().find(|(_, pages)| Some(pages.len()) == most);
    let usual = usual.map_or("", |(spelling, _)| spelling);
    let name = gathered.entry.map_or(usual, |entry| &entry.name).to_owned();
    let slug_of_name = slug(&name);
    let aliases = gathered.entry.into_iter().flat_map(|entry| &entry.aliases).map(String::as_str);
    let former: BTreeSet<String> = gathered
        .spellings
        .iter()
        .map(|(spelling, _)| *spelling)
        .chain(aliases)
        .map(slug)
        .filter(|slug| !slug.is_empty() && *slug != slug_of_name)
        .collect();
    let mut pages: Vec<usize> =
        gathered.spellings.into_iter().flat_map(|(_, pages)| pages).collect();
    pages.sort_unstable();
    pages.dedup();
    Term {
        name,
        slug: slug_of_name,
        former: former.into_iter().collect(),
        hidden: gathered.entry.is_some_and(|entry| entry.hidden),
        pages,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::vocabulary::{Kind, VocabularyEntry};
    use crate::catalog::{Author, Standing};
    use chrono::{DateTime, FixedOffset};

    fn at(time: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(time).unwrap()
    }

    fn article(path: &str, date: &str, tags: &[&str]) -> Arc<Article> {
        Arc::new(Article {
            path: path.into(),
            section: path.split_once('/').map(|(section, _)| section.to_owned()),
            title: path.into(),
            date: at(date),
            taxonomies: BTreeMap::from([(
                "tags".to_owned(),
                tags.iter().map(ToString::to_string).collect(),
            )]),
            ..Article::default()
        })
    }

    fn settings() -> Settings {
        Settings {
            site: Site {
                title: "站".into(),
                url: Url::parse("https://example.org/").unwrap(),
                description: String::new(),
                language: "zh-CN".into(),
                timezone: chrono_tz::Asia::Shanghai,
                author: Author::default(),
                image: None,
                rights: None,
                id: "站".into(),
            },
            permalink: Permalink::new("/{section}/{slug}/").unwrap(),
            taxonomies: vec![TaxonomySettings {
                field: "tags".into(),
                path: "tags".into(),
                title: "标签".into(),
            }],
        }
    }

    fn vocabulary() -> Vocabulary {
        Vocabulary::new(vec![VocabularyEntry {
            name: "智能体".into(),
            aliases: vec!["AI Agent".into()],
            kind: Kind::Tag,
            hidden: false,
        }])
    }

    #[test]
    fn the_order_of_the_files_does_not_matter() {
        let mut articles = vec![
            article("b/one.md", "2025-06-13T08:00:00+08:00", &["AI Agent", "Meta"]),
            article("a/two.md", "2025-06-14T08:00:00+08:00", &["智能体"]),
            article("a/three.md", "2025-06-13T08:00:00+08:00", &["meta", "META", "Meta"]),
        ];
        let one = Catalog::build(articles.clone(), &settings(), &vocabulary());
        articles.reverse();
        let other = Catalog::build(articles, &settings(), &vocabulary());
        let paths = |catalog: &Catalog| {
            catalog.pages.iter().map(|page| page.path.clone()).collect::<Vec<_>>()
        };
        assert_eq!(paths(&one), ["/a/two/", "/a/three/", "/b/one/"]);
        assert_eq!(paths(&one), paths(&other));
        assert_eq!(one.taxonomies, other.taxonomies);
        assert_eq!(one.sections, other.sections);
    }

    #[test]
    fn aliases_and_spellings_are_one_term_under_the_canonical_name() {
        let catalog = Catalog::build(
            vec![
                article("a/1.md", "2025-06-13T08:00:00Z", &["AI Agent", "智能体", "Meta"]),
                article("a/2.md", "2025-06-12T08:00:00Z", &["meta", "！", "Meta"]),
            ],
            &settings(),
            &vocabulary(),
        );
        let terms: Vec<_> = catalog.taxonomies[0]
            .terms
            .iter()
            .map(|term| (term.name.as_str(), term.slug.as_str(), term.pages.as_slice()))
            .collect();
        assert_eq!(
            terms,
            [("Meta", "meta", [0, 1].as_slice()), ("智能体", "智能体", [0].as_slice())]
        );
        assert_eq!(catalog.term(catalog.pages[0].terms[1]).name, "智能体");
    }

    #[test]
    fn spellings_that_differ_in_nothing_are_one_term_with_its_former_addresses() {
        let catalog = Catalog::build(
            vec![
                article("a/1.md", "2025-06-13T08:00:00Z", &["Scale AI", "AI-Agent"]),
                article("a/2.md", "2025-06-12T08:00:00Z", &["ScaleAI", "Ｍｅｔａ"]),
                article("a/3.md", "2025-06-11T08:00:00Z", &["Scale AI", "meta", "meta"]),
                article("a/4.md", "2025-06-10T08:00:00Z", &["scale·ai", "AI&Agent"]),
            ],
            &settings(),
            &vocabulary(),
        );
        let taxonomy = &catalog.taxonomies[0];
        let terms: Vec<(&str, &str, Vec<&str>, &[usize])> = taxonomy
            .terms
            .iter()
            .map(|term| {
                let former = term.former.iter().map(String::as_str).collect();
                (term.name.as_str(), term.slug.as_str(), former, term.pages.as_slice())
            })
            .collect();
        assert_eq!(
            terms,
            [
                // Hugo drops the `&`, so this is no variant of the alias, but of its slug.
                ("AI&Agent", "aiagent", vec![], [3].as_slice()),
                ("meta", "meta", vec!["ｍｅｔａ"], &[1, 2]),
                ("Scale AI", "scale-ai", vec!["scaleai"], &[0, 1, 2, 3]),
                ("智能体", "智能体", vec!["ai-agent"], &[0]),
            ]
        );
        for (spelling, slug) in [("scale AI", "scale-ai"), ("AI Agent", "智能体"), ("META", "meta")]
        {
            let found = taxonomy.find(spelling, &vocabulary()).map(|term| term.slug.as_str());
            assert_eq!(found, Some(slug), "{spelling}");
        }
        assert_eq!(taxonomy.find("Beta", &vocabulary()), None);
    }

    #[test]
    fn an_address_of_its_own_stays_on_the_web() {
        for (url, expected) in [
            ("/old/place/", "https://example.org/old/place/"),
            ("https://elsewhere.example/a", "https://elsewhere.example/a"),
            ("javascript:alert(1)", "https://example.org/javascript:alert(1)"),
        ] {
            let mut given = Article::clone(&article("a/1.md", "2025-06-13T08:00:00Z", &[]));
            given.url = Some(url.into());
            let catalog = Catalog::build(vec![Arc::new(given)], &settings(), &vocabulary());
            assert_eq!(catalog.pages[0].url.as_str(), expected);
        }
    }

    #[test]
    fn the_next_change_is_what_becomes_due_or_expires_first() {
        let mut coming = Article::clone(&article("a/1.md", "2025-06-13T08:00:00Z", &[]));
        coming.publish_date = Some(at("2025-06-20T08:00:00Z"));
        let mut going = Article::clone(&article("a/2.md", "2025-06-13T08:00:00Z", &[]));
        going.expiry_date = Some(at("2025-06-19T08:00:00Z"));
        let mut draft = Article::clone(&article("a/3.md", "2025-06-18T08:00:00Z", &[]));
        draft.draft = true;
        let articles = [coming, going, draft].map(Arc::new).to_vec();
        let catalog = Catalog::build(articles, &settings(), &Vocabulary::default());
        for (now, next) in [
            ("2025-06-14T00:00:00Z", Some("2025-06-19T08:00:00Z")),
            ("2025-06-19T08:00:00Z", Some("2025-06-20T08:00:00Z")),
            ("2025-06-20T08:00:00Z", None),
        ] {
            let next = next.map(|next| at(next).to_utc());
            assert_eq!(catalog.next_change(at(now).to_utc()), next, "{now}");
        }
    }

    #[test]
    fn an_article_at_the_top_has_no_section() {
        let catalog = Catalog::build(
            vec![article("about.md", "2025-06-13T08:00:00Z", &[])],
            &settings(),
            &Vocabulary::default(),
        );
        assert!(catalog.sections.is_empty());
        assert_eq!(catalog.pages[0].url.as_str(), "https://example.org/about/");
    }

    #[test]
    fn a_page_is_published_when_due_and_until_it_expires() {
        let page = |draft: bool, publish: Option<&str>, expiry: Option<&str>| Page {
            article: Arc::new(Article {
                draft,
                date: at("2025-06-13T08:00:00+08:00"),
                publish_date: publish.map(at),
                expiry_date: expiry.map(at),
                ..Article::default()
            }),
            path: String::new(),
            url: Url::parse("https://example.org/").unwrap(),
            terms: Vec::new(),
        };
        let now = at("2025-06-13T00:00:00Z").to_utc();
        for (page, standing) in [
            (page(false, None, None), Standing::Published),
            (page(true, None, None), Standing::Draft),
            (page(false, Some("2025-06-13T08:00:01+08:00"), None), Standing::Scheduled),
            (page(false, Some("2025-06-13T08:00:00+08:00"), None), Standing::Published),
            (page(false, None, Some("2025-06-13T08:00:00+08:00")), Standing::Expired),
            (page(false, None, Some("2025-06-13T08:00:01+08:00")), Standing::Published),
        ] {
            assert_eq!(page.standing(now), standing);
        }
    }
}
