//! Builds the catalog: addresses and terms for every article.
//!
//! The order of everything here is settled by the content alone (date, path, slug), never by the
//! order in which the articles came. Spellings of one term meet by the vocabulary first, then by
//! what their slugs have in common after [`fold`], because one slug is one folder on disk. The
//! vocabulary gives the name, else the spelling that is used most; the slugs of the others are
//! where the term's feed may have been before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;
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
    let meanings: Vec<(Option<&VocabularyEntry>, Option<String>)> = spellings
        .par_iter()
        .map(|(spelling, _)| {
            let entry = vocabulary.find(spelling, settings.holds_topics());
            let slug = slug(entry.map_or(spelling, |entry| &entry.name));
            (entry, (!slug.is_empty()).then(|| fold(&slug)))
        })
        .collect();
    let mut gathered: BTreeMap<String, Gathered> = BTreeMap::new();
    for ((entry, key), spelling) in meanings.into_iter().zip(spellings) {
        if let Some(key) = key {
            let term = gathered.entry(key).or_default();
            term.entry = term.entry.or(entry);
            term.spellings.push(spelling);
        }
    }
    let gathered: Vec<Gathered> = gathered.into_values().collect();
    let mut terms: Vec<Term> = gathered.into_par_iter().map(term_of).collect();
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
mod tests;
