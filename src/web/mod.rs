//! The HTTP server: feeds for readers, health for operators.
//!
//! Takes a folder of feeds and a channel that says whether the daemon is well; serves both until
//! it is told to stop, then lets open requests end. [`listener`] owns the sockets, [`feeds`] the
//! files, [`health`] the two answers that monitoring asks for. It never writes anything.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::sync::watch;

pub mod feeds;
pub mod health;
pub mod listener;

pub use health::Readiness;
pub use listener::serve;

/// Folders below the feeds' folder whose feeds have moved, each ending in `/`, with where they are.
pub type Redirects = Arc<BTreeMap<String, String>>;

/// What the server shows.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The folder of the feeds.
    pub feeds: PathBuf,
    /// Where feeds were before, as it changes.
    pub redirects: watch::Receiver<Redirects>,
    /// Whether the daemon is well, as it changes.
    pub readiness: watch::Receiver<Readiness>,
}

/// All routes.
pub fn router(shown: Shown) -> Router {
    Router::new()
        .route("/", get(feeds::door))
        .route("/opml", get(feeds::opml))
        .route("/feeds", get(feeds::folder))
        .route("/feeds/", get(feeds::front))
        .route("/feeds/{*path}", get(feeds::file))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state(Arc::new(shown))
}
