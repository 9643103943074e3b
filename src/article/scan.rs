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
    let (files, mut problems) = list(folder).map_err(failed)?;
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
            Some(Err(problem)) => problems.push(problem),
            None => stopped = true,
        }
    }
    if stopped {
        return Err(ScanError::Stopped);
    }
    problems.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    Ok(Scan { articles, problems })
}

/// The paths of all articles below `folder`, in their order, unread.
///
/// # Errors
///
/// The folder is not there or not readable.
pub fn files(folder: &Path) -> io::Result<Vec<String>> {
    list(folder).map(|(files, _)| files)
}

fn list(folder: &Path) -> io::Result<(Vec<String>, Vec<Problem>)> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    walk(fs::read_dir(folder)?, "", 0, &mut files, &mut problems);
    files.sort_unstable();
    Ok((files, problems))
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

fn walk(
    entries: fs::ReadDir,
    below: &str,
    depth: usize,
    files: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    for entry in entries {
        let Ok(entry) = entry else {
            problems.push(Problem::new(below, (1, 1), "the folder cannot be read to its end"));
            return;
        };
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            let name = entry.file_name().to_string_lossy().into_owned();
            problems.push(Problem::new(join(below, &name), (1, 1), "the file's name is not UTF-8"));
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
                Ok(entries) if depth < DEEPEST => walk(entries, &path, depth + 1, files, problems),
                Ok(_) => problems.push(Problem::new(path, (1, 1), "the folder lies too deep")),
                Err(error) => problems.push(Problem::new(
                    path,
                    (1, 1),
                    format!("the folder cannot be read: {error}"),
                )),
            }
        } else if is_article(&path) && (kind.is_file() || entry.path().is_file()) {
            files.push(path);
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
mod tests {
    use super::*;

    const GOOD: &str = "---\ntitle: T\ndate: 2025-06-13\n---\n";

    fn scan(folder: &Path) -> Result<Scan, ScanError> {
        let zone = chrono_tz::UTC;
        let now = SystemTime::now();
        super::scan(folder, zone, &mut Memory::default(), now, &|_| {}, &|| false)
    }

    #[test]
    fn a_folder_with_everything_in_it() {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in [
            ("b/two.md", GOOD.as_bytes()),
            ("a/one.MD", GOOD.as_bytes()),
            ("a/bundle/index.md", GOOD.as_bytes()),
            ("about.markdown", GOOD.as_bytes()),
            ("a/_index.md", GOOD.as_bytes()),
            ("_index.md", GOOD.as_bytes()),
            (".hidden/x.md", GOOD.as_bytes()),
            ("a/.one.md.swp", GOOD.as_bytes()),
            ("a/picture.png", b"\x89PNG"),
            ("a/broken.md", b"---\ntitle: [\n---\n"),
            ("a/latin1.md", b"---\ntitle: caf\xe9\n---\n"),
        ] {
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        let scan = scan(folder.path()).unwrap();
        let paths: Vec<_> = scan.articles.iter().map(|article| article.path.as_str()).collect();
        assert_eq!(paths, ["a/bundle/index.md", "a/one.MD", "about.markdown", "b/two.md"]);
        let problems: Vec<_> = scan.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(problems, ["a/broken.md", "a/latin1.md"]);
        assert_eq!(
            scan.problems[1].to_string(),
            "a/latin1.md:2:1: not UTF-8 (save the file in UTF-8)"
        );
    }

    #[test]
    fn a_missing_folder_is_an_error_with_its_name() {
        let error = scan(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/at/all: "), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_a_circle_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), GOOD).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        assert_eq!(scan(folder.path()).unwrap().articles.len(), 1);
    }

    #[test]
    fn only_what_changed_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.md", "b.md"] {
            fs::write(folder.path().join(name), GOOD).unwrap();
        }
        let mut memory = Memory::default();
        let later = SystemTime::now() + std::time::Duration::from_mins(1);
        let mut scan = |now: SystemTime| {
            let found =
                super::scan(folder.path(), chrono_tz::UTC, &mut memory, now, &|_| {}, &|| false);
            found.unwrap().articles
        };
        let first = scan(later);
        // The very same articles, not equal ones.
        let again = |a: &Arc<Article>, b: &Arc<Article>| Arc::ptr_eq(a, b);
        let second = scan(later);
        assert!(again(&first[0], &second[0]) && again(&first[1], &second[1]));

        fs::write(folder.path().join("a.md"), GOOD.replace("title: T", "title: New")).unwrap();
        let third = scan(later);
        assert_eq!(third[0].title, "New");
        assert_ne!(third[0].print, first[0].print);
        assert!(again(&third[1], &first[1]));

        fs::remove_file(folder.path().join("b.md")).unwrap();
        assert_eq!(scan(later).len(), 1);
    }

    #[test]
    fn what_was_read_before_a_stop_is_not_read_again() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let folder = tempfile::tempdir().unwrap();
        for number in 0..100 {
            fs::write(folder.path().join(format!("{number}.md")), GOOD).unwrap();
        }
        let mut memory = Memory::default();
        let later = SystemTime::now() + std::time::Duration::from_mins(1);
        let read = AtomicUsize::new(0);
        let counted = |progress| {
            if matches!(progress, Progress::Read) {
                read.fetch_add(1, Ordering::Relaxed);
            }
        };
        let enough = || read.load(Ordering::Relaxed) >= 10;
        let zone = chrono_tz::UTC;
        let stopped = super::scan(folder.path(), zone, &mut memory, later, &counted, &enough);
        assert!(matches!(stopped, Err(ScanError::Stopped)));
        let before = read.into_inner();
        assert!((10..100).contains(&before), "{before}");
        let is_known = |number: &usize| {
            let name = format!("{number}.md");
            let stamp = Stamp::of(&fs::metadata(folder.path().join(&name)).unwrap());
            memory.find(&name, stamp).is_some()
        };
        assert_eq!((0..100).filter(is_known).count(), before);
    }

    #[test]
    fn a_file_that_may_still_be_being_written_is_not_remembered() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), GOOD).unwrap();
        let written = fs::metadata(folder.path().join("a.md")).unwrap().modified().unwrap();
        let mut memory = Memory::default();
        let mut scan = || {
            let zone = chrono_tz::UTC;
            let scan = super::scan(folder.path(), zone, &mut memory, written, &|_| {}, &|| false);
            scan.unwrap().articles.remove(0)
        };
        assert!(!Arc::ptr_eq(&scan(), &scan()));
    }
}
