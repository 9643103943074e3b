//! Whether a database is sound: its pages, its indexes, and that nothing refers to what is not there.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{StoreError, sql};

/// So many faults say as much as all of them.
const FAULTS: usize = 3;

/// What is wrong with the database at `path`, which others may use meanwhile; none where it is sound.
///
/// # Errors
///
/// It cannot be opened.
pub fn fault(path: &Path) -> Result<Option<String>, StoreError> {
    let connection = open(path)?;
    Ok(fault_of(&connection))
}

/// Opens the database at `path` to read it.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| StoreError::while_opening(path, error.into()))
}

/// What is wrong with a database; that it cannot be read is a fault too.
pub(super) fn fault_of(connection: &Connection) -> Option<String> {
    let found = || -> rusqlite::Result<Vec<String>> {
        let mut check = connection.prepare(sql::QUICK_CHECK)?;
        let lines = check.query_map([], |row| row.get::<_, String>(0))?;
        let mut faults: Vec<String> = Vec::new();
        for line in lines {
            faults.extend(Some(line?).filter(|line| line != "ok"));
        }
        let mut check = connection.prepare(sql::FOREIGN_KEYS)?;
        let orphans = check.query_map([], |row| row.get::<_, String>(0))?.count();
        if orphans > 0 {
            faults.push(format!("{orphans} rows refer to what is not there"));
        }
        Ok(faults)
    };
    match found() {
        Ok(faults) if faults.is_empty() => None,
        Ok(mut faults) => {
            faults.truncate(FAULTS);
            // SQLite's own lines break in places.
            Some(faults.join("; ").split_whitespace().collect::<Vec<_>>().join(" "))
        }
        Err(error) => Some(error.to_string()),
    }
}
