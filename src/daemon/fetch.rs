//! The job that visits sources and keeps what they bring.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use thiserror::Error;
use tokio::task::{JoinSet, spawn_blocking};

use super::lock;
use crate::config::Config;
use crate::source::fetch::{FetchError, Fetcher};
use crate::source::politeness::{self, Limits, Outcome, State};
use crate::source::{Source, item, parse};
use crate::store::{Kept, Store, StoreError};

/// Which sources to visit.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Only these; all where it is empty.
    pub sources: Vec<String>,
    /// Those that are not due as well.
    pub all: bool,
}

/// What the visits brought.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// One for each source, in order of the list.
    pub sources: Vec<Visited>,
    /// Milliseconds.
    pub elapsed_ms: u64,
}

/// What a visit to one source brought.
#[derive(Debug, Clone, Serialize)]
pub struct Visited {
    /// The source.
    pub id: String,
    /// `updated`, `unchanged`, `failed`, `gone` or `deferred`.
    pub outcome: &'static str,
    /// Status of the answer, if there was one.
    pub http: Option<u16>,
    /// Items that nobody had brought before.
    pub items_new: usize,
    /// Items whose text has changed.
    pub items_updated: usize,
    /// What went wrong.
    pub error: Option<String>,
    /// Not to be visited before.
    pub next_at: Option<String>,
}

/// Why no source was visited.
#[derive(Debug, Error)]
pub enum FetchJobError {
    /// A source that is not in the list was asked for.
    #[error("there is no source {0}; `headwater sources list` shows them")]
    NoSuchSource(String),
    /// The clients cannot be made.
    #[error(transparent)]
    Client(#[from] FetchError),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process's visits cannot be waited for.
    #[error("{file}: cannot be locked: {source}")]
    Lock {
        /// The file.
        file: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Visits the sources that are due, and calls `done` for each that has been dealt with.
///
/// # Errors
///
/// [`FetchJobError`]. A source that fails is no error but a line of the report.
pub async fn fetch(
    config: &Config,
    store: &Store,
    sources: &[Source],
    request: &Request,
    now: DateTime<Utc>,
    done: impl Fn(&Visited),
) -> Result<Report, FetchJobError> {
    let started = std::time::Instant::now();
    for id in &request.sources {
        if sources.iter().all(|source| source.id != *id) {
            return Err(FetchJobError::NoSuchSource(id.clone()));
        }
    }
    let path = config.store.with_extension("fetch.lock");
    let locked = {
        let path = path.clone();
        spawn_blocking(move || {
            lock::acquire(&path, || {
                tracing::info!("waiting for another process to finish its visits")
            })
        })
    };
    let failed = |source| FetchJobError::Lock { file: path.display().to_string(), source };
    let _lock = locked.await.map_err(|error| failed(io::Error::other(error)))?.map_err(failed)?;
    let mut states = {
        let store = store.clone();
        spawn_blocking(move || store.states()).await.map_err(|_| StoreError::Gone)??
    };
    let fetcher = Arc::new(Fetcher::new(config.fetch.clone())?);
    let mut visits = JoinSet::new();
    let mut report: Vec<(usize, Visited)> = Vec::new();
    for (place, source) in sources.iter().enumerate() {
        let named = request.sources.contains(&source.id);
        if !named && (!request.sources.is_empty() || !source.enabled) {
            continue;
        }
        let state = states.remove(&source.id).unwrap_or_default();
        if !source.enabled || !politeness::is_due(&state, now, request.all || named) {
            let visited = deferred(source, &state);
            done(&visited);
            report.push((place, visited));
            continue;
        }
        let (fetcher, store, source) = (Arc::clone(&fetcher), store.clone(), source.clone());
        let limits = Limits {
            min_interval: source.interval.unwrap_or(config.limits.min_interval),
            max_interval: config.limits.max_interval,
        };
        visits.spawn(
            async move { (place, visit(&fetcher, store, source, state, limits, now).await) },
        );
    }
    while let Some(joined) = visits.join_next().await {
        match joined {
            Ok((place, visited)) => {
                done(&visited);
                report.push((place, visited));
            }
            Err(error) => tracing::error!(%error, "a visit broke down"),
        }
    }
    report.sort_by_key(|(place, _)| *place);
    Ok(Report {
        sources: report.into_iter().map(|(_, visited)| visited).collect(),
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

async fn visit(
    fetcher: &Fetcher,
    store: Store,
    source: Source,
    state: State,
    limits: Limits,
    now: DateTime<Utc>,
) -> Visited {
    let fetched = fetcher.visit(&source, &state, now).await;
    let id = source.id.clone();
    let kept = spawn_blocking(move || {
        let mut visit = fetched.visit;
        let mut items = Vec::new();
        if let Some(body) = fetched.body {
            // A panic in a parser is a failed visit and not a dead daemon.
            let parsed = catch_unwind(AssertUnwindSafe(|| {
                parse::parse(&body.bytes, body.content_type.as_deref(), body.url.as_ref())
            }));
            match parsed {
                Ok(Ok(parsed)) => {
                    visit.ttl =
                        parsed.ttl.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
                    items = item::items(&source.id, &parsed, now);
                }
                Ok(Err(error)) => visit.error = Some(error.to_string()),
                Err(_) => visit.error = Some("the feed could not be read".to_owned()),
            }
        }
        let next = politeness::after(&state, &visit, now, &limits);
        let kept = store.keep_visit(&source.id, next.clone(), items);
        (visit, next, kept)
    });
    match kept.await {
        Ok((visit, next, Ok(kept))) => visited(id, &visit, &next, kept),
        Ok((_, next, Err(error))) => failure(id, &next, &error),
        Err(_) => failure(id, &State::default(), &StoreError::Gone),
    }
}

fn visited(id: String, visit: &politeness::Visit, state: &State, kept: Kept) -> Visited {
    let outcome = match politeness::outcome(visit) {
        Outcome::Updated => "updated",
        Outcome::Unchanged => "unchanged",
        Outcome::Failed => "failed",
        Outcome::Gone => "gone",
    };
    Visited {
        id,
        outcome,
        http: visit.status,
        items_new: kept.new,
        items_updated: kept.updated,
        error: state.last_error.clone(),
        next_at: state.next_at.map(time),
    }
}

fn failure(id: String, state: &State, error: &StoreError) -> Visited {
    let error = Some(error.to_string());
    let next_at = state.next_at.map(time);
    Visited { id, outcome: "failed", http: None, items_new: 0, items_updated: 0, error, next_at }
}

fn deferred(source: &Source, state: &State) -> Visited {
    let (outcome, error) = if state.gone {
        ("gone", state.last_error.clone())
    } else if source.enabled {
        ("deferred", None)
    } else {
        ("deferred", Some("the source is disabled".to_owned()))
    };
    Visited {
        id: source.id.clone(),
        outcome,
        http: None,
        items_new: 0,
        items_updated: 0,
        error,
        next_at: state.next_at.map(time),
    }
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
