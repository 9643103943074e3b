//! One subscription: what is remembered of it, and what follows from what happens.
//!
//! A new one is wanted; the hub is asked, asks back whether that was us ([`Subscription::expects`]),
//! and from then on tells of news until the lease ends. It is asked again when two thirds of the
//! lease are over. While pushes arrive, the source itself is visited rarely
//! ([`Subscription::spares`]); a visit that finds what nobody pushed ends that until the next push.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Offer;

/// How long a hub is asked to tell of news: what hubs usually grant at most.
pub const LEASE: Duration = Duration::from_hours(240);
/// Shortest and longest lease that is believed. A hub that grants more is asked again before it need be,
/// which harms nobody; and what a wrong clock has noted is told from what a hub grants.
const LEASES: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(24 * 30));
/// Time for the hub to ask back; doubled each time that it has to be asked again.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(10);
/// Longest such time.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(6);
/// So many requests without a confirmation, about a day of them, and the hub is given up.
const MOST_ATTEMPTS: u32 = 8;
/// So many to end a subscription; the lease ends it anyway.
const MOST_FAREWELLS: u32 = 3;
/// A hub that refused, or was given up, is not asked again before.
const REST: TimeDelta = TimeDelta::days(30);
/// Latest time that can be noted: the longest lease and the longest rest, and a day for rounds that take
/// their time and clocks that are set by a little.
const LATEST: TimeDelta = TimeDelta::days(31);
/// That day alone, for what has happened.
const SLACK: TimeDelta = TimeDelta::days(1);

/// What a hub is asked for (`hub.mode`, `WebSub` §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To tell of news, or to go on with it.
    Subscribe,
    /// To stop that.
    Unsubscribe,
}

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The hub has not confirmed it yet.
    Wanted,
    /// Confirmed.
    Held,
    /// The hub does not want it, or is not there.
    Refused,
    /// We no longer want it.
    Leaving,
}

/// What is remembered of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The source that it is for.
    pub source: String,
    /// Address of the hub.
    pub hub: String,
    /// The feed, as it calls itself.
    pub topic: String,
    /// End of the callback's address, which only the hub knows.
    pub token: String,
    /// What the hub signs with.
    pub secret: String,
    /// Where it stands.
    pub stage: Stage,
    /// Requests to the hub since it last confirmed.
    pub attempts: u32,
    /// When the hub is to be asked next; for a refused one, not before.
    pub next_at: DateTime<Utc>,
    /// Until when the hub tells of news.
    pub lease_end: Option<DateTime<Utc>>,
    /// When it last did.
    pub last_push: Option<DateTime<Utc>>,
    /// When a visit last found what it had not told.
    pub last_missed: Option<DateTime<Utc>>,
    /// What went wrong, while it does.
    pub error: Option<String>,
}

/// What can happen to a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The hub is being asked.
    Sent,
    /// It did not take the request.
    Failed {
        /// Why, in words.
        reason: String,
        /// How long it wants to be left alone.
        wait: Option<Duration>,
    },
    /// It asked back, and heard that it was us.
    Confirmed {
        /// How long it will tell of news.
        lease: Option<Duration>,
    },
    /// It will not tell of news, or no longer (`hub.mode=denied`, §5.2).
    Denied {
        /// Why, in its words.
        reason: Option<String>,
    },
    /// A push with the right signature came.
    Pushed,
    /// A push with the right signature could not be read.
    Garbled,
    /// A visit to the source has read it.
    Visited {
        /// What the source offers now.
        offer: Option<Offer>,
        /// Whether it found what nobody had told of.
        news: bool,
    },
    /// The source is no longer visited.
    Left,
}

impl Mode {
    /// Its name in requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
        }
    }
}

