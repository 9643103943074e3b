//! The daemon as systemd and its operator meet it: a real process with a notify socket, inherited
//! sockets and signals.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[cfg(test)]
mod beside;
#[cfg(test)]
mod notify;
#[cfg(test)]
mod once;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod service;
#[cfg(test)]
#[path = "../program/site.rs"]
mod site;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod stop;
