//! Whole rounds over a list of sources, with a store that remembers between them.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use headwater::config::{Config, sources};
use headwater::daemon::fetch::{self, FetchJobError, Report, Request};
use headwater::source::politeness::State;
use headwater::store::Store;

use crate::server::{Asked, FEED, Server, answer, feed, now, redirect};

/// A folder with a database, opened anew for each round as after a restart.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
    list: String,
}

impl Desk {
    pub(crate) fn new(urls: &[String]) -> Self {
        let list = urls.iter().enumerate().fold(String::new(), |mut list, (at, url)| {
            writeln!(list, "- id: s{at}\n  url: {url}").unwrap();
            list
        });
        Self { folder: tempfile::tempdir().unwrap(), list }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("headwater.db")
    }

    /// What is due at `now` is visited.
    pub(crate) fn round(&self, now: DateTime<Utc>, all: bool) -> Report {
        self.try_round(now, all).unwrap()
    }

    pub(crate) fn try_round(&self, now: DateTime<Utc>, all: bool) -> Result<Report, FetchJobError> {
        let text = format!(
            "site: {{title: T, url: 'https://example.org/'}}\nstore: 'sqlite:{}'\n\
             fetch: {{allow_private: true, host_pause: 0s}}\n\
             server: {{public_url: 'https://example.org/'}}\n",
            self.path().display()
        );
        let config = Config::parse("headwater.yaml", &text, &[]).unwrap();
        let sources = sources::parse("sources.yaml", &self.list).unwrap();
        let store = Store::open(&self.path()).unwrap();
        let request = Request { sources: Vec::new(), all };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let round = fetch::fetch(&config, &store, &sources, &request, now, |_| {});
        runtime.block_on(round)
    }

    /// Does to the database what should never happen to it.
    pub(crate) fn spoil(&self, statements: &str) {
        drop(Store::open(&self.path()).unwrap());
        let database = rusqlite::Connection::open(self.path()).unwrap();
        database.execute_batch(statements).unwrap();
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.path()).unwrap()
    }

    fn state(&self, id: &str) -> State {
        Store::open(&self.path()).unwrap().states().unwrap().remove(id).unwrap()
    }

    /// When each source is to be visited.
    fn times(&self) -> Vec<DateTime<Utc>> {
        let states = Store::open(&self.path()).unwrap().states().unwrap();
        let mut times: Vec<_> = states.values().map(|state| state.next_at.unwrap()).collect();
        times.sort();
        times
    }
}

pub(crate) fn outcomes(report: &Report) -> Vec<&'static str> {
    report.sources.iter().map(|visited| visited.outcome).collect()
}

fn targets(server: &Server) -> Vec<String> {
    server.rest().iter().map(Asked::target).collect()
}

#[test]
fn a_restart_does_not_ask_again_what_was_asked_a_minute_ago() {
    let server = Server::at("127.0.0.1", |_| answer("200 OK", "etag: \"a\"\r\n", FEED));
    let desk = Desk::new(&[format!("{}/a", server.url), format!("{}/b", server.url)]);
    assert_eq!(outcomes(&desk.round(now(), false)), ["updated", "updated"]);
    assert_eq!(targets(&server).len(), 2);
    for minutes in [1, 30, 59] {
        let report = desk.round(now() + TimeDelta::minutes(minutes), false);
        assert_eq!(outcomes(&report), ["deferred", "deferred"]);
    }
    assert!(server.rest().is_empty());
    desk.round(now() + TimeDelta::minutes(67), false);
    for asked in server.rest() {
        assert_eq!(asked.header("if-none-match").unwrap(), b"\"a\"", "validators survive as well");
    }
}

#[test]
fn the_rest_of_an_answer_that_broke_off_is_asked_for() {
    let visits = std::sync::atomic::AtomicUsize::new(0);
    // Without a length, the end of the connection is the end of the body, wherever it comes.
    let server = Server::at("127.0.0.1", move |asked| {
        let first = visits.fetch_add(1, Ordering::SeqCst) == 0;
        if asked.has("if-none-match") {
            return answer("304 Not Modified", "", b"");
        }
        let body = if first { &FEED[..FEED.len() / 3] } else { FEED };
        [b"HTTP/1.1 200 OK\r\netag: \"a\"\r\nconnection: close\r\n\r\n", body].concat()
    });
    let desk = Desk::new(std::slice::from_ref(&server.url));
    let urls = || {
        let items = desk.store().items_since(DateTime::UNIX_EPOCH).unwrap();
        items.into_iter().filter_map(|stored| stored.item.url).collect::<Vec<_>>()
    };
    let outcome = |hours| outcomes(&desk.round(now() + TimeDelta::hours(hours), true));
    assert_eq!((outcome(0), urls().len()), (vec!["updated"], 0), "it was cut off");
    assert_eq!((outcome(24), urls()), (vec!["updated"], vec!["https://example.org/a".to_owned()]));
    assert_eq!(outcome(48), ["unchanged"]);
}

