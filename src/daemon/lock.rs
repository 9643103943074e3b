//! One writer at a time, across processes.
//!
//! `regen` beside the daemon, or two daemons by mistake, must not write the same folder at once.
//! The lock is the operating system's on a file: it ends with the process, however that ends, so
//! there is never a stale one to remove.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

/// Waits for the lock `path`, after calling `waiting` once if somebody else holds it.
///
/// # Errors
///
/// The file cannot be made, or the file system knows no locks.
pub fn acquire(path: &Path, waiting: impl FnOnce()) -> io::Result<Lock> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            waiting();
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(Lock(file))
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
        drop(first);
        ended.recv().unwrap();
        second.join().unwrap();
    }
}
