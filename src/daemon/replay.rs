//! The job that reads kept visits again: what a better parser makes of them improves what is stored.
//!
//! Nobody is asked anything, and nothing that decides about visits is touched: neither the state of
//! a source nor the pace of a host.

use std::collections::HashMap;
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde::Serialize;
use url::Url;

use super::fetch::{FetchJobError, time};
use super::{lock, reading};
use crate::config::Config;
use crate::source::fetch::Body;
use crate::source::item::Sighting;
use crate::source::politeness::Visit;
use crate::source::{Item, Source};
use crate::store::{Changed, Raw, Store, StoreError};

/// What reading again has changed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// One for each source of which something is kept, in order of the list.
    pub sources: Vec<Replayed>,
    /// Milliseconds.
    pub elapsed_ms: u64,
}

/// What reading the visits to one source again has changed.
#[derive(Debug, Clone, Serialize)]
pub struct Replayed {
    /// The source.
    pub id: String,
    /// `updated`, `unchanged`, or `failed` where nothing could be read.
    pub outcome: &'static str,
    /// How many visits were read.
    pub visits: usize,
    /// Items that were not there.
    pub items_new: usize,
    /// Items that are no longer as they were.
    pub items_updated: usize,
    /// Why the last of those that cannot be read cannot.
    pub error: Option<String>,
    /// Nothing was asked.
    pub http: Option<u16>,
    /// As it was before.
    pub next_at: Option<String>,
    /// What has changed.
    pub items: Vec<ReplayedItem>,
}

/// An item that has changed.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayedItem {
    /// Its identifier.
    pub id: String,
    /// Its title, as it is now.
    pub title: String,
    /// Whether it was not there.
    pub new: bool,
}

impl From<Changed> for ReplayedItem {
    fn from(changed: Changed) -> Self {
        Self { id: changed.id, title: changed.title, new: changed.is_new }
    }
}

/// What a visit to `source` brought, to be kept.
pub(super) fn raw(source: &str, visit: &Visit, body: Body, at: DateTime<Utc>) -> Raw {
    Raw {
        source: source.to_owned(),
        at,
        url: body.url.map(String::from),
        status: visit.status,
        content_type: body.content_type,
        bytes: body.bytes,
    }
}

/// Reads what is kept of `only`, or of all sources where that is empty, in order of time.
///
/// # Errors
///
/// [`FetchJobError`]. An answer that cannot be read is no error but a line of the report.
pub fn replay(
    config: &Config,
    store: &Store,
    sources: &[Source],
    only: &[String],
) -> Result<Report, FetchJobError> {
    let started = Instant::now();
    if let Some(id) = only.iter().find(|id| sources.iter().all(|source| source.id != **id)) {
        return Err(FetchJobError::NoSuchSource(id.clone()));
    }
    // A visit that ends meanwhile would be older than what was made of it.
    let path = config.store.with_extension("fetch.lock");
    let waiting = || tracing::info!("waiting for another process to finish its visits");
    let _lock = lock::acquire(&path, waiting)
        .map_err(|source| FetchJobError::Lock { file: path.display().to_string(), source })?;
    let is_asked = |id: &str| {
        sources.iter().any(|source| source.id == id)
            && (only.is_empty() || only.iter().any(|only| only == id))
    };
    let mut found: HashMap<String, Found> = HashMap::new();
    let (mut items, mut last) = (Vec::new(), HashMap::new());
    for (source, at) in store.raws()?.into_iter().filter(|(source, _)| is_asked(source)) {
        let found = found.entry(source.clone()).or_default();
        found.visits += 1;
        match read(store, &source, at)? {
            Ok(read) => items.extend(read.into_iter().filter(|seen| is_news(&mut last, seen))),
            Err(reason) => {
                found.failures += 1;
                found.error = Some(format!("what came {} cannot be read: {reason}", time(at)));
            }
        }
    }
    let mut changed = store.replay(items)?;
    let states = store.states()?;
    let sources = sources.iter().filter(|source| is_asked(&source.id)).filter_map(|source| {
        let found = match found.remove(&source.id) {
            None if only.is_empty() => return None,
            found => found.unwrap_or_default(),
        };
        let items = changed.remove(&source.id).unwrap_or_default();
        let next_at = states.get(&source.id).and_then(|state| state.next_at).map(time);
        Some(found.told(&source.id, items, next_at))
    });
    Ok(Report {
        sources: sources.collect(),
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// What was found of one source.
#[derive(Default)]
struct Found {
    visits: usize,
    failures: usize,
    error: Option<String>,
}

impl Found {
    fn told(self, id: &str, items: Vec<Changed>, next_at: Option<String>) -> Replayed {
        let new = items.iter().filter(|item| item.is_new).count();
        let outcome = match self {
            Self { visits: 1.., .. } if self.failures == self.visits => "failed",
            _ if items.is_empty() => "unchanged",
            _ => "updated",
        };
        Replayed {
            id: id.to_owned(),
            outcome,
            visits: self.visits,
            items_new: new,
            items_updated: items.len() - new,
            error: self.error,
            http: None,
            next_at,
            items: items.into_iter().map(ReplayedItem::from).collect(),
        }
    }
}

/// The items of a kept visit, as seen when it was made; or why there are none.
fn read(
    store: &Store,
    source: &str,
    at: DateTime<Utc>,
) -> Result<Result<Vec<Sighting>, String>, StoreError> {
    let raw = match store.raw(source, at) {
        Ok(Some(raw)) => raw,
        Ok(None) => return Ok(Ok(Vec::new())),
        Err(damaged @ StoreError::Damaged { .. }) => return Ok(Err(damaged.to_string())),
        Err(error) => return Err(error),
    };
    let base = raw.url.as_deref().and_then(|url| Url::parse(url).ok());
    let read = reading::read(source, &raw.bytes, raw.content_type.as_deref(), base.as_ref(), at);
    Ok(read.map(|read| read.items).map_err(|error| error.to_string()))
}

/// Whether `seen` differs from what its source said of it the `last` time.
fn is_news(last: &mut HashMap<(String, String), Sighting>, seen: &Sighting) -> bool {
    let item = &seen.item;
    // When it was seen says nothing; nor does a publication that is only that.
    let unseen = DateTime::<Utc>::UNIX_EPOCH;
    let is_dated = item.published != item.first_seen;
    let published = if is_dated { item.published } else { unseen };
    let item_said = Item { first_seen: unseen, published, ..item.clone() };
    let said = Sighting { item: item_said, keys: seen.keys.clone() };
    let key = (item.source.clone(), item.id.clone());
    last.insert(key, said.clone()).is_none_or(|before| before != said)
}
