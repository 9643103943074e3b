//! Brings a plan to the disk.
//!
//! Makes the files of the feeds that changed, those of the lists of feeds, and the redirects;
//! removes those of ours that no feed has any more; and tells what it did. What a feed's files
//! are made of is compared first (see `manifest`), so that a feed without news costs no more than a
//! look at its files. One file that cannot be written is reported and the rest goes on; a full disk
//! ends the run. That no other process writes at the same time is the caller's business.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use rayon::prelude::*;
use thiserror::Error;

use super::folder::{Folder, Outcome};
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
    let (old, works) =
        rayon::join(|| ledger.take(&folder), || make::works(plan, settings, program));
    // Without it files of vanished feeds stay, and that is all.
    let old = old.unwrap_or_else(|error| {
        report.failed.push(error);
        Manifest::default()
    });
    let singles = if whole { singles(plan, settings, program) } else { Vec::new() };

    let feeds = works.iter().flat_map(|work| &work.files).map(|(file, _)| file);
    let names = feeds.chain(singles.iter().map(|single| &single.file));
    let mut new: BTreeMap<String, Option<Made>> = names.map(|file| (file.clone(), None)).collect();
    folder
        .begin(old.files.keys())
        .map_err(|error| WriteError::io(dir.to_owned(), "write to it", error))?;

    let made_before = |work: &Work| -> bool {
        !options.force
            && work.files.iter().all(|(file, _)| old.stamp(file, work.fingerprint).is_some())
    };
    let (same, changed): (Vec<Work>, Vec<Work>) = works.into_iter().partition(made_before);
    // Readers wait for the news. The feeds that they know come first, then those that must be announced;
    // whether somebody touched the other files can wait.
    let known = |work: &Work| work.files.iter().all(|(file, _)| old.files.contains_key(file));
    let (changed, added): (Vec<Work>, Vec<Work>) = changed.into_iter().partition(known);
    make::make(plan, settings, &folder, &changed, &mut report, &mut new, stop)?;
    announce(&folder, &old, &new)?;
    make::make(plan, settings, &folder, &added, &mut report, &mut new, stop)?;
    let intact = |work: &Work| {
        let stamped = |file| old.stamp(file, work.fingerprint) == folder.stamp(file);
        work.files.iter().all(|(file, _)| stamped(file))
    };
    let (same, touched): (Vec<Work>, Vec<Work>) = same.into_par_iter().partition(intact);
    for (file, _) in same.iter().flat_map(|work| &work.files) {
        if let Some(made) = new.get_mut(file) {
            *made = old.files.get(file).copied().flatten();
        }
        report.unchanged += 1;
    }
    make::make(plan, settings, &folder, &touched, &mut report, &mut new, stop)?;
    report.written.sort_unstable();
    // They name feeds that a stopped run has not made.
    if !report.stopped {
        for single in &singles {
            write_single(single, &folder, &old, options, &mut report, &mut new)?;
        }
    }
    let new = match (report.stopped, whole) {
        (true, _) => so_far(&old, new),
        (false, true) => {
            let is_spared =
                |file: &str| options.spared.is_some_and(|spared| file.starts_with(spared));
            let gone = old.files.keys().filter(|file| !new.contains_key(*file) && !is_spared(file));
            let noted = removed::note(&folder, gone, |file| new.contains_key(file), options.today);
            report.failed.extend(noted.err());
            remove(&folder, &old, new, options.spared, &mut report)
        }
        (false, false) => together(&old, new),
    };
    if new != old {
        ledger::write(&folder, &new)?;
    }
    if !options.dry_run {
        ledger.keep(&folder, new);
    }
    folder.end().map_err(|error| WriteError::io(dir.to_owned(), "clean up in it", error))?;
    Ok(report)
}

/// Names new files in the manifest before the first of them is written.
fn announce(
    folder: &Folder,
    old: &Manifest,
    new: &BTreeMap<String, Option<Made>>,
) -> Result<(), WriteError> {
    if new.keys().all(|file| old.files.contains_key(file)) {
        return Ok(());
    }
    let mut both = old.clone();
    for file in new.keys() {
        both.files.entry(file.clone()).or_default();
    }
    ledger::write(folder, &both)
}

/// Removes what is no longer anybody's. What the folder holds then.
fn remove(
    folder: &Folder,
    old: &Manifest,
    mut new: BTreeMap<String, Option<Made>>,
    spared: Option<&str>,
    report: &mut Report,
) -> Manifest {
    let gone: Vec<(&String, &Option<Made>)> =
        old.files.iter().filter(|(file, _)| !new.contains_key(*file)).collect();
    for (file, made) in gone {
        if file.split_once('/').is_some_and(|(folder, _)| spared == Some(folder)) {
            new.insert(file.clone(), *made);
            continue;
        }
        match folder.remove(file) {
            Ok(true) => report.removed.push(file.clone()),
            Ok(false) => {}
            Err(error) => {
                new.insert(file.clone(), None);
                report.failed.push(WriteError::io(folder.place(file), "remove it", error));
            }
        }
    }
    Manifest { files: new }
}

/// What the folder holds when `new` was made and all else stayed.
fn together(old: &Manifest, new: BTreeMap<String, Option<Made>>) -> Manifest {
    let mut files = old.files.clone();
    files.extend(new);
    Manifest { files }
}

/// What the folder holds when of `new` only what is known of was made.
fn so_far(old: &Manifest, mut new: BTreeMap<String, Option<Made>>) -> Manifest {
    new.retain(|file, made| made.is_some() || !old.files.contains_key(file));
    together(old, new)
}

/// A file that belongs to no single feed.
struct Single<'a> {
    file: String,
    fingerprint: u64,
    bytes: Box<dyn Fn() -> io::Result<Vec<u8>> + 'a>,
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

fn write_single(
    single: &Single,
    folder: &Folder,
    old: &Manifest,
    options: Options,
    report: &mut Report,
    new: &mut BTreeMap<String, Option<Made>>,
) -> Result<(), WriteError> {
    let file = &single.file;
    let stamp = old.stamp(file, single.fingerprint);
    if !options.force && stamp.is_some() && stamp == folder.stamp(file) {
        new.insert(file.clone(), old.files.get(file).copied().flatten());
        report.unchanged += 1;
        return Ok(());
    }
    let outcome = (single.bytes)()
        .and_then(|bytes| folder.put(file, &bytes, &mut Vec::new()))
        .map_err(|error| WriteError::io(folder.place(file), "write it", error));
    if report.note(file, outcome)? {
        new.insert(file.clone(), folder.stamp(file).map(|stamp| Made(single.fingerprint, stamp)));
    }
    Ok(())
}

impl Report {
    /// Adds what became of one file, and tells whether it is as it should be; an error that ends the
    /// run is handed back.
    pub(super) fn note(
        &mut self,
        file: &str,
        outcome: Result<Outcome, WriteError>,
    ) -> Result<bool, WriteError> {
        match outcome {
            Ok(Outcome::Written) => self.written.push(file.to_owned()),
            Ok(Outcome::Unchanged) => self.unchanged += 1,
            Err(full @ WriteError::Full { .. }) => return Err(full),
            Err(error) => {
                self.failed.push(error);
                return Ok(false);
            }
        }
        Ok(true)
    }
}
