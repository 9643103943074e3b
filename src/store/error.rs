//! Why the store cannot do what was asked, in sentences that name the remedy.

use std::path::Path;

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why the store could not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file could not be opened as a database of ours.
    #[error("{path}: cannot open the database: {reason}; see `store` in the configuration")]
    Open {
        /// The file.
        path: String,
        /// What the database library says.
        reason: String,
    },
    /// The file was written by a later version.
    #[error(
        "{path}: the database is of version {found}, this program knows {known}; \
         use the program that wrote it, or a later one"
    )]
    Newer {
        /// The file.
        path: String,
        /// The version of the file.
        found: i64,
        /// The latest version that this program knows.
        known: i64,
    },
    /// A statement failed.
    #[error("the database refused: {error}{remedy}", error = .0, remedy = remedy(.0))]
    Statement(#[from] rusqlite::Error),
    /// A value in the database is not what it should be.
    #[error("the database holds an unreadable {what}: {reason}")]
    Damaged {
        /// What was read.
        what: &'static str,
        /// Why it cannot be understood.
        reason: String,
    },
    /// A copy cannot be made, or cannot take the database's place.
    #[error("{path}: {reason}")]
    Copy {
        /// The file.
        path: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The thread that owns the database has ended.
    #[error("the database thread has ended; restart headwater")]
    Gone,
}

impl StoreError {
    /// The database at `path` could not be opened.
    pub(super) fn open(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Open { path: path.display().to_string(), reason: reason.to_string() }
    }

    /// Something about the copy at `path`.
    pub(super) fn copy(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Copy { path: path.display().to_string(), reason: reason.to_string() }
    }

    /// That the database at `path` could not be opened, for the reason that `error` has.
    pub(super) fn while_opening(path: &Path, error: Self) -> Self {
        match error {
            Self::Statement(error) => Self::open(path, format!("{error}{}", remedy(&error))),
            other => other,
        }
    }
}

/// What the operator can do where the cause lies outside the program; begins with `; `.
fn remedy(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            "; make room on the disk, what was not kept is fetched again then"
        }
        Some(ErrorCode::ReadOnly) => "; make the file and its folder writable",
        Some(ErrorCode::CannotOpen) => {
            "; does the folder exist, on a disk that can be written to, and may headwater write there?"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "; it is damaged: stop headwater and give it a copy with `headwater restore FILE`"
        }
        Some(ErrorCode::SystemIoFailure) => "; is the disk full, read-only or failing?",
        Some(ErrorCode::DatabaseBusy) => "; another process keeps it busy",
        _ => "",
    }
}
