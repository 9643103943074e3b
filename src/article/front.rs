//! Front matter: from the text of a file to an [`Article`], or to the place of what is wrong.
//!
//! Follows Hugo: YAML between `---`, TOML between `+++`, a JSON object at the beginning; keys in
//! any case. What Hugo forgives is forgiven here: a byte order mark, CRLF, blanks behind a fence, a
//! missing newline at the end, empty lists. An article needs a title and a date; without them no
//! feed can show it, so that is an error.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use chrono::{DateTime, FixedOffset};
use chrono_tz::Tz;
use memchr::memchr;
use serde_json::{Map, Value};

use super::{Article, reference, term};
use crate::date;
use crate::problem::{Places, Problem};
use crate::stamp;
use values::{from_toml, from_yaml, kind, word};

mod values;

/// Longest front matter in bytes. Nested brackets cost a YAML parser time that grows with the
/// square of their number; nobody writes half as much by hand.
const LONGEST: usize = 64 * 1024;

/// Keys that mean something of their own and are never a taxonomy.
const RESERVED: &[&str] = &[
    "title",
    "date",
    "lastmod",
    "publishdate",
    "expirydate",
    "draft",
    "summary",
    "description",
    "slug",
    "url",
    "aliases",
    "author",
    "authors",
    "featured_image",
    "image",
    "images",
    "cover",
    "sources",
    "type",
    "layout",
    "weight",
    "outputs",
    "resources",
    "params",
    "cascade",
    "build",
];

/// How the front matter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Yaml,
    Toml,
    Json,
}

/// The front matter and the body of a text, as they lie in it.
struct Parts<'a> {
    syntax: Syntax,
    front: &'a str,
    /// Line of the file on which the front matter's first line lies, counted from 1.
    first_line: usize,
    body: &'a str,
}

/// Reads an article.
///
/// `path` is its path below the article folder; `zone` is where a date without a zone is meant.
///
/// # Errors
///
/// The place and the reason why the text cannot be an article.
pub fn read(path: &str, text: &str, zone: Tz) -> Result<Article, Problem> {
    let mut hasher = stamp::hasher();
    text.hash(&mut hasher);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parts = split(path, text)?;
    if parts.front.len() > LONGEST {
        let message = format!("the front matter is longer than {} KiB", LONGEST / 1024);
        return Err(Problem::new(path, (1, 1), message).hint("close it with its fence"));
    }
    let keys = lower_keys(parse(path, &parts)?);
    let reader = Reader { path, parts: &parts, keys: &keys, zone };
    Ok(Article { print: hasher.finish(), ..reader.article()? })
}

/// The Markdown after the front matter of an article's text, with `\n` line ends; empty where there
/// is no front matter that ends.
pub fn body(text: &str) -> String {
    body_offset(text).map_or_else(String::new, |at| unix(&text[at..]))
}

/// With `\n` line ends, as nearly every text has them already.
fn unix(text: &str) -> String {
    match memchr(b'\r', text.as_bytes()) {
        Some(_) => text.replace("\r\n", "\n"),
        None => text.to_owned(),
    }
}

/// Where the body of an article begins in its raw text, in bytes; none where there is no front
/// matter to tell.
pub fn body_offset(text: &str) -> Option<usize> {
    let trimmed = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parts = split("", trimmed).ok()?;
    Some(text.len() - parts.body.len())
}

fn split<'a>(path: &str, text: &'a str) -> Result<Parts<'a>, Problem> {
    let fences = [("---", Syntax::Yaml), ("+++", Syntax::Toml)];
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    if text.trim_start().starts_with('{') {
        return split_json(path, text);
    }
    let Some((fence, syntax)) = fences.into_iter().find(|(fence, _)| first.trim_end() == *fence)
    else {
        return Err(Problem::new(path, (1, 1), "no front matter")
            .hint("an article begins with `---`, `title:`, `date:` and `---`"));
    };
    let mut end = first.len();
    for line in lines {
        if line.trim_end() == fence {
            let (front, body) = (&text[first.len()..end], &text[end + line.len()..]);
            return Ok(Parts { syntax, front, first_line: 2, body });
        }
        end += line.len();
    }
    Err(Problem::new(path, (1, 1), "the front matter is not closed")
        .hint(format!("a line `{fence}` ends it")))
}

