//! Learns from verdicts how much each feature should count.
//!
//! Takes [`Labelled`] lines and the present [`Model`]; gives a [`Lesson`]: the model that the verdicts
//! speak for, and how well both do. Whether it is taken over is somebody else's decision.
//!
//! The model is fitted to the order of each article's suggestions with a prior around the present
//! weights, so that few verdicts move it little ([`fit`]). What that is worth is measured by
//! cross-validation on articles that the weights have not seen. Everything is a function of the set
//! of lines: their order, the clock and chance have no part in it.

use std::collections::BTreeMap;

use rayon::prelude::*;
use thiserror::Error;

use super::Target;
use super::feature::{Feature, Features, Model};
use super::identity::suggestion_id;
use super::verdict::Labelled;
use fit::train;
use measure::{Measures, measure};

pub mod fit;
pub mod measure;
mod minimum;

/// Fewest verdicts that are learnt from. The prior keeps fewer from doing harm, but nothing that
/// cross-validation says of fewer than four for each of its parts means anything.
pub const FEWEST: usize = 20;

/// Fewest articles and topics with accepted and rejected suggestions: only these have an order that
/// can be right or wrong, and each part of the cross-validation needs one.
pub const FEWEST_QUERIES: usize = PARTS;

/// Parts of a cross-validation, as is usual (Hastie, Tibshirani, Friedman, 2009, §7.10).
const PARTS: usize = 5;

/// How much the present weights hold: a feature's usual contribution is expected to move by about
/// 1/√32, a sixth on the scale of log-odds. Of 1 to 256, tried on two to six hundred verdicts that were
/// simulated from what articles really cite, starting from bad, equal and good weights: less gains a
/// little more from bad ones and loses what good ones have, more does the opposite. Choosing by
/// cross-validation each time did no better, since so few verdicts hardly tell one strength from the
/// next. The more there are, the less it matters.
const STRENGTH: f64 = 32.0;

/// Decimals of a learnt weight: more would be noise that nobody wants to read.
const DECIMALS: f64 = 1_000.0;

/// A suggestion with what all verdicts on it come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// Which article or topic it was for, by number.
    pub query: usize,
    /// Whether it was a good one.
    pub accepted: bool,
    /// What spoke for it.
    pub features: Features,
}

/// What is learnt from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lines {
    /// Each suggestion once.
    pub examples: Vec<Example>,
    /// Articles and topics, in the order of their numbers.
    pub queries: Vec<Target>,
    /// Suggestions left out because it was not kept what spoke for them.
    pub without_features: usize,
    /// Suggestions left out because as many are for them as against.
    pub disputed: usize,
}

/// Why nothing can be learnt.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TooFew {
    /// Too few verdicts.
    #[error(
        "suggestions judged so far: {found}; learning takes at least {FEWEST} \
         (`headwater accept ID`, `headwater reject ID`)"
    )]
    Verdicts {
        /// How many there are.
        found: usize,
    },
    /// Nothing was rejected, or nothing accepted.
    #[error("all {found} suggestions have been {word}; learning takes both kinds of verdict")]
    OneKind {
        /// How many there are.
        found: usize,
        /// What all of them have been.
        word: &'static str,
    },
    /// Too few articles and topics have both.
    #[error(
        "articles and topics with both an accepted and a rejected suggestion: {found}; \
         learning takes at least {FEWEST_QUERIES}, for only there an order is right or wrong"
    )]
    Queries {
        /// How many have.
        found: usize,
    },
}

/// What the verdicts teach.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// The learnt model.
    pub model: Model,
    /// How well the present model does.
    pub before: Measures,
    /// How well learning does on articles that it has not seen.
    pub after: Measures,
    /// Articles and topics that are better ordered than before.
    pub improved: usize,
    /// Articles and topics that are worse ordered than before.
    pub worsened: usize,
}

impl Lesson {
    /// Whether the learnt model is the better one: it puts accepted suggestions above rejected ones
    /// more often, and for more articles than it does so less often. The order is what is fitted, and
    /// all that an editor sees; nDCG and log loss are shown, but of a few hundred verdicts they tell so
    /// little that they refuse as many good models as bad ones (`docs/ranking.md`).
    pub fn is_better(&self) -> bool {
        self.after.auc > self.before.auc && self.improved > self.worsened
    }
}

