//! Ranks candidates for an article or a topic.
//!
//! BM25 over the terms of titles and summaries, with a query made of the article's fields by weight,
//! and over what both name, in whatever language. What resembles the best of the first list is
//! lifted (pseudo-relevance feedback); nearness in time, the source's tier and the editors' trust in
//! it temper the result. What the article cites already is never suggested, and one source does not
//! fill the list.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::identity::{Cited, suggestion_id, title_key};
use super::lexicon::{self, Lexicon};
use super::postings::Postings;
use super::story::{self, Story};
use super::text::{self, Terms};
use super::{Candidate, Query, StoryBrief, Suggestion, reasons};
use crate::address::canonical;
use crate::source::Tier;

/// How much each part counts. Every weight is a plain factor; 0 switches its part off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weights {
    /// Terms of the article's title.
    pub title: f64,
    /// Terms of its summary.
    pub summary: f64,
    /// Terms of its tags.
    pub tags: f64,
    /// Terms of its topics.
    pub topics: f64,
    /// Terms of its body.
    pub body: f64,
    /// What both name, where they are written in different languages.
    pub names: f64,
    /// Likeness to the best of the first list.
    pub likeness: f64,
    /// Nearness in time.
    pub time: f64,
    /// First-party sources.
    pub first_party: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            title: 2.0,
            summary: 1.0,
            tags: 1.0,
            topics: 0.2,
            body: 1.0,
            names: 1.0,
            likeness: 1.0,
            time: 0.3,
            first_party: 0.1,
        }
    }
}

/// How suggestions are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How much each part counts.
    pub weights: Weights,
    /// Most suggestions for one target.
    pub limit: usize,
    /// Most suggestions of one source for one target.
    pub per_source: usize,
    /// Whether reasons are given in Chinese or in English.
    pub chinese: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { weights: Weights::default(), limit: 10, per_source: 3, chinese: true }
    }
}

/// What a summary's term counts beside a title's.
const SUMMARY: f64 = 0.4;

/// How many of the first list lift what resembles them.
const LEADERS: usize = 4;

/// What a shared name counts in a candidate of the query's own language, where the words that it is
/// written in are shared as well.
const SAME_LANGUAGE: f64 = 0.2;

/// Share of the best score below which a hit is no suggestion: an editor's time is dearer.
const FLOOR: f64 = 0.25;

/// Days after which nearness in time has fallen to about a third.
const NEAR_DAYS: f64 = 10.0;

/// Candidates, ready to be ranked.
#[derive(Debug)]
pub struct Index {
    candidates: Vec<Candidate>,
    keys: Vec<Option<String>>,
    titles: Vec<String>,
    chinese: Vec<bool>,
    postings: Postings,
    lexicon: Lexicon,
    stories: Vec<Story>,
    story_of: Vec<usize>,
}

/// A candidate's place in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Index of the candidate.
    pub at: usize,
    /// Higher is better; comparable within one ranking.
    pub score: f64,
}

