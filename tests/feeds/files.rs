//! What happens to the files of the feeds' folder.

use std::fs;
use std::path::Path;

use headwater::catalog::Catalog;
use headwater::feed::Ledger;
use headwater::feed::write::{Options, Report, write_all};
use headwater::feed::{FeedPath, Format, Settings};

use crate::golden::{files, published};
use crate::site::{articles, catalog, plan_of, settings, term, write_alone};

fn write(dir: &Path, articles: usize, settings: &Settings, options: Options) -> Report {
    let mut all = super::site::articles();
    all.truncate(articles);
    let catalog = catalog(all);
    write_alone(&plan_of(&catalog, settings), settings, dir, options)
}

/// Gives every file a date long ago, to see which are touched.
fn age(dir: &Path) -> std::time::SystemTime {
    files(dir).keys().fold(std::time::UNIX_EPOCH, |_, file| age_of(dir, file))
}

fn age_of(dir: &Path, file: &str) -> std::time::SystemTime {
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::open(dir.join(file)).unwrap().set_modified(long_ago).unwrap();
    long_ago
}

fn touched(dir: &Path, since: std::time::SystemTime) -> Vec<String> {
    let modified = |file: &str| fs::metadata(dir.join(file)).unwrap().modified().unwrap();
    files(dir).into_keys().filter(|file| modified(file) != since).collect()
}

#[test]
fn a_second_run_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let first = write(dir.path(), 3, &settings(), Options::default());
    // Five feeds in three formats, four of them with a page, and two lists.
    assert_eq!((first.written.len(), first.unchanged, first.removed.len()), (21, 0, 0));
    let long_ago = age(dir.path());
    let second = write(dir.path(), 3, &settings(), Options::default());
    assert_eq!((second.written.len(), second.unchanged), (0, 21));
    // Only what is known of the files is written down anew, now that they look older.
    assert_eq!(touched(dir.path(), long_ago), [".headwater-manifest.json"]);
    let long_ago = age_of(dir.path(), ".headwater-manifest.json");
    let third = write(dir.path(), 3, &settings(), Options::default());
    assert_eq!((third.written.len(), third.unchanged), (0, 21));
    assert!(touched(dir.path(), long_ago).is_empty());
    let forced = write(dir.path(), 3, &settings(), Options { force: true, ..Options::default() });
    assert_eq!((forced.written.len(), forced.unchanged), (21, 0));
}

#[test]
fn only_what_an_article_stands_in_is_written_when_it_changes() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    let mut all = articles();
    all[1].title = "Other tools".into();
    let catalog = catalog(all);
    let plan = plan_of(&catalog, &settings());
    let report = write_alone(&plan, &settings(), dir.path(), Options::default());
    let names: Vec<String> = ["", "notes/", "tags/c++/"]
        .iter()
        .flat_map(|path| {
            ["atom.xml", "feed.json", "index.html", "index.xml"].map(|name| format!("{path}{name}"))
        })
        // The list of all feeds has no titles of articles.
        .filter(|file| file != "index.html")
        .collect();
    assert_eq!(report.written, names);
}

#[test]
fn files_of_a_vanished_term_are_removed_and_foreign_files_never() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    fs::write(dir.path().join("README.md"), "mine").unwrap();
    fs::write(dir.path().join("tags/河流/notes.txt"), "mine").unwrap();
    fs::create_dir(dir.path().join("empty")).unwrap();

    let report = write(dir.path(), 0, &settings(), Options::default());
    assert_eq!(report.removed.len(), 16);
    assert!(report.failed.is_empty());
    let left: Vec<String> = files(dir.path()).into_keys().collect();
    assert_eq!(
        left,
        [
            ".headwater-manifest.json",
            ".headwater-removed.json",
            "README.md",
            "atom.xml",
            "feed.json",
            "index.html",
            "index.xml",
            "subscriptions.opml",
            "tags/河流/notes.txt"
        ]
    );
    assert!(!dir.path().join("tags/c++").exists() && !dir.path().join("essays").exists());
    assert!(dir.path().join("empty").exists());
}

#[test]
fn a_folder_of_which_nothing_is_known_now_stays_until_something_is() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    let before = files(dir.path());
    let spared = Options { spared: Some("tags"), ..Options::default() };
    for _ in 0..2 {
        let report = write(dir.path(), 0, &settings(), spared);
        assert!(report.removed.iter().all(|file| !file.starts_with("tags/")));
    }
    let tags = |file: &&String| file.starts_with("tags/");
    assert_eq!(files(dir.path()).keys().filter(tags).count(), before.keys().filter(tags).count());
    assert!(!dir.path().join("essays").exists());
    // It is still known to be ours.
    write(dir.path(), 0, &settings(), Options::default());
    assert!(!dir.path().join("tags").exists());
}

