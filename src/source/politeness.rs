//! Politeness as a value: what a source told us, and what follows from it.
//!
//! [`request`] says which headers the next request carries, [`after`] what is remembered of a visit
//! and when the next one may be. Nothing here knows a clock, a socket or a database; a table of
//! cases tests all of it. Follows RFC 9110 (conditional requests, `Retry-After`), RFC 9111 (how
//! long an answer is fresh) and the RSS `ttl`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What is remembered of a source between two visits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// `ETag` of the last answer, exactly as received.
    pub etag: Option<String>,
    /// `Last-Modified` of the last answer, exactly as received.
    pub last_modified: Option<String>,
    /// Where the feed has moved for good, once the new address has answered well.
    pub moved_to: Option<String>,
    /// Answered 410: it will not come back by itself.
    pub gone: bool,
    /// Failures since the last success.
    pub failures: u32,
    /// When it last answered well.
    pub last_success: Option<DateTime<Utc>>,
    /// When it last failed.
    pub last_failure: Option<DateTime<Utc>>,
    /// What went wrong, while it does.
    pub last_error: Option<String>,
    /// Not to be visited before.
    pub next_at: Option<DateTime<Utc>>,
    /// Whether the server itself asked for the wait (`Retry-After`): then nobody may shorten it.
    pub asked_to_wait: bool,
}

/// One request to a source and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visit {
    /// Status of the last answer; none where there was none, as with a file.
    pub status: Option<u16>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// Whether validators were sent.
    pub conditional: bool,
    /// Validators of the answer.
    pub etag: Option<String>,
    /// Validators of the answer.
    pub last_modified: Option<String>,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
    /// How long the answer stays fresh.
    pub max_age: Option<Duration>,
    /// RSS `ttl`.
    pub ttl: Option<Duration>,
    /// The address reached by permanent redirects alone.
    pub moved_to: Option<String>,
}

/// The operator's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Shortest time between two visits.
    pub min_interval: Duration,
    /// Longest time between two visits of a source that is well.
    pub max_interval: Duration,
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

/// Longest wait that a server may ask for; a longer one is a mistake of its clock.
const LONGEST_ASKED: Duration = Duration::from_hours(168);

/// Headers of the next request by which the server can say that nothing has changed
/// (RFC 9110 §13.1): both validators where both came, none where none came.
pub fn request(state: &State) -> Vec<(&'static str, String)> {
    let etag = state.etag.clone().map(|etag| ("if-none-match", etag));
    let date = state.last_modified.clone().map(|date| ("if-modified-since", date));
    etag.into_iter().chain(date).collect()
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
            if outcome == Outcome::Updated {
                // Validators of this answer and of no other: a 200 without them clears them.
                next.etag.clone_from(&visit.etag);
                next.last_modified.clone_from(&visit.last_modified);
            } else {
                // RFC 9111 §4.3.4: a 304 may renew what it names.
                next.etag = visit.etag.clone().or(next.etag);
                next.last_modified = visit.last_modified.clone().or(next.last_modified);
            }
            next.moved_to = visit.moved_to.clone().or(next.moved_to);
            next.gone = false;
            next.failures = 0;
            next.last_error = None;
            next.last_success = Some(now);
            let asked = [visit.max_age, visit.ttl].into_iter().flatten().max().unwrap_or_default();
            let wait = asked.min(limits.max_interval).max(limits.min_interval);
            next.next_at = Some(later(now, wait));
        }
        Outcome::Failed | Outcome::Gone => {
            next.gone = outcome == Outcome::Gone;
            next.failures = state.failures.saturating_add(1);
            next.last_failure = Some(now);
            next.last_error = Some(reason(visit));
            let doubled =
                limits.min_interval.saturating_mul(1 << next.failures.saturating_sub(1).min(16));
            let wait = doubled.min(LONGEST_WAIT).max(limits.min_interval);
            let asked = visit.retry_after.map(|asked| asked.min(LONGEST_ASKED));
            next.asked_to_wait = asked.is_some();
            next.next_at =
                Some(later(now, asked.map_or(wait, |asked| asked.max(limits.min_interval))));
        }
    }
    next
}

/// Whether a source may be visited at `now`. `all` asks for those that are not due as well, but
/// what a server asked for is honoured, and what is gone stays gone.
pub fn is_due(state: &State, now: DateTime<Utc>, all: bool) -> bool {
    let waits = state.next_at.is_some_and(|next| next > now);
    !state.gone && !(waits && (!all || state.asked_to_wait))
}

/// A wait from `Retry-After`: seconds or a date (RFC 9110 §10.2.3).
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?.to_utc();
    Some((until - now).to_std().unwrap_or_default())
}

/// How long an answer is fresh: `max-age`, else `Expires` (RFC 9111 §5.2, §5.3).
pub fn freshness(
    cache_control: Option<&str>,
    expires: Option<&str>,
    now: DateTime<Utc>,
) -> Option<Duration> {
    let directives = cache_control.unwrap_or_default().to_lowercase();
    let max_age = directives.split(',').find_map(|directive| {
        directive.trim().strip_prefix("max-age=")?.trim_matches('"').parse().ok()
    });
    max_age.map(Duration::from_secs).or_else(|| {
        let until = DateTime::parse_from_rfc2822(expires?).ok()?.to_utc();
        (until - now).to_std().ok()
    })
}

fn reason(visit: &Visit) -> String {
    match (&visit.error, visit.status) {
        (_, Some(410)) => "410: the feed is gone for good; remove the source".to_owned(),
        (Some(error), _) => error.clone(),
        (None, Some(304)) => "304 to a request without validators".to_owned(),
        (None, Some(429)) => "429: too many requests; it will be left alone for a while".to_owned(),
        (None, Some(status @ (401 | 403))) => format!("{status}: the server refuses us"),
        (None, Some(404)) => "404: there is nothing at this address".to_owned(),
        (None, Some(status)) => format!("the server answered {status}"),
        (None, None) => "no answer".to_owned(),
    }
}

