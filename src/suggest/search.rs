//! Ranks an index for an article or a topic.
//!
//! Each candidate is scored word by word through an inverted index. The best of this first list are looked
//! at closely: what resembles the very best is lifted (pseudo-relevance feedback; Rocchio, 1971), and what is
//! not in the words is added: time, source, story, what is cited already. With an embedding model, what is
//! near in meaning is found as well. Then the model decides.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use chrono::NaiveDate;

use super::asked::Asked;
use super::feature::{Feature, Features, Model};
use super::habits::Habits;
use super::identity::Known;
use super::index::Index;
use super::vectors::Vector;
use super::{Candidate, Query, lexicon, meaning};
use crate::source::Tier;

/// How many of the first list lift what resembles them.
const LEADERS: usize = 4;

/// What a shared name counts in a candidate of the query's own language, where the words that it is
/// written in are shared as well.
const SAME_LANGUAGE: f32 = 0.2;

/// How many of the first list are looked at closely. Nobody reads further, and a TREC run has 100.
const CLOSELY: usize = 400;

/// Independent sources from which on a story is as corroborated as it gets.
const MANY_SOURCES: f64 = 8.0;

/// Weights of a source below this are as good as none.
const LEAST_WEIGHT: f64 = 0.01;

/// A candidate's place in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Number of the candidate in the index.
    pub at: usize,
    /// From 0 to 1, higher is better.
    pub score: f64,
    /// What speaks for it.
    pub features: Features,
}

/// A candidate by words and meaning alone: the best first, of equals by identifier.
struct First<'a> {
    score: f64,
    id: Reverse<&'a str>,
    at: usize,
}

impl Ord for First<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for First<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for First<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for First<'_> {}

impl Index {
    /// The best candidates that share a term with the query or are near in meaning, and pass `admit`,
    /// best first; equals by identifier.
    pub fn rank(
        &self,
        query: &Query,
        model: &Model,
        habits: &Habits,
        admit: impl Fn(&Candidate) -> bool,
    ) -> Vec<Hit> {
        let asked = Asked::of(query, &self.lexicon, habits);
        let possible = asked.possible(&self.postings).max(f64::MIN_POSITIVE);
        let name = |own: &bool| if *own == asked.chinese { SAME_LANGUAGE } else { 1.0 };
        let names: Vec<f32> = self.chinese.iter().map(name).collect();
        let lanes = self
            .postings
            .score(asked.iter(), |term| lexicon::is_group(term).then_some(names.as_slice()));
        let meaning = self.meaning.as_ref().map(|meaning| meaning.nearness(query));
        let nearness = |at: usize| meaning.as_ref().map_or(0.0, |nearness| f64::from(nearness[at]));
        let features = |at: usize| {
            let mut features = Features::default();
            for (feature, value) in Feature::ALL.into_iter().zip(lanes[at]) {
                features[feature] = f64::from(value) / possible;
            }
            if self.chinese[at] == asked.chinese {
                features[Feature::Words] = 0.0;
                features[Feature::Learnt] = 0.0;
            }
            features[Feature::Meaning] = nearness(at);
            features
        };
        let cited = Known::of(&query.cited);
        // Not by `model`: what is found, and what it is compared with, stays when weights are changed or
        // learnt, and so does what verdicts say of it.
        let usual = Model::default().weights;
        let found = (0..lanes.len()).filter(|at| {
            lanes[*at].iter().any(|lane| *lane > 0.0) || nearness(*at) >= meaning::NEAR
        });
        let first = |at| First {
            score: usual.dot(&features(at)),
            id: Reverse(self.candidate(at).id.as_str()),
            at,
        };
        let mut left: BinaryHeap<First<'_>> = found.map(first).collect();
        let mut hits: Vec<Hit> = Vec::new();
        while hits.len() < CLOSELY
            && let Some(First { score, at, .. }) = left.pop()
        {
            let entry = &self.entries[at];
            let known = cited.has(entry.key.as_deref(), &entry.title);
            if !known && admit(&entry.candidate) {
                hits.push(Hit { at, score, features: features(at) });
            }
        }
        self.look_closely(&mut hits, query, asked.chinese, habits);
        for hit in &mut hits {
            hit.score = model.score(&hit.features);
        }
        hits.sort_by(|a, b| {
            let id = |hit: &Hit| &self.candidate(hit.at).id;
            b.score.total_cmp(&a.score).then_with(|| id(a).cmp(id(b)))
        });
        hits
    }

    /// The rest of the features.
    fn look_closely(&self, hits: &mut [Hit], query: &Query, chinese: bool, habits: &Habits) {
        let Some(last) = hits.last().map(|hit| hit.score) else { return };
        let leaders: Vec<(usize, f64)> =
            hits.iter().take(LEADERS).map(|hit| (hit.at, hit.score - last.min(0.0))).collect();
        // Leaders that hardly answer the query are no example: then likeness counts less.
        let answer = leaders.iter().map(|(_, score)| score).sum::<f64>() / leaders.len() as f64;
        let trust = answer / (answer + 1.0);
        let leaders = self.neutral.middle(&leaders);
        let cited: Vec<Vector> = self.cited_vectors(query).map(|(_, vector)| vector).collect();
        for Hit { at, features, .. } in hits {
            let candidate = self.candidate(*at);
            let own = self.neutral.of(*at);
            let seen = candidate.day();
            // News ages as attention does, fast at first and ever more slowly.
            let near = |date: NaiveDate| 1.0 / (1.0 + (date - seen).num_days().abs() as f64);
            let sources = self.tellers(*at) as f64;
            features[Feature::Foreign] = f64::from(self.chinese[*at] != chinese);
            features[Feature::Likeness] = trust * leaders.likeness(&own);
            features[Feature::Cited] =
                cited.iter().map(|vector| vector.likeness(&own)).fold(0.0, f64::max);
            features[Feature::Time] = query.date.map_or(0.0, near);
            features[Feature::FirstParty] = f64::from(candidate.tier == Tier::FirstParty);
            features[Feature::Trust] = candidate.weight.max(LEAST_WEIGHT).ln();
            features[Feature::Corroboration] = (sources.ln() / MANY_SOURCES.ln()).min(1.0);
            features[Feature::Publisher] = habits.publisher(candidate);
        }
    }

    /// The title among those cited that a candidate resembles most.
    pub(super) fn nearest_cited<'a>(&self, query: &'a Query, at: usize) -> Option<&'a str> {
        let own = self.neutral.of(at);
        self.cited_vectors(query)
            .max_by(|(_, a), (_, b)| a.likeness(&own).total_cmp(&b.likeness(&own)))
            .map(|(title, _)| title)
    }
}
