//! The HTTP server: feeds for readers, health for operators.
//!
//! Takes a folder of feeds and a channel that says whether the daemon is well; serves both until
//! it is told to stop, then lets open requests end. It never writes anything.
//!
//! A connection comes in through [`listener`], which bounds how many there are ([`crowd`]) and how long
//! they may take ([`patient`]). A request goes to [`site`]: what is about feeds is taken from the
//! [`shelf`], where each file is a [`volume`], and [`answer`]ed by what the client has
//! ([`conditions`], [`entries`]) and takes ([`coding`]); everything else goes to the [`router`]: health
//! ([`health`]), what programs ask ([`api`]) and what hubs say ([`websub`]). [`polls`] stops those who ask too often, [`tally`] counts
//! who reads what; both know a client only by what [`visitor`] makes of its address.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::sync::watch;

pub mod agent;
pub mod answer;
pub mod api;
pub mod coding;
pub mod conditions;
pub mod crowd;
pub mod distinct;
pub mod entries;
pub mod hands;
pub mod health;
pub mod lifetime;
pub mod listener;
pub mod media;
pub mod metrics;
pub mod patient;
pub mod polls;
pub mod shelf;
pub mod site;
pub mod tally;
pub mod visitor;
pub mod volume;
pub mod websub;

pub use health::Readiness;
pub use listener::serve;
pub use shelf::Shelf;
pub use site::Site;
pub use tally::Tally;

/// Folders below the feeds' folder whose feeds have moved, each ending in `/`, with where they are.
pub type Redirects = Arc<BTreeMap<String, String>>;

/// What the server shows.
#[derive(Debug)]
pub struct Shown {
    /// The feeds.
    pub shelf: Arc<Shelf>,
    /// Counts who reads them.
    pub tally: Arc<Tally>,
    /// Where feeds were before, as it changes.
    pub redirects: watch::Receiver<Redirects>,
    /// Whether the daemon is well, as it changes.
    pub readiness: watch::Receiver<Readiness>,
    /// What `/metrics` shows, as it changes.
    pub metrics: watch::Receiver<Arc<str>>,
    /// What programs may ask, and which of them.
    pub answers: Arc<dyn api::Answers>,
    /// Who may ask it.
    pub door: api::Door,
    /// Who hears what hubs say, where there are subscriptions.
    pub subscriber: Option<Arc<dyn websub::Subscriber>>,
}

/// What a client may take of us.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long the head of a request may take to arrive, and so how long a connection may be idle.
    pub header_time: Duration,
    /// How long a client may read nothing of its answer.
    pub stall_time: Duration,
    /// Connections in all.
    pub connections: usize,
    /// Connections of one network.
    pub connections_of_one: usize,
    /// Bytes of a request's address.
    pub line: usize,
    /// Bytes of a request's headers.
    pub headers: usize,
    /// How often a client may ask for one feed.
    pub polls: polls::Rule,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_time: Duration::from_secs(10),
            // As in nginx's `send_timeout` halved: a feed is small.
            stall_time: Duration::from_secs(30),
            // A process may usually have 1,024 files open, and the daemon visits sources meanwhile.
            connections: 800,
            connections_of_one: 64,
            // nginx and Apache allow as much.
            line: 8 << 10,
            headers: 16 << 10,
            polls: polls::Rule::default(),
        }
    }
}

/// The routes that have nothing to do with feeds.
fn router(shown: &Arc<Shown>) -> Router {
    let hooks = shown.subscriber.clone().map(websub::router);
    let metrics = metrics::router(shown.metrics.clone());
    let api = api::router(Arc::clone(&shown.answers), shown.door.clone());
    let routes = Router::new()
        .route("/feeds", get(site::folder))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state(Arc::clone(shown))
        .merge(metrics)
        .merge(api);
    hooks.map_or(routes.clone(), |hooks| routes.merge(hooks))
}