#[test]
fn nothing_is_removed_where_not_everything_could_be_read() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    let keep = Options { keep: true, ..Options::default() };
    for _ in 0..2 {
        let report = write(dir.path(), 0, &settings(), keep);
        assert!(report.removed.is_empty() && dir.path().join("tags/c++/atom.xml").exists());
    }
    assert_eq!(write(dir.path(), 0, &settings(), Options::default()).removed.len(), 16);
}

#[test]
fn a_format_that_is_no_longer_wanted_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    let rss = Settings { formats: vec![Format::Rss], ..settings() };
    let report = write(dir.path(), 3, &rss, Options::default());
    assert_eq!(report.removed.len(), 10);
    // With the manifest and the list of what was removed.
    assert_eq!(files(dir.path()).len(), 5 + 4 + 2 + 2);
}

#[test]
fn where_a_feed_was_the_page_that_leads_on_stays() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    let mut folded = catalog(articles());
    term(&mut folded, 0).hidden = true;
    term(&mut folded, 1).former = vec!["c++".into()];
    let write = |catalog: &Catalog| {
        let plan = plan_of(catalog, &settings());
        write_alone(&plan, &settings(), dir.path(), Options::default())
    };
    let feeds = ["atom.xml", "feed.json", "index.xml"].map(|name| format!("tags/c++/{name}"));
    assert_eq!(write(&folded).removed, feeds);
    let leads_on = fs::read_to_string(dir.path().join("tags/c++/index.html")).unwrap();
    assert!(leads_on.contains("http-equiv=\"refresh\""), "{leads_on}");
    assert_eq!((write(&folded).written.len(), write(&folded).removed.len()), (0, 0));
    // And back again.
    let report = write(&catalog(articles()));
    assert!(feeds.iter().all(|file| report.written.contains(file)));
    assert_eq!(report.removed, ["_redirects"]);
    assert!(write(&catalog(articles())).written.is_empty());
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dry = Options { dry_run: true, ..Options::default() };
    let missing = dir.path().join("feeds");
    assert_eq!(write(&missing, 3, &settings(), dry).written.len(), 21);
    assert!(!missing.exists());

    write(dir.path(), 3, &settings(), Options::default());
    let before = files(dir.path());
    let report = write(dir.path(), 0, &settings(), dry);
    assert_eq!((report.written.len(), report.removed.len()), (5, 16));
    assert_eq!(files(dir.path()), before);
}

#[test]
fn one_feed_alone_is_written_and_nothing_removed() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    let only = Settings { only: vec![FeedPath::new(&["tags", "c++"]).unwrap()], ..settings() };
    let report = write(dir.path(), 1, &only, Options::default());
    let names = ["atom.xml", "feed.json", "index.html", "index.xml"];
    assert_eq!(report.written, names.map(|name| format!("tags/c++/{name}")));
    assert_eq!((report.unchanged, report.removed.len()), (0, 0));
    // What the other feeds left is still known to be ours.
    assert_eq!(write(dir.path(), 0, &settings(), Options::default()).removed.len(), 16);
}

#[test]
fn what_a_run_that_died_left_behind_is_cleaned() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    for file in [".headwater-writing", ".headwater-new-7", "tags/c++/.headwater-new-8"] {
        fs::write(dir.path().join(file), "half").unwrap();
    }
    let before = files(dir.path()).len();
    write(dir.path(), 3, &settings(), Options::default());
    assert_eq!(files(dir.path()).len(), before - 3);
}

#[test]
fn a_file_that_cannot_be_written_does_not_keep_the_others() {
    let dir = tempfile::tempdir().unwrap();
    // A folder stands where a file should.
    fs::create_dir_all(dir.path().join("tags/c++/atom.xml/foreign")).unwrap();
    let report = write(dir.path(), 3, &settings(), Options::default());
    assert_eq!((report.written.len(), report.failed.len()), (20, 1));
    let message = report.failed[0].to_string();
    assert!(message.contains("atom.xml: cannot write it"), "{message}");
}

#[cfg(unix)]
#[test]
fn what_took_the_place_of_our_files_is_left_alone_and_keeps_no_run() {
    let outside = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    let theirs = outside.path().join("index.xml");
    fs::write(&theirs, "precious").unwrap();
    fs::remove_dir_all(dir.path().join("tags/c++")).unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("tags/c++")).unwrap();
    fs::remove_dir_all(dir.path().join("tags/河流")).unwrap();
    fs::write(dir.path().join("tags/河流"), "a file").unwrap();
    fs::remove_file(dir.path().join("essays/atom.xml")).unwrap();
    fs::create_dir(dir.path().join("essays/atom.xml")).unwrap();
    for _ in 0..2 {
        let report = write(dir.path(), 0, &settings(), Options::default());
        assert!(report.failed.is_empty(), "{:?}", report.failed);
    }
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "precious");
    assert!(dir.path().join("tags/河流").is_file() && dir.path().join("essays/atom.xml").is_dir());
}

