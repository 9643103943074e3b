//! Brings a plan to the disk.
//!
//! Makes the files of the feeds that changed, those of the lists of feeds, and the redirects;
//! removes those of ours that no feed has any more; and tells what it did. What a feed's files
//! are made of is compared first (see `manifest`), so that a feed without news costs no more than a
//! look at its files. One file that cannot be written is reported and the rest goes on; a full disk
//! ends the run. That no other process writes at the same time is the caller's business.

use std::cell::LazyCell;
use std::collections::{BTreeSet, HashSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use rayon::prelude::*;
use thiserror::Error;

use super::folder::{Folder, Outcome, Put};
use super::ledger::{self, Ledger};
use super::make::{self, Work, Workshop};
use super::manifest::{self, Batch, Manifest};
use super::plan::Plan;
use super::{Settings, fingerprint, opml, page, path, redirect, removed};
use crate::stamp::{self, Stamp};

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
    /// Leave what no feed has any more: it may be that not all articles could be read.
    pub keep: bool,
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

    let shop = Workshop { plan, settings, folder: &folder, stop };
    let as_made = |files: &Batch, fingerprint| {
        let known = manifest.made(files).filter(|_| !options.force);
        known.is_some() && known == made_now(files, fingerprint, &folder)
    };
    let is_right = |work: &&Work| as_made(&work.files, work.fingerprint);
    let (right, wrong): (Vec<&Work>, Vec<&Work>) = works.par_iter().partition(is_right);
    let (right_singles, wrong_singles): (Vec<&Single>, Vec<&Single>) =
        singles.iter().partition(|single| as_made(&single.file, single.fingerprint));
    let right = right.into_iter().map(|work| &work.files);
    let right = right.chain(right_singles.iter().map(|single| &single.file));
    report.unchanged += right.map(|batch| batch.files().count()).sum::<usize>();
    // Readers wait for the news of the feeds that they know; other files must first be named in the
    // manifest.
    let is_known = |work: &&Work| manifest.names(&work.files);
    let (known, new): (Vec<&Work>, Vec<&Work>) = wrong.into_iter().partition(is_known);
    make::make(&shop, &known, &mut report, &mut manifest)?;
    let new_files = new.iter().map(|work| &work.files);
    let new_files = new_files.chain(wrong_singles.iter().map(|single| &single.file));
    let unnamed: Vec<&Batch> = new_files.filter(|batch| !manifest.names(batch)).collect();
    if !unnamed.is_empty() {
        for batch in unnamed {
            manifest.announce(batch);
        }
        ledger::write(&folder, &mut manifest)?;
    }
    make::make(&shop, &new, &mut report, &mut manifest)?;
    // They name feeds that a stopped run has not made.
    if !report.stopped {
        write_singles(&wrong_singles, &folder, &mut report, &mut manifest)?;
    }
    report.written.sort_unstable();
    if whole && !report.stopped && !options.keep {
        let wanted = works.iter().map(|work| &work.files);
        let wanted = wanted.chain(singles.iter().map(|single| &single.file));
        remove(&folder, wanted, options, &mut report, &mut manifest);
    }
    ledger::write(&folder, &mut manifest)?;
    if !options.dry_run {
        ledger.keep(&folder, manifest);
    }
    folder.end().map_err(|error| WriteError::io(dir.to_owned(), "clean up in it", error))?;
    Ok(report)
}

/// The number of these files if they were made of what has this fingerprint and are as they were then.
fn made_now(files: &Batch, fingerprint: u64, folder: &Folder) -> Option<u64> {
    let stamps: Option<Vec<Stamp>> = files.files().map(|file| folder.stamp(&file)).collect();
    stamps.map(|stamps| manifest::made(fingerprint, &stamps))
}

