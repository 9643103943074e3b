//! Candidates, ready to be ranked for any number of articles and topics.
//!
//! Built once from all candidates; then each query is scored word by word through an inverted index,
//! and the best are looked at closely: what resembles the best of the first list is lifted
//! (pseudo-relevance feedback; Rocchio, 1971), and what is not in the words is added: time, source,
//! story, what is cited already. With an embedding model, what is near in meaning is found as well.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};

use chrono::NaiveDate;
use rayon::prelude::*;

use super::asked::Asked;
use super::dictionary;
use super::embedding::Embeddings;
use super::feature::{Feature, Features, Model};
use super::habits::Habits;
use super::identity::{Cited, title_key};
use super::lexicon::{self, Lexicon};
use super::meaning::{self, Meaning};
use super::postings::{Postings, Vector};
use super::story::{self, Story};
use super::text::{self, Terms};
use super::{Candidate, Query, StoryBrief, Told, matched};
use crate::address::canonical;
use crate::source::Tier;

/// What a term of the summary, or of the source's name, counts beside a title's: who tells of itself is
/// worth hearing.
const SUMMARY: f64 = 0.4;

/// How many of the first list lift what resembles them.
const LEADERS: usize = 4;

/// What a shared name counts in a candidate of the query's own language, where the words that it is
/// written in are shared as well.
const SAME_LANGUAGE: f32 = 0.2;

/// How many of the first list are looked at closely. Nobody reads further, and a TREC run has 100.
const CLOSELY: usize = 400;

/// Days after which nearness in time has fallen to about a third.
const NEAR_DAYS: f64 = 10.0;

/// Independent sources from which on a story is as corroborated as it gets.
const MANY_SOURCES: f64 = 8.0;

/// Other reports of a story that a suggestion lists.
const OTHERS: usize = 8;

/// Weights of a source below this are as good as none.
const LEAST_WEIGHT: f64 = 0.01;

/// Candidates, ready to be ranked.
#[derive(Debug)]
pub struct Index {
    candidates: Vec<Candidate>,
    keys: Vec<Option<String>>,
    titles: Vec<String>,
    chinese: Vec<bool>,
    /// What a shared name counts in each candidate: for a query in another language, and in Chinese.
    name_factors: [Vec<f32>; 2],
    postings: Postings,
    /// Titles in no language: names, and words as the dictionary translates them.
    neutral: Postings,
    meaning: Option<Meaning>,
    lexicon: Lexicon,
    /// By a candidate's identifier: its number.
    places: HashMap<String, usize>,
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

/// A candidate by words and meaning alone: the best first, of equals the first.
struct First(f64, Reverse<usize>);

impl Ord for First {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for First {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for First {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for First {}

impl Index {
    /// Indexes `candidates`, in which `lexicon` finds names. `kept` has the story of those that were
    /// given one before, by the candidate's identifier.
    pub fn new(
        candidates: Vec<Candidate>,
        lexicon: Lexicon,
        kept: &HashMap<String, String>,
    ) -> Self {
        let terms = candidates.par_iter().map(|one| terms(one, &lexicon)).collect();
        let neutral = candidates.par_iter().map(|one| neutral(&one.title, &lexicon)).collect();
        let stories = story::group_kept(&candidates, &lexicon, kept);
        let mut story_of = vec![0; candidates.len()];
        let places: HashMap<String, usize> =
            candidates.iter().enumerate().map(|(at, one)| (one.id.clone(), at)).collect();
        for (number, story) in stories.iter().enumerate() {
            for id in &story.items {
                if let Some(&at) = places.get(id) {
                    story_of[at] = number;
                }
            }
        }
        let chinese: Vec<bool> =
            candidates.iter().map(|one| text::is_chinese(&one.title)).collect();
        let factors = |query: bool| {
            let factor = |own: &bool| if *own == query { SAME_LANGUAGE } else { 1.0 };
            chinese.iter().map(factor).collect()
        };
        Self {
            name_factors: [factors(false), factors(true)],
            keys: candidates.iter().map(|one| one.url.as_deref().and_then(canonical)).collect(),
            titles: candidates.iter().map(|one| title_key(&one.title)).collect(),
            chinese,
            postings: Postings::new(terms),
            neutral: Postings::new(neutral),
            meaning: None,
            candidates,
            lexicon,
            places,
            stories,
            story_of,
        }
    }

    /// The same index, which also knows what its candidates mean; without a model it does not.
    #[must_use]
    pub fn with_embeddings(self, embeddings: Option<Embeddings>) -> Self {
        let meaning = embeddings.map(|embeddings| Meaning::new(embeddings, &self.candidates));
        Self { meaning, ..self }
    }

