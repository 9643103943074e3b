//! The jobs: whether the last run of each was good, whether one has begun and not ended, and whether
//! they run at all when their schedules say so.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{Trouble, What};
use crate::config::cron::Cron;
use crate::daemon::history;
use crate::store::{Job, JobName, Store, StoreError};

/// A run that lasts longer hangs. Five hundred sources of one host, visited one after the other, take
/// an hour.
const LONGEST_RUN: TimeDelta = TimeDelta::hours(2);

/// How late a job may be before it counts as missed, beside the pauses of its schedule: one-off runs by
/// a timer, restarts and upgrades take their time.
const GRACE: TimeDelta = TimeDelta::hours(1);

/// How many times in a row the schedule must have been missed.
const MISSED: usize = 3;

/// How the jobs went.
#[derive(Debug, Clone, Default)]
pub struct Fact {
    /// The last run of each.
    pub last: Vec<Job>,
    /// The last good run of each.
    pub good: Vec<Job>,
    /// Those that have begun and not ended.
    pub begun: Vec<Running>,
}

/// A run that has begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// The job.
    pub name: JobName,
    /// When it began.
    pub started: DateTime<Utc>,
    /// Whether its process still lives.
    pub alive: bool,
}

/// When jobs are due.
#[derive(Debug, Clone, Copy)]
pub struct Due<'a> {
    /// The schedule of regenerations.
    pub regen: &'a Cron,
    /// The schedule of visits.
    pub fetch: &'a Cron,
    /// The site's zone.
    pub zone: Tz,
    /// Since when the source is due that has waited longest.
    pub visit: Option<DateTime<Utc>>,
}

pub(super) fn fact(store: &Store) -> Result<Fact, StoreError> {
    let running = |begun: crate::store::Begun| Running {
        name: begun.name,
        started: begun.started,
        alive: history::lives(begun.process),
    };
    Ok(Fact {
        last: store.last_jobs()?,
        good: store.last_good_jobs()?,
        begun: store.begun_jobs()?.into_iter().map(running).collect(),
    })
}

/// What is wrong with the jobs.
pub fn troubles(fact: &Fact, due: &Due<'_>, now: DateTime<Utc>) -> Vec<Trouble> {
    let last = |name| fact.last.iter().find(|job| job.name == name);
    let mut troubles = Vec::new();
    for name in JobName::ALL {
        troubles.extend(last(name).and_then(failed));
        let unfinished = fact.begun.iter().filter(|run| run.name == name);
        let mut unfinished = unfinished.filter(|run| !run.alive || now - run.started > LONGEST_RUN);
        troubles.extend(unfinished.next().map(|run| {
            let what = What::JobUnfinished { job: name, alive: run.alive };
            Trouble::begun(what, Some(run.started))
        }));
    }
    // Who is at work is not late, however long it takes.
    let works = |name| fact.begun.iter().any(|run| run.name == name && run.alive);
    let regen = last(JobName::Regen).map(|job| job.started);
    let missed = regen
        .filter(|_| !works(JobName::Regen))
        .and_then(|last| missed(due.regen, due.zone, last, now));
    troubles.extend(missed.map(|since| {
        Trouble::begun(What::JobOverdue { job: JobName::Regen, last: regen }, Some(since))
    }));
    // A round in which no source was due is no run.
    let missed = due
        .visit
        .filter(|_| !works(JobName::Fetch))
        .and_then(|visit| self::missed(due.fetch, due.zone, visit, now));
    troubles.extend(missed.map(|since| {
        let last = last(JobName::Fetch).map(|job| job.started);
        Trouble::begun(What::JobOverdue { job: JobName::Fetch, last }, Some(since))
    }));
    troubles
}

fn failed(job: &Job) -> Option<Trouble> {
    let error = job.error.clone()?;
    Some(Trouble::begun(What::JobFailed { job: job.name, error }, Some(job.started)))
}

