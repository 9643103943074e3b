//! The job that visits sources and keeps what they bring.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;
use thiserror::Error;
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::task::AbortOnDropHandle;

use super::reading::{self, Unread};
use super::{lock, replay, stories, websub};
use crate::config::Config;
use crate::source::fetch::{FetchError, Fetched, Fetcher, Network};
use crate::source::parse::ParseError;
use crate::source::politeness::pace::Agenda;
use crate::source::politeness::{self, Limits, Outcome, State};
use crate::source::websub::Subscription;
use crate::source::{Source, discover};
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
    let started = Instant::now();
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
    let (mut states, paces, subscriptions) = {
        let store = store.clone();
        let kept_since = now - TimeDelta::days(i64::from(config.raw_days));
        let read = move || {
            store.prune_raws(kept_since)?;
            Ok::<_, StoreError>((store.states()?, store.paces()?, store.subscriptions()?))
        };
        spawn_blocking(read).await.map_err(|_| StoreError::Gone)??
    };
    let subscribes = config.public_url.is_some();
    let (mut due, mut waiting) = (Vec::new(), Vec::new());
    let mut report: Vec<(usize, Visited)> = Vec::new();
    for (place, source) in sources.iter().enumerate() {
        let state = states.remove(&source.id).unwrap_or_default().of(&source.url);
        let named = request.sources.contains(&source.id);
        let asked = named || request.sources.is_empty() && source.enabled;
        let at_once = request.all || named;
        let limits = config.limits.of(source);
        let is_spared = |one: &Subscription| {
            one.source == source.id && one.spares(state.last_success, limits.max_interval, now)
        };
        let waits = !at_once && subscribes && subscriptions.iter().any(is_spared);
        if asked && source.enabled && !waits && politeness::is_due(&state, now, at_once) {
            due.push((place, source.clone(), state));
            continue;
        }
        if asked {
            let visited = deferred(source, &state);
            done(&visited);
            report.push((place, visited));
        }
        waiting.push((source, state));
    }
    if due.is_empty() {
        return Ok(Report::of(report, started));
    }
    // Nobody is asked whose answer could not be remembered; and who is asked when everything ends
    // at once is not asked again at once.
    let claimed: Vec<_> =
        due.iter().map(|(_, source, state)| claimed(source, state, now)).collect();
    {
        let store = store.clone();
        spawn_blocking(move || store.keep_states(claimed))
            .await
            .map_err(|_| StoreError::Gone)??;
    }
    let fetcher = Fetcher::with(config.fetch.clone(), paces, &Network::default())?;
    let round = Round {
        fetcher,
        store: store.clone(),
        subscribes,
        keeps_raws: config.raw_days > 0,
        agendas: Mutex::default(),
    };
    let round = Arc::new(round);
    for (source, state) in waiting.iter().filter(|(source, _)| source.enabled) {
        round.note(source, state);
    }
    // Who has waited longest comes first, where a host lets only some in.
    due.sort_by_key(|(_, _, state)| state.next_at);
    let mut visits = JoinSet::new();
    for (place, source, state) in due {
        let (round, limits) = (Arc::clone(&round), config.limits.of(&source));
        visits.spawn(async move { (place, round.visit(source, state, limits, now).await) });
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
    if report.iter().any(|(_, visited)| visited.items_new > 0) {
        stories::assign_or_warn(config, store).await;
    }
    Ok(Report::of(report, started))
}

/// How long a source is left alone of whose visit nothing was ever heard.
const UNHEARD: TimeDelta = TimeDelta::minutes(10);

/// What is kept of a source while it is visited.
fn claimed(source: &Source, state: &State, now: DateTime<Utc>) -> (String, State) {
    let next_at = state.next_at.max(Some(now + UNHEARD));
    (source.id.clone(), State { next_at, ..state.clone() })
}

