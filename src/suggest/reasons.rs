//! Why a suggestion is made, in a few words of the site's language.
//!
//! Each reason stands for some [`Feature`]s and carries their share of all that speaks for the
//! suggestion, so that a reader can see which one tipped the scale.

use super::feature::{Feature, Features};
use super::{Candidate, Query, Reason, StoryBrief, Target, meaning};
use crate::source::Tier;

/// Most reasons that a person takes in at a glance.
const MOST: usize = 3;

/// Likeness to a cited title from which on a candidate continues it.
const CONTINUES: f64 = 0.3;

/// Days from an article within which the distance is worth a word.
const NEAR: i64 = 7;

/// How often a publisher must be cited, of the one cited most, to be called usual (a logarithm).
const USUAL: f64 = 0.6;

/// Characters of a cited title that are enough to know it again.
const TITLE: usize = 24;

/// The features of what both speak of, in whatever language.
const WORDS: &[Feature] = &[
    Feature::Title,
    Feature::Summary,
    Feature::Tags,
    Feature::Topics,
    Feature::Body,
    Feature::Names,
    Feature::Words,
    Feature::Learnt,
    Feature::Meaning,
];

/// What reasons are made of.
pub(super) struct Facts<'a> {
    pub(super) query: &'a Query,
    pub(super) candidate: &'a Candidate,
    pub(super) features: &'a Features,
    /// How much each feature adds to the score.
    pub(super) parts: Features,
    /// What both name, in the query's words.
    pub(super) shared: Vec<String>,
    /// The cited title that is nearest.
    pub(super) nearest: Option<&'a str>,
    pub(super) story: &'a StoryBrief,
}

/// At most three reasons; what both speak of first, then by share.
pub(super) fn of(facts: &Facts<'_>, chinese: bool) -> Vec<Reason> {
    let whole: f64 = facts.parts.iter().map(|(_, part)| part.max(0.0)).sum();
    let share = |features: &[Feature]| {
        let part: f64 = features.iter().map(|feature| facts.parts[*feature].max(0.0)).sum();
        if whole > 0.0 { part / whole } else { 0.0 }
    };
    let say = |zh: String, en: String| if chinese { zh } else { en };
    let mut reasons = Vec::new();
    let mut give = |text: String, features: &[Feature]| {
        reasons.push(Reason { text, share: share(features) });
    };

    let near = facts.features[Feature::Meaning] >= meaning::NEAR;
    if !facts.shared.is_empty() {
        let (zh, en) = (facts.shared.join("、"), facts.shared.join(", "));
        give(say(format!("命中 {zh}"), format!("matches {en}")), WORDS);
    } else if near {
        give(say("语义相近".into(), "similar in meaning".into()), WORDS);
    }
    let source = facts.candidate.publication.as_deref().unwrap_or_default();
    if facts.candidate.tier == Tier::FirstParty && !source.is_empty() {
        let text = say(format!("一手来源: {source}"), format!("first hand: {source}"));
        give(text, &[Feature::FirstParty]);
    }
    if let Some(title) = facts.nearest.filter(|_| facts.features[Feature::Cited] >= CONTINUES) {
        let mut short: String = title.chars().take(TITLE).collect();
        if short.len() < title.len() {
            short.push('…');
        }
        let text = say(format!("接续已引《{short}》"), format!("continues the cited “{short}”"));
        give(text, &[Feature::Cited]);
    }
    let sources = facts.story.houses;
    if sources > 1 {
        let text = say(format!("{sources} 家独立来源"), format!("{sources} independent sources"));
        give(text, &[Feature::Corroboration]);
    }
    if facts.features[Feature::Publisher] >= USUAL {
        let text = say(format!("本站常引 {source}"), format!("often cited here: {source}"));
        give(text, &[Feature::Publisher]);
    }
    if let (Target::Article(_), Some(date), Some(published)) =
        (&facts.query.target, facts.query.date, facts.candidate.published)
    {
        let days = (date - published).num_days();
        if days == 0 {
            give(say("与文章同日".into(), "the same day".into()), &[Feature::Time]);
        } else if (1..=NEAR).contains(&days) {
            let unit = if days == 1 { "day" } else { "days" };
            let text =
                say(format!("早于文章 {days} 天"), format!("{days} {unit} before the article"));
            give(text, &[Feature::Time]);
        }
    }
    let first = usize::from(near || !facts.shared.is_empty());
    reasons[first..].sort_by(|a, b| b.share.total_cmp(&a.share));
    if reasons.is_empty() {
        let text = say("用词相近".into(), "similar wording".into());
        reasons.push(Reason { text, share: share(WORDS) });
    }
    reasons.truncate(MOST);
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::rank::tests::candidate;

    #[test]
    fn days_before_an_article_are_counted_as_people_count_them() {
        for (day, chinese, english) in [
            ("2025-06-13", "与文章同日", "the same day"),
            ("2025-06-12", "早于文章 1 天", "1 day before the article"),
            ("2025-06-11", "早于文章 2 天", "2 days before the article"),
            ("2025-06-06", "早于文章 7 天", "7 days before the article"),
            ("2025-06-05", "用词相近", "similar wording"),
            ("2025-06-14", "用词相近", "similar wording"),
        ] {
            let query = Query {
                target: Target::Article("a.md".into()),
                date: "2025-06-13".parse().ok(),
                ..Query::default()
            };
            let facts = Facts {
                query: &query,
                candidate: &candidate("a", "Title", day),
                features: &Features::default(),
                parts: Features::default(),
                shared: Vec::new(),
                nearest: None,
                story: &StoryBrief::default(),
            };
            for (is_chinese, expected) in [(true, chinese), (false, english)] {
                let texts: Vec<String> =
                    of(&facts, is_chinese).into_iter().map(|reason| reason.text).collect();
                assert_eq!(texts, [expected], "{day}");
            }
        }
    }
}
