//! The daemon as a real process with real signals.

use std::fs;

use chrono::{DateTime, TimeDelta, Utc};

use crate::process::Daemon;
use crate::site::Site;

#[test]
fn the_daemon_serves_fetches_suggests_notices_changes_and_stops() {
    let site = Site::new();
    let mut daemon = Daemon::start(&site);
    assert!(daemon.get("/healthz", "").starts_with("HTTP/1.1 200"));
    let alive = |port: &str| {
        let listen = format!("server.listen={port}");
        site.run(&["--set", &listen, "status", "--alive"]).status.success()
    };
    assert!(alive(&daemon.address) && !alive("127.0.0.1:1"));
    let feed = daemon.get("/feeds/index.xml", "");
    assert!(
        feed.starts_with("HTTP/1.1 200") && feed.contains("application/rss+xml; charset=utf-8"),
        "{feed}"
    );
    let etag = feed.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    let cached = daemon.get("/feeds/index.xml", &format!("if-none-match: {etag}\r\n"));
    assert!(cached.starts_with("HTTP/1.1 304"), "{cached}");
    for (path, status) in [
        ("/", "200"),
        ("/opml", "200"),
        ("/feeds/", "200"),
        ("/feeds/nothing.xml", "404"),
        ("/feeds/.headwater-manifest.json", "404"),
        ("/feeds/..%2fconfig%2fheadwater.yaml", "404"),
    ] {
        let answer = daemon.get(path, "");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }

    let door = daemon.get("/", "");
    assert!(door.contains("<base href=\"/feeds/\">") && door.contains("href=\"./index.xml\""));

    daemon.wait_for("3 updated (24 new items)");
    daemon.wait_for("Suggestions");
    // A one-off regeneration beside the daemon is safe.
    assert!(site.run(&["regen"]).status.success());
    fs::write(
        site.path("articles/notes/new.md"),
        "---\ntitle: Just written\ndate: 2025-07-09\n---\nText\n",
    )
    .unwrap();
    daemon.wait_for("10 articles");
    assert!(daemon.get("/feeds/notes/index.xml", "").contains("Just written"));

    daemon.signal("-TERM");
    assert!(daemon.child.wait().unwrap().success(), "a clean stop is exit status 0");
}

#[test]
fn an_article_appears_when_it_is_due_and_goes_when_it_expires() {
    let site = Site::new();
    let (due, expiry) = (Utc::now() + TimeDelta::seconds(3), Utc::now() + TimeDelta::seconds(6));
    fs::write(
        site.path("articles/notes/soon.md"),
        format!(
            "---\ntitle: Soon\ndate: 2025-07-09\npublishDate: {}\nexpiryDate: {}\n---\nText\n",
            due.to_rfc3339(),
            expiry.to_rfc3339()
        ),
    )
    .unwrap();
    let mut daemon = Daemon::start(&site);
    for (line, moment, there) in [("10 articles", due, true), ("9 articles", expiry, false)] {
        if moment > Utc::now() {
            daemon.wait_for(line);
        }
        // The file itself tells when it was written: not before the moment.
        let file = fs::metadata(site.path("feeds/notes/index.xml")).unwrap();
        assert!(DateTime::<Utc>::from(file.modified().unwrap()) >= moment, "{line}");
        assert_eq!(daemon.get("/feeds/notes/index.xml", "").contains("Soon"), there, "{line}");
    }
}

#[test]
fn the_address_of_a_folded_spelling_leads_to_its_term() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    let canonical = "/feeds/tags/%E8%8B%B1%E4%BC%9F%E8%BE%BE";
    for file in ["index.xml", "atom.xml", "feed.json", ""] {
        let answer = daemon.get(&format!("/feeds/tags/nvidia/{file}"), "");
        assert!(answer.starts_with("HTTP/1.1 301"), "{answer}");
        assert!(answer.contains(&format!("location: {canonical}/{file}\r\n")), "{answer}");
    }
    assert!(daemon.get(&format!("{canonical}/atom.xml"), "").starts_with("HTTP/1.1 200"));
    // And on a disk that somebody else serves.
    let list = site.read("feeds/_redirects");
    assert!(list.contains(&format!("/feeds/tags/nvidia/* {canonical}/:splat 301\n")), "{list}");
    assert!(site.read("feeds/tags/nvidia/index.html").contains("http-equiv=\"refresh\""));
}
