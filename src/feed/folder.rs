//! The one way in which a file gets into the feeds' folder: compared, written aside, renamed.
//!
//! A reader sees the whole old file or the whole new one, and one whose content is the same is not
//! touched. Files are written to a hidden folder inside the feeds' folder, hence on the same file
//! system; what a run that died left there is removed by the next.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The folder in which files are written before they are renamed.
const ASIDE: &str = ".headwater-tmp";

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
    /// The folder at `root`, which is made where it is missing, and freed of what a run that died
    /// left behind. With `dry_run` the disk is only read; with `force` every file is written anew.
    pub(super) fn open(root: &Path, dry_run: bool, force: bool) -> io::Result<Self> {
        let folder = Self { root: root.to_owned(), dry_run, force, next: AtomicU64::new(0) };
        if !dry_run {
            fs::create_dir_all(root)?;
            folder.sweep()?;
        }
        Ok(folder)
    }

    /// Removes the files that were written aside and never renamed.
    pub(super) fn sweep(&self) -> io::Result<()> {
        if self.dry_run {
            return Ok(());
        }
        match fs::remove_dir_all(self.root.join(ASIDE)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
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

    /// Gives `file` this content. `old` is room to read the present content into.
    pub(super) fn put(&self, file: &str, bytes: &[u8], old: &mut Vec<u8>) -> io::Result<Outcome> {
        let place = self.place(file);
        if !self.force && same(&place, bytes, old)? {
            return Ok(Outcome::Unchanged);
        }
        if !self.dry_run {
            let aside =
                self.root.join(ASIDE).join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
            let done = in_folder(&aside, || File::create_new(&aside))
                .and_then(|mut written| written.write_all(bytes))
                .and_then(|()| in_folder(&place, || fs::rename(&aside, &place)));
            if let Err(error) = done {
                // What matters is the first error; the next run sweeps.
                let _ = fs::remove_file(&aside);
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
