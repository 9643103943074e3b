//! Why a suggestion is made, in a few words of the site's language.

use super::{Candidate, Query, StoryBrief};
use crate::source::Tier;

/// Most reasons that a person takes in at a glance.
const MOST: usize = 3;

/// Most names in the first reason.
const NAMES: usize = 3;

/// At most three reasons, the strongest first; `names` are those that query and candidate share in
/// whatever language.
pub(super) fn of(
    query: &Query,
    candidate: &Candidate,
    names: &[&str],
    story: &StoryBrief,
    chinese: bool,
) -> Vec<String> {
    let mut reasons = Vec::new();
    let shared = shared_names(query, candidate, names);
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

/// Tags and Latin names of the title that the candidate has too, letter by letter; then `names`.
fn shared_names(query: &Query, candidate: &Candidate, names: &[&str]) -> Vec<String> {
    let text = format!("{}\n{}", candidate.title, candidate.summary).to_lowercase();
    let tags = query.tags.iter().map(String::as_str);
    let literal = tags.chain(latin_names(&query.title));
    let literal = literal.filter(|name| has_name(&text, &name.to_lowercase()));
    let mut shared: Vec<String> = Vec::new();
    for name in literal.chain(names.iter().copied()) {
        let lower = name.to_lowercase();
        if !shared.iter().any(|other| other.to_lowercase().contains(&lower)) {
            shared.push(name.to_owned());
        }
    }
    shared.truncate(NAMES);
    shared
}

/// Runs of capitalised Latin words (`Scale AI`), then the words of each alone.
fn latin_names(title: &str) -> impl Iterator<Item = &str> {
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+' | ' ');
    let named = |word: &&str| word.len() > 2 && word.starts_with(|c: char| c.is_ascii_uppercase());
    let runs = move || title.split(move |c| !belongs(c)).map(str::trim);
    runs().filter(named).chain(runs().flat_map(str::split_whitespace).filter(named))
}

/// Whether `text` has `name`, as whole words where it is in Latin letters.
fn has_name(text: &str, name: &str) -> bool {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(name).any(|(at, _)| {
        !name.is_ascii()
            || !inside(text[..at].chars().next_back())
                && !inside(text[at + name.len()..].chars().next())
    })
}