impl Index {
    /// Indexes `candidates`, in which `lexicon` finds names.
    pub fn new(candidates: Vec<Candidate>, lexicon: Lexicon) -> Self {
        let postings = Postings::new(candidates.iter().map(|one| {
            let mut terms = Terms::new();
            let mut add = |text: &str, weight: f64| {
                each_term_and_name(text, &lexicon, |term| {
                    *terms.entry(term).or_default() += weight;
                });
            };
            add(&one.title, 1.0);
            add(&one.summary, SUMMARY);
            add(&one.topics.join("\n"), SUMMARY);
            terms
        }));
        let stories = story::group(&candidates, &lexicon);
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
            candidates,
            postings,
            lexicon,
            stories,
            story_of,
        }
    }

    /// The indexed candidates.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// All candidates that share a term with the query and pass `admit`, best first; equals by
    /// identifier.
    pub fn rank(
        &self,
        query: &Query,
        weights: &Weights,
        admit: impl Fn(&Candidate) -> bool,
    ) -> Vec<Hit> {
        self.rank_terms(query, &self.query_terms(query, weights), weights, admit)
    }

    /// The best candidates as suggestions: one for each story, few of each source, with reasons.
    pub fn suggest(
        &self,
        query: &Query,
        settings: &Settings,
        admit: impl Fn(&Candidate) -> bool,
    ) -> Vec<Suggestion> {
        let terms = self.query_terms(query, &settings.weights);
        let hits = self.rank_terms(query, &terms, &settings.weights, admit);
        let best = hits.first().map_or(1.0, |hit| hit.score);
        let coverage = self.coverage(&terms, best);
        let mut told = HashSet::new();
        let mut of_source: HashMap<&str, usize> = HashMap::new();
        let mut suggestions = Vec::new();
        for hit in hits {
            if suggestions.len() == settings.limit || hit.score < FLOOR * best {
                break;
            }
            let candidate = &self.candidates[hit.at];
            let count =
                of_source.entry(candidate.publication.as_deref().unwrap_or("")).or_default();
            if *count >= settings.per_source || !told.insert(self.story_of[hit.at]) {
                continue;
            }
            *count += 1;
            let story = self.story_brief(hit.at);
            let names = self.shared_names(query, hit.at);
            suggestions.push(Suggestion {
                id: suggestion_id(&query.target, &candidate.id),
                target: query.target.clone(),
                item: candidate.clone(),
                score: (hit.score / best * coverage).clamp(0.0, 1.0),
                reasons: reasons::of(query, candidate, &names, &story, settings.chinese),
                story,
            });
        }
        suggestions
    }

    fn story_brief(&self, at: usize) -> StoryBrief {
        let story = &self.stories[self.story_of[at]];
        StoryBrief { id: story.id.clone(), size: story.items.len(), sources: story.sources.clone() }
    }

    /// What both the query (but for its body) and a candidate's title name, in the query's words, the
    /// rarest first.
    fn shared_names(&self, query: &Query, at: usize) -> Vec<&str> {
        let mut asked = HashSet::new();
        let text = format!("{}\n{}\n{}", query.title, query.tags.join("\n"), query.summary);
        self.lexicon.each_group(&text::units(&text), |group| {
            asked.insert(group);
        });
        let mut shared = Vec::new();
        self.lexicon.each_group(&text::units(&self.candidates[at].title), |group| {
            if asked.remove(&group) {
                shared.push(group);
            }
        });
        let rarity = |group: usize| self.postings.rarity(&lexicon::term(group)).unwrap_or(0.0);
        shared.sort_by(|a, b| rarity(*b).total_cmp(&rarity(*a)));
        shared.into_iter().filter_map(|group| self.lexicon.name_in(group, &text)).collect()
    }

    /// How much of what the query asks for the best hit has, from 0 to 1: it makes scores of one
    /// target comparable with another's.
    fn coverage(&self, terms: &Terms, best: f64) -> f64 {
        let worth = |(term, weight): (&String, &f64)| self.postings.worth(term, *weight);
        let mut parts: Vec<f64> = terms.iter().filter_map(worth).collect();
        parts.sort_by(|a, b| b.total_cmp(a));
        // A title has room for about ten of them.
        let possible: f64 = parts.iter().take(10).sum();
        if possible > 0.0 { (best / possible).min(1.0) } else { 0.0 }
    }

    /// What the query asks for: its fields' terms and names by weight, saturated, since the tenth
    /// mention says little that the third did not.
    fn query_terms(&self, query: &Query, weights: &Weights) -> Terms {
        let mut terms = Terms::new();
        for (text, weight) in [
            (&query.title, weights.title),
            (&query.summary, weights.summary),
            (&query.tags.join("\n"), weights.tags),
            (&query.topics.join("\n"), weights.topics),
            (&query.body, weights.body),
        ] {
            let mut counts = Terms::new();
            each_term_and_name(text, &self.lexicon, |term| *counts.entry(term).or_default() += 1.0);
            for (term, count) in counts {
                let weight = if lexicon::is_group(&term) { weight * weights.names } else { weight };
                *terms.entry(term).or_default() += weight * count.ln_1p();
            }
        }
        terms
    }

    fn rank_terms(
        &self,
        query: &Query,
        terms: &Terms,
        weights: &Weights,
        admit: impl Fn(&Candidate) -> bool,
    ) -> Vec<Hit> {
        let chinese = text::is_chinese(&query.title);
        let mut scores = self.postings.score(terms, |term, at| {
            if lexicon::is_group(term) && self.chinese[at] == chinese { SAME_LANGUAGE } else { 1.0 }
        });
        let cited = Cited::of(query);
        for (at, score) in scores.iter_mut().enumerate().filter(|(_, score)| **score > 0.0) {
            if cited.has(self.keys[at].as_deref(), &self.titles[at]) || !admit(&self.candidates[at])
            {
                *score = 0.0;
            }
        }
        self.lift_likeness(&mut scores, weights.likeness);
        let mut hits = positive(&scores);
        for hit in &mut hits {
            hit.score *= self.temper(hit.at, query, weights);
        }
        self.sort(&mut hits);
        hits
    }

    fn lift_likeness(&self, scores: &mut [f64], weight: f64) {
        let mut leaders = positive(scores);
        self.sort(&mut leaders);
        leaders.truncate(LEADERS);
        let Some(best) = leaders.first().map(|leader| leader.score) else { return };
        let leaders: Vec<(usize, f64)> = leaders.iter().map(|hit| (hit.at, hit.score)).collect();
        let likeness = self.postings.likeness(&leaders);
        for (score, likeness) in scores.iter_mut().zip(likeness).filter(|(score, _)| **score > 0.0)
        {
            *score += weight * best * likeness;
        }
    }

    /// A factor for what is not in the text: time, tier and trust.
    fn temper(&self, at: usize, query: &Query, weights: &Weights) -> f64 {
        let candidate = &self.candidates[at];
        let seen = candidate.published.unwrap_or_else(|| candidate.first_seen.date_naive());
        let near = query
            .date
            .map_or(0.0, |date| (-((date - seen).num_days().abs() as f64) / NEAR_DAYS).exp());
        let first = if candidate.tier == Tier::FirstParty { weights.first_party } else { 0.0 };
        (1.0 + weights.time * near) * (1.0 + first) * candidate.weight
    }

    fn sort(&self, hits: &mut [Hit]) {
        hits.sort_by(|a, b| {
            let id = |hit: &Hit| &self.candidates[hit.at].id;
            b.score.total_cmp(&a.score).then_with(|| id(a).cmp(id(b)))
        });
    }
}

fn positive(scores: &[f64]) -> Vec<Hit> {
    let hits = scores.iter().enumerate().map(|(at, &score)| Hit { at, score });
    hits.filter(|hit| hit.score > 0.0).collect()
}

/// Calls `take` with each term of `text` and with the term of each name in it.
fn each_term_and_name(text: &str, lexicon: &Lexicon, mut take: impl FnMut(String)) {
    let units = text::units(text);
    text::each_term_of(&units, &mut take);
    lexicon.each_group(&units, |group| take(lexicon::term(group)));
}

#[cfg(test)]
pub(super) mod tests;
