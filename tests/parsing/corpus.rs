//! All feeds that this repository has.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders with feeds: odd ones written for these tests, recorded ones, and our own.
const FOLDERS: &[&str] = &["tests/fixtures/parsing", "config/recorded", "tests/fixtures/feeds"];

/// Every feed with its path.
pub(crate) fn feeds() -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut paths);
    }
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path
            .extension()
            .is_some_and(|kind| kind == "xml" || kind == "json" || kind == "rdf")
        {
            paths.push(path);
        }
    }
}
