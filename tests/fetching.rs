//! Visits to a real server on loopback: the exact requests that arrive, and what is made of answers.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use headwater::source::fetch::{Fetched, Fetcher, Settings};
use headwater::source::politeness::{self, Limits, Outcome, State};
use headwater::source::{Source, Tier};

/// A server that gives each connection the next of its answers, and tells what was asked.
struct Server {
    address: String,
    requests: mpsc::Receiver<String>,
}

impl Server {
    fn start(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (tell, requests) = mpsc::channel();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                tell.send(read_request(&stream)).unwrap();
                // The client may have heard enough and gone.
                drop(stream.write_all(&answer));
            }
        });
        Self { address, requests }
    }

    fn asked(&self) -> String {
        self.requests.recv().unwrap()
    }
}

fn read_request(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    lines.take_while(|line| !line.is_empty()).fold(String::new(), |all, line| all + &line + "\n")
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn settings() -> Settings {
    Settings {
        contact: Some("https://example.org/about/".into()),
        concurrency: 4,
        per_host: 1,
        host_pause: Duration::ZERO,
        timeout: Duration::from_secs(20),
        max_body: 64 * 1024,
        allow_private: true,
        rsshub: None,
        proxy: None,
        root: PathBuf::new(),
    }
}

fn source(url: &str) -> Source {
    Source {
        id: "one".into(),
        name: "One".into(),
        url: url.into(),
        language: None,
        tier: Tier::Media,
        weight: 1.0,
        topics: Vec::new(),
        interval: None,
        headers: [("x-key".to_owned(), "secret".to_owned())].into(),
        enabled: true,
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap()
}

const LIMITS: Limits =
    Limits { min_interval: Duration::from_hours(1), max_interval: Duration::from_hours(24) };

fn visit(settings: Settings, source: &Source, state: &State) -> Fetched {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fetcher = Fetcher::new(settings).unwrap();
    runtime.block_on(fetcher.visit(source, state, now()))
}

#[test]
fn the_first_request_is_plain_and_the_second_sends_back_the_validators() {
    let validators = "etag: \"a b\"\r\nlast-modified: Fri, 13 Jun 2025 08:00:00 GMT\r\n";
    let server = Server::start(vec![
        answer("200 OK", validators, b"<rss/>"),
        answer("304 Not Modified", "etag: \"c\"\r\n", b""),
    ]);
    let source = source(&format!("{}/feed", server.address));
    let first = visit(settings(), &source, &State::default());
    let asked = server.asked();
    assert!(asked.starts_with("GET /feed HTTP/1.1\n"), "{asked}");
    let agent = format!(
        "user-agent: Headwater/{} (+https://example.org/about/)",
        env!("CARGO_PKG_VERSION")
    );
    for part in
        [agent.as_str(), "accept: application/atom+xml", "accept-encoding: ", "x-key: secret"]
    {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    for part in ["if-none-match", "if-modified-since", "cookie", "referer"] {
        assert!(!asked.contains(part), "{part}: {asked}");
    }
    assert_eq!(first.body.unwrap().bytes, b"<rss/>");
    let state = politeness::after(&State::default(), &first.visit, now(), &LIMITS);
    let second = visit(settings(), &source, &state);
    let asked = server.asked();
    assert!(asked.contains("if-none-match: \"a b\"\n"), "{asked}");
    assert!(asked.contains("if-modified-since: Fri, 13 Jun 2025 08:00:00 GMT\n"), "{asked}");
    assert_eq!(politeness::outcome(&second.visit), Outcome::Unchanged);
    assert!(second.body.is_none());
}

#[test]
fn a_permanent_move_is_remembered_and_secrets_stay_with_their_host() {
    let other = Server::start(vec![answer("200 OK", "", b"<rss/>")]);
    let target = format!("{}/new", other.address);
    let server = Server::start(vec![answer(
        "301 Moved Permanently",
        &format!("location: {target}\r\n"),
        b"",
    )]);
    let fetched = visit(settings(), &source(&server.address), &State::default());
    assert!(server.asked().contains("x-key: secret"));
    assert!(!other.asked().contains("secret"), "another host must not see the source's headers");
    assert_eq!(fetched.visit.moved_to.as_deref(), Some(target.as_str()));
}

#[test]
fn a_temporary_redirect_is_followed_and_not_remembered() {
    let server = Server::start(vec![
        answer("302 Found", "location: /elsewhere\r\n", b""),
        answer("200 OK", "", b"<rss/>"),
    ]);
    let fetched = visit(settings(), &source(&server.address), &State::default());
    assert!(server.asked().starts_with("GET / "));
    assert!(server.asked().starts_with("GET /elsewhere "));
    assert_eq!(fetched.visit.moved_to, None);
}

#[test]
fn a_circle_of_redirects_ends() {
    let server = Server::start(vec![answer("302 Found", "location: /\r\n", b""); 11]);
    let fetched = visit(settings(), &source(&server.address), &State::default());
    assert_eq!(fetched.visit.error.as_deref(), Some("more than 10 redirects"));
}

#[test]
fn what_a_server_says_decides_what_follows() {
    for (status, headers, outcome, hours) in [
        ("410 Gone", "", Outcome::Gone, 1),
        ("429 Too Many Requests", "retry-after: 7200\r\n", Outcome::Failed, 2),
        (
            "503 Service Unavailable",
            "retry-after: Sun, 15 Jun 2025 18:06:40 GMT\r\n",
            Outcome::Failed,
            3,
        ),
        ("404 Not Found", "", Outcome::Failed, 1),
        ("304 Not Modified", "", Outcome::Failed, 1),
        ("200 OK", "cache-control: max-age=14400\r\n", Outcome::Updated, 4),
    ] {
        let server = Server::start(vec![answer(status, headers, b"")]);
        let fetched = visit(settings(), &source(&server.address), &State::default());
        assert_eq!(politeness::outcome(&fetched.visit), outcome, "{status}");
        let state = politeness::after(&State::default(), &fetched.visit, now(), &LIMITS);
        assert_eq!((state.next_at.unwrap() - now()).num_hours(), hours, "{status}");
    }
}

#[test]
fn a_body_is_bounded_also_when_it_grows_by_decompression() {
    // A megabyte of zeros in gzip: a stored header and a thousandth of the size.
    let bomb = include_bytes!("fixtures/zeros.gz");
    for (headers, body) in [("", vec![b'a'; 70_000]), ("content-encoding: gzip\r\n", bomb.to_vec())]
    {
        let server = Server::start(vec![answer("200 OK", headers, &body)]);
        let fetched = visit(settings(), &source(&server.address), &State::default());
        let error = fetched.visit.error.unwrap();
        assert!(error.starts_with("the answer is larger than 65536 bytes"), "{error}");
    }
}

#[test]
fn a_private_address_is_refused_unless_it_is_allowed() {
    let closed = Settings { allow_private: false, ..settings() };
    for url in
        ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://2130706433:9/"]
    {
        let error = visit(closed.clone(), &source(url), &State::default()).visit.error.unwrap();
        assert!(error.contains("is a private address"), "{url}: {error}");
    }
    let server = Server::start(vec![answer("200 OK", "", b"<rss/>")]);
    let hub = Settings { rsshub: Some(server.address.parse().unwrap()), ..closed };
    assert!(visit(hub, &source("rsshub://openai/news"), &State::default()).body.is_some());
    assert!(server.asked().starts_with("GET /openai/news "));
}

#[test]
fn what_cannot_be_reached_says_why() {
    for (url, expected) in [
        ("http://127.0.0.1:1/", "no connection: "),
        ("rsshub://openai/news", "set `fetch.rsshub`"),
        ("file:/nowhere/feed.xml", "/nowhere/feed.xml: "),
    ] {
        let error = visit(settings(), &source(url), &State::default()).visit.error.unwrap();
        assert!(error.contains(expected), "{url}: {error}");
    }
}
