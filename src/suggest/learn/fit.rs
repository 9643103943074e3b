//! Fits a [`Model`] to examples: logistic regression with a Gaussian prior around a present model
//! (Chapelle and Li, 2011, §3, who learn from clicks in the same way; without examples, the present
//! model is the answer).
//!
//! Examples are taken one by one, or in pairs of an accepted and a rejected one of the same query, of
//! which only the difference counts: then it does not matter that one article has more that is worth
//! citing than another. The prior's strength is in units of each feature's spread, so that no feature
//! is held back because its numbers are small; the weights come out in plain units. A weight that
//! would be nonsense to an editor (words in common that count *against* an item) is not given:
//! it stays at 0.

use std::collections::BTreeMap;

use super::Example;
use super::minimum::{BIAS, Problem, Row, SIZE, Vector};
use crate::suggest::feature::{Feature, Features, Model, logistic};

/// How a model is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    /// How examples are taken.
    pub taken: Taken,
    /// How much the prior holds: the inverse of the variance that it expects of a feature's
    /// contribution.
    pub strength: f64,
}

/// How examples are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Each says whether its suggestion was good.
    OneByOne,
    /// Each accepted one stands above each rejected one of its query.
    InPairs,
}

/// Features of which more may well be a reason against: another language; and another report of what
/// the article cites already, where an editor looks for what is new. Of every other feature more is
/// better, by its definition.
fn may_speak_against(feature: Feature) -> bool {
    matches!(feature, Feature::Foreign | Feature::Cited)
}

/// The model that `examples` speak for, as seen from the `present` one.
pub fn train(examples: &[Example], present: &Model, recipe: Recipe) -> Model {
    let (mean, spread) = spread(examples);
    // Features in units of their spread, around their mean. One that never varies teaches nothing
    // and keeps its weight.
    let scaled = |features: &Features| {
        let mut vector = [0.0; SIZE + 1];
        for (at, (_, value)) in features.iter().enumerate() {
            if spread[at] > 0.0 {
                vector[at] = (value - mean[at]) / spread[at];
            }
        }
        vector[BIAS] = 1.0;
        vector
    };
    let rows: Vec<Row> = match recipe.taken {
        Taken::OneByOne => examples
            .iter()
            .map(|one| Row { x: scaled(&one.features), label: one.accepted, weight: 1.0 })
            .collect(),
        Taken::InPairs => pairs(examples, scaled),
    };
    let mut problem = Problem {
        rows,
        prior: [0.0; SIZE + 1],
        strength: [recipe.strength; SIZE + 1],
        least: [f64::NEG_INFINITY; SIZE + 1],
        free: [true; SIZE + 1],
    };
    for (at, (feature, weight)) in present.weights.iter().enumerate() {
        problem.prior[at] = weight * spread[at];
        problem.free[at] = spread[at] > 0.0;
        if !may_speak_against(feature) {
            // Who has set a weight below 0 wants it so.
            problem.least[at] = problem.prior[at].min(0.0);
        }
    }
    // How many suggestions an editor takes says nothing of the features; the bias is free to follow.
    problem.strength[BIAS] = 0.0;
    problem.free[BIAS] = recipe.taken == Taken::OneByOne;
    let found = problem.minimum();
    let mut model = *present;
    for (at, feature) in Feature::ALL.into_iter().enumerate() {
        if problem.free[at] {
            model.weights[feature] = found[at] / spread[at];
        }
    }
    model.bias = bias(examples, &model);
    model
}

/// Mean and standard deviation of each feature; 0 for one that does not vary.
fn spread(examples: &[Example]) -> ([f64; SIZE], [f64; SIZE]) {
    let count = examples.len().max(1) as f64;
    let (mut mean, mut spread) = ([0.0; SIZE], [0.0; SIZE]);
    for (at, feature) in Feature::ALL.into_iter().enumerate() {
        let values = || examples.iter().map(|one| one.features[feature]);
        mean[at] = values().sum::<f64>() / count;
        let variance = values().map(|value| (value - mean[at]).powi(2)).sum::<f64>() / count;
        // What rounding leaves of a constant is no variation.
        let noise = mean[at].abs() * 1e-9;
        spread[at] = if variance.sqrt() > noise { variance.sqrt() } else { 0.0 };
    }
    (mean, spread)
}

/// The differences of each accepted and each rejected example of a query. Together they weigh as
/// much as the fewer of both: of one accepted and a hundred rejected there is one thing to learn.
fn pairs(examples: &[Example], scaled: impl Fn(&Features) -> Vector) -> Vec<Row> {
    let mut queries: BTreeMap<usize, [Vec<Vector>; 2]> = BTreeMap::new();
    for one in examples {
        let both = queries.entry(one.query).or_default();
        both[usize::from(one.accepted)].push(scaled(&one.features));
    }
    let mut rows = Vec::new();
    for [bad, good] in queries.values() {
        let weight = 1.0 / good.len().max(bad.len()) as f64;
        for good in good {
            for bad in bad {
                let x = std::array::from_fn(|at| good[at] - bad[at]);
                rows.push(Row { x, label: true, weight });
            }
        }
    }
    rows
}

/// The bias with which the mean chance is the share of accepted examples, as it is at the maximum of
/// the likelihood. Found by halving, which cannot go astray.
fn bias(examples: &[Example], model: &Model) -> f64 {
    let accepted = examples.iter().filter(|one| one.accepted).count() as f64;
    let sums: Vec<f64> = examples.iter().map(|one| model.weights.dot(&one.features)).collect();
    // Beyond these the bias alone makes any chance certain.
    let reach = 50.0 + sums.iter().fold(0.0_f64, |most, sum| most.max(sum.abs()));
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
