//! Who is told what, and when: a value and a plain function.
//!
//! A trouble is told once when it begins and once when it ends. One that comes back within a day is
//! told only once it has stayed a while, the longer the more often it has come back, and its end as
//! well: what flaps is not worth a message each time. Several at once become one message, and there are
//! never more than [`MOST_PER_HOUR`] messages in any hour; what is not told for that is told, all in
//! one, as soon as there is room.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::daemon::health::{Kind, Words};
use crate::store::{Store, StoreError};

/// Most messages in any hour: a person reads one in ten minutes, and services refuse twenty a minute.
pub const MOST_PER_HOUR: usize = 6;

/// So many beginnings and ends are told one by one; more become one digest.
pub const DIGEST_FROM: usize = 4;

/// How long a trouble that has come back must stay, or stay away, before that is told; each further
/// return doubles it.
const FIRST_QUIET: TimeDelta = TimeDelta::minutes(10);

/// The longest such time.
const LONGEST_QUIET: TimeDelta = TimeDelta::hours(6);

/// After this long a trouble that comes back is a new one.
const FORGOTTEN: TimeDelta = TimeDelta::hours(24);

/// A trouble as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What stays the same as long as it lasts.
    pub key: String,
    /// Its kind.
    pub kind: Kind,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The words for it.
    #[serde(flatten)]
    pub words: Words,
}

/// What is remembered of a trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Whether it was there when somebody looked last.
    present: bool,
    /// Whether whom we tell believes that it is there.
    told: bool,
    /// When it last came or went.
    changed: DateTime<Utc>,
    /// How often it has come back.
    returns: u32,
    /// How it was told, or would be.
    note: Note,
}

/// Beginnings and ends that are told together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// When it was made.
    pub made: DateTime<Utc>,
    /// What has begun.
    pub begun: Vec<Note>,
    /// What has ended.
    pub ended: Vec<Note>,
    /// How many troubles are known now, these among them.
    pub lasting: usize,
    /// How often it could not be delivered.
    pub attempts: u32,
    /// Not to be tried before.
    pub next_at: DateTime<Utc>,
    /// What went wrong the last time.
    pub error: Option<String>,
}

/// What is remembered between two looks, and over a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    known: BTreeMap<String, Known>,
    /// When the messages of the last hour were made.
    made: Vec<DateTime<Utc>>,
    /// Messages that wait.
    pub outbox: Vec<Message>,
}

impl Memory {
    /// What the store has; what it cannot be read as is forgotten.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn read(store: &Store) -> Result<Self, StoreError> {
        let text = store.alerts()?.unwrap_or_default();
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// The keys of the troubles that were there when somebody looked last.
    pub fn present(&self) -> impl Iterator<Item = &str> {
        self.known.iter().filter(|(_, known)| known.present).map(|(key, _)| key.as_str())
    }

    /// Since when the trouble `key` has been known to be there.
    pub fn since(&self, key: &str) -> Option<DateTime<Utc>> {
        self.known.get(key).filter(|known| known.present).map(|known| known.changed)
    }
}

/// What is remembered after a look at `now` that found `notes`, and what is to be told.
pub fn after(mut memory: Memory, notes: &[Note], now: DateTime<Utc>) -> (Memory, Vec<Message>) {
    look(&mut memory.known, notes, now);
    // A clock that went back must not silence us until it has caught up.
    memory.made.retain(|made| *made <= now && now - *made < TimeDelta::hours(1));
    let room = MOST_PER_HOUR - memory.made.len().min(MOST_PER_HOUR);
    let due: Vec<String> = memory
        .known
        .iter()
        .filter(|(_, known)| known.is_due(now))
        .map(|(key, _)| key.clone())
        .collect();
    if room == 0 || due.is_empty() {
        return (memory, Vec::new());
    }
    let each = if due.len() < DIGEST_FROM && due.len() <= room { 1 } else { due.len() };
    for (_, known) in memory.known.iter_mut().filter(|(_, known)| known.is_due(now)) {
        known.told = known.present;
    }
    let lasting = memory.known.values().filter(|known| known.present).count();
    let message = |keys: &[String]| {
        let known = keys.iter().filter_map(|key| memory.known.get(key));
        let (begun, ended): (Vec<_>, Vec<_>) = known.partition(|known| known.present);
        let notes = |known: Vec<&Known>| known.into_iter().map(|it| it.note.clone()).collect();
        Message {
            made: now,
            begun: notes(begun),
            ended: notes(ended),
            lasting,
            attempts: 0,
            next_at: now,
            error: None,
        }
    };
    let messages: Vec<Message> = due.chunks(each).map(message).collect();
    memory.made.extend(messages.iter().map(|message| message.made));
    (memory, messages)
}

/// Brings what is known up to date, without telling anybody.
fn look(known: &mut BTreeMap<String, Known>, notes: &[Note], now: DateTime<Utc>) {
    for note in notes {
        let one = known.entry(note.key.clone()).or_insert_with(|| Known {
            present: true,
            told: false,
            changed: now,
            returns: 0,
            note: note.clone(),
        });
        if !one.present {
            (one.present, one.changed, one.returns) = (true, now, one.returns.saturating_add(1));
        }
        one.note = note.clone();
    }
    for (key, one) in known.iter_mut() {
        one.changed = one.changed.min(now);
        if one.present && notes.iter().all(|note| note.key != *key) {
            (one.present, one.changed) = (false, now);
        }
    }
    known.retain(|_, one| one.present || one.told || now - one.changed < FORGOTTEN);
    for one in known.values_mut().filter(|one| one.present == one.told) {
        if now - one.changed >= FORGOTTEN {
            one.returns = 0;
        }
    }
}

impl Known {
    /// Whether the present state is news, and has lasted long enough to be told.
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let quiet = match self.returns {
            0 => TimeDelta::zero(),
            returns => (FIRST_QUIET * 2_i32.saturating_pow(returns.min(16) - 1)).min(LONGEST_QUIET),
        };
        let settling = if self.present { self.note.kind.settling() } else { TimeDelta::zero() };
        self.present != self.told && now - self.changed >= quiet.max(settling)
    }
}

#[cfg(test)]
mod tests;
