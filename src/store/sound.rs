//! Whether a database is sound: its pages, its indexes, and that nothing refers to what is not there.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{StoreError, sql};

/// So many faults say as much as all of them.
const FAULTS: usize = 3;

/// What is wrong with the database at `path`, which others may use meanwhile; none where it is sound.
///
/// # Errors
///
/// It cannot be opened, or the disk fails.
pub fn fault(path: &Path) -> Result<Option<String>, StoreError> {
    fault_of(&open(path)?)
}

/// Opens the database at `path` to read it.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| StoreError::while_opening(path, error.into()))
}

/// What is wrong with a database.
pub(super) fn fault_of(connection: &Connection) -> Result<Option<String>, StoreError> {
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
        Ok(faults) if faults.is_empty() => Ok(None),
        Ok(mut faults) => {
            faults.truncate(FAULTS);
            // SQLite's own lines break in places.
            Ok(Some(faults.join("; ").split_whitespace().collect::<Vec<_>>().join(" ")))
        }
        // What is too damaged to be checked is damaged; a busy or a full disk is something else.
        Err(error) if is_damage(&error) => Ok(Some(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// Whether an error says that the file is not what a database should be.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
