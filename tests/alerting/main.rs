//! What Headwater says when something is wrong: the real binary, and whoever listens to it on loopback.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod health;
mod history;
#[path = "../program/process.rs"]
#[allow(dead_code, reason = "the daemon's other tests ask it for more")]
mod process;
mod receiver;
#[path = "../program/site.rs"]
#[allow(dead_code, reason = "the program's other tests ask it for more")]
mod site;
mod telling;