fn split_json<'a>(path: &str, text: &'a str) -> Result<Parts<'a>, Problem> {
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match objects.next() {
        Some(Ok(_)) => {
            let (front, body) = text.split_at(objects.byte_offset());
            Ok(Parts { syntax: Syntax::Json, front, first_line: 1, body })
        }
        Some(Err(error)) => {
            let place = (error.line().max(1), error.column().max(1));
            Err(Problem::new(path, place, format!("not valid JSON: {}", sentence(&error))))
        }
        None => Err(Problem::new(path, (1, 1), "no front matter")),
    }
}

fn parse(path: &str, parts: &Parts<'_>) -> Result<Map<String, Value>, Problem> {
    let offset = parts.first_line - 1;
    let value = match parts.syntax {
        Syntax::Yaml => match serde_yaml::from_str::<serde_yaml::Value>(parts.front) {
            Ok(value) => from_yaml(value),
            Err(error) => {
                let place = error.location().map_or((1, 1), |at| (at.line(), at.column()));
                let message = format!("not valid YAML: {}", sentence(&error));
                return Err(Problem::new(path, (place.0 + offset, place.1), message));
            }
        },
        Syntax::Toml => match toml::from_str::<toml::Table>(parts.front) {
            Ok(table) => from_toml(toml::Value::Table(table)),
            Err(error) => {
                let place = error.span().map_or((1, 1), |span| place_of(parts.front, span.start));
                let message = format!("not valid TOML: {}", error.message().replace('\n', ", "));
                return Err(Problem::new(path, (place.0 + offset, place.1), message));
            }
        },
        Syntax::Json => serde_json::from_str(parts.front).unwrap_or_default(),
    };
    match value {
        Value::Object(keys) => Ok(keys),
        Value::Null => Ok(Map::new()),
        other => Err(Problem::new(
            path,
            (parts.first_line, 1),
            format!("the front matter must be keys with values, found {}", kind(&other)),
        )),
    }
}

/// What a parser says, without the place that it repeats at the end.
fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn place_of(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// Hugo's keys have no case. A taxonomy may lie under `params`, where newer themes keep theirs.
fn lower_keys(keys: Map<String, Value>) -> BTreeMap<String, (String, Value)> {
    keys.into_iter().map(|(key, value)| (key.to_lowercase(), (key, value))).collect()
}

struct Reader<'a> {
    path: &'a str,
    parts: &'a Parts<'a>,
    /// By lower-case key: the key as written, and its value.
    keys: &'a BTreeMap<String, (String, Value)>,
    zone: Tz,
}

