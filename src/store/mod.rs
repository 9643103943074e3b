//! The store: what Headwater must remember between two runs.
//!
//! Sources' politeness, subscriptions, items, what visits brought, suggestions that were shown, verdicts, what a hub is still to be told,
//! and how the jobs went. One thread owns the database; a [`Store`] is a handle to it that any thread may clone and call. Calls
//! block until the thread has answered, so async code goes through a blocking task.
//!
//! Every statement stands in [`sql`], in the dialect that SQLite and PostgreSQL share; [`sqlite`]
//! opens the database and brings an older one up to date; [`copy`] makes copies of it and puts them
//! back, and [`upkeep`] keeps its size within bounds.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::source::item::Sighting;
use crate::source::politeness::State;
use crate::source::politeness::pace::Pace;
use crate::source::websub::Subscription;

mod alerts;
mod changes;
mod copy;
mod error;
mod hold;
mod hosts;
mod items;
mod jobs;
mod pushes;
mod raws;
mod readers;
mod replay;
mod sound;
mod sql;
mod sqlite;
mod stories;
mod subscriptions;
mod suggestions;
mod upkeep;
mod verdicts;

pub use changes::{Look, Seen, Told};
pub use copy::{Copied, backup, restore};
pub use error::StoreError;
pub use items::{Kept, StoredItem};
pub use jobs::{Begun, Job, JobName};
pub use pushes::Push;
pub use raws::Raw;
pub use readers::{DaysReaders, DaysSubscribers, Readership};
pub use replay::Changed;
pub use sound::fault;
pub use suggestions::{Made, Shown};
pub use upkeep::{Bounds, STRIDE, Tended};
pub use verdicts::Judgement;

/// Work for the thread that owns the database.
type Call = Box<dyn FnOnce(Result<&mut Connection, StoreError>) + Send>;

/// A database in use.
struct Opened {
    // Closed before others may put another one in its place.
    connection: Connection,
    _hold: Option<hold::Hold>,
}

impl Opened {
    fn new(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // Where this fails, opening says so.
            drop(std::fs::create_dir_all(folder));
        }
        let hold = hold::together(path);
        Ok(Self { connection: sqlite::open(path)?, _hold: hold })
    }
}

/// A handle to the one thread that owns the database.
#[derive(Debug, Clone)]
pub struct Store {
    calls: mpsc::Sender<Call>,
}

