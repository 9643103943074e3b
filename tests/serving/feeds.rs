//! Feeds as readers get them: forms, validators, the new entries alone, scripts, readers counted.

use std::fmt::Write;
use std::time::SystemTime;

use headwater::web::tally;

use crate::server::{Answer, Server};

const FILES: [&str; 3] = ["index.xml", "atom.xml", "feed.json"];

/// A feed with these entries, one a day, in the format of the file `name`.
fn feed(name: &str, entries: &[&str]) -> String {
    let dates = (1..=28).rev().map(|day| format!("2025-06-{day:02}T08:00:00Z"));
    let each = |entry: &dyn Fn(&str, &str) -> String, between: &str| {
        let all: Vec<String> =
            entries.iter().zip(dates.clone()).map(|(id, date)| entry(id, &date)).collect();
        all.join(between)
    };
    match name {
        "index.xml" => format!(
            "<rss version=\"2.0\"><channel><title>T</title>{}</channel></rss>",
            each(
                &|id, _| format!(
                    "<item><guid>{id}</guid><description>{}</description></item>",
                    "词".repeat(90)
                ),
                ""
            )
        ),
        "atom.xml" => format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>T</title>{}</feed>",
            each(&|id, date| format!("<entry><id>{id}</id><updated>{date}</updated></entry>"), "")
        ),
        _ => format!(
            "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{}]}}",
            each(&|id, date| format!("{{\"id\":\"{id}\",\"date_published\":\"{date}\"}}"), ",")
        ),
    }
}

fn ids(name: &str, feed: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(feed).unwrap();
    if name == "feed.json" {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let items = value["items"].as_array().unwrap();
        return items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    }
    let document = roxmltree::Document::parse(text).unwrap();
    let is_id = |node: &roxmltree::Node| matches!(node.tag_name().name(), "guid" | "id");
    document.descendants().filter(is_id).filter_map(|node| node.text()).map(str::to_owned).collect()
}

#[test]
fn each_form_of_a_feed_has_a_tag_and_any_of_them_says_that_the_client_has_it() {
    let server = Server::start();
    let entries: Vec<String> = (0..20).map(|number| format!("entry-{number}")).collect();
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    for name in FILES {
        let text = feed(name, &entries);
        server.put(name, &text);
        let path = format!("/feeds/{name}");
        let mut tags = Vec::new();
        for (accepted, coding) in [
            ("", None),
            ("accept-encoding: gzip, deflate\r\n", Some("gzip")),
            ("accept-encoding: gzip, deflate, br, zstd\r\n", Some("br")),
            ("accept-encoding: zstd, br;q=0.9\r\n", Some("zstd")),
            ("accept-encoding: identity;q=0\r\n", None),
        ] {
            let answer = server.get(&path, accepted);
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.field("content-encoding"), coding, "{accepted}");
            assert_eq!(answer.decoded(), text.as_bytes(), "{accepted}");
            assert_eq!(answer.field("vary"), Some("Accept-Encoding"));
            assert_eq!(answer.field("content-length"), Some(&*answer.body.len().to_string()));
            assert_eq!(coding.is_some(), answer.body.len() < text.len());
            tags.push(answer.tag().to_owned());

            let head = server.ask("HEAD", &path, accepted);
            assert!(head.body.is_empty() && head.status == 200);
            for field in
                ["etag", "content-length", "content-encoding", "content-type", "last-modified"]
            {
                assert_eq!(head.field(field), answer.field(field), "{field}");
            }
            let since =
                format!("if-modified-since: {}\r\n", answer.field("last-modified").unwrap());
            assert_eq!(server.get(&path, &since).status, 304);
        }
        assert_eq!(tags[0], tags[4]);
        tags.truncate(4);
        assert!(tags.iter().enumerate().all(|(at, tag)| !tags[..at].contains(tag)), "{tags:?}");
        for tag in &tags {
            for list in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
                let fields = format!("if-none-match: {list}\r\naccept-encoding: br\r\n");
                let answer = server.get(&path, &fields);
                assert!(answer.status == 304 && answer.body.is_empty(), "{answer:?}");
                let named = if list == "*" { &tags[2] } else { tag };
                assert_eq!(answer.tag(), named);
                assert!(
                    answer.field("content-encoding").is_none() && answer.field("vary").is_some()
                );
                let head = server.ask("HEAD", &path, &fields);
                assert_eq!((head.status, head.tag()), (304, &**named));
            }
        }
        let other = server.get(&path, "if-none-match: \"0000000000000000000000000000000a\"\r\n");
        assert_eq!(other.status, 200);
    }
}

