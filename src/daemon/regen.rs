//! The job that writes feeds: articles and suggestions in, files out.
//!
//! A process that regenerates again and again [keeps](Kept) what it knows, and writes the
//! [news](Extent::News) first: the feeds of what changed, in a tenth of a second. The regeneration of
//! everything that follows depends on nothing of that, and mends whatever the news left undone.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use rayon::prelude::*;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::lock::{self, Lock};
use super::material::Files as Material;
use super::suggest;
use crate::article::memory::Memory;
use crate::article::scan::{self, Progress, Scan, ScanError};
use crate::catalog::vocabulary::Vocabulary;
use crate::catalog::{Catalog, Standing};
use crate::config::Config;
use crate::feed::plan;
use crate::feed::redirect::{self, Redirect};
use crate::feed::write::{self, Options};
use crate::feed::{self, Feed, FeedPath, Ledger, Removed, news};
use crate::problem::Problem;
pub use error::RegenError;

mod error;

/// What a regeneration should do.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Only the feed of this tag.
    pub tag: Option<String>,
    /// Only the feed of this topic.
    pub topic: Option<String>,
    /// How much to look at, where no tag and no topic is named.
    pub extent: Extent,
    /// Write files anew whose content has not changed.
    pub force: bool,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Write feeds even with addresses that only this machine or this network can reach.
    pub allow_local: bool,
    /// How long to wait for another process that writes feeds; where it is none, as long as that takes.
    pub patience: Option<Duration>,
    /// Ends the work early: what is being written is finished, the rest is left to the next run.
    pub stop: CancellationToken,
}

/// How much a regeneration looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Extent {
    /// All feeds, and the suggestions, which take as long as there are many items.
    #[default]
    Everything,
    /// The feeds of the articles that changed since the regeneration before, for which readers wait;
    /// everything, where there was none before.
    News,
}

/// What a regeneration leaves behind.
#[derive(Debug)]
pub struct Done {
    /// What it did.
    pub report: Report,
    /// Every article as it is now.
    pub catalog: Arc<Catalog>,
    /// Where the feeds that were looked at were before.
    pub redirects: Vec<Redirect>,
    /// Addresses of the feeds that were written.
    pub changed: Vec<String>,
    /// What could not be written, as in the report.
    pub failed: Vec<Failed>,
    /// Whether it was told to stop before all was done.
    pub stopped: bool,
}

/// A file that could not be written, or a feed that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The file, or the feed's folder.
    pub file: String,
    /// The whole sentence.
    pub reason: String,
}

/// What a regeneration did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Articles in the feeds.
    pub articles: usize,
    /// Drafts, which are not.
    pub drafts: usize,
    /// Articles whose time has not come.
    pub scheduled: usize,
    /// Files that could not be read as an article.
    pub skipped: Vec<Skipped>,
    /// Feeds that the site has now.
    pub feeds: usize,
    /// What became of their files.
    pub files: Files,
    /// Feeds and files that could not be written, in sentences.
    pub failed: Vec<String>,
    /// Milliseconds.
    pub elapsed_ms: u64,
}

/// A file that could not be read as an article.
#[derive(Debug, Clone, Serialize)]
pub struct Skipped {
    /// Below the article folder.
    pub path: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Why, and what would mend it.
    pub reason: String,
}

/// What became of the feeds' files.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Files {
    /// New, or with new content.
    pub written: usize,
    /// As they were.
    pub unchanged: usize,
    /// No longer anybody's.
    pub removed: usize,
}

/// What one regeneration leaves to the next, to save it work. Nothing of it changes what is written.
#[derive(Debug)]
pub struct Kept {
    /// What was read of the articles; in the cache as well, for the next process.
    memory: Memory,
    /// What is known of the feeds' folder.
    ledger: Ledger,
    last: Option<Last>,
}

/// What the last regeneration found.
#[derive(Debug)]
struct Last {
    vocabulary: Vocabulary,
    catalog: Arc<Catalog>,
    /// The time at which it looked.
    at: DateTime<Utc>,
}

impl Kept {
    /// What the cache has.
    pub fn load(config: &Config) -> Self {
        Self { memory: remembered(config), ledger: Ledger::default(), last: None }
    }
}

