//! What `headwater parse` prints of a feed.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::ParseError;
use crate::source::{Dialect, Parsed, ParsedItem};

/// One line: what was read of an input, or why nothing was.
#[derive(Debug, Default, Serialize)]
pub struct Line<'a> {
    input: &'a str,
    ok: bool,
    error: Option<String>,
    format: Option<Dialect>,
    title: Option<&'a str>,
    link: Option<&'a str>,
    #[serde(serialize_with = "lines")]
    items: &'a [ParsedItem],
}

/// What was read of `input`, or why nothing was.
pub fn line<'a>(input: &'a str, result: &'a Result<Parsed, ParseError>) -> Line<'a> {
    match result {
        Ok(parsed) => Line {
            input,
            ok: true,
            error: None,
            format: Some(parsed.format),
            title: parsed.title.as_deref(),
            link: parsed.link.as_deref(),
            items: &parsed.items,
        },
        Err(error) => failure(input, error.to_string()),
    }
}

/// One line for an input that could not even be had.
pub fn failure(input: &str, error: String) -> Line<'_> {
    Line { input, error: Some(error), ..Line::default() }
}

#[derive(Serialize)]
struct ItemLine<'a> {
    id: Option<&'a str>,
    title: Option<&'a str>,
    url: Option<&'a str>,
    published: Option<String>,
    updated: Option<String>,
    summary: Option<&'a str>,
    content: Option<&'a str>,
    authors: &'a [String],
    categories: &'a [String],
}

fn lines<S: Serializer>(items: &[ParsedItem], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(items.iter().map(|item| ItemLine {
        id: item.guid.as_deref(),
        title: item.title.as_deref(),
        url: item.url.as_deref(),
        published: item.published.map(time),
        updated: item.updated.map(time),
        summary: item.summary.as_deref(),
        content: item.content.as_deref(),
        authors: &item.authors,
        categories: &item.categories,
    }))
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
