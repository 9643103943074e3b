//! The daemon at work: one loop that decides what is due. What is done then stands in [`jobs`].

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch as channel};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use super::pulse::{Pulse, Work};
use super::regen::{Extent, Kept, RegenError};
use super::system::{Signals, until};
use super::watch::{Change, Changes};
use super::{Event, Read, Start, open, suggest, systemd, websub};
use crate::catalog::Catalog;
use crate::config::Config;
use crate::store::Store;
use crate::web;
use doctor::Doctor;
use jobs::Visits;
use timetable::Timetable;

mod doctor;
mod jobs;
mod once;
mod outcome;
mod reload;
mod timetable;

/// How often the loop looks at what nobody tells it of: the clock, and what other processes wrote to
/// the database.
const LOOK: Duration = Duration::from_secs(2);

/// Everything that the loop and its jobs share.
pub(super) struct Daemon<F> {
    pub(super) config: Arc<Config>,
    read: Read,
    pub(super) store: Store,
    pub(super) tell: F,
    /// Whether feeds may carry addresses that only this machine can reach.
    allow_local: bool,
    pub(super) signals: Signals,
    pub(super) pulse: Pulse,
    pub(super) redirects: channel::Sender<web::Redirects>,
    /// Looks whether all is well.
    pub(super) doctor: Doctor,
    /// Wakes whoever tells the hub.
    pub(super) changed: Arc<Notify>,
    pub(super) bells: websub::Bells,
    /// Who reads which feed.
    pub(super) tally: Arc<web::Tally>,
    pub(super) open: Option<open::Open>,
    changes: Changes,
    timetable: Timetable,
    /// The visits that go on.
    visits: Option<Visits>,
    kept: Arc<Mutex<Kept>>,
    /// What was indexed of the store's items.
    pub(super) index: Arc<Mutex<suggest::Kept>>,
    /// The articles as the last regeneration found them.
    pub(super) catalog: channel::Sender<Option<Arc<Catalog>>>,
    /// The time at which it looked.
    seen_at: DateTime<Utc>,
    /// How many feeds the site has.
    feeds: usize,
    /// What others have written to the database, as it was when it was last acted on, and when it was
    /// last looked at.
    others: (Option<i64>, Option<i64>),
    /// What systemd was told last.
    said: String,
}

impl<F: Fn(Event)> Daemon<F> {
    /// A daemon that has done nothing yet, and notices from now on what changes.
    pub(super) fn new(start: Start, signals: Signals, tell: F) -> Self {
        let config = Arc::new(start.config);
        let (pulse, catalog) = (Pulse::new(), channel::Sender::new(None));
        Self {
            doctor: Doctor::new(start.store.clone(), pulse.clone(), catalog.clone()),
            pulse,
            catalog,
            changes: Changes::of(&config),
            timetable: Timetable::new(&config, Utc::now()),
            kept: Arc::new(Mutex::new(Kept::load(&config))),
            index: Arc::default(),
            config,
            read: start.read,
            store: start.store,
            tell,
            allow_local: start.allow_local,
            signals,
            redirects: channel::Sender::new(web::Redirects::default()),
            changed: Arc::default(),
            bells: websub::Bells::default(),
            tally: Arc::default(),
            open: None,
            visits: None,
            seen_at: Utc::now(),
            feeds: 0,
            others: (None, None),
            said: String::new(),
        }
    }

