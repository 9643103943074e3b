//! How the jobs went, and which of them have begun and not ended.
//!
//! What a process that dies leaves behind is a beginning without an end; whoever finds one decides
//! what it means.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Duration, Utc};
use rusqlite::{Connection, params};
use serde_json::Value;

use super::items::{from_json, to_json};
use super::{Store, StoreError, seconds, sql, time};

/// How long the history of jobs is kept.
const HISTORY_DAYS: i64 = 90;

/// Most runs of one job that are kept: a week of one a minute.
const HISTORY_RUNS: i64 = 7 * 24 * 60;

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

/// A run that has begun and of which no end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// Which job.
    pub name: JobName,
    /// When it began.
    pub started: DateTime<Utc>,
    /// The process that does it.
    pub process: u32,
}

impl JobName {
    /// Every job.
    pub const ALL: [Self; 3] = [Self::Regen, Self::Fetch, Self::Suggest];
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
        Self::ALL
            .into_iter()
            .find(|name| name.to_string() == text)
            .ok_or_else(|| StoreError::Damaged { what: "job name", reason: text.to_owned() })
    }
}

impl Store {
    /// Records how a run of a job went, which has ended thereby.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn record_job(&self, job: Job) -> Result<(), StoreError> {
        self.call(move |connection| record(connection, &job))
    }

    /// Notes that a job has begun.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn begin_job(&self, begun: Begun) -> Result<(), StoreError> {
        self.call(move |connection| begin(connection, &begun))
    }

    /// Forgets that a job has begun: there was nothing to do.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn forget_begun(&self, begun: Begun) -> Result<(), StoreError> {
        self.call(move |connection| {
            let parameters = params![begun.name.to_string(), seconds(begun.started)];
            connection.prepare_cached(sql::END_JOB)?.execute(parameters)?;
            Ok(())
        })
    }

    /// The runs that have begun and of which no end is known, oldest first.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn begun_jobs(&self) -> Result<Vec<Begun>, StoreError> {
        self.call(|connection| begun(connection))
    }

    /// The last run of each job.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn last_jobs(&self) -> Result<Vec<Job>, StoreError> {
        self.call(|connection| read(connection, sql::LAST_JOBS, []))
    }

    /// The last run of each job that did not fail.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn last_good_jobs(&self) -> Result<Vec<Job>, StoreError> {
        self.call(|connection| read(connection, sql::LAST_GOOD_JOBS, []))
    }

    /// The newest runs of one job or of all, newest first.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn jobs(&self, name: Option<JobName>, most: usize) -> Result<Vec<Job>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let name = name.map(|name| name.to_string());
        self.call(move |connection| read(connection, sql::JOBS, params![name, most]))
    }
}

/// Records a run, which has ended thereby, and forgets those that are too old or too many.
fn record(connection: &mut Connection, job: &Job) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    let (name, started) = (job.name.to_string(), seconds(job.started));
    transaction.prepare_cached(sql::RECORD_JOB)?.execute(params![
        name,
        started,
        i64::try_from(job.took_ms).unwrap_or(i64::MAX),
        job.error,
        to_json(&job.report),
    ])?;
    transaction.prepare_cached(sql::END_JOB)?.execute(params![name, started])?;
    let oldest = job.started - Duration::days(HISTORY_DAYS);
    transaction.prepare_cached(sql::FORGET_JOBS)?.execute([seconds(oldest)])?;
    transaction.prepare_cached(sql::FORGET_MANY_JOBS)?.execute(params![name, HISTORY_RUNS])?;
    Ok(transaction.commit()?)
}

fn begin(connection: &Connection, begun: &Begun) -> Result<(), StoreError> {
    connection.prepare_cached(sql::BEGIN_JOB)?.execute(params![
        begun.name.to_string(),
        seconds(begun.started),
        begun.process
    ])?;
    Ok(())
}

fn begun(connection: &Connection) -> Result<Vec<Begun>, StoreError> {
    let mut statement = connection.prepare_cached(sql::BEGUN_JOBS)?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter()
        .map(|(name, started, process)| {
            Ok(Begun { name: name.parse()?, started: time(started), process })
        })
        .collect()
}

fn read(
    connection: &Connection,
    statement: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Job>, StoreError> {
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement
        .query_map(parameters, |row| {
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