impl Lines {
    /// What `lines` come to, whatever their order. An editor's last word on a suggestion counts, and
    /// the majority of editors; the article that cites it is one of them.
    pub fn of(lines: &[Labelled]) -> Self {
        let mut sorted: Vec<&Labelled> = lines.iter().collect();
        sorted.sort_by(|a, b| (a.judged, a.verdict.name()).cmp(&(b.judged, b.verdict.name())));
        let mut suggestions: BTreeMap<(&Target, &str), Vec<&Labelled>> = BTreeMap::new();
        for line in sorted {
            let said = suggestions.entry((&line.target, &line.item)).or_default();
            said.retain(|earlier| earlier.editor != line.editor);
            said.push(line);
        }
        let mut this = Self::default();
        for ((target, _), said) in suggestions {
            let good = said.iter().filter(|line| line.verdict.is_for()).count();
            let Some(features) = said.iter().rev().find_map(|line| line.features) else {
                this.without_features += 1;
                continue;
            };
            if good * 2 == said.len() {
                this.disputed += 1;
                continue;
            }
            // Suggestions come sorted by target.
            if this.queries.last() != Some(target) {
                this.queries.push(target.clone());
            }
            let query = this.queries.len() - 1;
            this.examples.push(Example { query, accepted: good * 2 > said.len(), features });
        }
        this
    }

    /// How many of the suggestions were accepted.
    pub fn accepted(&self) -> usize {
        self.examples.iter().filter(|one| one.accepted).count()
    }
}

/// Learns from `lines`, starting from the `present` model.
///
/// # Errors
///
/// [`TooFew`].
pub fn learn(lines: &Lines, present: &Model) -> Result<Lesson, TooFew> {
    let examples = lines.examples.as_slice();
    let (found, accepted) = (examples.len(), lines.accepted());
    if found < FEWEST {
        return Err(TooFew::Verdicts { found });
    }
    if accepted == 0 || accepted == found {
        let word = if accepted == 0 { "rejected" } else { "accepted" };
        return Err(TooFew::OneKind { found, word });
    }
    let parts = parts(lines);
    let both = measure::mixed(examples).len();
    if both < FEWEST_QUERIES {
        return Err(TooFew::Queries { found: both });
    }
    let usual: Vec<f64> = examples.iter().map(|one| sum(present, &one.features)).collect();
    let unseen = held_out(examples, &parts, present);
    let (improved, worsened) = measure::compared(examples, &usual, &unseen);
    Ok(Lesson {
        model: rounded(train(examples, present, STRENGTH)),
        before: measure(examples, &usual),
        after: measure(examples, &unseen),
        improved,
        worsened,
    })
}

/// For each example the sum (the logarithm of the odds) that a model gives it which was fitted without
/// the part that the example is in.
fn held_out(examples: &[Example], parts: &[usize], present: &Model) -> Vec<f64> {
    let models: Vec<Model> = (0..PARTS)
        .into_par_iter()
        .map(|part| {
            let seen = examples.iter().filter(|one| parts[one.query] != part).copied();
            train(&seen.collect::<Vec<_>>(), present, STRENGTH)
        })
        .collect();
    examples.iter().map(|one| sum(&models[parts[one.query]], &one.features)).collect()
}

/// The part of each query: a query is never divided, and those in which there is an order to be
/// learnt are spread evenly. A hash of the name shuffles alike everywhere and always.
fn parts(lines: &Lines) -> Vec<usize> {
    let mixed = measure::mixed(&lines.examples);
    let mut order: Vec<usize> = (0..lines.queries.len()).collect();
    order.sort_by_cached_key(|query| {
        (!mixed.contains(query), suggestion_id(&lines.queries[*query], ""))
    });
    let mut parts = vec![0; order.len()];
    for (place, query) in order.into_iter().enumerate() {
        parts[query] = place % PARTS;
    }
    parts
}

fn sum(model: &Model, features: &Features) -> f64 {
    model.bias + model.weights.dot(features)
}

fn rounded(mut model: Model) -> Model {
    let round = |number: f64| (number * DECIMALS).round() / DECIMALS;
    model.bias = round(model.bias);
    for feature in Feature::ALL {
        model.weights[feature] = round(model.weights[feature]);
    }
    model
}

#[cfg(test)]
mod tests;