fn later(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(wait).ok().and_then(|wait| now.checked_add_signed(wait)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const LIMITS: Limits = Limits { min_interval: HOUR, max_interval: Duration::from_hours(24) };

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    fn hours(state: &State) -> i64 {
        (state.next_at.unwrap() - now()).num_hours()
    }

    fn visit(status: u16) -> Visit {
        Visit { status: Some(status), conditional: true, ..Visit::default() }
    }

    fn known() -> State {
        State {
            etag: Some("\"a\"".into()),
            last_modified: Some("Fri, 13 Jun 2025 08:00:00 GMT".into()),
            ..State::default()
        }
    }

    #[test]
    fn the_first_request_is_unconditional_and_the_next_sends_back_what_came() {
        assert_eq!(request(&State::default()), []);
        assert_eq!(
            request(&known()),
            [
                ("if-none-match", "\"a\"".to_owned()),
                ("if-modified-since", "Fri, 13 Jun 2025 08:00:00 GMT".to_owned())
            ]
        );
    }

    #[test]
    fn validators_are_those_of_the_last_answer() {
        let cleared = after(&known(), &visit(200), now(), &LIMITS);
        assert_eq!((cleared.etag, cleared.last_modified), (None, None));
        let renewed =
            after(&known(), &Visit { etag: Some("W/\"b\"".into()), ..visit(304) }, now(), &LIMITS);
        assert_eq!(renewed.etag.as_deref(), Some("W/\"b\""));
        assert_eq!(renewed.last_modified, known().last_modified);
        let failed = after(&known(), &visit(500), now(), &LIMITS);
        assert_eq!((failed.etag, failed.failures), (known().etag, 1));
    }

    #[test]
    fn the_next_visit_waits_for_the_longest_that_anybody_asked() {
        for (visit, expected) in [
            (visit(200), 1),
            (visit(304), 1),
            (Visit { max_age: Some(HOUR * 3), ttl: Some(HOUR * 2), ..visit(200) }, 3),
            (Visit { max_age: Some(HOUR / 60), ..visit(200) }, 1),
            (Visit { max_age: Some(HOUR * 1_000), ..visit(200) }, 24),
            (visit(500), 1),
            (Visit { retry_after: Some(HOUR * 5), ..visit(429) }, 5),
            (Visit { retry_after: Some(HOUR / 60), ..visit(503) }, 1),
            (Visit { retry_after: Some(HOUR * 100_000), ..visit(503) }, 7 * 24),
            (Visit { conditional: false, ..visit(304) }, 1),
        ] {
            assert_eq!(hours(&after(&known(), &visit, now(), &LIMITS)), expected, "{visit:?}");
        }
    }

    #[test]
    fn failures_back_off_up_to_a_day_and_a_success_ends_it() {
        let mut state = State::default();
        let mut waits = Vec::new();
        for _ in 0..8 {
            state = after(&state, &visit(500), now(), &LIMITS);
            waits.push(hours(&state));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 24, 24, 24]);
        state = after(&state, &visit(200), now(), &LIMITS);
        assert_eq!(
            (
                state.failures,
                state.last_error,
                hours(&State { next_at: state.next_at, ..State::default() })
            ),
            (0, None, 1)
        );
    }

    #[test]
    fn outcomes() {
        for (visit, expected) in [
            (visit(200), Outcome::Updated),
            (visit(304), Outcome::Unchanged),
            (Visit { conditional: false, ..visit(304) }, Outcome::Failed),
            (visit(410), Outcome::Gone),
            (visit(404), Outcome::Failed),
            (Visit { error: Some("x".into()), ..visit(200) }, Outcome::Failed),
            (Visit { error: Some("x".into()), ..Visit::default() }, Outcome::Failed),
            (Visit::default(), Outcome::Updated),
        ] {
            assert_eq!(outcome(&visit), expected, "{visit:?}");
        }
    }

    #[test]
    fn all_hurries_nobody_who_asked_for_a_wait() {
        let waits = State { next_at: Some(now() + TimeDelta::hours(1)), ..State::default() };
        let asked = State { asked_to_wait: true, ..waits.clone() };
        let gone = State { gone: true, ..State::default() };
        for (state, due, due_with_all) in [
            (State::default(), true, true),
            (waits, false, true),
            (asked, false, false),
            (gone, false, false),
        ] {
            assert_eq!(
                (is_due(&state, now(), false), is_due(&state, now(), true)),
                (due, due_with_all)
            );
        }
    }

    #[test]
    fn waits_and_freshness_are_read_in_all_their_forms() {
        let text = "Sun, 15 Jun 2025 16:06:40 GMT";
        let hour = now() + TimeDelta::hours(1);
        assert_eq!(hour.format("%a, %d %b %Y %H:%M:%S GMT").to_string(), text);
        for (value, expected) in [
            ("120", Some(120)),
            (text, Some(3_600)),
            ("Fri, 13 Jun 2025 08:00:00 GMT", Some(0)),
            ("soon", None),
        ] {
            assert_eq!(retry_after(value, now()).map(|wait| wait.as_secs()), expected, "{value}");
        }
        for (cache, expires, expected) in [
            (Some("public, max-age=60"), Some(text), Some(60)),
            (Some("no-cache"), Some(text), Some(3_600)),
            (None, Some("0"), None),
            (None, None, None),
        ] {
            assert_eq!(freshness(cache, expires, now()).map(|wait| wait.as_secs()), expected);
        }
    }
}
