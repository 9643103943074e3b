//! Reads a feed: whatever bytes came, into a [`Parsed`].
//!
//! RSS 0.90 to 2.0, RSS on RDF, Atom 0.3 and 1.0, CDF, JSON Feed, and what people take for one of
//! them. [`charset`] makes text of the bytes; a scanner cuts it at its tags, a reader keeps what
//! means something ([`names`] knows what), and what is made of that is the same for all dialects.
//! What cannot be understood in an entry is left out of it, and the entry stays. `docs/parsing.md`
//! tells what is mended and how dates and addresses are chosen.

use thiserror::Error;
use url::Url;

use super::{Parsed, charset};

mod dates;
mod entry;
mod field;
mod items;
mod json;
mod link;
mod names;
mod reader;
pub mod report;
mod scan;
mod text;
mod wishes;

pub use text::plain;

/// How much of a page is searched for the feed that it names, in bytes: its head is far smaller.
const HEAD: usize = 256 << 10;

/// Why there is nothing to read.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ParseError {
    /// No bytes.
    #[error("the answer is empty")]
    Empty,
    /// A page for people.
    #[error("this is a web page and no feed{}", found.as_ref().map_or(String::new(), |feed| format!("; it names {feed} as its feed")))]
    Page {
        /// The feed that the page names.
        found: Option<String>,
    },
    /// Neither XML nor JSON, or neither of a feed's.
    #[error("this is no feed: {0}")]
    Unknown(String),
}

/// Reads `bytes`; `base` is where they came from, and what relative links start from.
///
/// # Errors
///
/// There is no feed in them.
pub fn parse(
    bytes: &[u8],
    content_type: Option<&str>,
    base: Option<&Url>,
) -> Result<Parsed, ParseError> {
    let text = charset::decode(bytes, content_type);
    let trimmed =
        text.trim_start_matches(|c: char| c == '\u{feff}' || c == '\0' || c.is_whitespace());
    if trimmed.is_empty() {
        return Err(ParseError::Empty);
    }
    if trimmed.starts_with('{') {
        return json::parse(trimmed, base);
    }
    reader::read(trimmed, base).map_err(|first| match first.as_deref() {
        Some("html") => {
            let head = &trimmed[..trimmed.floor_char_boundary(HEAD)];
            let found = super::discover::feeds(head, base).into_iter().next();
            ParseError::Page { found: found.map(|link| link.url) }
        }
        Some(other) => ParseError::Unknown(format!("it begins with <{other}>")),
        None => ParseError::Unknown("it has no element".to_owned()),
    })
}

#[cfg(test)]
mod tests;
