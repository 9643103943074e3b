//! An inverted index: which texts have a term, how weighty it stands there, and how rare it is.
//!
//! Takes texts as counted terms; answers queries of weighted terms with a score for each text
//! (BM25, Robertson and Zaragoza, 2009), in several lanes at once, and likeness between texts with a
//! cosine. Numbers the texts from 0 in the order given; knows nothing of what they are. Sums are made
//! in a settled order, so that the same input gives the same bits.

use std::collections::HashMap;

use super::text::Terms;

/// Saturation of a term's count. Titles hardly repeat a word, so it matters little.
const K1: f64 = 2.0;

/// How far long texts are held back. High, since a title that says more has more that may match by
/// chance.
const B: f64 = 0.9;

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
            entry.rarity = (1.0 + (total - known + 0.5) / (known + 0.5)).ln();
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
        self.numbers.get(term).map(|&number| self.entries[number as usize].rarity)
    }

    /// What finding a term in a text of average length is worth; none where no text has it.
    ///
    /// Rarity counts twice, in the query and in the text, as in the vector space model: an article
    /// is a long query, and most of its terms are common ones.
    pub(super) fn worth(&self, term: &str) -> Option<f64> {
        self.rarity(term).map(|rarity| rarity * rarity)
    }

    /// The scores of every text for a query of terms with a weight in each lane, 0 where nothing is
    /// shared; `factors` may hold a term back in a text.
    pub(super) fn score<'a, const LANES: usize>(
        &self,
        query: impl Iterator<Item = (&'a str, [f64; LANES])>,
        factor: impl Fn(&str, usize) -> f64,
    ) -> Vec<[f64; LANES]> {
        let mut scores = vec![[0.0; LANES]; self.vectors.len()];
        for (term, weights) in query {
            let Some(worth) = self.worth(term) else { continue };
            for posting in &self.entries[self.numbers[term] as usize].postings {
                let at = posting.at as usize;
                let found = worth * f64::from(posting.count) * factor(term, at);
                for (score, weight) in scores[at].iter_mut().zip(weights) {
                    *score += weight * found;
                }
            }
        }
        scores
    }

    /// How much each text resembles `leaders` (texts with the trust put in each): the mean of the
    /// cosines by trust, from 0 to 1.
    pub(super) fn likeness(&self, leaders: &[(usize, f64)]) -> Vec<f64> {
        let trust: f64 = leaders.iter().map(|(_, trust)| trust).sum();
        let mut centre: Vec<(u32, f64)> = leaders
            .iter()
            .flat_map(|&(at, own)| {
                let share = own / trust;
                self.vectors[at].iter().map(move |&(term, part)| (term, f64::from(part) * share))
            })
            .collect();
        centre.sort_by_key(|(term, _)| *term);
        self.resembling(centre.into_iter())
    }

    /// How much each text resembles another that is not among them, given by its terms: the cosine.
    pub(super) fn likeness_to(&self, terms: &Terms) -> Vec<f64> {
        let known =
            terms.iter().filter_map(|(term, count)| Some((*self.numbers.get(term)?, count)));
        let mut vector: Vec<(u32, f64)> =
            known.map(|(term, count)| (term, count * self.entries[term as usize].rarity)).collect();
        vector.sort_by_key(|(term, _)| *term);
        let length = vector.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
        self.resembling(vector.into_iter().map(|(term, value)| (term, value / length)))
    }

    /// The products of a vector, given by its parts in order of the terms, with each text's.
    fn resembling(&self, vector: impl Iterator<Item = (u32, f64)>) -> Vec<f64> {
        let mut likeness = vec![0.0; self.vectors.len()];
        for (term, value) in vector {
            for posting in &self.entries[term as usize].postings {
                likeness[posting.at as usize] += value * f64::from(posting.part);
            }
        }
        likeness
    }

    /// How much two texts resemble each other: the cosine, from 0 to 1.
    pub(super) fn cosine(&self, a: usize, b: usize) -> f64 {
        let (mut left, mut right) = (self.vectors[a].iter(), self.vectors[b].iter());
        let (mut x, mut y) = (left.next(), right.next());
        let mut sum = 0.0;
        while let (Some(&(term, part)), Some(&(other, other_part))) = (x, y) {
            if term == other {
                sum += f64::from(part) * f64::from(other_part);
            }
            if term <= other {
                x = left.next();
            }
            if other <= term {
                y = right.next();
            }
        }
        sum
    }
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
        let scores = index.score(query, |_, _| 1.0);
        assert!(scores.iter().all(|[one, two]| (two - 2.0 * one).abs() < 1e-9));
        scores.iter().map(|[one, _]| *one).collect()
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
        let index = postings(&["one two three", "two three four", "five six"]);
        let likeness = index.likeness(&[(0, 2.0)]);
        assert!((likeness[0] - 1.0).abs() < 1e-6, "{likeness:?}");
        assert!(likeness[1] > 0.0 && likeness[1] < 1.0, "{likeness:?}");
        assert!(likeness[2] == 0.0, "{likeness:?}");
        for (a, b) in [(0, 0), (0, 1), (1, 0), (0, 2)] {
            let outside = terms(["one two three", "two three four", "five six"][a], 1.0);
            assert!((index.likeness_to(&outside)[b] - index.likeness(&[(a, 1.0)])[b]).abs() < 1e-6);
            assert!((index.cosine(a, b) - index.likeness(&[(a, 1.0)])[b]).abs() < 1e-6, "{a} {b}");
        }
    }

    #[test]
    fn no_texts_and_empty_texts_are_no_trouble() {
        assert!(scores(&postings(&[]), "a word").is_empty());
        let index = postings(&["", "。"]);
        assert_eq!(scores(&index, "word"), [0.0, 0.0]);
        assert_eq!(index.likeness(&[(0, 1.0)]), [0.0, 0.0]);
        assert_eq!(index.likeness_to(&Terms::new()), [0.0, 0.0]);
    }
}
