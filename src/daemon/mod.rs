//! The jobs, and the daemon that runs them: the one place that knows everybody.
//!
//! [`run`] writes the feeds, opens the server, visits the sources, and then does what the schedules,
//! the article folder and the operator's signals say, until it is told to stop. Each job is plain
//! code on a blocking thread; only waiting is async. One loop decides, so no job overlaps with
//! itself, and what a one-off command does at the same time is kept apart by [`lock`]. What was read
//! and made stays in memory between the jobs: a changed article is in its feeds within the blink of
//! an eye, and what follows from it, in other feeds and in suggestions, comes after.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch as channel};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::catalog::Catalog;
use crate::config::Config;
use crate::config::cron::Cron;
use crate::feed::redirect;
use crate::source::Source;
use crate::store::{Job, JobName, Store};
use crate::suggest::Suggestion;
use crate::web::{self, Readiness};
use regen::{Extent, Kept};
use suggest::{Scope, When};
use system::{notify_systemd, stop_on_signals, until};
use watch::Changes;

pub mod fetch;
pub mod health;
pub mod lock;
mod material;
pub mod push;
mod reading;
pub mod regen;
pub mod replay;
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

struct Daemon<F> {
    config: Arc<Config>,
    store: Store,
    tell: F,
    /// Whether feeds may carry addresses that only this machine can reach.
    allow_local: bool,
    readiness: channel::Sender<Readiness>,
    redirects: channel::Sender<web::Redirects>,
    /// Wakes whoever tells the hub.
    changed: Arc<Notify>,
    bells: websub::Bells,
    kept: Arc<Mutex<Kept>>,
    /// The articles as the last regeneration found them.
    catalog: Option<Arc<Catalog>>,
    /// The time at which it looked.
    seen_at: DateTime<Utc>,
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
    let kept = Arc::new(Mutex::new(Kept::load(&config)));
    let mut daemon = Daemon {
        config: Arc::new(config),
        store,
        tell,
        allow_local,
        readiness,
        redirects,
        changed: Arc::default(),
        bells: websub::Bells::default(),
        kept,
        catalog: None,
        seen_at: Utc::now(),
    };

    // Feeds first: a server without them would tell readers that there are none.
    daemon.regenerate(Extent::Everything).await?;
    let address = daemon.config.listen;
    let failed = |source| DaemonError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let feeds = daemon.config.feeds_dir.clone();
    let hubs = websub::start(&daemon.config, &daemon.store, &daemon.bells, &stop);
    let (subscriber, hubs) = hubs.unzip();
    let shown = web::Shown { feeds, redirects: followed, readiness: watched, subscriber };
    let router = web::router(shown);
    let server = tokio::spawn(web::serve(listener, router, stop.clone()));
    let pushes = push::start(&daemon.config, &daemon.store, &daemon.changed, &stop);
    (daemon.tell)(Event::Listening(bound));
    daemon.readiness.send_replace(Readiness::Ready);
    notify_systemd(&[sd_notify::NotifyState::Ready]);

    daemon.work(&stop).await;
    notify_systemd(&[sd_notify::NotifyState::Stopping]);
    tracing::info!("stopping");
    // The server drains by itself; a panic in it has been reported already.
    drop(server.await);
    for task in [pushes, hubs].into_iter().flatten() {
        drop(task.await);
    }
    Ok(())
}

