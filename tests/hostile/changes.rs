//! A folder that changes under a process that stays: it writes what a new one would write.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use headwater::config::Config;
use headwater::daemon::regen::{self, Extent, Kept, Report, Request};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::articles::{File, files};
use crate::site::{Folder, config, now, put, read};

/// What happens between two regenerations.
#[derive(Debug, Clone)]
enum Change {
    /// A file is new, or has new content.
    Write(File),
    /// An article becomes another in the place that it has.
    Edit(Index, File),
    Remove(Index),
    Rename(Index, File),
    /// The vocabulary says this.
    Vocabulary(&'static str),
    /// Time passes: something may be due, or expire.
    Hours(i64),
    /// Somebody regenerates by hand.
    Beside,
}

fn changes() -> impl Strategy<Value = Change> {
    let vocabulary = select(vec![
        "[]",
        "[{name: 智能体, aliases: [AI Agent, ai]}]",
        "[{name: AI, hidden: true}, {name: C, aliases: ['C++', 'C#']}]",
    ]);
    prop_oneof![
        3 => files().prop_map(Change::Write),
        4 => (any::<Index>(), files()).prop_map(|(at, file)| Change::Edit(at, file)),
        2 => any::<Index>().prop_map(Change::Remove),
        2 => (any::<Index>(), files()).prop_map(|(at, file)| Change::Rename(at, file)),
        1 => vocabulary.prop_map(Change::Vocabulary),
        2 => (1_i64..40).prop_map(Change::Hours),
        1 => Just(Change::Beside),
    ]
}

/// The folder of a site, and the time there.
struct Site<'a> {
    root: &'a Path,
    archive: bool,
    now: DateTime<Utc>,
}

impl Site<'_> {
    fn change(&mut self, change: &Change) {
        match change {
            Change::Write(file) => put(self.root, std::slice::from_ref(file)),
            Change::Edit(at, file) => {
                if let Some(path) = self.article(*at) {
                    put(self.root, &[File { path, bytes: file.bytes.clone() }]);
                }
            }
            Change::Remove(at) => {
                if let Some(path) = self.article(*at) {
                    fs::remove_file(self.root.join("articles").join(path)).unwrap();
                }
            }
            Change::Rename(at, file) => {
                if let Some(path) = self.article(*at) {
                    let bytes = fs::read(self.root.join("articles").join(&path)).unwrap();
                    fs::remove_file(self.root.join("articles").join(path)).unwrap();
                    put(self.root, &[File { path: file.path.clone(), bytes }]);
                }
            }
            Change::Vocabulary(text) => {
                fs::write(self.root.join("vocabulary.yaml"), text).unwrap();
            }
            Change::Hours(hours) => self.now += TimeDelta::hours(*hours),
            Change::Beside => {
                let config = self.config("feeds");
                self.regenerate(&config, &mut Kept::load(&config), &Request::default());
            }
        }
    }

    /// One of the files that are there.
    fn article(&self, at: Index) -> Option<String> {
        let files: Vec<String> = read(&self.root.join("articles")).into_keys().collect();
        (!files.is_empty()).then(|| at.get(&files).clone())
    }

    fn config(&self, feeds: &str) -> Config {
        config(self.root, feeds, self.archive)
    }

    fn regenerate(&self, config: &Config, kept: &mut Kept, request: &Request) -> Report {
        regen::regen(config, kept, request, self.now, &|_| {}, |_| Some(Vec::new())).unwrap().report
    }

    /// What a process writes that knows nothing.
    fn afresh(&self) -> Folder {
        let folder = tempfile::tempdir_in(self.root).unwrap();
        let name = folder.path().file_name().unwrap().to_str().unwrap();
        let config = self.config(&format!("{name}/feeds"));
        let force = Request { force: true, ..Request::default() };
        self.regenerate(&config, &mut Kept::load(&config), &force);
        read(&folder.path().join("feeds"))
    }
}