/// Reads the articles and writes the feeds that changed. `suggested` gives the feeds of suggestions, or
/// none where they cannot be told: then those of before stay. It is not asked where only some feeds are
/// wanted. Waits while another process writes feeds, as long as `request` allows.
///
/// # Errors
///
/// [`RegenError`]; files are whole even then.
pub fn regen(
    config: &Config,
    kept: &mut Kept,
    request: &Request,
    now: DateTime<Utc>,
    progress: &(dyn Fn(Progress) + Sync),
    suggested: impl FnOnce(&Catalog) -> Option<Vec<Feed>>,
) -> Result<Done, RegenError> {
    let started = Instant::now();
    if let (Some((key, url)), false) = (config.local_address(), request.allow_local) {
        return Err(RegenError::Local { key, url: url.to_string() });
    }
    let _lock = lock(config, request)?;
    let vocabulary = config.load_vocabulary().map_err(RegenError::Vocabulary)?;
    let stop = || request.stop.is_cancelled();
    let scan = scan(config, &mut kept.memory, progress, &stop).inspect_err(|_| {
        if !request.dry_run {
            keep(&mut kept.memory, config);
        }
    })?;
    let last = kept.last.take();
    let catalog = match last.as_ref().filter(|last| last.vocabulary == vocabulary) {
        Some(last) => {
            Catalog::build_after(&last.catalog, scan.articles, &config.catalog, &vocabulary)
        }
        None => Catalog::build(scan.articles, &config.catalog, &vocabulary),
    };
    let mut only = only(&catalog, &vocabulary, request, now)?;
    if let Some(last) = last
        && only.is_empty()
        && request.extent == Extent::News
    {
        only = news::feeds(&last.catalog, last.at, &catalog, now);
    }
    let catalog = Arc::new(catalog);
    kept.last = Some(Last { vocabulary, catalog: Arc::clone(&catalog), at: now });
    let settings = feed::Settings { only, ..config.feeds.clone() };
    let material = Material::new(config);
    let mut plan = plan::plan(&catalog, &settings, now, &material);
    let mut spared = None;
    if settings.only.is_empty() && !stop() {
        match suggested(&catalog) {
            Some(feeds) => plan.add(feeds),
            None => spared = Some(suggest::FOLDER),
        }
    }
    let today = now.date_naive();
    let options = Options {
        dry_run: request.dry_run,
        force: request.force,
        spared,
        keep: !scan.withheld.is_empty(),
        today,
    };
    let (dir, ledger) = (&config.feeds_dir, &mut kept.ledger);
    let written = write::write_all(&plan, &settings, dir, options, ledger, &stop)?;
    if !request.dry_run {
        keep(&mut kept.memory, config);
    }
    let count =
        |standing| catalog.pages.iter().filter(|page| page.standing(now) == standing).count();
    let refused =
        plan.refused.iter().map(|bad| Failed { file: bad.path.clone(), reason: bad.to_string() });
    let unwritten = written.failed.iter().map(|error| {
        let path = error.path();
        let below = path.strip_prefix(&config.feeds_dir).unwrap_or(path);
        Failed { file: below.display().to_string(), reason: error.to_string() }
    });
    let withheld = scan.withheld.iter().map(|path| withheld(config, path));
    let failed: Vec<Failed> = refused.chain(unwritten).chain(withheld).collect();
    let mut skipped: Vec<Skipped> = scan.problems.iter().map(skipped_of).collect();
    skipped.extend(plan.clashes.iter().map(|(page, other)| {
        let path = |page: &usize| catalog.pages[*page].article.path.clone();
        skipped_of(&clash(path(page), &path(other)))
    }));
    let report = Report {
        articles: count(Standing::Published) - plan.clashes.len(),
        drafts: count(Standing::Draft),
        scheduled: count(Standing::Scheduled),
        skipped,
        feeds: plan.feeds.len(),
        files: Files {
            written: written.written.len(),
            unchanged: written.unchanged,
            removed: written.removed.len(),
        },
        failed: failed.iter().map(|failed| failed.reason.clone()).collect(),
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    let mut redirects = std::mem::take(&mut plan.redirects);
    redirects.extend(redirect::respelled(&Removed::of(&config.feeds_dir).folders(), &plan.feeds));
    // As many small things as there are entries in feeds.
    plan.feeds.into_par_iter().for_each(drop);
    let changed = if request.dry_run { &[][..] } else { &written.written };
    let changed =
        changed.iter().filter_map(|file| settings.address(file)).map(Into::into).collect();
    Ok(Done { report, catalog, redirects, changed, failed, stopped: written.stopped })
}

/// Waits until no other process writes feeds, as long as the request allows.
fn lock(config: &Config, request: &Request) -> Result<Lock, RegenError> {
    let path = config.feeds_dir.join(".headwater.lock");
    let waiting = || tracing::info!("waiting for another process to finish writing feeds");
    let failed =
        |source| RegenError::Lock { folder: config.feeds_dir.display().to_string(), source };
    let Some(patience) = request.patience else {
        return lock::acquire(&path, waiting).map_err(failed);
    };
    let (since, stop) = (Instant::now(), &request.stop);
    let may_wait = || since.elapsed() < patience && !stop.is_cancelled();
    let lock = lock::acquire_while(&path, waiting, may_wait).map_err(failed)?;
    let busy = || RegenError::Busy { lock: path.display().to_string(), patience };
    lock.ok_or_else(|| if stop.is_cancelled() { ScanError::Stopped.into() } else { busy() })
}

fn withheld(config: &Config, path: &str) -> Failed {
    let reason = format!(
        "{}/{path} cannot be read, and may be as it was: no feed is removed; see its permissions",
        config.articles.display()
    );
    Failed { file: path.to_owned(), reason }
}

/// What was read before and kept in the cache.
pub fn remembered(config: &Config) -> Memory {
    Memory::load(&config.cache, &config.articles, config.zone())
}

/// Keeps what was read for the next time. Without it the next time takes longer, and that is all.
fn keep(memory: &mut Memory, config: &Config) {
    if let Err(error) = memory.save(&config.cache) {
        let folder = config.cache.display();
        tracing::warn!(
            "{folder}: what was read cannot be kept: {error}; the next run reads all again"
        );
    }
}

/// Reads vocabulary and articles.
///
/// # Errors
///
/// The vocabulary is wrong, or the article folder cannot be read.
pub fn read_catalog(
    config: &Config,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(Catalog, Vec<Problem>), RegenError> {
    let vocabulary = config.load_vocabulary().map_err(RegenError::Vocabulary)?;
    let scan = scan(config, &mut remembered(config), progress, &|| false)?;
    Ok((Catalog::build(scan.articles, &config.catalog, &vocabulary), scan.problems))
}

fn scan(
    config: &Config,
    memory: &mut Memory,
    progress: &(dyn Fn(Progress) + Sync),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Scan, ScanError> {
    // The file system's clock tells which files may still be being written, whatever time it is
    // for the feeds.
    scan::scan(&config.articles, config.zone(), memory, SystemTime::now(), progress, stop)
}

/// The feeds that a request is limited to; all of them where it names none.
fn only(
    catalog: &Catalog,
    vocabulary: &Vocabulary,
    request: &Request,
    now: DateTime<Utc>,
) -> Result<Vec<FeedPath>, RegenError> {
    let published = |page: &usize| catalog.pages[*page].standing(now) == Standing::Published;
    let mut paths = Vec::new();
    for (name, topics, option) in
        [(&request.tag, false, "the tag"), (&request.topic, true, "the topic")]
    {
        let Some(name) = name else { continue };
        let found = catalog
            .taxonomies
            .iter()
            .filter(|taxonomy| taxonomy.settings.holds_topics() == topics)
            .find_map(|taxonomy| {
                let term = taxonomy.find(name, vocabulary)?;
                term.pages.iter().any(published).then_some(())?;
                let folder = taxonomy.settings.path.as_str();
                let parts: Vec<&str> = [folder].into_iter().chain(term.slug.split('/')).collect();
                FeedPath::new(&parts).ok()
            });
        paths.push(found.ok_or_else(|| RegenError::NoSuchTerm(format!("{option} {name}")))?);
    }
    Ok(paths)
}

/// What is wrong with an article that has the address of another.
pub fn clash(path: String, other: &str) -> Problem {
    Problem::new(path, (1, 1), format!("it has the address or the name of {other}"))
        .hint("give it another `slug`, or its file another name")
}

/// The feeds that could not be written now, each as a problem of `folder`, the articles'.
pub fn refused(config: &Config, catalog: &Catalog, folder: &str) -> Vec<Problem> {
    let refused = plan::refused(catalog, &config.feeds, Utc::now());
    refused.iter().map(|bad| Problem::new(folder, (1, 1), bad.to_string())).collect()
}

fn skipped_of(problem: &Problem) -> Skipped {
    Skipped { path: problem.path.clone(), line: problem.line, reason: problem.reason() }
}

#[cfg(test)]
mod tests;
