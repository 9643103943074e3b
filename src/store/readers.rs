//! Who reads which feed: numbers for each day, and of nobody an address.
//!
//! Days are counted from 1970, in UTC.

use rusqlite::{Connection, params};

use super::{StoreError, sql};

/// How many days are kept: a quarter of a year shows whether a feed gains readers.
const HISTORY_DAYS: u64 = 90;

/// The different readers of a file on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaysReaders {
    /// The file, below the feeds' folder.
    pub feed: String,
    /// The day.
    pub day: u64,
    /// How many.
    pub readers: u64,
}

/// For how many people an aggregator said on a day that it fetches a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaysSubscribers {
    /// The file, below the feeds' folder.
    pub feed: String,
    /// Who says so.
    pub aggregator: String,
    /// The number under which it knows the file, where it has several.
    pub feed_id: String,
    /// The day.
    pub day: u64,
    /// How many.
    pub subscribers: u64,
}

/// Both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readership {
    /// Who came themselves.
    pub readers: Vec<DaysReaders>,
    /// Who is fetched for.
    pub subscribers: Vec<DaysSubscribers>,
}

pub(super) fn keep(
    connection: &mut Connection,
    counted: &Readership,
    today: u64,
) -> Result<(), StoreError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for one in &counted.readers {
        transaction.prepare_cached(sql::KEEP_READERS)?.execute(params![
            one.feed,
            signed(one.day),
            signed(one.readers)
        ])?;
    }
    for one in &counted.subscribers {
        transaction.prepare_cached(sql::KEEP_SUBSCRIBERS)?.execute(params![
            one.feed,
            one.aggregator,
            one.feed_id,
            signed(one.day),
            signed(one.subscribers)
        ])?;
    }
    for statement in sql::FORGET_READERS {
        let oldest = signed(today.saturating_sub(HISTORY_DAYS));
        transaction.prepare_cached(statement)?.execute([oldest])?;
    }
    Ok(transaction.commit()?)
}

pub(super) fn since(connection: &Connection, first: u64) -> Result<Readership, StoreError> {
    let mut statement = connection.prepare_cached(sql::READERS_SINCE)?;
    let readers = statement.query_map([signed(first)], |row| {
        let (day, readers) = (unsigned(row.get(1)?), unsigned(row.get(2)?));
        Ok(DaysReaders { feed: row.get(0)?, day, readers })
    })?;
    let readers = readers.collect::<Result<_, _>>()?;
    let mut statement = connection.prepare_cached(sql::SUBSCRIBERS_SINCE)?;
    let subscribers = statement.query_map([signed(first)], |row| {
        Ok(DaysSubscribers {
            feed: row.get(0)?,
            aggregator: row.get(1)?,
            feed_id: row.get(2)?,
            day: unsigned(row.get(3)?),
            subscribers: unsigned(row.get(4)?),
        })
    })?;
    let subscribers = subscribers.collect::<Result<_, _>>()?;
    Ok(Readership { readers, subscribers })
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn readers(day: u64, readers: u64) -> DaysReaders {
        DaysReaders { feed: "a/atom.xml".into(), day, readers }
    }

    fn subscribers(day: u64, subscribers: u64) -> DaysSubscribers {
        let (feed, aggregator) = ("a/atom.xml".into(), "feedly".into());
        DaysSubscribers { feed, aggregator, feed_id: String::new(), day, subscribers }
    }

    #[test]
    fn a_restart_counts_nobody_twice_and_old_days_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headwater.db");
        for (day, read, subscribed) in [(100, 5, 12), (100, 3, 11), (101, 1, 10)] {
            let counted = Readership {
                readers: vec![readers(day, read)],
                subscribers: vec![subscribers(day, subscribed)],
            };
            Store::open(&path).unwrap().keep_readers(counted, day).unwrap();
        }
        let store = Store::open(&path).unwrap();
        let all = Readership {
            readers: vec![readers(100, 5), readers(101, 1)],
            subscribers: vec![subscribers(100, 11), subscribers(101, 10)],
        };
        assert_eq!(store.readers_since(0).unwrap(), all);
        assert_eq!(store.readers_since(101).unwrap().readers, [readers(101, 1)]);
        store.keep_readers(Readership::default(), 101 + HISTORY_DAYS).unwrap();
        assert_eq!(store.readers_since(0).unwrap().subscribers, [subscribers(101, 10)]);
    }
}