/// Which file lies behind each name: another one, where it was written.
fn inodes(folder: &Path, feeds: &Folder) -> BTreeMap<String, u64> {
    let inode = |name: &String| fs::metadata(folder.join(name)).unwrap().ino();
    feeds.keys().map(|name| (name.clone(), inode(name))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_process_that_stays_writes_what_a_new_one_would(
        articles in prop::collection::vec(files(), 0..10),
        days in prop::collection::vec(prop::collection::vec(changes(), 0..4), 1..5),
        archive in any::<bool>(),
    ) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("articles")).unwrap();
        put(root.path(), &articles);
        let mut site = Site { root: root.path(), archive, now: now() };
        let folder = root.path().join("feeds");
        let config = site.config("feeds");
        let mut kept = Kept::load(&config);
        site.regenerate(&config, &mut kept, &Request::default());
        for changes in days {
            for change in &changes {
                site.change(change);
            }
            let before = read(&folder);
            let inodes_before = inodes(&folder, &before);
            let afresh = site.afresh();

            let news = Request { extent: Extent::News, ..Request::default() };
            let report = site.regenerate(&config, &mut kept, &news);
            prop_assert_eq!(report.files.removed, 0);
            for (name, bytes) in read(&folder) {
                let right = afresh.get(&name) == Some(&bytes) || before.get(&name) == Some(&bytes);
                prop_assert!(right, "{} was not to be like this", name);
            }

            site.regenerate(&config, &mut kept, &Request::default());
            let after = read(&folder);
            let names = |folder: &Folder| folder.keys().cloned().collect::<Vec<_>>();
            prop_assert_eq!(names(&after), names(&afresh));
            let inodes_after = inodes(&folder, &after);
            for (name, bytes) in &after {
                prop_assert!(bytes == &afresh[name], "{} has other bytes", name);
                if before.get(name) == Some(bytes) {
                    prop_assert_eq!(inodes_before[name], inodes_after[name], "{} was touched", name);
                }
            }
        }
    }
}

const ARTICLE: &str = "---\ntitle: TITLE\ndate: 2026-03-01\ntags: [AI, TAG]\n---\nText\n";

#[test]
fn the_news_is_in_its_feeds_before_everything_else_is_looked_at() {
    let root = tempfile::tempdir().unwrap();
    let article = |path: &str, title: &str, tag: &str| File {
        path: path.into(),
        bytes: ARTICLE.replace("TITLE", title).replace("TAG", tag).into_bytes(),
    };
    put(
        root.path(),
        &[
            article("notes/a.md", "Old", "one"),
            article("essays/b.md", "B", "one"),
            article("essays/c.md", "C", "three"),
        ],
    );
    let site = Site { root: root.path(), archive: false, now: now() };
    let config = site.config("feeds");
    let mut kept = Kept::load(&config);
    site.regenerate(&config, &mut kept, &Request::default());

    put(root.path(), &[article("notes/a.md", "New", "two")]);
    // Nobody reads of this one: it comes when everything is looked at.
    fs::remove_file(root.path().join("feeds/tags/three/feed.json")).unwrap();
    let report = site.regenerate(
        &config,
        &mut kept,
        &Request { extent: Extent::News, ..Request::default() },
    );
    // The site, the section, the tag that all have, the one it had and the one it has: three formats and
    // their pages, but for the page of all feeds.
    assert_eq!(report.files.written, 19);
    let feeds = read(&root.path().join("feeds"));
    for path in ["", "notes/", "tags/ai/", "tags/two/"] {
        let feed = String::from_utf8_lossy(&feeds[&format!("{path}index.xml")]);
        assert!(feed.contains("<title>New</title>"), "{path}");
    }
    let left = String::from_utf8_lossy(&feeds["tags/one/index.xml"]);
    assert!(left.contains("<title>B</title>") && !left.contains("<title>Old</title>"));
    assert!(!feeds.contains_key("tags/three/feed.json"));

    let report = site.regenerate(&config, &mut kept, &Request::default());
    // The file that somebody removed, and the two lists of all feeds.
    assert_eq!((report.files.written, report.files.removed), (3, 0));
}

#[test]
fn what_becomes_due_what_expires_and_what_is_removed_is_news() {
    let root = tempfile::tempdir().unwrap();
    let article = |path: &str, keys: &str| {
        let text = format!("---\ntitle: {path}\ndate: 2026-03-01\ntags: [AI]\n{keys}\n---\n");
        File { path: path.into(), bytes: text.into_bytes() }
    };
    let mut site = Site { root: root.path(), archive: false, now: now() };
    put(
        root.path(),
        &[
            article("a/due", "publishDate: 2026-03-10T13:00:00Z"),
            article("b/expires", "expiryDate: 2026-03-10T13:00:00Z"),
            article("c/removed", ""),
            article("d/stays", ""),
        ]
        .map(|file| File { path: format!("{}.md", file.path), ..file }),
    );
    let config = site.config("feeds");
    let mut kept = Kept::load(&config);
    let news = Request { extent: Extent::News, ..Request::default() };
    site.regenerate(&config, &mut kept, &Request::default());
    assert_eq!(site.regenerate(&config, &mut kept, &news).files.written, 0);

    site.now += TimeDelta::hours(1);
    fs::remove_file(root.path().join("articles/c/removed.md")).unwrap();
    site.regenerate(&config, &mut kept, &news);
    let feeds = read(&root.path().join("feeds"));
    for feed in ["index.xml", "tags/ai/index.xml"] {
        let text = String::from_utf8_lossy(&feeds[feed]);
        let shown = ["a/due", "b/expires", "c/removed", "d/stays"]
            .map(|title| text.contains(&format!("<title>{title}</title>")));
        assert_eq!(shown, [true, false, false, true], "{feed}");
    }
    assert!(feeds.contains_key("a/index.xml"));
}
