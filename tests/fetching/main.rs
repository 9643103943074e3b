//! Visits to a real server on loopback: the exact requests that arrive, and what is made of answers.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod discovery;
mod headers;
mod hubs;
mod limits;
mod mishaps;
mod private;
mod program;
mod proxies;
mod redirects;
mod replay;
mod rounds;
mod server;
mod statuses;
mod tls;
mod validators;
