//! The job that visits sources and keeps what they bring.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use thiserror::Error;
use tokio::task::{JoinSet, spawn_blocking};

use super::lock::{self, Lock};
use super::websub;
use crate::config::Config;
use crate::source::Source;
use crate::source::fetch::{FetchError, Fetcher, Network};
use crate::source::politeness::pace::Pace;
use crate::source::politeness::{self, State};
use crate::source::websub::Subscription;
use crate::store::{Store, StoreError};
pub(super) use round::time;
use round::{Round, deferred};

mod round;

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
    /// Failures in a row, as far as they are known; the state of the source tells programs of them.
    #[serde(skip)]
    pub failures: u32,
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
    let started = Instant::now();
    let is_unknown = |id: &&String| sources.iter().all(|source| source.id != **id);
    if let Some(id) = request.sources.iter().find(is_unknown) {
        return Err(FetchJobError::NoSuchSource(id.clone()));
    }
    let _lock = lock(config).await?;
    let known = Known::read(config, store, now).await?;
    let (mut due, others) = known.divide(config, sources, request, now);
    let mut report: Vec<(usize, Visited)> = Vec::new();
    for one in others.iter().filter(|one| request.asks(one.source)) {
        let visited = deferred(one.source, &one.state);
        done(&visited);
        report.push((one.place, visited));
    }
    if due.is_empty() {
        return Ok(Report::of(report, started));
    }
    claim(store, &due, now).await?;
    let paces = known.paces.into_iter().map(|(host, pace)| (host, pace.plausible(now))).collect();
    let fetcher = Fetcher::with(config.fetch.clone(), paces, &Network::default())?;
    let subscribes = config.public_url.is_some();
    let round = Arc::new(Round::new(fetcher, store.clone(), subscribes, config.raw_days > 0));
    for one in others.iter().filter(|one| one.source.enabled) {
        round.note(one.source, &one.state);
    }
    // Who has waited longest comes first, where a host lets only some in.
    due.sort_by_key(|one| one.state.next_at);
    let mut visits = JoinSet::new();
    for Standing { place, source, state } in due {
        let (round, source) = (Arc::clone(&round), source.clone());
        let limits = config.limits.of(&source);
        visits.spawn(async move { (place, round.visit(source, state, limits, now).await) });
    }
    while let Some(joined) = visits.join_next().await {
        match joined {
            Ok((place, visited)) => {
                done(&visited);
                report.push((place, visited));
            }
            Err(error) => tracing::error!("a visit broke down: {error}"),
        }
    }
    Ok(Report::of(report, started))
}

/// Waits until no other process visits sources.
async fn lock(config: &Config) -> Result<Lock, FetchJobError> {
    let path = config.store.with_extension("fetch.lock");
    let file = path.display().to_string();
    let acquire = move || {
        lock::acquire(&path, || tracing::info!("waiting for another process to finish its visits"))
    };
    let locked = spawn_blocking(acquire).await.unwrap_or_else(|error| Err(io::Error::other(error)));
    locked.map_err(|source| FetchJobError::Lock { file, source })
}

/// What is known of sources and their hosts before a round.
struct Known {
    states: HashMap<String, State>,
    paces: HashMap<String, Pace>,
    subscriptions: Vec<Subscription>,
}

/// A source, its place in the list, and how it stands with it.
struct Standing<'a> {
    place: usize,
    source: &'a Source,
    state: State,
}

impl Known {
    async fn read(config: &Config, store: &Store, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let store = store.clone();
        let kept_since = now - TimeDelta::days(i64::from(config.raw_days));
        let read = move || {
            store.prune_raws(kept_since)?;
            let subscriptions = websub::known(&store, now)?;
            Ok(Self { states: store.states()?, paces: store.paces()?, subscriptions })
        };
        spawn_blocking(read).await.map_err(|_| StoreError::Gone)?
    }

    /// The sources that are to be visited now, and all others.
    fn divide<'a>(
        &self,
        config: &Config,
        sources: &'a [Source],
        request: &Request,
        now: DateTime<Utc>,
    ) -> (Vec<Standing<'a>>, Vec<Standing<'a>>) {
        let stand = |(place, source): (usize, &'a Source)| {
            let state = self.states.get(&source.id).cloned().unwrap_or_default().of(&source.url);
            Standing { place, source, state: state.plausible(now, &config.limits.of(source)) }
        };
        let is_due = |one: &Standing| {
            let Standing { source, state, .. } = one;
            let at_once = request.all || request.sources.contains(&source.id);
            let longest = config.limits.of(source).max_interval;
            // Its hub brings the news.
            let is_spared = |subscription: &Subscription| {
                subscription.source == source.id
                    && subscription.spares(state.last_success, longest, now)
            };
            let waits =
                !at_once && config.public_url.is_some() && self.subscriptions.iter().any(is_spared);
            request.asks(source)
                && source.enabled
                && !waits
                && politeness::is_due(state, now, at_once)
        };
        sources.iter().enumerate().map(stand).partition(is_due)
    }
}

impl Request {
    /// Whether it is about this source.
    fn asks(&self, source: &Source) -> bool {
        self.sources.contains(&source.id) || self.sources.is_empty() && source.enabled
    }
}

/// Nobody is asked whose answer could not be remembered; and who is asked when everything ends at once
/// is not asked again at once.
async fn claim(store: &Store, due: &[Standing<'_>], now: DateTime<Utc>) -> Result<(), StoreError> {
    let claimed: Vec<_> = due.iter().map(|one| claimed(one.source, &one.state, now)).collect();
    let store = store.clone();
    spawn_blocking(move || store.keep_states(claimed)).await.map_err(|_| StoreError::Gone)?
}

/// How long a source is left alone of whose visit nothing was ever heard.
const UNHEARD: TimeDelta = TimeDelta::minutes(10);

/// What is kept of a source while it is visited.
fn claimed(source: &Source, state: &State, now: DateTime<Utc>) -> (String, State) {
    let next_at = state.next_at.max(Some(now + UNHEARD));
    (source.id.clone(), State { next_at, ..state.clone() })
}

impl Report {
    /// How many items are new, or have another text.
    pub fn news(&self) -> usize {
        self.sources.iter().map(|one| one.items_new + one.items_updated).sum()
    }

    /// Whether sources were visited and all of them failed: one that does is the report's business, all
    /// of them are the job's.
    pub fn all_failed(&self) -> bool {
        let mut tried = self.sources.iter().filter(|one| one.outcome != "deferred").peekable();
        tried.peek().is_some() && tried.all(|one| one.outcome == "failed")
    }

    /// What is known of each source, brought into the order of the list.
    fn of(mut visited: Vec<(usize, Visited)>, started: Instant) -> Self {
        visited.sort_by_key(|(place, _)| *place);
        Self {
            sources: visited.into_iter().map(|(_, visited)| visited).collect(),
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}
