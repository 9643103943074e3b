//! Who uses the database: anybody may together, and nobody while another takes its place.
//!
//! A lock of the operating system on a file beside the database, shared by all who have it open and
//! exclusive to [`restore`](super::restore). It ends with the process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Held until it is dropped.
#[derive(Debug)]
pub(super) struct Hold(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

fn place(database: &Path) -> PathBuf {
    database.with_extension("run.lock")
}

fn file(database: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(place(database))
}

/// Use together with others; waits while the database is being replaced, which takes a moment. None
/// where the folder takes no file or knows no locks: then there is nothing to restore either.
pub(super) fn together(database: &Path) -> Option<Hold> {
    let file = file(database).ok()?;
    file.lock_shared().ok()?;
    Some(Hold(file))
}

/// Use by nobody else; none where somebody uses the database.
pub(super) fn alone(database: &Path) -> io::Result<Option<Hold>> {
    let file = file(database)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Hold(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
