//! Writes a suggestion as a footnote in the house style, and footnotes into an article.
//!
//! A citation is a template; a part that is missing drops out with the punctuation that belongs to
//! it. Appending changes nothing but the place behind the last footnote: not a byte before, none
//! after, and the file's own line ends.

use chrono::{Datelike, NaiveDate};
use thiserror::Error;

use super::Candidate;
use super::identity::title_key;
use crate::address::canonical;
use crate::article::{Reference, front, reference};

/// The house style of the site that Headwater was made for.
pub const HOUSE_STYLE: &str =
    "{author}（{date}）。[{title}]({url})。{publication}。检索日期{accessed}。";

/// A checked citation template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Author,
    Date,
    Title,
    Url,
    Publication,
    Accessed,
}

/// Why a template is refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TemplateError {
    /// A placeholder that no item can fill.
    #[error(
        "{{{0}}} is not one of {{author}}, {{date}}, {{title}}, {{url}}, {{publication}}, {{accessed}}"
    )]
    Unknown(String),
    /// An opening brace without its closing one.
    #[error("a {{ is not closed")]
    Open,
    /// A citation without a title names nothing.
    #[error("it must contain {{title}}")]
    NoTitle,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// A placeholder is unknown or unclosed, or `{title}` is missing.
    pub fn new(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(TemplateError::Open)?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(match name {
                "author" => Piece::Author,
                "date" => Piece::Date,
                "title" => Piece::Title,
                "url" => Piece::Url,
                "publication" => Piece::Publication,
                "accessed" => Piece::Accessed,
                other => return Err(TemplateError::Unknown(other.to_owned())),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        if pieces.contains(&Piece::Title) { Ok(Self(pieces)) } else { Err(TemplateError::NoTitle) }
    }

    /// The citation of `item` without its number, as of the day on which it was read.
    pub fn fill(&self, item: &Candidate, accessed: NaiveDate) -> String {
        let url = item.url.as_deref().map(link_target);
        let mut citation = String::new();
        // Whether the part before was missing: then some of the text behind it goes too.
        let mut dropped = false;
        for piece in &self.0 {
            let value = match piece {
                Piece::Text(text) => {
                    let kept = if dropped { after_missing(text, &citation) } else { text };
                    citation.push_str(kept);
                    continue;
                }
                Piece::Author => item.author.as_deref().map(plain),
                Piece::Date => item.published.map(day),
                Piece::Title => Some(link_text(&item.title)),
                Piece::Url => url.clone(),
                Piece::Publication => item.publication.as_deref().map(plain),
                Piece::Accessed => Some(day(accessed)),
            };
            dropped = value.is_none();
            match value {
                Some(value) => citation.push_str(&value),
                None => drop_opening(&mut citation),
            }
        }
        if url.is_none() {
            citation =
                citation.replace(&format!("[{}]", link_text(&item.title)), &plain(&item.title));
        }
        citation.trim().to_owned()
    }
}

/// A footnote's line.
pub fn footnote(number: u32, citation: &str) -> String {
    format!("[^{number}]: {citation}")
}

/// What separates one part from the next.
const SEPARATORS: &[char] = &['。', '.', '·', ',', '，', ' '];

/// Takes the bracket that was opened for a part that is missing, and the blank before it.
fn drop_opening(citation: &mut String) {
    let kept = citation.trim_end_matches(['（', '(', '“', '"']);
    if kept.len() < citation.len() {
        citation.truncate(kept.trim_end().len());
    }
}

/// What is left of the text behind a missing part: without the bracket that would have closed it,
/// and without a separator where there is nothing to separate.
fn after_missing<'a>(text: &'a str, before: &str) -> &'a str {
    let rest = text.trim_start_matches(['）', ')', '”', '"']);
    if before.is_empty() || before.ends_with(SEPARATORS) {
        rest.trim_start_matches(SEPARATORS)
    } else {
        rest
    }
}

fn day(day: NaiveDate) -> String {
    format!("{}/{}/{}", day.year(), day.month(), day.day())
}

/// One line without marks that would end the footnote or begin another.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn link_text(title: &str) -> String {
    plain(title).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// An address that Markdown reads as one: blanks and brackets escaped.
fn link_target(url: &str) -> String {
    url.trim()
        .chars()
        .map(|c| match c {
            '(' => "%28".to_owned(),
            ')' => "%29".to_owned(),
            '<' => "%3C".to_owned(),
            '>' => "%3E".to_owned(),
            c if c.is_whitespace() => "%20".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

/// An article's text with footnotes appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The whole new text.
    pub text: String,
    /// Number and citation of each that was appended.
    pub added: Vec<(u32, String)>,
    /// Titles of those that the article cites already.
    pub refused: Vec<String>,
}

/// Appends citations of `items` to the raw text of an article.
///
/// `english` decides the heading of an article that has none yet.
pub fn append(
    text: &str,
    items: &[Candidate],
    template: &Template,
    accessed: NaiveDate,
    english: bool,
) -> Appended {
    let start = front::body_offset(text).unwrap_or(0);
    let (head, body) = text.split_at(start);
    let section = reference::section::find(body);
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut cited = reference::in_body(&body.replace("\r\n", "\n"));
    let mut appended = Appended { text: String::new(), added: Vec::new(), refused: Vec::new() };
    let mut lines = String::new();
    for item in items {
        if cited.iter().any(|known| is_same(known, item)) {
            appended.refused.push(item.title.clone());
            continue;
        }
        let added = u32::try_from(appended.added.len()).unwrap_or(u32::MAX);
        let number = section.last_number.saturating_add(added).saturating_add(1);
        let citation = template.fill(item, accessed);
        lines.push_str(&footnote(number, &citation));
        lines.push_str(newline);
        cited.push(Reference {
            title: Some(item.title.clone()),
            url: item.url.clone(),
            ..Reference::default()
        });
        appended.added.push((number, citation));
    }
    if appended.added.is_empty() {
        text.clone_into(&mut appended.text);
        return appended;
    }
    let (before, after) = body.split_at(section.end);
    let mut gap = String::new();
    if !before.is_empty() && !before.ends_with('\n') {
        gap.push_str(newline);
    }
    let is_definition =
        before.trim_end().lines().next_back().is_some_and(|line| line.starts_with("[^"));
    if section.heading.is_none() && !is_definition {
        let heading = if english { "## References" } else { "## 引用" };
        gap.push_str(&format!("{newline}{heading}{newline}{newline}"));
    } else if !is_definition && section.heading.is_some_and(|heading| heading.end == section.end) {
        gap.push_str(newline);
    }
    // A file without a newline at its end stays one.
    if after.is_empty() && !text.ends_with('\n') && !lines.is_empty() {
        lines.truncate(lines.len() - newline.len());
    }
    appended.text = format!("{head}{before}{gap}{lines}{after}");
    appended
}

fn is_same(known: &Reference, item: &Candidate) -> bool {
    let address = |url: &Option<String>| url.as_deref().and_then(canonical);
    match (address(&known.url), address(&item.url)) {
        (Some(a), Some(b)) if a == b => true,
        _ => known.title.as_deref().is_some_and(|title| title_key(title) == title_key(&item.title)),
    }
}

#[cfg(test)]
mod tests;
