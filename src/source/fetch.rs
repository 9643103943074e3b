//! Visits a source: the one place that talks to upstream servers.
//!
//! Takes a [`Source`] and its [`State`]; gives a [`Visit`] and, where there is something to read, the
//! bytes. Redirects are followed by hand, so that each address is checked by [`guard`] and a
//! source's own headers never reach another host. A body is bounded in time and in decompressed
//! size. At most `per_host` requests to a host run at once, with a pause between two.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, redirect};
use thiserror::Error;
use tokio::sync::{Mutex, Semaphore};
use url::Url;

use super::politeness::{self, State, Visit};
use super::{Source, guard};

/// Most redirects that are followed (the number that browsers and readers agree on is higher; a
/// feed needs two).
const MOST_REDIRECTS: usize = 10;

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
                      application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, \
                      application/json;q=0.7, */*;q=0.1";

/// How visits are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where publishers reach the operator; part of `User-Agent`.
    pub contact: Option<String>,
    /// Most visits at once.
    pub concurrency: usize,
    /// Most requests to one host at once.
    pub per_host: usize,
    /// Time between two requests to one host.
    pub host_pause: Duration,
    /// Time for a whole visit.
    pub timeout: Duration,
    /// Largest body in bytes, after decompression.
    pub max_body: u64,
    /// Whether private addresses may be visited.
    pub allow_private: bool,
    /// Where `rsshub://` routes lead; trusted, even at a private address.
    pub rsshub: Option<Url>,
    /// Proxy for all requests.
    pub proxy: Option<Url>,
    /// Folder that `file:` addresses start from.
    pub root: PathBuf,
}

impl Settings {
    /// What we call ourselves in `User-Agent`, with how to reach the operator.
    pub fn agent(&self) -> String {
        let contact = self.contact.as_ref().map(|contact| format!(" (+{contact})"));
        format!("Headwater/{}{}", env!("CARGO_PKG_VERSION"), contact.unwrap_or_default())
    }
}

/// Why a visit failed before the server had its say, or after.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The address in the source list cannot be visited.
    #[error("{0}")]
    Address(String),
    /// The address, or a redirect, leads into a private network.
    #[error("{0} is a private address; `fetch.allow_private` would allow it")]
    Private(String),
    /// Too many redirects.
    #[error("more than {MOST_REDIRECTS} redirects")]
    Redirects,
    /// The body is too large.
    #[error("the answer is larger than {0} bytes; see `fetch.max_body`")]
    TooLarge(u64),
    /// It took too long.
    #[error("no complete answer within {} s; see `fetch.timeout`", .0.as_secs())]
    Timeout(Duration),
    /// The connection failed.
    #[error("{0}")]
    Connection(String),
    /// A recorded feed could not be read.
    #[error("{0}")]
    File(String),
}

/// What a visit brought.
#[derive(Debug)]
pub struct Fetched {
    /// What came of it, for [`politeness::after`].
    pub visit: Visit,
    /// What there is to read.
    pub body: Option<Body>,
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
}

/// Visits sources.
#[derive(Debug)]
pub struct Fetcher {
    settings: Settings,
    public: Client,
    /// For addresses that may be private.
    trusted: Client,
    overall: Semaphore,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

#[derive(Debug)]
struct Host {
    places: Semaphore,
    /// When its next request may begin.
    next: Mutex<tokio::time::Instant>,
}

impl Fetcher {
    /// Prepares the clients.
    ///
    /// # Errors
    ///
    /// The proxy's address or the contact cannot be used.
    pub fn new(settings: Settings) -> Result<Self, FetchError> {
        // Fails only where a provider is installed already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let public = client(&settings, !settings.allow_private)?;
        let trusted = client(&settings, false)?;
        let overall = Semaphore::new(settings.concurrency);
        Ok(Self { settings, public, trusted, overall, hosts: Mutex::default() })
    }

    /// Visits `source`; every failure is in the visit.
    pub async fn visit(&self, source: &Source, state: &State, now: DateTime<Utc>) -> Fetched {
        let conditional = !politeness::request(state).is_empty();
        let visited = async {
            // Closing a semaphore is something that nobody here does.
            let _place = self.overall.acquire().await;
            tokio::time::timeout(self.settings.timeout, self.try_visit(source, state, now))
                .await
                .map_err(|_| FetchError::Timeout(self.settings.timeout))?
        };
        visited.await.unwrap_or_else(|error| Fetched {
            visit: Visit { error: Some(error.to_string()), conditional, ..Visit::default() },
            body: None,
        })
    }

    async fn try_visit(
        &self,
        source: &Source,
        state: &State,
        now: DateTime<Utc>,
    ) -> Result<Fetched, FetchError> {
        if let Some(path) = source.url.strip_prefix("file:") {
            return self.read_file(path, state).await;
        }
        let first = self.resolve(state.moved_to.as_deref().unwrap_or(&source.url))?;
        let mut url = first.clone();
        let mut permanent = true;
        for hop in 0..=MOST_REDIRECTS {
            let response = self.request(&url, &first, source, state).await?;
            let location = redirect_target(&response, &url);
            let Some(target) = location else {
                let moved = (hop > 0 && permanent).then(|| url.to_string());
                return self.answer(response, url, moved, state, now).await;
            };
            permanent &= matches!(response.status().as_u16(), 301 | 308);
            url = target;
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
            let whole = format!(
                "{}/{}",
                base.as_str().trim_end_matches('/'),
                route.trim_start_matches('/')
            );
            return Url::parse(&whole).map_err(|error| bad(format!("{whole}: {error}")));
        }
        Url::parse(address).map_err(|error| bad(format!("{address}: {error}")))
    }

    async fn request(
        &self,
        url: &Url,
        first: &Url,
        source: &Source,
        state: &State,
    ) -> Result<Response, FetchError> {
        let trusted = self.is_trusted(url);
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Address(format!("{url}: only http and https are visited")));
        }
        if !trusted && !guard::is_allowed(url) {
            return Err(FetchError::Private(url.to_string()));
        }
        let mut headers = HeaderMap::new();
        let mut put = |name: &str, value: &str| {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                headers.insert(name, value);
            }
        };
        // Validators and the source's own headers are for the host that they came from.
        if url.origin() == first.origin() {
            for (name, value) in &source.headers {
                put(name, value);
            }
            for (name, value) in politeness::request(state) {
                put(name, &value);
            }
        }
        let host = self.host(url).await;
        let _place = host.places.acquire().await;
        {
            let mut next = host.next.lock().await;
            tokio::time::sleep_until(*next).await;
            *next = tokio::time::Instant::now() + self.settings.host_pause;
        }
        let client = if trusted { &self.trusted } else { &self.public };
        client.get(url.clone()).headers(headers).send().await.map_err(|error| connection(&error))
    }

    fn is_trusted(&self, url: &Url) -> bool {
        self.settings.allow_private
            || self.settings.rsshub.as_ref().is_some_and(|rsshub| rsshub.origin() == url.origin())
    }

    async fn host(&self, url: &Url) -> Arc<Host> {
        let name = url.host_str().unwrap_or_default().to_owned();
        let mut hosts = self.hosts.lock().await;
        let host = hosts.entry(name).or_insert_with(|| {
            Arc::new(Host {
                places: Semaphore::new(self.settings.per_host),
                next: Mutex::new(tokio::time::Instant::now()),
            })
        });
        Arc::clone(host)
    }

    async fn answer(
        &self,
        response: Response,
        url: Url,
        moved_to: Option<String>,
        state: &State,
        now: DateTime<Utc>,
    ) -> Result<Fetched, FetchError> {
        let text = |name: HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let status = response.status().as_u16();
        let visit = Visit {
            status: Some(status),
            error: None,
            conditional: !politeness::request(state).is_empty(),
            etag: text(header::ETAG),
            last_modified: text(header::LAST_MODIFIED),
            retry_after: text(header::RETRY_AFTER)
                .and_then(|value| politeness::retry_after(&value, now)),
            max_age: politeness::freshness(
                text(header::CACHE_CONTROL).as_deref(),
                text(header::EXPIRES).as_deref(),
                now,
            ),
            ttl: None,
            moved_to,
        };
        let content_type = text(header::CONTENT_TYPE);
        let body = if politeness::outcome(&visit) == politeness::Outcome::Updated {
            Some(Body { bytes: self.read(response).await?, content_type, url: Some(url) })
        } else {
            None
        };
        Ok(Fetched { visit, body })
    }

    /// The body, counted as it is decompressed, so that a bomb is cut off.
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let limit = self.settings.max_body;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| connection(&error))? {
            if bytes.len() as u64 + chunk.len() as u64 > limit {
                return Err(FetchError::TooLarge(limit));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// A recorded feed; its time of change serves as validator.
    async fn read_file(&self, path: &str, state: &State) -> Result<Fetched, FetchError> {
        let path = path.strip_prefix("//").unwrap_or(path);
        let file = self.settings.root.join(path);
        let limit = self.settings.max_body;
        let name = file.display().to_string();
        let failed = move |error: std::io::Error| FetchError::File(format!("{name}: {error}"));
        let read = tokio::task::spawn_blocking(move || {
            let about = std::fs::metadata(&file)?;
            Ok::<_, std::io::Error>((about.modified()?, about.len(), file))
        });
        let joined = |_| FetchError::File("the file could not be read".to_owned());
        let (modified, length, file) = read.await.map_err(joined)?.map_err(&failed)?;
        if length > limit {
            return Err(FetchError::TooLarge(limit));
        }
        let etag = format!("{:?}-{length}", DateTime::<Utc>::from(modified).timestamp_micros());
        let conditional = state.etag.is_some();
        if state.etag.as_deref() == Some(&etag) {
            let visit = Visit { status: Some(304), conditional, ..Visit::default() };
            return Ok(Fetched { visit, body: None });
        }
        let bytes = tokio::task::spawn_blocking(move || std::fs::read(file));
        let bytes = bytes.await.map_err(joined)?.map_err(&failed)?;
        let visit = Visit { conditional, etag: Some(etag), ..Visit::default() };
        Ok(Fetched { visit, body: Some(Body { bytes, content_type: None, url: None }) })
    }
}

fn client(settings: &Settings, public_only: bool) -> Result<Client, FetchError> {
    let agent = settings.agent();
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
    let mut builder = Client::builder()
        .user_agent(agent)
        .default_headers(headers)
        .redirect(redirect::Policy::none())
        .connect_timeout(settings.timeout)
        .referer(false)
        .no_proxy();
    if public_only {
        builder = builder.dns_resolver(Arc::new(guard::PublicOnly));
    }
    if let Some(proxy) = &settings.proxy {
        let proxy = reqwest::Proxy::all(proxy.clone())
            .map_err(|error| FetchError::Address(format!("fetch.proxy: {error}")))?;
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|error| FetchError::Connection(innermost(&error)))
}

/// Where an answer leads on; none where it is the last.
fn redirect_target(response: &Response, url: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    url.join(location).ok()
}

fn connection(error: &reqwest::Error) -> FetchError {
    let reason = innermost(error);
    FetchError::Connection(if error.is_connect() {
        format!("no connection: {reason}")
    } else {
        format!("the answer broke off: {reason}")
    })
}

/// The library wraps the reason several times; the innermost one is what happened.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
