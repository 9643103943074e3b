//! What `headwater parse` prints of a feed.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::ParseError;
use crate::source::{Parsed, ParsedItem};

/// One line: what was read of `input`, or why nothing was.
pub fn line(input: &str, result: &Result<Parsed, ParseError>) -> Value {
    match result {
        Ok(parsed) => json!({
            "input": input,
            "ok": true,
            "error": null,
            "format": parsed.format,
            "title": parsed.title,
            "link": parsed.link,
            "items": parsed.items.iter().map(item).collect::<Vec<_>>(),
        }),
        Err(error) => failure(input, &error.to_string()),
    }
}

/// One line for an input that could not even be had.
pub fn failure(input: &str, error: &str) -> Value {
    json!({
        "input": input, "ok": false, "error": error,
        "format": null, "title": null, "link": null, "items": [],
    })
}

fn item(item: &ParsedItem) -> Value {
    json!({
        "id": item.guid,
        "title": item.title,
        "url": item.url,
        "published": item.published.map(time),
        "updated": item.updated.map(time),
        "summary": item.summary,
        "content": item.content,
        "authors": item.authors,
        "categories": item.categories,
    })
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
