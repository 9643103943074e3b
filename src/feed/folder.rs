//! The one way in which a file gets into the feeds' folder: compared, written aside, renamed.
//!
//! A reader sees the whole old file or the whole new one, and one whose content is the same is not
//! touched. A file is written under a hidden name in its own folder, where renaming it is cheapest
//! and threads do not wait for each other. A mark in the feeds' folder tells that a run is at work;
//! a run that finds one clears up what its predecessor, which died, left behind.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
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

/// A file that is as it should be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Put {
    pub(super) outcome: Outcome,
    /// How it looks now; nothing in a dry run that would have written it.
    pub(super) stamp: Option<Stamp>,
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
    pub(super) fn begin(&self, files: impl Iterator<Item = String>) -> io::Result<()> {
        if self.dry_run {
            return Ok(());
        }
        match File::create_new(self.root.join(MARK)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            marked => return marked.map(drop),
        }
        let above = |file: String| Path::new(&file).parent().map(Path::to_owned);
        let mut folders: BTreeSet<PathBuf> = files.filter_map(above).collect();
        folders.insert(PathBuf::new());
        for folder in folders {
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
        if self.dry_run {
            return Ok(());
        }
        match fs::remove_file(self.root.join(MARK)) {
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

    /// How a file looks from outside; none where there is no regular file.
    pub(super) fn stamp(&self, file: &str) -> Option<Stamp> {
        let there = fs::symlink_metadata(self.place(file)).ok()?;
        there.is_file().then(|| Stamp::of(&there))
    }

    /// Makes the folder of `file` where it is missing, and tells whether it was.
    pub(super) fn make_room(&self, file: &str) -> io::Result<bool> {
        let above = Path::new(file).parent().filter(|above| !above.as_os_str().is_empty());
        let Some(above) = above.filter(|_| !self.dry_run) else { return Ok(false) };
        let above = self.root.join(above);
        match fs::create_dir(&above) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(&above).map(|()| true)
            }
            Err(error) => Err(error),
        }
    }

    /// Gives `file` this content, and its folder to it.
    pub(super) fn put(&self, file: &str, bytes: &[u8]) -> io::Result<Put> {
        let fresh = self.make_room(file)?;
        self.put_parts(file, &[bytes], fresh, &mut Vec::new())
    }

    /// Gives `file`, whose folder is there, the content that these parts make together. In a folder that
    /// is `fresh` there is no such file yet. `old` is room to read the present content into.
    pub(super) fn put_parts(
        &self,
        file: &str,
        parts: &[&[u8]],
        fresh: bool,
        old: &mut Vec<u8>,
    ) -> io::Result<Put> {
        let place = self.place(file);
        if !self.force
            && !fresh
            && let Some(stamp) = same(&place, parts, old)?
        {
            return Ok(Put { outcome: Outcome::Unchanged, stamp: Some(stamp) });
        }
        if self.dry_run {
            return Ok(Put { outcome: Outcome::Written, stamp: None });
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let beside = place.with_file_name(format!("{UNFINISHED}{number}"));
        let written = File::create(&beside).and_then(|mut file| {
            write_parts(&mut file, parts)?;
            fs::rename(&beside, &place)?;
            // Renaming is a change too.
            file.metadata()
        });
        match written {
            Ok(there) => Ok(Put { outcome: Outcome::Written, stamp: Some(Stamp::of(&there)) }),
            Err(error) => {
                // What matters is the first error.
                let _ = fs::remove_file(&beside);
                Err(error)
            }
        }
    }

    /// Removes `file`, and the folders above it that are empty then. Whether there was one: a folder in
    /// its place, or what lies behind a link in place of its folder, is somebody else's.
    pub(super) fn remove(&self, file: &str) -> io::Result<bool> {
        let place = self.place(file);
        let kind = |place: &Path| fs::symlink_metadata(place).map(|there| there.file_type()).ok();
        let above =
            Path::new(file).ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
        let mut above = above.map(|above| kind(&self.root.join(above)));
        let is_here = above.all(|kind| kind.is_some_and(|kind| kind.is_dir()));
        let there = kind(&place);
        if !is_here || there.is_some_and(|kind| kind.is_dir()) {
            return Ok(false);
        }
        if self.dry_run {
            return Ok(there.is_some());
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

/// The stamp of the regular file with this content that is there. Anything else (a link, a pipe) is not
/// opened.
fn same(place: &Path, parts: &[&[u8]], old: &mut Vec<u8>) -> io::Result<Option<Stamp>> {
    let there = match fs::symlink_metadata(place) {
        Ok(there) => there,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length: usize = parts.iter().map(|part| part.len()).sum();
    if !there.is_file() || there.len() != length as u64 {
        return Ok(None);
    }
    old.clear();
    File::open(place)?.read_to_end(old)?;
    let mut rest = old.as_slice();
    let mut begins_with = |part: &&[u8]| match rest.strip_prefix(*part) {
        Some(behind) => {
            rest = behind;
            true
        }
        None => false,
    };
    let equal = parts.iter().all(&mut begins_with);
    Ok((equal && rest.is_empty()).then(|| Stamp::of(&there)))
}

/// Writes the parts one behind the other, without putting them together before.
fn write_parts(file: &mut File, parts: &[&[u8]]) -> io::Result<()> {
    let mut slices: Vec<IoSlice> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut rest = slices.as_mut_slice();
    // Leaves out what is empty, of which nothing could be written.
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
