//! Speaks up: tells the operator's webhook what begins and ends, and calls the heartbeat's address
//! while all goes on.
//!
//! After each round the daemon shows here what it found. [`decide`] says what is to be told, [`speech`]
//! in which words, [`services`] in which form, and [`courier`] brings it there. What is known and what
//! waits is kept in the store after each step, so that a restart neither repeats nor loses anything.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch as channel;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::health::{Clock, Health, Kind};
use super::system::until;
use crate::config::Config;
use crate::store::Store;

pub mod courier;
pub mod decide;
pub mod services;
pub mod speech;

pub use decide::{Memory, Message, Note};

use services::Said;

/// Wait after the first failure, which a proxy's hiccup outlasts rarely; each further one doubles it.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(2);
/// Longest wait.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
/// After this long, a message is no news.
const GIVEN_UP: TimeDelta = TimeDelta::days(3);
/// Most messages that wait; the oldest gives way. At six an hour that is a day and a half.
const MOST_WAITING: usize = 200;
/// Heartbeats are at least so far apart.
const PULSE: TimeDelta = TimeDelta::seconds(60);
/// How long a stop waits for a message that is being told, of the five seconds that it has.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Tries of one heartbeat: the next round comes in a minute anyway.
const BEATS: u32 = 2;

/// What a round of the daemon found.
#[derive(Debug, Clone)]
pub struct Round {
    /// The configuration that it worked by.
    pub config: Arc<Config>,
    /// How all is.
    pub health: Arc<Health>,
    /// When it was over.
    pub at: DateTime<Utc>,
}

/// The rounds, newest first of all: who is slow sees only the last.
pub type Rounds = channel::Sender<Option<Round>>;

/// Speaks up about `rounds` until it is told to stop.
pub(super) fn start(rounds: &Rounds, store: &Store, stop: &CancellationToken) -> JoinHandle<()> {
    let (mut rounds, store, stop) = (rounds.subscribe(), store.clone(), stop.clone());
    tokio::spawn(async move {
        let mut speaker = Speaker::new(store).await;
        loop {
            let next = speaker.next();
            tokio::select! {
                () = stop.cancelled() => return,
                // The daemon is gone.
                changed = rounds.changed() => if changed.is_err() { return },
                () = until(next) => {}
            }
            let round = rounds.borrow_and_update().clone();
            let Some(round) = round else { continue };
            tokio::select! {
                () = speaker.hear(&round) => {}
                // What has not been delivered waits in the store.
                () = stopped(&stop) => return,
            }
        }
    })
}

/// Speaks up once about the last of `rounds`, for who does everything one time and ends.
pub(super) async fn once(rounds: &Rounds, store: &Store) {
    let round = rounds.borrow().clone();
    if let Some(round) = round {
        Speaker::new(store.clone()).await.hear(&round).await;
    }
}

/// Waits for the stop, and then as long as a message takes that is being told: one that was heard and not
/// noted would be told again.
async fn stopped(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_WORDS).await;
}

struct Speaker {
    store: Store,
    memory: Memory,
    /// When the last round was that has been heard.
    heard: Option<DateTime<Utc>>,
    /// When the heart beat last.
    beat: Option<DateTime<Utc>>,
}

impl Speaker {
    async fn new(store: Store) -> Self {
        let memory = {
            let store = store.clone();
            spawn_blocking(move || Memory::read(&store)).await
        };
        let memory = memory
            .map_err(|error| error.to_string())
            .and_then(|read| read.map_err(|error| error.to_string()));
        let memory = memory.unwrap_or_else(|error| {
            tracing::error!("what has been told cannot be read: {error}; it may be told again");
            Memory::default()
        });
        Self { store, memory, heard: None, beat: None }
    }

    /// When the next message is to be tried.
    fn next(&self) -> Option<DateTime<Utc>> {
        // Before the first round nobody knows whom to tell.
        self.heard?;
        self.memory.outbox.first().map(|message| message.next_at)
    }

    async fn hear(&mut self, round: &Round) {
        if self.heard != Some(round.at) {
            self.decide(round).await;
            self.heard = Some(round.at);
            self.pulse(round).await;
        }
        self.deliver(&round.config).await;
    }

    /// What is to be told of a round. Without a webhook nothing is, but what is known is remembered.
    async fn decide(&mut self, round: &Round) {
        let notes = notes(round, &self.memory);
        let (mut memory, messages) = decide::after(self.memory.clone(), &notes, round.at);
        if round.config.alerts.webhook.is_some() {
            memory.outbox.extend(messages);
            let excess = memory.outbox.len().saturating_sub(MOST_WAITING);
            memory.outbox.drain(..excess);
        } else {
            memory.outbox.clear();
        }
        self.remember(memory).await;
    }

