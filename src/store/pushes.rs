//! What a hub is still to be told: feeds that have changed, until the hub has taken the news.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use super::{StoreError, seconds, sql, time};

/// A changed feed that the hub has not been told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// Address of the feed.
    pub url: String,
    /// How often the feed has changed meanwhile: what is told now is not what changes then.
    pub turn: i64,
    /// When the first of these changes was made.
    pub queued_at: DateTime<Utc>,
    /// Failures since the last change.
    pub attempts: u32,
    /// What went wrong the last time.
    pub error: Option<String>,
}

/// A new change counts anew: it is told at once, however long the hub has not listened.
pub(super) fn queue(
    connection: &mut Connection,
    urls: &[String],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    {
        let mut statement = transaction.prepare_cached(sql::QUEUE_PUSH)?;
        for url in urls {
            statement.execute(params![url, seconds(now)])?;
        }
    }
    Ok(transaction.commit()?)
}

pub(super) fn due(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<Push>, StoreError> {
    let mut statement = connection.prepare_cached(sql::DUE_PUSHES)?;
    let rows = statement.query_map([seconds(now)], |row| {
        Ok(Push {
            url: row.get(0)?,
            turn: row.get(1)?,
            queued_at: time(row.get(2)?),
            attempts: row.get(3)?,
            error: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn next(connection: &Connection) -> Result<Option<DateTime<Utc>>, StoreError> {
    let next: Option<i64> =
        connection.prepare_cached(sql::NEXT_PUSH)?.query_row([], |row| row.get(0))?;
    Ok(next.map(time))
}

pub(super) fn done(connection: &Connection, push: &Push) -> Result<(), StoreError> {
    connection.prepare_cached(sql::PUSH_DONE)?.execute(params![push.url, push.turn])?;
    Ok(())
}

pub(super) fn failed(
    connection: &Connection,
    push: &Push,
    next_at: DateTime<Utc>,
    error: &str,
) -> Result<(), StoreError> {
    connection.prepare_cached(sql::PUSH_FAILED)?.execute(params![
        seconds(next_at),
        error,
        push.url,
        push.turn
    ])?;
    Ok(())
}
