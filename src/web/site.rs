//! What every request passes: its bounds, the feeds, and the router for the rest.
//!
//! Feeds are asked for thousands of times as often as anything else, so their way through here is
//! short: nothing is read, copied or written down for a feed that is in memory. What [`listener`] (the
//! sockets) and `hyper` (the protocol) let through is bounded here: long addresses and headers, and
//! bodies where none belongs.
//!
//! [`listener`]: super::listener

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::api::Peer;
use super::polls::{Cost, Polls};
use super::shelf::Missing;
use super::{Limits, Shown, answer, media, tally, visitor};

/// What a part of a path may not contain as it is (RFC 3986 §3.3).
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// Everything that is served.
#[derive(Debug)]
pub struct Site {
    shown: Arc<Shown>,
    router: TowerToHyperService<Router>,
    pub(super) limits: Limits,
    polls: Mutex<Polls>,
    /// Makes the keys of `polls`; nobody can tell from one whose it is.
    secret: RandomState,
}

impl Site {
    /// Serves what is `shown`, within `limits`.
    pub fn new(shown: Shown, limits: Limits) -> Arc<Self> {
        let shown = Arc::new(shown);
        let router = TowerToHyperService::new(super::router(&shown));
        let polls = Mutex::new(Polls::new(limits.polls));
        Arc::new(Self { shown, router, limits, polls, secret: RandomState::new() })
    }

    /// The answer to a request from `peer`.
    pub async fn answer(&self, peer: IpAddr, request: Request<Incoming>) -> Response {
        if let Some(refusal) = self.refusal(&request) {
            return refusal;
        }
        let Some(path) = feed_of(request.uri().path()) else {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            let Ok(response) = self.router.call(request).await;
            return response;
        };
        let mut response = match *request.method() {
            Method::GET | Method::HEAD => self.feed(peer, path, &request).await,
            Method::OPTIONS => answer::options(),
            _ => answer::no_such_method(),
        };
        answer::readable_by_scripts(response.headers_mut());
        response
    }

    /// The answer to a request that is larger than any that makes sense.
    fn refusal(&self, request: &Request<Incoming>) -> Option<Response> {
        let asked = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
        let size = |(name, value): (&header::HeaderName, &HeaderValue)| {
            name.as_str().len() + value.len() + ": \r\n".len()
        };
        let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let (status, text) = if asked > self.limits.line {
            (StatusCode::URI_TOO_LONG, "the address is too long\n")
        } else if request.headers().iter().map(size).sum::<usize>() > self.limits.headers {
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long\n")
        } else if reads && !request.body().is_end_stream() {
            (StatusCode::PAYLOAD_TOO_LARGE, "a request to read has no body\n")
        } else {
            return None;
        };
        Some((status, [(header::CONNECTION, "close")], text).into_response())
    }

    async fn feed(&self, peer: IpAddr, raw: &str, request: &Request<Incoming>) -> Response {
        // What is no UTF-8 is the name of no file of ours.
        let Ok(path) = percent_decode_str(raw).decode_utf8() else { return not_found() };
        if let Some(now) = moved(&path, &self.shown.redirects.borrow()) {
            return (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, now)]).into_response();
        }
        let volume = match self.shown.shelf.get(&path).await {
            Ok(volume) => volume,
            Err(Missing::Never) => return not_found(),
            Err(Missing::Gone) => {
                let text = "this feed was taken away for good; / lists those that there are\n";
                return (StatusCode::GONE, text).into_response();
            }
            Err(Missing::Broken) => {
                let text = "the feed could not be read\n";
                return (StatusCode::INTERNAL_SERVER_ERROR, text).into_response();
            }
        };
        let (headers, head) = (request.headers(), request.method() == Method::HEAD);
        let client = visitor::client(peer, headers);
        let (response, cost) = answer::answer(&volume, headers, head).await;
        if let Some(client) = client
            && let Err(wait) = self.ask(client, &path, cost)
        {
            return answer::too_often(wait);
        }
        if media::is_subscribed(&volume.path) {
            let today = tally::day(SystemTime::now());
            self.shown.tally.note(&volume.path, client.unwrap_or(peer), agent(headers), today);
        }
        response
    }

    fn ask(&self, client: IpAddr, path: &str, cost: Cost) -> Result<(), std::time::Duration> {
        let key = self.secret.hash_one((client, path));
        let mut polls = self.polls.lock().unwrap_or_else(PoisonError::into_inner);
        polls.ask(key, cost, Instant::now())
    }
}

/// What a request's path names below the feeds' folder; none where it is not about feeds.
fn feed_of(path: &str) -> Option<&str> {
    match path {
        "/" => Some(""),
        "/opml" => Some("subscriptions.opml"),
        "/feeds/" => Some("index.html"),
        _ => path.strip_prefix("/feeds/"),
    }
}

fn agent(headers: &HeaderMap) -> &str {
    let agent = headers.get(header::USER_AGENT).map(HeaderValue::to_str);
    agent.and_then(Result::ok).unwrap_or_default()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is no such feed; / lists all of them\n").into_response()
}

/// The page of all feeds lives in the folder.
pub(super) async fn folder() -> Redirect {
    Redirect::permanent("/feeds/")
}

/// The address at which the feed's file at `path` is now, where its folder has moved.
fn moved(path: &str, redirects: &BTreeMap<String, String>) -> Option<String> {
    if redirects.is_empty() {
        return None;
    }
    let (folder, file) = match path.rfind('/') {
        Some(at) => path.split_at(at + 1),
        None => ("", path),
    };
    // A folder may be asked for without its slash.
    let (now, file) = match redirects.get(folder) {
        Some(now) => (now, file),
        None => (redirects.get(&format!("{path}/"))?, ""),
    };
    let encode = |part: &str| utf8_percent_encode(part, SEGMENT).to_string();
    let parts: Vec<String> = now.split_terminator('/').chain([file]).map(encode).collect();
    Some(format!("/feeds/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_below_feeds_or_one_of_three_others_is_a_feed() {
        for (path, expected) in [
            ("/", Some("")),
            ("/opml", Some("subscriptions.opml")),
            ("/feeds/", Some("index.html")),
            ("/feeds/a/index.xml", Some("a/index.xml")),
            ("/feeds", None),
            ("/feedsx", None),
            ("/healthz", None),
            ("", None),
        ] {
            assert_eq!(feed_of(path), expected, "{path}");
        }
    }

    #[test]
    fn a_moved_folder_leads_to_where_it_is() {
        let moves = [("tags/nvidia/", "tags/英伟达/"), ("tags/a/b/", "tags/c d/")];
        let moves = moves.map(|(from, to)| (from.to_owned(), to.to_owned())).into();
        for (path, expected) in [
            ("tags/nvidia/", Some("/feeds/tags/%E8%8B%B1%E4%BC%9F%E8%BE%BE/")),
            ("tags/nvidia", Some("/feeds/tags/%E8%8B%B1%E4%BC%9F%E8%BE%BE/")),
            ("tags/nvidia/a?b.xml", Some("/feeds/tags/%E8%8B%B1%E4%BC%9F%E8%BE%BE/a%3Fb.xml")),
            ("tags/a/b/feed.json", Some("/feeds/tags/c%20d/feed.json")),
            ("tags/nvidia/x/index.xml", None),
            ("tags/", None),
            ("index.xml", None),
            ("", None),
        ] {
            assert_eq!(moved(path, &moves).as_deref(), expected, "{path}");
        }
        assert_eq!(moved("tags/nvidia/", &BTreeMap::new()), None);
    }
}
