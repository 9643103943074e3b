//! A review of the tags and topics in use: what an editor could bring into order.
//!
//! Takes a catalog, the vocabulary that it was built with, groups of names that are equal in two
//! languages, and an instant; gives a [`Review`] of what is published then: terms that one article
//! alone carries, names that are likely one, and topics outside the closed list. Every proposal
//! carries its [`Evidence`], and the vocabulary entry that would put it into effect. Nothing here
//! decides: spellings that differ in case, width, space, hyphen or interpunct are the catalog's
//! business and never reported; the rest is an editor's. A list that is read must be short and
//! right, so a doubtful pair is left out. Pure, and without comparing all names with all others.

use chrono::{DateTime, Utc};

use super::vocabulary::{Vocabulary, VocabularyEntry};
use super::{Catalog, TermRef};

mod duplicate;
mod equal;
mod evidence;
mod form;
mod group;
mod outside;
mod usage;

pub use evidence::{Evidence, Support};

use equal::EqualNames;
use usage::Usage;

/// What could be brought into order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Review {
    /// Terms that one published article carries, by taxonomy, then by slug.
    pub single_use: Vec<SingleUse>,
    /// Names that are likely one, those with the most articles to gain first.
    pub duplicates: Vec<Duplicate>,
    /// Topics that the closed list does not have, the most used first; empty while it is open.
    pub outside: Vec<Outside>,
}

/// A term that one published article carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleUse {
    /// Path of the taxonomy, `tags`.
    pub taxonomy: String,
    /// The term.
    pub name: String,
    /// The same as a part of a path.
    pub slug: String,
    /// Path of the article below the article folder.
    pub article: String,
}

/// Names that are likely one.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicate {
    /// Path of the taxonomy, `tags`.
    pub taxonomy: String,
    /// The name to keep: the vocabulary's, else the one most used.
    pub name: String,
    /// Published articles under that name.
    pub articles: usize,
    /// The other names, the most used first.
    pub aliases: Vec<Alias>,
    /// The vocabulary entry that folds them.
    pub entry: VocabularyEntry,
}

/// A name that likely stands for another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// The name.
    pub name: String,
    /// Published articles under that name.
    pub articles: usize,
    /// The name that the evidence speaks of: the one to keep, or another alias.
    pub like: String,
    /// Why.
    pub evidence: Evidence,
}

/// A topic that the closed list does not have.
#[derive(Debug, Clone, PartialEq)]
pub struct Outside {
    /// Path of the taxonomy, `topics`.
    pub taxonomy: String,
    /// The topic.
    pub name: String,
    /// Published articles that carry it.
    pub articles: usize,
    /// Paths of some of them, newest first.
    pub paths: Vec<String>,
    /// Topics of the list that it could be an alias of, the likeliest first.
    pub candidates: Vec<Candidate>,
    /// The vocabulary entry of the likeliest, with all topics that it would take in.
    pub entry: Option<VocabularyEntry>,
}

/// A topic of the closed list that another one could be an alias of.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// Why.
    pub evidence: Vec<Evidence>,
}

/// A term in use.
struct Used<'a> {
    at: TermRef,
    name: &'a str,
    articles: usize,
    known: Option<&'a VocabularyEntry>,
}

/// Reviews the terms of what is published at `now`. `vocabulary` is the one that the catalog was
/// built with; each group of `equal` lists names that mean the same, in any language.
pub fn review(
    catalog: &Catalog,
    vocabulary: &Vocabulary,
    equal: &[Vec<String>],
    now: DateTime<Utc>,
) -> Review {
    let usage = Usage::new(catalog, now);
    let equal = EqualNames::new(equal, vocabulary);
    let mut review = Review::default();
    for (index, taxonomy) in catalog.taxonomies.iter().enumerate() {
        let topics = taxonomy.settings.holds_topics();
        let used: Vec<Used> = taxonomy
            .terms
            .iter()
            .enumerate()
            .map(|(term, of)| {
                let at = TermRef { taxonomy: index, term };
                let known = vocabulary.find(&of.name, topics);
                (of, Used { at, name: &of.name, articles: usage.pages(at).len(), known })
            })
            .filter(|(term, used)| !term.hidden && used.articles > 0)
            .map(|(_, used)| used)
            .collect();
        review.single_use.extend(used.iter().filter(|term| term.articles == 1).map(|term| {
            SingleUse {
                taxonomy: taxonomy.settings.path.clone(),
                name: term.name.to_owned(),
                slug: catalog.term(term.at).slug.clone(),
                article: usage.path(usage.pages(term.at)[0]),
            }
        }));
        let links = duplicate::links(&used, &equal, &usage);
        let path = &taxonomy.settings.path;
        if topics && outside::is_closed(vocabulary) {
            review.outside.extend(outside::find(path, &used, links, vocabulary, &equal, &usage));
        } else {
            review.duplicates.extend(group::proposals(path, topics, &used, links));
        }
    }
    review
}

#[cfg(test)]
mod tests;
