//! A feed in one format is a head, the bytes of its entries, and a tail.
//!
//! An entry's bytes are the same in every feed that shows it, so they are made once and shared
//! (see `fragments`); only the [`Frame`] belongs to one feed.

use thiserror::Error;

use super::plan::Plan;
use super::{Content, Entry, Feed, Format, Settings, Text, atom, json, rss};

/// What stands around the entries of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Up to the first entry.
    pub head: Vec<u8>,
    /// Between two entries.
    pub between: &'static [u8],
    /// After the last entry.
    pub tail: &'static [u8],
}

/// A library refused to write what we asked for, or wrote it in an unknown way.
#[derive(Debug, Error)]
pub enum RenderError {
    /// From the `rss` crate.
    #[error("RSS could not be written: {0}")]
    Rss(#[from] ::rss::Error),
    /// From the `atom_syndication` crate.
    #[error("Atom could not be written: {0}")]
    Atom(#[from] atom_syndication::Error),
    /// From `serde_json`.
    #[error("JSON could not be written: {0}")]
    Json(#[from] serde_json::Error),
    /// A body cannot be had.
    #[error("{0}")]
    Body(String),
    /// The bytes do not have the marks at which entries are taken out of their frame.
    #[error("the {0} library writes feeds in a new way that this version does not know")]
    Mark(Format),
}

impl Format {
    /// The bytes of one entry with this HTML as its content, whichever feed it stands in.
    ///
    /// # Errors
    ///
    /// [`RenderError`] where the format's library fails.
    pub fn entry(self, entry: &Entry, content: Option<&Text>) -> Result<Vec<u8>, RenderError> {
        match self {
            Self::Rss => rss::entry(entry, content),
            Self::Atom => atom::entry(entry, content),
            Self::Json => json::entry(entry, content),
        }
    }

    /// What stands around the entries of `feed`.
    ///
    /// # Errors
    ///
    /// [`RenderError`] where the format's library fails.
    pub fn frame(self, feed: &Feed, settings: &Settings) -> Result<Frame, RenderError> {
        match self {
            Self::Rss => rss::frame(feed, settings),
            Self::Atom => atom::frame(feed, settings),
            Self::Json => json::frame(feed, settings),
        }
    }
}

impl Frame {
    /// The frame with `entries` in it, in parts to be written one behind the other.
    pub fn around<'a>(&'a self, entries: impl Iterator<Item = &'a [u8]>) -> Vec<&'a [u8]> {
        let mut parts: Vec<&[u8]> = vec![&self.head];
        for (at, entry) in entries.enumerate() {
            if at > 0 {
                parts.push(self.between);
            }
            parts.push(entry);
        }
        parts.push(self.tail);
        parts
    }
}

/// The bytes of one entry of `plan` in each of `formats`.
pub(super) fn entry(
    plan: &Plan,
    entry: &Entry,
    formats: &[Format],
) -> Result<Vec<Vec<u8>>, RenderError> {
    let rendered;
    let content = match &entry.content {
        Content::None => None,
        Content::Html(html) => Some(html),
        Content::Page(page) => {
            rendered = Text::from(plan.body(*page).map_err(RenderError::Body)?);
            Some(&rendered)
        }
    };
    formats.iter().map(|format| format.entry(entry, content)).collect()
}

/// The whole of one feed of `plan` in one format.
///
/// # Errors
///
/// [`RenderError`] where the format's library fails.
pub fn render(
    plan: &Plan,
    feed: &Feed,
    format: Format,
    settings: &Settings,
) -> Result<Vec<u8>, RenderError> {
    let entries = feed
        .entries
        .iter()
        .map(|shown| entry(plan, shown, &[format]).map(|bytes| bytes.concat()))
        .collect::<Result<Vec<Vec<u8>>, RenderError>>()?;
    let frame = format.frame(feed, settings)?;
    Ok(frame.around(entries.iter().map(Vec::as_slice)).concat())
}
