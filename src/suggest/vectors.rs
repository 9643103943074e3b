//! Texts as directions among their terms, and how much two of them are alike.
//!
//! Takes texts as counted terms, weighs each term by how few of the texts have it, and compares with a
//! cosine. As in `postings`, only counts are kept: a text is added or taken out for the price of its own
//! terms, and a vector is made when it is asked for. Texts have numbers from 0 on without gaps.

use std::cmp::Ordering;

use super::postings::rarity;
use super::term::{ByTerm, Counted, Term};

/// The texts that are compared.
#[derive(Debug, Default)]
pub(super) struct Vectors {
    texts: Vec<Counted>,
    /// In how many texts each term stands.
    known: ByTerm<u32>,
}

/// A direction among the terms, which are in order: what texts can resemble.
#[derive(Debug, Default)]
pub(super) struct Vector(Vec<(Term, f64)>);

impl Vectors {
    /// Adds a text under the next number.
    pub(super) fn push(&mut self, text: Counted) {
        for (term, _) in &text {
            *self.known.entry(*term).or_default() += 1;
        }
        self.texts.push(text);
    }

    /// Takes out the text of this number; the last one gets it.
    pub(super) fn swap_remove(&mut self, at: usize) {
        for (term, _) in self.texts.swap_remove(at) {
            if let Some(known) = self.known.get_mut(&term) {
                *known -= 1;
                if *known == 0 {
                    self.known.remove(&term);
                }
            }
        }
    }

    /// Puts another text in the place of the one of this number.
    pub(super) fn replace(&mut self, at: usize, text: Counted) {
        self.push(text);
        self.swap_remove(at);
    }

    /// The vector of the text of this number, of length one.
    pub(super) fn of(&self, at: usize) -> Vector {
        self.vector(&self.texts[at])
    }

    /// The vector of any text, of length one; terms that none of the texts has are left out.
    pub(super) fn vector(&self, text: &Counted) -> Vector {
        let weigh = |&(term, count): &(Term, f32)| {
            let known = *self.known.get(&term)? as usize;
            Some((term, f64::from(count) * rarity(known, self.texts.len())))
        };
        let mut vector: Vec<(Term, f64)> = text.iter().filter_map(weigh).collect();
        let length = vector.iter().map(|(_, part)| part * part).sum::<f64>().sqrt();
        for (_, part) in &mut vector {
            *part /= length.max(f64::MIN_POSITIVE);
        }
        Vector(vector)
    }

    /// The middle of some texts, by the trust put in each.
    pub(super) fn middle(&self, texts: &[(usize, f64)]) -> Vector {
        let trust: f64 = texts.iter().map(|(_, trust)| trust).sum();
        let parts = texts.iter().flat_map(|&(at, own)| {
            self.of(at).0.into_iter().map(move |(term, part)| (term, part * own / trust))
        });
        let mut middle: Vec<(Term, f64)> = parts.collect();
        // Stable: the parts of a term are added up in the order of the texts.
        middle.sort_by_key(|(term, _)| *term);
        middle.dedup_by(|(other, more), (term, part)| {
            let same = other == term;
            if same {
                *part += *more;
            }
            same
        });
        Vector(middle)
    }
}

impl Vector {
    /// How much two are alike: the cosine where both have length one.
    pub(super) fn likeness(&self, other: &Self) -> f64 {
        let (mut here, mut there) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut sum = 0.0;
        while let (Some((term, part)), Some((other, its))) = (here.peek(), there.peek()) {
            match term.cmp(other) {
                Ordering::Less => drop(here.next()),
                Ordering::Greater => drop(there.next()),
                Ordering::Equal => {
                    sum += part * its;
                    here.next();
                    there.next();
                }
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::term::counted;

    fn vectors(texts: &[&str]) -> Vectors {
        let mut vectors = Vectors::default();
        for text in texts {
            vectors.push(counted(text));
        }
        vectors
    }

    #[test]
    fn a_text_is_most_like_itself() {
        let texts = ["one two three", "two three four", "five six"];
        let vectors = vectors(&texts);
        for (at, text) in texts.iter().enumerate() {
            let outside = vectors.vector(&counted(text));
            let inside = vectors.middle(&[(at, 2.0)]);
            for other in 0..texts.len() {
                let likeness = outside.likeness(&vectors.of(other));
                assert!((likeness - inside.likeness(&vectors.of(other))).abs() < 1e-9);
                assert!(at != other || (likeness - 1.0).abs() < 1e-9, "{at}: {likeness}");
                assert!(at == other || likeness < 0.9, "{at} {other}: {likeness}");
            }
        }
        let both = vectors.middle(&[(0, 1.0), (2, 1.0)]);
        assert!((both.likeness(&vectors.of(2)) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn what_was_taken_out_leaves_no_trace() {
        let mut changed = vectors(&["one two three", "seven", "five six", "four"]);
        changed.swap_remove(1);
        changed.replace(1, counted("two three four"));
        let fresh = vectors(&["one two three", "two three four", "five six"]);
        assert_eq!(changed.known, fresh.known);
        assert_eq!(changed.texts, fresh.texts);
    }

    #[test]
    fn no_texts_and_empty_texts_are_no_trouble() {
        let vectors = vectors(&["", "。"]);
        for vector in [vectors.middle(&[(0, 1.0)]), vectors.vector(&Counted::new())] {
            assert!(vector.likeness(&vectors.of(0)) == 0.0);
        }
    }
}
