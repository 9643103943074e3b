//! Brings a plan to the disk.
//!
//! Makes the files of the feeds that changed, those of the lists of feeds, and the redirects;
//! removes those of ours that no feed has any more; and tells what it did. What a feed's files
//! are made of is compared first (see `manifest`), so that a feed without news costs no more than a
//! look at its files. One file that cannot be written is reported and the rest goes on; a full disk
//! ends the run. That no other process writes at the same time is the caller's business.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use rayon::prelude::*;
use thiserror::Error;

use super::folder::{Folder, Outcome, Put};
use super::ledger::{self, Ledger};
use super::make::{self, Work};
use super::manifest::{Made, Manifest};
use super::plan::Plan;
use super::{Settings, fingerprint, opml, page, redirect, removed};
use crate::stamp;

/// How to write.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Write files anew whose content has not changed.
    pub force: bool,
    /// Leave the files in this folder of the feeds' folder as they are: what they were made of cannot be
    /// told now.
    pub spared: Option<&'static str>,
    /// The day on which files that are removed now are said to have been.
    pub today: NaiveDate,
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
    /// Whether it was told to stop before all was done. What is not named here is as it was.
    pub stopped: bool,
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
    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Full { path, .. } | Self::Io { path, .. } | Self::Render { path, .. } => path,
        }
    }

    pub(super) fn io(path: PathBuf, doing: &'static str, source: io::Error) -> Self {
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => {
                Self::Full { path, source }
            }
            _ => Self::Io { path, doing, source },
        }
    }
}

/// Writes the feeds of `plan`, the lists of them and the redirects to `dir`. Where
/// [`Settings::only`] names feeds, only theirs, and nothing is removed. `ledger` spares the next run of
/// the same process some work. `stop` is asked before each feed: what is being written is finished, and
/// the next run goes on from there.
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
    ledger: &mut Ledger,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Report, WriteError> {
    let folder = Folder::open(dir, options.dry_run, options.force)
        .map_err(|error| WriteError::io(dir.to_owned(), "use the folder", error))?;
    let whole = settings.only.is_empty();
    let program = stamp::program();
    // A plan that was made in haste may lack feeds, which are not to be removed for that.
    let mut report = Report { stopped: stop(), ..Report::default() };
    let (manifest, works) =
        rayon::join(|| ledger.take(&folder), || make::works(plan, settings, program));
    // Without it files of vanished feeds stay, and that is all.
    let mut manifest = manifest.unwrap_or_else(|error| {
        report.failed.push(error);
        Manifest::default()
    });
    let singles = if whole { singles(plan, settings, program) } else { Vec::new() };
    folder
        .begin(manifest.files())
        .map_err(|error| WriteError::io(dir.to_owned(), "write to it", error))?;

    let made_before = |work: &&Work| -> bool {
        let stamp = |(file, _): &(String, _)| manifest.stamp(file, work.fingerprint);
        !options.force && work.files.iter().all(|file| stamp(file).is_some())
    };
    let (same, changed): (Vec<&Work>, Vec<&Work>) = works.par_iter().partition(made_before);
    // Readers wait for the news. The feeds that they know come first, then those that must be announced;
    // whether somebody touched the other files can wait.
    let known = |work: &&Work| work.files.iter().all(|(file, _)| manifest.names(file));
    let (changed, added): (Vec<&Work>, Vec<&Work>) = changed.into_iter().partition(known);
    make::make(plan, settings, &folder, &changed, &mut report, &mut manifest, stop)?;
    // New files are named in the manifest before the first of them is written.
    let new = added.iter().flat_map(|work| &work.files).map(|(file, _)| file);
    let new: Vec<&String> = new.chain(singles.iter().map(|single| &single.file)).collect();
    if !new.iter().all(|file| manifest.names(file)) {
        for file in new {
            manifest.announce(file);
        }
        ledger::write(&folder, &mut manifest)?;
    }
    make::make(plan, settings, &folder, &added, &mut report, &mut manifest, stop)?;
    let intact = |work: &&Work| {
        let stamped = |file| manifest.stamp(file, work.fingerprint) == folder.stamp(file);
        work.files.iter().all(|(file, _)| stamped(file))
    };
    let (same, touched): (Vec<&Work>, Vec<&Work>) = same.into_par_iter().partition(intact);
    report.unchanged += same.iter().map(|work| work.files.len()).sum::<usize>();
    make::make(plan, settings, &folder, &touched, &mut report, &mut manifest, stop)?;
    // They name feeds that a stopped run has not made.
    if !report.stopped {
        write_singles(&singles, &folder, options, &mut report, &mut manifest)?;
    }
    report.written.sort_unstable();
    if whole && !report.stopped {
        let files = works.iter().flat_map(|work| &work.files).map(|(file, _)| file);
        let wanted = files.chain(singles.iter().map(|single| &single.file));
        let gone = gone(wanted.map(String::as_str), options, &manifest);
        remove(&folder, gone, options, &mut report, &mut manifest);
    }
    ledger::write(&folder, &mut manifest)?;
    if !options.dry_run {
        ledger.keep(&folder, manifest);
    }
    folder.end().map_err(|error| WriteError::io(dir.to_owned(), "clean up in it", error))?;
    Ok(report)
}

