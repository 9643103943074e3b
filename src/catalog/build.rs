//! Builds the catalog: addresses and terms for every article.
//!
//! The order of everything here is settled by the content alone (date, path, slug), never by the
//! order in which the articles came. Spellings of one term meet by the vocabulary first, then by
//! what their slugs have in common after [`fold`], because one slug is one folder on disk. The
//! vocabulary gives the name, else the spelling that is used most; the slugs of the others are
//! where the term's feed may have been before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use rayon::prelude::*;
use url::Url;

use super::permalink::Permalink;
use super::slug;
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
        let wanted = fold(&slug::of_term(entry.map_or(spelling, |entry| &entry.name)));
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
        in_order(&mut articles);
        Self::of_ordered(articles, settings, vocabulary)
    }

    /// The same as [`Catalog::build`], and quicker where the articles have the sections and the terms of
    /// those in `before`, as after the edit of a text. `before` must have been built by the same
    /// settings and vocabulary.
    pub fn build_after(
        before: &Self,
        mut articles: Vec<Arc<Article>>,
        settings: &Settings,
        vocabulary: &Vocabulary,
    ) -> Self {
        in_order(&mut articles);
        if !before.has_the_terms_of(&articles) {
            return Self::of_ordered(articles, settings, vocabulary);
        }
        let pages = articles
            .into_par_iter()
            .zip(&before.pages)
            .map(|(article, page)| {
                if Arc::ptr_eq(&article, &page.article) {
                    return page.clone();
                }
                place(article, page.terms.clone(), &settings.site, &settings.permalink)
            })
            .collect();
        let (sections, taxonomies) = (before.sections.clone(), Arc::clone(&before.taxonomies));
        Self { site: settings.site.clone(), pages, sections, taxonomies }
    }

    /// Whether sections and terms of `articles`, which are in order, are those of this catalog: they are
    /// made of nothing else than what is compared here.
    fn has_the_terms_of(&self, articles: &[Arc<Article>]) -> bool {
        let same = |(page, article): (&Page, &Arc<Article>)| {
            let before = &page.article;
            Arc::ptr_eq(before, article)
                || (&before.section, &before.taxonomies, before.draft)
                    == (&article.section, &article.taxonomies, article.draft)
        };
        self.pages.len() == articles.len() && self.pages.iter().zip(articles).all(same)
    }

    fn of_ordered(
        articles: Vec<Arc<Article>>,
        settings: &Settings,
        vocabulary: &Vocabulary,
    ) -> Self {
        let taxonomies: Arc<[Taxonomy]> = settings
            .taxonomies
            .par_iter()
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
            .into_par_iter()
            .zip(terms)
            .map(|(article, terms)| place(article, terms, &settings.site, &settings.permalink))
            .collect();
        Self { site: settings.site.clone(), pages, sections, taxonomies }
    }
}

/// Newest first, then by path.
fn in_order(articles: &mut [Arc<Article>]) {
    articles.sort_by(|a, b| {
        let due = |article: &Article| article.publish_date.unwrap_or(article.date);
        due(b).cmp(&due(a)).then_with(|| a.path.cmp(&b.path))
    });
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
    // What begins a query or a fragment is a letter here. The dot makes a path of it even where it looks
    // like an address, such as `javascript:`.
    let escaped = path.replace('?', "%3F").replace('#', "%23");
    let url = site.url.join(&format!(".{escaped}")).unwrap_or_else(|_| site.url.clone());
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
        let slug = slug::slug(name);
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

/// One way in which articles write a term.
struct Spelling<'a> {
    name: &'a str,
    /// What the vocabulary says of it.
    entry: Option<&'a VocabularyEntry>,
    /// The slug of what it stands for: of its entry's name, else its own.
    slug: String,
    pages: Vec<usize>,
    /// How many of the pages are no drafts.
    public: usize,
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
    let spellings: Vec<(String, Spelling)> = uses
        .into_par_iter()
        .map(|(name, pages)| {
            let entry = vocabulary.find(name, settings.holds_topics());
            let slug = slug::of_term(entry.map_or(name, |entry| &entry.name));
            let public = pages.iter().filter(|page| !articles[**page].draft).count();
            (fold(&slug), Spelling { name, entry, slug, pages, public })
        })
        .collect();
    let mut gathered: HashMap<String, Vec<Spelling>> = HashMap::with_capacity(spellings.len());
    for (key, spelling) in spellings {
        if !spelling.slug.is_empty() {
            gathered.entry(key).or_default().push(spelling);
        }
    }
    let mut terms: Vec<Term> = gathered.into_values().map(term_of).collect();
    terms.par_sort_unstable_by(|a, b| a.slug.cmp(&b.slug));
    for at in 0..terms.len() {
        let mut former = std::mem::take(&mut terms[at].former);
        former.retain(|slug| terms.binary_search_by(|term| term.slug.cmp(slug)).is_err());
        terms[at].former = former;
    }
    Taxonomy { settings: settings.clone(), terms }
}

/// The term of these spellings, in whatever order they come.
fn term_of(mut spellings: Vec<Spelling>) -> Term {
    spellings.sort_unstable_by_key(|spelling| spelling.name);
    let entry = spellings.iter().find_map(|spelling| spelling.entry);
    // What drafts alone say names nothing that is public.
    let most = spellings.iter().map(|spelling| (spelling.public, spelling.pages.len())).max();
    let is_public = most.is_some_and(|(public, _)| public > 0);
    let is_told = |spelling: &&mut Spelling| spelling.public > 0 || !is_public;
    let (name, slug_of_name, former): (&str, String, BTreeSet<String>) = if let Some(entry) = entry
    {
        let names = spellings.iter_mut().filter(is_told).map(|spelling| spelling.name);
        let aliases = entry.aliases.iter().map(String::as_str);
        let slug = slug::of_term(&entry.name);
        (&entry.name, slug, names.chain(aliases).map(slug::of_term).collect())
    } else {
        // The most used spelling; the first in order where two are used alike.
        let uses = |spelling: &Spelling| Some((spelling.public, spelling.pages.len()));
        let usual = spellings.iter_mut().find(|spelling| uses(spelling) == most);
        let (name, slug) =
            usual.map(|usual| (usual.name, std::mem::take(&mut usual.slug))).unwrap_or_default();
        let others = spellings.iter_mut().filter(is_told);
        (name, slug, others.map(|other| std::mem::take(&mut other.slug)).collect())
    };
    let former =
        former.into_iter().filter(|slug| !slug.is_empty() && *slug != slug_of_name).collect();
    // Most terms have one spelling, whose pages are the term's.
    let mut spellings = spellings.into_iter().map(|spelling| spelling.pages);
    let mut pages = spellings.next().unwrap_or_default();
    spellings.for_each(|more| pages.extend(more));
    pages.sort_unstable();
    pages.dedup();
    Term {
        name: name.to_owned(),
        slug: slug_of_name,
        former,
        hidden: entry.is_some_and(|entry| entry.hidden),
        pages,
    }
}

#[cfg(test)]
mod tests;
