//! The daemon at work: one loop that decides what is due. What is done then stands in [`jobs`].

use std::future::pending;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch as channel};
use tokio_util::sync::CancellationToken;

use super::health::metrics::Counts;
use super::regen::{Extent, Kept};
use super::system::until;
use super::watch::Changes;
use super::{Event, alerts, websub};
use crate::catalog::Catalog;
use crate::config::Config;
use crate::config::cron::Cron;
use crate::store::Store;
use crate::web::{self, Readiness};

mod jobs;
mod outcome;

/// Everything that the loop and its jobs share.
pub(super) struct Daemon<F> {
    pub(super) config: Arc<Config>,
    pub(super) store: Store,
    pub(super) tell: F,
    /// Whether feeds may carry addresses that only this machine can reach.
    allow_local: bool,
    pub(super) readiness: channel::Sender<Readiness>,
    redirects: channel::Sender<web::Redirects>,
    /// What `/metrics` shows.
    pub(super) metrics: channel::Sender<Arc<str>>,
    /// Hears of each round.
    pub(super) rounds: alerts::Rounds,
    counts: Counts,
    /// Wakes whoever tells the hub.
    pub(super) changed: Arc<Notify>,
    pub(super) bells: websub::Bells,
    kept: Arc<Mutex<Kept>>,
    /// The articles as the last regeneration found them.
    catalog: Option<Arc<Catalog>>,
    /// The time at which it looked.
    seen_at: DateTime<Utc>,
}

impl<F: Fn(Event)> Daemon<F> {
    /// A daemon that has done nothing yet.
    pub(super) fn new(
        config: Config,
        store: Store,
        tell: F,
        allow_local: bool,
        readiness: channel::Sender<Readiness>,
        redirects: channel::Sender<web::Redirects>,
    ) -> Self {
        let kept = Arc::new(Mutex::new(Kept::load(&config)));
        Self {
            config: Arc::new(config),
            store,
            tell,
            allow_local,
            readiness,
            redirects,
            metrics: channel::Sender::new("".into()),
            rounds: alerts::Rounds::new(None),
            counts: Counts::new(Utc::now()),
            changed: Arc::default(),
            bells: websub::Bells::default(),
            kept,
            catalog: None,
            seen_at: Utc::now(),
        }
    }

    /// Does what is due until it is told to stop. A job that has begun is finished.
    pub(super) async fn work(&mut self, stop: &CancellationToken) {
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
}

async fn changed(changes: &mut Option<Changes>) {
    match changes {
        Some(changes) => changes.next().await,
        None => pending().await,
    }
}
