//! The raw bytes that visits brought, compressed, so that they can be read again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Changed, Store, StoreError, replay, seconds, sql, time};
use crate::source::item::Sighting;

/// Most bytes that are kept of one source, compressed; what is older goes first, and the latest
/// stays whatever its size.
const MOST: i64 = 8 << 20;

/// What one visit brought, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// The source that was visited.
    pub source: String,
    /// When the visit was over; kept to the second.
    pub at: DateTime<Utc>,
    /// Where the bytes came from at last; none for a file.
    pub url: Option<String>,
    /// Status of the answer, where there was one.
    pub status: Option<u16>,
    /// What the server called the bytes.
    pub content_type: Option<String>,
    /// The bytes after transport's decompression.
    pub bytes: Vec<u8>,
}

impl Store {
    /// Keeps the bytes that a visit brought, unless they are those that its source brought last.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn keep_raw(&self, raw: Raw) -> Result<(), StoreError> {
        let packed = packed(&raw)?;
        self.call(move |connection| keep(connection, &raw, &packed))
    }

    /// Forgets the bytes of visits before `since`, and of each source what is beyond its share.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn prune_raws(&self, since: DateTime<Utc>) -> Result<(), StoreError> {
        self.call(move |connection| prune(connection, since))
    }

    /// Source and time of each visit whose bytes are kept, in order of time.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn raws(&self) -> Result<Vec<(String, DateTime<Utc>)>, StoreError> {
        self.call(|connection| list(connection))
    }

    /// What the visit to `source` that ended `at` brought.
    ///
    /// # Errors
    ///
    /// The database fails, or the bytes are damaged.
    pub fn raw(&self, source: &str, at: DateTime<Utc>) -> Result<Option<Raw>, StoreError> {
        let source = source.to_owned();
        self.call(move |connection| one(connection, &source, at))
    }

    /// Keeps what kept visits say when they are read again, in order of time and all or none, and
    /// gives what has changed by that, by source. No state of a source is touched.
    ///
    /// # Errors
    ///
    /// The database fails; then nothing is kept.
    pub fn replay(
        &self,
        items: Vec<Sighting>,
    ) -> Result<BTreeMap<String, Vec<Changed>>, StoreError> {
        self.call(move |connection| replay::keep(connection, &items))
    }
}

/// The bytes of `raw` as they are kept.
pub(super) fn packed(raw: &Raw) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::compress(&raw.bytes, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(damaged)
}

/// Keeps what a visit brought, unless it is what the source brought last.
pub(super) fn keep(connection: &Connection, raw: &Raw, packed: &[u8]) -> Result<(), StoreError> {
    let length = i64::try_from(raw.bytes.len()).unwrap_or(i64::MAX);
    let size = i64::try_from(packed.len()).unwrap_or(i64::MAX);
    connection.prepare_cached(sql::KEEP_RAW)?.execute(params![
        raw.source,
        seconds(raw.at),
        raw.url,
        raw.status,
        raw.content_type,
        length,
        size,
        packed,
    ])?;
    Ok(())
}

/// Forgets what is older than `since`, and of each source what is beyond its share.
pub(super) fn prune(connection: &Connection, since: DateTime<Utc>) -> Result<(), StoreError> {
    connection.prepare_cached(sql::FORGET_OLD_RAWS)?.execute([seconds(since)])?;
    connection.prepare_cached(sql::FORGET_MANY_RAWS)?.execute([MOST])?;
    Ok(())
}

/// Source and time of everything that is kept, in order of time.
pub(super) fn list(connection: &Connection) -> Result<Vec<(String, DateTime<Utc>)>, StoreError> {
    let mut statement = connection.prepare_cached(sql::RAWS)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, time(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn one(
    connection: &Connection,
    source: &str,
    at: DateTime<Utc>,
) -> Result<Option<Raw>, StoreError> {
    let row = connection
        .prepare_cached(sql::RAW)?
        .query_row(params![source, seconds(at)], |row| {
            let (length, packed): (i64, Vec<u8>) = (row.get(3)?, row.get(4)?);
            let (source, bytes) = (source.to_owned(), Vec::new());
            let (url, status, content_type) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((Raw { source, at, url, status, content_type, bytes }, length, packed))
        })
        .optional()?;
    let Some((raw, length, packed)) = row else { return Ok(None) };
    // The length bounds what damaged bytes could unfold to.
    let length = usize::try_from(length).map_err(damaged)?;
    let bytes = zstd::bulk::decompress(&packed, length).map_err(damaged)?;
    Ok(Some(Raw { bytes, ..raw }))
}

fn damaged(error: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged { what: "answer of a visit", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        time(1_750_000_000 + seconds)
    }

    fn raw(source: &str, seconds: i64, bytes: &[u8]) -> Raw {
        Raw {
            source: source.into(),
            at: at(seconds),
            url: Some("https://a.example/feed".into()),
            status: Some(200),
            content_type: Some("text/xml; charset=gbk".into()),
            bytes: bytes.to_vec(),
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("headwater.db")).unwrap();
        (folder, store)
    }

    #[test]
    fn what_came_is_kept_byte_for_byte_with_all_that_reading_it_takes() {
        let (_folder, store) = store();
        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        store.keep_raw(raw("one", 0, &bytes)).unwrap();
        assert_eq!(store.raw("one", at(0)).unwrap(), Some(raw("one", 0, &bytes)));
        assert!(packed(&raw("one", 0, &bytes)).unwrap().len() < 2_000);
        assert_eq!(store.raw("two", at(0)).unwrap(), None);
    }

    #[test]
    fn the_same_bytes_again_are_kept_once_but_not_when_others_came_between() {
        let (_folder, store) = store();
        for (seconds, bytes) in [(0, "a"), (1, "a"), (2, "b"), (3, "a")] {
            store.keep_raw(raw("one", seconds, bytes.as_bytes())).unwrap();
        }
        store.keep_raw(raw("two", 1, b"a")).unwrap();
        let kept: Vec<_> = [("one", 0), ("two", 1), ("one", 2), ("one", 3)]
            .map(|(source, seconds)| (source.to_owned(), at(seconds)))
            .into();
        assert_eq!(store.raws().unwrap(), kept);
    }

    #[test]
    fn what_is_too_old_or_too_much_goes_and_the_latest_stays() {
        let (_folder, store) = store();
        // Noise, which nothing makes smaller.
        let noise = |length: usize, seed: u32| -> Vec<u8> {
            let mut state = seed;
            let next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            };
            std::iter::repeat_with(next).take(length).collect()
        };
        store.keep_raw(raw("one", 0, b"old")).unwrap();
        store.keep_raw(raw("one", 10, &noise(5 << 20, 1))).unwrap();
        store.keep_raw(raw("one", 11, &noise(5 << 20, 2))).unwrap();
        store.keep_raw(raw("big", 10, &noise(9 << 20, 3))).unwrap();
        store.prune_raws(at(5)).unwrap();
        let kept: Vec<_> = [("big", 10), ("one", 11)]
            .map(|(source, seconds)| (source.to_owned(), at(seconds)))
            .into();
        assert_eq!(store.raws().unwrap(), kept);
        store.prune_raws(at(11)).unwrap();
        assert_eq!(store.raws().unwrap(), [("one".to_owned(), at(11))]);
    }
}
