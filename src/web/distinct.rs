//! How many different ones there were, in little memory: exactly while they are few, then estimated.
//!
//! The estimate is `HyperLogLog`'s (Flajolet et al. 2007) with 1,024 registers: off by 3 % in general,
//! however many there are. It takes hashes whose bits are all equally good; that they cannot be led back to
//! what was hashed is the caller's part.

use std::collections::HashSet;

/// Up to so many are counted exactly; they take as much memory as the registers.
const FEW: usize = 128;

/// log₂ of the number of registers.
const BITS: u32 = 10;
const REGISTERS: usize = 1 << BITS;

/// A set that knows its size and, once it is large, nothing else.
#[derive(Debug, Clone)]
pub enum Distinct {
    /// Every hash.
    Few(HashSet<u64>),
    /// In each register the longest run of zeros that was seen, and one.
    Many(Box<[u8; REGISTERS]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self::Few(HashSet::new())
    }
}

impl Distinct {
    /// Adds what has this hash.
    pub fn add(&mut self, hash: u64) {
        match self {
            Self::Few(hashes) => {
                hashes.insert(hash);
                if hashes.len() > FEW {
                    let mut registers = Box::new([0; REGISTERS]);
                    for hash in &*hashes {
                        mark(&mut registers, *hash);
                    }
                    *self = Self::Many(registers);
                }
            }
            Self::Many(registers) => mark(registers, hash),
        }
    }

    /// Whether what has this hash was surely added before.
    pub fn knows(&self, hash: u64) -> bool {
        matches!(self, Self::Few(hashes) if hashes.contains(&hash))
    }

    /// How many different ones were added.
    pub fn count(&self) -> u64 {
        match self {
            Self::Few(hashes) => hashes.len() as u64,
            Self::Many(registers) => estimate(registers),
        }
    }
}

fn mark(registers: &mut [u8; REGISTERS], hash: u64) {
    let register = usize::try_from(hash >> (64 - BITS)).unwrap_or_default();
    // The bits that chose the register are used up; the one that is set ends the run in any case.
    let rest = hash << BITS | 1 << (BITS - 1);
    let run = u8::try_from(rest.leading_zeros() + 1).unwrap_or(u8::MAX);
    registers[register] = registers[register].max(run);
}

fn estimate(registers: &[u8; REGISTERS]) -> u64 {
    let number = REGISTERS as f64;
    let sum: f64 = registers.iter().map(|run| (-f64::from(*run)).exp2()).sum();
    let raw = 0.7213 / (1.0 + 1.079 / number) * number * number / sum;
    let empty = registers.iter().filter(|run| u32::from(**run) == 0).count();
    // For few, the number of registers that are still empty tells more (linear counting).
    let best =
        if raw <= 2.5 * number && empty > 0 { number * (number / empty as f64).ln() } else { raw };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let count = best.round() as u64;
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

    fn hash(number: u64) -> u64 {
        BuildHasherDefault::<DefaultHasher>::default().hash_one(number)
    }

    #[test]
    fn few_are_counted_and_many_are_estimated() {
        for (number, off) in
            [(0, 0.0), (1, 0.0), (128, 0.0), (200, 0.1), (3_000, 0.1), (100_000, 0.1)]
        {
            let mut distinct = Distinct::default();
            for round in 0..2 {
                // A second visit of the same ones changes nothing.
                (0..number).for_each(|one| distinct.add(hash(one)));
                let (found, right) = (distinct.count() as f64, number as f64);
                assert!((found - right).abs() <= right * off, "{number}, {round}: {found}");
            }
        }
    }

    #[test]
    fn every_hash_has_a_place() {
        let mut registers = [0; REGISTERS];
        for hash in [0, 1, u64::MAX, 1 << 63, 1 << (64 - BITS)] {
            mark(&mut registers, hash);
        }
        assert_eq!(*registers.iter().max().unwrap(), 55);
    }
}