#[test]
fn a_wait_that_a_server_asked_for_survives_a_restart_and_all() {
    let server =
        Server::at("127.0.0.1", |_| answer("429 Too Many Requests", "retry-after: 7200\r\n", b""));
    let desk = Desk::new(std::slice::from_ref(&server.url));
    assert_eq!(outcomes(&desk.round(now(), false)), ["failed"]);
    for hours in [0, 1] {
        let later = now() + TimeDelta::hours(hours) + TimeDelta::minutes(59);
        assert_eq!(outcomes(&desk.round(later, true)), ["deferred"]);
    }
    assert_eq!(server.rest().len(), 1);
}

#[test]
fn after_a_429_the_other_sources_of_the_host_wait_and_come_back_one_by_one() {
    for (status, headers) in [
        ("429 Too Many Requests", "retry-after: 120\r\n"),
        ("429 Too Many Requests", "retry-after: Sun, 15 Jun 2025 15:08:50 GMT\r\n"),
        ("429 Too Many Requests", ""),
        ("503 Service Unavailable", "retry-after: 120\r\n"),
        ("200 OK", "ratelimit: \"all\";r=0;t=120\r\n"),
        ("200 OK", "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 120\r\n"),
    ] {
        let server = Server::at("127.0.0.1", move |_| answer(status, headers, FEED));
        let other = Server::at("127.0.0.2", |_| feed());
        let mut urls: Vec<_> = (0..8).map(|at| format!("{}/{at}", server.url)).collect();
        urls.push(other.url.clone());
        let desk = Desk::new(&urls);
        let report = desk.round(now(), false);
        assert_eq!(server.rest().len(), 1, "{status} {headers}: one has asked for all");
        assert_eq!(other.rest().len(), 1, "another host is visited");
        let deferred = outcomes(&report).iter().filter(|one| **one == "deferred").count();
        assert_eq!(deferred, 7);
        let times = desk.times();
        assert!(times[0] >= now() + TimeDelta::minutes(1));
        for pair in times.windows(2).take(7) {
            assert!(pair[1] - pair[0] >= TimeDelta::seconds(10), "{status} {headers}: {times:?}");
        }
        // A restart in the middle of it, and an impatient operator, change nothing.
        desk.round(now() + TimeDelta::seconds(30), true);
        assert!(server.rest().is_empty(), "{status} {headers}");
    }
}

#[test]
fn a_burst_of_refusals_makes_the_other_sources_of_a_host_wait() {
    let server = Server::at("127.0.0.1", |_| answer("403 Forbidden", "", b""));
    let urls: Vec<_> = (0..8).map(|at| format!("{}/{at}", server.url)).collect();
    let desk = Desk::new(&urls);
    let report = desk.round(now(), false);
    assert_eq!(server.rest().len(), 3, "two may be forbidden, three mean us");
    assert_eq!(outcomes(&report).iter().filter(|one| **one == "deferred").count(), 5);
    let error = report.sources.iter().find_map(|visited| visited.error.clone()).unwrap();
    assert!(error.starts_with("403: the server refuses us"), "{error}");
}

/// The trap: a host that takes one request a minute, ten feeds on it, and a daemon that looks each
/// minute which are due.
#[test]
fn ten_feeds_on_a_host_of_one_request_a_minute_are_all_read_within_the_hour() {
    let clock = Arc::new(AtomicI64::new(now().timestamp()));
    let last = AtomicI64::new(0);
    let time = Arc::clone(&clock);
    let server = Server::at("127.0.0.1", move |_| {
        let now = time.load(Ordering::SeqCst);
        if now - last.load(Ordering::SeqCst) < 60 {
            return answer("429 Too Many Requests", "", b"");
        }
        last.store(now, Ordering::SeqCst);
        feed()
    });
    let urls: Vec<_> = (0..10).map(|at| format!("{}/{at}", server.url)).collect();
    let desk = Desk::new(&urls);
    let (mut refused, mut read) = (0, std::collections::HashSet::new());
    for minute in 0..60 {
        let now = now() + TimeDelta::minutes(minute);
        clock.store(now.timestamp(), Ordering::SeqCst);
        for visited in desk.round(now, false).sources {
            match visited.outcome {
                "failed" => refused += 1,
                "updated" => drop(read.insert(visited.id)),
                _ => {}
            }
        }
    }
    assert!(refused <= 3, "{refused} refusals");
    assert!(read.len() >= 10 - refused, "{read:?}");
}

