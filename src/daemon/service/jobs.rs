//! What the daemon does when something is due: each job on a thread of its own, its outcome kept.

use std::sync::{Arc, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::task::spawn_blocking;
use tokio_util::task::AbortOnDropHandle;

use super::Daemon;
use crate::article::scan::ScanError;
use crate::config::Config;
use crate::daemon::pulse::{Pulse, Work};
use crate::daemon::regen::{self, Extent};
use crate::daemon::suggest::{self, Scope, When};
use crate::daemon::{Event, fetch, health, push, websub};
use crate::feed::redirect;
use crate::problem::Problem;
use crate::source::Source;
use crate::store::{Job, JobName, Store};
use crate::web::Readiness;

/// Visits that go on beside the loop. They are broken off when this is dropped, which may happen at
/// any time: nothing of a visit is kept by halves.
pub(super) struct Visits {
    pub(super) started: DateTime<Utc>,
    task: AbortOnDropHandle<Result<fetch::Report, Unvisited>>,
}

/// Visits that have ended.
pub(super) struct Visited {
    started: DateTime<Utc>,
    result: Result<fetch::Report, Unvisited>,
}

/// Why no source was visited.
enum Unvisited {
    /// The list of them is wrong.
    List(Vec<Problem>),
    /// It cannot be.
    Failed(String),
}

impl Visits {
    /// Begins to visit the sources that are due.
    pub(super) fn begin(config: &Arc<Config>, store: &Store, pulse: &Pulse) -> Self {
        let started = Utc::now();
        let (config, store, working) =
            (Arc::clone(config), store.clone(), pulse.begin(Work::Visits));
        let task = tokio::spawn(async move {
            let _working = working;
            let sources = config.load_sources().map_err(Unvisited::List)?;
            leave(&store, &sources).await;
            let request = fetch::Request::default();
            let told = |visited: &fetch::Visited| {
                if let Some(error) = &visited.error
                    && visited.outcome != "deferred"
                {
                    tracing::warn!(source = visited.id, "source {}: {error}", visited.id);
                }
            };
            let fetched = fetch::fetch(&config, &store, &sources, &request, started, told).await;
            fetched.map_err(|error| Unvisited::Failed(error.to_string()))
        });
        Self { started, task: AbortOnDropHandle::new(task) }
    }

    /// Waits for their end. Whoever gives up waiting may ask again.
    pub(super) async fn ended(&mut self) -> Visited {
        let broken = |_| Err(Unvisited::Failed("they broke down".to_owned()));
        let result = (&mut self.task).await.unwrap_or_else(broken);
        Visited { started: self.started, result }
    }
}

/// Ends the subscriptions of sources that are not in the list any more.
async fn leave(store: &Store, sources: &[Source]) {
    let (store, sources) = (store.clone(), sources.to_vec());
    let left = spawn_blocking(move || websub::leave(&store, &sources, Utc::now()));
    if let Ok(Err(error)) = left.await {
        tracing::error!("subscriptions were not ended: {error}");
    }
}

impl<F: Fn(Event)> Daemon<F> {
    /// Writes feeds, until it is told to stop. Gives what could not be written, in sentences.
    pub(in crate::daemon) async fn regenerate(
        &mut self,
        extent: Extent,
    ) -> Result<Vec<String>, regen::RegenError> {
        let _working = self.pulse.begin(Work::Regen);
        self.doing("Reading articles and writing feeds");
        let started = Utc::now();
        self.seen_at = started;
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let kept = Arc::clone(&self.kept);
        let request = regen::Request {
            extent,
            allow_local: self.allow_local,
            stop: self.signals.stop.clone(),
            ..regen::Request::default()
        };
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
            return Ok(vec!["the regeneration broke down".to_owned()]);
        };
        // What was told to stop has not failed.
        let stopped = match &result {
            Ok(done) => done.stopped,
            Err(error) => matches!(error, regen::RegenError::Scan(ScanError::Stopped)),
        };
        if stopped {
            let changed = result.map(|done| done.changed).unwrap_or_default();
            push::queue(&self.config, &self.store, changed, &self.changed).await;
            return Ok(Vec::new());
        }
        self.record_regen(started, &result).await;
        let done = result?;
        push::queue(&self.config, &self.store, done.changed, &self.changed).await;
        if extent == Extent::Everything {
            self.redirects.send_replace(Arc::new(redirect::folders(&done.redirects)));
            self.feeds = done.report.feeds;
        }
        self.catalog = Some(done.catalog);
        let report = done.report;
        let failed = report.failed.clone();
        for skipped in &report.skipped {
            let regen::Skipped { path, line, reason } = skipped;
            tracing::warn!(article = path, line, "{path}:{line}: {reason}; the article is skipped");
        }
        for failure in &done.failed {
            tracing::error!(feed = failure.file, "a feed was not written: {}", failure.reason);
        }
        if report.files.written + report.files.removed > 0 {
            (self.tell)(Event::Regenerated(report));
        }
        Ok(failed)
    }

    async fn record_regen(
        &self,
        started: DateTime<Utc>,
        result: &Result<regen::Done, regen::RegenError>,
    ) {
        let error = result.as_ref().err().map(ToString::to_string);
        let report = result.as_ref().ok().and_then(|done| serde_json::to_value(&done.report).ok());
        self.record(JobName::Regen, started, error, report.unwrap_or_default()).await;
    }

    /// Begins to visit the sources that are due.
    pub(super) fn begin_visits(&mut self) {
        self.timetable.fetch = None;
        self.visits = Some(Visits::begin(&self.config, &self.store, &self.pulse));
    }

    /// Does what follows from visits that have ended.
    pub(super) async fn visited(&mut self, visited: Visited) {
        match self.note(visited).await {
            Ok(report) if report.news() > 0 => self.follow_news().await,
            _ => self.examine().await,
        }
    }

    /// Records and tells what became of visits; why there were none.
    pub(super) async fn note(&self, visited: Visited) -> Result<fetch::Report, String> {
        self.bells.due.notify_one();
        match visited.result {
            Ok(report) => {
                if report.sources.iter().any(|one| !matches!(one.outcome, "deferred" | "gone")) {
                    let value = serde_json::to_value(&report).unwrap_or_default();
                    self.record(JobName::Fetch, visited.started, None, value).await;
                    (self.tell)(Event::Fetched(report.clone()));
                }
                Ok(report)
            }
            Err(Unvisited::List(problems)) => {
                for problem in &problems {
                    tracing::error!(
                        "{problem}; nothing is fetched until the source list is mended"
                    );
                }
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Err(lines.join("\n"))
            }
            Err(Unvisited::Failed(error)) => {
                tracing::error!("sources were not visited: {error}");
                let kept = Some(error.clone());
                self.record(JobName::Fetch, visited.started, kept, Value::Null).await;
                Err(error)
            }
        }
    }

    /// Makes suggestions of what is new; why there are none.
    pub(super) async fn suggest(&mut self) -> Result<(), String> {
        let Some(catalog) = self.catalog.clone() else { return Ok(()) };
        let _working = self.pulse.begin(Work::Suggest);
        self.doing("Ranking suggestions");
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let job = spawn_blocking(move || {
            let now = Utc::now();
            let (limit, all) = (config.suggest.rank.limit, &Scope::Everything);
            let when = When::Now(now);
            let suggestions = suggest::suggest(&config, &catalog, &store, all, limit, when)?;
            suggest::remember(&config, &store, &suggestions, now)?;
            Ok::<_, suggest::SuggestError>(suggestions)
        });
        let made = tokio::select! {
            // They are kept all at once, or none of them.
            () = self.signals.stop.cancelled() => return Ok(()),
            made = job => made,
        };
        let error = match made {
            Ok(Ok(suggestions)) => {
                (self.tell)(Event::Suggested(suggestions));
                return Ok(());
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "ranking broke down".to_owned(),
        };
        tracing::error!("no suggestions were made: {error}");
        Err(format!("no suggestions were made: {error}"))
    }

    /// Looks whether all is well, for `/readyz`.
    pub(super) async fn examine(&self) {
        let _working = self.pulse.begin(Work::Store);
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
        let _working = self.pulse.begin(Work::Store);
        let took_ms = (Utc::now() - started).num_milliseconds().try_into().unwrap_or_default();
        let store = self.store.clone();
        let job = Job { name, started, took_ms, error, report };
        if let Ok(Err(error)) = spawn_blocking(move || store.record_job(job)).await {
            tracing::error!("the {name} could not be recorded: {error}");
        }
    }
}
