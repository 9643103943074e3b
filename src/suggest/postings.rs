//! An inverted index: which texts have a term, how often it stands there, and how rare it is.
//!
//! Takes texts as counted terms; answers queries of weighted terms with a score for each text
//! (BM25, Robertson and Zaragoza, 2009), in several lanes at once. Texts have numbers from 0 on without
//! gaps; what they are is not known here. What is kept is counts alone: all that depends on the other
//! texts, rarities and the average length, is made of them for each query. So a text is added or taken
//! out for the price of its own terms, and what came before makes no difference. Sums are made in a
//! settled order, so that the same texts give the same bits.

use super::term::{ByTerm, Counted, number};

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

/// Parts of a count in which lengths are added up: whole numbers come to the same sum in any order.
const PARTS: f64 = 1_000.0;

/// One text that has a term.
#[derive(Debug, Clone, Copy)]
struct Posting {
    /// Number of the text.
    at: u32,
    /// How often it has the term.
    count: f32,
}

/// The texts by their terms.
#[derive(Debug, Default)]
pub(super) struct Postings {
    /// By term: the texts that have it, in order of their numbers.
    lists: ByTerm<Vec<Posting>>,
    /// By text: its length in parts.
    lengths: Vec<u32>,
    /// The length of all texts in parts.
    total: u64,
}

impl Postings {
    /// Adds a text under a number that no text has, and which at most is the next one.
    pub(super) fn insert(&mut self, at: usize, text: &Counted) {
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        for &(term, count) in text {
            let list = self.lists.entry(term).or_default();
            let is_last = list.last().is_none_or(|posting| posting.at < number);
            let place =
                if is_last { list.len() } else { list.partition_point(|one| one.at < number) };
            list.insert(place, Posting { at: number, count });
        }
        if at == self.lengths.len() {
            self.lengths.push(0);
        }
        self.lengths[at] = length(text);
        self.total += u64::from(self.lengths[at]);
    }

    /// Takes out the text of this number, which is `text`; the number stays free.
    pub(super) fn remove(&mut self, at: usize, text: &Counted) {
        for (term, _) in text {
            let Some(list) = self.lists.get_mut(term) else { continue };
            if let Ok(place) = list.binary_search_by_key(&at, |posting| posting.at as usize) {
                list.remove(place);
            }
            if list.is_empty() {
                self.lists.remove(term);
            }
        }
        self.total -= u64::from(std::mem::take(&mut self.lengths[at]));
    }

    /// Gives up the last number, which is free.
    pub(super) fn shorten(&mut self) {
        self.lengths.pop();
    }

    /// How rare a term is; none where no text has it.
    pub(super) fn rarity(&self, term: &str) -> Option<f64> {
        self.lists.get(&number(term)).map(|list| self.rarity_of(list))
    }

    /// What finding a term in a text of average length is worth; none where no text has it.
    pub(super) fn worth(&self, term: &str) -> Option<f64> {
        self.rarity(term).map(worth)
    }

    /// How rare a term is that one text alone has.
    pub(super) fn greatest_rarity(&self) -> f64 {
        rarity(1, self.lengths.len())
    }

    fn rarity_of(&self, list: &[Posting]) -> f64 {
        rarity(list.len(), self.lengths.len())
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
        let average = (self.total as f64 / self.lengths.len().max(1) as f64).max(PARTS);
        let relative = |length: &u32| K1 * (1.0 - B + B * f64::from(*length) / average);
        let held_back: Vec<f32> =
            self.lengths.iter().map(|length| relative(length) as f32).collect();
        let mut scores = vec![[0.0; LANES]; self.lengths.len()];
        for (term, weights) in query {
            let list = self.lists.get(&number(term));
            let Some(list) = list.filter(|list| self.tells(list)) else { continue };
            let factors = own(term);
            let worth = worth(self.rarity_of(list)) * (K1 + 1.0);
            let weights = weights.map(|weight| (weight * worth) as f32);
            for posting in list {
                let at = posting.at as usize;
                let saturated = posting.count / (posting.count + held_back[at]);
                let found = saturated * factors.map_or(1.0, |factors| factors[at]);
                for (score, weight) in scores[at].iter_mut().zip(weights) {
                    *score += weight * found;
                }
            }
        }
        scores
    }

    /// Whether walking through a term's texts is worth the time: the longest lists tell least.
    fn tells(&self, list: &[Posting]) -> bool {
        list.len() <= SHORT || list.len() <= self.lengths.len() / COMMON
    }
}

/// The length of a text in parts.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are not below 0, and no text has four million words"
)]
fn length(text: &Counted) -> u32 {
    let length: f64 = text.iter().map(|(_, count)| f64::from(*count)).sum();
    (length * PARTS).round() as u32
}

/// How much finding a term tells that `known` of `total` texts have.
pub(super) fn rarity(known: usize, total: usize) -> f64 {
    let (known, total) = (known as f64, total as f64);
    (1.0 + (total - known + 0.5).max(0.0) / (known + 0.5)).ln()
}

/// What finding a term of this rarity in a text of average length is worth.
///
/// Rarity counts twice, in the query and in the text, as in the vector space model: an article is a
/// long query, and most of its terms are common ones.
fn worth(rarity: f64) -> f64 {
    rarity * rarity
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::term::counted;
    use crate::suggest::text::terms;

    fn postings(texts: &[&str]) -> Postings {
        let mut postings = Postings::default();
        for (at, text) in texts.iter().enumerate() {
            postings.insert(at, &counted(text));
        }
        postings
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
    fn what_was_taken_out_leaves_no_trace() {
        let mut index = postings(&["chips and models", "noodles", "chips everywhere"]);
        index.remove(1, &counted("noodles"));
        index.remove(2, &counted("chips everywhere"));
        index.insert(1, &counted("chips everywhere"));
        index.shorten();
        let fresh = postings(&["chips and models", "chips everywhere"]);
        assert_eq!(scores(&index, "models chips"), scores(&fresh, "models chips"));
        assert_eq!((index.total, index.lists.len()), (fresh.total, fresh.lists.len()));
    }

    #[test]
    fn no_texts_and_empty_texts_are_no_trouble() {
        assert!(scores(&postings(&[]), "a word").is_empty());
        assert_eq!(scores(&postings(&["", "。"]), "word"), [0.0, 0.0]);
    }
}
