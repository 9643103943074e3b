//! A damaged database, and one that a wrong clock has written.

use std::fs;

use rusqlite::Connection;

use crate::process::Daemon;
use crate::world::{self, FAST, Feed, assert_whole, fast, items, status, write_article};

#[test]
fn without_a_database_feeds_are_written_and_served_until_a_copy_is_given() {
    let feed = Feed::start();
    let site = world::site(&feed);
    let database = site.path("state/headwater.db");
    assert!(site.run(&fast(&["fetch", "--all"])).status.success());
    assert!(site.run(&["regen"]).status.success());
    let suggested = fs::read(site.path("feeds/suggestions/index.xml")).unwrap();
    site.json(&["--json", "backup", "copy.db"]);
    let whole = Connection::open(&database).unwrap();
    whole.pragma_update(None, "journal_mode", "delete").unwrap();
    drop(whole);
    fs::write(&database, vec![0x5A; 40_000]).unwrap();

    let (well, said) = status(&site);
    assert!(!well && said.contains("headwater restore"), "{said}");
    assert!(site.run(&["regen"]).status.success(), "articles do not wait for a database");
    let daemon = Daemon::start_with(&site, FAST, &[]);
    write_article(&site, 1, "没有数据库");
    let served = || daemon.get("/feeds/index.xml", "").contains("没有数据库");
    world::wait_until("the new article in its feed", served);
    assert_eq!(fs::read(site.path("feeds/suggestions/index.xml")).unwrap(), suggested);
    assert!(assert_whole(&site.path("feeds")) > 10);
    let ready = daemon.get("/readyz", "");
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("headwater restore"), "{ready}");

    // The daemon has nothing open that would be pulled from under it.
    let put = site.json(&["--json", "restore", "copy.db"]);
    let kept = site.path(put["replaced"].as_str().unwrap());
    assert_eq!(fs::read(kept).unwrap(), vec![0x5A; 40_000], "the damaged file is not thrown away");
    feed.publish();
    world::wait_until("the next item", || items(&database) == feed.published());
}

#[test]
fn damage_that_nobody_has_met_yet_is_found_and_told() {
    let feed = Feed::start();
    let site = world::site(&feed);
    let database = site.path("state/headwater.db");
    assert!(site.run(&fast(&["fetch", "--all"])).status.success());
    let connection = Connection::open(&database).unwrap();
    let root = "select rootpage from sqlite_master where name = 'items_by_publication'";
    let page: u32 = connection.query_row(root, [], |row| row.get(0)).unwrap();
    let size: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "journal_mode", "delete").unwrap();
    drop(connection);
    let mut bytes = fs::read(&database).unwrap();
    let from = usize::try_from((page - 1) * size).unwrap();
    // An index that knows of no item: everything can be read, and something is missing.
    bytes[from + 3..from + 5].fill(0);
    fs::write(&database, bytes).unwrap();
    let _daemon = Daemon::start_with(&site, FAST, &[]);
    world::wait_until("what is wrong, with the remedy", || {
        let (well, said) = status(&site);
        !well && said.contains("headwater.db is damaged") && said.contains("headwater restore")
    });
}

#[test]
fn times_of_a_wrong_clock_silence_no_source_and_hide_no_item() {
    let feed = Feed::start();
    let site = world::site(&feed);
    let database = site.path("state/headwater.db");
    assert!(site.run(&fast(&["fetch", "--all"])).status.success());
    // What a visit in 2077 would have left.
    let ahead = 3_400_000_000_i64;
    let wrong = Connection::open(&database).unwrap();
    let state: String =
        wrong.query_row("select state from source_states", [], |row| row.get(0)).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&state).unwrap();
    for key in ["next_at", "last_success"] {
        state[key] = "2077-09-28T00:00:00Z".into();
    }
    state["asked_to_wait"] = true.into();
    wrong.execute("update source_states set state = ?1", [state.to_string()]).unwrap();
    wrong.execute("update items set first_seen = ?1, published = ?1", [ahead]).unwrap();
    wrong.execute("update upkeep set at = ?1, reached = ?1", [ahead]).unwrap();
    drop(wrong);
    let (well, said) = status(&site);
    assert!(!well && said.contains("the clock is wrong, or was"), "{said}");

    feed.publish();
    let visited = site.json(&fast(&["--json", "fetch"]));
    assert_eq!(visited["sources"][0]["outcome"], "updated", "{visited}");
    assert_eq!(items(&database), feed.published());
    let (_, said) = status(&site);
    assert!(!said.contains("the clock is wrong"), "mended: {said}");
}
