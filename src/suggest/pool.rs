//! Lines of a pool file: candidates that come from a file and not from the store.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;

use super::Candidate;
use crate::problem::Problem;
use crate::source::Tier;

#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    title: String,
    url: Option<String>,
    publisher: Option<String>,
    published: Option<String>,
    first_seen: Option<String>,
    summary: Option<String>,
}

/// Reads a pool: one JSON object a line. A byte order mark, as some editors write it, is no part of the
/// first one (RFC 8259 §8.1 lets a reader ignore it).
///
/// # Errors
///
/// The first line that is no candidate.
pub fn parse(path: &str, text: &str) -> Result<Vec<Candidate>, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            candidate(line).map_err(|message| {
                Problem::new(path, (index + 1, 1), message).hint(
                    "each line is an object with id, title, url, publisher, published, first_seen",
                )
            })
        })
        .collect()
}

fn candidate(line: &str) -> Result<Candidate, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let published = line.published.as_deref().map(day).transpose()?;
    let first_seen = line.first_seen.as_deref().map(day).transpose()?;
    let seen = first_seen.or(published).ok_or("neither first_seen nor published")?;
    Ok(Candidate {
        id: line.id,
        title: line.title,
        url: line.url,
        publication: line.publisher,
        author: None,
        published,
        first_seen: DateTime::<Utc>::from_naive_utc_and_offset(seen.and_time(NaiveTime::MIN), Utc),
        summary: line.summary.unwrap_or_default(),
        topics: Vec::new(),
        tier: Tier::Media,
        weight: 1.0,
    })
}

fn day(text: &str) -> Result<NaiveDate, String> {
    let day = text.get(..10).unwrap_or(text);
    day.parse().map_err(|_| format!("`{text}` is not a day such as 2025-06-13"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_candidates_and_mistakes_have_a_place() {
        let good = r#"{"id":"a","title":"甲","url":null,"publisher":"报","published":null,"first_seen":"2025-06-13"}"#;
        let pool = parse("pool.jsonl", &format!("{good}\n\n{good}\n")).unwrap();
        assert_eq!(pool.len(), 2);
        assert_eq!(parse("pool.jsonl", &format!("\u{feff}{good}\r\n{good}")), Ok(pool.clone()));
        assert_eq!(pool[0].first_seen.to_rfc3339(), "2025-06-13T00:00:00+00:00");
        for bad in
            ["{", r#"{"id":"a","title":"b"}"#, r#"{"id":"a","title":"b","published":"soon"}"#]
        {
            let problem = parse("pool.jsonl", &format!("{good}\n{bad}\n")).unwrap_err();
            assert_eq!((problem.path.as_str(), problem.line), ("pool.jsonl", 2), "{bad}");
        }
    }
}
