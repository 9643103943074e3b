//! Why a visit failed, in sentences.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;

use super::{MOST_REDIRECTS, Missing, Settings};
use crate::source::Failure;

/// Why a visit failed before the server had its say, or after.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The address in the source list cannot be visited.
    #[error("{0}")]
    Address(String),
    /// A header of the source is not to be had.
    #[error(transparent)]
    Header(#[from] Missing),
    /// The address, or a redirect, leads into a private network.
    #[error("{0} is a private address; `fetch.allow_private` would allow it")]
    Private(String),
    /// The host asks to be left alone; nothing was asked.
    #[error("its host asks to be left alone until {}", .0.to_rfc3339_opts(SecondsFormat::Secs, true))]
    Deferred(DateTime<Utc>),
    /// Too many redirects.
    #[error("more than {MOST_REDIRECTS} redirects")]
    Redirects,
    /// A redirect leads where we have been.
    #[error("the redirects lead in a circle, back to {0}")]
    Circle(String),
    /// The body is too large.
    #[error("the answer is larger than {0} bytes; see `fetch.max_body`")]
    TooLarge(u64),
    /// It took too long.
    #[error("no complete answer within {} s; see `fetch.timeout`", .0.as_secs())]
    Timeout(Duration),
    /// The connection failed.
    #[error("{1}")]
    Connection(Failure, String),
    /// A recorded feed could not be read.
    #[error("{0}")]
    File(String),
}

impl FetchError {
    /// What kind of failure this is.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Address(_) | Self::Header(_) => Failure::Settings,
            Self::Private(_) => Failure::Private,
            // A visit that is put off is none, and this is never asked.
            Self::Deferred(_) => Failure::Other,
            Self::Redirects | Self::Circle(_) => Failure::Redirects,
            Self::TooLarge(_) => Failure::TooLarge,
            Self::Timeout(_) => Failure::Timeout,
            Self::Connection(failure, _) => *failure,
            Self::File(_) => Failure::File,
        }
    }
}

pub(super) fn connection(error: &reqwest::Error, settings: &Settings) -> FetchError {
    let reason = innermost(error);
    if error.is_connect() && error.is_timeout() {
        let seconds = settings.connect_timeout().as_secs();
        FetchError::Connection(Failure::Timeout, format!("no connection within {seconds} s"))
    } else if error.is_connect() {
        FetchError::Connection(kind(error), format!("no connection: {reason}"))
    } else {
        FetchError::Connection(Failure::Connection, format!("the answer broke off: {reason}"))
    }
}

/// Why there is no connection. The library tells it only in the errors that it wraps.
fn kind(error: &reqwest::Error) -> Failure {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = inner {
        if is_of_tls(one) {
            return Failure::Tls;
        }
        // hyper-util's connector says no more than this of its resolver's errors.
        if one.to_string() == "dns error" {
            return Failure::Name;
        }
        inner = one.source();
    }
    Failure::Connection
}

/// Whether TLS failed. An error of the system may hold another one, which its `source` passes over.
fn is_of_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>() || held.is_some_and(|held| is_of_tls(held))
}

/// The library wraps the reason several times; the innermost one is what happened.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
