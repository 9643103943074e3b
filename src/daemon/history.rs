//! What is kept of each run of a job: that it began, and how it ended.
//!
//! The daemon and the one-off commands keep it alike. A run that ends without saying so leaves its
//! beginning; the next run of the same job finds it, and writes it down as one that did not finish. A
//! history that cannot be kept is a warning, and stops no job.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::fetch;
use super::health::sources::HICCUPS;
use super::regen;
use crate::store::{Begun, Job, JobName, Store, StoreError};

/// From so many sources on, that none of them answers is the job's failure and not theirs.
const MANY: usize = 3;

/// What is written of a run whose process ended before it did.
const UNFINISHED: &str = "it did not finish: its process ended";

/// A run that has begun.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    name: JobName,
    started: DateTime<Utc>,
}

impl Run {
    /// Notes that `name` begins at `now`, and what an earlier run has left unfinished.
    pub fn begin(store: &Store, name: JobName, now: DateTime<Utc>) -> Self {
        let begun = Begun { name, started: now, process: std::process::id() };
        warn(name, take_over(store, name).and_then(|()| store.begin_job(begun)));
        Self { name, started: now }
    }

    /// The run of `name` that began at `started`.
    pub fn of(name: JobName, started: DateTime<Utc>) -> Self {
        Self { name, started }
    }

    /// The job.
    pub fn name(self) -> JobName {
        self.name
    }

    /// How long it has lasted at `now`.
    pub fn seconds(self, now: DateTime<Utc>) -> f64 {
        (now - self.started).num_milliseconds().max(0) as f64 / 1000.0
    }

    /// Takes the beginning back: there was nothing to do.
    pub fn forget(self, store: &Store) {
        let begun = Begun { name: self.name, started: self.started, process: std::process::id() };
        warn(self.name, store.forget_begun(begun));
    }

    /// Notes at `now` that no source was due. That is not worth keeping, unless the run before did not
    /// finish: nothing that it left is to be made good any more.
    pub fn idle(self, store: &Store, now: DateTime<Utc>) {
        let last = store.jobs(Some(self.name), 1).unwrap_or_default();
        match last.first() {
            Some(job) if job.error.as_deref() == Some(UNFINISHED) => {
                self.end(store, now, Outcome { error: None, report: json!({"sources": []}) });
            }
            _ => self.forget(store),
        }
    }

    /// Notes how it ended, at `now`.
    pub fn end(self, store: &Store, now: DateTime<Utc>, outcome: Outcome) {
        let took_ms = (now - self.started).num_milliseconds().try_into().unwrap_or_default();
        let Outcome { error, report } = outcome;
        let job = Job { name: self.name, started: self.started, took_ms, error, report };
        if let Err(error) = store.record_job(job) {
            tracing::error!("how {} went cannot be recorded: {error}", self.name);
        }
    }
}

/// Takes back every beginning of this process, which stops on purpose.
pub fn rest(store: &Store) {
    let ours = store.begun_jobs().unwrap_or_default().into_iter();
    for begun in ours.filter(|begun| begun.process == std::process::id()) {
        warn(begun.name, store.forget_begun(begun));
    }
}

fn warn(job: JobName, noted: Result<(), StoreError>) {
    if let Err(error) = noted {
        tracing::warn!("that {job} goes on cannot be recorded: {error}");
    }
}

/// Writes down the runs that did not finish, as such.
fn take_over(store: &Store, name: JobName) -> Result<(), StoreError> {
    for begun in store.begun_jobs()?.into_iter().filter(|begun| begun.name == name) {
        // No process does the same job twice at once: what bears our number is not ours, but of one
        // that had it before us, as the first process of a container has.
        if begun.process == std::process::id() || !lives(begun.process) {
            let error = Some(UNFINISHED.to_owned());
            let (name, started) = (begun.name, begun.started);
            store.record_job(Job { name, started, took_ms: 0, error, report: Value::Null })?;
        }
    }
    Ok(())
}

