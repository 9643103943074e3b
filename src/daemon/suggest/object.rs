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

/// The footnote that `cite` would write, with the article's next number.
pub fn citation(config: &Config, one: &Suggestion, now: DateTime<Utc>) -> String {
    let body = match &one.target {
        Target::Article(path) => scan::read_body(&config.articles, path).ok(),
        _ => None,
    };
    let last = body.map_or(0, |body| section::find(&body).last_number);
    let today = now.with_timezone(&config.zone()).date_naive();
    cite::footnote(last.saturating_add(1), &config.suggest.citation.fill(&one.item, today))
}
