//! What kind of failure a visit met: what a person would do about it depends on that, and so do the
//! labels of metrics. The sentence that tells it exactly is kept beside it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a visit failed, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Its name leads to no address.
    Name,
    /// No connection, or one that broke off.
    Connection,
    /// A certificate or handshake that cannot be trusted.
    Tls,
    /// No answer in time.
    Timeout,
    /// 401, 403, 407, 451: it does not want us.
    Refused,
    /// 404, 410: there is nothing.
    Missing,
    /// 429: we ask too often.
    TooMany,
    /// Any other status that blames the request.
    Client,
    /// A status that blames the server.
    Server,
    /// An answer that is no feed.
    NotAFeed,
    /// An answer larger than allowed.
    TooLarge,
    /// Redirects without end.
    Redirects,
    /// An address of a private network.
    Private,
    /// Something in our own source list.
    Settings,
    /// A recorded feed that cannot be read.
    File,
    /// Anything else.
    #[serde(other)]
    Other,
}

impl Failure {
    /// What a status means that is no success.
    pub fn of_status(status: Option<u16>) -> Self {
        match status {
            Some(401 | 403 | 407 | 451) => Self::Refused,
            Some(404 | 410) => Self::Missing,
            Some(429) => Self::TooMany,
            Some(408 | 504) => Self::Timeout,
            Some(400..=499) => Self::Client,
            Some(500..=599) => Self::Server,
            _ => Self::Other,
        }
    }

    /// One word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "dns",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Missing => "missing",
            Self::TooMany => "too_many_requests",
            Self::Client => "http_4xx",
            Self::Server => "http_5xx",
            Self::NotAFeed => "not_a_feed",
            Self::TooLarge => "too_large",
            Self::Redirects => "redirects",
            Self::Private => "private_address",
            Self::Settings => "settings",
            Self::File => "file",
            Self::Other => "other",
        }
    }
}

/// What a person would call it, as the beginning of a sentence's end: "fails with …".
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "a DNS failure",
            Self::Connection => "a broken connection",
            Self::Tls => "a TLS failure",
            Self::Timeout => "a time-out",
            Self::Refused => "a refusal",
            Self::Missing => "nothing at its address",
            Self::TooMany => "too many requests",
            Self::Client => "an HTTP client error",
            Self::Server => "an HTTP server error",
            Self::NotAFeed => "something that is no feed",
            Self::TooLarge => "too large an answer",
            Self::Redirects => "too many redirects",
            Self::Private => "a private address",
            Self::Settings => "a mistake in the source list",
            Self::File => "an unreadable file",
            Self::Other => "an unexpected failure",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_tells_its_kind() {
        for (status, kind) in [
            (Some(403), Failure::Refused),
            (Some(404), Failure::Missing),
            (Some(410), Failure::Missing),
            (Some(418), Failure::Client),
            (Some(429), Failure::TooMany),
            (Some(504), Failure::Timeout),
            (Some(503), Failure::Server),
            (Some(304), Failure::Other),
            (None, Failure::Other),
        ] {
            assert_eq!(Failure::of_status(status), kind, "{status:?}");
        }
    }

    #[test]
    fn a_kind_of_a_later_version_is_still_read() {
        assert_eq!(serde_json::from_str::<Failure>("\"tls\"").unwrap(), Failure::Tls);
        assert_eq!(serde_json::from_str::<Failure>("\"gremlins\"").unwrap(), Failure::Other);
    }
}