/// Whether a process with this number lives.
pub fn lives(process: u32) -> bool {
    let number = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    let asked = number.map(rustix::process::test_kill_process);
    // Somebody else's process may not be asked, and so lives.
    matches!(asked, Some(Ok(()) | Err(rustix::io::Errno::PERM)))
}

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// What it reports, as `--json` shows it.
    pub report: Value,
}

impl Outcome {
    /// A run that failed before there was anything to report.
    pub fn failed(error: &(impl ToString + ?Sized)) -> Self {
        Self { error: Some(error.to_string()), report: Value::Null }
    }

    /// A regeneration; feeds that could not be written are its failure.
    pub fn of_regen(result: Result<&regen::Report, &regen::RegenError>) -> Self {
        match result {
            Err(error) => Self::failed(error),
            Ok(report) => {
                let error = report.failed.first().map(|first| match report.failed.len() {
                    1 => first.clone(),
                    count => format!("{count} feeds or files were not written; {first}"),
                });
                Self { error, report: serde_json::to_value(report).unwrap_or_default() }
            }
        }
    }

    /// A round of visits; none where nobody was visited. Sources that were not due are not kept: their
    /// number is.
    pub fn of_fetch(report: &fetch::Report) -> Option<Self> {
        let visited: Vec<_> = report
            .sources
            .iter()
            .filter(|one| !matches!(one.outcome, "deferred" | "gone") || one.http.is_some())
            .collect();
        let first = visited.first()?;
        // Whoever answers with a refusal answers; and who has failed for long is told of by itself.
        let silent = visited.iter().all(|one| one.outcome == "failed" && one.http.is_none());
        let new = visited.iter().filter(|one| one.failures < HICCUPS).count();
        let error = (silent && new >= MANY).then(|| {
            let (failed, reason) = (visited.len(), first.error.as_deref().unwrap_or("unknown"));
            format!("none of the {failed} sources that were due answered; {}: {reason}", first.id)
        });
        let report = json!({
            "sources": visited, "not_due": report.sources.len() - visited.len(),
            "elapsed_ms": report.elapsed_ms,
        });
        Some(Self { error, report })
    }

    /// A ranking.
    pub fn of_suggest(suggestions: usize) -> Self {
        Self { error: None, report: json!({"suggestions": suggestions}) }
    }
}

