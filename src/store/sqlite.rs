//! Opens the SQLite file: folder, settings, version.
//!
//! The journal is a write-ahead log, so that readers never wait for a writer. What is committed there
//! reaches the disk with the next checkpoint (`synchronous=normal`): a killed process loses nothing,
//! a power cut at most the last moments, each visit whole, with what its source is recognised by,
//! so that the next visit brings the same again. What would not come again, an editor's verdict or
//! what a hub pushed, is kept with [`lasting`]: on the disk before it is confirmed.
//! `docs/decisions/0013` has the figures.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, sql};

/// How long a statement waits for another process that writes, such as a one-off `fetch` beside
/// the daemon.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes that the log keeps on the disk after a checkpoint; it is checkpointed at SQLite's usual 1,000
/// pages (4 MiB), and grows beyond that only while somebody reads for long, as a backup does.
const LOG: i64 = 16 << 20;

pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::open(path, error))?;
    }
    let mut connection =
        Connection::open(path).map_err(|error| StoreError::while_opening(path, error.into()))?;
    prepare(&mut connection, path).map_err(|error| StoreError::while_opening(path, error))?;
    Ok(connection)
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.busy_timeout(PATIENCE)?;
    // Only a new file takes this at once; upkeep brings older ones there.
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", LOG)?;
    migrate(connection, path, sql::MIGRATIONS)
}

/// Applies the missing migrations, each in a transaction of its own; two processes that start
/// together take turns.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    steps: &[&str],
) -> Result<(), StoreError> {
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    loop {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(StoreError::Newer { path: path.display().to_string(), found, known });
        }
        let Some(migration) = usize::try_from(found).ok().and_then(|at| steps.get(at)) else {
            return Ok(());
        };
        step.execute_batch(migration)?;
        step.pragma_update(None, "user_version", found + 1)?;
        step.commit()?;
    }
}

/// Does `work`, which commits, so that what it commits survives a power cut once this returns.
pub(super) fn lasting<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.pragma_update(None, "synchronous", "full")?;
    let done = work(connection);
    connection.pragma_update(None, "synchronous", "normal")?;
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_last_is_synchronous_and_nothing_else_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open(&folder.path().join("headwater.db")).unwrap();
        let mode = |connection: &Connection| -> i64 {
            connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
        };
        assert_eq!(lasting(&mut connection, |it| Ok(mode(it))).unwrap(), 2, "full");
        assert_eq!(mode(&connection), 1, "normal");
        assert!(lasting::<()>(&mut connection, |_| Err(StoreError::Gone)).is_err());
        assert_eq!(mode(&connection), 1, "normal after a failure as well");
    }

    #[test]
    fn a_migration_that_breaks_off_leaves_the_version_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headwater.db");
        let mut connection = Connection::open(&path).unwrap();
        let broken = "create table half (id text); insert into half values ('x'); nonsense;";
        let steps = [sql::MIGRATIONS[0], broken];
        assert!(migrate(&mut connection, &path, &steps).is_err());
        drop(connection);
        let connection = Connection::open(&path).unwrap();
        let version: i64 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 1);
        let half = "select count(*) from sqlite_master where name = 'half'";
        assert_eq!(connection.query_row(half, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    }
}