impl Reader<'_> {
    fn article(&self) -> Result<Article, Problem> {
        let title = self.text("title")?.ok_or_else(|| self.missing("title"))?;
        let publish_date = self.date("publishdate")?;
        let date = self.date("date")?.or(publish_date).ok_or_else(|| self.missing("date"))?;
        let body = unix(self.parts.body);
        let references = reference::merge(
            reference::in_body(&body),
            self.value("sources").map(reference::from_front_matter).unwrap_or_default(),
        );
        let summary = match self.text("summary")? {
            None => self.text("description")?,
            summary => summary,
        };
        Ok(Article {
            path: self.path.to_owned(),
            section: self.path.split_once('/').map(|(section, _)| section.to_owned()),
            title,
            date,
            lastmod: self.date("lastmod")?,
            publish_date,
            expiry_date: self.date("expirydate")?,
            draft: self.draft()?,
            summary: summary.map(|summary| super::markdown::to_text(&summary)),
            slug: self.text("slug")?,
            url: self.text("url")?,
            aliases: self.words("aliases"),
            authors: self.authors(),
            image: self.image(),
            taxonomies: self.taxonomies(),
            references: references.into(),
            print: 0,
        })
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.keys.get(key).map(|(_, value)| value)
    }

    /// A word; an error for anything that is none.
    fn text(&self, key: &str) -> Result<Option<String>, Problem> {
        match self.value(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value @ (Value::Array(_) | Value::Object(_))) => {
                Err(self.problem(key, format!("{key} must be a word, found {}", kind(value))))
            }
            Some(value) => Ok(word(value)),
        }
    }

    fn date(&self, key: &str) -> Result<Option<DateTime<FixedOffset>>, Problem> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match date::parse(&text, self.zone) {
            Some(date) => Ok(Some(date)),
            None => Err(self
                .problem(key, format!("{key}: `{text}` is not a date"))
                .hint("for example 2025-06-13T20:30:04+08:00")),
        }
    }

    fn draft(&self) -> Result<bool, Problem> {
        let Some(text) = self.text("draft")? else { return Ok(false) };
        match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            // Rather an error than a draft in public.
            _ => Err(self.problem("draft", format!("draft: `{text}` is not true or false"))),
        }
    }

    fn words(&self, key: &str) -> Vec<String> {
        match self.value(key) {
            Some(Value::Array(list)) => list.iter().filter_map(word).collect(),
            Some(value) => word(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn authors(&self) -> Vec<String> {
        let name = |value: &Value| match value {
            Value::Object(author) => author.get("name").and_then(word),
            value => word(value),
        };
        ["authors", "author"]
            .into_iter()
            .filter_map(|key| self.value(key))
            .map(|value| match value {
                Value::Array(list) => list.iter().filter_map(name).collect(),
                value => name(value).into_iter().collect::<Vec<_>>(),
            })
            .find(|authors| !authors.is_empty())
            .unwrap_or_default()
    }

    fn image(&self) -> Option<String> {
        let cover = || match self.value("cover")? {
            Value::Object(cover) => cover.get("image").and_then(word),
            value => word(value),
        };
        self.words("featured_image")
            .into_iter()
            .next()
            .or_else(cover)
            .or_else(|| self.words("images").into_iter().next())
            .or_else(|| self.words("image").into_iter().next())
    }

    fn taxonomies(&self) -> BTreeMap<String, Vec<String>> {
        let mut taxonomies = BTreeMap::new();
        for (key, (written, value)) in self.keys {
            if RESERVED.contains(&key.as_str()) {
                continue;
            }
            let words = match value {
                Value::Array(list) => list.iter().filter_map(word).collect(),
                Value::String(_) => word(value).into_iter().collect::<Vec<_>>(),
                _ => continue,
            };
            let mut terms: Vec<String> = Vec::new();
            for term in words.iter().filter_map(|word| term::clean(word)) {
                if !terms.contains(&term) {
                    terms.push(term);
                }
            }
            if !terms.is_empty() {
                taxonomies.insert(written.clone(), terms);
            }
        }
        taxonomies
    }

    fn missing(&self, key: &str) -> Problem {
        let place = if self.keys.contains_key(key) { self.place(key) } else { (1, 1) };
        Problem::new(self.path, place, format!("no {key}"))
            .hint(format!("add a line `{key}:` to the front matter"))
    }

    fn problem(&self, key: &str, message: String) -> Problem {
        Problem::new(self.path, self.place(key), message)
    }

    fn place(&self, key: &str) -> (usize, usize) {
        let written = self.keys.get(key).map_or(key, |(written, _)| written);
        let (line, column) = match self.parts.syntax {
            Syntax::Yaml => Places::of(self.parts.front).find(written),
            // The key stands at the beginning of its line, perhaps in quotes.
            Syntax::Toml | Syntax::Json => self
                .parts
                .front
                .lines()
                .position(|line| {
                    line.trim_start_matches(['{', '"', ' ', '\t']).starts_with(written)
                })
                .map_or((1, 1), |line| (line + 1, 1)),
        };
        (line + self.parts.first_line - 1, column)
    }
}

#[cfg(test)]
mod tests;
