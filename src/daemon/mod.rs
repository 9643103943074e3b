//! The jobs, and the daemon that runs them: the one place that knows everybody.
//!
//! [`run`] writes the feeds, opens the server, visits the sources, and then does what the schedules,
//! the article folder and the operator's signals say, until it is told to stop. Each job is plain
//! code on a blocking thread; only waiting is async. One loop, in `service`, decides, so no job
//! overlaps with itself, and what a one-off command does at the same time is kept apart by [`lock`]. What was read
//! and made stays in memory between the jobs: a changed article is in its feeds within the blink of
//! an eye, and what follows from it, in other feeds and in suggestions, comes after.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch as channel;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::store::Store;
use crate::suggest::Suggestion;
use crate::web::{self, Readiness};
use regen::Extent;
use service::Daemon;
use system::{notify_systemd, stop_on_signals};

pub mod fetch;
pub mod health;
pub mod lock;
mod material;
pub mod push;
pub mod readers;
mod reading;
pub mod regen;
mod removed;
pub mod replay;
mod service;
pub mod stories;
pub mod suggest;
mod system;
pub mod watch;
mod websub;

/// What the daemon tells whoever started it.
#[derive(Debug)]
pub enum Event {
    /// Feeds were written.
    Regenerated(regen::Report),
    /// The server is open.
    Listening(SocketAddr),
    /// Sources were visited.
    Fetched(fetch::Report),
    /// New items led to these suggestions.
    Suggested(Vec<Suggestion>),
}

/// Why the daemon could not start.
#[derive(Debug, Error)]
pub enum DaemonError {
    /// The server's address is not to be had.
    #[error("{address}: cannot listen: {source}; see `server.listen`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no signals.
    #[error("signals cannot be received: {0}")]
    Signals(io::Error),
    /// The first feeds could not be written.
    #[error(transparent)]
    Regen(#[from] regen::RegenError),
}

/// Runs until SIGTERM or Ctrl-C. `allow_local` is for trials: feeds may then carry addresses that
/// only this machine can reach.
///
/// # Errors
///
/// [`DaemonError`], before anything is served. Later failures are logged and tried again.
pub async fn run(
    config: Config,
    store: Store,
    allow_local: bool,
    tell: impl Fn(Event),
) -> Result<(), DaemonError> {
    let stop = CancellationToken::new();
    stop_on_signals(&stop).map_err(DaemonError::Signals)?;
    let (readiness, watched) = channel::channel(Readiness::Starting);
    let (redirects, followed) = channel::channel(web::Redirects::default());
    let shelf = shelf(&config);
    let written = Arc::clone(&shelf);
    let tell = move |event| {
        // Whoever hears of new feeds may ask for them at once.
        if matches!(event, Event::Regenerated(_)) {
            written.look_again();
        }
        tell(event);
    };
    let mut daemon = Daemon::new(config, store, tell, allow_local, readiness, redirects);

    // Feeds first: a server without them would tell readers that there are none.
    daemon.regenerate(Extent::Everything).await?;
    let address = daemon.config.listen;
    let failed = |source| DaemonError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let hubs = websub::start(&daemon.config, &daemon.store, &daemon.bells, &stop);
    let (subscriber, hubs) = hubs.unzip();
    let tally = Arc::<web::Tally>::default();
    let readers = readers::start(&daemon.store, &tally, &stop);
    let counted = Arc::clone(&tally);
    let shown = web::Shown { shelf, tally, redirects: followed, readiness: watched, subscriber };
    let site = web::Site::new(shown, web::Limits::default());
    let server = tokio::spawn(web::serve(listener, site, stop.clone()));
    let pushes = push::start(&daemon.config, &daemon.store, &daemon.changed, &stop);
    (daemon.tell)(Event::Listening(bound));
    daemon.readiness.send_replace(Readiness::Ready);
    notify_systemd(&[sd_notify::NotifyState::Ready]);

    daemon.work(&stop).await;
    notify_systemd(&[sd_notify::NotifyState::Stopping]);
    tracing::info!("stopping");
    // The server drains by itself; a panic in it has been reported already.
    drop(server.await);
    for task in [pushes, hubs, Some(readers)].into_iter().flatten() {
        drop(task.await);
    }
    readers::keep(&daemon.store, &counted).await;
    Ok(())
}

/// How long a feed is served without a look whether it still lies in the folder like that.
const TRUST: Duration = Duration::from_secs(1);

/// The feeds' folder as the server has it.
fn shelf(config: &Config) -> Arc<web::Shelf> {
    let folder = config.feeds_dir.clone();
    let removed = Arc::new(crate::feed::Removed::of(&folder));
    Arc::new(web::Shelf::new(folder, Some(removed), config.memory, TRUST))
}
