//! An inverted index: which texts have a term, how weighty it stands there, and how rare it is.
//!
//! Takes texts as counted terms; answers queries of weighted terms with a score for each text
//! (BM25, Robertson and Zaragoza, 2009), in several lanes at once, and likeness between texts with a
//! cosine. Numbers the texts from 0 in the order given; knows nothing of what they are. Sums are made
//! in a settled order, so that the same input gives the same bits.

use std::collections::{BTreeMap, HashMap};

use super::text::Terms;

/// Saturation of a term's count. Titles hardly repeat a word, so it matters little.
const K1: f64 = 2.0;

/// How far long texts are held back. High, since a title that says more has more that may match by
/// chance.
const B: f64 = 0.9;

/// Texts that are walked through for any term: it takes no time.
const SHORT: usize = 2_000;

/// A term in more than one of so many texts is worth (ln 10)² ≈ 5 where a rare one is worth 100 and
/// more, and there are tens of thousands of texts to add it to.
const COMMON: usize = 10;

/// One text that has a term.
#[derive(Debug, Clone, Copy)]
struct Posting {
    /// Number of the text.
    at: u32,
    /// How much the term's count tells, saturated and by the text's length.
    count: f32,
    /// Its part in the text's vector, which has length one.
    part: f32,
}

/// What is known of a term.
#[derive(Debug, Default)]
struct Entry {
    /// How much finding the term tells: the logarithm of how few texts have it.
    rarity: f64,
    postings: Vec<Posting>,
}

/// A direction among the terms: what texts can resemble.
#[derive(Debug, Default)]
pub(super) struct Vector(BTreeMap<u32, f64>);

impl Entry {
    /// What finding the term in a text of average length is worth.
    ///
    /// Rarity counts twice, in the query and in the text, as in the vector space model: an article
    /// is a long query, and most of its terms are common ones.
    fn worth(&self) -> f64 {
        self.rarity * self.rarity
    }
}

/// The texts by their terms.
#[derive(Debug, Default)]
pub(super) struct Postings {
    numbers: HashMap<String, u32>,
    entries: Vec<Entry>,
    /// By text: its terms with their parts in its vector.
    vectors: Vec<Vec<(u32, f32)>>,
}

impl Postings {
    /// Indexes texts, each given by its counted terms.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "scores need no more than single precision"
    )]
    pub(super) fn new(texts: Vec<Terms>) -> Self {
        let mut this = Self::default();
        let mut lengths = Vec::with_capacity(texts.len());
        for (at, terms) in (0_u32..).zip(texts) {
            let mut terms: Vec<(String, f64)> = terms.into_iter().collect();
            terms.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            lengths.push(terms.iter().map(|(_, count)| count).sum::<f64>());
            for (term, count) in terms {
                let next = this.entries.len() as u32;
                let number = *this.numbers.entry(term).or_insert(next);
                if number == next {
                    this.entries.push(Entry::default());
                }
                let posting = Posting { at, count: count as f32, part: 0.0 };
                this.entries[number as usize].postings.push(posting);
            }
        }
        this.weigh(&lengths);
        this
    }

    /// Rarities, saturated counts and vectors, once all texts are known.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "scores need no more than single precision"
    )]
    fn weigh(&mut self, lengths: &[f64]) {
        let total = lengths.len() as f64;
        let average = (lengths.iter().sum::<f64>() / total.max(1.0)).max(1.0);
        let mut squares = vec![0.0_f64; lengths.len()];
        for entry in &mut self.entries {
            let known = entry.postings.len() as f64;
            entry.rarity = rarity(known, total);
            for posting in &entry.postings {
                squares[posting.at as usize] += (f64::from(posting.count) * entry.rarity).powi(2);
            }
        }
        self.vectors = vec![Vec::new(); lengths.len()];
        for (number, entry) in (0_u32..).zip(&mut self.entries) {
            for posting in &mut entry.postings {
                let at = posting.at as usize;
                let count = f64::from(posting.count);
                let length = squares[at].sqrt().max(f64::MIN_POSITIVE);
                posting.part = (count * entry.rarity / length) as f32;
                self.vectors[at].push((number, posting.part));
                let relative = 1.0 - B + B * lengths[at] / average;
                posting.count = (count * (K1 + 1.0) / (count + K1 * relative)) as f32;
            }
        }
    }

    /// How rare a term is; none where no text has it.
    pub(super) fn rarity(&self, term: &str) -> Option<f64> {
        self.entry(term).map(|entry| entry.rarity)
    }

    /// What finding a term in a text of average length is worth; none where no text has it.
    pub(super) fn worth(&self, term: &str) -> Option<f64> {
        self.entry(term).map(Entry::worth)
    }

    /// How rare a term is that one text alone has.
    pub(super) fn greatest_rarity(&self) -> f64 {
        rarity(1.0, self.vectors.len() as f64)
    }

    /// The scores of every text for a query of terms with a weight in each lane, 0 where nothing is
    /// shared. `own` may give a term a factor in each text.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "scores need no more than single precision"
    )]
    pub(super) fn score<'a, const LANES: usize>(
        &self,
        query: impl Iterator<Item = (&'a str, [f64; LANES])>,
        own: impl Fn(&str) -> Option<&'a [f32]>,
    ) -> Vec<[f32; LANES]> {
        let mut scores = vec![[0.0; LANES]; self.vectors.len()];
        for (term, weights) in query {
            let Some(entry) = self.entry(term).filter(|entry| self.tells(entry)) else { continue };
            let factors = own(term);
            let weights = weights.map(|weight| (weight * entry.worth()) as f32);
            for posting in &entry.postings {
                let at = posting.at as usize;
                let found = posting.count * factors.map_or(1.0, |factors| factors[at]);
                for (score, weight) in scores[at].iter_mut().zip(weights) {
                    *score += weight * found;
                }
            }
        }
        scores
    }

    fn entry(&self, term: &str) -> Option<&Entry> {
        self.numbers.get(term).map(|&number| &self.entries[number as usize])
    }

    /// Whether walking through a term's texts is worth the time: the longest lists tell least.
    fn tells(&self, entry: &Entry) -> bool {
        entry.postings.len() <= SHORT || entry.postings.len() <= self.vectors.len() / COMMON
    }

    /// The middle of some texts, by the trust put in each.
    pub(super) fn middle(&self, texts: &[(usize, f64)]) -> Vector {
        let trust: f64 = texts.iter().map(|(_, trust)| trust).sum();
        let mut middle = Vector::default();
        for &(at, own) in texts {
            for &(term, part) in &self.vectors[at] {
                *middle.0.entry(term).or_default() += f64::from(part) * own / trust;
            }
        }
        middle
    }

    /// The vector of a text that is not among them, given by its terms.
    pub(super) fn vector(&self, terms: &Terms) -> Vector {
        let known = terms.iter().filter_map(|(term, count)| {
            let number = *self.numbers.get(term)?;
            Some((number, count * self.entries[number as usize].rarity))
        });
        let mut vector: BTreeMap<u32, f64> = known.collect();
        let length = vector.values().map(|value| value * value).sum::<f64>().sqrt();
        for value in vector.values_mut() {
            *value /= length.max(f64::MIN_POSITIVE);
        }
        Vector(vector)
    }

    /// How much a text resembles a vector: the cosine where the vector has length one.
    pub(super) fn likeness(&self, vector: &Vector, at: usize) -> f64 {
        let part = |&(term, part): &(u32, f32)| {
            vector.0.get(&term).map_or(0.0, |value| value * f64::from(part))
        };
        self.vectors[at].iter().map(part).sum()
    }
}

