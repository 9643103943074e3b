//! A suggestion as programs read it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::article::reference::section;
use crate::article::scan;
use crate::config::Config;
use crate::suggest::{Suggestion, Target, Told, cite};

/// The JSON of a list of suggestions, to be cited today.
pub fn list(config: &Config, suggestions: &[Suggestion], now: DateTime<Utc>) -> Value {
    let list: Vec<Value> = suggestions.iter().map(|one| object(config, one, now)).collect();
    json!({"suggestions": list})
}

fn object(config: &Config, one: &Suggestion, now: DateTime<Utc>) -> Value {
    let (article, topic) = match &one.target {
        Target::Article(path) => (Some(path), None),
        Target::Topic(name) => (None, Some(name)),
        Target::Everything => (None, None),
    };
    json!({
        "id": one.id,
        "for": {"article": article, "topic": topic},
        "title": one.item.title,
        "url": one.item.url,
        "source": one.item.publication,
        "published": one.item.published,
        "score": one.score,
        "reasons": one.reason_texts(),
        "shares": one.reasons.iter().map(|reason| reason.share).collect::<Vec<_>>(),
        "story": {"id": one.story.id, "size": one.story.size, "sources": one.story.sources,
                  "others": one.story.others.iter().map(other).collect::<Vec<_>>()},
        "citation": citation(config, one, now),
    })
}

fn other(told: &Told) -> Value {
    json!({"title": told.title, "url": told.url, "source": told.source})
}

/// Suggestions in Markdown, line by line: by what they are for, each with its reasons and what else tells of
/// it, and then their footnotes, numbered on from the article's last.
pub fn markdown(config: &Config, suggestions: &[Suggestion], now: DateTime<Utc>) -> Vec<String> {
    let mut lines = Vec::new();
    for (target, together) in by_target(suggestions) {
        match target {
            Target::Article(name) | Target::Topic(name) => {
                lines.extend([format!("## {}", cite::text(name)), String::new()]);
            }
            Target::Everything => {}
        }
        for one in &together {
            lines.push(format!("- {}", told_by(one.item.publication.as_deref(), &one.item.title)));
            lines.push(format!("  {}", cite::text(&one.reason_texts().join(" · "))));
            let others = one.story.others.iter();
            lines
                .extend(others.map(|other| {
                    format!("  - {}", told_by(other.source.as_deref(), &other.title))
                }));
        }
        lines.push(String::new());
        let last = last_number(config, target);
        lines.extend((1..).zip(together).map(|(nth, one)| note(config, one, last, nth, now)));
        lines.push(String::new());
    }
    lines.pop();
    lines
}

/// Suggestions by what they are for, in the order of the first for each.
pub fn by_target(suggestions: &[Suggestion]) -> Vec<(&Target, Vec<&Suggestion>)> {
    let mut by: Vec<(&Target, Vec<&Suggestion>)> = Vec::new();
    for one in suggestions {
        match by.iter_mut().find(|(target, _)| **target == one.target) {
            Some((_, together)) => together.push(one),
            None => by.push((&one.target, vec![one])),
        }
    }
    by
}

fn told_by(source: Option<&str>, title: &str) -> String {
    let title = cite::text(title);
    source.map_or_else(|| title.clone(), |source| format!("{}: {title}", cite::text(source)))
}

/// The footnote that `cite` would write, with the article's next number.
fn citation(config: &Config, one: &Suggestion, now: DateTime<Utc>) -> String {
    note(config, one, last_number(config, &one.target), 1, now)
}

/// The footnote of the `nth` one that is cited.
fn note(config: &Config, one: &Suggestion, last: u32, nth: u32, now: DateTime<Utc>) -> String {
    let today = now.with_timezone(&config.zone()).date_naive();
    cite::footnote(last.saturating_add(nth), &config.suggest.citation.fill(&one.item, today))
}

/// The number of an article's last footnote.
fn last_number(config: &Config, target: &Target) -> u32 {
    let body = match target {
        Target::Article(path) => scan::read_body(&config.articles, path).ok(),
        _ => None,
    };
    body.map_or(0, |body| section::find(&body).last_number)
}
