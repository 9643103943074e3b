//! Laws of the source tree that a machine can keep: the arrows between modules, where `async` may
//! stand, and how long a file may be.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fs;
use std::path::{Path, PathBuf};

/// Longest source file in lines.
const LONGEST: usize = 400;

/// Which modules each module may use; `docs/architecture.md` draws the picture.
const ARROWS: &[(&str, &[&str])] = &[
    ("address", &[]),
    ("date", &[]),
    ("language", &[]),
    ("problem", &[]),
    ("stamp", &[]),
    ("article", &["address", "date", "problem", "stamp"]),
    ("catalog", &["article"]),
    ("feed", &["article", "catalog", "stamp"]),
    ("source", &["address", "date", "language"]),
    ("suggest", &["address", "article", "catalog", "problem", "source"]),
    ("store", &["source", "suggest"]),
    ("config", &["catalog", "feed", "language", "problem", "source", "suggest"]),
    ("web", &["stamp"]),
    (
        "daemon",
        &[
            "article", "catalog", "config", "feed", "language", "problem", "source", "stamp",
            "store", "suggest", "web",
        ],
    ),
    ("cli", &["article", "catalog", "config", "daemon", "problem", "source", "store", "suggest"]),
];

/// Files and folders in which `async fn` may stand: sockets, timers and channels.
const ASYNC: &[&str] = &["daemon", "web", "cli", "source/fetch"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with its path below `src`.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&root, &mut found);
    let name = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
    found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn modules_depend_along_the_arrows_only() {
    for (name, text) in sources() {
        let module = name.split(['/', '.']).next().unwrap();
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == module) else {
            assert!(
                matches!(module, "lib" | "main"),
                "{name}: a module without a place in the picture"
            );
            continue;
        };
        for (_, after) in
            text.match_indices("crate::").map(|(at, found)| text[at..].split_at(found.len()))
        {
            let used: String =
                after.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            let known = ARROWS.iter().any(|(known, _)| *known == used);
            assert!(
                !known || used == module || allowed.contains(&used.as_str()),
                "{name}: {module} may not use {used}"
            );
        }
    }
}

#[test]
fn async_stays_at_the_edge() {
    for (name, text) in sources() {
        let edge = ASYNC.iter().any(|place| name.starts_with(place));
        assert!(edge || !text.contains("async fn"), "{name}");
    }
}

#[test]
fn files_have_one_duty_and_a_length_to_match() {
    for (name, text) in sources() {
        assert!(text.lines().count() <= LONGEST, "{name}: {} lines", text.lines().count());
    }
}
