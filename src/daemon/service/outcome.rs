//! What the daemon makes known of itself: how each job went, and after each round how all is.

use std::sync::Arc;

use chrono::Utc;
use tokio::task::spawn_blocking;

use super::Daemon;
use crate::daemon::Event;
use crate::daemon::alerts::Round;
use crate::daemon::health::{self, Clock, metrics};
use crate::daemon::history::{self, Outcome, Run};
use crate::daemon::pulse::Work;
use crate::store::JobName;
use crate::web::Readiness;

impl<F: Fn(Event)> Daemon<F> {
    /// Notes that a job begins.
    pub(super) async fn begin(&self, name: JobName) -> Run {
        let _working = self.pulse.begin(Work::Store);
        let (store, now) = (self.store.clone(), Utc::now());
        let begun = spawn_blocking(move || Run::begin(&store, name, now)).await;
        begun.unwrap_or_else(|_| Run::of(name, now))
    }

    /// Notes how it ended.
    pub(super) async fn end(&mut self, run: Run, outcome: Outcome) {
        let _working = self.pulse.begin(Work::Store);
        let (store, now) = (self.store.clone(), Utc::now());
        self.counts.count(run.name(), outcome.error.is_none(), run.seconds(now));
        // It logs for itself what goes wrong.
        drop(spawn_blocking(move || run.end(&store, now, outcome)).await);
    }

    /// Notes how it ended, or that there was nothing to do.
    pub(super) async fn end_or_forget(&mut self, run: Run, outcome: Option<Outcome>) {
        let Some(outcome) = outcome else {
            let store = self.store.clone();
            drop(spawn_blocking(move || run.forget(&store)).await);
            return;
        };
        self.end(run, outcome).await;
    }

    /// Notes that nothing is being done any more: what was broken off was broken off on purpose.
    pub(in crate::daemon) async fn rest(&self) {
        let store = self.store.clone();
        drop(spawn_blocking(move || history::rest(&store)).await);
    }

    /// Looks whether all is well, and shows it to `/readyz`, `/metrics` and whoever is to be alerted.
    pub(in crate::daemon) async fn examine(&self) {
        let _working = self.pulse.begin(Work::Store);
        let (config, store, now) = (Arc::clone(&self.config), self.store.clone(), Utc::now());
        let (catalog, refused) = (self.catalog.borrow().clone(), self.refused.clone());
        let look = move || {
            health::examine(&config, Ok(&store), catalog.as_deref(), refused.as_deref(), now)
        };
        let health = match spawn_blocking(look).await {
            Ok(health) => health,
            Err(error) => {
                tracing::error!("whether all is well cannot be told: {error}");
                return;
            }
        };
        let lines = health.lines(Clock { now, zone: self.config.zone() });
        self.readiness.send_replace(if lines.is_empty() {
            Readiness::Ready
        } else {
            Readiness::Ailing(lines)
        });
        self.metrics.send_replace(metrics::page(&health, &self.counts).into());
        let (config, health) = (Arc::clone(&self.config), Arc::new(health));
        self.rounds.send_replace(Some(Round { config, health, at: now }));
    }
}
