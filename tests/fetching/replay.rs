//! Kept visits are read again: nobody is asked, and what is stored becomes what they say.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use headwater::daemon::lock;
use rusqlite::Connection;
use serde_json::Value;

use crate::program::Site;
use crate::server::{Server, answer};

fn feed(items: &str) -> Vec<u8> {
    let text = format!("<rss version='2.0'><channel><title>One</title>{items}</channel></rss>");
    answer("200 OK", "content-type: application/rss+xml\r\n", text.as_bytes())
}

fn item(name: &str, title: &str) -> String {
    format!(
        "<item><title>{title}</title><link>https://one.example/{name}</link>\
         <pubDate>Fri, 13 Jun 2025 08:00:00 GMT</pubDate></item>"
    )
}

fn database(site: &Site) -> Connection {
    Connection::open(site.0.path().join("state/headwater.db")).unwrap()
}

fn text(database: &Connection, statement: &str) -> String {
    database.query_row(statement, [], |row| row.get::<_, String>(0)).unwrap()
}

const ITEMS: &str = "select group_concat(title || published || first_seen, '; ')
                     from (select * from items order by id)";
const STATES: &str = "select group_concat(state, '; ') from source_states";

/// A source that was visited twice, its text edited in between.
fn visited() -> (Server, Site) {
    let visits = AtomicUsize::new(0);
    let server = Server::at("127.0.0.1", move |_| match visits.fetch_add(1, Ordering::SeqCst) {
        0 => feed(&(item("a", "甲") + &item("b", "乙"))),
        _ => feed(&item("a", "甲（改）")),
    });
    let site = Site::new(&format!("- id: one\n  url: {}/feed\n", server.url));
    site.run(&["fetch"]);
    // Times are kept to the second; as if the first visit had been an hour ago.
    let earlier = "update raws set at = at - 3600; update items set first_seen = first_seen - 3600";
    database(&site).execute_batch(earlier).unwrap();
    site.run(&["fetch", "--all"]);
    assert_eq!(server.rest().len(), 2);
    (server, site)
}

fn replay(site: &Site) -> Value {
    let report = site.run(&["--json", "fetch", "--replay"]);
    serde_json::from_str::<Value>(&report).unwrap_or_else(|_| panic!("{report}"))["sources"].take()
}

#[test]
fn a_parser_that_reads_as_before_changes_nothing_and_nobody_is_asked() {
    let (server, site) = visited();
    let (items, states) = (text(&database(&site), ITEMS), text(&database(&site), STATES));
    let report = replay(&site);
    assert_eq!(report[0]["outcome"], "unchanged", "{report}");
    assert_eq!(report[0]["visits"], 2);
    assert_eq!(report[0]["items"].as_array().unwrap().len(), 0);
    assert_eq!(text(&database(&site), ITEMS), items);
    assert_eq!(text(&database(&site), STATES), states);
    assert!(server.rest().is_empty());
}

#[test]
fn what_an_earlier_parser_spoiled_or_missed_is_mended_with_the_time_of_its_first_sight() {
    let (server, site) = visited();
    let good = text(&database(&site), ITEMS);
    let states = text(&database(&site), STATES);
    database(&site)
        .execute_batch(
            "delete from items where title = '乙';
             update items set title = 'ç”²', published = first_seen",
        )
        .unwrap();
    let said = site.run(&["fetch", "--replay", "--source", "one"]);
    assert!(
        said.contains("updated    one                      2 visits: 1 new, 1 changed"),
        "{said}"
    );
    assert!(said.contains("甲（改）"), "{said}");
    assert_eq!(text(&database(&site), ITEMS), good);
    assert_eq!(text(&database(&site), STATES), states);
    assert_eq!(replay(&site)[0]["outcome"], "unchanged");
    assert!(server.rest().is_empty());
}

#[test]
fn what_cannot_be_read_is_kept_for_a_parser_that_can_and_told() {
    let server = Server::at("127.0.0.1", |_| answer("200 OK", "", b"<odd><thing/></odd>"));
    let site = Site::new(&format!("- id: one\n  url: {}/feed\n", server.url));
    site.run(&["fetch"]);
    let report = replay(&site);
    assert_eq!(report[0]["outcome"], "failed");
    let error = report[0]["error"].as_str().unwrap();
    assert!(error.starts_with("what came 20") && error.contains("cannot be read: "), "{error}");
    // What is damaged on the disk fails alone.
    database(&site).execute_batch("update raws set body = x'00'").unwrap();
    assert_eq!(replay(&site)[0]["outcome"], "failed");
}

#[test]
fn nothing_is_kept_where_nothing_is_wanted() {
    let (_server, site) = visited();
    site.run(&["--set", "fetch.raw_days=0", "fetch", "--all"]);
    let kept = "select cast(count(*) as text) from raws where at < strftime('%s', 'now') - 60";
    assert_eq!(text(&database(&site), kept), "0");
    database(&site).execute_batch("delete from raws").unwrap();
    site.run(&["--set", "fetch.raw_days=0", "fetch", "--all"]);
    let said = site.run(&["fetch", "--replay"]);
    assert!(said.contains("no visit is kept; `fetch.raw_days` says for how long"), "{said}");
    assert_eq!(replay(&site).as_array().unwrap().len(), 0);
    let said = site.run(&["fetch", "--replay", "--source", "nobody"]);
    assert!(said.contains("there is no source nobody"), "{said}");
    assert!(fs::metadata(site.0.path().join("state/headwater.fetch.lock")).is_ok());
}

#[test]
fn visits_that_are_under_way_are_waited_for() {
    let (_server, site) = visited();
    let path = site.0.path().join("state/headwater.fetch.lock");
    let visiting = lock::acquire(&path, || panic!("nobody visits")).unwrap();
    let mut waiting = Command::new(env!("CARGO_BIN_EXE_headwater"))
        .current_dir(site.0.path())
        .args(["-v", "fetch", "--replay"])
        .env_remove("HEADWATER_CONFIG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(waiting.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("waiting for another process to finish its visits"), "{said}");
    drop(visiting);
    let done = waiting.wait_with_output().unwrap();
    assert!(done.status.success());
    assert!(String::from_utf8(done.stdout).unwrap().starts_with("unchanged  one "));
}