    /// The indexed candidates.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

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
        let names = &self.name_factors[usize::from(asked.chinese)];
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
        let cited = Cited::of(query);
        let found = (0..lanes.len()).filter(|at| {
            lanes[*at].iter().any(|lane| *lane > 0.0) || nearness(*at) >= meaning::NEAR
        });
        let mut left: BinaryHeap<First> =
            found.map(|at| First(model.weights.dot(&features(at)), Reverse(at))).collect();
        let mut hits: Vec<Hit> = Vec::new();
        while hits.len() < CLOSELY
            && let Some(First(score, Reverse(at))) = left.pop()
        {
            let known = cited.has(self.keys[at].as_deref(), &self.titles[at]);
            if !known && admit(&self.candidates[at]) {
                hits.push(Hit { at, score, features: features(at) });
            }
        }
        self.look_closely(&mut hits, query, asked.chinese, habits);
        for hit in &mut hits {
            hit.score = model.score(&hit.features);
        }
        self.sort(&mut hits);
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
            let candidate = &self.candidates[*at];
            let seen = candidate.published.unwrap_or_else(|| candidate.first_seen.date_naive());
            let near =
                |date: NaiveDate| (-((date - seen).num_days().abs() as f64) / NEAR_DAYS).exp();
            let like = |vector: &Vector| self.neutral.likeness(vector, *at);
            let sources = self.stories[self.story_of[*at]].sources.len().max(1) as f64;
            features[Feature::Foreign] = f64::from(self.chinese[*at] != chinese);
            features[Feature::Likeness] = trust * like(&leaders);
            features[Feature::Cited] = cited.iter().map(like).fold(0.0, f64::max);
            features[Feature::Time] = query.date.map_or(0.0, near);
            features[Feature::FirstParty] = f64::from(candidate.tier == Tier::FirstParty);
            features[Feature::Trust] = candidate.weight.max(LEAST_WEIGHT).ln();
            features[Feature::Corroboration] = (sources.ln() / MANY_SOURCES.ln()).min(1.0);
            features[Feature::Publisher] = habits.publisher(candidate);
        }
    }

    /// The titles that a query cites, as vectors.
    fn cited_vectors<'a>(&self, query: &'a Query) -> impl Iterator<Item = (&'a str, Vector)> {
        let titles = query.cited.iter().filter_map(|cited| cited.title.as_deref());
        titles.map(|title| (title, self.neutral.vector(&neutral(title, &self.lexicon))))
    }

    /// The title among those cited that a candidate resembles most.
    pub(super) fn nearest_cited<'a>(&self, query: &'a Query, at: usize) -> Option<&'a str> {
        let likeness = |vector: &Vector| self.neutral.likeness(vector, at);
        self.cited_vectors(query)
            .max_by(|(_, a), (_, b)| likeness(a).total_cmp(&likeness(b)))
            .map(|(title, _)| title)
    }

    /// What a query and a candidate have in common, in the query's words.
    pub(super) fn matched(&self, query: &Query, at: usize) -> Vec<String> {
        let rarity = |term: &str| self.postings.rarity(term);
        let rarest = self.postings.greatest_rarity();
        matched::matched(query, &self.candidates[at], &self.lexicon, &rarity, rarest)
    }

    /// The names that are found in candidates.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The stories that the candidates tell, largest first.
    pub fn stories(&self) -> &[Story] {
        &self.stories
    }

    /// The candidates that tell a story, in order of publication.
    pub fn items<'a>(&'a self, story: &'a Story) -> impl Iterator<Item = &'a Candidate> {
        story.items.iter().filter_map(|id| self.places.get(id)).map(|at| &self.candidates[*at])
    }

    /// The story that the item with this identifier tells.
    pub fn story_of(&self, item: &str) -> Option<&Story> {
        self.places.get(item).map(|at| &self.stories[self.story_of[*at]])
    }

    /// The number of a candidate's story.
    pub(super) fn story(&self, at: usize) -> usize {
        self.story_of[at]
    }

    /// The candidate to cite first of those that tell what this one tells.
    pub(super) fn primary(&self, at: usize) -> Option<usize> {
        self.places.get(&self.stories[self.story_of[at]].primary).copied()
    }

    /// What a suggestion says of the story of a candidate.
    pub(super) fn story_brief(&self, at: usize) -> StoryBrief {
        let story = &self.stories[self.story_of[at]];
        let told = |at: usize| {
            let item = &self.candidates[at];
            Told {
                title: item.title.clone(),
                url: item.url.clone(),
                source: item.publication.clone(),
            }
        };
        let resemblance = self.resemblance(at);
        let mut others: Vec<usize> =
            story.items.iter().filter_map(|id| self.places.get(id).copied()).collect();
        others.retain(|other| *other != at);
        // A story may have taken in what belongs to another: what is surely of this one stands first.
        others.sort_by(|a, b| resemblance(*b).total_cmp(&resemblance(*a)));
        StoryBrief {
            id: story.id.clone(),
            size: story.items.len(),
            sources: story.sources.clone(),
            others: others.into_iter().take(OTHERS).map(told).collect(),
        }
    }

    /// How much each candidate resembles one of them, from 0 to 1.
    pub(super) fn resemblance(&self, one: usize) -> impl Fn(usize) -> f64 {
        let vector = self.neutral.middle(&[(one, 1.0)]);
        move |other| self.neutral.likeness(&vector, other)
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
