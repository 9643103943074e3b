//! Walks the article folder and reads every article in it.
//!
//! Files are read and parsed on all cores, and those that a [`Memory`] knows unchanged are not even
//! opened; what comes out is in order of path, whatever the file system says. A file that cannot be
//! an article becomes a [`Problem`], and the run goes on.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use chrono_tz::Tz;
use rayon::prelude::*;
use thiserror::Error;

use super::memory::Memory;
use super::{Article, front};
use crate::problem::Problem;
use crate::stamp::{self, Stamp};

/// Largest article in bytes. The longest real ones have a hundredth of it.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Deepest folder below the article folder.
const DEEPEST: usize = 32;

/// All that was found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The articles, by path.
    pub articles: Vec<Arc<Article>>,
    /// What could not be read, by path.
    pub problems: Vec<Problem>,
    /// Of these, the files and folders that the system would not give: what lies in them may be as before.
    pub withheld: Vec<String>,
}

/// Why there is no list of all articles.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The article folder itself could not be read.
    #[error("{folder}: the article folder cannot be read: {source}; see `articles.dir`")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system says.
        source: io::Error,
    },
    /// It was told to stop. What was read is in the memory.
    #[error("reading the articles was stopped; the next run goes on from there")]
    Stopped,
}

/// Finds all articles below `folder` as they are at `now`, and reads those that `memory` does not know
/// as they are. `progress` is called with the number of files and once for each that is done, `stop`
/// before each of them.
///
/// # Errors
///
/// The folder is not there or not readable, or `stop` said so.
pub fn scan(
    folder: &Path,
    zone: Tz,
    memory: &mut Memory,
    now: SystemTime,
    progress: &(dyn Fn(Progress) + Sync),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Scan, ScanError> {
    let failed = |source| ScanError::Folder { folder: folder.display().to_string(), source };
    let Listing { files, mut problems, mut withheld } = list(folder).map_err(failed)?;
    progress(Progress::Files(files.len()));
    memory.retain(&files);
    let known: &Memory = memory;
    let found: Vec<Option<Result<Found, Problem>>> = files
        .par_iter()
        .map(|path| {
            if stop() {
                return None;
            }
            let found = find(folder, path, zone, known, now);
            progress(Progress::Read);
            Some(found)
        })
        .collect();
    let mut articles = Vec::with_capacity(found.len());
    let mut stopped = false;
    for (path, found) in files.into_iter().zip(found) {
        match found {
            Some(Ok(Found { article, fresh })) => {
                if let Some(stamp) = fresh {
                    memory.keep(path, stamp, Arc::clone(&article));
                }
                articles.push(article);
            }
            Some(Err(problem)) => {
                let opened = File::open(folder.join(&path));
                if opened.is_err_and(|error| error.kind() != io::ErrorKind::NotFound) {
                    withheld.push(path);
                }
                problems.push(problem);
            }
            None => stopped = true,
        }
    }
    if stopped {
        return Err(ScanError::Stopped);
    }
    problems.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    Ok(Scan { articles, problems, withheld })
}

/// The paths of all articles below `folder`, in their order, unread.
///
/// # Errors
///
/// The folder is not there or not readable.
pub fn files(folder: &Path) -> io::Result<Vec<String>> {
    list(folder).map(|listing| listing.files)
}

/// What lies in a folder, unread.
#[derive(Default)]
struct Listing {
    files: Vec<String>,
    problems: Vec<Problem>,
    withheld: Vec<String>,
}

impl Listing {
    fn refuse(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(path, (1, 1), message));
    }

    fn withhold(&mut self, path: &str, message: impl Into<String>) {
        self.refuse(path, message);
        self.withheld.push(path.to_owned());
    }
}

fn list(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    walk(fs::read_dir(folder)?, "", 0, &mut listing);
    listing.files.sort_unstable();
    Ok(listing)
}

struct Found {
    article: Arc<Article>,
    /// What to remember it by, where it had to be read and may be remembered.
    fresh: Option<Stamp>,
}

fn find(
    folder: &Path,
    path: &str,
    zone: Tz,
    memory: &Memory,
    now: SystemTime,
) -> Result<Found, Problem> {
    // Looked at before it is read: what is written in between is another stamp next time.
    let file = fs::metadata(folder.join(path)).ok();
    let stamp = file.as_ref().map(Stamp::of);
    if let Some(article) = stamp.and_then(|stamp| memory.find(path, stamp)) {
        return Ok(Found { article, fresh: None });
    }
    let article = Arc::new(front::read(path, &read_text(folder, path)?, zone)?);
    let fresh = stamp.filter(|_| file.is_some_and(|file| stamp::settled(&file, now)));
    Ok(Found { article, fresh })
}

/// How far a scan is.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// So many files will be read.
    Files(usize),
    /// One more has been read.
    Read,
}

/// The Markdown of the article at `path` below `folder`, without its front matter.
///
/// # Errors
///
/// The place and the reason why the file cannot be read.
pub fn read_body(folder: &Path, path: &str) -> Result<String, Problem> {
    read_text(folder, path).map(|text| front::body(&text))
}

fn read_text(folder: &Path, path: &str) -> Result<String, Problem> {
    let problem = |message: String| Problem::new(path, (1, 1), message);
    let unread = |error: io::Error| problem(format!("cannot be read: {error}"));
    let mut file = File::open(folder.join(path)).map_err(unread)?;
    let length = file.metadata().map_err(unread)?.len();
    if length > LARGEST {
        return Err(problem(format!("larger than {} MiB", LARGEST / 1024 / 1024)));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1);
    file.read_to_end(&mut bytes).map_err(unread)?;
    simdutf8::compat::from_utf8(&bytes).map(str::to_owned).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        Problem::new(path, (line, 1), "not UTF-8").hint("save the file in UTF-8")
    })
}

fn walk(entries: fs::ReadDir, below: &str, depth: usize, found: &mut Listing) {
    for entry in entries {
        let Ok(entry) = entry else {
            found.withhold(below, "the folder cannot be read to its end");
            return;
        };
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            let name = entry.file_name().to_string_lossy().into_owned();
            found.refuse(&join(below, &name), "the file's name is not UTF-8");
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let path = join(below, name);
        // Links to files are followed, links to folders are not: they may lead in circles.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            match fs::read_dir(entry.path()) {
                Ok(entries) if depth < DEEPEST => walk(entries, &path, depth + 1, found),
                Ok(_) => found.refuse(&path, "the folder lies too deep"),
                Err(error) => found.withhold(&path, format!("the folder cannot be read: {error}")),
            }
        } else if is_article(&path) && (kind.is_file() || entry.path().is_file()) {
            found.files.push(path);
        }
    }
}

/// `_index.md` describes a folder; it is no article.
fn is_article(path: &str) -> bool {
    let path = PathBuf::from(path);
    let markdown = path.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("md") || extension.eq_ignore_ascii_case("markdown")
    });
    markdown && path.file_stem().is_some_and(|stem| stem != "_index")
}

fn join(below: &str, name: &str) -> String {
    if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") }
}

#[cfg(test)]
mod tests;
