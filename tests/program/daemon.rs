//! The daemon as a real process with real signals.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};

use crate::site::{Site, text};

/// A daemon that ends with the test, however that ends.
pub(crate) struct Daemon {
    pub(crate) child: Child,
    address: String,
    lines: BufReader<std::process::ChildStdout>,
}

impl Daemon {
    pub(crate) fn start(site: &Site) -> Self {
        let mut command = site.command(&["--set", "server.listen=127.0.0.1:0", "run"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut this = Self { child, address: String::new(), lines };
        let line = this.wait_for("Serving http://");
        let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
        address.clone_into(&mut this.address);
        this
    }

    /// Reads on until a line has `part`; the test's own time limit is the harness's.
    pub(crate) fn wait_for(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "it ended before it said {part}");
            if line.contains(part) {
                return line;
            }
        }
    }

    pub(crate) fn get(&self, path: &str, more: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        text(&answer)
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn the_daemon_serves_fetches_suggests_notices_changes_and_stops() {
    let site = Site::new();
    let mut daemon = Daemon::start(&site);
    assert!(daemon.get("/healthz", "").starts_with("HTTP/1.1 200"));
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
