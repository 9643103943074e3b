//! Visits a source: the one place that talks to upstream servers.
//!
//! Takes a [`Source`] and its [`State`]; gives a [`Visit`] and, where there is something to read, the
//! bytes. Redirects are followed by hand, so that each address is checked by [`guard`], and neither
//! validators nor a source's own headers reach an address that they are not for. A body is bounded
//! in time and in decompressed size. [`turn`] says when a request may begin.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use url::Url;

use super::discover::{FeedLink, named_in_header};
use super::politeness::pace::Pace;
use super::politeness::{self, FieldValue, State, Visit};
use super::websub::{Links, link};
use super::{Source, guard};
use address::{address, may_know, on_hub, redirect_target};
use client::{Reach, client};
use error::connection;
use turn::{Clock, Hosts, Turn};

mod address;
mod client;
mod error;
mod file;
mod post;
mod secrets;
mod settings;
mod turn;

pub use client::Network;
pub use error::FetchError;
pub use post::Answer;
pub use secrets::{Missing, missing, reveal};
pub use settings::Settings;

/// Most redirects that are followed; a feed needs two.
const MOST_REDIRECTS: usize = 10;

/// What a visit brought.
#[derive(Debug)]
pub struct Fetched {
    /// What came of it, for [`politeness::after`].
    pub visit: Visit,
    /// What there is to read.
    pub body: Option<Body>,
    /// When it was over.
    pub at: DateTime<Utc>,
    /// When to come again, where the pace of a host has put the visit off. Then it was none, and
    /// says nothing about the source.
    pub deferred: Option<DateTime<Utc>>,
}

impl Fetched {
    /// A visit that broke down on our side.
    pub fn broken(at: DateTime<Utc>) -> Self {
        let error = Some("the visit broke down; the log tells where".to_owned());
        Self { visit: Visit { error, ..Visit::default() }, body: None, at, deferred: None }
    }
}

/// Bytes of an answer.
#[derive(Debug)]
pub struct Body {
    /// After decompression.
    pub bytes: Vec<u8>,
    /// As the server says.
    pub content_type: Option<String>,
    /// Where they came from at last.
    pub url: Option<Url>,
    /// What the head of the answer links to.
    pub links: Links,
    /// The feeds that the head of the answer names.
    pub feeds: Vec<FeedLink>,
    /// The visit's place among all, given up with the body: no more of them are in memory than visits
    /// are made at once, however slowly they are read and kept.
    pub place: Option<OwnedSemaphorePermit>,
}

impl Body {
    /// Bytes that no server sent.
    pub fn local(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            content_type: None,
            url: None,
            links: Links::default(),
            feeds: Vec::new(),
            place: None,
        }
    }
}

/// Visits sources.
#[derive(Debug)]
pub struct Fetcher {
    settings: Settings,
    is_public: fn(IpAddr) -> bool,
    public: Client,
    /// For the operator's RSSHub, where there is one.
    hub: Option<Client>,
    hosts: Hosts,
}

impl Fetcher {
    /// Prepares the clients, knowing no host yet.
    ///
    /// # Errors
    ///
    /// The proxy's address or the contact cannot be used.
    pub fn new(settings: Settings) -> Result<Self, FetchError> {
        Self::with(settings, HashMap::new(), &Network::default())
    }

    /// Prepares the clients for `network`, with the paces that its hosts are known to like.
    ///
    /// # Errors
    ///
    /// The proxy's address or the contact cannot be used.
    pub fn with(
        settings: Settings,
        paces: HashMap<String, Pace>,
        network: &Network,
    ) -> Result<Self, FetchError> {
        // Fails only where a provider is installed already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let hub = settings.rsshub.as_ref().map(|_| client(&settings, network, Reach::Hub));
        Ok(Self {
            public: client(&settings, network, Reach::Public)?,
            hub: hub.transpose()?,
            hosts: Hosts::new(&settings, paces),
            is_public: network.is_public,
            settings,
        })
    }

    /// The name under which the pace of the host is kept that a visit to `source` begins with; none
    /// for a file.
    pub fn host_of(&self, source: &Source, state: &State) -> Option<String> {
        let url = self.resolve(state.effective(&source.url)).ok()?;
        matches!(url.scheme(), "http" | "https").then(|| self.hosts.name(&url))
    }

    /// The pace of a host, as learnt by now.
    pub fn pace(&self, host: &str) -> Pace {
        self.hosts.pace(host)
    }

    /// The paces that have changed since this was last asked, by host.
    pub fn changed_paces(&self) -> Vec<(String, Pace)> {
        self.hosts.changed()
    }

    /// Visits `source`; every failure is in the visit.
    pub async fn visit(&self, source: &Source, state: &State, now: DateTime<Utc>) -> Fetched {
        let clock = Clock::at(now);
        match self.try_visit(source, state, &clock).await {
            Ok((visit, body)) => Fetched { visit, body, at: clock.now(), deferred: None },
            Err(error) => Fetched {
                visit: Visit {
                    error: Some(error.to_string()),
                    failure: Some(error.failure()),
                    ..Visit::default()
                },
                body: None,
                at: clock.now(),
                deferred: match error {
                    FetchError::Deferred(until) => Some(until),
                    _ => None,
                },
            },
        }
    }

