//! Whether the site has written of a story, and whether there has been news since.
//!
//! Takes a story's items and what the site's articles cite; gives the day of the earliest article that
//! cites one of the items, and the items published since that bring something new: amounts, names or
//! rare words that no earlier report had. A rewrite of what was known brings none, and so the story is
//! not suggested again.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::amount::{Agreement, agreement};
use super::rarity::Rarity;
use super::signature::Signature;
use crate::address::canonical;
use crate::suggest::identity::title_key;
use crate::suggest::lexicon::Lexicon;
use crate::suggest::term::Term;
use crate::suggest::{Candidate, Cited};

/// Share of a title's weight that was not known before, from which on it is news. A rewrite of a report
/// shares more than half of its weight with what it rewrites.
const NEWS: f64 = 0.5;

/// What a new amount adds to that share: the figure is mostly what the news is.
const NEW_AMOUNT: f64 = 0.2;

/// What a new name adds to that share.
const NEW_NAME: f64 = 0.1;

/// What the site's articles cite, and since when.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    addresses: HashMap<String, NaiveDate>,
    titles: HashMap<String, NaiveDate>,
}

impl Coverage {
    /// Notes what an article of `date` cites.
    pub fn add(&mut self, date: NaiveDate, cited: &Cited) {
        let note = |map: &mut HashMap<String, NaiveDate>, key: String| {
            let known = map.entry(key).or_insert(date);
            *known = date.min(*known);
        };
        if let Some(address) = cited.url.as_deref().and_then(canonical) {
            note(&mut self.addresses, address);
        }
        let title = cited.title.as_deref().map(title_key).filter(|title| !title.is_empty());
        if let Some(title) = title {
            note(&mut self.titles, title);
        }
    }

    /// When the site first wrote of a story with these items: the day of the earliest article that
    /// cites one of them, by its address or its title.
    pub fn written<'a>(&self, items: impl IntoIterator<Item = &'a Candidate>) -> Option<NaiveDate> {
        let dates = items.into_iter().flat_map(|item| {
            let address = item.url.as_deref().and_then(canonical);
            let by_address = address.and_then(|key| self.addresses.get(&key));
            [by_address, self.titles.get(&title_key(&item.title))]
        });
        dates.flatten().min().copied()
    }
}

/// An item of a story that brings something new, and what.
#[derive(Debug, Clone, PartialEq)]
pub struct News<'a> {
    /// The item.
    pub item: &'a Candidate,
    /// How much of its title was not known, from 0 to 1 (and somewhat more with new amounts).
    pub share: f64,
}

/// The items of a story that were published after the site wrote of it, and bring something new beside
/// all that was published until then; the newest one first. What the first of them brings, the next one
/// no longer does.
pub fn news<'a>(items: &[&'a Candidate], written: NaiveDate, lexicon: &Lexicon) -> Vec<News<'a>> {
    let mut items: Vec<&Candidate> = items.to_vec();
    items.sort_by_key(|item| super::moment(item));
    let rarity = Rarity::default();
    let mut known = Known::default();
    let mut found = Vec::new();
    for item in items {
        let signature = Signature::new(&item.title, lexicon);
        if item.day() > written {
            let share = known.new_share(&signature, &rarity);
            if share >= NEWS {
                found.push(News { item, share });
            }
        }
        known.add(signature);
    }
    found.reverse();
    found
}

/// What a story's reports have said.
#[derive(Default)]
struct Known {
    /// Terms and English senses.
    terms: HashSet<Term>,
    reports: Vec<Signature>,
}

impl Known {
    fn add(&mut self, signature: Signature) {
        self.terms.extend(&signature.terms);
        self.terms.extend(signature.senses.iter().map(|(sense, _)| sense));
        self.reports.push(signature);
    }

    /// How much of a headline is new.
    fn new_share(&self, signature: &Signature, rarity: &Rarity) -> f64 {
        let is_known = |concept: usize| {
            let mut senses = signature.senses.iter();
            senses.any(|(sense, of)| usize::from(*of) == concept && self.terms.contains(sense))
        };
        let (mut new, mut all) = (0.0, 0.0);
        for (concept, term) in signature.concepts.iter().enumerate() {
            let weight = rarity.of(*term);
            all += weight;
            if !is_known(concept) {
                new += weight;
            }
        }
        let share = if all > 0.0 { new / all } else { 0.0 };
        let says = |amounts: &[_]| {
            let agreements = self.reports.iter().map(|known| agreement(amounts, &known.amounts));
            agreements.into_iter().any(|found| found == Agreement::Shared)
        };
        let new_amounts =
            signature.amounts.iter().filter(|amount| !says(std::slice::from_ref(*amount))).count();
        let new_names = signature.names.iter().filter(|name| !self.terms.contains(*name)).count();
        share + NEW_AMOUNT * new_amounts as f64 + NEW_NAME * new_names as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::rank::tests::candidate;

    #[test]
    fn the_site_has_written_of_a_story_when_an_article_cites_one_of_its_items() {
        let mut coverage = Coverage::default();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let cite = |title: Option<&str>, url: Option<&str>| Cited {
            title: title.map(str::to_owned),
            url: url.map(str::to_owned),
            publication: None,
        };
        coverage.add(day("2025-06-12"), &cite(None, Some("https://a.example/one?utm_source=x")));
        coverage.add(day("2025-06-11"), &cite(Some("Meta buys, a lot"), None));
        let mut one = candidate("a", "Something else", "2025-06-10");
        one.url = Some("https://a.example/one".to_owned());
        let other = candidate("b", "Meta buys a lot", "2025-06-10");
        assert_eq!(coverage.written([&one]), Some(day("2025-06-12")));
        assert_eq!(coverage.written([&one, &other]), Some(day("2025-06-11")));
        assert_eq!(coverage.written([&candidate("c", "Neither", "2025-06-10")]), None);
    }

    #[test]
    fn only_what_was_not_known_is_news() {
        let known = candidate("a", "Meta in talks to invest billions in Scale AI", "2025-06-08");
        let written: NaiveDate = "2025-06-09".parse().unwrap();
        for (title, expected) in [
            ("Meta in talks for Scale AI investment of billions", false),
            ("Meta洽谈投资Scale AI", false),
            (
                "Scale AI founder Wang leaves to lead a superintelligence lab in $14.3 billion deal",
                true,
            ),
            ("Google, Scale AI's largest customer, plans to cut ties", true),
        ] {
            let later = candidate("b", title, "2025-06-12");
            let lexicon = Lexicon::new(&[]);
            let found = news(&[&known, &later], written, &lexicon);
            assert_eq!(found.iter().any(|news| news.item.id == "b"), expected, "{title} {found:?}");
            // What was published before the article is no news, whatever it brings.
            assert!(news(&[&known, &later], later.published.unwrap(), &lexicon).is_empty());
        }
    }
}
