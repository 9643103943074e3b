//! What the head of an answer says to a polite visitor.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use reqwest::header::{self, HeaderMap, HeaderName};

use super::{FieldValue, Quota, Request, Visit};
use crate::date;

/// Reads the head of an answer that came at `now` from `address`, to what was asked.
pub fn answer(
    status: u16,
    headers: &HeaderMap,
    address: &str,
    asked: &Request,
    now: DateTime<Utc>,
) -> Visit {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let bytes = |name| headers.get(name).and_then(|value| FieldValue::new(value.as_bytes()));
    // A list may stand in several fields of one name (RFC 9110 §5.3).
    let cache_control = headers.get_all(header::CACHE_CONTROL).iter();
    let cache_control: Vec<_> = cache_control.filter_map(|value| value.to_str().ok()).collect();
    let quota = Quota::of(headers, now);
    let limited = matches!(status, 429 | 503);
    Visit {
        status: Some(status),
        error: (status == 226).then(|| difference(headers, asked)).flatten(),
        conditional: asked.is_conditional(),
        address: Some(address.to_owned()),
        etag: bytes(header::ETAG),
        last_modified: bytes(header::LAST_MODIFIED),
        retry_after: text(header::RETRY_AFTER)
            .and_then(|value| retry_after(value, now))
            .or_else(|| quota.filter(|_| limited)?.reset),
        fresh: freshness(&cache_control.join(","), text(header::EXPIRES), text(header::DATE), now),
        quota,
        ..Visit::default()
    }
}

/// Why a 226 cannot be used: RFC 3229 §10.4.1 has it answer `A-IM` only, and we know `feed` alone
/// (RFC 3229 with feed: the entries that are new or changed).
fn difference(headers: &HeaderMap, asked: &Request) -> Option<String> {
    let manipulations = headers.get("im").and_then(|value| value.to_str().ok()).unwrap_or("feed");
    let known = manipulations
        .split(',')
        .all(|one| one.split(';').next().unwrap_or(one).trim().eq_ignore_ascii_case("feed"));
    match (asked.difference, known) {
        (true, true) => None,
        (true, false) => {
            Some(format!("226 with differences of a kind that nobody asked for: {manipulations}"))
        }
        (false, _) => Some("226, a difference that nobody asked for".to_owned()),
    }
}

/// A wait from `Retry-After`: seconds or a date (RFC 9110 §10.2.3).
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    Some(until(moment(value)?, now).unwrap_or_default())
}

/// How long an answer is fresh: the longer of `max-age` and `Expires`, which counts from `Date`
/// (RFC 9111 §5.2, §5.3). A cache must ignore `Expires` where there is `max-age`; a visitor who takes
/// the longer of the two comes too late at worst, and never too early.
fn freshness(
    cache_control: &str,
    expires: Option<&str>,
    date: Option<&str>,
    now: DateTime<Utc>,
) -> Option<Duration> {
    let directives = cache_control.to_lowercase();
    let max_age = directives.split(',').find_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        let seconds = value.trim().trim_matches('"').parse().ok();
        seconds.filter(|_| name.trim() == "max-age").map(Duration::from_secs)
    });
    let from = date.and_then(moment).unwrap_or(now);
    let expires = expires.and_then(moment).and_then(|end| until(end, from));
    max_age.max(expires)
}

/// The time from `now` to `end`, none where it is past. Dates are told in whole seconds, so the
/// second that has begun counts as a whole one.
fn until(end: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    (end - now.trunc_subsecs(0)).to_std().ok()
}

/// A date in any of the forms of RFC 9110 §5.6.7, and in those that servers write instead.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    date::parse(text, chrono_tz::UTC).map(|date| date.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    const LATER: &str = "Sun, 15 Jun 2025 16:06:40 GMT";

    #[test]
    fn waits_are_read_in_all_their_forms() {
        for (value, expected) in [
            ("120", Some(120)),
            (" 1.5 ", Some(1)),
            (LATER, Some(3_600)),
            ("Sunday, 15-Jun-25 16:06:40 GMT", Some(3_600)),
            ("Sun Jun 15 16:06:40 2025", Some(3_600)),
            ("Fri, 13 Jun 2025 08:00:00 GMT", Some(0)),
            ("99999999999", Some(99_999_999_999)),
            ("-1", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(value, now()).map(|wait| wait.as_secs()), expected, "{value}");
        }
    }

    #[test]
    fn freshness_is_the_longest_that_is_told() {
        let earlier = "Sun, 15 Jun 2025 14:06:40 GMT";
        for (cache, expires, date, expected) in [
            ("public, max-age=60", None, None, Some(60)),
            ("Public, Max-Age = \"60\"", None, None, Some(60)),
            ("s-maxage=60, max-age=x", None, None, None),
            ("max-age=60", Some(LATER), None, Some(3_600)),
            ("max-age=60", Some("Thu, 19 Nov 1981 08:52:00 GMT"), None, Some(60)),
            ("no-cache", Some(LATER), None, Some(3_600)),
            ("", Some(LATER), Some(earlier), Some(7_200)),
            ("", Some("0"), None, None),
            ("", Some("-1"), None, None),
            ("", None, None, None),
        ] {
            let fresh = freshness(cache, expires, date, now()).map(|wait| wait.as_secs());
            assert_eq!(fresh, expected, "{cache:?} {expires:?} {date:?}");
        }
    }

    #[test]
    fn a_difference_is_taken_where_it_was_asked_for() {
        let asked = Request { difference: true, ..Request::default() };
        let read = |im: Option<&str>, asked: &Request| {
            let im = im.map(|im| (HeaderName::from_static("im"), im.parse().unwrap()));
            answer(226, &im.into_iter().collect(), "https://a.example/", asked, now()).error
        };
        assert_eq!(read(Some("feed"), &asked), None);
        assert_eq!(read(None, &asked), None);
        assert!(read(Some("feed, gzip"), &asked).unwrap().ends_with("feed, gzip"));
        assert!(read(Some("feed"), &Request::default()).is_some());
    }
}
