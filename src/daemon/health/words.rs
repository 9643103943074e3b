//! Troubles in the words of people: a sentence that says what is wrong, and one that says what to do.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::trouble::Trouble;
use crate::config::alerts::Language;
use crate::store::JobName;

mod chinese;
mod english;

/// A trouble as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl Words {
    /// Both in one sentence.
    pub fn line(&self) -> String {
        format!("{}; {}", self.problem, self.remedy)
    }
}

/// When sentences are spoken, and by which clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// The moment.
    pub now: DateTime<Utc>,
    /// The site's zone.
    pub zone: Tz,
}

impl Clock {
    fn day(&self, time: DateTime<Utc>) -> String {
        time.with_timezone(&self.zone).format("%Y-%m-%d").to_string()
    }

    fn minute(&self, time: DateTime<Utc>) -> String {
        time.with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string()
    }

    fn days(&self, since: DateTime<Utc>) -> i64 {
        (self.now - since).num_days()
    }
}

impl Trouble {
    /// What it is, and what to do about it.
    pub fn words(&self, language: Language, clock: Clock) -> Words {
        match language {
            Language::English => english::words(self, clock),
            Language::Chinese => chinese::words(self, clock),
        }
    }

    /// The line that `status` and `/readyz` show.
    pub fn line(&self, clock: Clock) -> String {
        self.words(Language::English, clock).line()
    }
}

/// The command that does by hand what a job does.
fn by_hand(job: JobName) -> &'static str {
    match job {
        JobName::Regen => "headwater regen",
        JobName::Fetch => "headwater fetch",
        JobName::Suggest => "headwater suggest",
    }
}

/// A number of bytes as people read it.
fn bytes(count: u64) -> String {
    let mut text = String::new();
    let (unit, size) = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        .into_iter()
        .find(|(_, size)| count >= *size)
        .unwrap_or(("B", 1));
    let tenths = u128::from(count) * 10 / u128::from(size);
    // Writing to a string cannot fail.
    let _ = if size == 1 || tenths >= 100 {
        write!(text, "{} {unit}", tenths / 10)
    } else {
        write!(text, "{}.{} {unit}", tenths / 10, tenths % 10)
    };
    text
}

/// The part of `size` that `free` is, in percent.
fn percent(free: u64, size: u64) -> u64 {
    u64::try_from(u128::from(free) * 100 / u128::from(size.max(1))).unwrap_or(100)
}

#[cfg(test)]
mod tests;
