//! The pace of a host: how far apart all requests to it must be, whichever source they are for.
//!
//! A host that answers 429, or refuses several sources in a row, has said that we are too many at
//! once. Its requests then move apart, twice as far with each complaint, and come nearer again by
//! an eighth a day while it is content. Its sources, where they would come together, are given
//! times of their own by an [`Agenda`]: those that fail together must not come back together.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{LONGEST_ASKED, LONGEST_WAIT, Outcome, Visit, Wishes, doubled, later, outcome};

/// Spacing after the first complaint: two requests a minute.
const FIRST_SPACING: Duration = Duration::from_secs(30);

/// Largest spacing: about a hundred requests a day, so that no source is forgotten.
const LARGEST_SPACING: Duration = Duration::from_mins(15);

/// A spacing below this is none: the pause between two requests does as much.
const SMALLEST_SPACING: Duration = Duration::from_secs(10);

/// How long a host is content before its requests come nearer again.
const CONTENT: TimeDelta = TimeDelta::days(1);

/// How long the other sources of a host wait after a first 429 or 503 that names no time.
const FIRST_WAIT: Duration = Duration::from_mins(1);

/// Complaints that come closer together are one: they answer requests that were under way at once.
const ONE_COMPLAINT: TimeDelta = TimeDelta::minutes(1);

/// So many answers 403 within so long are a burst: not one feed is forbidden, we are.
const BURST: u32 = 3;
const BURST_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// What is remembered of a host between two requests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// Time between two requests, learnt; zero where the host has never complained.
    pub spacing: Duration,
    /// No request before.
    pub next_at: Option<DateTime<Utc>>,
    /// Complaints since it was last content.
    pub complaints: u32,
    /// When it last complained.
    pub complained: Option<DateTime<Utc>>,
    /// When the spacing last changed.
    pub changed: Option<DateTime<Utc>>,
    /// Answers 403 in a row.
    pub refusals: u32,
    /// When the first of them came.
    pub refused: Option<DateTime<Utc>>,
}

impl Pace {
    /// What is remembered, as far as it can be true at `now`; see
    /// [`State::plausible`](super::State::plausible).
    #[must_use]
    pub fn plausible(self, now: DateTime<Utc>) -> Self {
        let past = |time: Option<DateTime<Utc>>| time.map(|time| time.min(now));
        let longest = later(now, LONGEST_ASKED);
        Self {
            next_at: self.next_at.filter(|next| *next <= longest),
            complained: past(self.complained),
            changed: past(self.changed),
            refused: past(self.refused),
            ..self
        }
    }

    /// Whether the sources of this host must be kept apart.
    pub fn is_strained(&self, now: DateTime<Utc>) -> bool {
        !self.spacing.is_zero() || self.next_at.is_some_and(|next| next > now)
    }

    /// Time between two of its sources, while it is strained.
    pub fn gap(&self) -> TimeDelta {
        let gap = self.spacing.max(SMALLEST_SPACING);
        TimeDelta::from_std(gap).unwrap_or(TimeDelta::MAX)
    }
}

/// The pace once a request has begun at `now`: the next one keeps its distance, whatever the answer.
pub fn begun(pace: &Pace, now: DateTime<Utc>) -> Pace {
    let next = later(now, pace.spacing);
    let next_at = if pace.spacing.is_zero() { pace.next_at } else { pace.next_at.max(Some(next)) };
    Pace { next_at, ..pace.clone() }
}

/// The pace after an answer.
pub fn after(pace: &Pace, visit: &Visit, now: DateTime<Utc>) -> Pace {
    let mut next = pace.clone();
    let content = matches!(outcome(visit), Outcome::Updated | Outcome::Unchanged);
    if visit.status == Some(403) {
        if next.refused.is_none_or(|first| now - first > BURST_WITHIN) {
            (next.refusals, next.refused) = (0, Some(now));
        }
        next.refusals += 1;
    } else if content {
        (next.refusals, next.refused) = (0, None);
    }
    let too_many = visit.status == Some(429) || visit.status == Some(403) && next.refusals >= BURST;
    let is_new = pace.complained.is_none_or(|at| now - at >= ONE_COMPLAINT);
    if too_many || visit.status == Some(503) {
        let guess = is_new.then(|| {
            next.complaints = next.complaints.saturating_add(1);
            next.complained = Some(now);
            doubled(FIRST_WAIT, next.complaints).min(LONGEST_WAIT)
        });
        let wait = visit.retry_after.map(|asked| asked.min(LONGEST_ASKED)).or(guess);
        next.next_at = next.next_at.max(wait.map(|wait| later(now, wait)));
    } else if content && is_new {
        (next.complaints, next.complained) = (0, None);
    }
    let quota = visit.quota.unwrap_or_default();
    if quota.exhausted
        && let Some(reset) = quota.reset
    {
        next.next_at = next.next_at.max(Some(later(now, reset.min(LONGEST_ASKED))));
    }
    // What the host itself calls its pace is better than a guess.
    let told = quota.spacing.filter(|told| quota.exhausted && *told >= SMALLEST_SPACING);
    let guess = (too_many && is_new).then(|| (pace.spacing * 2).max(FIRST_SPACING));
    let wider = told.max(guess).unwrap_or_default().min(LARGEST_SPACING);
    if guess.is_some() || wider > pace.spacing {
        next.spacing = wider;
        next.changed = Some(now);
    } else if content && next.changed.is_some_and(|changed| now - changed >= CONTENT) {
        let nearer = next.spacing / 8 * 7;
        let is_over = nearer < SMALLEST_SPACING;
        next.spacing = if is_over { Duration::ZERO } else { nearer };
        next.changed = (!is_over).then_some(now);
    }
    // What is past says nothing any more.
    next.next_at = next.next_at.filter(|time| *time > now);
    begun(&next, now)
}

/// When the sources of one host are to be visited.
#[derive(Debug, Clone, Default)]
pub struct Agenda {
    times: BTreeSet<(DateTime<Utc>, String)>,
    sources: HashMap<String, DateTime<Utc>>,
}

impl Agenda {
    /// Notes when `source` is to be visited; a time that two share is noted for both.
    pub fn note(&mut self, source: &str, at: DateTime<Utc>) {
        self.forget(source);
        self.times.insert((at, source.to_owned()));
        self.sources.insert(source.to_owned(), at);
    }

    /// The first moment from `from` on that is at least `gap` from every other source's and that
    /// the feed does not ask to skip; noted for `source`.
    pub fn place(
        &mut self,
        source: &str,
        from: DateTime<Utc>,
        gap: TimeDelta,
        wishes: &Wishes,
    ) -> DateTime<Utc> {
        self.forget(source);
        let mut at = from;
        loop {
            // Each turn moves on past one time at least, and there are only so many.
            let next = self.free(wishes.outside(at), gap);
            if next == at {
                break;
            }
            at = next;
        }
        self.note(source, at);
        at
    }

    fn free(&self, from: DateTime<Utc>, gap: TimeDelta) -> DateTime<Utc> {
        let Some(begin) = from.checked_sub_signed(gap) else { return from };
        let mut at = from;
        for (taken, _) in self.times.range((begin, String::new())..) {
            if *taken - at >= gap {
                break;
            }
            let Some(behind) = taken.checked_add_signed(gap) else { break };
            at = at.max(behind);
        }
        at
    }

    fn forget(&mut self, source: &str) {
        if let Some(at) = self.sources.remove(source) {
            self.times.remove(&(at, source.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests;
