//! A site with a source on loopback that publishes when a test wants it, and what must always hold of
//! what lies on the disk.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::site::{Site, text};

/// Longest that something may take that comes by itself: machines that test are slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// What lets a daemon live through a day in seconds.
pub(crate) const FAST: &[&str] = &[
    "feeds.limit=100",
    "fetch.allow_private=true",
    "fetch.min_interval=0s",
    "fetch.max_interval=1s",
    "fetch.host_pause=0s",
    "schedule.fetch=* * * * * *",
    "schedule.regen=* * * * * *",
];

/// A feed with as many items as were published, told apart by an `ETag`.
pub(crate) struct Feed {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl Feed {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(1));
        let published = Arc::clone(&count);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let count = published.load(Ordering::SeqCst);
                let mut stream = BufReader::new(stream.unwrap());
                let (etag, mut known) = (format!("\"{count}\""), false);
                loop {
                    let mut line = String::new();
                    // Who asked may be dead by now.
                    if stream.read_line(&mut line).unwrap_or(0) <= 2 {
                        break;
                    }
                    let line = line.to_ascii_lowercase();
                    known |= line.starts_with("if-none-match:") && line.contains(&etag);
                }
                let (status, body) = if known {
                    ("304 Not Modified", String::new())
                } else {
                    ("200 OK", rss(count))
                };
                let answer = format!(
                    "HTTP/1.1 {status}\r\netag: {etag}\r\ncontent-type: application/rss+xml\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                drop(stream.get_mut().write_all(answer.as_bytes()));
            }
        });
        Self { port, count }
    }

    pub(crate) fn publish(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    /// The addresses of all that was published.
    pub(crate) fn published(&self) -> BTreeSet<String> {
        (0..self.count.load(Ordering::SeqCst)).map(address).collect()
    }
}

fn address(number: usize) -> String {
    format!("https://news.example/{number}")
}

fn rss(count: usize) -> String {
    let item = |number| {
        let url = address(number);
        format!(
            "<item><title>智能体新闻 {number}</title><link>{url}</link><guid>{url}</guid></item>"
        )
    };
    let items: String = (0..count).rev().map(item).collect();
    format!("<rss version=\"2.0\"><channel><title>N</title>{items}</channel></rss>")
}

/// A copy of the example site that follows nothing but `feed`.
pub(crate) fn site(feed: &Feed) -> Site {
    let site = Site::new();
    let source = format!("- {{id: news, name: N, url: 'http://127.0.0.1:{}/'}}\n", feed.port);
    fs::write(site.path("config/sources.yaml"), source).unwrap();
    site
}

/// The arguments that `more` is given with, under the settings [`FAST`].
pub(crate) fn fast<'a>(more: &[&'a str]) -> Vec<&'a str> {
    FAST.iter().flat_map(|one| ["--set", one]).chain(more.iter().copied()).collect()
}

/// Publishes an article, or edits the one that has this number.
pub(crate) fn write_article(site: &Site, number: usize, words: &str) {
    let body = format!("---\ntitle: {words}\ndate: 2025-06-01\ntags: [智能体]\n---\n{words}\n");
    fs::write(site.path(&format!("articles/insights/hardship-{number}.md")), body).unwrap();
}

/// The address of each stored item, and that each is there once.
pub(crate) fn items(database: &Path) -> BTreeSet<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(database, flags).unwrap();
    connection.busy_timeout(PATIENCE).unwrap();
    let mut statement = connection.prepare("select url from items").unwrap();
    let urls: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let all: BTreeSet<String> = urls.iter().cloned().collect();
    assert_eq!(all.len(), urls.len(), "an item is there twice");
    all
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // What is just being renamed away is no file any more.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(_) => found.push(entry.path()),
            Err(_) => {}
        }
    }
    found
}

fn is_hidden(file: &Path) -> bool {
    file.file_name().unwrap().to_string_lossy().starts_with('.')
}

/// Asserts that every file that readers may see is whole; how many there are.
pub(crate) fn assert_whole(feeds: &Path) -> usize {
    let mut count = 0;
    for file in files(feeds).into_iter().filter(|file| !is_hidden(file)) {
        let Ok(content) = fs::read_to_string(&file) else { continue };
        let name = file.display();
        match file.extension().and_then(|end| end.to_str()) {
            Some("xml" | "opml") => {
                let parsed = roxmltree::Document::parse(&content);
                assert!(parsed.is_ok(), "{name} is half a file: {:?}", parsed.err());
            }
            Some("json") => {
                let parsed: Result<serde_json::Value, _> = serde_json::from_str(&content);
                assert!(parsed.is_ok(), "{name} is half a file: {:?}", parsed.err());
            }
            Some("html") => {
                assert!(content.trim_end().ends_with("</html>"), "{name} is half a file");
            }
            _ => continue,
        }
        count += 1;
    }
    count
}

/// What runs that died have left in the feeds' folder.
pub(crate) fn leftovers(feeds: &Path) -> Vec<PathBuf> {
    let unfinished = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(".headwater-new-") || name == ".headwater-writing"
    };
    files(feeds).into_iter().filter(unfinished).collect()
}

/// Waits until something holds that comes by itself.
pub(crate) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < PATIENCE, "still not: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What `status` says, and whether it is well.
pub(crate) fn status(site: &Site) -> (bool, String) {
    let output = site.run(&["status"]);
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}
