//! One writer at a time, across processes.
//!
//! `regen` beside the daemon, or two daemons by mistake, must not write the same folder at once.
//! The lock is the operating system's on a file: it ends with the process, however that ends, so
//! there is never a stale one to remove.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

/// How often a lock is tried that somebody else holds: the system has no wait that ends by itself.
const LOOK: Duration = Duration::from_millis(50);

/// Waits for the lock `path`, after calling `waiting` once if somebody else holds it.
///
/// # Errors
///
/// The file cannot be made, or the file system knows no locks.
pub fn acquire(path: &Path, waiting: impl FnOnce()) -> io::Result<Lock> {
    let file = file(path)?;
    if !is_free(&file)? {
        waiting();
        file.lock()?;
    }
    Ok(Lock(file))
}

/// The same, as long as `may_wait`; none where that was not long enough.
///
/// # Errors
///
/// As [`acquire`].
pub fn acquire_while(
    path: &Path,
    waiting: impl FnOnce(),
    may_wait: impl Fn() -> bool,
) -> io::Result<Option<Lock>> {
    let file = file(path)?;
    let mut waiting = Some(waiting);
    while !is_free(&file)? {
        if let Some(waiting) = waiting.take() {
            waiting();
        }
        if !may_wait() {
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
    Ok(Some(Lock(file)))
}

fn file(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

/// Whether nobody else held it: then it is ours now.
fn is_free(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_second_writer_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/lock");
        let first = acquire(&path, || panic!("nobody holds it")).unwrap();
        let (told, waits) = mpsc::channel();
        let (done, ended) = mpsc::channel();
        let second = std::thread::spawn({
            let path = path.clone();
            move || {
                let lock = acquire(&path, || told.send(()).unwrap()).unwrap();
                done.send(()).unwrap();
                lock
            }
        });
        waits.recv().unwrap();
        assert!(ended.try_recv().is_err(), "it must not have the lock while the first holds it");
        assert!(acquire_while(&path, || {}, || false).unwrap().is_none());
        drop(first);
        ended.recv().unwrap();
        drop(second.join().unwrap());
        assert!(acquire_while(&path, || panic!("nobody holds it"), || false).unwrap().is_some());
    }
}
