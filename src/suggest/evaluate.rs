//! Measures a ranking against what editors really cited.
//!
//! nDCG (Järvelin and Kekäläinen, 2002) with one grade, recall and the mean reciprocal rank, each
//! averaged over the queries that have something to find.

use std::collections::{HashMap, HashSet};

use chrono::{Duration, NaiveDate};
use rayon::prelude::*;

use super::feature::{Feature, Features, Model};
use super::habits::Habits;
use super::identity::title_key;
use super::index::Index;
use super::search::Hit;
use super::{Candidate, Cited, Query};
use crate::address::canonical;

/// An article with what it really cites; its query names nothing of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Name of the query in a TREC run.
    pub name: String,
    /// The article without its references.
    pub query: Query,
    /// What it cites.
    pub cited: Vec<Cited>,
}

/// The figures.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measures {
    /// Queries with something to find.
    pub queries: usize,
    /// nDCG of the first ten.
    pub ndcg10: f64,
    /// Share of what is cited among the first ten.
    pub recall10: f64,
    /// Share of what is cited among the first twenty.
    pub recall20: f64,
    /// Mean of one over the rank of the first hit.
    pub mrr: f64,
}

/// Figures and rankings.
#[derive(Debug)]
pub struct Evaluation {
    /// The figures.
    pub measures: Measures,
    /// By query, in order: its name and the best hundred.
    pub runs: Vec<(String, Vec<Ranked>)>,
}

/// An item in the list of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// The item.
    pub item: String,
    /// Its score.
    pub score: f64,
    /// What spoke for it.
    pub features: Features,
    /// Whether the article really cites it.
    pub cited: bool,
}

/// Longest list of a TREC run.
const LONGEST: usize = 100;

/// Days before and after an article's date within which its candidates were first seen.
const BEFORE: i64 = 7;
const AFTER: i64 = 1;

/// What a feature is good for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Explained {
    /// The feature.
    pub feature: Feature,
    /// What it counts.
    pub weight: f64,
    /// How much of what speaks for the items that are really cited it gives on average, from 0 to 1.
    pub share: f64,
    /// The figures without it.
    pub without: Measures,
}

/// The site's habits as each article may know them: those of the articles of other folds, so that no
/// article is ranked with what was learnt from its own references. Fewer than two folds learn nothing.
pub fn habits(judged: &[Judged], folds: usize) -> Vec<Habits> {
    if folds < 2 {
        return vec![Habits::default()];
    }
    let lesson = |one: &Judged| Query { cited: one.cited.clone(), ..one.query.clone() };
    (0..folds)
        .into_par_iter()
        .map(|fold| {
            let others = judged.iter().enumerate().filter(|(at, _)| at % folds != fold);
            let lessons: Vec<Query> = others.map(|(_, one)| lesson(one)).collect();
            Habits::of(lessons.iter())
        })
        .collect()
}

/// What each feature that counts is good for: the ranking is made again without it.
pub fn explain(
    judged: &[Judged],
    index: &Index,
    model: &Model,
    habits: &[Habits],
    evaluation: &Evaluation,
) -> Vec<Explained> {
    let counts = model.weights.iter().filter(|(_, weight)| *weight != 0.0);
    counts
        .map(|(feature, weight)| {
            let mut without = *model;
            without.weights[feature] = 0.0;
            let without = evaluate(judged, index, &without, habits, &|| {}).measures;
            Explained { feature, weight, share: evaluation.share(model, feature), without }
        })
        .collect()
}

impl Evaluation {
    /// The mean share of a feature in what speaks for the items that are cited.
    fn share(&self, model: &Model, feature: Feature) -> f64 {
        let cited = self.runs.iter().flat_map(|(_, list)| list).filter(|one| one.cited);
        let shares: Vec<f64> = cited
            .map(|one| {
                let parts = model.contributions(&one.features);
                let whole: f64 = parts.iter().map(|(_, part)| part.max(0.0)).sum();
                if whole > 0.0 { parts[feature].max(0.0) / whole } else { 0.0 }
            })
            .collect();
        shares.iter().sum::<f64>() / shares.len().max(1) as f64
    }
}

