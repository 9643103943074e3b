//! Builds the catalog: addresses and terms for every article.
//!
//! The order of everything here is settled by the content alone (date, path, slug), never by the
//! order in which the articles came. Spellings of one term meet by the vocabulary first, then by
//! their slug, because one slug is one folder on disk; the spelling most used gives the name.

use std::collections::BTreeMap;

use url::Url;

use super::permalink::Permalink;
use super::slug::slug;
use super::vocabulary::Vocabulary;
use super::{Catalog, Page, Section, Site, Taxonomy, TaxonomySettings, Term, TermRef};
use crate::article::Article;

/// Path of the taxonomy that the vocabulary's topics belong to.
const TOPICS: &str = "topics";

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

impl Catalog {
    /// Puts every article in its place.
    pub fn build(mut articles: Vec<Article>, settings: &Settings, vocabulary: &Vocabulary) -> Self {
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

fn place(article: Article, terms: Vec<TermRef>, site: &Site, permalink: &Permalink) -> Page {
    let elsewhere = article
        .url
        .as_deref()
        .and_then(|url| Url::parse(url).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    if let Some(url) = elsewhere {
        return Page { path: url.path().to_owned(), url, article, terms };
    }
    let path = permalink.path(&article);
    // A path without scheme or host joins any base.
    let url = site.url.join(path.trim_start_matches('/')).unwrap_or_else(|_| site.url.clone());
    Page { article, path, url, terms }
}

fn sections_of(articles: &[Article]) -> Vec<Section> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    for (page, article) in articles.iter().enumerate() {
        let Some(name) = &article.section else { continue };
        let slug = slug(name);
        if slug.is_empty() {
            continue;
        }
        let section = sections.entry(slug.clone()).or_insert_with(|| Section {
            name: name.clone(),
            slug,
            pages: Vec::new(),
        });
        section.pages.push(page);
    }
    sections.into_values().collect()
}

/// A term on its way: the pages that carry it and how often each spelling was used.
#[derive(Default)]
struct Gathered {
    canonical: Option<String>,
    hidden: bool,
    spellings: BTreeMap<String, usize>,
    pages: Vec<usize>,
}

fn taxonomy_of(
    articles: &[Article],
    settings: &TaxonomySettings,
    vocabulary: &Vocabulary,
) -> Taxonomy {
    let mut gathered: BTreeMap<String, Gathered> = BTreeMap::new();
    for (page, article) in articles.iter().enumerate() {
        for spelling in article.taxonomies.get(&settings.field).into_iter().flatten() {
            let entry = vocabulary.find(spelling, settings.holds_topics());
            let slug = slug(entry.map_or(spelling.as_str(), |entry| entry.name.as_str()));
            if slug.is_empty() {
                continue;
            }
            let term = gathered.entry(slug).or_default();
            if let Some(entry) = entry {
                term.canonical = Some(entry.name.clone());
                term.hidden |= entry.hidden;
            }
            *term.spellings.entry(spelling.clone()).or_default() += 1;
            if term.pages.last() != Some(&page) {
                term.pages.push(page);
            }
        }
    }
    let terms = gathered
        .into_iter()
        .map(|(slug, term)| {
            // The most used spelling; the first in order where two are used alike.
            let most = term.spellings.values().max().copied().unwrap_or_default();
            let usual = term.spellings.into_iter().find(|(_, count)| *count == most);
            let name = term.canonical.or(usual.map(|(name, _)| name)).unwrap_or_default();
            Term { name, slug, hidden: term.hidden, pages: term.pages }
        })
        .collect();
    Taxonomy { settings: settings.clone(), terms }
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

    fn article(path: &str, date: &str, tags: &[&str]) -> Article {
        Article {
            path: path.into(),
            section: path.split_once('/').map(|(section, _)| section.to_owned()),
            title: path.into(),
            date: at(date),
            taxonomies: BTreeMap::from([(
                "tags".to_owned(),
                tags.iter().map(ToString::to_string).collect(),
            )]),
            ..Article::default()
        }
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
            article: Article {
                draft,
                date: at("2025-06-13T08:00:00+08:00"),
                publish_date: publish.map(at),
                expiry_date: expiry.map(at),
                ..Article::default()
            },
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
