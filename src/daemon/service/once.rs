//! `run --once`: every job one time, for those who have a scheduler of their own.

use std::sync::Arc;

use chrono::Utc;
use tokio::task::spawn_blocking;

use super::Daemon;
use super::jobs::Visits;
use crate::daemon::regen::Extent;
use crate::daemon::{Event, alerts, push, upkeep};

impl<F: Fn(Event)> Daemon<F> {
    /// Writes feeds, visits the sources that are due, makes suggestions, and tells the hub. What went
    /// wrong, in sentences; one failure does not keep the rest from being done.
    pub(in crate::daemon) async fn once(&mut self) -> Vec<String> {
        let stop = self.signals.stop.clone();
        let mut failures = Vec::new();
        // Readers wait for articles, so the feeds come before what may take long.
        match self.regenerate(Extent::Everything).await {
            Ok(failed) => failures.extend(failed),
            Err(error) => failures.push(error.to_string()),
        }
        if !stop.is_cancelled() {
            let mut visits = Visits::begin(&self.config, &self.store, &self.pulse);
            let visited = tokio::select! {
                () = stop.cancelled() => None,
                visited = visits.ended() => Some(visited),
            };
            if let Some(visited) = visited {
                match self.note(visited).await {
                    Ok(report) if report.all_failed() => {
                        failures.push("every source that was visited failed".to_owned());
                    }
                    Ok(_) => {}
                    Err(error) => failures.push(error),
                }
            }
        }
        if !stop.is_cancelled() {
            failures.extend(self.suggest().await.err());
            match self.regenerate(Extent::Everything).await {
                Ok(failed) => failures = [failures, failed].concat(),
                Err(error) => failures.push(error.to_string()),
            }
            failures.sort();
            failures.dedup();
        }
        if stop.is_cancelled() {
            failures.push("it was stopped; the next run goes on from there".to_owned());
        } else {
            let (config, store) = (Arc::clone(&self.config), self.store.clone());
            let looked =
                spawn_blocking(move || upkeep::when_due(&config, &store, Utc::now(), false));
            // It logs for itself what goes wrong.
            drop(looked.await);
            push::soon(&self.config, &self.store, Utc::now()).await;
            self.examine().await;
            alerts::once(&self.doctor.rounds, &self.store).await;
        }
        self.rest().await;
        failures
    }
}
