//! The jobs, and the daemon that runs them: the one place that knows everybody.
//!
//! [`run`] writes the feeds, opens the server, visits the sources, and then does what the schedules,
//! the article folder and the operator's signals say, until it is told to stop. Each job is plain
//! code on a blocking thread; only waiting is async. One loop decides, so no job overlaps with
//! itself, and what a one-off command does at the same time is kept apart by [`lock`].

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch as channel;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::config::cron::Cron;
use crate::store::{Job, JobName, Store};
use crate::suggest::Suggestion;
use crate::web::{self, Readiness};
use suggest::Scope;
use watch::Changes;

pub mod fetch;
pub mod health;
pub mod lock;
pub mod regen;
pub mod suggest;
pub mod watch;

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

/// Longest sleep: a machine that slept notices a missed job within it.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

struct Daemon<F> {
    config: Arc<Config>,
    store: Store,
    tell: F,
    readiness: channel::Sender<Readiness>,
}

/// Runs until SIGTERM or Ctrl-C.
///
/// # Errors
///
/// [`DaemonError`], before anything is served. Later failures are logged and tried again.
pub async fn run(config: Config, store: Store, tell: impl Fn(Event)) -> Result<(), DaemonError> {
    let stop = CancellationToken::new();
    stop_on_signals(&stop).map_err(DaemonError::Signals)?;
    let (readiness, watched) = channel::channel(Readiness::Starting);
    let daemon = Daemon { config: Arc::new(config), store, tell, readiness };

    // Feeds first: a server without them would tell readers that there are none.
    daemon.regenerate().await?;
    let address = daemon.config.listen;
    let failed = |source| DaemonError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let router =
        web::router(web::Shown { feeds: daemon.config.feeds_dir.clone(), readiness: watched });
    let server = tokio::spawn(web::serve(listener, router, stop.clone()));
    (daemon.tell)(Event::Listening(bound));
    daemon.readiness.send_replace(Readiness::Ready);
    notify_systemd(&[sd_notify::NotifyState::Ready]);

    daemon.work(&stop).await;
    notify_systemd(&[sd_notify::NotifyState::Stopping]);
    tracing::info!("stopping");
    // The server drains by itself; a panic in it has been reported already.
    drop(server.await);
    Ok(())
}