impl Store {
    /// Opens, and where needed creates or brings up to date, the database at `path`.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, the file is no database, or a later version wrote it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::start(path, Some(Opened::new(path)?))
    }

    /// The database at `path` for somebody who has other things to do as well: one that cannot be
    /// opened is tried again with each call, which fails until it can be.
    ///
    /// # Errors
    ///
    /// A later version wrote it, which no waiting mends.
    pub fn open_or_wait(path: &Path) -> Result<Self, StoreError> {
        let opened = match Opened::new(path) {
            Err(error @ StoreError::Newer { .. }) => return Err(error),
            opened => {
                opened.inspect_err(|error| tracing::error!("works without a database: {error}"))
            }
        };
        Self::start(path, opened.ok())
    }

    fn start(path: &Path, mut opened: Option<Opened>) -> Result<Self, StoreError> {
        let (calls, inbox) = mpsc::channel::<Call>();
        let place = path.to_owned();
        let serve = move || {
            for call in inbox {
                if opened.is_none() {
                    match Opened::new(&place) {
                        Ok(new) => opened = Some(new),
                        Err(error) => {
                            call(Err(error));
                            continue;
                        }
                    }
                }
                if let Some(opened) = &mut opened {
                    call(Ok(&mut opened.connection));
                }
            }
        };
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(serve)
            .map_err(|error| StoreError::open(path, error))?;
        Ok(Self { calls })
    }

    /// Runs `work` on the database's thread and waits for its answer.
    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, wait) = mpsc::sync_channel(1);
        // Nobody waits for the answer any more: then it may be lost.
        let call: Call = Box::new(move |connection| drop(answer.send(connection.and_then(work))));
        self.calls.send(call).map_err(|_| StoreError::Gone)?;
        wait.recv().map_err(|_| StoreError::Gone)?
    }

    /// A number that is another one once another process has written to the database.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn written_by_others(&self) -> Result<i64, StoreError> {
        self.call(|connection| {
            Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
        })
    }

    /// What is remembered of each source, by its identifier.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn states(&self) -> Result<HashMap<String, State>, StoreError> {
        self.call(|connection| items::states(connection))
    }

    /// Keeps the states of sources, all or none.
    ///
    /// # Errors
    ///
    /// The database fails; then none is kept.
    pub fn keep_states(&self, states: Vec<(String, State)>) -> Result<(), StoreError> {
        self.call(move |connection| items::keep_states(connection, &states))
    }

    /// Keeps what a visit to `source` brought: the new state and the items, in one transaction.
    ///
    /// # Errors
    ///
    /// The database fails; then nothing of the visit is kept.
    pub fn keep_visit(
        &self,
        source: &str,
        state: State,
        items: Vec<Sighting>,
    ) -> Result<Kept, StoreError> {
        let source = source.to_owned();
        self.call(move |connection| items::keep_visit(connection, &source, &state, &items))
    }

    /// Keeps items that `source` brought without a visit.
    ///
    /// # Errors
    ///
    /// The database fails; then none is kept.
    pub fn keep_items(&self, source: &str, items: Vec<Sighting>) -> Result<Kept, StoreError> {
        let source = source.to_owned();
        // A hub tells but once.
        self.call(move |connection| {
            sqlite::lasting(connection, |it| items::keep_items(it, &source, &items))
        })
    }

    /// Every subscription to a source.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        self.call(|connection| subscriptions::all(connection))
    }

    /// The subscriptions to `source`.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn subscriptions_of(&self, source: &str) -> Result<Vec<Subscription>, StoreError> {
        let source = source.to_owned();
        self.call(move |connection| subscriptions::of(connection, &source))
    }

    /// The subscription with this token.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn subscription(&self, token: &str) -> Result<Option<Subscription>, StoreError> {
        let token = token.to_owned();
        self.call(move |connection| subscriptions::one(connection, &token))
    }

    /// Keeps a subscription.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn keep_subscription(&self, known: Subscription) -> Result<(), StoreError> {
        self.call(move |connection| subscriptions::keep(connection, &known))
    }

    /// Changes the subscription with this token as it is at that moment, or forgets it; gives what
    /// is remembered then.
    ///
    /// # Errors
    ///
    /// The database fails; then nothing has changed.
    pub fn change_subscription(
        &self,
        token: &str,
        change: impl FnOnce(Subscription) -> Option<Subscription> + Send + 'static,
    ) -> Result<Option<Subscription>, StoreError> {
        let token = token.to_owned();
        self.call(move |connection| subscriptions::change(connection, &token, change))
    }

    /// The pace of each host that has taught us one, by its name.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn paces(&self) -> Result<HashMap<String, Pace>, StoreError> {
        self.call(|connection| hosts::paces(connection))
    }

    /// Keeps the pace of the host `name`.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn keep_pace(&self, name: &str, pace: Pace) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.call(move |connection| hosts::keep(connection, &name, &pace))
    }

    /// Every item published or first seen since `since`, newest first.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn items_since(&self, since: DateTime<Utc>) -> Result<Vec<StoredItem>, StoreError> {
        self.call(move |connection| items::since(connection, since))
    }

    /// The item `id`.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn item(&self, id: &str) -> Result<Option<StoredItem>, StoreError> {
        let id = id.to_owned();
        self.call(move |connection| items::one(connection, &id))
    }

    /// How many items each source has brought.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn item_counts(&self) -> Result<HashMap<String, usize>, StoreError> {
        self.call(|connection| items::counts(connection))
    }

    /// Remembers that the feeds at `urls` have changed, until the hub has been told.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn queue_pushes(&self, urls: Vec<String>, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.call(move |connection| pushes::queue(connection, &urls, now))
    }

    /// What the hub is to be told at `now`, longest waiting first.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn due_pushes(&self, now: DateTime<Utc>) -> Result<Vec<Push>, StoreError> {
        self.call(move |connection| pushes::due(connection, now))
    }

    /// When the hub is to be told something next.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn next_push(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.call(|connection| pushes::next(connection))
    }

    /// Forgets a push: the hub knows, or never will. A change made meanwhile stays.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn push_done(&self, push: Push) -> Result<(), StoreError> {
        self.call(move |connection| pushes::done(connection, &push))
    }

    /// Puts a push off until `next_at`. A change made meanwhile stays due.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn push_failed(
        &self,
        push: Push,
        next_at: DateTime<Utc>,
        error: String,
    ) -> Result<(), StoreError> {
        self.call(move |connection| pushes::failed(connection, &push, next_at, &error))
    }

    /// Keeps who read which feed on which day, all or nothing, and forgets what is long past.
    ///
    /// # Errors
    ///
    /// The database fails; then nothing is kept.
    pub fn keep_readers(&self, counted: Readership, today: u64) -> Result<(), StoreError> {
        self.call(move |connection| readers::keep(connection, &counted, today))
    }

    /// Who read which feed since the day `first`.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn readers_since(&self, first: u64) -> Result<Readership, StoreError> {
        self.call(move |connection| readers::since(connection, first))
    }
}

/// Seconds since 1970, the form in which times are kept: it compares in SQL and is the same type
/// in every database.
fn seconds(time: DateTime<Utc>) -> i64 {
    time.timestamp()
}

/// The time that `seconds` made.
fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

#[cfg(test)]
mod migrations;
#[cfg(test)]
mod tests;