    async fn try_visit(
        &self,
        source: &Source,
        state: &State,
        clock: &Clock,
    ) -> Result<(Visit, Option<Body>), FetchError> {
        let mut time = Budget { whole: self.settings.timeout, left: self.settings.timeout };
        if let Some(path) = source.url.strip_prefix("file:") {
            let file = self.settings.root.join(path.strip_prefix("//").unwrap_or(path));
            let place = self.hosts.place().await;
            let read = file::read(file, &source.url, state, self.settings.max_body);
            let (visit, body) = time.spend(read).await?;
            return Ok((visit, body.map(|body| Body { place, ..body })));
        }
        let own = self.resolve(&source.url)?;
        let mut url = self.resolve(state.effective(&source.url))?;
        let secrets = secrets::headers(source, &self.settings.root)?;
        let mut trail = Vec::new();
        let (mut moved_to, mut is_permanent) = (None, source.url.starts_with("http"));
        while trail.len() <= MOST_REDIRECTS {
            let address = address(&url);
            let asked = politeness::request(state, &address);
            let mut headers = if may_know(&own, &url) { secrets.clone() } else { HeaderMap::new() };
            condition(&mut headers, &asked);
            let client = self.client_for(&url)?;
            let turn = self.hosts.turn(&url, clock).await.map_err(FetchError::Deferred)?;
            let request = client.get(url.clone()).headers(headers).send();
            let response = time
                .spend(async { request.await.map_err(|error| connection(&error, &self.settings)) })
                .await?;
            let status = response.status().as_u16();
            let visit =
                politeness::answer(status, response.headers(), &address, &asked, clock.now());
            self.hosts.answered(&turn, &visit, clock);
            let Some(target) = redirect_target(&response, &url) else {
                let visit = Visit { moved_to, ..visit };
                return time.spend(self.read(response, visit, url, turn)).await;
            };
            trail.push(address);
            is_permanent &= matches!(status, 301 | 308);
            url = target;
            let target = address::address(&url);
            if trail.contains(&target) {
                return Err(FetchError::Circle(target));
            }
            if is_permanent {
                moved_to = Some(target);
            }
        }
        Err(FetchError::Redirects)
    }

    /// The address that is really visited.
    fn resolve(&self, address: &str) -> Result<Url, FetchError> {
        let bad = |reason: String| FetchError::Address(reason);
        if let Some(route) = address.strip_prefix("rsshub://") {
            let base = self.settings.rsshub.as_ref().ok_or_else(|| {
                bad(format!("{address} needs an RSSHub; set `fetch.rsshub` to its address"))
            })?;
            return Ok(on_hub(base, route));
        }
        Url::parse(address).map_err(|error| bad(format!("{address}: {error}")))
    }

    /// The client that may visit `url`, if one may. Names are checked once more when they are
    /// resolved for a connection.
    fn client_for(&self, url: &Url) -> Result<&Client, FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            let address = address(url);
            return Err(FetchError::Address(format!("{address}: only http and https are visited")));
        }
        if let (Some(address), Some(hub)) = (&self.settings.rsshub, &self.hub)
            && address.origin() == url.origin()
        {
            return Ok(hub);
        }
        // A proxy resolves names where we cannot see it; what a name says has to do.
        let is_named = self.settings.proxy.is_none() || guard::has_public_name(url);
        let is_allowed = is_named && guard::is_allowed(url, self.is_public);
        if self.settings.allow_private || is_allowed {
            return Ok(&self.public);
        }
        Err(FetchError::Private(address(url)))
    }

    /// The body, where it is worth reading, counted as it is decompressed, so that a bomb is cut
    /// off; the turn lasts until it has been read, its place among all as long as the body.
    async fn read(
        &self,
        mut response: Response,
        visit: Visit,
        url: Url,
        turn: Turn,
    ) -> Result<(Visit, Option<Body>), FetchError> {
        if politeness::outcome(&visit) != politeness::Outcome::Updated {
            return Ok((visit, None));
        }
        let limit = self.settings.max_body;
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let fields: Vec<&str> = response
            .headers()
            .get_all(header::LINK)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let links = link::links(fields.iter().copied(), &url);
        let feeds = named_in_header(fields, &url);
        let mut bytes = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| connection(&error, &self.settings))?
        {
            if bytes.len() as u64 + chunk.len() as u64 > limit {
                return Err(FetchError::TooLarge(limit));
            }
            bytes.extend_from_slice(&chunk);
        }
        let place = turn.end();
        Ok((visit, Some(Body { bytes, content_type, url: Some(url), links, feeds, place })))
    }
}

/// The time of a visit, without that which it waited for its turns.
struct Budget {
    whole: Duration,
    left: Duration,
}

impl Budget {
    async fn spend<T>(
        &mut self,
        work: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<T, FetchError> {
        let begun = Instant::now();
        let done = tokio::time::timeout(self.left, work).await;
        self.left = self.left.saturating_sub(begun.elapsed());
        done.map_err(|_| FetchError::Timeout(self.whole))?
    }
}

/// Puts the conditions of a request into its headers, byte for byte.
fn condition(headers: &mut HeaderMap, asked: &politeness::Request) {
    let mut put = |name: HeaderName, value: Option<&FieldValue>| {
        if let Some(value) = value.and_then(|it| HeaderValue::from_bytes(it.as_bytes()).ok()) {
            headers.insert(name, value);
        }
    };
    put(header::IF_NONE_MATCH, asked.if_none_match.as_ref());
    put(header::IF_MODIFIED_SINCE, asked.if_modified_since.as_ref());
    if asked.difference {
        headers.insert("a-im", HeaderValue::from_static("feed"));
    }
}