/// Removes the files of ours that are no longer wanted. Those that are `wanted` are all named in the
/// manifest by now.
fn remove<'a>(
    folder: &Folder,
    wanted: impl Iterator<Item = &'a Batch> + Clone,
    options: Options,
    report: &mut Report,
    manifest: &mut Manifest,
) {
    // As nearly always; to compare their names would take longer than all else.
    let over: Vec<Batch> = if wanted.clone().count() == manifest.len() {
        Vec::new()
    } else {
        let wanted: HashSet<&Batch> = wanted.clone().collect();
        let spared = |batch: &Batch| options.spared.is_some_and(|spared| batch.is_below(spared));
        let over = manifest.batches().filter(|batch| !wanted.contains(batch) && !spared(batch));
        over.cloned().collect()
    };
    // A file may be made together with others than before.
    let wanted: LazyCell<HashSet<String>, _> =
        LazyCell::new(|| wanted.flat_map(Batch::files).collect());
    let gone = |file: &String| path::is_ours(file) && !wanted.contains(file);
    let all_gone: BTreeSet<String> = over.iter().flat_map(Batch::files).filter(gone).collect();
    let is_here = |file: &str| wanted.contains(file);
    let noted = removed::note(folder, all_gone.iter().map(String::as_str), is_here, options.today);
    report.failed.extend(noted.err());
    for batch in over {
        let failed = report.failed.len();
        for file in batch.files().filter(gone) {
            match folder.remove(&file) {
                Ok(existed) => report.removed.extend(existed.then_some(file)),
                Err(error) => {
                    report.failed.push(WriteError::io(folder.place(&file), "remove it", error));
                }
            }
        }
        if report.failed.len() == failed {
            manifest.forget(&batch);
        }
    }
    report.removed.sort_unstable();
    report.removed.dedup();
}

/// A file that belongs to no single feed.
struct Single<'a> {
    file: Batch,
    fingerprint: u64,
    bytes: Box<dyn Fn() -> io::Result<Vec<u8>> + Sync + 'a>,
}

fn singles<'a>(plan: &'a Plan, settings: &'a Settings, program: u64) -> Vec<Single<'a>> {
    let fingerprint = fingerprint::of_lists(plan, settings, program);
    let mut singles = vec![
        Single {
            file: Batch::of(opml::FILE_NAME.to_owned()),
            fingerprint,
            bytes: Box::new(|| opml::opml(plan, settings)),
        },
        Single {
            file: Batch::of(page::FILE_NAME.to_owned()),
            fingerprint,
            bytes: Box::new(|| page::page(plan, settings).map_err(io::Error::other)),
        },
    ];
    if plan.redirects.is_empty() {
        return singles;
    }
    singles.push(Single {
        file: Batch::of(redirect::FILE_NAME.to_owned()),
        fingerprint,
        bytes: Box::new(|| Ok(redirect::list(&plan.redirects, settings))),
    });
    singles.extend(plan.redirects.iter().map(|moved| Single {
        file: Batch::of(moved.from.file(page::FILE_NAME)),
        fingerprint,
        bytes: Box::new(|| Ok(redirect::page(moved, &plan.about, settings))),
    }));
    singles
}

/// Writes `singles`.
fn write_singles(
    singles: &[&Single],
    folder: &Folder,
    report: &mut Report,
    manifest: &mut Manifest,
) -> Result<(), WriteError> {
    // Those of a site with thousands of feeds are long.
    let contents: Vec<io::Result<Vec<u8>>> =
        singles.par_iter().map(|single| (single.bytes)()).collect();
    for (Single { file, fingerprint, .. }, content) in singles.iter().zip(contents) {
        let put = |file: String, content: io::Result<Vec<u8>>| {
            content
                .and_then(|bytes| folder.put(&file, &bytes))
                .map_err(|error| WriteError::io(folder.place(&file), "write it", error))
        };
        let outcomes = file.files().zip([content]).map(|(file, content)| put(file, content));
        report.note(file, *fingerprint, outcomes, manifest)?;
    }
    Ok(())
}

impl Report {
    /// Adds what became of files that were to be made of what has this fingerprint, and notes it in the
    /// manifest where all of them are as they should be; an error that ends the run is handed back.
    pub(super) fn note(
        &mut self,
        files: &Batch,
        fingerprint: u64,
        outcomes: impl IntoIterator<Item = Result<Put, WriteError>>,
        manifest: &mut Manifest,
    ) -> Result<(), WriteError> {
        let mut stamps = Vec::new();
        for (file, outcome) in files.files().zip(outcomes) {
            match outcome {
                Ok(Put { outcome, stamp }) => {
                    match outcome {
                        Outcome::Written => self.written.push(file),
                        Outcome::Unchanged => self.unchanged += 1,
                    }
                    stamps.push(stamp);
                }
                Err(full @ WriteError::Full { .. }) => return Err(full),
                Err(error) => {
                    self.failed.push(error);
                    stamps.push(None);
                }
            }
        }
        let stamps: Option<Vec<Stamp>> = stamps.into_iter().collect();
        manifest.note(files, stamps.map(|stamps| manifest::made(fingerprint, &stamps)));
        Ok(())
    }
}
