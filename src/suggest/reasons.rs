//! Why a suggestion is made, in a few words of the site's language.

use super::{Candidate, Query, StoryBrief};
use crate::source::Tier;

/// Most reasons that a person takes in at a glance.
const MOST: usize = 3;

/// Most names in the first reason.
const NAMES: usize = 3;

/// At most three reasons, the strongest first.
pub(super) fn of(
    query: &Query,
    candidate: &Candidate,
    story: &StoryBrief,
    chinese: bool,
) -> Vec<String> {
    let mut reasons = Vec::new();
    let shared = shared_names(query, candidate);
    if !shared.is_empty() {
        reasons.push(if chinese {
            format!("命中 {}", shared.join("、"))
        } else {
            format!("matches {}", shared.join(", "))
        });
    }
    let source = candidate.publication.as_deref().unwrap_or_default();
    if candidate.tier == Tier::FirstParty && !source.is_empty() {
        reasons.push(if chinese {
            format!("一手来源: {source}")
        } else {
            format!("first hand: {source}")
        });
    }
    if story.sources.len() > 1 {
        let count = story.sources.len();
        reasons.push(if chinese {
            format!("{count} 家独立来源")
        } else {
            format!("{count} independent sources")
        });
    }
    if let (Some(date), Some(published)) = (query.date, candidate.published) {
        let days = (date - published).num_days();
        match days {
            0 => {
                reasons.push(if chinese { "与文章同日".into() } else { "the same day".into() })
            }
            1..=7 if chinese => reasons.push(format!("早于文章 {days} 天")),
            1..=7 => reasons.push(format!("{days} days before the article")),
            _ => {}
        }
    }
    if reasons.is_empty() {
        reasons.push(if chinese { "用词相近".into() } else { "similar wording".into() });
    }
    reasons.truncate(MOST);
    reasons
}

/// Tags, topics and words of the title that the candidate has too.
fn shared_names(query: &Query, candidate: &Candidate) -> Vec<String> {
    let text = format!("{}\n{}", candidate.title, candidate.summary).to_lowercase();
    let latin = query
        .title
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.' | '+'))
        .filter(|word| word.len() > 2 && word.starts_with(|c: char| c.is_ascii_uppercase()));
    let mut shared: Vec<String> = Vec::new();
    for name in query.tags.iter().map(String::as_str).chain(latin) {
        let known = shared.iter().any(|other| other.to_lowercase().contains(&name.to_lowercase()));
        if !known && text.contains(&name.to_lowercase()) {
            shared.push(name.to_owned());
        }
        if shared.len() == NAMES {
            break;
        }
    }
    shared
}
