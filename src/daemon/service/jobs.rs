//! What the daemon does when something is due: each job on a thread of its own, its outcome kept.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;
use tokio_util::task::AbortOnDropHandle;

use super::Daemon;
use crate::article::scan::ScanError;
use crate::config::Config;
use crate::daemon::history::{Outcome, Run};
use crate::daemon::pulse::{Pulse, Work};
use crate::daemon::regen::{self, Extent};
use crate::daemon::suggest::{self, Scope, When};
use crate::daemon::{Event, fetch, push, websub};
use crate::feed::redirect;
use crate::problem::Problem;
use crate::source::Source;
use crate::store::{JobName, Store};

/// How long a regeneration waits for another process that writes feeds: ten thousand articles take that one
/// some seconds, and the loop stands still meanwhile.
const PATIENCE: Duration = Duration::from_mins(1);

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
            begin(&store, started).await;
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

/// Notes that visits begin.
async fn begin(store: &Store, started: DateTime<Utc>) {
    let store = store.clone();
    // It logs for itself what goes wrong.
    drop(spawn_blocking(move || Run::begin(&store, JobName::Fetch, started)).await);
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
        let run = self.begin(JobName::Regen).await;
        self.seen_at = Utc::now();
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let (kept, index) = (Arc::clone(&self.kept), Arc::clone(&self.index));
        let request = regen::Request {
            extent,
            allow_local: self.allow_local,
            patience: Some(PATIENCE),
            stop: self.signals.stop.clone(),
            ..regen::Request::default()
        };
        let job = spawn_blocking(move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Utc::now();
            regen::regen(&config, &mut kept, &request, now, &|_| {}, |catalog| {
                suggest::note_cited(catalog, &store, now);
                let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
                let made = suggest::feeds_or_none(&config, catalog, &store, &mut index, now)?;
                suggest::remember_published(&config, &store, &made.suggestions, now);
                Some(made.feeds)
            })
        });
        // A panic is somebody's mistake in a file that we should have survived: the next run may.
        let Ok(result) = job.await else {
            tracing::error!("the regeneration broke down; it will be tried again");
            self.end(run, Outcome::failed("it broke down; the log tells where")).await;
            return Ok(vec!["the regeneration broke down".to_owned()]);
        };
        // What was told to stop has not failed.
        let stopped = match &result {
            Ok(done) => done.stopped,
            Err(error) => matches!(error, regen::RegenError::Scan(ScanError::Stopped)),
        };
        let outcome = Outcome::of_regen(result.as_ref().map(|done| &done.report));
        self.end_or_forget(run, (!stopped).then_some(outcome)).await;
        if stopped {
            let changed = result.map(|done| done.changed).unwrap_or_default();
            push::queue(&self.config, &self.store, changed, &self.changed).await;
            return Ok(Vec::new());
        }
        let done = result?;
        push::queue(&self.config, &self.store, done.changed, &self.changed).await;
        if extent == Extent::Everything {
            self.redirects.send_replace(Arc::new(redirect::folders(&done.redirects)));
            self.feeds = done.report.feeds;
        }
        self.catalog.send_replace(Some(done.catalog));
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
            if let Some(open) = &self.open {
                open.look_again();
            }
            (self.tell)(Event::Regenerated(report));
        }
        Ok(failed)
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
    pub(super) async fn note(&mut self, visited: Visited) -> Result<fetch::Report, String> {
        self.bells.due.notify_one();
        let run = Run::of(JobName::Fetch, visited.started);
        match visited.result {
            Ok(report) => {
                match Outcome::of_fetch(&report) {
                    Some(outcome) => {
                        (self.tell)(Event::Fetched(report.clone()));
                        self.end(run, outcome).await;
                    }
                    None => self.idle(run).await,
                }
                Ok(report)
            }
            Err(Unvisited::List(problems)) => {
                for problem in &problems {
                    tracing::error!(
                        "{problem}; nothing is fetched until the source list is mended"
                    );
                }
                self.end_or_forget(run, None).await;
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Err(lines.join("\n"))
            }
            Err(Unvisited::Failed(error)) => {
                tracing::error!("sources were not visited: {error}");
                self.end(run, Outcome::failed(&error)).await;
                Err(error)
            }
        }
    }

    /// Makes suggestions of what is new; why there are none.
    pub(super) async fn suggest(&mut self) -> Result<(), String> {
        let catalog = self.catalog.borrow().clone();
        let Some(catalog) = catalog else { return Ok(()) };
        let _working = self.pulse.begin(Work::Suggest);
        let run = self.begin(JobName::Suggest).await;
        self.doing("Ranking suggestions");
        let (config, store) = (Arc::clone(&self.config), self.store.clone());
        let index = Arc::clone(&self.index);
        let job = spawn_blocking(move || {
            let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Utc::now();
            let (limit, all) = (config.suggest.rank.limit, &Scope::Everything);
            let when = When::Now(now);
            let suggestions =
                suggest::suggest(&config, &catalog, &store, &mut index, all, limit, when)?;
            suggest::remember(&config, &store, &suggestions, now)?;
            Ok::<_, suggest::SuggestError>(suggestions)
        });
        let made = tokio::select! {
            // They are kept all at once, or none of them.
            () = self.signals.stop.cancelled() => {
                self.end_or_forget(run, None).await;
                return Ok(());
            }
            made = job => made,
        };
        let error = match made {
            Ok(Ok(suggestions)) => {
                self.end(run, Outcome::of_suggest(suggestions.len())).await;
                (self.tell)(Event::Suggested(suggestions));
                return Ok(());
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "ranking broke down".to_owned(),
        };
        tracing::error!("no suggestions were made: {error}");
        self.end(run, Outcome::failed(&error)).await;
        Err(format!("no suggestions were made: {error}"))
    }
}