#[test]
fn a_reader_that_takes_new_entries_alone_is_sent_them() {
    let server = Server::start();
    for name in FILES {
        let path = format!("/feeds/{name}");
        server.put(name, &feed(name, &["b", "a"]));
        let old = server.get(&path, "a-im: feed\r\n");
        assert_eq!((old.status, ids(name, &old.body)), (200, vec!["b".into(), "a".into()]));
        server.put(name, &feed(name, &["d", "c", "b"]));
        let fields = format!("if-none-match: {}\r\n", old.tag());
        assert_eq!(server.get(&path, &fields).status, 200, "who does not ask for it gets it all");
        for accepted in ["", "accept-encoding: gzip\r\n", "accept-encoding: br\r\n"] {
            let new = server.get(&path, &format!("a-im: vcdiff, feed\r\n{fields}{accepted}"));
            assert_eq!(new.status, 226, "{new:?}");
            assert!(new.head.starts_with("HTTP/1.1 226 IM Used\r\n"), "{}", new.head);
            // Atom's dates follow the place, so that each entry there is an edited one.
            let expected: &[&str] =
                if name == "index.xml" { &["d", "c"] } else { &["d", "c", "b"] };
            assert_eq!(ids(name, &new.decoded()), expected);
            assert_eq!(new.field("im"), Some("feed"));
            assert_eq!(new.field("vary"), Some("Accept-Encoding, A-IM, If-None-Match"));
            assert!(new.field("cache-control").unwrap().starts_with("no-store, im, max-age="));
            // The tag is the whole feed's: with it, there is nothing new.
            let tag = format!("a-im: feed\r\nif-none-match: {}\r\n", new.tag());
            assert_eq!(server.get(&path, &tag).status, 304);
        }
        let head = server.ask("HEAD", &path, &format!("a-im: feed\r\n{fields}"));
        assert!(head.status == 226 && head.body.is_empty(), "{head:?}");
        let unknown = "a-im: feed\r\nif-none-match: \"0000000000000000000000000000000a\"\r\n";
        let whole = server.get(&path, unknown);
        assert_eq!((whole.status, ids(name, &whole.body).len()), (200, 3));
    }
}

#[test]
fn how_long_a_feed_may_be_kept_follows_its_rhythm() {
    let server = Server::start();
    server.put("daily/atom.xml", &feed("atom.xml", &["e", "d", "c", "b", "a"]));
    server.put("new/atom.xml", &feed("atom.xml", &["a"]));
    for (path, expected) in [("daily", "public, max-age=3600"), ("new", "public, max-age=300")] {
        let answer = server.get(&format!("/feeds/{path}/atom.xml"), "");
        assert_eq!(answer.field("cache-control"), Some(expected), "{path}");
    }
}

#[test]
fn readers_in_browsers_may_read_everything_and_ask_before() {
    let server = Server::start();
    server.put("index.xml", &feed("index.xml", &["a"]));
    let preflight = "origin: https://reader.example\r\naccess-control-request-method: GET\r\n\
                     access-control-request-headers: a-im, if-none-match\r\n";
    let allowed = server.ask("OPTIONS", "/feeds/index.xml", preflight);
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.field("access-control-allow-methods"), Some("GET, HEAD, OPTIONS"));
    let fields = allowed.field("access-control-allow-headers").unwrap().to_lowercase();
    assert!(fields.contains("a-im") && fields.contains("if-none-match"), "{fields}");
    let tag = format!("if-none-match: {}\r\n", server.get("/feeds/index.xml", "").tag());
    for answer in [
        allowed,
        server.get("/feeds/index.xml", ""),
        server.get("/feeds/index.xml", &tag),
        server.get("/feeds/nothing.xml", ""),
        server.get("/feeds/tags/old/index.xml", ""),
        server.ask("DELETE", "/feeds/index.xml", ""),
    ] {
        assert_eq!(answer.field("access-control-allow-origin"), Some("*"), "{answer:?}");
        assert!(answer.field("access-control-expose-headers").unwrap().contains("ETag"));
    }
}

