//! What whoever speaks up must remember between two runs: which problems are known and told, and
//! which messages wait. One text, whose form is its owner's business.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, StoreError, sql};

impl Store {
    /// What was kept last.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn alerts(&self) -> Result<Option<String>, StoreError> {
        self.call(|connection| read(connection))
    }

    /// Keeps what must be remembered.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn keep_alerts(&self, memory: String) -> Result<(), StoreError> {
        self.call(move |connection| keep(connection, &memory))
    }
}

fn read(connection: &Connection) -> Result<Option<String>, StoreError> {
    Ok(connection.prepare_cached(sql::ALERTS)?.query_row([], |row| row.get(0)).optional()?)
}

fn keep(connection: &Connection, memory: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql::KEEP_ALERTS)?.execute(params![memory])?;
    Ok(())
}
