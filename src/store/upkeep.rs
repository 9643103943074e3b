//! Keeps the size of the database within bounds, and its times within reason.
//!
//! What is old is forgotten in small transactions, between which others get their turn: items that
//! nobody refers to, suggestions that nobody judged. Of an item its keys stay, as long again, since its
//! source may still show it, and it must not come back as new. Verdicts are never forgotten, nor
//! the items that they are about.
//!
//! A clock that jumps ahead must not make all of it old at once. So the time that counts moves ahead by
//! [`STRIDE`] a day at most: a clock that is wrong for a day costs what would have gone within a
//! month.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Store, StoreError, seconds, sql, time};

/// Rows forgotten in one transaction: some milliseconds of work.
const BATCH: i64 = 200;

/// How far the time that counts may move from one day's upkeep to the next.
pub const STRIDE: TimeDelta = TimeDelta::days(30);

/// How far ahead of now a time may lie before the clock must have been wrong when it was kept: clocks
/// differ by less, and time zones are in none of them.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// How long it takes that a key is noted again as still shown: once a month is enough for one that is
/// kept for a year, and costs next to nothing.
const NOTED: TimeDelta = TimeDelta::days(30);

/// Pages of an eighth of the file may lie free, to be used again; more is given back.
const SPARE: i64 = 8;

/// Pages given back in one call: 8 MiB.
const GIVEN_BACK: i64 = 2_048;

/// What upkeep did last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tended {
    /// When, by the clock of that day.
    pub at: DateTime<Utc>,
    /// The time that counted then.
    pub reached: DateTime<Utc>,
    /// What was wrong with the database.
    pub fault: Option<String>,
}

/// What may be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Items published and first seen before.
    pub items: DateTime<Utc>,
    /// Items beyond so many, oldest first.
    pub most_items: usize,
    /// No item since then, nor any of a story that one since then tells of.
    pub window: DateTime<Utc>,
    /// Suggestions that nobody has judged, and that were last shown before.
    pub history: DateTime<Utc>,
}

impl Store {
    /// What upkeep did last; none before its first time.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn tended(&self) -> Result<Option<Tended>, StoreError> {
        self.call(|connection| {
            let mut statement = connection.prepare_cached(sql::TENDED)?;
            let row = statement.query_row([], |row| {
                Ok(Tended { at: time(row.get(0)?), reached: time(row.get(1)?), fault: row.get(2)? })
            });
            Ok(row.optional()?)
        })
    }

    /// Notes what upkeep did.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn keep_tended(&self, tended: Tended) -> Result<(), StoreError> {
        self.call(move |connection| {
            let Tended { at, reached, fault } = tended;
            let mut statement = connection.prepare_cached(sql::KEEP_TENDED)?;
            statement.execute(params![seconds(at), seconds(reached), fault])?;
            Ok(())
        })
    }

    /// When the latest item came.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn latest_arrival(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.call(|connection| {
            let latest: Option<i64> =
                connection.query_row(sql::LATEST_ARRIVAL, [], |row| row.get(0))?;
            Ok(latest.map(time))
        })
    }

    /// Forgets what is out of bounds, and gives back the room; how many items that were. `now` is when
    /// they are forgotten, for their keys.
    ///
    /// # Errors
    ///
    /// The database fails; what was forgotten until then is.
    pub fn forget(&self, bounds: Bounds, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let mut items = 0;
        items += self.forget_items(bounds.items.min(bounds.window), bounds.window, now, None)?;
        let count = self.call(|connection| {
            Ok(connection.query_row(sql::COUNT_ITEMS, [], |row| row.get::<_, i64>(0))?)
        })?;
        let most = i64::try_from(bounds.most_items).unwrap_or(i64::MAX);
        if count > most {
            let excess = usize::try_from(count - most).unwrap_or_default();
            items += self.forget_items(bounds.window, bounds.window, now, Some(excess))?;
        }
        self.forget_rows(sql::FORGET_UNJUDGED, bounds.history)?;
        self.forget_rows(sql::FORGET_FORGOTTEN, bounds.items)?;
        self.give_back()?;
        Ok(items)
    }

    /// Forgets items before `before`; `most` of them where that is said.
    fn forget_items(
        &self,
        before: DateTime<Utc>,
        window: DateTime<Utc>,
        now: DateTime<Utc>,
        most: Option<usize>,
    ) -> Result<usize, StoreError> {
        let mut done = 0;
        loop {
            let left = most.map_or(i64::MAX, |most| i64::try_from(most - done).unwrap_or_default());
            let batch = left.min(BATCH);
            let forgotten =
                self.call(move |connection| forget_items(connection, before, window, now, batch))?;
            done += forgotten;
            if i64::try_from(forgotten).unwrap_or_default() < batch || left == batch {
                return Ok(done);
            }
        }
    }

    fn forget_rows(
        &self,
        statement: &'static str,
        before: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let batch = move |connection: &mut Connection| {
            Ok(connection.prepare_cached(statement)?.execute(params![seconds(before), BATCH])?)
        };
        while self.call(batch)? > 0 {}
        Ok(())
    }

    /// Gives back what of the file is free and more than a spare.
    fn give_back(&self) -> Result<(), StoreError> {
        // A database of before is brought to give back what it can; that rewrites it, once.
        self.call(|connection| {
            let mode: i64 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
            if mode == 0 {
                connection.execute_batch("pragma auto_vacuum = incremental; vacuum")?;
            }
            Ok(())
        })?;
        let step = |connection: &mut Connection| {
            let number =
                |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let (pages, free) = (number("page_count")?, number("freelist_count")?);
            let surplus = (free - pages / SPARE).min(GIVEN_BACK);
            if surplus > 0 {
                connection.execute_batch(&format!("pragma incremental_vacuum({surplus})"))?;
            }
            Ok(surplus == GIVEN_BACK)
        };
        while self.call(step)? {}
        Ok(())
    }

    /// Brings times that lie ahead of `now` by more than clocks may differ to `now`, all or none: a clock
    /// was wrong when they were kept, and what they date would not be seen until then. How many.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn mend_times(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        self.call(move |connection| mend_times(connection, now))
    }
}

