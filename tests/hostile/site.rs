//! Folders of odd articles, and what must hold of the feeds that they give.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use headwater::config::Config;
use headwater::daemon::regen::{self, Kept, Report, Request};
use proptest::prelude::*;

use crate::articles::{File, SECRET, files};
use crate::rules;

/// The files of a folder by their names below it.
pub(crate) type Folder = BTreeMap<String, Vec<u8>>;

/// A site with its articles below `root`, its feeds in the folder `feeds`, and its own cache for them.
pub(crate) fn config(root: &Path, feeds: &str, archive: bool) -> Config {
    let quoted = |path: &str| serde_json::Value::from(root.join(path).to_str().unwrap());
    let text = format!(
        "site: {{title: 'Odd & <small>', url: 'https://example.org/x/', timezone: Asia/Shanghai}}\n\
         articles: {{dir: {}, vocabulary: {}}}\n\
         feeds: {{dir: {}, archive: {archive}, limit: 3}}\n\
         cache: {}\n",
        quoted("articles"),
        quoted("vocabulary.yaml"),
        quoted(feeds),
        quoted(&format!("{feeds}-cache")),
    );
    Config::parse("test.yaml", &text, &[]).unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    "2026-03-10T12:00:00Z".parse().unwrap()
}

fn regenerate(root: &Path, archive: bool) -> Report {
    let config = config(root, "feeds", archive);
    let (mut kept, request) = (Kept::load(&config), Request::default());
    regen::regen(&config, &mut kept, &request, now(), &|_| {}, |_| Some(Vec::new())).unwrap().report
}

pub(crate) fn put(root: &Path, articles: &[File]) {
    fs::create_dir_all(root.join("articles")).unwrap();
    for article in articles {
        let path = root.join("articles").join(&article.path);
        // A name that this file system refuses, or that is a folder already, is no article.
        if fs::create_dir_all(path.parent().unwrap()).is_ok() {
            let _ = fs::write(path, &article.bytes);
        }
    }
}

pub(crate) fn read(folder: &Path) -> Folder {
    let mut found = Folder::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    // The manifest and the lock are our own, and speak of times of change.
    found.retain(|name, _| !name.starts_with(".headwater"));
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn whatever_the_articles_are_the_feeds_keep_every_rule(
        articles in prop::collection::vec(files(), 1..14), archive in any::<bool>(),
    ) {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(here.path(), &articles);
        let first = regenerate(here.path(), archive);
        // A tag may be called `index.xml` or `\\`; nothing else can go wrong.
        let other = first.failed.iter().find(|failure| !failure.ends_with("give it another name"));
        prop_assert_eq!(other, None);
        let feeds = read(&here.path().join("feeds"));
        for (name, bytes) in &feeds {
            if let Err(broken) = rules::check(name, bytes) {
                let text = String::from_utf8_lossy(bytes);
                return Err(TestCaseError::fail(format!("{name}: {broken}\n{text}")));
            }
            let text = String::from_utf8_lossy(bytes);
            prop_assert!(!text.contains(SECRET), "{} shows a draft", name);
        }

        let second = regenerate(here.path(), archive);
        prop_assert_eq!((second.files.written, second.files.removed), (0, 0));
        prop_assert_eq!(second.articles, first.articles);

        // Another machine, whose file system lists the files in another order.
        let last_wins: BTreeMap<_, _> = articles.iter().map(|file| (&file.path, file)).collect();
        let reversed: Vec<File> = last_wins.into_values().rev().cloned().collect();
        put(there.path(), &reversed);
        regenerate(there.path(), archive);
        prop_assert!(feeds == read(&there.path().join("feeds")), "the order of files shows");
    }
}
