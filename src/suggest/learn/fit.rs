//! Fits a [`Model`] to examples: pairwise logistic regression with a Gaussian prior around a present
//! model.
//!
//! Of each article or topic every pair of an accepted and a rejected suggestion counts, and of a pair
//! the difference (Burges et al., 2005, with a linear score): what is learnt is the order of a list,
//! and it does not matter that one article has more that is worth citing than another. The prior is
//! that of Chapelle and Li (2011, §3): the present weights, so that without verdicts they stay what
//! they are, and few verdicts move them little. Its strength is in units of each feature's spread, so
//! that no feature is held back because its numbers are small; the weights come out in plain units. A
//! weight that would be nonsense to an editor (words in common that count *against* an item) is not
//! given: it stays at 0; and none is larger than a configuration takes, so that what is measured is
//! what can be written. The bias follows the share of what is accepted.

use std::collections::BTreeMap;

use super::Example;
use super::minimum::{Problem, Row, SIZE, Vector};
use crate::suggest::feature::{Feature, Features, Model, logistic};

/// The largest bias or weight, either way, that `suggest.weights` may have.
pub const LARGEST: f64 = 100.0;

/// Features of which more may well be a reason against: another language; and another report of what
/// the article cites already, where an editor looks for what is new. Of every other feature more is
/// better, by its definition.
fn may_speak_against(feature: Feature) -> bool {
    matches!(feature, Feature::Foreign | Feature::Cited)
}

/// The model that `examples` speak for, as seen from the `present` one, which holds with `strength`:
/// the inverse of the variance that is expected of a feature's usual contribution.
pub fn train(examples: &[Example], present: &Model, strength: f64) -> Model {
    let spread = spread(examples);
    let mut problem = Problem {
        rows: pairs(examples, &spread),
        prior: [0.0; SIZE],
        strength,
        least: spread.map(|spread| -LARGEST * spread),
        most: spread.map(|spread| LARGEST * spread),
    };
    for (at, (feature, weight)) in present.weights.iter().enumerate() {
        problem.prior[at] = weight * spread[at];
        if !may_speak_against(feature) {
            // Who has set a weight below 0 wants it so.
            problem.least[at] = problem.prior[at].min(0.0);
        }
    }
    let found = problem.minimum();
    let mut model = *present;
    for (at, feature) in Feature::ALL.into_iter().enumerate() {
        // What never varies teaches nothing and keeps its weight.
        if spread[at] > 0.0 {
            // Dividing may round past the bound.
            model.weights[feature] = (found[at] / spread[at]).clamp(-LARGEST, LARGEST);
        }
    }
    model.bias = bias(examples, &model);
    model
}

/// The standard deviation of each feature; 0 for one that does not vary.
fn spread(examples: &[Example]) -> Vector {
    let count = examples.len().max(1) as f64;
    Feature::ALL.map(|feature| {
        let values = || examples.iter().map(|one| one.features[feature]);
        let mean = values().sum::<f64>() / count;
        let spread = (values().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        // What rounding leaves of a constant is no variation.
        if spread > mean.abs() * 1e-9 { spread } else { 0.0 }
    })
}

/// The differences of each accepted and each rejected example of a query, in units of the spread.
/// Together they weigh as much as there are of the fewer: of one accepted and a hundred rejected there
/// is one thing to learn.
fn pairs(examples: &[Example], spread: &Vector) -> Vec<Row> {
    let mut queries: BTreeMap<usize, [Vec<&Features>; 2]> = BTreeMap::new();
    for one in examples {
        queries.entry(one.query).or_default()[usize::from(one.accepted)].push(&one.features);
    }
    let mut rows = Vec::new();
    for [bad, good] in queries.values() {
        let weight = 1.0 / good.len().max(bad.len()) as f64;
        for good in good {
            for bad in bad {
                let mut x = [0.0; SIZE];
                for (at, feature) in Feature::ALL.into_iter().enumerate() {
                    if spread[at] > 0.0 {
                        x[at] = (good[feature] - bad[feature]) / spread[at];
                    }
                }
                rows.push(Row { x, weight });
            }
        }
    }
    rows
}

/// The bias with which the mean chance is the share of accepted examples, as it is at the maximum of
/// the likelihood, or the nearest that may be. Found by halving, which cannot go astray.
fn bias(examples: &[Example], model: &Model) -> f64 {
    let accepted = examples.iter().filter(|one| one.accepted).count() as f64;
    let sums: Vec<f64> = examples.iter().map(|one| model.weights.dot(&one.features)).collect();
    // Beyond these the bias alone makes any chance certain.
    let reach = 50.0 + sums.iter().fold(0.0_f64, |most, sum| most.max(sum.abs()));
    let reach = reach.min(LARGEST);
    let (mut low, mut high) = (-reach, reach);
    // As often as halving changes a double.
    for _ in 0..64 {
        let middle = f64::midpoint(low, high);
        if sums.iter().map(|sum| logistic(middle + sum)).sum::<f64>() < accepted {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
pub(super) mod tests;
