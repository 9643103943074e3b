//! An inverted index: which texts have a term, how weighty it stands there, and how rare it is.
//!
//! Takes texts as counted terms; answers queries of weighted terms with a score for each text
//! (BM25, Robertson and Zaragoza, 2009), and likeness between texts with a cosine. Numbers the texts
//! from 0 in the order given; knows nothing of what they are. Sums are made in a settled order, so
//! that the same input gives the same bits.

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
    /// Weighted count of the term in it.
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
    numbers: HashMap<String, usize>,
    entries: Vec<Entry>,
    /// By text: its terms with their parts in its vector.
    vectors: Vec<Vec<(usize, f32)>>,
    /// By text: its length beside the average, as BM25 takes it.
    lengths: Vec<f64>,
}

impl Postings {
    /// Indexes texts.
    pub(super) fn new(texts: impl Iterator<Item = Terms>) -> Self {
        let mut this = Self::default();
        for (at, terms) in (0_u32..).zip(texts) {
            let mut terms: Vec<(String, f64)> = terms.into_iter().collect();
            terms.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            this.lengths.push(terms.iter().map(|(_, count)| count).sum());
            for (term, count) in terms {
                let next = this.entries.len();
                let number = *this.numbers.entry(term).or_insert(next);
                if number == next {
                    this.entries.push(Entry::default());
                }
                #[expect(clippy::cast_possible_truncation, reason = "counts need no precision")]
                let count = count as f32;
                this.entries[number].postings.push(Posting { at, count, part: 0.0 });
            }
        }
        this.weigh();
        this
    }

    /// Rarities, relative lengths and vectors, once all texts are known.
    fn weigh(&mut self) {
        let total = self.lengths.len() as f64;
        let average = (self.lengths.iter().sum::<f64>() / total.max(1.0)).max(1.0);
        self.lengths.iter_mut().for_each(|length| *length = 1.0 - B + B * *length / average);
        let mut squares = vec![0.0_f64; self.lengths.len()];
        for entry in &mut self.entries {
            let known = entry.postings.len() as f64;
            entry.rarity = (1.0 + (total - known + 0.5) / (known + 0.5)).ln();
            for posting in &entry.postings {
                squares[posting.at as usize] += (f64::from(posting.count) * entry.rarity).powi(2);
            }
        }
        self.vectors = vec![Vec::new(); self.lengths.len()];
        for (number, entry) in self.entries.iter_mut().enumerate() {
            for posting in &mut entry.postings {
                let length = squares[posting.at as usize].sqrt().max(f64::MIN_POSITIVE);
                let part = f64::from(posting.count) * entry.rarity / length;
                #[expect(clippy::cast_possible_truncation, reason = "a cosine needs no precision")]
                let part = part as f32;
                posting.part = part;
                self.vectors[posting.at as usize].push((number, part));
            }
        }
    }

    /// How rare a term is; none where no text has it.
    pub(super) fn rarity(&self, term: &str) -> Option<f64> {
        self.numbers.get(term).map(|&number| self.entries[number].rarity)
    }

    /// What finding a term of this weight in a text of average length adds to its score; none where
    /// no text has it.
    ///
    /// Rarity counts twice, in the query and in the text, as in the vector space model: an article
    /// is a long query, and most of its terms are common ones.
    pub(super) fn worth(&self, term: &str, weight: f64) -> Option<f64> {
        self.rarity(term).map(|rarity| weight * rarity * rarity)
    }

    /// The score of every text for a query of weighted terms, 0 where nothing is shared; `factor`
    /// may hold a term back in a text.
    pub(super) fn score(&self, query: &Terms, factor: impl Fn(&str, usize) -> f64) -> Vec<f64> {
        let mut scores = vec![0.0; self.lengths.len()];
        let mut query: Vec<(&String, &f64)> = query.iter().collect();
        query.sort_unstable_by_key(|(term, _)| *term);
        for (term, &weight) in query {
            let Some(worth) = self.worth(term, weight) else { continue };
            for posting in &self.entries[self.numbers[term]].postings {
                let at = posting.at as usize;
                let count = f64::from(posting.count);
                let saturated = count * (K1 + 1.0) / (count + K1 * self.lengths[at]);
                scores[at] += worth * saturated * factor(term, at);
            }
        }
        scores
    }

    /// How much each text resembles `leaders` (texts with the trust put in each): the mean of the
    /// cosines by trust, from 0 to 1.
    pub(super) fn likeness(&self, leaders: &[(usize, f64)]) -> Vec<f64> {
        let trust: f64 = leaders.iter().map(|(_, trust)| trust).sum();
        let mut centre: Vec<(usize, f64)> = leaders
            .iter()
            .flat_map(|&(at, own)| {
                let share = own / trust;
                self.vectors[at].iter().map(move |&(term, part)| (term, f64::from(part) * share))
            })
            .collect();
        centre.sort_by_key(|(term, _)| *term);
        let mut likeness = vec![0.0; self.lengths.len()];
        for (term, value) in centre {
            for posting in &self.entries[term].postings {
                likeness[posting.at as usize] += value * f64::from(posting.part);
            }
        }
        likeness
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::text::terms;

    fn postings(texts: &[&str]) -> Postings {
        Postings::new(texts.iter().map(|text| terms(text, 1.0)))
    }

    #[test]
    fn rarer_and_denser_matches_score_higher() {
        let index = postings(&[
            "chips and models",
            "chips everywhere",
            "noodles",
            "chips and models and a long list of other matters of the day",
        ]);
        let scores = index.score(&terms("models chips unheard", 1.0), |_, _| 1.0);
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
    }

    #[test]
    fn no_texts_and_empty_texts_are_no_trouble() {
        assert!(postings(&[]).score(&terms("a word", 1.0), |_, _| 1.0).is_empty());
        let index = postings(&["", "。"]);
        assert_eq!(index.score(&terms("word", 1.0), |_, _| 1.0), [0.0, 0.0]);
        assert_eq!(index.likeness(&[(0, 1.0)]), [0.0, 0.0]);
    }
}
