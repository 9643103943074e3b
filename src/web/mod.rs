//! The HTTP server: feeds for readers, health for operators.
//!
//! Takes a folder of feeds and a channel that says whether the daemon is well; serves both until
//! it is told to stop, then lets open requests end. [`listener`] owns the sockets, [`feeds`] the
//! files, [`health`] the two answers that monitoring asks for, [`websub`] hears what hubs say. It
//! never writes anything.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::sync::watch;

pub mod feeds;
pub mod health;
pub mod listener;
pub mod metrics;
pub mod websub;

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
    /// What `/metrics` shows, as it changes.
    pub metrics: watch::Receiver<Arc<str>>,
    /// Who hears what hubs say, where there are subscriptions.
    pub subscriber: Option<Arc<dyn websub::Subscriber>>,
}

/// All routes.
pub fn router(shown: Shown) -> Router {
    let hooks = shown.subscriber.clone().map(websub::router);
    let metrics = metrics::router(shown.metrics.clone());
    let routes = Router::new()
        .route("/", get(feeds::door))
        .route("/opml", get(feeds::opml))
        .route("/feeds", get(feeds::folder))
        .route("/feeds/", get(feeds::front))
        .route("/feeds/{*path}", get(feeds::file))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state(Arc::new(shown))
        .merge(metrics);
    hooks.map_or(routes.clone(), |hooks| routes.merge(hooks))
}
