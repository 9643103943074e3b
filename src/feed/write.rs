//! Brings a plan to the disk.
//!
//! Renders each feed in each format, writes the files that changed, removes those of ours that no
//! feed has any more, and tells what it did. Feeds are worked on by as many threads as there are
//! processors, each with room for one file; no more of the output is in memory at a time. One file
//! that cannot be written is reported and the rest goes on; a full disk ends the run. That no other
//! process writes at the same time is the caller's business.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use thiserror::Error;

use super::folder::{Folder, Outcome};
use super::fragments::{self, Fragments};
use super::manifest::{self, Manifest};
use super::plan::Plan;
use super::{Settings, opml, page};

/// How to write.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Write files anew whose content has not changed.
    pub force: bool,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Report {
    /// Files that are new or have new content, by path below the folder.
    pub written: Vec<String>,
    /// How many files had the right content already.
    pub unchanged: usize,
    /// Files that were removed, by path below the folder.
    pub removed: Vec<String>,
    /// Files that could not be written or removed; they stay as they were.
    pub failed: Vec<WriteError>,
}

/// Why a file is not as it should be.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The disk has no room, or takes nothing at all. Ends the run.
    #[error("{path}: {source}; the run ended here, make room and run it again", path = path.display())]
    Full {
        /// The file that no longer fitted.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system refused.
    #[error("{path}: cannot {doing}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// There are no bytes to write.
    #[error("{path}: {reason}", path = path.display())]
    Render {
        /// The file.
        path: PathBuf,
        /// What the [format](super::RenderError) says.
        reason: String,
    },
}

impl WriteError {
    fn io(path: PathBuf, doing: &'static str, source: io::Error) -> Self {
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => {
                Self::Full { path, source }
            }
            _ => Self::Io { path, doing, source },
        }
    }
}

/// Writes the feeds of `plan` and the two lists of them to `dir`. Where [`Settings::only`] names
/// feeds, only theirs, and nothing is removed.
///
/// # Errors
///
/// [`WriteError`] where the folder cannot be used at all, or the disk is full. Files are whole even
/// then, and the next run goes on from there.
pub fn write_all(
    plan: &Plan,
    settings: &Settings,
    dir: &Path,
    options: Options,
) -> Result<Report, WriteError> {
    let folder = Folder::open(dir, options.dry_run, options.force)
        .map_err(|error| WriteError::io(dir.to_owned(), "use the folder", error))?;
    let whole = settings.only.is_empty();
    let mut report = Report::default();
    let old = read_manifest(&folder, &mut report);
    let mut new: BTreeSet<String> = plan
        .feeds
        .iter()
        .flat_map(|feed| settings.formats.iter().map(|format| feed.path.file(format.file_name())))
        .collect();
    if whole {
        new.extend([opml::FILE_NAME, page::FILE_NAME].map(str::to_owned));
    }
    let both = Manifest { files: old.files.union(&new).cloned().collect() };
    keep_manifest(&folder, &both, &old)?;

    write_feeds(plan, settings, &folder, &mut report)?;
    report.written.sort_unstable();
    if whole {
        write_lists(plan, settings, &folder, &mut report)?;
        let mut kept = new;
        for file in old.files.difference(&kept.clone()) {
            match folder.remove(file) {
                Ok(true) => report.removed.push(file.clone()),
                Ok(false) => {}
                Err(error) => {
                    kept.insert(file.clone());
                    report.failed.push(WriteError::io(folder.place(file), "remove it", error));
                }
            }
        }
        keep_manifest(&folder, &Manifest { files: kept }, &both)?;
    }
    folder.sweep().map_err(|error| WriteError::io(dir.to_owned(), "clean up in it", error))?;
    Ok(report)
}

/// What the manifest names. An unreadable one is reported and costs no more than that files of
/// vanished feeds stay.
fn read_manifest(folder: &Folder, report: &mut Report) -> Manifest {
    let read = folder.read(manifest::FILE_NAME).and_then(|bytes| match bytes {
        Some(bytes) => Manifest::parse(&bytes),
        None => Ok(Manifest::default()),
    });
    read.unwrap_or_else(|error| {
        let doing = "tell from it which old files to remove";
        report.failed.push(WriteError::io(folder.place(manifest::FILE_NAME), doing, error));
        Manifest::default()
    })
}

/// Writes `manifest` unless it is what the disk has already.
fn keep_manifest(folder: &Folder, manifest: &Manifest, there: &Manifest) -> Result<(), WriteError> {
    if manifest == there {
        return Ok(());
    }
    manifest
        .bytes()
        .and_then(|bytes| folder.put(manifest::FILE_NAME, &bytes, &mut Vec::new()))
        .map(drop)
        .map_err(|error| WriteError::io(folder.place(manifest::FILE_NAME), "write it", error))
}

fn write_lists(
    plan: &Plan,
    settings: &Settings,
    folder: &Folder,
    report: &mut Report,
) -> Result<(), WriteError> {
    let page = page::page(plan, settings).map_err(io::Error::other);
    for (file, bytes) in [(opml::FILE_NAME, opml::opml(plan, settings)), (page::FILE_NAME, page)] {
        let outcome = bytes.and_then(|bytes| folder.put(file, &bytes, &mut Vec::new()));
        let error = |error| WriteError::io(folder.place(file), "write it", error);
        report.note(file.to_owned(), outcome.map_err(error))?;
    }
    Ok(())
}

/// Writes all feeds in all formats.
fn write_feeds(
    plan: &Plan,
    settings: &Settings,
    folder: &Folder,
    report: &mut Report,
) -> Result<(), WriteError> {
    let fragments = Fragments::new(plan, &settings.formats);
    let order = fragments::order(&plan.feeds);
    let next = AtomicUsize::new(0);
    let shared = Mutex::new((std::mem::take(report), None));
    // Threads take the next feed in turn, not a half of them each, to keep to the order.
    rayon::broadcast(|_| {
        let (mut bytes, mut old) = (Vec::new(), Vec::new());
        while let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let feed = &plan.feeds[*at];
            let entries = fragments.of(*at).map_err(|error| error.to_string());
            for (nth, format) in settings.formats.iter().enumerate() {
                let file = feed.path.file(format.file_name());
                let framed = entries.as_ref().map_err(String::clone).and_then(|entries| {
                    let frame = format.frame(feed, settings).map_err(|error| error.to_string())?;
                    frame.fill(&mut bytes, entries.iter().map(|entry| &*entry[nth]));
                    Ok(())
                });
                let outcome = match framed {
                    Ok(()) => folder
                        .put(&file, &bytes, &mut old)
                        .map_err(|error| WriteError::io(folder.place(&file), "write it", error)),
                    Err(reason) => Err(WriteError::Render { path: folder.place(&file), reason }),
                };
                let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                if let Err(full) = shared.0.note(file, outcome) {
                    shared.1.get_or_insert(full);
                    next.store(order.len(), Ordering::Relaxed);
                    return;
                }
            }
        }
    });
    let (done, full) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    *report = done;
    full.map_or(Ok(()), Err)
}

impl Report {
    /// Adds what became of one file; an error that ends the run is handed back.
    fn note(
        &mut self,
        file: String,
        outcome: Result<Outcome, WriteError>,
    ) -> Result<(), WriteError> {
        match outcome {
            Ok(Outcome::Written) => self.written.push(file),
            Ok(Outcome::Unchanged) => self.unchanged += 1,
            Err(full @ WriteError::Full { .. }) => return Err(full),
            Err(error) => self.failed.push(error),
        }
        Ok(())
    }
}
