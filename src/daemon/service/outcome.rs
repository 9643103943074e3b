//! What the daemon makes known of itself: how each job went, and after each round how all is.

use chrono::Utc;
use tokio::task::spawn_blocking;

use super::Daemon;
use crate::daemon::Event;
use crate::daemon::history::{self, Outcome, Run};
use crate::daemon::pulse::Work;
use crate::store::JobName;

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
        let (name, is_good, seconds) = (run.name(), outcome.error.is_none(), run.seconds(now));
        self.doctor.notes().counts.count(name, is_good, seconds);
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

    /// Notes that no source was due.
    pub(super) async fn idle(&self, run: Run) {
        let _working = self.pulse.begin(Work::Store);
        let (store, now) = (self.store.clone(), Utc::now());
        drop(spawn_blocking(move || run.idle(&store, now)).await);
    }

    /// Notes that nothing is being done any more: what was broken off was broken off on purpose.
    pub(in crate::daemon) async fn rest(&self) {
        let store = self.store.clone();
        drop(spawn_blocking(move || history::rest(&store)).await);
    }

    /// Looks whether all is well, and shows it.
    pub(in crate::daemon) async fn examine(&self) {
        let _working = self.pulse.begin(Work::Store);
        self.doctor.examine(&self.config).await;
    }
}