#[test]
fn what_a_feed_asks_for_in_its_body_is_obeyed_also_after_a_304() {
    // It is 15:06 GMT on a Sunday.
    for (body, hours) in [
        ("<ttl>240</ttl>", 4),
        (
            "<sy:updatePeriod xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>daily\
             </sy:updatePeriod><sy:updateFrequency xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>\
             4</sy:updateFrequency>",
            6,
        ),
        ("<skipHours><hour>16</hour><hour>17</hour></skipHours>", 3),
        ("<skipDays><day>Sunday</day></skipDays>", 9),
    ] {
        let page = format!("<rss version='2.0'><channel><title>T</title>{body}</channel></rss>");
        let server = Server::at("127.0.0.1", move |asked| {
            if asked.has("if-none-match") {
                return answer("304 Not Modified", "", b"");
            }
            answer("200 OK", "etag: \"a\"\r\n", page.as_bytes())
        });
        let desk = Desk::new(std::slice::from_ref(&server.url));
        desk.round(now(), false);
        let first = desk.state("s0").next_at.unwrap();
        assert!((hours..=hours + 1).contains(&(first - now()).num_hours()), "{body} {first}");
        if !body.contains("skip") {
            desk.round(first, false);
            let second = desk.state("s0").next_at.unwrap();
            assert!((second - first).num_hours() >= hours, "{body} {second}");
        }
    }
}

#[test]
fn a_source_that_publishes_seldom_is_visited_seldom() {
    let page = "<rss version='2.0'><channel><title>T</title><item><title>A</title>\
                <pubDate>Sun, 15 Jun 2025 05:06:40 GMT</pubDate></item></channel></rss>";
    let server = Server::at("127.0.0.1", move |_| answer("200 OK", "", page.as_bytes()));
    let desk = Desk::new(std::slice::from_ref(&server.url));
    desk.round(now(), false);
    assert_eq!((desk.state("s0").next_at.unwrap() - now()).num_hours(), 5);
}

#[test]
fn what_is_gone_is_asked_no_more_and_says_so() {
    let server = Server::at("127.0.0.1", |_| answer("410 Gone", "", b""));
    let desk = Desk::new(std::slice::from_ref(&server.url));
    let report = desk.round(now(), false);
    assert_eq!(outcomes(&report), ["gone"]);
    let error = report.sources[0].error.clone().unwrap();
    assert!(error.contains("gone for good and is no longer visited"), "{error}");
    assert_eq!(outcomes(&desk.round(now() + TimeDelta::days(30), true)), ["gone"]);
    assert_eq!(server.rest().len(), 1);
}

#[test]
fn a_source_with_another_address_begins_anew() {
    let server = Server::at("127.0.0.1", |asked| match asked.target().as_str() {
        "GET /old" => answer("410 Gone", "", b""),
        _ => feed(),
    });
    let mut desk = Desk::new(&[format!("{}/old", server.url)]);
    desk.round(now(), false);
    desk.list = desk.list.replace("/old", "/new");
    assert_eq!(outcomes(&desk.round(now() + TimeDelta::minutes(1), false)), ["updated"]);
}

#[test]
fn a_move_to_a_page_that_is_no_feed_is_not_remembered() {
    let server = Server::at("127.0.0.1", |asked| match asked.target().as_str() {
        "GET /feed" => redirect(301, "/login"),
        "GET /moved" => redirect(301, "/new"),
        "GET /new" => feed(),
        _ => answer("200 OK", "content-type: text/html\r\n", b"<html><body>Log in"),
    });
    let desk = Desk::new(&[format!("{}/feed", server.url), format!("{}/moved", server.url)]);
    assert_eq!(outcomes(&desk.round(now(), false)), ["failed", "updated"]);
    assert_eq!(desk.state("s0").moved_to, None);
    assert_eq!(desk.state("s1").moved_to, Some(format!("{}/new", server.url)));
}
