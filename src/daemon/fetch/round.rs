//! One round of visits: each source is asked, what it says is read, and what it brings is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::task::spawn_blocking;
use tokio_util::task::AbortOnDropHandle;

use super::Visited;
use crate::daemon::reading::{self, Unread};
use crate::daemon::{replay, websub};
use crate::source::fetch::{Fetched, Fetcher};
use crate::source::parse::ParseError;
use crate::source::politeness::pace::Agenda;
use crate::source::politeness::{self, Limits, Outcome, State};
use crate::source::{self, Source, discover};
use crate::store::{Kept, Store, StoreError};

/// What the visits of one run share.
pub(super) struct Round {
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
    /// A round in which nobody has been asked yet.
    pub(super) fn new(fetcher: Fetcher, store: Store, subscribes: bool, keeps_raws: bool) -> Self {
        Self { fetcher, store, subscribes, keeps_raws, agendas: Mutex::default() }
    }

    fn agendas(&self) -> MutexGuard<'_, HashMap<String, Agenda>> {
        self.agendas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes when a source is to be visited, so that no other of its host is put there.
    pub(super) fn note(&self, source: &Source, state: &State) {
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

    pub(super) async fn visit(
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
                    visit.failure = Some(source::Failure::NotAFeed);
                }
                Err(reason) => {
                    visit.error = Some(reason.to_string());
                    visit.failure = Some(source::Failure::NotAFeed);
                }
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
        failures: state.failures,
        items_new: kept.new,
        items_updated: kept.updated,
        error: state.last_error.clone(),
        next_at: state.next_at.map(time),
    }
}

fn failure(id: String, next_at: Option<DateTime<Utc>>, error: &StoreError) -> Visited {
    let error = Some(error.to_string());
    let next_at = next_at.map(time);
    Visited {
        id,
        outcome: "failed",
        http: None,
        failures: 0,
        items_new: 0,
        items_updated: 0,
        error,
        next_at,
    }
}

/// What is told of a source that is not visited.
pub(super) fn deferred(source: &Source, state: &State) -> Visited {
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
        failures: state.failures,
        items_new: 0,
        items_updated: 0,
        error,
        next_at: state.next_at.map(time),
    }
}

/// A time as reports have it.
pub(in crate::daemon) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
