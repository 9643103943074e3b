//! Sets footnotes into the raw text of an article: their definitions behind the last one, and their
//! marks behind a text where that is asked for.

use std::cmp::Reverse;
use std::fmt;

use chrono::NaiveDate;
use chrono_tz::Tz;
use thiserror::Error;

use super::{Template, footnote, marks};
use crate::address::canonical;
use crate::article::reference::section::Section;
use crate::article::reference::{self, mark, section};
use crate::article::{Reference, front};
use crate::suggest::Candidate;
use crate::suggest::identity::{is_one, title_key};

/// What is to be cited, and how.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What is cited, in this order.
    pub items: &'a [Candidate],
    /// How a citation is written.
    pub template: &'a Template,
    /// The day on which the items were read.
    pub accessed: NaiveDate,
    /// Whether an article that has no heading for its references yet gets an English one.
    pub english: bool,
    /// The text behind which the marks are set; none where they are left to the author.
    pub mark: Option<&'a str>,
}

/// An article's text with footnotes appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The whole new text.
    pub text: String,
    /// Number and citation of each that was appended.
    pub added: Vec<(u32, String)>,
    /// Those that the article cites already.
    pub refused: Vec<Refused>,
    /// The labels whose marks were set, in order.
    pub marked: Vec<String>,
}

/// An item that the article cites already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its title.
    pub title: String,
    /// The label of its footnote; none where it stands in `sources:` only.
    pub label: Option<String>,
}

/// Why an article stays as it is.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CiteError {
    /// The text to be marked stands nowhere.
    #[error("`{0}` does not stand in the text; give it as the file has it")]
    NoText(String),
    /// It stands only where a mark means nothing.
    #[error(
        "`{text}` stands only where no mark can be set, on {lines}: in code, an address, a picture, HTML, the front matter, the references, or right before a round bracket; give another part of the text"
    )]
    NoPlace {
        /// The text.
        text: String,
        /// Where it stands.
        lines: Lines,
    },
    /// It stands in several places.
    #[error("`{text}` stands {} times, on {lines}; give more of the text around the right place", lines.0.len())]
    Ambiguous {
        /// The text.
        text: String,
        /// Where it stands.
        lines: Lines,
    },
    /// The article has a footnote with the highest number that there is.
    #[error("no number is left for a footnote: one is [^{}]", u32::MAX)]
    NoNumber,
}

/// Lines of a file, counted from 1, one for each place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines(pub Vec<usize>);

impl fmt::Display for Lines {
    /// The first ten: who sees that many will not go through more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.0.clone();
        lines.dedup();
        let shown: Vec<String> = lines.iter().take(10).map(ToString::to_string).collect();
        let word = if shown.len() == 1 { "line" } else { "lines" };
        let more = if lines.len() > shown.len() { " and more" } else { "" };
        write!(f, "{word} {}{more}", shown.join(", "))
    }
}

/// Appends citations to the raw text of an article, and sets their marks.
///
/// # Errors
///
/// The text to be marked cannot be found exactly once, or there is no number left.
pub fn append(text: &str, request: &Request<'_>) -> Result<Appended, CiteError> {
    let start = body_start(text);
    let body = &text[start..];
    let section = section::find(body);
    let place = request.mark.map(|mark| place(text, start, mark.trim())).transpose()?;
    let mut known = references(text, body);
    let mut added = Vec::new();
    let mut refused = Vec::new();
    let mut labels: Vec<String> = Vec::new();
    let mut number = section.last_number;
    for item in request.items {
        // What stands in `sources:` only has no number that a mark could bear.
        let cited = known
            .iter()
            .find(|one| (one.number.is_some() || request.mark.is_none()) && is_same(one, item));
        let label = if let Some(cited) = cited {
            refused.push(Refused { title: item.title.clone(), label: cited.number.clone() });
            cited.number.clone()
        } else {
            number = number.checked_add(1).ok_or(CiteError::NoNumber)?;
            added.push((number, request.template.fill(item, request.accessed)));
            let label = Some(number.to_string());
            known.push(Reference {
                number: label.clone(),
                title: Some(item.title.clone()),
                url: item.url.clone(),
                ..Reference::default()
            });
            label
        };
        labels.extend(label.filter(|label| !labels.contains(label)));
    }
    let mut new = text.to_owned();
    let notes = definitions(text, start, &section, &added, request.english);
    let mut edits: Vec<(usize, String)> = notes.into_iter().collect();
    let mut marked = Vec::new();
    if let Some(at) = place {
        // Behind the marks that stand there already, and none of them again.
        let (there, end) = mark::marks_at(text, at);
        labels.retain(|label| !there.contains(&label.as_str()));
        edits.push((end, marks(&labels)));
        marked = labels;
    }
    // From the end, so that no place moves; at one place, the mark stands before the notes.
    edits.sort_by_key(|(at, _)| Reverse(*at));
    for (at, inserted) in edits {
        new.insert_str(at, &inserted);
    }
    Ok(Appended { text: new, added, refused, marked })
}