#[test]
fn a_dry_run_leaves_the_mark_of_a_run_that_died() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    for file in [".headwater-writing", "tags/c++/.headwater-new-8"] {
        fs::write(dir.path().join(file), "half").unwrap();
    }
    let before = files(dir.path());
    write(dir.path(), 3, &settings(), Options { dry_run: true, ..Options::default() });
    assert_eq!(files(dir.path()), before);
    write(dir.path(), 3, &settings(), Options::default());
    assert_eq!(files(dir.path()).len(), before.len() - 2);
}

#[test]
fn what_an_earlier_version_noted_is_kept_up() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    let files: serde_json::Map<String, serde_json::Value> =
        published(dir.path()).into_keys().map(|file| (file, [1, 2].into())).collect();
    let former = serde_json::json!({ "files": files }).to_string();
    fs::write(dir.path().join(".headwater-manifest.json"), former).unwrap();
    let report = write(dir.path(), 0, &settings(), Options::default());
    assert!(report.failed.is_empty());
    assert_eq!(report.removed.len(), 16);
    let report = write(dir.path(), 0, &settings(), Options::default());
    assert_eq!((report.written.len(), report.removed.len()), (0, 0));
}

#[test]
fn a_broken_manifest_is_reported_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(".headwater-manifest.json"), "{").unwrap();
    let report = write(dir.path(), 3, &settings(), Options::default());
    assert_eq!((report.written.len(), report.failed.len()), (21, 1));
    assert!(write(dir.path(), 3, &settings(), Options::default()).failed.is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_is_replaced_and_what_it_points_to_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let outside = dir.path().join("outside.txt");
    fs::write(&outside, "precious").unwrap();
    let feeds = dir.path().join("feeds");
    fs::create_dir(&feeds).unwrap();
    std::os::unix::fs::symlink(&outside, feeds.join("index.xml")).unwrap();
    write(&feeds, 3, &settings(), Options::default());
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
    assert!(fs::symlink_metadata(feeds.join("index.xml")).unwrap().is_file());
}

#[test]
fn the_same_articles_give_the_same_bytes_anywhere() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(here.path(), 3, &settings(), Options::default());
    write(there.path(), 0, &settings(), Options::default());
    write(there.path(), 3, &settings(), Options::default());
    assert_eq!(published(here.path()), published(there.path()));
}

#[test]
fn a_file_that_somebody_touched_is_made_right_again() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    let before = published(dir.path());
    fs::write(dir.path().join("tags/c++/atom.xml"), "edited").unwrap();
    fs::remove_file(dir.path().join("notes/index.html")).unwrap();
    fs::write(dir.path().join("subscriptions.opml"), "").unwrap();
    let report = write(dir.path(), 3, &settings(), Options::default());
    assert_eq!(report.written, ["notes/index.html", "subscriptions.opml", "tags/c++/atom.xml"]);
    assert_eq!(published(dir.path()), before);
}

#[test]
fn a_run_after_one_that_died_goes_on_from_there() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 3, &settings(), Options::default());
    let long_ago = age(dir.path());
    // It died between its last file and the manifest: names are known, and nothing else.
    let manifest = dir.path().join(".headwater-manifest.json");
    let known: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let names = known["batches"].as_object().unwrap().keys();
    let names: serde_json::Map<String, serde_json::Value> =
        names.map(|batch| (batch.clone(), ().into())).collect();
    fs::write(&manifest, serde_json::json!({ "batches": names }).to_string()).unwrap();
    let report = write(dir.path(), 3, &settings(), Options::default());
    assert_eq!((report.written.len(), report.unchanged), (0, 21));
    assert_eq!(touched(dir.path(), long_ago), [".headwater-manifest.json"]);
}

#[test]
fn a_run_that_is_stopped_leaves_whole_files_and_the_next_goes_on_from_there() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let whole = tempfile::tempdir().unwrap();
    write(whole.path(), 3, &settings(), Options::default());
    let complete = published(whole.path());

    let dir = tempfile::tempdir().unwrap();
    let catalog = catalog(articles());
    let (settings, options) = (settings(), Options::default());
    let plan = plan_of(&catalog, &settings);
    let run = |stop: &(dyn Fn() -> bool + Sync)| {
        write_all(&plan, &settings, dir.path(), options, &mut Ledger::default(), stop).unwrap()
    };
    let asked = AtomicUsize::new(0);
    let first = run(&|| asked.fetch_add(1, Ordering::Relaxed) >= 3);
    assert!(first.stopped && !first.written.is_empty(), "{first:?}");
    let there = published(dir.path());
    assert_eq!(there.keys().collect::<Vec<_>>(), first.written.iter().collect::<Vec<_>>());
    assert!(there.iter().all(|(file, bytes)| complete.get(file) == Some(bytes)));

    // What is there already is neither made nor lost when a run is stopped at once.
    let second = run(&|| true);
    assert!(second.stopped && second.written.is_empty() && second.removed.is_empty());
    assert_eq!(published(dir.path()), there);

    let third = run(&|| false);
    assert!(!third.stopped);
    assert_eq!(third.unchanged, there.len());
    assert_eq!(published(dir.path()), complete);
}
