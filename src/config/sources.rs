//! The source list, `config/sources.yaml`: reading it, and changing it without losing a comment.
//!
//! The list belongs to its operator, so a change made by a command touches only the lines of the
//! source that it is about; every other byte stays.

use std::collections::HashSet;

use url::Url;

use super::headers;
use super::read::{Document, Keys};
use super::units;
use crate::problem::Problem;
use crate::source::{Source, Tier};

/// Reads a list of sources.
///
/// # Errors
///
/// Every problem of the text, each with its place.
pub fn parse(path: &str, text: &str) -> Result<Vec<Source>, Vec<Problem>> {
    let document = Document::new(path, text, &[]);
    let mut seen = HashSet::new();
    let mut sources = Vec::new();
    for keys in document.elements() {
        let source = source(&keys);
        if let Some(source) = source {
            if !seen.insert(source.id.clone()) {
                keys.problem("id", format!("two sources are called {}", source.id));
            }
            sources.push(source);
        }
        keys.finish();
    }
    let problems = document.into_problems();
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

fn source(keys: &Keys<'_>) -> Option<Source> {
    let id = keys.parse("id", identifier);
    let url = keys.parse("url", address);
    let name = keys.text("name");
    let headers = headers::read(&keys.section("headers"));
    let source = Source {
        name: name.or_else(|| id.clone()).unwrap_or_default(),
        language: keys.text("language"),
        tier: keys.parse("tier", tier).unwrap_or_default(),
        weight: keys.parse("weight", weight).unwrap_or(1.0),
        topics: keys.words("topics").unwrap_or_default(),
        interval: keys.parse("interval", units::some_duration),
        headers,
        stale_after: keys.parse("stale_after", units::duration),
        enabled: keys.flag("enabled").unwrap_or(true),
        id: id.clone().unwrap_or_default(),
        url: url.clone().unwrap_or_default(),
    };
    if !keys.has("id") {
        keys.missing("id", "a short name such as `nyt-technology`");
    }
    if !keys.has("url") {
        keys.missing("url", "the address of its feed");
    }
    (id.is_some() && url.is_some()).then_some(source)
}

/// An identifier: lower case letters, digits and hyphens.
///
/// # Errors
///
/// A sentence that says what an identifier is.
pub fn identifier(text: &str) -> Result<String, String> {
    let fits = !text.is_empty()
        && text.len() <= 64
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` must be lower case letters, digits and hyphens"))
    }
}

/// An address that can be visited: `https:`, `http:`, `file:` or `rsshub:`.
///
/// # Errors
///
/// A sentence that says what an address begins with.
pub fn address(text: &str) -> Result<String, String> {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    match scheme {
        Some("http" | "https") => match Url::parse(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(error) => Err(format!("`{text}` is not an address: {error}")),
        },
        Some("rsshub") if text.trim_start_matches("rsshub:").trim_matches('/').is_empty() => {
            Err(format!("`{text}` has no route; write it as rsshub://openai/news"))
        }
        Some("file" | "rsshub") => Ok(text.to_owned()),
        _ => Err(format!("`{text}` must begin with https:, http:, file: or rsshub:")),
    }
}

fn tier(text: &str) -> Result<Tier, String> {
    match text {
        "first_party" => Ok(Tier::FirstParty),
        "media" => Ok(Tier::Media),
        "aggregator" => Ok(Tier::Aggregator),
        _ => Err(format!("`{text}` is not one of first_party, media, aggregator")),
    }
}

fn weight(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|weight| (0.0..=10.0).contains(weight))
        .ok_or_else(|| format!("`{text}` is not a number from 0 to 10"))
}

/// Why a change of the list was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EditError {
    /// No source has this identifier.
    #[error("there is no source {0}; `headwater sources list` shows them")]
    Unknown(String),
    /// A source has this identifier already.
    #[error("there is a source {0} already; give the new one another --id")]
    Taken(String),
    /// A source has this address already.
    #[error("{0} has this address already")]
    Known(String),
    /// The list would no longer be one that can be read.
    #[error("the list could not be changed at that place; edit it by hand: {0}")]
    Unreadable(String),
}

/// The text of the list with one more source at its end.
///
/// # Errors
///
/// The identifier or the address is there already, or the text is no list.
pub fn add(text: &str, source: &Source) -> Result<String, EditError> {
    let sources = parse("", text).map_err(unreadable)?;
    if sources.iter().any(|other| other.id == source.id) {
        return Err(EditError::Taken(source.id.clone()));
    }
    if let Some(other) = sources.iter().find(|other| other.url == source.url) {
        return Err(EditError::Known(other.id.clone()));
    }
    append(text, std::slice::from_ref(source))
}

/// The sources of a text that is to be changed.
///
/// # Errors
///
/// The text is no list.
pub fn read(text: &str) -> Result<Vec<Source>, EditError> {
    parse("", text).map_err(unreadable)
}

/// The text of the list with more sources at its end, of which nobody may be there already.
///
/// # Errors
///
/// The text is no list.
pub fn append(text: &str, new: &[Source]) -> Result<String, EditError> {
    if new.is_empty() {
        return Ok(text.to_owned());
    }
    // An empty flow list has no room for a block entry.
    let mut changed = if text.trim_end().ends_with("[]") {
        text.trim_end().trim_end_matches("[]").to_owned()
    } else {
        text.to_owned()
    };
    if !changed.is_empty() && !changed.ends_with('\n') {
        changed.push('\n');
    }
    for source in new {
        changed.push_str(&entry(source));
    }
    checked(changed)
}

/// The text of the list without the source `id`.
///
/// # Errors
///
/// No source has this identifier, or the list is not written in block style.
pub fn remove(text: &str, id: &str) -> Result<String, EditError> {
    let (lines, from, to) = span(text, id)?;
    let kept: String = lines[..from].iter().chain(&lines[to..]).copied().collect();
    checked(kept)
}

/// The text of the list with the source `id` switched on or off.
///
/// # Errors
///
/// No source has this identifier, or the list is not written in block style.
pub fn enable(text: &str, id: &str, enabled: bool) -> Result<String, EditError> {
    let (lines, from, to) = span(text, id)?;
    let mut changed: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let key = |line: &str| line.trim_start_matches([' ', '-']).starts_with("enabled:");
    if let Some(at) = (from..to).find(|&at| key(lines[at])) {
        let old = lines[at];
        let value = old.find("enabled:").map_or(0, |at| at + "enabled:".len());
        // What follows the value, a comment or the line's end, stays.
        let rest = old[value..].trim_start().trim_start_matches(|c: char| c.is_ascii_alphabetic());
        changed[at] = format!("{} {enabled}{rest}", &old[..value]);
    } else {
        let newline = if lines[from].ends_with("\r\n") { "\r\n" } else { "\n" };
        if !lines[from].ends_with('\n') {
            changed[from].push_str(newline);
        }
        changed.insert(from + 1, format!("  enabled: {enabled}{newline}"));
    }
    checked(changed.concat())
}

/// The lines of the list, and from where to where the source `id` stands in them.
fn span<'a>(text: &'a str, id: &str) -> Result<(Vec<&'a str>, usize, usize), EditError> {
    let sources = parse("", text).map_err(unreadable)?;
    let index = sources
        .iter()
        .position(|source| source.id == id)
        .ok_or_else(|| EditError::Unknown(id.to_owned()))?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let starts: Vec<usize> = (0..lines.len()).filter(|&at| lines[at].starts_with("- ")).collect();
    if starts.len() != sources.len() {
        return Err(EditError::Unreadable("it is not one `- id:` block a source".to_owned()));
    }
    let from = starts[index];
    let end = starts.get(index + 1).copied().unwrap_or(lines.len());
    // Comments and blank lines before the next source belong to that one.
    let to = (from + 1..=end)
        .rev()
        .find(|&to| !matches!(lines[to - 1].trim_start().chars().next(), None | Some('#')))
        .unwrap_or(from + 1);
    Ok((lines, from, to))
}

/// A source as a block of the list.
pub fn entry(source: &Source) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    // JSON's quoting is YAML's too. Writing to a string cannot fail.
    let _ = writeln!(text, "- id: {}", quoted(&source.id));
    let _ = writeln!(text, "  name: {}", quoted(&source.name));
    let _ = writeln!(text, "  url: {}", quoted(&source.url));
    if let Some(language) = &source.language {
        let _ = writeln!(text, "  language: {}", quoted(language));
    }
    let tier = match source.tier {
        Tier::FirstParty => "first_party",
        Tier::Media => "media",
        Tier::Aggregator => "aggregator",
    };
    let _ = writeln!(text, "  tier: {tier}");
    if !source.topics.is_empty() {
        let topics: Vec<String> = source.topics.iter().map(|topic| quoted(topic)).collect();
        let _ = writeln!(text, "  topics: [{}]", topics.join(", "));
    }
    if !source.enabled {
        text.push_str("  enabled: false\n");
    }
    text
}

fn checked(text: String) -> Result<String, EditError> {
    parse("", &text).map_err(unreadable)?;
    Ok(text)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn unreadable(problems: Vec<Problem>) -> EditError {
    EditError::Unreadable(problems.first().map(ToString::to_string).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# Ours\n- id: one\n  url: https://one.example/feed # its feed\n\n# A lab\n\
                        - id: two\n  url: rsshub://two\n  tier: first_party\n  enabled: true  # on\n";

    fn new(id: &str, url: &str) -> Source {
        let text = format!("- id: {id}\n  url: {url}\n");
        parse("", &text).unwrap().remove(0)
    }

    #[test]
    fn a_list_is_read_with_its_defaults() {
        let sources = parse("sources.yaml", LIST).unwrap();
        assert_eq!(sources.len(), 2);
        assert_eq!((sources[0].name.as_str(), sources[0].tier), ("one", Tier::Media));
        assert_eq!((sources[1].tier, sources[1].enabled), (Tier::FirstParty, true));
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        let text = "- id: One\n  url: https://a.example\n- id: b\n  url: ftp://b\n  tier: best\n  interval: 0s\n\
                    - url: https://c.example\n  wieght: 2\n";
        let problems: Vec<String> =
            parse("s.yaml", text).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "s.yaml:1:3: 0.id: `One` must be lower case letters, digits and hyphens",
                "s.yaml:4:3: 1.url: `ftp://b` must begin with https:, http:, file: or rsshub:",
                "s.yaml:5:3: 1.tier: `best` is not one of first_party, media, aggregator",
                "s.yaml:6:3: 1.interval: `0s` is no time at all; the shortest is 1s",
                "s.yaml:7:3: 2.id is missing (a short name such as `nyt-technology`)",
                "s.yaml:8:3: unknown key 2.wieght (did you mean 2.weight?)",
            ]
        );
    }

    #[test]
    fn adding_appends_and_keeps_every_byte() {
        let changed = add(LIST, &new("three", "https://three.example/feed")).unwrap();
        assert!(changed.starts_with(LIST));
        assert_eq!(parse("", &changed).unwrap().len(), 3);
        for empty in ["", "# none yet\n", "[]", "# none yet\n[]\n"] {
            let changed = add(empty, &new("three", "https://three.example/feed")).unwrap();
            assert_eq!(parse("", &changed).unwrap().len(), 1, "{empty:?}");
        }
        assert_eq!(
            add(LIST, &new("one", "https://other.example/")),
            Err(EditError::Taken("one".into()))
        );
        assert_eq!(
            add(LIST, &new("new", "https://one.example/feed")),
            Err(EditError::Known("one".into()))
        );
    }

    #[test]
    fn removing_takes_the_source_and_leaves_the_comments_of_others() {
        let changed = remove(LIST, "one").unwrap();
        assert!(changed.starts_with("# Ours\n\n# A lab\n- id: two\n"));
        assert_eq!(remove(LIST, "three"), Err(EditError::Unknown("three".into())));
    }

    #[test]
    fn switching_changes_one_word() {
        assert_eq!(enable(LIST, "two", false).unwrap(), LIST.replace("true  # on", "false  # on"));
        let changed = enable(LIST, "one", false).unwrap();
        assert_eq!(changed, LIST.replace("- id: one\n", "- id: one\n  enabled: false\n"));
        assert!(matches!(
            enable("[{id: a, url: 'https://a.example'}]", "a", false),
            Err(EditError::Unreadable(_))
        ));
    }
}
