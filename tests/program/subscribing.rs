//! How a hub is subscribed to, and what its pushes and anybody else's do: the real daemon between a
//! hub and a publisher on loopback.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};

use headwater::source::websub::Subscription;
use headwater::source::websub::subscription::Stage;
use headwater::store::Store;
use ring::hmac;
use url::Url;

use crate::process::Daemon;
use crate::pushing::read;
use crate::site::{Site, text};

/// Publisher and hub in one: `/feed` is a feed that names `/hub`, which accepts everything.
struct Upstream {
    url: String,
    heard: Receiver<String>,
}

impl Upstream {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, heard) = mpsc::channel();
        let base = url.clone();
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let request = read(&mut stream);
                let answer = if request.starts_with("GET /feed ") {
                    let body = feed("First");
                    format!(
                        "200 OK\r\nlink: <{base}/hub>; rel=\"hub\"\r\nlink: </feed>; rel=self\r\n\
                         content-type: application/rss+xml\r\ncontent-length: {}\r\n\
                         connection: close\r\n\r\n{body}",
                        body.len()
                    )
                } else {
                    "202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
                };
                drop(write!(stream, "HTTP/1.1 {answer}"));
                if tell.send(request).is_err() {
                    return;
                }
            }
        });
        Self { url, heard }
    }
}

/// A feed with one item.
fn feed(title: &str) -> String {
    format!(
        "<rss version='2.0'><channel><title>Pushed</title><item><title>{title}</title>\
         <link>https://a.example/{title}</link><guid>{title}</guid></item></channel></rss>"
    )
}

/// A form's field.
fn field(request: &str, name: &str) -> String {
    let body = request.split("\r\n\r\n").nth(1).unwrap();
    let form = Url::parse(&format!("x:?{body}")).unwrap();
    let value =
        form.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    value.unwrap_or_else(|| panic!("{name} in {request}"))
}

fn post(daemon: &Daemon, path: &str, body: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(&daemon.address).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\
         {more}\r\n{body}"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    text(&answer)
}

fn signature(secret: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let digits =
        tag.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("X-Hub-Signature: sha256={digits}\r\n")
}

fn titles(store: &Store) -> Vec<String> {
    let all = store.items_since(chrono::DateTime::UNIX_EPOCH).unwrap();
    let mut titles: Vec<String> = all.into_iter().map(|it| it.item.title).collect();
    titles.sort();
    titles
}

#[test]
fn a_hub_that_confirms_brings_news_without_a_visit_and_nobody_else_does() {
    let upstream = Upstream::start();
    let site = Site::new();
    let sources = format!("- id: pushed\n  name: Pushed\n  url: {}/feed\n", upstream.url);
    std::fs::write(site.path("config/sources.yaml"), sources).unwrap();
    let settings = ["server.public_url=http://127.0.0.1:9/h/", "fetch.allow_private=true"];
    let mut daemon = Daemon::start_with(&site, &settings, &["--allow-local"]);
    daemon.wait_for("1 updated");

    assert!(upstream.heard.recv().unwrap().starts_with("GET /feed "));
    let request = upstream.heard.recv().unwrap();
    assert!(request.starts_with("POST /hub "), "{request}");
    let topic = format!("{}/feed", upstream.url);
    assert_eq!(field(&request, "hub.mode"), "subscribe");
    assert_eq!(field(&request, "hub.topic"), topic);
    assert_eq!(field(&request, "hub.lease_seconds"), "864000");
    let callback = field(&request, "hub.callback");
    let path = callback.strip_prefix("http://127.0.0.1:9/h").unwrap().to_owned();
    let secret = field(&request, "hub.secret");
    assert!(path.len() > "/websub/".len() + 40 && secret.len() < 200, "{path} {secret}");

    // Only what was asked for is confirmed.
    let ask = |path: &str, mode: &str, topic: &str| {
        let query = "hub.challenge=c%26h&hub.lease_seconds=3600";
        daemon.get(&format!("{path}?hub.mode={mode}&hub.topic={topic}&{query}"), "")
    };
    let store = Store::open(&site.path("state/headwater.db")).unwrap();
    for (path, mode, topic) in [
        ("/websub/0123", "subscribe", topic.as_str()),
        (&path, "unsubscribe", &topic),
        (&path, "publish", &topic),
        (&path, "subscribe", "https://other.example/"),
        (&path, "denied", "https://other.example/"),
    ] {
        let answer = ask(path, mode, topic);
        assert!(answer.starts_with("HTTP/1.1 404 ") && !answer.contains("c&h"), "{answer}");
    }
    assert_eq!(store.subscriptions().unwrap()[0].stage, Stage::Wanted);
    let answer = ask(&path, "subscribe", &topic);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nc&h"), "{answer}");
    assert!(answer.contains("content-type: text/plain"), "{answer}");
    let shown = site.json(&["--json", "sources", "list"]);
    assert!(shown["sources"][0]["pushed_until"].is_string(), "{shown}");
    assert!(text(&site.run(&["sources", "list"]).stdout).contains("pushed until 20"));

    // Whoever is not the hub hears nothing of it, and brings nothing.
    let forged = feed("Forged");
    for wrong in [String::new(), signature("guess", &forged), signature(&secret, "other")] {
        assert!(post(&daemon, &path, &forged, &wrong).starts_with("HTTP/1.1 202 "));
    }
    assert!(post(&daemon, "/websub/0123", &forged, "").starts_with("HTTP/1.1 410 "));
    let news = feed("Second");
    let kind = "Content-Type: application/rss+xml\r\n";
    let answer = post(&daemon, &path, &news, &(signature(&secret, &news) + kind));
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    // It has answered before its work: what it then does is waited for.
    let known = || -> Subscription { store.subscriptions().unwrap().remove(0) };
    while titles(&store).len() < 2 || known().last_push.is_none() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(titles(&store), ["First", "Second"]);
    assert!(upstream.heard.try_recv().is_err(), "nobody was visited for it");
    assert_eq!(known().stage, Stage::Held);

    // The source is disabled: the hub is told at the next round, and may ask whether that is so.
    daemon.signal("-TERM");
    assert!(daemon.child.wait().unwrap().success());
    assert!(site.run(&["sources", "disable", "pushed"]).status.success());
    let daemon = Daemon::start_with(&site, &settings, &["--allow-local"]);
    let request = upstream.heard.recv().unwrap();
    assert_eq!(field(&request, "hub.mode"), "unsubscribe");
    assert_eq!(field(&request, "hub.callback"), callback);
    let answer =
        daemon.get(&format!("{path}?hub.mode=unsubscribe&hub.topic={topic}&hub.challenge=bye"), "");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("bye"), "{answer}");
    assert!(store.subscriptions().unwrap().is_empty());
}

#[test]
fn without_a_public_address_no_hub_hears_of_us() {
    let upstream = Upstream::start();
    let site = Site::new();
    let sources = format!("- id: pushed\n  name: Pushed\n  url: {}/feed\n", upstream.url);
    std::fs::write(site.path("config/sources.yaml"), sources).unwrap();
    let mut daemon = Daemon::start_with(&site, &["fetch.allow_private=true"], &[]);
    daemon.wait_for("1 updated");
    assert!(post(&daemon, "/websub/0123", "", "").starts_with("HTTP/1.1 404 "));
    let store = Store::open(&site.path("state/headwater.db")).unwrap();
    assert!(store.subscriptions().unwrap().is_empty());
    // Nor is a public address that only this machine can reach.
    let output = site.run(&["--set", "server.public_url=http://127.0.0.1:9/", "run"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("server.public_url is http://127.0.0.1:9/"));
}