    async fn remember(&mut self, memory: Memory) {
        if memory == self.memory {
            return;
        }
        self.memory = memory;
        let (store, text) = (self.store.clone(), serde_json::to_string(&self.memory));
        let Ok(text) = text else { return };
        let kept = spawn_blocking(move || store.keep_alerts(text)).await;
        if let Ok(Err(error)) = kept {
            tracing::error!("what has been told cannot be kept: {error}; a restart may repeat it");
        }
    }

    /// Delivers what is due, oldest first; behind one that is refused the others wait.
    async fn deliver(&mut self, config: &Config) {
        let Some(webhook) = &config.alerts.webhook else { return };
        loop {
            let now = Utc::now();
            let Some(message) = self.memory.outbox.first() else { return };
            // A clock that went back must not make anybody wait for longer than we ever wait.
            if message.next_at > now && message.next_at - now <= LONGEST_WAIT {
                return;
            }
            let delivered = courier::deliver(config, webhook, Said::Message(message), now).await;
            let mut memory = self.memory.clone();
            let mut message = memory.outbox.remove(0);
            if let Err(refusal) = delivered {
                tracing::warn!("an alert was not delivered: {}", refusal.reason);
                if let Some(at) = next_try(&message, now, refusal.wait) {
                    message.attempts = message.attempts.saturating_add(1);
                    (message.next_at, message.error) = (at, Some(refusal.reason));
                    memory.outbox.insert(0, message);
                } else {
                    tracing::error!("an alert was given up: nobody took it for three days");
                }
            } else {
                tracing::info!(begun = message.begun.len(), ended = message.ended.len(), "alerted");
            }
            self.remember(memory).await;
        }
    }

    /// Calls the heartbeat's address after a good round.
    async fn pulse(&mut self, round: &Round) {
        let Some(address) = &round.config.alerts.heartbeat else { return };
        let is_good = round.health.troubles.iter().all(|it| !it.what.kind().is_our_own());
        // A clock that went back must not stop the heart.
        let is_early = self.beat.is_some_and(|beat| beat <= round.at && round.at - beat < PULSE);
        if !is_good || is_early {
            return;
        }
        self.beat = Some(round.at);
        for attempt in 1..=BEATS {
            match courier::beat(&round.config, address, round.at).await {
                Ok(()) => return,
                Err(refusal) if attempt == BEATS => {
                    tracing::warn!("the heartbeat was not heard: {}", refusal.reason);
                }
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }
}

/// The troubles of a round as they are told. That messages cannot be delivered is told elsewhere.
fn notes(round: &Round, memory: &Memory) -> Vec<Note> {
    let language = courier::language(&round.config);
    let clock = Clock { now: round.at, zone: round.config.zone() };
    let told = round.health.troubles.iter().filter(|it| it.what.kind() != Kind::Undelivered);
    told.map(|trouble| {
        let key = trouble.key();
        let since = trouble.since.or_else(|| memory.since(&key)).unwrap_or(round.at);
        Note { kind: trouble.what.kind(), since, words: trouble.words(language, clock), key }
    })
    .collect()
}

/// When a message that has just been refused is tried again; not any more after [`GIVEN_UP`].
fn next_try(
    message: &Message,
    now: DateTime<Utc>,
    asked: Option<Duration>,
) -> Option<DateTime<Utc>> {
    let doubled = FIRST_WAIT * 2_i32.saturating_pow(message.attempts.min(16));
    let asked = asked.and_then(|wait| TimeDelta::from_std(wait).ok()).unwrap_or_default();
    (now - message.made <= GIVEN_UP)
        .then_some(now + doubled.min(LONGEST_WAIT).max(asked.min(LONGEST_WAIT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_that_is_away_is_asked_ever_more_rarely_and_then_no_more() {
        let made = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let seconds = TimeDelta::seconds;
        for (attempts, after, asked, expected) in [
            (0, 0, None, Some(2)),
            (1, 2, None, Some(4)),
            (30, 9_000, None, Some(3_600)),
            (0, 0, Some(120), Some(120)),
            (5, 0, Some(1), Some(64)),
            (0, 0, Some(u64::MAX), Some(2)),
            (0, 0, Some(86_400), Some(3_600)),
            (30, 3 * 86_400 + 1, None, None),
        ] {
            let message = Message {
                made,
                begun: Vec::new(),
                ended: Vec::new(),
                lasting: 0,
                attempts,
                next_at: made,
                error: None,
            };
            let now = made + seconds(after);
            let next = next_try(&message, now, asked.map(Duration::from_secs));
            assert_eq!(
                next,
                expected.map(|wait| now + seconds(wait)),
                "{attempts} {after} {asked:?}"
            );
        }
    }
}
