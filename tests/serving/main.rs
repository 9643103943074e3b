//! What the server promises to readers, told over real sockets in plain HTTP/1.1.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod bounds;
mod feeds;
#[path = "../program/process.rs"]
mod process;
mod program;
mod server;
#[path = "../program/site.rs"]
mod site;