/// When a job that was due from `from` on should have run, where it is long overdue.
fn missed(cron: &Cron, zone: Tz, from: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let first = cron.next_after(from, zone)?;
    let more = std::iter::successors(Some(first), |time| cron.next_after(*time, zone));
    let last = more.take(MISSED).last()?;
    (now > last.max(first + GRACE)).then_some(first)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2025-06-13T08:00:30Z".parse().unwrap()
    }

    fn ago(minutes: i64) -> DateTime<Utc> {
        now() - TimeDelta::minutes(minutes)
    }

    fn job(name: JobName, minutes: i64, error: Option<&str>) -> Job {
        let error = error.map(str::to_owned);
        Job { name, started: ago(minutes), took_ms: 1, error, report: Value::Null }
    }

    fn keys(fact: &Fact, regen: &str, visit: Option<i64>) -> Vec<String> {
        let (regen, fetch): (Cron, Cron) = (regen.parse().unwrap(), "* * * * *".parse().unwrap());
        let due = Due { regen: &regen, fetch: &fetch, zone: Tz::UTC, visit: visit.map(ago) };
        troubles(fact, &due, now()).iter().map(Trouble::key).collect()
    }

    #[test]
    fn a_daemon_that_stands_still_is_noticed_by_what_it_did_not_do() {
        const DAY: i64 = 24 * 60;
        for (regen, last, visit, expected) in [
            ("*/10 * * * *", None, None, &[][..]),
            ("*/10 * * * *", Some(9), Some(1), &[]),
            ("*/10 * * * *", Some(60), Some(60), &[]),
            ("*/10 * * * *", Some(75), None, &["job:regen:overdue"]),
            ("*/10 * * * *", Some(5), Some(62), &["job:fetch:overdue"]),
            (
                "*/10 * * * *",
                Some(37 * DAY),
                Some(37 * DAY),
                &["job:regen:overdue", "job:fetch:overdue"],
            ),
            ("0 4 * * *", Some(2 * DAY), None, &[]),
            ("0 4 * * *", Some(3 * DAY), None, &["job:regen:overdue"]),
            // The source is due only tomorrow; or the clock went back.
            ("*/10 * * * *", Some(-DAY), Some(-DAY), &[]),
        ] {
            let last = last.map(|minutes| job(JobName::Regen, minutes, None));
            let fact = Fact { last: last.into_iter().collect(), ..Fact::default() };
            assert_eq!(keys(&fact, regen, visit), expected, "{regen} {fact:?} {visit:?}");
        }
    }

    #[test]
    fn a_run_that_hangs_or_died_is_told_and_one_that_works_is_not() {
        let run = |minutes, alive| Running { name: JobName::Fetch, started: ago(minutes), alive };
        for (begun, expected) in [
            (vec![run(1, true)], &[][..]),
            (vec![run(121, true)], &["job:fetch:unfinished"]),
            (vec![run(0, false)], &["job:fetch:unfinished"]),
            (vec![run(500, false), run(1, true)], &["job:fetch:unfinished"]),
        ] {
            let fact = Fact { begun, ..Fact::default() };
            assert_eq!(keys(&fact, "* * * * *", None), expected, "{fact:?}");
        }
    }

    #[test]
    fn who_is_at_work_is_not_late() {
        let run = Running { name: JobName::Fetch, started: ago(90), alive: true };
        for (begun, expected) in [(vec![], &["job:fetch:overdue"][..]), (vec![run], &[])] {
            let fact = Fact { begun, ..Fact::default() };
            assert_eq!(keys(&fact, "* * * * *", Some(100)), expected);
        }
    }

    #[test]
    fn the_last_run_counts() {
        let fact = Fact {
            last: vec![job(JobName::Regen, 1, None), job(JobName::Suggest, 1, Some("broke"))],
            ..Fact::default()
        };
        assert_eq!(keys(&fact, "* * * * *", None), ["job:suggest:failed"]);
    }
}
