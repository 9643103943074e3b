//! The job that writes feeds: articles and suggestions in, files out.

use std::io;

use chrono::{DateTime, Utc};
use serde::Serialize;
use thiserror::Error;

use super::{lock, suggest};
use crate::article::markdown;
use crate::article::scan::{self, Progress, ScanError};
use crate::catalog::slug::slug;
use crate::catalog::vocabulary::Vocabulary;
use crate::catalog::{Catalog, Page, Standing};
use crate::config::Config;
use crate::feed::plan::plan;
use crate::feed::write::{self, Options, WriteError};
use crate::feed::{self, FeedPath};
use crate::problem::Problem;
use crate::store::Store;

/// What a regeneration should do.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Only the feed of this tag.
    pub tag: Option<String>,
    /// Only the feed of this topic.
    pub topic: Option<String>,
    /// Write files anew whose content has not changed.
    pub force: bool,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
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

/// Why no feeds were written.
#[derive(Debug, Error)]
pub enum RegenError {
    /// The article folder cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The vocabulary is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Vocabulary(Vec<Problem>),
    /// `--tag` or `--topic` names nothing.
    #[error("no published article has {0}; `headwater check` lists what there is")]
    NoSuchTerm(String),
    /// The folder of the feeds cannot be locked.
    #[error("{folder}: the feeds' folder cannot be used: {source}; see `feeds.dir`")]
    Lock {
        /// The folder.
        folder: String,
        /// What the system says.
        source: io::Error,
    },
    /// The disk is full, or the folder takes no files.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Reads the articles and writes the feeds that changed. Waits while another process writes them.
///
/// # Errors
///
/// [`RegenError`]; files are whole even then.
pub fn regen(
    config: &Config,
    store: Option<&Store>,
    request: &Request,
    now: DateTime<Utc>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, RegenError> {
    let started = std::time::Instant::now();
    let path = config.feeds_dir.join(".headwater.lock");
    let _lock = lock::acquire(&path, || {
        tracing::info!("waiting for another process to finish writing feeds")
    })
    .map_err(|source| RegenError::Lock {
        folder: config.feeds_dir.display().to_string(),
        source,
    })?;
    let (catalog, problems) = read_catalog(config, progress)?;
    let settings =
        feed::Settings { only: only(config, &catalog, request, now)?, ..config.feeds.clone() };
    let mut plan = plan(&catalog, &settings, now, &body_html);
    if let (Some(store), true) = (store, settings.only.is_empty()) {
        match suggest::feeds(config, &catalog, store, now) {
            Ok(feeds) => plan.feeds.extend(feeds),
            // Better yesterday's suggestions missing for a while than today's articles.
            Err(error) => tracing::error!(%error, "no suggestions in the feeds"),
        }
    }
    let options = Options { dry_run: request.dry_run, force: request.force };
    let written = write::write_all(&plan, &settings, &config.feeds_dir, options)?;
    let count =
        |standing| catalog.pages.iter().filter(|page| page.standing(now) == standing).count();
    let refused = plan.refused.iter().map(ToString::to_string);
    let failed = refused.chain(written.failed.iter().map(ToString::to_string)).collect();
    Ok(Report {
        articles: count(Standing::Published),
        drafts: count(Standing::Draft),
        scheduled: count(Standing::Scheduled),
        skipped: problems.iter().map(skipped).collect(),
        feeds: plan.feeds.len(),
        files: Files {
            written: written.written.len(),
            unchanged: written.unchanged,
            removed: written.removed.len(),
        },
        failed,
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
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
    let vocabulary: Vocabulary = config.load_vocabulary().map_err(RegenError::Vocabulary)?;
    let scan = scan::scan(&config.articles, config.zone(), progress)?;
    Ok((Catalog::build(scan.articles, &config.catalog, &vocabulary), scan.problems))
}

fn body_html(page: &Page) -> String {
    // The path tells two articles of one feed apart; its marks would need escaping in an address.
    let prefix: String = page.path.chars().filter(|c| c.is_alphanumeric()).collect();
    markdown::to_html(
        &page.article.body,
        &markdown::Context { base: &page.url, prefix: &format!("{prefix}-") },
    )
}

/// The feeds that a request is limited to; all of them where it names none.
fn only(
    config: &Config,
    catalog: &Catalog,
    request: &Request,
    now: DateTime<Utc>,
) -> Result<Vec<FeedPath>, RegenError> {
    let vocabulary = config.load_vocabulary().map_err(RegenError::Vocabulary)?;
    let mut paths = Vec::new();
    for (name, topics, option) in
        [(&request.tag, false, "the tag"), (&request.topic, true, "the topic")]
    {
        let Some(name) = name else { continue };
        let canonical = vocabulary.find(name, topics).map_or(name.as_str(), |entry| &entry.name);
        let wanted = slug(canonical);
        let found = catalog
            .taxonomies
            .iter()
            .filter(|taxonomy| taxonomy.settings.holds_topics() == topics)
            .find_map(|taxonomy| {
                let term = taxonomy.terms.iter().find(|term| {
                    let published =
                        |page: &usize| catalog.pages[*page].standing(now) == Standing::Published;
                    term.slug == wanted && term.pages.iter().any(published)
                })?;
                let parts: Vec<&str> = [taxonomy.settings.path.as_str()]
                    .into_iter()
                    .chain(term.slug.split('/'))
                    .collect();
                FeedPath::new(&parts).ok()
            });
        paths.push(found.ok_or_else(|| RegenError::NoSuchTerm(format!("{option} {name}")))?);
    }
    Ok(paths)
}

fn skipped(problem: &Problem) -> Skipped {
    Skipped { path: problem.path.clone(), line: problem.line, reason: problem.reason() }
}