impl Report {
    /// What is known of each source, brought into the order of the list.
    fn of(mut visited: Vec<(usize, Visited)>, started: Instant) -> Self {
        visited.sort_by_key(|(place, _)| *place);
        Self {
            sources: visited.into_iter().map(|(_, visited)| visited).collect(),
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// What the visits of one run share.
struct Round {
    fetcher: Fetcher,
    store: Store,
    /// Whether hubs can reach us.
    subscribes: bool,
    /// Whether the bytes of visits are kept.
    keeps_raws: bool,
    /// When the sources of each host are to be visited.
    agendas: Mutex<HashMap<String, Agenda>>,
}

impl Round {
    fn agendas(&self) -> MutexGuard<'_, HashMap<String, Agenda>> {
        self.agendas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes when a source is to be visited, so that no other of its host is put there.
    fn note(&self, source: &Source, state: &State) {
        if let (Some(host), Some(at)) = (self.fetcher.host_of(source, state), state.next_at) {
            self.agendas().entry(host).or_default().note(&source.id, at);
        }
    }

    /// The state with a time of its own among the sources of its host, if the host is strained.
    fn placed(&self, source: &Source, state: State, now: DateTime<Utc>) -> State {
        let (Some(host), Some(from)) = (self.fetcher.host_of(source, &state), state.next_at) else {
            return state;
        };
        let pace = self.fetcher.pace(&host);
        if !pace.is_strained(now) {
            self.note(source, &state);
            return state;
        }
        let mut agendas = self.agendas();
        let agenda = agendas.entry(host).or_default();
        let at = agenda.place(&source.id, from, pace.gap(), &state.wishes);
        State { next_at: Some(at), ..state }
    }

    async fn visit(
        self: Arc<Self>,
        source: Source,
        state: State,
        limits: Limits,
        now: DateTime<Utc>,
    ) -> Visited {
        let id = source.id.clone();
        let asked = (Arc::clone(&self), source.clone(), state.clone());
        // A panic is a failed visit and not a dead daemon, nor a source that is asked each minute.
        let fetched = tokio::spawn(async move {
            let (this, source, state) = asked;
            this.fetcher.visit(&source, &state, now).await
        });
        let fetched =
            AbortOnDropHandle::new(fetched).await.unwrap_or_else(|_| Fetched::broken(now));
        let kept = spawn_blocking(move || match fetched.deferred {
            Some(until) => self.defer(&source, state, until, fetched.at),
            None => self.keep(&source, &state, &limits, fetched),
        });
        match kept.await {
            Ok(Ok(visited)) => visited,
            Ok(Err((next_at, error))) => failure(id, next_at, &error),
            Err(_) => failure(id, None, &StoreError::Gone),
        }
    }

    /// Puts a source off: nothing was asked, and nothing is known of it that was not known before.
    fn defer(
        &self,
        source: &Source,
        state: State,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Visited, Failure> {
        let state = State { next_at: state.next_at.max(Some(until)), ..state };
        let state = self.placed(source, state, now);
        let visited = deferred(source, &state);
        let next_at = state.next_at;
        self.store
            .keep_states(vec![(source.id.clone(), state)])
            .map_err(|error| (next_at, error))?;
        Ok(visited)
    }

    fn keep(
        &self,
        source: &Source,
        state: &State,
        limits: &Limits,
        fetched: Fetched,
    ) -> Result<Visited, Failure> {
        let (mut visit, now) = (fetched.visit, fetched.at);
        let (mut items, mut offer, mut raw, mut place) = (Vec::new(), None, None, None);
        if let Some(mut body) = fetched.body {
            place = body.place.take();
            let (kind, base) = (body.content_type.as_deref(), body.url.as_ref());
            match reading::read(&source.id, &body.bytes, kind, base, now) {
                Ok(read) => {
                    visit.digest = Some(politeness::digest(&body.bytes));
                    (visit.wishes, visit.rhythm, items) =
                        (read.wishes, Some(read.rhythm), read.items);
                    offer = Some(body.links.clone().offer(read.links));
                }
                Err(Unread::Parse(ParseError::Page { found })) => {
                    let address = visit.address.as_deref().unwrap_or(&source.url);
                    let named = found.as_deref().or(body.feeds.first().map(|it| it.url.as_str()));
                    visit.error = Some(discover::page(address, named));
                }
                Err(reason) => visit.error = Some(reason.to_string()),
            }
            // Also what could not be read: a better parser may.
            raw = self.keeps_raws.then(|| replay::raw(&source.id, &visit, body, now));
        }
        if politeness::outcome(&visit) == Outcome::Gone {
            offer = Some(None);
        }
        let next = self.placed(source, politeness::after(state, &visit, now, limits), now);
        let failed = |error| (next.next_at, error);
        for (host, pace) in self.fetcher.changed_paces() {
            self.store.keep_pace(&host, pace).map_err(failed)?;
        }
        if let Some(raw) = raw {
            self.store.keep_raw(raw).map_err(failed)?;
        }
        let kept = self.store.keep_visit(&source.id, next.clone(), items).map_err(failed)?;
        if let (Some(offer), true) = (offer, self.subscribes) {
            websub::visited(&self.store, &source.id, offer, kept.new > 0, now).map_err(failed)?;
        }
        // Until here the bytes were in memory.
        drop(place);
        Ok(visited(source.id.clone(), &visit, &next, kept))
    }
}

/// When a visit could not be kept: when the next one is, and why.
type Failure = (Option<DateTime<Utc>>, StoreError);

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

fn failure(id: String, next_at: Option<DateTime<Utc>>, error: &StoreError) -> Visited {
    let error = Some(error.to_string());
    let next_at = next_at.map(time);
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

pub(super) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