/// The files of ours that are no longer wanted. Those that are `wanted` are all named in the manifest by now.
fn gone<'a>(
    wanted: impl Iterator<Item = &'a str> + Clone,
    options: Options,
    manifest: &Manifest,
) -> BTreeSet<String> {
    // As nearly always; to compare their names would take longer than all else.
    if wanted.clone().count() == manifest.len() {
        return BTreeSet::new();
    }
    let wanted: HashSet<&str> = wanted.collect();
    let spared =
        |file: &str| file.split_once('/').is_some_and(|(folder, _)| options.spared == Some(folder));
    let gone = manifest.files().filter(|file| !wanted.contains(file) && !spared(file));
    gone.map(str::to_owned).collect()
}

/// Removes the files `gone`.
fn remove(
    folder: &Folder,
    gone: BTreeSet<String>,
    options: Options,
    report: &mut Report,
    manifest: &mut Manifest,
) {
    let is_here = |file: &str| manifest.names(file) && !gone.contains(file);
    let noted = removed::note(folder, gone.iter().map(String::as_str), is_here, options.today);
    report.failed.extend(noted.err());
    for file in gone {
        match folder.remove(&file) {
            Ok(existed) => {
                manifest.forget(&file);
                report.removed.extend(existed.then_some(file));
            }
            Err(error) => {
                report.failed.push(WriteError::io(folder.place(&file), "remove it", error));
            }
        }
    }
}

/// A file that belongs to no single feed.
struct Single<'a> {
    file: String,
    fingerprint: u64,
    bytes: Box<dyn Fn() -> io::Result<Vec<u8>> + Sync + 'a>,
}

fn singles<'a>(plan: &'a Plan, settings: &'a Settings, program: u64) -> Vec<Single<'a>> {
    let fingerprint = fingerprint::of_lists(plan, settings, program);
    let mut singles = vec![
        Single {
            file: opml::FILE_NAME.to_owned(),
            fingerprint,
            bytes: Box::new(|| opml::opml(plan, settings)),
        },
        Single {
            file: page::FILE_NAME.to_owned(),
            fingerprint,
            bytes: Box::new(|| page::page(plan, settings).map_err(io::Error::other)),
        },
    ];
    if plan.redirects.is_empty() {
        return singles;
    }
    singles.push(Single {
        file: redirect::FILE_NAME.to_owned(),
        fingerprint,
        bytes: Box::new(|| Ok(redirect::list(&plan.redirects, settings))),
    });
    singles.extend(plan.redirects.iter().map(|moved| Single {
        file: moved.from.file(page::FILE_NAME),
        fingerprint,
        bytes: Box::new(|| Ok(redirect::page(moved, &plan.about, settings))),
    }));
    singles
}

/// Writes those of `singles` that are not as they should be.
fn write_singles(
    singles: &[Single],
    folder: &Folder,
    options: Options,
    report: &mut Report,
    manifest: &mut Manifest,
) -> Result<(), WriteError> {
    let is_right = |single: &&Single| {
        let stamp = manifest.stamp(&single.file, single.fingerprint);
        !options.force && stamp.is_some() && stamp == folder.stamp(&single.file)
    };
    let (right, wrong): (Vec<&Single>, Vec<&Single>) = singles.iter().partition(is_right);
    report.unchanged += right.len();
    // Those of a site with thousands of feeds are long.
    let contents: Vec<io::Result<Vec<u8>>> =
        wrong.par_iter().map(|single| (single.bytes)()).collect();
    for (single, content) in wrong.into_iter().zip(contents) {
        let Single { file, fingerprint, .. } = single;
        let outcome = content
            .and_then(|bytes| folder.put(file, &bytes))
            .map_err(|error| WriteError::io(folder.place(file), "write it", error));
        report.note(file, *fingerprint, outcome, manifest)?;
    }
    Ok(())
}

impl Report {
    /// Adds what became of one file that was to be made of what has this fingerprint, and notes it in
    /// the manifest where the file is as it should be; an error that ends the run is handed back.
    pub(super) fn note(
        &mut self,
        file: &str,
        fingerprint: u64,
        outcome: Result<Put, WriteError>,
        manifest: &mut Manifest,
    ) -> Result<(), WriteError> {
        match outcome {
            Ok(Put { outcome, stamp }) => {
                match outcome {
                    Outcome::Written => self.written.push(file.to_owned()),
                    Outcome::Unchanged => self.unchanged += 1,
                }
                manifest.note(file, stamp.map(|stamp| Made(fingerprint, stamp)));
            }
            Err(full @ WriteError::Full { .. }) => return Err(full),
            Err(error) => self.failed.push(error),
        }
        Ok(())
    }
}
