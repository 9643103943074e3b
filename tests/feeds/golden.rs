//! The whole output of a small site, byte for byte, in `tests/fixtures/feeds/`.
//!
//! `GOLDEN=write cargo test --test feeds golden` writes the files anew; look at the difference
//! before you commit it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use headwater::feed::write::Options;

use crate::site::{articles, catalog, plan_of, settings, write_alone};

/// Every file below a folder, by relative path.
pub(crate) fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Every file below a folder but the hidden ones, which hold our own state.
pub(crate) fn published(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(root);
    files.retain(|file, _| !file.starts_with('.'));
    files
}

#[test]
fn the_output_of_a_small_site_is_as_reviewed() {
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/feeds");
    let catalog = catalog(articles());
    let plan = plan_of(&catalog, &settings());
    if std::env::var_os("GOLDEN").is_some() {
        write_alone(&plan, &settings(), &golden, Options::default());
        fs::remove_file(golden.join(".headwater-manifest.json")).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    write_alone(&plan, &settings(), dir.path(), Options::default());
    let (written, golden) = (published(dir.path()), published(&golden));
    assert_eq!(written.keys().collect::<Vec<_>>(), golden.keys().collect::<Vec<_>>());
    for (file, bytes) in &written {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(text(bytes), text(&golden[file]), "{file}");
    }
}

#[test]
fn a_site_without_articles_has_a_valid_feed_of_its_own() {
    let catalog = catalog(Vec::new());
    let plan = plan_of(&catalog, &settings());
    assert_eq!(plan.feeds.len(), 1);
    let dir = tempfile::tempdir().unwrap();
    write_alone(&plan, &settings(), dir.path(), Options::default());
    let files = files(dir.path());
    let rss = rss::Channel::read_from(&files["index.xml"][..]).unwrap();
    assert!(rss.items.is_empty() && rss.last_build_date.is_none());
    let atom = atom_syndication::Feed::read_from(&files["atom.xml"][..]).unwrap();
    assert!(atom.entries.is_empty() && atom.id.starts_with("urn:uuid:"));
    let json: serde_json::Value = serde_json::from_slice(&files["feed.json"]).unwrap();
    assert_eq!(json["items"], serde_json::json!([]));
}
