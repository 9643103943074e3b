//! What an article or a topic asks for, word by word.
//!
//! The words of its fields, the names in them, and what a dictionary and the site's own habits make of
//! them in another language: each term with a weight in each lane. A lane is a [`Feature`] that is
//! found by looking words up; the rest are told by the candidate itself.

use std::collections::BTreeMap;

use super::Query;
use super::dictionary::{self, Word};
use super::feature::Feature;
use super::habits::Habits;
use super::lexicon::{self, Lexicon};
use super::postings::Postings;
use super::text::{self, Terms};

/// How many features are found by looking words up: the first of [`Feature::ALL`].
pub(super) const LANES: usize = Feature::Learnt as usize + 1;

/// What a field counts where fields are mixed: for names and translations, and for the measure of
/// what could be found at all. A title says what the article is about, a topic hardly anything.
const FIELDS: [(Feature, f64); 5] = [
    (Feature::Title, 2.0),
    (Feature::Summary, 1.0),
    (Feature::Tags, 1.0),
    (Feature::Topics, 0.2),
    (Feature::Body, 1.0),
];

/// How many of the rarest terms a title has room for.
const ROOM: usize = 10;

/// The terms of a query, in order.
pub(super) struct Asked {
    terms: BTreeMap<String, [f64; LANES]>,
    /// Whether the query is in Chinese.
    pub(super) chinese: bool,
}

impl Asked {
    /// What `query` asks for.
    pub(super) fn of(query: &Query, lexicon: &Lexicon, habits: &Habits) -> Self {
        let mut asked = Self { terms: BTreeMap::new(), chinese: text::is_chinese(&query.title) };
        let (tags, topics) = (query.tags.join("\n"), query.topics.join("\n"));
        let texts = [&query.title, &query.summary, &tags, &topics, &query.body];
        for ((lane, weight), text) in FIELDS.into_iter().zip(texts) {
            let units = text::units(text);
            let mut counts = Terms::new();
            text::each_term_of(&units, |term| *counts.entry(term).or_default() += 1.0);
            for (term, count) in &counts {
                asked.add(term.clone(), lane, saturated(*count));
            }
            let mut groups = BTreeMap::<usize, f64>::new();
            lexicon.each_group(&units, |group| *groups.entry(group).or_default() += 1.0);
            for (group, count) in groups {
                asked.add(lexicon::term(group), Feature::Names, weight * saturated(count));
            }
            asked.translate(text, weight);
            habits.each_learnt(&counts, |term, strength| {
                asked.add(term.to_owned(), Feature::Learnt, weight * strength);
            });
        }
        asked
    }

    /// Each term with its weights, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, [f64; LANES])> {
        self.terms.iter().map(|(term, weights)| (term.as_str(), *weights))
    }

    /// The most that a title could have of what is asked for, by rarity among `postings`: it makes the
    /// lanes of a long article comparable with those of a short one.
    pub(super) fn possible(&self, postings: &Postings) -> f64 {
        let worth = |(term, weights): (&str, [f64; LANES])| {
            let words: f64 = FIELDS.iter().map(|(lane, own)| own * weights[*lane as usize]).sum();
            let weight = words + weights[Feature::Names as usize];
            postings.worth(term).map(|worth| worth * weight)
        };
        let mut worths: Vec<f64> = self.iter().filter_map(worth).collect();
        worths.sort_by(|a, b| b.total_cmp(a));
        let known: f64 = worths.iter().take(ROOM).sum();
        // An article of which hardly a word stands in any candidate is not answered by the one that does.
        known.max(ROOM as f64 * saturated(1.0) * postings.greatest_rarity().powi(2))
    }

    fn add(&mut self, term: String, lane: Feature, weight: f64) {
        self.terms.entry(term).or_default()[lane as usize] += weight;
    }

    /// What the dictionary makes of the words in `text`. A word of many meanings says less by each.
    fn translate(&mut self, text: &str, weight: f64) {
        let mut counts = BTreeMap::<&str, (&Word, f64)>::new();
        dictionary::each_word(&text::fold(text), |word| {
            counts.entry(word.text).or_insert((word, 0.0)).1 += 1.0;
        });
        for (word, count) in counts.into_values() {
            let share = weight * saturated(count) * word.share();
            for term in word.terms() {
                self.add(term.clone(), Feature::Words, share);
            }
        }
    }
}

/// What a count is worth: the tenth mention says little that the third did not.
fn saturated(count: f64) -> f64 {
    count.ln_1p()
}
