//! Why a visit failed, in sentences.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;

use super::{MOST_REDIRECTS, Missing, Settings};

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
    #[error("{0}")]
    Connection(String),
    /// A recorded feed could not be read.
    #[error("{0}")]
    File(String),
}

pub(super) fn connection(error: &reqwest::Error, settings: &Settings) -> FetchError {
    let reason = innermost(error);
    FetchError::Connection(if error.is_connect() && error.is_timeout() {
        format!("no connection within {} s", settings.connect_timeout().as_secs())
    } else if error.is_connect() {
        format!("no connection: {reason}")
    } else {
        format!("the answer broke off: {reason}")
    })
}

/// The library wraps the reason several times; the innermost one is what happened.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
