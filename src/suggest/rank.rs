//! Ranks candidates for an article or a topic.
//!
//! BM25 (Robertson and Zaragoza, 2009) over the terms of titles and summaries, with a query made of
//! the article's fields by weight and of the other names of what they name. What resembles the best
//! of the first list is lifted (pseudo-relevance feedback); nearness in time, the source's tier and
//! the editors' trust in it temper the result. What the article cites already is never suggested,
//! and one source does not fill the list.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::identity::{Cited, suggestion_id, title_key};
use super::lexicon::Lexicon;
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
    /// Other names of what the article names.
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
            title: 3.0,
            summary: 1.5,
            tags: 1.5,
            topics: 0.3,
            body: 1.0,
            names: 0.3,
            likeness: 0.5,
            time: 0.2,
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

/// Saturation of a term's count, and how far long texts are held back: the usual values of BM25,
/// with less of the latter, since titles hardly differ in length.
const K1: f64 = 1.2;
const B: f64 = 0.4;

/// What a summary's term counts beside a title's.
const SUMMARY: f64 = 0.4;

/// How many of the first list lift what resembles them.
const LEADERS: usize = 8;

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
    /// By term: where it stands and how weighty there.
    postings: HashMap<String, Vec<(u32, f32)>>,
    /// By candidate: its terms by weight times rarity, of length one together.
    vectors: Vec<Vec<(u32, f32)>>,
    /// By term: its number in `vectors`, and its rarity.
    rarity: HashMap<String, (u32, f64)>,
    lengths: Vec<f64>,
    average: f64,
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
    /// Indexes `candidates`.
    pub fn new(candidates: Vec<Candidate>) -> Self {
        let mut postings: HashMap<String, Vec<(u32, f32)>> = HashMap::new();
        let mut lengths = Vec::with_capacity(candidates.len());
        for (at, candidate) in (0_u32..).zip(&candidates) {
            let mut terms = text::terms(&candidate.title, 1.0);
            text::each_term(&candidate.summary, |term| *terms.entry(term).or_default() += SUMMARY);
            for topic in &candidate.topics {
                text::each_term(topic, |term| *terms.entry(term).or_default() += SUMMARY);
            }
            lengths.push(terms.values().sum());
            for (term, weight) in terms {
                #[expect(clippy::cast_possible_truncation, reason = "counts need no precision")]
                postings.entry(term).or_default().push((at, weight as f32));
            }
        }
        let total = candidates.len() as f64;
        let mut names: Vec<&String> = postings.keys().collect();
        names.sort_unstable();
        let rarity: HashMap<String, (u32, f64)> = (0_u32..)
            .zip(names)
            .map(|(number, term)| {
                let known = postings[term].len() as f64;
                (term.clone(), (number, (1.0 + (total - known + 0.5) / (known + 0.5)).ln()))
            })
            .collect();
        let vectors = vectors(&postings, &rarity, candidates.len());
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
        let average = (lengths.iter().sum::<f64>() / total.max(1.0)).max(1.0);
        Self {
            keys: candidates.iter().map(|one| one.url.as_deref().and_then(canonical)).collect(),
            titles: candidates.iter().map(|one| title_key(&one.title)).collect(),
            candidates,
            postings,
            vectors,
            rarity,
            lengths,
            average,
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
        lexicon: &Lexicon,
        admit: impl Fn(&Candidate) -> bool,
    ) -> Vec<Hit> {
        let terms = query_terms(query, weights, lexicon);
        let mut scores = self.bm25(&terms);
        let cited = Cited::of(query);
        for (at, score) in scores.iter_mut().enumerate() {
            let known = cited.has(self.keys[at].as_deref(), &self.titles[at]);
            if *score > 0.0 && (known || !admit(&self.candidates[at])) {
                *score = 0.0;
            }
        }
        self.lift_likeness(&mut scores, weights.likeness);
        let mut hits: Vec<Hit> = scores
            .into_iter()
            .enumerate()
            .filter(|(_, score)| *score > 0.0)
            .map(|(at, score)| Hit { at, score: score * self.temper(at, query, weights) })
            .collect();
        self.sort(&mut hits);
        hits
    }

    /// The best candidates as suggestions: one for each story, few of each source, with reasons.
    pub fn suggest(
        &self,
        query: &Query,
        settings: &Settings,
        lexicon: &Lexicon,
        admit: impl Fn(&Candidate) -> bool,
    ) -> Vec<Suggestion> {
        let hits = self.rank(query, &settings.weights, lexicon, admit);
        let best = hits.first().map_or(1.0, |hit| hit.score);
        let coverage = self.coverage(query, &settings.weights, lexicon, best);
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
            suggestions.push(Suggestion {
                id: suggestion_id(&query.target, &candidate.id),
                target: query.target.clone(),
                item: candidate.clone(),
                score: (hit.score / best * coverage).clamp(0.0, 1.0),
                reasons: reasons::of(query, candidate, &story, settings.chinese),
                story,
            });
        }
        suggestions
    }

    fn story_brief(&self, at: usize) -> StoryBrief {
        let story = &self.stories[self.story_of[at]];
        StoryBrief { id: story.id.clone(), size: story.items.len(), sources: story.sources.clone() }
    }

    /// How much of what the query asks for the best hit has, from 0 to 1: it makes scores of one
    /// target comparable with another's.
    fn coverage(&self, query: &Query, weights: &Weights, lexicon: &Lexicon, best: f64) -> f64 {
        let terms = query_terms(query, weights, lexicon);
        let mut parts: Vec<f64> = terms
            .iter()
            .filter_map(|(term, weight)| Some(weight * self.rarity.get(term)?.1))
            .collect();
        parts.sort_by(|a, b| b.total_cmp(a));
        // A title has room for about ten of them.
        let possible: f64 = parts.iter().take(10).sum();
        if possible > 0.0 { (best / possible).min(1.0) } else { 0.0 }
    }

    fn bm25(&self, terms: &Terms) -> Vec<f64> {
        let mut scores = vec![0.0; self.candidates.len()];
        // In a settled order, since adding floats in another order gives another sum.
        let mut terms: Vec<(&String, &f64)> = terms.iter().collect();
        terms.sort_unstable_by_key(|(term, _)| *term);
        for (term, weight) in terms {
            let Some(postings) = self.postings.get(term) else { continue };
            let rarity = self.rarity[term].1;
            for &(at, count) in postings {
                let count = f64::from(count);
                let at = at as usize;
                let length = 1.0 - B + B * self.lengths[at] / self.average;
                scores[at] += weight * rarity * count * (K1 + 1.0) / (count + K1 * length);
            }
        }
        scores
    }

    fn lift_likeness(&self, scores: &mut [f64], weight: f64) {
        let mut leaders: Vec<Hit> = scores
            .iter()
            .enumerate()
            .filter(|(_, score)| **score > 0.0)
            .map(|(at, &score)| Hit { at, score })
            .collect();
        self.sort(&mut leaders);
        leaders.truncate(LEADERS);
        let Some(best) = leaders.first().map(|leader| leader.score) else { return };
        let mut centre: HashMap<u32, f64> = HashMap::new();
        let trust: f64 = leaders.iter().map(|leader| leader.score / best).sum();
        for leader in &leaders {
            for &(term, value) in &self.vectors[leader.at] {
                *centre.entry(term).or_default() += f64::from(value) * leader.score / best / trust;
            }
        }
        for (at, score) in scores.iter_mut().enumerate().filter(|(_, score)| **score > 0.0) {
            let likeness: f64 = self.vectors[at]
                .iter()
                .filter_map(|(term, value)| Some(f64::from(*value) * centre.get(term)?))
                .sum();
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

fn query_terms(query: &Query, weights: &Weights, lexicon: &Lexicon) -> Terms {
    let mut terms = Terms::new();
    text::add_saturated(&mut terms, &query.title, weights.title);
    text::add_saturated(&mut terms, &query.summary, weights.summary);
    text::add_saturated(&mut terms, &query.tags.join("\n"), weights.tags);
    text::add_saturated(&mut terms, &query.topics.join("\n"), weights.topics);
    text::add_saturated(&mut terms, &query.body, weights.body);
    for (text, weight) in [
        (&query.title, weights.title),
        (&query.summary, weights.summary),
        (&query.tags.join("\n"), weights.tags),
        (&query.body, weights.body),
    ] {
        lexicon.expand(text, &mut terms, weight * weights.names);
    }
    terms
}

fn vectors(
    postings: &HashMap<String, Vec<(u32, f32)>>,
    rarity: &HashMap<String, (u32, f64)>,
    count: usize,
) -> Vec<Vec<(u32, f32)>> {
    let mut vectors: Vec<Vec<(u32, f32)>> = vec![Vec::new(); count];
    for (term, list) in postings {
        let (number, rarity) = rarity[term];
        for &(at, weight) in list {
            #[expect(clippy::cast_possible_truncation, reason = "a cosine needs no precision")]
            vectors[at as usize].push((number, weight * rarity as f32));
        }
    }
    for vector in &mut vectors {
        vector.sort_unstable_by_key(|(number, _)| *number);
        let length = vector.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
        for (_, value) in vector {
            *value /= length.max(f32::MIN_POSITIVE);
        }
    }
    vectors
}

#[cfg(test)]
pub(super) mod tests;
