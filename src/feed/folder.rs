//! The one way in which a file gets into the feeds' folder: compared, written aside, renamed.
//!
//! A reader sees the whole old file or the whole new one, and one whose content is the same is not
//! touched. A file is written under a hidden name in its own folder, where renaming it is cheapest
//! and threads do not wait for each other. A mark in the feeds' folder tells that a run is at work;
//! a run that finds one clears up what its predecessor, which died, left behind.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::stamp::Stamp;

/// The mark of a run at work.
const MARK: &str = ".headwater-writing";

/// What the name of a file begins with that is not finished.
const UNFINISHED: &str = ".headwater-new-";

/// The feeds' folder.
pub(super) struct Folder {
    root: PathBuf,
    dry_run: bool,
    force: bool,
    /// Name of the next file to be written aside.
    next: AtomicU64,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was new, or had other content (and would have been written, in a dry run).
    Written,
    /// It had this content already.
    Unchanged,
}

impl Folder {
    /// The folder at `root`, which is made where it is missing. With `dry_run` the disk is only read;
    /// with `force` every file is written anew.
    pub(super) fn open(root: &Path, dry_run: bool, force: bool) -> io::Result<Self> {
        if !dry_run {
            fs::create_dir_all(root)?;
        }
        Ok(Self { root: root.to_owned(), dry_run, force, next: AtomicU64::new(0) })
    }

    /// Marks the folder as being written to. Where it bears the mark of a run that died, what that one
    /// did not finish is removed from the folders of `files`, which are all that it can have
    /// written.
    pub(super) fn begin<'a>(&self, files: impl Iterator<Item = &'a String>) -> io::Result<()> {
        if self.dry_run {
            return Ok(());
        }
        match File::create_new(self.root.join(MARK)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            marked => return marked.map(drop),
        }
        let folders: BTreeSet<&Path> = files.filter_map(|file| Path::new(file).parent()).collect();
        for folder in folders.into_iter().chain([Path::new("")]) {
            let Ok(entries) = fs::read_dir(self.root.join(folder)) else { continue };
            for entry in entries.flatten() {
                if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        Ok(())
    }

    /// Takes the mark away.
    pub(super) fn end(&self) -> io::Result<()> {
        match fs::remove_file(self.root.join(MARK)) {
            Err(error) if error.kind() != ErrorKind::NotFound && !self.dry_run => Err(error),
            _ => Ok(()),
        }
    }

    /// Where a relative path lies on the disk.
    pub(super) fn place(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// The content of a file; none where it does not exist.
    pub(super) fn read(&self, file: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.place(file)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How a file looks from outside; none where there is no regular file.
    pub(super) fn stamp(&self, file: &str) -> Option<Stamp> {
        let there = fs::symlink_metadata(self.place(file)).ok()?;
        there.is_file().then(|| Stamp::of(&there))
    }

    /// Gives `file` this content. `old` is room to read the present content into.
    pub(super) fn put(&self, file: &str, bytes: &[u8], old: &mut Vec<u8>) -> io::Result<Outcome> {
        let place = self.place(file);
        if !self.force && same(&place, bytes, old)? {
            return Ok(Outcome::Unchanged);
        }
        if !self.dry_run {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let beside = place.with_file_name(format!("{UNFINISHED}{number}"));
            let done = in_folder(&beside, || File::create(&beside))
                .and_then(|mut written| written.write_all(bytes))
                .and_then(|()| fs::rename(&beside, &place));
            if let Err(error) = done {
                // What matters is the first error.
                let _ = fs::remove_file(&beside);
                return Err(error);
            }
        }
        Ok(Outcome::Written)
    }

    /// Removes `file`, and the folders above it that are empty then. Whether there was one.
    pub(super) fn remove(&self, file: &str) -> io::Result<bool> {
        let place = self.place(file);
        if self.dry_run {
            return Ok(fs::symlink_metadata(&place).is_ok());
        }
        let existed = match fs::remove_file(&place) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        let mut folder = Path::new(file).parent();
        while let Some(above) = folder.filter(|above| !above.as_os_str().is_empty()) {
            // Fails where somebody else's file lies in it, which then stays.
            if fs::remove_dir(self.root.join(above)).is_err() {
                break;
            }
            folder = above.parent();
        }
        Ok(existed)
    }
}

/// Whether a regular file with this content is there. Anything else (a link, a pipe) is not opened.
fn same(place: &Path, bytes: &[u8], old: &mut Vec<u8>) -> io::Result<bool> {
    match fs::symlink_metadata(place) {
        Ok(there) if there.is_file() && there.len() == bytes.len() as u64 => {
            old.clear();
            File::open(place)?.read_to_end(old)?;
            Ok(old == bytes)
        }
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Does `work`, and where the folder of `place` is missing makes it and does `work` again.
fn in_folder<T>(place: &Path, work: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match work() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            work()
        }
        done => done,
    }
}