    /// Does what is due until it is told to stop.
    pub(super) async fn work(&mut self) {
        let stop = self.signals.stop.clone();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            self.pulse.beat();
            self.say();
            // Something becomes due or expires between two runs of the schedule.
            let due_at = self.next_change();
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.signals.reload.notified() => self.reload().await,
                () = until(due_at) => self.catch_up().await,
                () = until(self.timetable.fetch), if self.visits.is_none() => self.begin_visits(),
                visited = ended(&mut self.visits) => {
                    self.visits = None;
                    // Unless more is to be visited at once, of which those visits did not know.
                    if self.timetable.fetch.is_none() {
                        self.timetable.fetched(&self.config, Utc::now());
                    }
                    self.visited(visited).await;
                }
                () = self.bells.news.notified() => self.follow_news().await,
                () = until(self.timetable.regen) => {
                    self.timetable.regen = None;
                    self.try_regenerate().await;
                    // Unless it is to be tried again soon.
                    if self.timetable.regen.is_none() {
                        self.timetable.regenerated(&self.config, Utc::now());
                    }
                }
                change = self.changes.next() => self.notice(change).await,
                _ = looks.tick() => self.look().await,
            }
        }
        // Visits may be broken off at any time: nothing of them is kept by halves.
        self.visits = None;
    }

    /// When the next article becomes due or expires.
    fn next_change(&self) -> Option<DateTime<Utc>> {
        self.catalog.borrow().as_ref().and_then(|known| known.next_change(self.seen_at))
    }

    async fn notice(&mut self, change: Change) {
        match change {
            Change::Articles => tracing::info!("articles have changed"),
            Change::Vocabulary => tracing::info!("the vocabulary has changed"),
            Change::Sources => {
                tracing::info!("the source list has changed");
                // Those that are new are due at once.
                self.timetable.fetch = Some(Utc::now());
                return;
            }
        }
        self.catch_up().await;
    }

    /// Looks at the clock, and whether another process wrote to the database and has come to an end
    /// with it: a one-off `fetch` brings items, `accept` and `reject` verdicts, `regen` what the hub is
    /// still to be told.
    async fn look(&mut self) {
        self.timetable.look(&self.config, Utc::now());
        let working = self.pulse.begin(Work::Store);
        let store = self.store.clone();
        let Ok(Ok(now)) = spawn_blocking(move || store.written_by_others()).await else { return };
        drop(working);
        let (acted, seen) = self.others;
        self.others = (acted.or(Some(now)), Some(now));
        if acted.is_some_and(|acted| acted != now) && seen == Some(now) {
            tracing::info!("another process wrote to the database");
            self.others.0 = Some(now);
            self.changed.notify_one();
            self.bells.due.notify_one();
            self.follow_news().await;
        }
    }

    /// The news first, then everything.
    async fn catch_up(&mut self) {
        if let Err(error) = self.regenerate(Extent::News).await {
            tracing::error!("the news was not written: {error}");
        }
        self.try_regenerate().await;
    }

    /// New items lead to suggestions, and those stand in feeds.
    async fn follow_news(&mut self) {
        // What went wrong has been logged.
        drop(self.suggest().await);
        self.try_regenerate().await;
    }

    async fn try_regenerate(&mut self) {
        if let Err(error) = self.regenerate(Extent::Everything).await {
            tracing::error!("feeds were not written: {error}");
            self.after_failure(&error);
        }
        self.examine().await;
    }

    /// Another process that was in the way may be out of it long before the next turn of the schedule.
    pub(super) fn after_failure(&mut self, error: &RegenError) {
        if matches!(error, RegenError::Busy { .. }) {
            self.timetable.regenerate_soon(Utc::now());
        }
    }

    /// Tells systemd how things are, where that has changed.
    fn say(&mut self) {
        let visits = match (&self.visits, self.timetable.fetch) {
            (Some(visits), _) => format!("visiting sources since {}", self.clock(visits.started)),
            (None, Some(next)) => format!("next visit at {}", self.clock(next)),
            (None, None) => "no visit is due any more".to_owned(),
        };
        let mut sentence = format!("{} feeds written; {visits}", self.feeds);
        if let Some(reason) = &self.doctor.notes().refused {
            sentence += &format!("; the new configuration is refused: {reason}");
        }
        if sentence != self.said {
            systemd::status(&sentence);
            self.said = sentence;
        }
    }

    /// Tells systemd what is being done now; what follows is told anew.
    pub(super) fn doing(&mut self, sentence: &str) {
        systemd::status(sentence);
        self.said.clear();
    }

    fn clock(&self, time: DateTime<Utc>) -> String {
        time.with_timezone(&self.config.zone()).format("%H:%M").to_string()
    }
}

/// Waits for the end of visits that go on; for ever where none do.
async fn ended(visits: &mut Option<Visits>) -> jobs::Visited {
    match visits {
        Some(visits) => visits.ended().await,
        None => pending().await,
    }
}