/// Ranks `index` for each article, each with the habits of its fold, and compares.
///
/// # Panics
///
/// `habits` is empty: [`habits`] gives one at least.
pub fn evaluate(
    judged: &[Judged],
    index: &Index,
    model: &Model,
    habits: &[Habits],
    progress: &(dyn Fn() + Sync),
) -> Evaluation {
    let known = Known::of(index.candidates());
    let results: Vec<(Vec<Hit>, HashSet<usize>)> = judged
        .par_iter()
        .enumerate()
        .map(|(at, one)| {
            let habits = &habits[at % habits.len()];
            let hits = index.rank(&one.query, model, habits, |candidate| {
                one.query.date.is_none_or(|date| was_there(candidate, date))
            });
            progress();
            (hits, known.of_article(&one.cited))
        })
        .collect();
    let mut sum = Measures::default();
    for (hits, relevant) in results.iter().filter(|(_, relevant)| !relevant.is_empty()) {
        let ranks: Vec<usize> = hits.iter().map(|hit| hit.at).collect();
        sum.queries += 1;
        sum.ndcg10 += ndcg(ranks.iter().map(|at| relevant.contains(at)), relevant.len(), 10);
        sum.recall10 += recall(&ranks, relevant, 10);
        sum.recall20 += recall(&ranks, relevant, 20);
        sum.mrr += reciprocal_rank(&ranks, relevant);
    }
    let mean = |sum_of: f64| sum_of / sum.queries.max(1) as f64;
    let measures = Measures {
        queries: sum.queries,
        ndcg10: mean(sum.ndcg10),
        recall10: mean(sum.recall10),
        recall20: mean(sum.recall20),
        mrr: mean(sum.mrr),
    };
    let runs = judged
        .iter()
        .zip(results)
        .map(|(one, (hits, relevant))| {
            let ranked = |hit: &Hit| Ranked {
                item: index.candidate(hit.at).id.clone(),
                score: hit.score,
                features: hit.features,
                cited: relevant.contains(&hit.at),
            };
            (one.name.clone(), hits.iter().take(LONGEST).map(ranked).collect())
        })
        .collect();
    Evaluation { measures, runs }
}

/// Whether a candidate had been seen when an article of this date was written.
fn was_there(candidate: &Candidate, date: NaiveDate) -> bool {
    let seen = candidate.first_seen.date_naive();
    seen >= date - Duration::days(BEFORE) && seen <= date + Duration::days(AFTER)
}

/// Candidates by what an article would cite them by.
struct Known {
    keys: HashMap<String, Vec<usize>>,
    titles: HashMap<String, Vec<usize>>,
}

impl Known {
    fn of<'a>(candidates: impl Iterator<Item = &'a Candidate>) -> Self {
        let mut this = Self { keys: HashMap::new(), titles: HashMap::new() };
        for (at, candidate) in candidates.enumerate() {
            if let Some(key) = candidate.url.as_deref().and_then(canonical) {
                this.keys.entry(key).or_default().push(at);
            }
            this.titles.entry(title_key(&candidate.title)).or_default().push(at);
        }
        this
    }

    fn of_article(&self, cited: &[Cited]) -> HashSet<usize> {
        cited
            .iter()
            .filter_map(|cited| {
                let by_key =
                    cited.url.as_deref().and_then(canonical).and_then(|key| self.keys.get(&key));
                by_key.or_else(|| self.titles.get(&title_key(cited.title.as_deref()?)))
            })
            .flatten()
            .copied()
            .collect()
    }
}

/// nDCG to a `depth` of a list, by whether each place has something that was sought. Of that there are
/// `all`, on the list or not, and one at least.
pub(super) fn ndcg(list: impl Iterator<Item = bool>, all: usize, depth: usize) -> f64 {
    let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    let places = list.take(depth).enumerate().filter(|(_, is_sought)| *is_sought);
    let gain: f64 = places.map(|(rank, _)| discount(rank)).sum();
    let best: f64 = (0..all.min(depth)).map(discount).sum();
    gain / best
}

fn recall(ranks: &[usize], relevant: &HashSet<usize>, depth: usize) -> f64 {
    let found = ranks.iter().take(depth).filter(|at| relevant.contains(at)).count();
    found as f64 / relevant.len() as f64
}

fn reciprocal_rank(ranks: &[usize], relevant: &HashSet<usize>) -> f64 {
    ranks.iter().position(|at| relevant.contains(at)).map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_what_their_definitions_say() {
        let relevant = HashSet::from([1, 2]);
        for (list, depth, expected) in [
            (vec![true, true], 10, 1.0),
            // One of two, at the second place: (1/log2 3) / (1 + 1/log2 3).
            (vec![false, true], 10, 0.386_852_8),
            (vec![false, true], 1, 0.0),
            (vec![], 10, 0.0),
        ] {
            let found = ndcg(list.iter().copied(), 2, depth);
            assert!((found - expected).abs() < 1e-6, "{list:?} {depth} {found}");
        }
        assert!((recall(&[9, 1, 8, 2], &relevant, 2) - 0.5).abs() < 1e-9);
        assert!((reciprocal_rank(&[9, 8, 2], &relevant) - 1.0 / 3.0).abs() < 1e-9);
        assert!(reciprocal_rank(&[9], &relevant).abs() < 1e-9);
    }
}
