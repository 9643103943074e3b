//! Candidates, ready to be ranked for any number of articles and topics.
//!
//! Built once from all candidates; then each query is scored word by word through an inverted index,
//! and the best are looked at closely: what resembles the best of the first list is lifted
//! (pseudo-relevance feedback; Rocchio, 1971), and what is not in the words is added: time, source,
//! story, what is cited already.

use std::collections::HashMap;

use chrono::NaiveDate;
use rayon::prelude::*;

use super::asked::Asked;
use super::dictionary;
use super::feature::{Feature, Features, Model};
use super::habits::Habits;
use super::identity::{Cited, title_key};
use super::lexicon::{self, Lexicon};
use super::postings::Postings;
use super::story::{self, Story};
use super::text::{self, Terms};
use super::{Candidate, Query, StoryBrief, matched};
use crate::address::canonical;
use crate::source::Tier;

/// What a term of the summary, or of the source's name, counts beside a title's: who tells of itself is
/// worth hearing.
const SUMMARY: f64 = 0.4;

/// How many of the first list lift what resembles them.
const LEADERS: usize = 4;

/// What a shared name counts in a candidate of the query's own language, where the words that it is
/// written in are shared as well.
const SAME_LANGUAGE: f64 = 0.2;

/// How many of the first list are looked at closely. Nobody reads further, and a TREC run has 100.
const CLOSELY: usize = 400;

/// Days after which nearness in time has fallen to about a third.
const NEAR_DAYS: f64 = 10.0;

/// Independent sources from which on a story is as corroborated as it gets.
const MANY_SOURCES: f64 = 8.0;

/// Weights of a source below this are as good as none.
const LEAST_WEIGHT: f64 = 0.01;

/// Candidates, ready to be ranked.
#[derive(Debug)]
pub struct Index {
    candidates: Vec<Candidate>,
    keys: Vec<Option<String>>,
    titles: Vec<String>,
    chinese: Vec<bool>,
    postings: Postings,
    /// Titles in no language: names, and words as the dictionary translates them.
    neutral: Postings,
    lexicon: Lexicon,
    stories: Vec<Story>,
    story_of: Vec<usize>,
}

/// A candidate's place in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Index of the candidate.
    pub at: usize,
    /// From 0 to 1, higher is better.
    pub score: f64,
    /// What speaks for it.
    pub features: Features,
}

impl Index {
    /// Indexes `candidates`, in which `lexicon` finds names.
    pub fn new(candidates: Vec<Candidate>, lexicon: Lexicon) -> Self {
        let terms = candidates.par_iter().map(|one| terms(one, &lexicon)).collect();
        let neutral = candidates.par_iter().map(|one| neutral(&one.title, &lexicon)).collect();
        let stories = story::group(&candidates);
        let mut story_of = vec![0; candidates.len()];
        let places: HashMap<&str, usize> = candidates
            .iter()
            .enumerate()
            .map(|(at, candidate)| (candidate.id.as_str(), at))
            .collect();
        for (number, story) in stories.iter().enumerate() {
            for id in &story.items {
                if let Some(&at) = places.get(id.as_str()) {
                    story_of[at] = number;
                }
            }
        }
        Self {
            keys: candidates.iter().map(|one| one.url.as_deref().and_then(canonical)).collect(),
            titles: candidates.iter().map(|one| title_key(&one.title)).collect(),
            chinese: candidates.iter().map(|one| text::is_chinese(&one.title)).collect(),
            postings: Postings::new(terms),
            neutral: Postings::new(neutral),
            candidates,
            lexicon,
            stories,
            story_of,
        }
    }

    /// The indexed candidates.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The best candidates that share a term with the query and pass `admit`, best first; equals by
    /// identifier.
    pub fn rank(
        &self,
        query: &Query,
        model: &Model,
        habits: &Habits,
        admit: impl Fn(&Candidate) -> bool,
    ) -> Vec<Hit> {
        let asked = Asked::of(query, &self.lexicon, habits);
        let possible = asked.possible(&self.postings).max(f64::MIN_POSITIVE);
        let lanes = self.postings.score(asked.iter(), |term, at| {
            if lexicon::is_group(term) && self.chinese[at] == asked.chinese {
                SAME_LANGUAGE
            } else {
                1.0
            }
        });
        let cited = Cited::of(query);
        let mut hits: Vec<Hit> = Vec::new();
        for (at, lanes) in lanes.into_iter().enumerate() {
            if !lanes.iter().any(|lane| *lane > 0.0)
                || cited.has(self.keys[at].as_deref(), &self.titles[at])
                || !admit(&self.candidates[at])
            {
                continue;
            }
            let mut features = Features::default();
            for (feature, value) in Feature::ALL.into_iter().zip(lanes) {
                features[feature] = value / possible;
            }
            if self.chinese[at] == asked.chinese {
                features[Feature::Words] = 0.0;
                features[Feature::Learnt] = 0.0;
            }
            let words = model.weights.dot(&features);
            features[Feature::Foreign] = f64::from(self.chinese[at] != asked.chinese);
            hits.push(Hit { at, score: words, features });
        }
        self.sort(&mut hits);
        hits.truncate(CLOSELY);
        self.look_closely(&mut hits, query, habits);
        for hit in &mut hits {
            hit.score = model.score(&hit.features);
        }
        self.sort(&mut hits);
        hits
    }