#[test]
fn what_is_asked_for_by_another_name_is_found_or_led_to() {
    let server = Server::start();
    for name in ["index.html", "subscriptions.opml", "tags/人工智能/index.xml", "tags/new/atom.xml"]
    {
        server.put(name, "<html><head></head></html>");
    }
    for (path, status, expected) in [
        ("/", 200, "text/html; charset=utf-8"),
        ("/opml", 200, "text/x-opml; charset=utf-8"),
        ("/feeds/", 200, "text/html; charset=utf-8"),
        ("/feeds/index.html?utm_source=x", 200, "text/html; charset=utf-8"),
        (
            "/feeds/tags/%E4%BA%BA%E5%B7%A5%E6%99%BA%E8%83%BD/index.xml",
            200,
            "application/rss+xml; charset=utf-8",
        ),
        (
            "/feeds/tags/%e4%ba%ba%E5%B7%A5%E6%99%BA%E8%83%BD/index%2exml",
            200,
            "application/rss+xml; charset=utf-8",
        ),
        ("/feeds", 308, "/feeds/"),
        ("/feeds/tags/old/atom.xml", 301, "/feeds/tags/new/atom.xml"),
        ("/feeds/tags/old", 301, "/feeds/tags/new/"),
        ("/healthz", 200, "text/plain; charset=utf-8"),
        ("/nothing", 404, ""),
    ] {
        let answer = server.get(path, "");
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        let told = answer.field("location").or(answer.field("content-type"));
        assert!(expected.is_empty() || told == Some(expected), "{path}: {answer:?}");
    }
    let door = server.get("/", "").text();
    assert!(door.contains("<base href=\"/feeds/\">"), "{door}");
}

#[test]
fn a_file_that_changes_or_goes_is_never_served_by_halves_or_after() {
    let server = Server::start();
    let whole = |letter: &str| letter.repeat(200_000);
    server.put("index.xml", &whole("a"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (0..100)
                .for_each(|at| server.put("index.xml", &whole(if at % 2 == 0 { "b" } else { "a" })))
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let answer = server.get("/feeds/index.xml", "");
                    assert_eq!((answer.status, answer.body.len()), (200, 200_000));
                    assert!(answer.body.iter().all(|byte| *byte == answer.body[0]));
                }
            });
        }
    });
    std::fs::remove_file(server.folder.path().join("index.xml")).unwrap();
    assert_eq!(server.get("/feeds/index.xml", "").status, 404);
}

#[test]
fn readers_are_counted_by_what_they_say_and_not_by_how_often_they_ask() {
    let server = Server::start();
    server.put("index.xml", &feed("index.xml", &["a"]));
    server.put("index.html", "page");
    let ask = |path: &str, address: &str, agent: &str| -> Answer {
        let mut fields = String::new();
        write!(fields, "x-forwarded-for: {address}\r\nuser-agent: {agent}\r\n").unwrap();
        server.get(path, &fields)
    };
    let feedly = |number: u32| format!("Feedly/1.0 (+http://feedly.com; {number} subscribers)");
    for (path, address, agent) in [
        ("/feeds/index.xml", "192.0.2.1", "Reeder/5".to_owned()),
        ("/feeds/index.xml", "192.0.2.1", "Reeder/5".to_owned()),
        ("/feeds/index.xml", "192.0.2.2", "Reeder/5".to_owned()),
        ("/feeds/index.xml", "192.0.2.3", feedly(11)),
        ("/feeds/index.xml", "192.0.2.4", feedly(12)),
        ("/feeds/index.html", "192.0.2.5", "Firefox".to_owned()),
        ("/feeds/none.xml", "192.0.2.6", "Reeder/5".to_owned()),
    ] {
        ask(path, address, &agent);
    }
    let counts = server.tally.take(tally::day(SystemTime::now()));
    assert_eq!(counts.len(), 1, "{counts:?}");
    let aggregators: Vec<_> =
        counts[0].aggregators.iter().map(|one| (one.name.as_str(), one.subscribers)).collect();
    assert_eq!((counts[0].readers, aggregators), (2, vec![("feedly", 12)]));
}
