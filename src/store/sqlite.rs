//! Opens the SQLite file: folder, settings, version.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::{StoreError, sql};

/// How long a statement waits for another process that writes, such as a one-off `fetch` beside
/// the daemon.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let failed = |reason: String| StoreError::Open { path: path.display().to_string(), reason };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    }
    let mut connection = Connection::open(path).map_err(|error| failed(error.to_string()))?;
    prepare(&mut connection, path).map_err(|error| match error {
        StoreError::Statement(error) => failed(error.to_string()),
        other => other,
    })?;
    Ok(connection)
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.busy_timeout(PATIENCE)?;
    // WAL: readers never wait for a writer. NORMAL loses at most the last moments on a power cut,
    // and what is lost is fetched again.
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrate(connection, path)
}

/// Applies the missing migrations, each in a transaction of its own; two processes that start
/// together take turns.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let known = i64::try_from(sql::MIGRATIONS.len()).unwrap_or(i64::MAX);
    loop {
        let step =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found: i64 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(StoreError::Newer { path: path.display().to_string(), found, known });
        }
        let Some(migration) = usize::try_from(found).ok().and_then(|at| sql::MIGRATIONS.get(at))
        else {
            return Ok(());
        };
        step.execute_batch(migration)?;
        step.pragma_update(None, "user_version", found + 1)?;
        step.commit()?;
    }
}
