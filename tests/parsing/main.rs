//! What `headwater parse` reads of feeds, whole and broken, and what it needs for that.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod broken;
mod corpus;
mod known;
mod memory;
mod reads;
