//! How the jobs went.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Duration, Utc};
use rusqlite::{Connection, params};
use serde_json::Value;

use super::items::{from_json, to_json};
use super::{StoreError, seconds, sql, time};

/// How long the history of jobs is kept.
const HISTORY_DAYS: i64 = 90;

/// A thing that Headwater does by schedule or on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobName {
    /// Reading the articles and writing the feeds.
    Regen,
    /// Visiting the sources that are due.
    Fetch,
    /// Ranking items for articles and topics.
    Suggest,
}

/// One run of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Which one.
    pub name: JobName,
    /// When it began.
    pub started: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// What it reports, as `--json` shows it.
    pub report: Value,
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Regen => "regen",
            Self::Fetch => "fetch",
            Self::Suggest => "suggest",
        })
    }
}

impl FromStr for JobName {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        [Self::Regen, Self::Fetch, Self::Suggest]
            .into_iter()
            .find(|name| name.to_string() == text)
            .ok_or_else(|| StoreError::Damaged { what: "job name", reason: text.to_owned() })
    }
}

pub(super) fn record(connection: &Connection, job: &Job) -> Result<(), StoreError> {
    connection.prepare_cached(sql::RECORD_JOB)?.execute(params![
        job.name.to_string(),
        seconds(job.started),
        i64::try_from(job.took_ms).unwrap_or(i64::MAX),
        job.error,
        to_json(&job.report),
    ])?;
    let oldest = job.started - Duration::days(HISTORY_DAYS);
    connection.prepare_cached(sql::FORGET_JOBS)?.execute([seconds(oldest)])?;
    Ok(())
}

pub(super) fn last(connection: &Connection) -> Result<Vec<Job>, StoreError> {
    let mut statement = connection.prepare_cached(sql::LAST_JOBS)?;
    let rows = statement
        .query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, Option<String>>(3)?,
                row.get::<_, String>(4)?,
            ))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter()
        .map(|(name, started, took_ms, error, report)| {
            Ok(Job {
                name: name.parse()?,
                started: time(started),
                took_ms: u64::try_from(took_ms).unwrap_or_default(),
                error,
                report: from_json("job report", &report)?,
            })
        })
        .collect()
}
