//! Politeness as a value: what a source told us, and what follows from it.
//!
//! [`request`] says which headers the next request carries, [`answer`](answer::answer) what the head
//! of an answer means, [`after`] what is remembered of a visit and when the next one may be;
//! [`pace`] does the same for a host. Nothing here knows a clock, a socket or a database; tables of
//! cases and laws test all of it. Follows RFC 9110 (conditional requests, `Retry-After`), RFC 9111
//! (how long an answer is fresh), RFC 3229 (differences), and what feeds themselves ask for.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::{Failure, Source};

mod answer;
mod field;
pub mod pace;
mod quota;
mod rhythm;
mod state;
pub mod wishes;

pub use answer::{answer, retry_after};
pub use field::FieldValue;
pub use quota::Quota;
pub use rhythm::Rhythm;
pub use state::{State, Validators};
pub use wishes::Wishes;

/// What a request says beside the address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// `If-None-Match`.
    pub if_none_match: Option<FieldValue>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<FieldValue>,
    /// `A-IM: feed`: only the entries that are new or changed will do.
    pub difference: bool,
}

/// One request to a source and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visit {
    /// Status of the last answer; none where there was none, as with a file.
    pub status: Option<u16>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// What kind of failure that was, where the status does not tell.
    pub failure: Option<Failure>,
    /// Whether validators were sent.
    pub conditional: bool,
    /// The address that answered last.
    pub address: Option<String>,
    /// `ETag` of the answer.
    pub etag: Option<FieldValue>,
    /// `Last-Modified` of the answer.
    pub last_modified: Option<FieldValue>,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
    /// How long the answer stays fresh.
    pub fresh: Option<Duration>,
    /// How much the server will still answer.
    pub quota: Option<Quota>,
    /// What the body asks for.
    pub wishes: Wishes,
    /// How often the source publishes, by its body.
    pub rhythm: Option<Rhythm>,
    /// What the body can be recognised by; see [`digest`].
    pub digest: Option<String>,
    /// The address reached by permanent redirects alone.
    pub moved_to: Option<String>,
}

/// The operator's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Shortest time between two visits; after failures it is a minute at least.
    pub min_interval: Duration,
    /// Longest time between two visits of a source that is well and asks for no longer one.
    pub max_interval: Duration,
    /// Where a source stands among the others, 0 to [`u16::MAX`]: how much of the delay that keeps
    /// sources apart falls to it. Zero is none.
    pub share: u16,
}

/// What a visit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There is something to read.
    Updated,
    /// Nothing has changed.
    Unchanged,
    /// It went wrong; it will be tried again.
    Failed,
    /// It is gone for good.
    Gone,
}

/// Longest wait after failures: a source that comes back is found within a day.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Shortest wait after a failure, whatever the operator wants of sources that are well.
const SHORTEST_BACK_OFF: Duration = Duration::from_mins(1);

/// Longest wait where nobody answered: it may be our own network that failed, all night and for every
/// source, and eight questions a day are no burden to a host that is not there.
const LONGEST_SILENCE: Duration = Duration::from_hours(3);

/// Failures in a row after which a move is forgotten: a new address that has been anything but a feed for
/// so long may be nobody's, or somebody else's.
const FAILED_MOVE: u32 = 3;

/// Longest wait that a server or a feed may ask for; a longer one is a mistake, of a clock or of a
/// rule that was made for pictures.
const LONGEST_ASKED: Duration = Duration::from_hours(168);

/// No wait is longer, however large a number the operator wrote.
const NEVER: Duration = Duration::from_hours(24 * 365 * 10);

/// The delay that keeps sources apart is at most this part of a wait.
const JITTER: u32 = 10;

impl Limits {
    /// The bounds for one source.
    #[must_use]
    pub fn of(self, source: &Source) -> Self {
        let digest = Sha256::digest(source.id.as_bytes());
        Self {
            min_interval: source.interval.unwrap_or(self.min_interval),
            share: u16::from_be_bytes([digest[0], digest[1]]),
            ..self
        }
    }

    /// The delay on top of a wait, so that not all sources with one interval come together.
    fn jitter(&self, wait: Duration) -> Duration {
        (wait / JITTER).saturating_mul(u32::from(self.share)) / u32::from(u16::MAX)
    }
}

impl Request {
    /// Whether the server may say that nothing has changed.
    pub fn is_conditional(&self) -> bool {
        self.if_none_match.is_some() || self.if_modified_since.is_some()
    }
}

/// What the next request to `address` says (RFC 9110 §13.1): both validators where both came, none
/// where none came or where they are another address's; a difference can only be told from an
/// `ETag` (RFC 3229 §5).
pub fn request(state: &State, address: &str) -> Request {
    match &state.validators {
        Some(known) if known.address == address => Request {
            if_none_match: known.etag.clone(),
            if_modified_since: known.last_modified.clone(),
            difference: known.etag.is_some(),
        },
        _ => Request::default(),
    }
}

/// What a visit means.
pub fn outcome(visit: &Visit) -> Outcome {
    match (visit.status, &visit.error) {
        (Some(410), _) => Outcome::Gone,
        // A server that answers 304 to a question that nobody asked has nothing to offer.
        (Some(304), None) if visit.conditional => Outcome::Unchanged,
        (None | Some(200 | 203 | 226), None) => Outcome::Updated,
        _ => Outcome::Failed,
    }
}

