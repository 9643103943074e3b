//! What a server says of how much it will still answer.
//!
//! Three generations of fields mean the same: `RateLimit` and `RateLimit-Policy` of the IETF draft
//! (draft-ietf-httpapi-ratelimit-headers: `RateLimit: "default";r=0;t=30`), its older form
//! (`RateLimit: limit=100, remaining=0, reset=30` with `RateLimit-Policy: 100;w=60`, or three fields
//! `RateLimit-…`), and `X-RateLimit-…`,
//! whose reset is a number of seconds or a moment in seconds or milliseconds since 1970.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

/// From here on a reset is a moment and not a wait: nobody asks to wait thirty years.
const EARLIEST_MOMENT: f64 = 1e9;

/// From here on a moment is told in milliseconds.
const EARLIEST_MILLISECONDS: f64 = 1e11;

/// How much a server will still answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quota {
    /// Whether nothing is left.
    pub exhausted: bool,
    /// How long until there is more.
    pub reset: Option<Duration>,
    /// Time between two requests with which the quota would have lasted.
    pub spacing: Option<Duration>,
}

impl Quota {
    /// Reads the fields of an answer that came at `now`; none where it says nothing.
    pub fn of(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Self> {
        let texts = |name: &str| -> Vec<&str> {
            headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
        };
        let number = |names: [&str; 3]| {
            names.iter().flat_map(|name| texts(name)).find_map(|text| text.trim().parse().ok())
        };
        let mut quotas = Vec::new();
        let members = texts("ratelimit");
        // The older form is one quota in several members, the newer one in the parameters of each.
        let newer: Vec<Parameters> = members.iter().flat_map(|text| parameters(text)).collect();
        let older = newer.iter().flatten().copied().collect::<Parameters>();
        if older.iter().any(|(key, _)| *key == "remaining") {
            quotas.push((find(&older, "remaining"), find(&older, "reset")));
        } else {
            quotas.extend(newer.iter().map(|one| (find(one, "r"), find(one, "t"))));
        }
        quotas.push((
            number(["ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining"]),
            number(["ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"])
                .map(|reset| wait(reset, now)),
        ));
        let exhausted = |remaining: Option<f64>| remaining.is_some_and(|left| left < 1.0);
        let any = quotas.iter().any(|(remaining, _)| exhausted(*remaining));
        // Of several quotas those count that have run out, and of them the longest.
        let resets = quotas
            .iter()
            .filter(|(remaining, _)| !any || exhausted(*remaining))
            .filter_map(|(_, reset)| reset.and_then(seconds));
        let policies: Vec<Parameters> =
            texts("ratelimit-policy").iter().flat_map(|text| parameters(text)).collect();
        let spacing = |policy: &Parameters| {
            let quota =
                find(policy, "q").or_else(|| find(policy, "")).filter(|quota| *quota >= 1.0)?;
            seconds(find(policy, "w")? / quota)
        };
        let quota = Self {
            exhausted: any,
            reset: resets.max(),
            spacing: policies.iter().filter_map(spacing).max(),
        };
        (quota != Self::default()).then_some(quota)
    }
}

/// Keys and numbers of one member of a list.
type Parameters<'a> = Vec<(&'a str, f64)>;

/// The members of a list and their parameters (RFC 9651), as far as they are numbers; what is none,
/// such as a policy's name, is left out, and a bare number has an empty key. No name that is in use has a comma or semicolon in it.
fn parameters(text: &str) -> Vec<Parameters<'_>> {
    let parameter = |text| {
        let (key, value): (&str, &str) = str::split_once(text, '=').unwrap_or(("", text));
        Some((key.trim(), value.trim().parse().ok()?))
    };
    text.split(',').map(|member| member.split(';').filter_map(parameter).collect()).collect()
}

fn find(parameters: &Parameters<'_>, key: &str) -> Option<f64> {
    parameters.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
}

/// A reset as a wait in seconds.
fn wait(reset: f64, now: DateTime<Utc>) -> f64 {
    let now = now.timestamp() as f64;
    match reset {
        reset if reset >= EARLIEST_MILLISECONDS => (reset / 1e3 - now).max(0.0),
        reset if reset >= EARLIEST_MOMENT => (reset - now).max(0.0),
        wait => wait,
    }
}

fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const NOW: i64 = 1_750_000_000;

    fn read(fields: &[(&'static str, &str)]) -> Option<(bool, Option<u64>, Option<u64>)> {
        let headers: HeaderMap = fields
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
            })
            .collect();
        let quota = Quota::of(&headers, DateTime::from_timestamp(NOW, 0).unwrap())?;
        Some((
            quota.exhausted,
            quota.reset.map(|reset| reset.as_secs()),
            quota.spacing.map(|spacing| spacing.as_secs()),
        ))
    }

    #[test]
    fn every_generation_of_fields_is_understood() {
        let moment = (NOW + 90).to_string();
        let milliseconds = format!("{}000", NOW + 90);
        for (fields, expected) in [
            (&[][..], None),
            (&[("content-type", "text/xml")][..], None),
            (&[("ratelimit", "\"default\";r=0;t=30")], Some((true, Some(30), None))),
            (&[("ratelimit", "\"default\";r=5;t=30")], Some((false, Some(30), None))),
            (
                &[
                    ("ratelimit", "\"burst\";r=3;t=900, \"daily\";r=0;t=60;pk=:c2Vh:"),
                    ("ratelimit-policy", "\"burst\";q=100;w=60, \"daily\";q=1000;w=86400"),
                ],
                Some((true, Some(60), Some(86))),
            ),
            (&[("ratelimit-policy", "10;w=1, 50;w=3000")], Some((false, None, Some(60)))),
            (&[("ratelimit-policy", "\"minute\";q=1;w=60")], Some((false, None, Some(60)))),
            (&[("ratelimit", "limit=100, remaining=0, reset=50")], Some((true, Some(50), None))),
            (
                &[("ratelimit-remaining", "0"), ("ratelimit-reset", "20")],
                Some((true, Some(20), None)),
            ),
            (
                &[("x-ratelimit-remaining", "0.0"), ("x-ratelimit-reset", "37")],
                Some((true, Some(37), None)),
            ),
            (
                &[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", &moment)],
                Some((true, Some(90), None)),
            ),
            (&[("x-ratelimit-reset", &moment)], Some((false, Some(90), None))),
            (&[("x-ratelimit-reset", &milliseconds)], Some((false, Some(90), None))),
            (&[("x-ratelimit-reset", "1000000000")], Some((false, Some(0), None))),
            (&[("x-ratelimit-reset", "-1")], None),
            (&[("ratelimit", "nonsense"), ("ratelimit-policy", ";;=,q=0;w=1")], None),
        ] {
            assert_eq!(read(fields), expected, "{fields:?}");
        }
    }
}
