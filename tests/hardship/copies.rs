//! `backup` and `restore`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::process::Daemon;
use crate::site::{Site, text};
use crate::world::{self, FAST, Feed, fast, items};

fn refusal(site: &Site, arguments: &[&str]) -> String {
    let output = site.run(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    text(&output.stderr)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_copy_is_made_beside_the_daemon_and_put_back_without_it() {
    let feed = Feed::start();
    let site = world::site(&feed);
    let database = site.path("state/headwater.db");
    fs::create_dir(site.path("copies")).unwrap();
    let mut daemon = Daemon::start_with(&site, FAST, &[]);
    world::wait_until("the first item", || database.exists() && items(&database).len() == 1);
    let made = site.json(&["--json", "backup", "copies/a.db"]);
    assert_eq!((&made["file"], &made["items"]), (&Value::from("copies/a.db"), &Value::from(1)));
    assert_eq!(names(&site.path("copies")), ["a.db"], "one file, and nothing beside it");
    assert_eq!(items(&site.path("copies/a.db")).len(), 1);

    let said = refusal(&site, &["backup", "copies/a.db"]);
    assert!(said.contains("copies/a.db: there is a file already"), "{said}");
    feed.publish();
    world::wait_until("the next item", || items(&database).len() == 2);
    assert!(site.run(&["backup", "--force", "copies/b.db"]).status.success());
    assert!(site.run(&["backup", "--force", "copies/b.db"]).status.success());
    assert_eq!(items(&site.path("copies/b.db")).len(), 2);

    let said = refusal(&site, &["restore", "copies/a.db"]);
    assert!(said.contains("stop it first"), "{said}");
    daemon.signal("-TERM");
    assert!(daemon.child.wait().unwrap().success());
    let put = site.json(&["--json", "restore", "copies/a.db"]);
    assert_eq!(items(&database).len(), 1);
    let replaced = put["replaced"].as_str().unwrap();
    assert!(replaced.starts_with("state/headwater.db.before-restore-"), "{replaced}");
    assert_eq!(items(&site.path(replaced)).len(), 2, "what was there is kept");
    assert!(site.run(&fast(&["fetch", "--all"])).status.success());
    assert_eq!(items(&database), feed.published(), "and goes on from there");
}

#[test]
fn nothing_but_a_sound_database_of_headwater_is_restored() {
    let feed = Feed::start();
    let site = world::site(&feed);
    let database = site.path("state/headwater.db");
    assert!(site.run(&fast(&["fetch", "--all"])).status.success());
    site.json(&["--json", "backup", "good.db"]);
    fs::write(site.path("text.db"), "no database at all, but long enough for a header of one …")
        .unwrap();
    let of_others = rusqlite::Connection::open(site.path("other.db")).unwrap();
    of_others.execute_batch("create table notes (text text)").unwrap();
    drop(of_others);
    fs::copy(site.path("good.db"), site.path("later.db")).unwrap();
    let later = rusqlite::Connection::open(site.path("later.db")).unwrap();
    later.pragma_update(None, "user_version", 999).unwrap();
    drop(later);
    let mut bytes = fs::read(site.path("good.db")).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xAA);
    fs::write(site.path("damaged.db"), bytes).unwrap();
    let before = fs::read(&database).unwrap();
    for (file, why) in [
        ("missing.db", "there is no such file"),
        ("text.db", "this is no sound database"),
        ("other.db", "this is not a database of headwater"),
        ("later.db", "the database is of version 999"),
        ("damaged.db", "this is no sound database"),
        ("state/headwater.db", "this is the database itself"),
    ] {
        let said = refusal(&site, &["restore", file]);
        assert!(said.contains(file) && said.contains(why), "{file}: {said}");
        assert_eq!(fs::read(&database).unwrap(), before, "{file}");
    }
    let said = refusal(&site, &["backup", "no/such/folder.db"]);
    assert!(said.contains("no/such/folder.db: cannot be written"), "{said}");
    assert!(names(&site.path("state")).iter().all(|name| !name.starts_with(".headwater.db")));
}
