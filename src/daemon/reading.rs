//! From the bytes of a feed to what is kept of it, whoever brought them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use thiserror::Error;
use url::Url;

use crate::source::item::{self, Sighting};
use crate::source::parse::{self, ParseError};
use crate::source::politeness::{Rhythm, Wishes};
use crate::source::websub::Links;

/// What the bytes of a feed say.
pub(super) struct Reading {
    pub(super) wishes: Wishes,
    pub(super) rhythm: Rhythm,
    pub(super) links: Links,
    pub(super) items: Vec<Sighting>,
}

/// Why the bytes of a feed cannot be read.
#[derive(Debug, Error)]
pub(super) enum Unread {
    /// They are none of a feed.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// A parser panicked, which must not be a dead daemon.
    #[error("the feed could not be read")]
    Panic,
}

/// Reads what `source` says at `now`.
///
/// # Errors
///
/// [`Unread`].
pub(super) fn read(
    source: &str,
    bytes: &[u8],
    content_type: Option<&str>,
    base: Option<&Url>,
    now: DateTime<Utc>,
) -> Result<Reading, Unread> {
    let read = catch_unwind(AssertUnwindSafe(|| {
        let parsed = parse::parse(bytes, content_type, base)?;
        let dates = parsed.items.iter().filter_map(|it| it.published.or(it.updated));
        let rhythm = Rhythm::of(dates, now);
        let items = item::items(source, &parsed, now);
        Ok(Reading { wishes: parsed.wishes, rhythm, links: parsed.links, items })
    }));
    read.unwrap_or(Err(Unread::Panic))
}
