//! From the bytes of a feed to what is kept of it, whoever brought them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use url::Url;

use crate::source::item::{self, Sighting};
use crate::source::parse;
use crate::source::politeness::{Rhythm, Wishes};
use crate::source::websub::Links;

/// What the bytes of a feed say.
pub(super) struct Reading {
    pub(super) wishes: Wishes,
    pub(super) rhythm: Rhythm,
    pub(super) links: Links,
    pub(super) items: Vec<Sighting>,
}

/// Reads what `source` says at `now`; or why it cannot be read. A panic in a parser is such a reason
/// as well.
pub(super) fn read(
    source: &str,
    bytes: &[u8],
    content_type: Option<&str>,
    base: Option<&Url>,
    now: DateTime<Utc>,
) -> Result<Reading, String> {
    let read = catch_unwind(AssertUnwindSafe(|| {
        let parsed = parse::parse(bytes, content_type, base).map_err(|error| error.to_string())?;
        let dates = parsed.items.iter().filter_map(|it| it.published.or(it.updated));
        let rhythm = Rhythm::of(dates, now);
        let items = item::items(source, &parsed, now);
        Ok(Reading { wishes: parsed.wishes, rhythm, links: parsed.links, items })
    }));
    read.unwrap_or_else(|_| Err("the feed could not be read".to_owned()))
}
