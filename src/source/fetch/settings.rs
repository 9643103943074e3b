//! How visits are made.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

/// Time for a connection: a server that is there answers within one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How visits are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where publishers reach the operator; part of `User-Agent`.
    pub contact: Option<String>,
    /// Most visits at once.
    pub concurrency: usize,
    /// Most requests to one host at once.
    pub per_host: usize,
    /// Time between the end of a request to a host and the beginning of the next.
    pub host_pause: Duration,
    /// Time for a whole visit, from its turn to the last byte.
    pub timeout: Duration,
    /// Largest body in bytes, after decompression.
    pub max_body: u64,
    /// Whether private addresses may be visited.
    pub allow_private: bool,
    /// Where `rsshub://` routes lead; trusted, even at a private address.
    pub rsshub: Option<Url>,
    /// Proxy for all requests, `http:`, `https:`, `socks5:` (we resolve names) or `socks5h:` (it
    /// does); not for an RSSHub near by.
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

    /// Time for a connection to stand, TLS and all.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.timeout.min(CONNECT_TIMEOUT)
    }
}
