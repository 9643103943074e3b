//! How good a model is on suggestions whose verdicts are known.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Example;
use crate::suggest::evaluate::ndcg;

/// Depth to which a list is judged, as elsewhere.
const DEPTH: usize = 10;

/// How good a model is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Measures {
    /// How wrong the chances are: the mean of -ln of the chance that was given to what came true.
    /// Lower is better; 0.693 is a coin's.
    pub log_loss: f64,
    /// How often an accepted suggestion stands above a rejected one of the same article or topic;
    /// the mean over these. 1 is always, 0.5 a coin's.
    pub auc: f64,
    /// nDCG of the first ten (Järvelin and Kekäläinen, 2002), over the same articles and topics.
    pub ndcg: f64,
}

/// The queries that have both an accepted and a rejected suggestion.
pub(super) fn mixed(examples: &[Example]) -> BTreeSet<usize> {
    let of = |accepted| {
        let those = examples.iter().filter(move |one| one.accepted == accepted);
        those.map(|one| one.query).collect::<BTreeSet<_>>()
    };
    of(true).intersection(&of(false)).copied().collect()
}

/// Measures sums (logarithms of odds), one for each example.
pub(super) fn measure(examples: &[Example], sums: &[f64]) -> Measures {
    let wrong = examples
        .iter()
        .zip(sums)
        .map(|(one, sum)| softplus(if one.accepted { -sum } else { *sum }));
    let lists = lists(examples, sums);
    let mean = |sum: f64, count: usize| sum / count.max(1) as f64;
    Measures {
        log_loss: mean(wrong.sum(), examples.len()),
        auc: mean(lists.values().map(|list| auc(list)).sum(), lists.len()),
        ndcg: mean(lists.values().map(|list| ndcg_of(list)).sum(), lists.len()),
    }
}

/// How many queries are better and how many worse ordered by `new` than by `old`.
pub(super) fn compared(examples: &[Example], old: &[f64], new: &[f64]) -> (usize, usize) {
    let (old, new) = (lists(examples, old), lists(examples, new));
    let pairs = || old.values().zip(new.values()).map(|(old, new)| (auc(old), auc(new)));
    (pairs().filter(|(old, new)| new > old).count(), pairs().filter(|(old, new)| new < old).count())
}

/// ln(1 + e^x), without overflow.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The judged suggestions of each mixed query, best first; of equals the rejected one first, so that
/// a model gains nothing by not deciding.
fn lists(examples: &[Example], sums: &[f64]) -> BTreeMap<usize, Vec<(f64, bool)>> {
    let mixed = mixed(examples);
    let mut lists: BTreeMap<usize, Vec<(f64, bool)>> = BTreeMap::new();
    for (one, sum) in examples.iter().zip(sums).filter(|(one, _)| mixed.contains(&one.query)) {
        lists.entry(one.query).or_default().push((*sum, one.accepted));
    }
    for list in lists.values_mut() {
        list.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    }
    lists
}

/// Share of the pairs of an accepted and a rejected suggestion in which the accepted one has the
/// higher sum; equals are half right.
fn auc(list: &[(f64, bool)]) -> f64 {
    let of = |accepted| list.iter().filter(move |one| one.1 == accepted).map(|one| one.0);
    let (mut right, mut pairs) = (0.0, 0.0);
    for good in of(true) {
        for bad in of(false) {
            pairs += 1.0;
            right += if good > bad {
                1.0
            } else if good < bad {
                0.0
            } else {
                0.5
            };
        }
    }
    right / pairs
}

fn ndcg_of(list: &[(f64, bool)]) -> f64 {
    let accepted = || list.iter().map(|one| one.1);
    ndcg(accepted(), accepted().filter(|accepted| *accepted).count(), DEPTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::feature::Features;

    fn judged(query: usize, accepted: bool) -> Example {
        Example { query, accepted, features: Features::default() }
    }

    #[test]
    fn measures_are_what_their_definitions_say() {
        let examples = [
            judged(0, true),
            judged(0, false),
            judged(0, true),
            // Nothing to order here, and so only the chances count.
            judged(1, true),
        ];
        let found = measure(&examples, &[2.0, 1.0, 0.0, 0.0]);
        // Of two pairs one is in order; accepted stand at places 1 and 3.
        assert!((found.auc - 0.5).abs() < 1e-9);
        assert!((found.ndcg - 1.5 / (1.0 + 1.0 / 3_f64.log2())).abs() < 1e-9);
        let chances = [0.880_797_078, 1.0 - 0.731_058_579, 0.5, 0.5];
        let expected = chances.iter().map(|chance: &f64| -chance.ln()).sum::<f64>() / 4.0;
        assert!((found.log_loss - expected).abs() < 1e-6);
        let even = measure(&examples, &[0.0; 4]);
        assert!((even.auc - 0.5).abs() < 1e-9 && (even.log_loss - 2_f64.ln()).abs() < 1e-9);
        assert!(even.ndcg < 0.8, "equals are taken in the worst order");
    }

    #[test]
    fn queries_are_compared_one_by_one() {
        let examples = [judged(0, true), judged(0, false), judged(1, true), judged(1, false)];
        let (old, new) = ([1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]);
        assert_eq!(compared(&examples, &old, &new), (1, 1));
        assert_eq!(compared(&examples, &old, &old), (0, 0));
    }

    #[test]
    fn a_sum_without_measure_costs_without_measure_and_stays_a_number() {
        for (x, expected) in [(0.0, 2_f64.ln()), (-800.0, 0.0), (800.0, 800.0)] {
            assert!((softplus(x) - expected).abs() < 1e-9, "{x}");
        }
    }
}
