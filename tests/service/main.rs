//! The daemon as systemd and its operator meet it: a real process with a notify socket, inherited
//! sockets and signals.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod beside;
mod notify;
mod once;
mod reload;
mod service;
#[path = "../program/site.rs"]
mod site;
mod sockets;
mod start;
mod stop;
