//! What the daemon does when something is due: each job on a thread of its own, its outcome kept.

use std::sync::{Arc, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::Daemon;
use crate::daemon::regen::{self, Extent};
use crate::daemon::suggest::{self, Scope, When};
use crate::daemon::{Event, fetch, health, push, upkeep, websub};
use crate::feed::redirect;
use crate::source::Source;
use crate::store::{Job, JobName};
use crate::web::Readiness;

impl<F: Fn(Event)> Daemon<F> {
    pub(in crate::daemon) async fn regenerate(
        &mut self,
        extent: Extent,
    ) -> Result<(), regen::RegenError> {
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

    pub(super) async fn visit_sources(&mut self) {
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

    pub(super) async fn suggest(&self) {
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
    pub(super) async fn examine(&self) {
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let catalog = self.catalog.clone();
        let job = spawn_blocking(move || {
            let sources = match config.load_sources() {
                Ok(sources) => sources,
                Err(wrong) => return Some(wrong.iter().map(ToString::to_string).collect()),
            };
            let found = match catalog {
                Some(catalog) => health::problems(&config, &store, &sources, &catalog, Utc::now()),
                None => upkeep::problems(&config, &store, Utc::now()).map(|mut found| {
                    found.push("the feeds are still those of before; the log says why".to_owned());
                    found
                }),
            };
            // A database that cannot be read is what is wrong.
            Some(found.unwrap_or_else(|error| vec![error.to_string()]))
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
