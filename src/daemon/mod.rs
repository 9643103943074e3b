//! The jobs, and the daemon that runs them: the one place that knows everybody.
//!
//! [`run`] writes the feeds, opens the server, visits the sources, and then does what the schedules,
//! the article folder and the operator's signals say, until it is told to stop. Each job is plain
//! code on a blocking thread; only waiting is async. One loop, in `service`, decides, so no job
//! overlaps with itself, and what a one-off command does at the same time is kept apart by [`lock`]. What was read
//! and made stays in memory between the jobs: a changed article is in its feeds within the blink of
//! an eye, and what follows from it, in other feeds and in suggestions, comes after. [`once`] does the
//! same jobs, each one time.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::problem::Problem;
use crate::store::Store;
use crate::suggest::Suggestion;
use regen::{Extent, RegenError};
use service::Daemon;
use system::Signals;

pub mod alerts;
pub mod api;
pub mod fetch;
pub mod health;
pub mod history;
pub mod lock;
mod material;
mod open;
pub mod pulse;
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
pub mod systemd;
pub mod upkeep;
pub mod watch;
mod websub;

/// The page of all feeds, which stands in the feeds' folder once they have been written.
const FIRST: &str = "index.html";

/// How long work that was begun may go on after the stop. Open requests get three seconds of it; systemd
/// and people get impatient after five.
const GRACE: Duration = Duration::from_secs(4);

/// What a daemon is made of.
pub struct Start {
    /// What the operator decides.
    pub config: Config,
    /// Reads that anew, when the operator asks for it.
    pub read: Read,
    /// What is remembered.
    pub store: Store,
    /// Whether feeds may carry addresses that only this machine can reach.
    pub allow_local: bool,
    /// The socket that somebody has opened for us already.
    pub listener: Option<TcpListener>,
}

/// Reads and checks the configuration with all that it names.
pub type Read = Arc<dyn Fn() -> Result<Config, Vec<Problem>> + Send + Sync>;

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start").field("config", &self.config).finish_non_exhaustive()
    }
}

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
    Regen(#[from] RegenError),
}

/// Runs until SIGTERM or Ctrl-C. A job that is being done then is finished as far as it is half done,
/// and the next start goes on from there.
///
/// # Errors
///
/// [`DaemonError`], before anything is served. Later failures are logged and tried again.
pub async fn run(start: Start, tell: impl Fn(Event)) -> Result<(), DaemonError> {
    let signals = Signals::listen().map_err(DaemonError::Signals)?;
    let stop = signals.stop.clone();
    tokio::select! {
        result = live(start, signals, tell) => result,
        () = overdue(&stop) => Ok(()),
    }
}

async fn live(mut start: Start, signals: Signals, tell: impl Fn(Event)) -> Result<(), DaemonError> {
    let listener = start.listener.take();
    let mut daemon = Daemon::new(start, signals, tell);
    // Feeds first: a server without them would tell readers that there are none.
    // Yesterday's are better than none, where the disk is full or the vocabulary wrong.
    let stand = daemon.config.feeds_dir.join(FIRST).exists();
    let first = daemon.regenerate(Extent::Everything).await;
    if daemon.signals.stop.is_cancelled() {
        return Ok(());
    }
    match first {
        Err(error) if stand && error.may_pass() => {
            tracing::error!("feeds were not written: {error}; those of before are served");
            daemon.after_failure(&error);
        }
        done => drop(done?),
    }
    let address = daemon.config.listen;
    let failed = |source| DaemonError::Listen { address, source };
    let is_inherited = listener.is_some();
    let listener = listener.map_or_else(|| open::bind(address), Ok).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    daemon.open(listener, is_inherited).map_err(failed)?;
    (daemon.tell)(Event::Listening(bound));
    let alerts = alerts::start(&daemon.doctor.rounds, &daemon.store, &daemon.signals.stop);
    daemon.examine().await;
    let watchdog = pulse::watch(&daemon.pulse, &daemon.signals.stop);
    systemd::ready();

    daemon.work().await;
    daemon.close().await;
    daemon.rest().await;
    drop(alerts.await);
    if let Some(watchdog) = watchdog {
        drop(watchdog.await);
    }
    Ok(())
}

/// Does everything that is due, each job one time: writes the feeds, visits the sources, makes
/// suggestions, tells the hub. What went wrong, in sentences.
///
/// # Errors
///
/// The system gives no signals.
pub async fn once(start: Start, tell: impl Fn(Event)) -> Result<Vec<String>, DaemonError> {
    let signals = Signals::listen().map_err(DaemonError::Signals)?;
    let stop = signals.stop.clone();
    let mut daemon = Daemon::new(start, signals, tell);
    tokio::select! {
        failures = daemon.once() => Ok(failures),
        () = overdue(&stop) => Ok(vec!["it was stopped".to_owned()]),
    }
}

/// Waits for the stop, and then as long as anybody is given to end by himself.
async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(GRACE).await;
    tracing::warn!("not all ended in time; what was not finished is done by the next start");
}
