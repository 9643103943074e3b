//! Terms as numbers, and how often each stands in a text.
//!
//! A term's number is its hash, so no table of all terms is needed: what is known of terms can grow and
//! shrink with the texts, and does not depend on the order in which they came.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// The number of a term. Among the millions of terms that a store may have, two meet in one number less
/// than once in a million stores.
pub(super) type Term = u64;

/// A map by term.
pub(super) type ByTerm<T> = HashMap<Term, T, BuildHasherDefault<AsItIs>>;

/// The terms of a text with their counts, by number.
pub(super) type Counted = Vec<(Term, f32)>;

/// Takes a term for its own hash, which it is.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, term: u64) {
        self.0 = term;
    }
}

/// The number of a term.
pub(super) fn number(term: &str) -> Term {
    let mut hasher = DefaultHasher::new();
    term.hash(&mut hasher);
    hasher.finish()
}

/// Counts while a text is read.
#[derive(Debug, Default)]
pub(super) struct Counts(ByTerm<f32>);

impl Counts {
    /// Counts a term once more, with this weight.
    pub(super) fn add(&mut self, term: &str, weight: f32) {
        *self.0.entry(number(term)).or_default() += weight;
    }

    /// What was counted.
    pub(super) fn done(self) -> Counted {
        let mut counted: Counted = self.0.into_iter().collect();
        counted.sort_unstable_by_key(|(term, _)| *term);
        counted
    }
}

/// The terms of `text` as they are counted.
#[cfg(test)]
pub(super) fn counted(text: &str) -> Counted {
    let mut counts = Counts::default();
    super::text::each_term(text, |term| counts.add(&term, 1.0));
    counts.done()
}
