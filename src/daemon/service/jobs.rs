//! What the daemon does when something is due: each job on a thread of its own, its outcome kept.

use std::sync::{Arc, PoisonError};

use chrono::Utc;
use tokio::task::spawn_blocking;

use super::Daemon;
use crate::daemon::history::Outcome;
use crate::daemon::regen::{self, Extent};
use crate::daemon::suggest::{self, Scope, When};
use crate::daemon::{Event, fetch, push, websub};
use crate::feed::redirect;
use crate::source::Source;
use crate::store::JobName;

impl<F: Fn(Event)> Daemon<F> {
    pub(in crate::daemon) async fn regenerate(
        &mut self,
        extent: Extent,
    ) -> Result<(), regen::RegenError> {
        let run = self.begin(JobName::Regen).await;
        self.seen_at = Utc::now();
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
            self.end(run, Outcome::failed("it broke down; the log tells where")).await;
            return Ok(());
        };
        let outcome = Outcome::of_regen(result.as_ref().map(|done| &done.report));
        self.end(run, outcome).await;
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

    pub(super) async fn visit_sources(&mut self) {
        self.visit_and_rank().await;
        self.examine().await;
    }

    async fn visit_and_rank(&mut self) {
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
        let run = self.begin(JobName::Fetch).await;
        let fetched =
            fetch::fetch(&self.config, &self.store, &sources, &request, Utc::now(), |visited| {
                if let Some(error) = &visited.error {
                    tracing::debug!(source = visited.id, error, "a visit failed");
                }
            });
        let fetched = fetched.await;
        self.bells.due.notify_one();
        match fetched {
            Ok(report) => {
                let outcome = Outcome::of_fetch(&report);
                let visited = outcome.is_some();
                self.end_or_forget(run, outcome).await;
                let news: usize =
                    report.sources.iter().map(|one| one.items_new + one.items_updated).sum();
                if visited {
                    (self.tell)(Event::Fetched(report));
                }
                if news > 0 {
                    self.suggest().await;
                    self.try_regenerate().await;
                }
            }
            Err(error) => {
                tracing::error!(%error, "sources were not visited");
                self.end(run, Outcome::failed(&error)).await;
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

    pub(super) async fn suggest(&mut self) {
        let Some(catalog) = self.catalog.clone() else { return };
        let run = self.begin(JobName::Suggest).await;
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let job = spawn_blocking(move || {
            let now = Utc::now();
            let (limit, all) = (config.suggest.rank.limit, &Scope::Everything);
            let when = When::Now(now);
            let suggestions = suggest::suggest(&config, &catalog, &store, all, limit, when)?;
            suggest::remember(&config, &store, &suggestions, now)?;
            Ok::<_, suggest::SuggestError>(suggestions)
        });
        let made = job.await.map_err(|error| error.to_string());
        match made.and_then(|made| made.map_err(|error| error.to_string())) {
            Ok(suggestions) => {
                self.end(run, Outcome::of_suggest(suggestions.len())).await;
                (self.tell)(Event::Suggested(suggestions));
            }
            Err(error) => {
                tracing::error!(%error, "no suggestions were made");
                self.end(run, Outcome::failed(&error)).await;
            }
        }
    }
}