    /// The rest of the features.
    fn look_closely(&self, hits: &mut [Hit], query: &Query, habits: &Habits) {
        let Some(last) = hits.last().map(|hit| hit.score) else { return };
        let leaders: Vec<(usize, f64)> =
            hits.iter().take(LEADERS).map(|hit| (hit.at, hit.score - last.min(0.0))).collect();
        let likeness = self.neutral.likeness(&leaders);
        let cited = self.likeness_to_cited(query);
        for Hit { at, features, .. } in hits {
            let candidate = &self.candidates[*at];
            let seen = candidate.published.unwrap_or_else(|| candidate.first_seen.date_naive());
            let near =
                |date: NaiveDate| (-((date - seen).num_days().abs() as f64) / NEAR_DAYS).exp();
            let sources = self.stories[self.story_of[*at]].sources.len().max(1) as f64;
            features[Feature::Likeness] = likeness[*at];
            features[Feature::Cited] = cited.as_ref().map_or(0.0, |cited| cited[*at]);
            features[Feature::Time] = query.date.map_or(0.0, near);
            features[Feature::FirstParty] = f64::from(candidate.tier == Tier::FirstParty);
            features[Feature::Trust] = candidate.weight.max(LEAST_WEIGHT).ln();
            features[Feature::Corroboration] = (sources.ln() / MANY_SOURCES.ln()).min(1.0);
            features[Feature::Publisher] = habits.publisher(candidate);
        }
    }

    /// How much each candidate resembles that of what is cited which it resembles most; none where
    /// nothing is cited.
    fn likeness_to_cited(&self, query: &Query) -> Option<Vec<f64>> {
        let titles = query.cited.iter().filter_map(|cited| cited.title.as_deref());
        titles.map(|title| self.neutral.likeness_to(&neutral(title, &self.lexicon))).reduce(
            |mut most, one| {
                most.iter_mut().zip(one).for_each(|(most, one)| *most = most.max(one));
                most
            },
        )
    }

    /// The title among those cited that a candidate resembles most.
    pub(super) fn nearest_cited<'a>(&self, query: &'a Query, at: usize) -> Option<&'a str> {
        let titles = query.cited.iter().filter_map(|cited| cited.title.as_deref());
        let likeness = |title: &str| self.neutral.likeness_to(&neutral(title, &self.lexicon))[at];
        titles.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
    }

    /// What a query and a candidate have in common, in the query's words.
    pub(super) fn matched(&self, query: &Query, at: usize) -> Vec<String> {
        matched::matched(query, &self.candidates[at], &self.lexicon, &|term| {
            self.postings.rarity(term)
        })
    }

    /// What a suggestion says of the story of a candidate.
    pub(super) fn story_brief(&self, at: usize) -> StoryBrief {
        let story = &self.stories[self.story_of[at]];
        StoryBrief { id: story.id.clone(), size: story.items.len(), sources: story.sources.clone() }
    }

    /// The number of a candidate's story.
    pub(super) fn story(&self, at: usize) -> usize {
        self.story_of[at]
    }

    /// How much two candidates resemble each other, from 0 to 1.
    pub(super) fn resemblance(&self, a: usize, b: usize) -> f64 {
        self.neutral.cosine(a, b)
    }

    fn sort(&self, hits: &mut [Hit]) {
        hits.sort_by(|a, b| {
            let id = |hit: &Hit| &self.candidates[hit.at].id;
            b.score.total_cmp(&a.score).then_with(|| id(a).cmp(id(b)))
        });
    }
}

/// What a candidate is found by.
fn terms(candidate: &Candidate, lexicon: &Lexicon) -> Terms {
    let mut terms = Terms::new();
    let topics = candidate.topics.join("\n");
    let teller = candidate.publication.as_deref().unwrap_or_default();
    for (text, weight) in [
        (candidate.title.as_str(), 1.0),
        (&candidate.summary, SUMMARY),
        (&topics, SUMMARY),
        (teller, SUMMARY),
    ] {
        let units = text::units(text);
        text::each_term_of(&units, |term| *terms.entry(term).or_default() += weight);
        lexicon.each_group(&units, |group| {
            *terms.entry(lexicon::term(group)).or_default() += weight;
        });
    }
    terms
}

/// A title in no language, so that titles in two can be compared.
fn neutral(title: &str, lexicon: &Lexicon) -> Terms {
    let mut terms = Terms::new();
    let units = text::units(title);
    lexicon.each_group(&units, |group| *terms.entry(lexicon::term(group)).or_default() += 1.0);
    text::each_term_of(&units, |term| {
        if !text::is_chinese(&term) {
            *terms.entry(term).or_default() += 1.0;
        }
    });
    dictionary::each_word(&text::fold(title), |word| {
        for term in word.terms() {
            *terms.entry(term.clone()).or_default() += word.share();
        }
    });
    terms
}