impl<F: Fn(Event)> Daemon<F> {
    /// Does what is due until it is told to stop. A job that has begun is finished.
    async fn work(&mut self, stop: &CancellationToken) {
        let mut changes = self.watch();
        // Both are due at once: what was missed while nobody ran is done now.
        let mut fetch_at = Some(Utc::now());
        let mut regen_at = self.next(&self.config.schedule.regen);
        while !stop.is_cancelled() {
            // Something becomes due or expires between two runs of the schedule.
            let due_at = self.catalog.as_ref().and_then(|known| known.next_change(self.seen_at));
            tokio::select! {
                () = stop.cancelled() => break,
                () = until(due_at) => self.catch_up().await,
                () = until(fetch_at) => {
                    tokio::select! {
                        // Visits may be broken off at any time: nothing of them is kept by halves.
                        () = stop.cancelled() => break,
                        () = self.visit_sources() => {}
                    }
                    fetch_at = self.next(&self.config.schedule.fetch);
                }
                () = self.bells.news.notified() => {
                    self.suggest().await;
                    self.try_regenerate().await;
                }
                () = until(regen_at) => {
                    self.try_regenerate().await;
                    regen_at = self.next(&self.config.schedule.regen);
                }
                () = changed(&mut changes) => {
                    tracing::info!("articles have changed");
                    self.catch_up().await;
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

    /// The news first, then everything.
    async fn catch_up(&mut self) {
        if let Err(error) = self.regenerate(Extent::News).await {
            tracing::error!(%error, "the news was not written");
        }
        self.try_regenerate().await;
    }

    async fn try_regenerate(&mut self) {
        if let Err(error) = self.regenerate(Extent::Everything).await {
            tracing::error!(%error, "feeds were not written");
        }
        self.examine().await;
    }

    async fn regenerate(&mut self, extent: Extent) -> Result<(), regen::RegenError> {
        let started = Utc::now();
        self.seen_at = started;
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let kept = Arc::clone(&self.kept);
        let request =
            regen::Request { extent, allow_local: self.allow_local, ..regen::Request::default() };
        let job = spawn_blocking(move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Utc::now();
            regen::regen(&config, &mut kept, &request, now, &|_| {}, |catalog| {
                suggest::note_cited(catalog, &store, now);
                suggest::feeds_or_none(&config, catalog, &store, now)
            })
        });
        // A panic is somebody's mistake in a file that we should have survived: the next run may.
        let Ok(result) = job.await else {
            tracing::error!("the regeneration broke down; it will be tried again");
            self.record(JobName::Regen, started, Some("it broke down".to_owned()), Value::Null)
                .await;
            return Ok(());
        };
        let error = result.as_ref().err().map(ToString::to_string);
        let report = result.as_ref().ok().and_then(|done| serde_json::to_value(&done.report).ok());
        self.record(JobName::Regen, started, error, report.unwrap_or_default()).await;
        let done = result?;
        push::queue(&self.config, &self.store, done.changed, &self.changed).await;
        if extent == Extent::Everything {
            self.redirects.send_replace(Arc::new(redirect::folders(&done.redirects)));
        }
        self.catalog = Some(done.catalog);
        let report = done.report;
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

    async fn visit_sources(&mut self) {
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
        self.leave(&sources).await;
        let request = fetch::Request::default();
        let fetched =
            fetch::fetch(&self.config, &self.store, &sources, &request, started, |visited| {
                if let Some(error) = &visited.error {
                    tracing::debug!(source = visited.id, error, "a visit failed");
                }
            });
        let fetched = fetched.await;
        self.bells.due.notify_one();
        match fetched {
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

    /// Ends the subscriptions of sources that are not in the list any more.
    async fn leave(&self, sources: &[Source]) {
        let (store, sources) = (self.store.clone(), sources.to_vec());
        let left = spawn_blocking(move || websub::leave(&store, &sources, Utc::now()));
        if let Ok(Err(error)) = left.await {
            tracing::error!(%error, "subscriptions were not ended");
        }
    }

    async fn suggest(&self) {
        let Some(catalog) = self.catalog.clone() else { return };
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let job = spawn_blocking(move || {
            let now = Utc::now();
            let (limit, all) = (config.suggest.rank.limit, &Scope::Everything);
            let when = When::Now(now);
            let suggestions = suggest::suggest(&config, &catalog, &store, all, limit, when)?;
            suggest::remember(&config, &store, &suggestions, now)?;
            Ok::<_, suggest::SuggestError>(suggestions)
        });
        match job.await {
            Ok(Ok(suggestions)) => (self.tell)(Event::Suggested(suggestions)),
            Ok(Err(error)) => tracing::error!(%error, "no suggestions were made"),
            Err(error) => tracing::error!(%error, "no suggestions were made"),
        }
    }

    /// Looks whether all is well, for `/readyz`.
    async fn examine(&self) {
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let catalog = self.catalog.clone();
        let job = spawn_blocking(move || {
            let sources = match config.load_sources() {
                Ok(sources) => sources,
                Err(wrong) => return Some(wrong.iter().map(ToString::to_string).collect()),
            };
            health::problems(&config, &store, &sources, &*catalog?, Utc::now()).ok()
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

async fn changed(changes: &mut Option<Changes>) {
    match changes {
        Some(changes) => changes.next().await,
        None => pending().await,
    }
}
