//! What a hub hears: exactly what changed, again where it was away, and never to anybody's cost.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};

use chrono::{TimeDelta, Utc};
use headwater::daemon::push::{Pusher, Round};
use headwater::store::Store;
use url::Url;

use crate::site::{Site, text};

/// A hub on loopback that answers every request with the next of its answers, and the last one from
/// then on.
struct Hub {
    url: String,
    heard: Receiver<String>,
}

impl Hub {
    fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hub", listener.local_addr().unwrap());
        let (tell, heard) = mpsc::channel();
        std::thread::spawn(move || {
            let mut answers = answers.iter();
            let mut answer = "204 No Content";
            while let Ok((mut stream, _)) = listener.accept() {
                let request = read(&mut stream);
                answer = answers.next().unwrap_or(&answer);
                drop(write!(
                    stream,
                    "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                ));
                if tell.send(request).is_err() {
                    return;
                }
            }
        });
        Self { url, heard }
    }

    /// The feeds that it was told of until now.
    fn feeds(&self) -> Vec<String> {
        let topic = |request: String| {
            assert!(request.starts_with("POST /hub HTTP/1.1\r\n"), "{request}");
            assert!(request.to_lowercase().contains("user-agent: headwater/"), "{request}");
            let body = request.split("\r\n\r\n").nth(1).unwrap();
            let form = Url::parse(&format!("x:?{body}")).unwrap();
            let value = |name: &str| {
                form.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
            };
            assert_eq!(value("hub.mode").as_deref(), Some("publish"));
            assert_eq!(value("hub.url"), value("hub.topic"));
            value("hub.url").unwrap()
        };
        self.heard.try_iter().map(topic).collect()
    }
}

/// A whole request with a body.
pub(crate) fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap_or(0);
        bytes.extend_from_slice(&buffer[..count]);
        let request = text(&bytes);
        let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
        let length = head.to_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length: ").and_then(|length| length.parse::<usize>().ok())
        });
        if count == 0 || body.len() >= length.unwrap_or(0) {
            return request;
        }
    }
}

#[test]
fn a_hub_is_told_of_exactly_what_changed() {
    let site = Site::new();
    let hub = Hub::start(&[]);
    let set = format!("feeds.hub={}", hub.url);
    assert!(site.run(&["--set", &set, "regen", "--dry-run"]).status.success());
    assert_eq!(hub.feeds(), Vec::<String>::new());

    let report = site.json(&["--json", "--set", &set, "regen"]);
    let told = hub.feeds();
    let feeds = usize::try_from(report["feeds"].as_u64().unwrap()).unwrap();
    assert_eq!(told.len(), feeds * 3, "each format of each feed, once");
    assert!(site.run(&["--set", &set, "regen"]).status.success());
    assert_eq!(hub.feeds(), Vec::<String>::new(), "nothing changed");

    let article = site.path("articles/notes/writing-references.md");
    let changed = fs::read_to_string(&article).unwrap() + "\nOne more sentence.\n";
    fs::write(&article, changed).unwrap();
    assert!(site.run(&["--set", &set, "regen"]).status.success());
    let told: BTreeSet<String> = hub.feeds().into_iter().collect();
    let base = "https://example.org/feeds/";
    for (feed, expected) in [
        ("index.xml", true),
        ("notes/atom.xml", true),
        ("tags/references/feed.json", true),
        ("insights/index.xml", false),
        ("tags/scale-ai/index.xml", false),
        ("suggestions/index.xml", false),
    ] {
        assert_eq!(told.contains(&format!("{base}{feed}")), expected, "{feed}: {told:?}");
    }
    assert!(told.iter().all(|url| !url.contains("html") && !url.contains("opml")));

    // Without a hub nobody is told anything.
    fs::write(&article, "---\ntitle: New\ndate: 2025-07-01\n---\n").unwrap();
    assert!(site.run(&["regen"]).status.success());
    assert_eq!(hub.feeds(), Vec::<String>::new());
}

#[test]
fn a_hub_that_is_away_is_told_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("h.db")).unwrap();
    let hub = Hub::start(&["500 Oops", "503 Busy\r\nretry-after: 600", "202 Accepted"]);
    let pusher =
        Pusher::new(Url::parse(&hub.url).unwrap(), "Headwater/test", store.clone()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let round = |at| runtime.block_on(pusher.round(at)).unwrap();
    let (told, failed) = (Round { told: 1, failed: 0 }, Round { told: 0, failed: 1 });
    let start = Utc::now();
    let minutes = |minutes| start + TimeDelta::minutes(minutes);

    store.queue_pushes(vec!["https://example.org/feeds/index.xml".into()], start).unwrap();
    assert_eq!(round(start), failed);
    assert_eq!(round(start), Round::default(), "not before its time");
    assert_eq!(round(minutes(2)), failed);
    assert_eq!(round(minutes(11)), Round::default(), "the hub asked for ten minutes");
    assert_eq!(round(minutes(13)), told);
    assert_eq!(round(minutes(600)), Round::default(), "and then it knows");
    assert_eq!(hub.feeds().len(), 3);

    // What changes while a push fails is told at once.
    let away = Hub::start(&["500 Oops"]);
    let pusher = Pusher::new(Url::parse(&away.url).unwrap(), "Headwater/test", store.clone());
    store.queue_pushes(vec!["https://example.org/a".into()], start).unwrap();
    let stale = store.due_pushes(start).unwrap().remove(0);
    assert_eq!(runtime.block_on(pusher.unwrap().round(start)).unwrap(), failed);
    store.queue_pushes(vec!["https://example.org/a".into()], start).unwrap();
    assert_eq!(store.due_pushes(start).unwrap()[0].attempts, 0);
    // And what was told before is not taken for it.
    store.push_done(stale).unwrap();
    assert_eq!(store.due_pushes(start).unwrap().len(), 1);
}

#[test]
fn a_hub_that_does_not_answer_keeps_nobody() {
    let site = Site::new();
    // It accepts connections, and says nothing for ever.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let set = format!("feeds.hub=http://{}/", listener.local_addr().unwrap());
    let output = site.run(&["--set", &set, "regen"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("was not told of every change"));
    assert!(site.path("feeds/index.xml").is_file());
    // Nothing is lost: the store still knows.
    let store = Store::open(&site.path("state/headwater.db")).unwrap();
    assert!(store.next_push().unwrap().is_some());
}