impl Subscription {
    /// One that is wanted since `now`. `token` and `secret` must be nobody's guess.
    pub fn new(
        source: &str,
        offer: &Offer,
        token: String,
        secret: String,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            source: source.to_owned(),
            hub: offer.hub.to_string(),
            topic: offer.topic.clone(),
            token,
            secret,
            stage: Stage::Wanted,
            attempts: 0,
            next_at: now,
            lease_end: None,
            last_push: None,
            last_missed: None,
            error: None,
        }
    }

    /// What is remembered, as far as it can be true at `now`: a clock that was wrong when it was kept
    /// would let the lease end unrenewed, and spare the source's visits meanwhile.
    #[must_use]
    pub fn plausible(self, now: DateTime<Utc>) -> Self {
        let past = |time: Option<DateTime<Utc>>| {
            time.map(|time| if time > now + SLACK { now } else { time })
        };
        let lease_end = self.lease_end.filter(|end| *end <= now + LATEST);
        // Who does not know when the lease ends asks for a new one.
        let is_due = self.next_at > now + LATEST || lease_end != self.lease_end;
        Self {
            next_at: if is_due { self.next_at.min(now) } else { self.next_at },
            lease_end,
            last_push: past(self.last_push),
            last_missed: past(self.last_missed),
            ..self
        }
    }

    /// What the hub is asked for, if anything.
    pub fn mode(&self) -> Option<Mode> {
        match self.stage {
            Stage::Wanted | Stage::Held => Some(Mode::Subscribe),
            Stage::Leaving => Some(Mode::Unsubscribe),
            Stage::Refused => None,
        }
    }

    /// When the hub is to be asked next, if at all.
    pub fn next_request(&self) -> Option<DateTime<Utc>> {
        self.mode().map(|_| self.next_at)
    }

    /// What the hub is to be asked at `now`.
    pub fn due(&self, now: DateTime<Utc>) -> Option<Mode> {
        self.mode().filter(|_| self.next_at <= now)
    }

    /// Whether we asked for `mode`, so that a hub which asks back is told so (§5.3). A hub may ask
    /// twice about one request.
    pub fn expects(&self, mode: Mode, topic: &str) -> bool {
        let is_ours = match (mode, self.stage) {
            (Mode::Subscribe, Stage::Wanted) | (Mode::Unsubscribe, Stage::Leaving) => {
                self.attempts > 0
            }
            (Mode::Subscribe, Stage::Held) => true,
            _ => false,
        };
        is_ours && self.topic == topic
    }

    /// Until when the hub tells of news, where it does.
    pub fn lease(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.lease_end.filter(|end| *end > now && self.stage != Stage::Leaving)
    }

    /// Whether pushes can be relied on at `now`: they may come, have come, and no visit has found
    /// since what they had not told.
    pub fn carries(&self, now: DateTime<Utc>) -> bool {
        self.lease(now).is_some() && self.last_push.is_some() && self.last_push > self.last_missed
    }

    /// Whether the source need not be visited at `now`, though it is due: pushes carry its news,
    /// and its last visit was less than `longest` ago.
    pub fn spares(
        &self,
        last_visit: Option<DateTime<Utc>>,
        longest: Duration,
        now: DateTime<Utc>,
    ) -> bool {
        let age = last_visit.map(|last| (now - last).to_std().unwrap_or_default());
        self.carries(now) && age.is_some_and(|age| age < longest)
    }

    /// Whether it is of `offer`.
    pub fn is_of(&self, offer: &Offer) -> bool {
        self.hub == offer.hub.as_str() && self.topic == offer.topic
    }

    /// What is remembered after an event; nothing where it is over.
    pub fn after(self, event: Event, now: DateTime<Utc>) -> Option<Self> {
        let known = self.plausible(now);
        if known.stage == Stage::Leaving {
            known.after_farewell(event, now)
        } else {
            known.next(event, now)
        }
    }

    fn next(self, event: Event, now: DateTime<Utc>) -> Option<Self> {
        Some(match event {
            Event::Sent if self.attempts >= MOST_ATTEMPTS => {
                // What it has promised it may still keep until the lease ends.
                let error = self.error.clone().or(Some("the hub does not confirm".to_owned()));
                Self { error, ..self.refused(now) }
            }
            Event::Sent => self.sent(now),
            Event::Failed { reason, wait } => self.failed(reason, wait, now),
            Event::Confirmed { lease } => self.held(lease.unwrap_or(LEASE), now),
            Event::Denied { reason } => {
                let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                let error = Some(format!("the hub refuses{reason}"));
                Self { lease_end: None, error, ..self.refused(now) }
            }
            Event::Pushed => Self { last_push: Some(now), ..self },
            Event::Garbled => Self { last_missed: Some(now), ..self },
            Event::Visited { offer, news } => {
                if !offer.is_some_and(|offer| self.is_of(&offer)) {
                    return self.left(now);
                }
                let last_missed = if news { Some(now) } else { self.last_missed };
                let is_rested = self.stage == Stage::Refused && self.next_at <= now;
                let again = if is_rested { self.wanted(now) } else { self };
                Self { last_missed, ..again }
            }
            Event::Left => return self.left(now),
        })
    }

    fn after_farewell(self, event: Event, now: DateTime<Utc>) -> Option<Self> {
        match event {
            Event::Sent if self.attempts >= MOST_FAREWELLS => None,
            Event::Sent => Some(self.sent(now)),
            Event::Failed { reason, wait } => Some(self.failed(reason, wait, now)),
            Event::Confirmed { .. } | Event::Denied { .. } => None,
            _ => Some(self),
        }
    }

    fn sent(self, now: DateTime<Utc>) -> Self {
        let wait = FIRST_WAIT * 2_i32.saturating_pow(self.attempts.min(16));
        let next_at = now + wait.min(LONGEST_WAIT);
        Self { attempts: self.attempts + 1, next_at, ..self }
    }

    fn failed(self, reason: String, wait: Option<Duration>, now: DateTime<Utc>) -> Self {
        let wait = wait.and_then(|wait| TimeDelta::from_std(wait).ok()).unwrap_or_default();
        let next_at = self.next_at.max(now + wait.min(REST));
        Self { next_at, error: Some(reason), ..self }
    }

    fn held(self, lease: Duration, now: DateTime<Utc>) -> Self {
        let lease = TimeDelta::from_std(lease.clamp(LEASES.0, LEASES.1)).unwrap_or_default();
        Self {
            stage: Stage::Held,
            attempts: 0,
            next_at: now + lease * 2 / 3,
            lease_end: Some(now + lease),
            error: None,
            ..self
        }
    }

    fn refused(self, now: DateTime<Utc>) -> Self {
        Self { stage: Stage::Refused, next_at: now + REST, ..self }
    }

    fn wanted(self, now: DateTime<Utc>) -> Self {
        Self { stage: Stage::Wanted, attempts: 0, next_at: now, ..self }
    }

    /// A hub that was never asked, or has refused, need not be told.
    fn left(self, now: DateTime<Utc>) -> Option<Self> {
        let is_unknown = match self.stage {
            Stage::Wanted => self.attempts == 0,
            Stage::Refused => self.lease(now).is_none(),
            Stage::Held | Stage::Leaving => false,
        };
        let leaving = Self { stage: Stage::Leaving, attempts: 0, next_at: now, ..self };
        (!is_unknown).then_some(leaving)
    }
}

#[cfg(test)]
mod tests;
