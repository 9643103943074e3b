//! A server on loopback that remembers every byte that it is asked, and what most visits share.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use chrono::{DateTime, Utc};
use headwater::source::fetch::{Fetched, Fetcher, Network, Settings};
use headwater::source::politeness::{Limits, State};
use headwater::source::{Source, Tier};

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked(pub(crate) Vec<u8>);

impl Asked {
    /// The request as text, where it is one.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.clone()).unwrap()
    }

    /// Method and target.
    pub(crate) fn target(&self) -> String {
        let line = String::from_utf8_lossy(&self.0).lines().next().unwrap().to_owned();
        line.trim_end_matches(" HTTP/1.1").to_owned()
    }

    /// The value of a header, byte for byte.
    pub(crate) fn header(&self, name: &str) -> Option<Vec<u8>> {
        self.0.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let at = line.iter().position(|byte| *byte == b':')?;
            let known = line[..at].eq_ignore_ascii_case(name.as_bytes());
            known.then(|| line[at + 1..].trim_ascii_start().to_vec())
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.header(name).is_some()
    }
}

/// A server that answers each request as it is told to, on a connection of its own.
pub(crate) struct Server {
    /// Its address without a path.
    pub(crate) url: String,
    pub(crate) port: u16,
    requests: mpsc::Receiver<Asked>,
}

impl Server {
    /// Gives each request the next of `answers`, and then none.
    pub(crate) fn start(answers: Vec<Vec<u8>>) -> Self {
        let answers = std::sync::Mutex::new(answers.into_iter());
        Self::at("127.0.0.1", move |_| answers.lock().unwrap().next().unwrap_or_default())
    }

    /// Answers at `host`, which is one of this machine's own addresses.
    pub(crate) fn at(
        host: &str,
        answer: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, requests) = mpsc::channel();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, tell, answer) = (stream.unwrap(), tell.clone(), answer.clone());
                std::thread::spawn(move || {
                    let asked = read_head(&mut stream);
                    let answer = answer(&asked);
                    // The test, or the client, may have heard enough and gone.
                    drop(tell.send(asked));
                    drop(stream.write_all(&answer));
                });
            }
        });
        Self { url: format!("http://{host}:{port}"), port, requests }
    }

    /// The next request, which has arrived or is about to; one that never comes is no reason to
    /// wait for ever.
    pub(crate) fn asked(&self) -> Asked {
        self.requests.recv_timeout(Duration::from_mins(1)).unwrap()
    }

    /// The requests that have arrived and were not looked at yet.
    pub(crate) fn rest(&self) -> Vec<Asked> {
        self.requests.try_iter().collect()
    }
}

/// Reads up to the empty line, and the body where there is one.
pub(crate) fn read_head(stream: &mut TcpStream) -> Asked {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let mut asked = Asked(head);
    let length = asked.header("content-length").map(|length| String::from_utf8(length).unwrap());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    if stream.read_exact(&mut body).is_ok() {
        asked.0.extend(body);
    }
    asked
}

pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A feed with an entry.
pub(crate) fn feed() -> Vec<u8> {
    answer("200 OK", "", FEED)
}

pub(crate) const FEED: &[u8] =
    b"<rss version='2.0'><channel><title>One</title><item><title>A</title>\
      <link>https://example.org/a</link></item></channel></rss>";

pub(crate) fn redirect(status: u16, to: &str) -> Vec<u8> {
    answer(&format!("{status} Elsewhere"), &format!("location: {to}\r\n"), b"moved")
}

pub(crate) fn settings() -> Settings {
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

pub(crate) fn source(url: &str) -> Source {
    Source {
        id: "one".into(),
        name: "One".into(),
        url: url.into(),
        language: None,
        tier: Tier::Media,
        weight: 1.0,
        topics: Vec::new(),
        interval: None,
        headers: [].into(),
        stale_after: None,
        enabled: true,
    }
}

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap()
}

pub(crate) const LIMITS: Limits = Limits {
    min_interval: Duration::from_hours(1),
    max_interval: Duration::from_hours(24),
    share: 0,
};

/// One visit by somebody who knows no host yet.
pub(crate) fn visit(settings: Settings, source: &Source, state: &State) -> Fetched {
    visit_in(&Network::default(), settings, source, state)
}

pub(crate) fn visit_in(
    network: &Network,
    settings: Settings,
    source: &Source,
    state: &State,
) -> Fetched {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fetcher = Fetcher::with(settings, HashMap::new(), network).unwrap();
    runtime.block_on(fetcher.visit(source, state, now()))
}

/// A first visit to `url`, and why it failed.
pub(crate) fn error(settings: Settings, url: &str) -> String {
    visit(settings, &source(url), &State::default()).visit.error.unwrap()
}