/// What is remembered after a visit, and when the next one may be.
pub fn after(state: &State, visit: &Visit, now: DateTime<Utc>, limits: &Limits) -> State {
    let outcome = outcome(visit);
    let mut next = state.clone();
    next.asked_to_wait = false;
    match outcome {
        Outcome::Updated | Outcome::Unchanged => {
            next.validators = validators(state, visit, outcome);
            if outcome == Outcome::Updated {
                next.wishes = visit.wishes;
                let is_news = visit.digest.is_none() || visit.digest != state.digest;
                next.rhythm = state.rhythm.filter(|_| !is_news).or(visit.rhythm);
                next.digest.clone_from(&visit.digest);
            }
            next.moved_to = visit.moved_to.clone().or(next.moved_to);
            next.gone = false;
            next.failures = 0;
            next.last_error = None;
            (next.failure, next.failing_since) = (None, None);
            next.last_success = Some(now);
            let asked = visit.fresh.max(next.wishes.interval).unwrap_or_default();
            let usual = next.rhythm.map_or(Duration::ZERO, |rhythm| rhythm.interval(now));
            let wait = usual.min(limits.max_interval).max(asked.min(LONGEST_ASKED));
            let wait = wait.max(limits.min_interval);
            next.next_at = Some(later(now, wait.saturating_add(limits.jitter(wait))));
        }
        Outcome::Failed | Outcome::Gone => {
            next.gone = outcome == Outcome::Gone;
            next.failures = state.failures.saturating_add(1);
            next.last_failure = Some(now);
            next.last_error = Some(reason(visit));
            next.failure = Some(visit.failure.unwrap_or_else(|| Failure::of_status(visit.status)));
            next.failing_since = state.failing_since.or(Some(now));
            if matches!(visit.status, None | Some(404)) || next.failures >= FAILED_MOVE {
                // The old address is asked again, and may lead elsewhere by now.
                next.moved_to = None;
            }
            let first = limits.min_interval.max(SHORTEST_BACK_OFF);
            let wait = doubled(first, next.failures).min(longest_back_off(visit, first));
            let wait = wait.saturating_add(limits.jitter(wait)).min(LONGEST_WAIT);
            next.asked_to_wait = visit.retry_after.is_some();
            let wait = visit.retry_after.map_or(wait, |asked| {
                let asked = asked.min(LONGEST_ASKED);
                asked + limits.jitter(asked)
            });
            next.next_at = Some(later(now, wait.max(first)));
        }
    }
    next.next_at = next.next_at.map(|at| next.wishes.outside(at));
    next
}

/// What a body can be recognised by.
pub fn digest(body: &[u8]) -> String {
    let hex = |text: String, byte: &u8| text + &format!("{byte:02x}");
    Sha256::digest(body).iter().take(8).fold(String::new(), hex)
}

/// Validators of the last answer and of no other: a 200 without them clears them, a 304 may renew
/// what it names (RFC 9111 §4.3.4). Those of a body that broke off would keep the rest from us, unless
/// the server has no more of it: then the same bytes come again.
fn validators(state: &State, visit: &Visit, outcome: Outcome) -> Option<Validators> {
    let is_repeated = visit.digest.is_some() && visit.digest == state.digest;
    if outcome == Outcome::Updated && visit.wishes.is_cut && !is_repeated {
        return None;
    }
    let known = state.validators.clone().filter(|_| outcome == Outcome::Unchanged);
    let (etag, last_modified) = known.map_or((None, None), |it| (it.etag, it.last_modified));
    let etag = visit.etag.clone().or(etag);
    let last_modified = visit.last_modified.clone().or(last_modified);
    let address = visit.address.clone()?;
    (etag.is_some() || last_modified.is_some()).then_some(Validators {
        address,
        etag,
        last_modified,
    })
}

/// Whether a source may be visited at `now`. `all` asks for those that are not due as well, but
/// what a server asked for is honoured, and what is gone stays gone.
pub fn is_due(state: &State, now: DateTime<Utc>, all: bool) -> bool {
    let waits = state.next_at.is_some_and(|next| next > now);
    !state.gone && !(waits && (!all || state.asked_to_wait))
}

fn reason(visit: &Visit) -> String {
    match (&visit.error, visit.status) {
        (_, Some(410)) => {
            "410: the feed is gone for good and is no longer visited; remove the source".to_owned()
        }
        (Some(error), _) => error.clone(),
        (None, Some(304)) => "304 to a request without validators".to_owned(),
        (None, Some(429)) => "429: too many requests; it will be left alone for a while".to_owned(),
        (None, Some(status @ (401 | 403))) => format!("{status}: the server refuses us"),
        (None, Some(404)) => "404: there is nothing at this address".to_owned(),
        (None, Some(status)) => format!("the server answered {status}"),
        (None, None) => "no answer".to_owned(),
    }
}

/// Where the wait after failures ends to grow, from the `first` on.
fn longest_back_off(visit: &Visit, first: Duration) -> Duration {
    match (visit.status, visit.failure) {
        // Nobody was asked, and the mistake is ours: it is mended when its operator mends it.
        (None, Some(Failure::Settings | Failure::File)) => first,
        (None, _) => LONGEST_SILENCE.max(first),
        _ => LONGEST_WAIT,
    }
}

/// A wait that doubles with each failure after the first.
fn doubled(first: Duration, failures: u32) -> Duration {
    first.saturating_mul(1 << failures.saturating_sub(1).min(16))
}

/// No source is ever left alone for longer: the longest that anybody may ask for, with the delay that
/// keeps sources apart, and a week of hours and days that the feed asks to skip.
fn longest_wait(limits: &Limits) -> Duration {
    let longest = LONGEST_ASKED.max(limits.max_interval).max(limits.min_interval);
    longest.saturating_add(longest / JITTER).saturating_add(LONGEST_ASKED)
}

fn later(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    let wait = TimeDelta::from_std(wait.min(NEVER)).unwrap_or_default();
    now.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
