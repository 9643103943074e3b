//! The HTTP clients: what we call ourselves, whom we trust, and through whom we go.

use std::net::IpAddr;
use std::sync::Arc;

use reqwest::dns::Resolve;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, redirect};

use super::error::innermost;
use super::{FetchError, Settings};
use crate::source::Failure;
use crate::source::guard::{self, Guarded, System};

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
                      application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, \
                      application/json;q=0.7, */*;q=0.1";

/// The network as a visitor sees it: how names become addresses, and which of those are public.
#[derive(Clone)]
pub struct Network {
    /// Resolves names.
    pub resolver: Arc<dyn Resolve>,
    /// Which addresses anybody may visit.
    pub is_public: fn(IpAddr) -> bool,
}

impl Default for Network {
    /// The system's names, and what the registries call public.
    fn default() -> Self {
        Self { resolver: Arc::new(System), is_public: guard::is_public }
    }
}

/// Whom a client may visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Public addresses; all where `allow_private` is set.
    Public,
    /// The operator's own RSSHub, wherever it is.
    Hub,
}

/// Certificates are always verified (by the system's roots), cookies never kept, redirects never
/// followed unseen; HTTP/2 is spoken where a server offers it in the TLS handshake.
pub(super) fn client(
    settings: &Settings,
    network: &Network,
    reach: Reach,
) -> Result<Client, FetchError> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
    // What only this machine can reach, a proxy elsewhere cannot.
    let is_near = settings.rsshub.as_ref().is_some_and(|hub| !guard::is_public_host(hub));
    let proxy = settings.proxy.as_ref().filter(|_| !(reach == Reach::Hub && is_near));
    let is_open = settings.allow_private || reach == Reach::Hub;
    let guarded = Guarded {
        resolver: Arc::clone(&network.resolver),
        is_allowed: if is_open { |_| true } else { network.is_public },
        trusted: proxy.and_then(|proxy| proxy.host_str()).map(str::to_owned),
    };
    let mut builder = Client::builder()
        .user_agent(settings.agent())
        .default_headers(headers)
        .redirect(redirect::Policy::none())
        .connect_timeout(settings.connect_timeout())
        .pool_max_idle_per_host(settings.per_host)
        .referer(false)
        .no_proxy()
        .dns_resolver(Arc::new(guarded));
    if let Some(proxy) = proxy {
        let proxy = reqwest::Proxy::all(proxy.clone())
            .map_err(|error| FetchError::Address(format!("fetch.proxy: {error}")))?;
        builder = builder.proxy(proxy);
    }
    let failed = |error| FetchError::Connection(Failure::Other, innermost(&error));
    builder.build().map_err(failed)
}