/// Where the body begins: behind the front matter, or behind a byte order mark.
fn body_start(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    front::body_offset(text).unwrap_or(mark)
}

/// Where the mark goes, in bytes of the file.
fn place(text: &str, start: usize, marked: &str) -> Result<usize, CiteError> {
    let places = mark::places(&text[start..], marked);
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let lines = |places: Vec<usize>| Lines(places.into_iter().map(line).collect());
    let marked = marked.to_owned();
    match places.open.as_slice() {
        [place] => Ok(start + place.mark),
        [] => {
            let mut closed: Vec<usize> = places.closed.iter().map(|at| start + at).collect();
            if !marked.is_empty() {
                closed.splice(0..0, text[..start].match_indices(&marked).map(|(at, _)| at));
            }
            if closed.is_empty() {
                return Err(CiteError::NoText(marked));
            }
            Err(CiteError::NoPlace { text: marked, lines: lines(closed) })
        }
        several => {
            let lines = lines(several.iter().map(|place| start + place.text).collect());
            Err(CiteError::Ambiguous { text: marked, lines })
        }
    }
}

/// What the article cites. A front matter that says nothing, because something is wrong with it,
/// leaves the footnotes.
fn references(text: &str, body: &str) -> Vec<Reference> {
    front::read("", text, Tz::UTC).map_or_else(
        |_| reference::in_body(&body.replace("\r\n", "\n")),
        |article| article.references.to_vec(),
    )
}

/// Where definitions go behind the last one, and what is written there; none where there are none.
fn definitions(
    text: &str,
    start: usize,
    section: &Section,
    added: &[(u32, String)],
    english: bool,
) -> Option<(usize, String)> {
    let mut at = start + section.end;
    if !section.follows_definition && text[at..].trim().is_empty() {
        at = text.len();
    }
    let (before, after) = text.split_at(at);
    let newline = newline(before, text);
    let mut lines: Vec<String> = Vec::new();
    if !section.follows_definition {
        let open = after.is_empty() && mark::ends_open(&text[start..]);
        let closing = section.unclosed.clone().filter(|_| open);
        if closing.is_some() || !ends_blank(before) {
            lines.extend(closing);
            lines.push(String::new());
        }
        if section.heading.is_none() {
            let heading = if english { "## References" } else { "## 引用" };
            lines.extend([heading.to_owned(), String::new()]);
        }
    }
    lines.extend(added.iter().map(|(number, citation)| footnote(*number, citation)));
    if !section.follows_definition && !after.is_empty() && !after.starts_with(['\n', '\r']) {
        // What follows is no part of the note.
        lines.push(String::new());
    }
    let mut inserted = lines.join(newline);
    if !before.is_empty() && !before.ends_with('\n') {
        inserted.insert_str(0, newline);
    }
    // A file without a newline at its end stays one.
    if !after.is_empty() || text.ends_with('\n') {
        inserted.push_str(newline);
    }
    (!added.is_empty()).then_some((at, inserted))
}

/// The line end that is in use before the place, or else in the file.
fn newline(before: &str, text: &str) -> &'static str {
    let last = before.rfind('\n').map_or(text, |at| &before[..=at]);
    let crlf = last.ends_with("\r\n") || !last.ends_with('\n') && last.contains("\r\n");
    if crlf { "\r\n" } else { "\n" }
}

/// Whether nothing stands on the line before the end of a text, or nothing at all.
fn ends_blank(text: &str) -> bool {
    text.lines().next_back().is_none_or(|line| line.trim().is_empty())
}

/// One thing by its address, as the source has it or as a citation would write it, or by its title.
fn is_same(known: &Reference, item: &Candidate) -> bool {
    let known_key = known.url.as_deref().and_then(canonical);
    let written = item.url.as_deref().and_then(super::escape::address);
    let keys = [item.url.as_deref(), written.as_deref()].map(|url| url.and_then(canonical));
    if known_key.is_some() && keys.contains(&known_key) {
        return true;
    }
    let (title, known_title) = (title_key(&item.title), known.title.as_deref().map(title_key));
    known_title.is_some_and(|other| match known_key {
        Some(_) => !title.is_empty() && other == title,
        None => is_one(&other, &title),
    })
}

#[cfg(test)]
mod tests;
