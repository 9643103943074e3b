//! How much a term tells: the rarer, the more.
//!
//! Counts in how many headlines each term stands, on top of a guess made before any was read
//! (`common.tsv`): so a file of two hundred titles, in which half may tell of one event, and a store of
//! a hundred thousand come to nearly the same weights.

use std::sync::LazyLock;

use crate::suggest::term::{ByTerm, Term, number};
use crate::suggest::text;

const COMMON: &str = include_str!("common.tsv");

/// How many headlines the guess counts for.
const GUESSED: f64 = 20_000.0;

/// In which share of headlines a term stands that is not in the table.
const UNHEARD: f64 = 0.000_1;

/// What is guessed of a common word.
struct Guess {
    /// In which share of headlines it stands.
    share: f64,
    is_name: bool,
}

static GUESSES: LazyLock<ByTerm<Guess>> = LazyLock::new(|| {
    let mut guesses: ByTerm<Guess> = ByTerm::default();
    for line in COMMON.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let Some(share) = cells.next().and_then(|share| share.parse().ok()) else { continue };
        for word in cells {
            let is_name = word.starts_with(char::is_uppercase);
            text::each_term(word, |term| {
                guesses.entry(number(&term)).or_insert(Guess { share, is_name });
            });
            guesses.entry(number(word)).or_insert(Guess { share, is_name });
        }
    }
    guesses
});

/// Whether a term is a common word that names nobody.
pub(super) fn is_common(term: Term) -> bool {
    GUESSES.get(&term).is_some_and(|guess| !guess.is_name)
}

/// Whether a term is a name that everybody knows.
pub(super) fn is_known_name(term: Term) -> bool {
    GUESSES.get(&term).is_some_and(|guess| guess.is_name)
}

/// In how many headlines each term stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Rarity {
    counts: ByTerm<u32>,
    headlines: u32,
}

impl Rarity {
    /// Counts the terms of one more headline.
    pub(super) fn count(&mut self, terms: impl Iterator<Item = Term>) {
        self.headlines += 1;
        terms.for_each(|term| *self.counts.entry(term).or_default() += 1);
    }

    /// How much finding `term` tells: the logarithm of how few headlines have it.
    pub(super) fn of(&self, term: Term) -> f64 {
        self.beside(term, GUESSES.get(&term).map_or(UNHEARD, |guess| guess.share))
    }

    /// The same, where a guess says in which share of headlines the term stands.
    pub(super) fn beside(&self, term: Term, share: f64) -> f64 {
        let guess = share * GUESSED;
        let counted = f64::from(self.counts.get(&term).copied().unwrap_or_default());
        ((GUESSED + f64::from(self.headlines)) / (guess + counted)).ln().max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_headlines_have_tells_little() {
        let mut rarity = Rarity::default();
        assert!(rarity.of(number("ai")) < 2.0);
        assert!(rarity.of(number("openai")) < rarity.of(number("xylophone")));
        let before = rarity.of(number("xylophone"));
        for _ in 0..50 {
            rarity.count([number("xylophone")].into_iter());
        }
        assert!(rarity.of(number("xylophone")) < before - 2.0);
    }
}