/// How much finding a term tells that `known` of `total` texts have.
fn rarity(known: f64, total: f64) -> f64 {
    (1.0 + (total - known + 0.5).max(0.0) / (known + 0.5)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::text::terms;

    fn postings(texts: &[&str]) -> Postings {
        Postings::new(texts.iter().map(|text| terms(text, 1.0)).collect())
    }

    fn scores(index: &Postings, query: &str) -> Vec<f64> {
        let mut terms: Vec<(String, f64)> = terms(query, 1.0).into_iter().collect();
        terms.sort_by(|a, b| a.0.cmp(&b.0));
        let query = terms.iter().map(|(term, weight)| (term.as_str(), [*weight, 2.0 * *weight]));
        let scores = index.score(query, |_| None);
        assert!(scores.iter().all(|[one, two]| (two - 2.0 * one).abs() < 1e-4));
        scores.iter().map(|[one, _]| f64::from(*one)).collect()
    }

    #[test]
    fn rarer_and_denser_matches_score_higher() {
        let index = postings(&[
            "chips and models",
            "chips everywhere",
            "noodles",
            "chips and models and a long list of other matters of the day",
        ]);
        let scores = scores(&index, "models chips unheard");
        assert!(scores[0] > scores[3], "a shorter text is denser: {scores:?}");
        assert!(scores[3] > scores[1], "a rarer term tells more: {scores:?}");
        assert!(scores[2] == 0.0);
    }

    #[test]
    fn a_text_is_most_like_itself() {
        let texts = ["one two three", "two three four", "five six"];
        let index = postings(&texts);
        for (at, text) in texts.iter().enumerate() {
            let outside = index.vector(&terms(text, 1.0));
            let inside = index.middle(&[(at, 2.0)]);
            for other in 0..texts.len() {
                let likeness = index.likeness(&outside, other);
                assert!((likeness - index.likeness(&inside, other)).abs() < 1e-6);
                assert!(at != other || (likeness - 1.0).abs() < 1e-6, "{at}: {likeness}");
                assert!(at == other || likeness < 0.9, "{at} {other}: {likeness}");
            }
        }
        let both = index.middle(&[(0, 1.0), (2, 1.0)]);
        assert!((index.likeness(&both, 2) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn no_texts_and_empty_texts_are_no_trouble() {
        assert!(scores(&postings(&[]), "a word").is_empty());
        let index = postings(&["", "。"]);
        assert_eq!(scores(&index, "word"), [0.0, 0.0]);
        for vector in [index.middle(&[(0, 1.0)]), index.vector(&Terms::new())] {
            assert!(index.likeness(&vector, 0) == 0.0);
        }
    }
}
