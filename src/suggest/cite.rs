//! Writes a suggestion as a footnote in the site's style, and footnotes into an article.
//!
//! [`Template`] says how a citation is written, in a small language in which the common styles are
//! written too; a part that is missing drops out with the punctuation that belongs to it.
//! [`append`] sets the footnote behind an article's last one, and its mark in the text where that is
//! asked for: it changes nothing else, not a byte before, none after, and keeps the file's line ends.

use chrono::NaiveDate;

use super::Candidate;
use super::identity::title_key;
use join::Piece;
use template::{Node, Part};

mod append;
mod escape;
mod join;
mod names;
mod template;

pub use append::{Appended, CiteError, Refused, Request, append};
pub use escape::text;
pub use template::{PRESETS, Template, TemplateError};

/// A footnote's line.
pub fn footnote(number: u32, citation: &str) -> String {
    format!("[^{number}]: {citation}")
}

/// The marks of footnotes, one behind the other.
pub fn marks(labels: &[String]) -> String {
    labels.iter().map(|label| format!("[^{label}]")).collect::<Vec<_>>().concat()
}

impl Template {
    /// The citation of `item` without its number, as of the day on which it was read.
    pub fn fill(&self, item: &Candidate, accessed: NaiveDate) -> String {
        let mut pieces = Vec::new();
        fill(&self.0, item, accessed, &mut pieces);
        escape::beginning(&join::join(&pieces))
    }
}

/// Fills nodes; tells whether every part of them is there.
fn fill<'a>(
    nodes: &'a [Node],
    item: &Candidate,
    accessed: NaiveDate,
    pieces: &mut Vec<Piece<'a>>,
) -> bool {
    let mut complete = true;
    for node in nodes {
        let there = match node {
            Node::Text(text) => {
                pieces.push(Piece::Text(text));
                true
            }
            Node::Part(Part::Given(part)) => value(part, item, accessed).is_some(),
            Node::Part(part) => {
                let value = value(part, item, accessed);
                let there = value.is_some();
                let piece = if *part == Part::Url { Piece::Address } else { Piece::Value };
                pieces.push(value.map_or(Piece::Gap, piece));
                there
            }
            Node::Group(alternatives) => {
                let start = pieces.len();
                let found = alternatives.iter().any(|one| {
                    pieces.truncate(start);
                    fill(one, item, accessed, pieces)
                });
                if !found {
                    pieces.truncate(start);
                    pieces.push(Piece::Gap);
                }
                found
            }
        };
        complete &= there;
    }
    complete
}

/// What a part says of an item, in Markdown; none where there is nothing to say.
fn value(part: &Part, item: &Candidate, accessed: NaiveDate) -> Option<String> {
    let day = |day: NaiveDate, format: &str| day.format(format).to_string();
    let text = |text: &str| Some(escape::part(text)).filter(|text| !text.is_empty());
    match part {
        Part::Author(names) => names.write(item.author.as_deref()?, escape::part),
        Part::Date(format) => Some(day(item.published?, format)),
        Part::Title => text(&item.title),
        Part::Url => escape::address(item.url.as_deref()?),
        Part::Publication => text(item.publication.as_deref()?),
        Part::OtherPublication => {
            let publication = item.publication.as_deref()?;
            let author = item.author.as_deref().map(title_key);
            text(publication).filter(|_| author != Some(title_key(publication)))
        }
        Part::Accessed(format) => Some(day(accessed, format)),
        Part::Given(part) => value(part, item, accessed),
    }
}

#[cfg(test)]
mod tests;