/// One line that says what a run did.
pub fn summary(job: &Job) -> String {
    if let Some(error) = &job.error {
        return error.lines().next().unwrap_or_default().to_owned();
    }
    let count = |value: &Value| value.as_u64().unwrap_or_default();
    let report = &job.report;
    match job.name {
        JobName::Regen => {
            let files = &report["files"];
            format!(
                "{} articles, {} feeds, {} files written, {} removed",
                count(&report["articles"]),
                count(&report["feeds"]),
                count(&files["written"]),
                count(&files["removed"])
            )
        }
        JobName::Fetch => {
            let none = Vec::new();
            let sources = report["sources"].as_array().unwrap_or(&none);
            let failed = sources.iter().filter(|one| one["outcome"] == "failed").count();
            let new: u64 = sources.iter().map(|one| count(&one["items_new"])).sum();
            format!("{} sources visited, {new} new items, {failed} failed", sources.len())
        }
        JobName::Suggest => format!("{} suggestions", count(&report["suggestions"])),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("h.db")).unwrap();
        (folder, store)
    }

    #[test]
    fn a_run_that_did_not_finish_is_found_by_the_next_one() {
        let (_folder, store) = store();
        // No process has the highest number that there is.
        let dead = Begun { name: JobName::Regen, started: now(), process: i32::MAX as u32 };
        store.begin_job(dead).unwrap();
        let fetch = Run::begin(&store, JobName::Fetch, now());
        assert_eq!(store.begun_jobs().unwrap().len(), 2, "another job has nothing to do with it");
        let later = now() + TimeDelta::seconds(90);
        fetch.end(&store, later, Outcome::default());
        let regen = Run::begin(&store, JobName::Regen, later);
        let left: Vec<_> = store.begun_jobs().unwrap().iter().map(|run| run.started).collect();
        assert_eq!(left, [later]);
        regen.end(&store, later, Outcome::default());
        assert_eq!(store.begun_jobs().unwrap(), []);
        let runs = store.jobs(None, 10).unwrap();
        let runs: Vec<_> =
            runs.iter().map(|job| (job.name, job.took_ms, job.error.as_deref())).collect();
        let died = Some("it did not finish: its process ended");
        assert_eq!(
            runs,
            [(JobName::Regen, 0, None), (JobName::Fetch, 90_000, None), (JobName::Regen, 0, died)]
        );
    }

    #[test]
    fn a_run_with_nothing_to_do_makes_good_for_one_that_did_not_finish_and_is_not_kept_otherwise() {
        let (_folder, store) = store();
        let dead = Begun { name: JobName::Fetch, started: now(), process: i32::MAX as u32 };
        let later = |minutes| now() + TimeDelta::minutes(minutes);
        for (at, dies, expected) in [(1, false, 0), (2, true, 2), (3, false, 2)] {
            if dies {
                store.begin_job(dead).unwrap();
            }
            Run::begin(&store, JobName::Fetch, later(at)).idle(&store, later(at));
            assert_eq!(store.begun_jobs().unwrap(), []);
            assert_eq!(store.jobs(None, 10).unwrap().len(), expected, "{at}");
            assert!(store.last_jobs().unwrap().iter().all(|job| job.error.is_none()), "{at}");
        }
    }

    #[test]
    fn a_living_process_is_left_alone() {
        let (_folder, store) = store();
        assert!(lives(std::process::id()) && lives(1) && !lives(0) && !lives(u32::MAX));
        store.begin_job(Begun { name: JobName::Regen, started: now(), process: 1 }).unwrap();
        let ours = now() + TimeDelta::seconds(1);
        let _ = Run::begin(&store, JobName::Regen, ours);
        assert_eq!(store.begun_jobs().unwrap().len(), 2);
    }

    #[test]
    fn that_nobody_answers_is_the_rounds_failure_and_that_one_does_not_is_its_own() {
        let one = |outcome: &str| fetch::Visited {
            id: "a".into(),
            outcome: ["updated", "unchanged", "gone", "deferred"]
                .into_iter()
                .find(|known| *known == outcome)
                .unwrap_or("failed"),
            http: matches!(outcome, "404" | "unchanged").then_some(404),
            failures: if outcome == "as ever" { HICCUPS } else { 1 },
            items_new: 1,
            items_updated: 0,
            error: Some("no connection".into()),
            next_at: None,
        };
        for (outcomes, expected) in [
            (&["deferred", "gone"][..], None),
            (&["failed", "deferred"], Some(false)),
            (&["failed", "failed"], Some(false)),
            (&["failed", "failed", "unchanged"], Some(false)),
            (&["failed", "failed", "failed", "deferred"], Some(true)),
            (&["404", "404", "404", "404"], Some(false)),
            (&["failed", "failed", "failed", "404"], Some(false)),
            (&["failed", "failed", "as ever"], Some(false)),
            (&["failed", "failed", "failed", "as ever"], Some(true)),
            (&["as ever", "as ever", "as ever"], Some(false)),
        ] {
            let sources = outcomes.iter().map(|outcome| one(outcome)).collect();
            let outcome = Outcome::of_fetch(&fetch::Report { sources, elapsed_ms: 1 });
            let failed = outcome.as_ref().map(|outcome| outcome.error.is_some());
            assert_eq!(failed, expected, "{outcomes:?}");
            let kept = outcome.map_or(0, |it| it.report["sources"].as_array().unwrap().len());
            assert!(kept <= outcomes.len() && (kept == 0 || kept < 5), "{outcomes:?}");
        }
    }
}
