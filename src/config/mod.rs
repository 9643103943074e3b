//! The configuration.

pub mod cron;
mod read;
pub mod sources;
pub mod units;
pub mod vocabulary;
