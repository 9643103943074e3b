//! Chooses suggestions from a ranking: the few that an editor should see.
//!
//! One item for each story, the primary report where it is at hand, few of each source, nothing that resembles what stands above it too much
//! (maximal marginal relevance; Carbonell and Goldstein, 1998), each with its reasons.

use std::collections::HashMap;

use super::feature::Model;
use super::habits::Habits;
use super::identity::suggestion_id;
use super::index::Index;
use super::reasons::{self, Facts};
use super::search::Hit;
use super::{Candidate, Query, Suggestion};

/// How suggestions are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How much each part counts.
    pub model: Model,
    /// Most suggestions for one target.
    pub limit: usize,
    /// Most suggestions of one source for one target.
    pub per_source: usize,
    /// Whether reasons are given in Chinese or in English.
    pub chinese: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { model: Model::default(), limit: 10, per_source: 3, chinese: true }
    }
}

/// What full likeness to something chosen already costs, in the score. Less than the distance of a
/// good hit from a poor one: a second view of one matter is worth more than a first of another.
const SAMENESS: f64 = 0.3;

/// Score below which a hit is no suggestion, and the share of the best score below which it is none
/// either: an editor's time is dearer.
const FLOOR: f64 = 0.02;
const FLOOR_OF_BEST: f64 = 0.1;

/// How many hits for each suggestion that is wanted are chosen from.
const CHOICE: usize = 10;

impl Index {
    /// The best candidates as suggestions, best first, with reasons.
    pub fn suggest(
        &self,
        query: &Query,
        settings: &Settings,
        habits: &Habits,
        admit: impl Fn(&Candidate) -> bool,
    ) -> Vec<Suggestion> {
        let hits = self.rank(query, &settings.model, habits, admit);
        let mut chosen = self.choose(hits, settings);
        chosen.sort_by(|a, b| b.score.total_cmp(&a.score));
        chosen.iter().map(|hit| self.suggestion(query, settings, hit)).collect()
    }

    /// The hits that are shown: one by one the best of what is left, less what it repeats.
    fn choose(&self, hits: Vec<Hit>, settings: &Settings) -> Vec<Hit> {
        let floor = hits.first().map_or(0.0, |best| (FLOOR_OF_BEST * best.score).max(FLOOR));
        let mut left: Vec<(Hit, f64)> = hits
            .into_iter()
            .take_while(|hit| hit.score >= floor)
            .take(CHOICE.saturating_mul(settings.limit))
            .map(|hit| (hit, 0.0))
            .collect();
        let mut of_source: HashMap<&str, usize> = HashMap::new();
        let mut chosen: Vec<Hit> = Vec::new();
        while chosen.len() < settings.limit && !left.is_empty() {
            let worth = |(hit, sameness): &(Hit, f64)| hit.score - SAMENESS * sameness;
            // The first of equals: the order of the ranking is kept.
            let best = (1..left.len())
                .fold(0, |best, at| if worth(&left[at]) > worth(&left[best]) { at } else { best });
            let (hit, _) = left.remove(best);
            let hit = self.primary_of(&hit, &left);
            let source = self.candidate(hit.at).publication.as_deref().unwrap_or_default();
            let count = of_source.entry(source).or_default();
            *count += 1;
            let full = *count >= settings.per_source;
            let resemblance = self.resemblance(hit.at);
            left.retain_mut(|(other, sameness)| {
                let theirs = &self.candidate(other.at).publication;
                *sameness = sameness.max(resemblance(other.at));
                self.story(other.at) != self.story(hit.at)
                    && !(full && theirs.as_deref().unwrap_or_default() == source)
            });
            chosen.push(hit);
        }
        chosen
    }

    /// The hit to show for the story that `hit` tells: its primary report, where that is at hand.
    fn primary_of(&self, hit: &Hit, left: &[(Hit, f64)]) -> Hit {
        let primary = self.primary(hit.at);
        left.iter().find(|(other, _)| Some(other.at) == primary).map_or(*hit, |(other, _)| *other)
    }

    fn suggestion(&self, query: &Query, settings: &Settings, hit: &Hit) -> Suggestion {
        let candidate = self.candidate(hit.at);
        let story = self.story_brief(hit.at);
        let facts = Facts {
            query,
            candidate,
            features: &hit.features,
            parts: settings.model.contributions(&hit.features),
            shared: self.matched(query, hit.at),
            nearest: self.nearest_cited(query, hit.at),
            story: &story,
        };
        Suggestion {
            id: suggestion_id(&query.target, &candidate.id),
            target: query.target.clone(),
            item: candidate.clone(),
            score: hit.score,
            reasons: reasons::of(&facts, settings.chinese),
            story,
            features: hit.features,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
