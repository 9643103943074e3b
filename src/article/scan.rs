//! Walks the article folder and reads every article in it.
//!
//! The one place here that touches the disk. Files are read and parsed on all cores; what comes out
//! is in order of path, whatever the file system says. A file that cannot be an article becomes a
//! [`Problem`], and the run goes on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use rayon::prelude::*;
use thiserror::Error;

use super::{Article, front};
use crate::problem::Problem;

/// Largest article in bytes. The longest real ones have a hundredth of it.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Deepest folder below the article folder.
const DEEPEST: usize = 32;

/// All that was found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The articles, by path.
    pub articles: Vec<Article>,
    /// What could not be read, by path.
    pub problems: Vec<Problem>,
}

/// The article folder itself could not be read.
#[derive(Debug, Error)]
#[error("{folder}: the article folder cannot be read: {source}; see `articles.dir`")]
pub struct ScanError {
    folder: String,
    source: io::Error,
}

/// Reads all articles below `folder`; `read` is called with the number of files and once for each
/// that has been read.
///
/// # Errors
///
/// The folder is not there or not readable.
pub fn scan(
    folder: &Path,
    zone: Tz,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Scan, ScanError> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    let failed = |source| ScanError { folder: folder.display().to_string(), source };
    let entries = fs::read_dir(folder).map_err(failed)?;
    walk(entries, "", 0, &mut files, &mut problems);
    files.sort_unstable();
    progress(Progress::Files(files.len()));
    let read: Vec<Result<Article, Problem>> = files
        .par_iter()
        .map(|path| {
            let article = read_file(folder, path, zone);
            progress(Progress::Read);
            article
        })
        .collect();
    let mut articles = Vec::with_capacity(read.len());
    for result in read {
        match result {
            Ok(article) => articles.push(article),
            Err(problem) => problems.push(problem),
        }
    }
    problems.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    Ok(Scan { articles, problems })
}

/// How far a scan is.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// So many files will be read.
    Files(usize),
    /// One more has been read.
    Read,
}

/// Reads the article `path` below `folder`.
///
/// # Errors
///
/// The place and the reason why the file cannot be an article.
pub fn read_file(folder: &Path, path: &str, zone: Tz) -> Result<Article, Problem> {
    let file = folder.join(path);
    let problem = |message: String| Problem::new(path, (1, 1), message);
    let length =
        fs::metadata(&file).map_err(|error| problem(format!("cannot be read: {error}")))?;
    if length.len() > LARGEST {
        return Err(problem(format!("larger than {} MiB", LARGEST / 1024 / 1024)));
    }
    let bytes = fs::read(&file).map_err(|error| problem(format!("cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        Problem::new(path, (line, 1), "not UTF-8").hint("save the file in UTF-8")
    })?;
    front::read(path, &text, zone)
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
        let scan = scan(folder.path(), chrono_tz::UTC, &|_| {}).unwrap();
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
        let error = scan(Path::new("/nowhere/at/all"), chrono_tz::UTC, &|_| {}).unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/at/all: "), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_a_circle_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), GOOD).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        assert_eq!(scan(folder.path(), chrono_tz::UTC, &|_| {}).unwrap().articles.len(), 1);
    }
}