fn forget_items(
    connection: &mut Connection,
    before: DateTime<Utc>,
    window: DateTime<Utc>,
    now: DateTime<Utc>,
    most: i64,
) -> Result<usize, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let old: Vec<String> = transaction
        .prepare_cached(sql::OLD_ITEMS)?
        .query_map(params![seconds(before), seconds(window), most], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &old {
        transaction.prepare_cached(sql::FORGET_KEYS)?.execute(params![id, seconds(now)])?;
        transaction.prepare_cached(sql::FORGET_SUGGESTIONS_OF)?.execute([id])?;
        transaction.prepare_cached(sql::FORGET_ITEM)?.execute([id])?;
    }
    transaction.commit()?;
    Ok(old.len())
}

/// Whether an item with one of these keys was forgotten for its age; a source shows it at `now`.
pub(super) fn is_forgotten(
    transaction: &Transaction<'_>,
    keys: &[String],
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    for key in keys {
        let at: Option<i64> = transaction
            .prepare_cached(sql::FORGOTTEN)?
            .query_row([key], |row| row.get(0))
            .optional()?;
        if let Some(at) = at {
            if now - time(at) > NOTED {
                transaction
                    .prepare_cached(sql::STILL_SHOWN)?
                    .execute(params![key, seconds(now)])?;
            }
            return Ok(true);
        }
    }
    Ok(false)
}

fn mend_times(connection: &mut Connection, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (latest, now) = (seconds(now + AHEAD), seconds(now));
    let mut mended = 0;
    for statement in sql::MEND_TIMES {
        mended += transaction.execute(statement, [latest, now])?;
    }
    for statement in sql::DROP_TIMES {
        mended += transaction.execute(statement, [latest])?;
    }
    // Which of an editor's words was the last one stays so.
    let late: Vec<(String, String, i64)> = transaction
        .prepare(sql::LATE_VERDICTS)?
        .query_map([latest], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (back, (suggestion, editor, judged)) in (0_i64..).zip(&late) {
        let redated = params![suggestion, editor, judged, now - back];
        mended += transaction.execute(sql::REDATE_VERDICT, redated)?;
    }
    transaction.commit()?;
    Ok(mended)
}

#[cfg(test)]
mod tests;