impl<F: Fn(Event)> Daemon<F> {
    /// Does what is due until it is told to stop. A job that has begun is finished.
    async fn work(&self, stop: &CancellationToken) {
        let mut changes = self.watch();
        // Both are due at once: what was missed while nobody ran is done now.
        let mut fetch_at = Some(Utc::now());
        let mut regen_at = self.next(&self.config.schedule.regen);
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => break,
                () = until(fetch_at) => {
                    tokio::select! {
                        // Visits may be broken off at any time: nothing of them is kept by halves.
                        () = stop.cancelled() => break,
                        () = self.visit_sources() => {}
                    }
                    fetch_at = self.next(&self.config.schedule.fetch);
                }
                () = until(regen_at) => {
                    self.try_regenerate().await;
                    regen_at = self.next(&self.config.schedule.regen);
                }
                () = changed(&mut changes) => {
                    tracing::info!("articles have changed");
                    self.try_regenerate().await;
                }
            }
        }
    }

    fn watch(&self) -> Option<Changes> {
        let folder = &self.config.articles;
        Changes::of(folder)
            .inspect_err(|error| {
                tracing::warn!(folder = %folder.display(), %error, "cannot be watched; the schedule scans it");
            })
            .ok()
    }

    fn next(&self, cron: &Cron) -> Option<DateTime<Utc>> {
        cron.next_after(Utc::now(), self.config.zone())
    }

    async fn try_regenerate(&self) {
        if let Err(error) = self.regenerate().await {
            tracing::error!(%error, "feeds were not written");
        }
        self.examine().await;
    }

    async fn regenerate(&self) -> Result<(), regen::RegenError> {
        let started = Utc::now();
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let job = spawn_blocking(move || {
            regen::regen(&config, Some(&store), &regen::Request::default(), Utc::now(), &|_| {})
        });
        // A panic is somebody's mistake in a file that we should have survived: the next run may.
        let Ok(result) = job.await else {
            tracing::error!("the regeneration broke down; it will be tried again");
            self.record(JobName::Regen, started, Some("it broke down".to_owned()), Value::Null)
                .await;
            return Ok(());
        };
        let error = result.as_ref().err().map(ToString::to_string);
        let report = result.as_ref().ok().and_then(|report| serde_json::to_value(report).ok());
        self.record(JobName::Regen, started, error, report.unwrap_or_default()).await;
        let report = result?;
        for skipped in &report.skipped {
            tracing::warn!(
                article = skipped.path,
                line = skipped.line,
                reason = skipped.reason,
                "skipped"
            );
        }
        for failed in &report.failed {
            tracing::error!(reason = failed, "a feed was not written");
        }
        if report.files.written + report.files.removed > 0 {
            (self.tell)(Event::Regenerated(report));
        }
        Ok(())
    }

    async fn visit_sources(&self) {
        let started = Utc::now();
        let sources = match self.config.load_sources() {
            Ok(sources) => sources,
            Err(problems) => {
                for problem in problems {
                    tracing::error!(%problem, "the source list is wrong; nothing is fetched");
                }
                return;
            }
        };
        let request = fetch::Request::default();
        let fetched =
            fetch::fetch(&self.config, &self.store, &sources, &request, started, |visited| {
                if let Some(error) = &visited.error {
                    tracing::debug!(source = visited.id, error, "a visit failed");
                }
            });
        match fetched.await {
            Ok(report) => {
                let visited = report
                    .sources
                    .iter()
                    .any(|one| one.outcome != "deferred" && one.outcome != "gone");
                let news: usize =
                    report.sources.iter().map(|one| one.items_new + one.items_updated).sum();
                if visited {
                    let value = serde_json::to_value(&report).unwrap_or_default();
                    self.record(JobName::Fetch, started, None, value).await;
                    (self.tell)(Event::Fetched(report));
                }
                if news > 0 {
                    self.suggest().await;
                    self.try_regenerate().await;
                }
            }
            Err(error) => {
                tracing::error!(%error, "sources were not visited");
                self.record(JobName::Fetch, started, Some(error.to_string()), Value::Null).await;
            }
        }
    }

    async fn suggest(&self) {
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let job = spawn_blocking(move || {
            let now = Utc::now();
            let (catalog, _) =
                regen::read_catalog(&config, &|_| {}).map_err(|error| error.to_string())?;
            let limit = config.suggest.rank.limit;
            let suggestions =
                suggest::suggest(&config, &catalog, &store, &Scope::Everything, limit, now)
                    .map_err(|error| error.to_string())?;
            suggest::remember(&store, &suggestions, now).map_err(|error| error.to_string())?;
            Ok::<_, String>(suggestions)
        });
        match job.await {
            Ok(Ok(suggestions)) => (self.tell)(Event::Suggested(suggestions)),
            Ok(Err(error)) => tracing::error!(error, "no suggestions were made"),
            Err(error) => tracing::error!(%error, "no suggestions were made"),
        }
    }

    /// Looks whether all is well, for `/readyz`.
    async fn examine(&self) {
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let job = spawn_blocking(move || {
            let sources = match config.load_sources() {
                Ok(sources) => sources,
                Err(wrong) => return Some(wrong.iter().map(ToString::to_string).collect()),
            };
            let (catalog, _) = regen::read_catalog(&config, &|_| {}).ok()?;
            health::problems(&config, &store, &sources, &catalog, Utc::now()).ok()
        });
        let readiness = match job.await {
            Ok(Some(problems)) if problems.is_empty() => Readiness::Ready,
            Ok(Some(problems)) => Readiness::Ailing(problems),
            _ => Readiness::Ailing(vec!["articles or database cannot be read".to_owned()]),
        };
        self.readiness.send_replace(readiness);
    }

    async fn record(
        &self,
        name: JobName,
        started: DateTime<Utc>,
        error: Option<String>,
        report: Value,
    ) {
        let took_ms = (Utc::now() - started).num_milliseconds().try_into().unwrap_or_default();
        let store = self.store.clone();
        let job = Job { name, started, took_ms, error, report };
        if let Ok(Err(error)) = spawn_blocking(move || store.record_job(job)).await {
            tracing::error!(%error, "the job could not be recorded");
        }
    }
}

/// Waits until `due` by the wall clock, which may jump; for ever where nothing is due.
async fn until(due: Option<DateTime<Utc>>) {
    let Some(due) = due else { return pending().await };
    while let Ok(left) = (due - Utc::now()).to_std() {
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}

async fn changed(changes: &mut Option<Changes>) {
    match changes {
        Some(changes) => changes.next().await,
        None => pending().await,
    }
}

fn stop_on_signals(stop: &CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}

fn notify_systemd(states: &[sd_notify::NotifyState<'_>]) {
    // Without systemd there is nobody to tell, and that is no error.
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}
