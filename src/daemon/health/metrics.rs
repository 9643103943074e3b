//! An examination as Prometheus reads it: the text exposition format, version 0.0.4.
//!
//! Names follow Prometheus's conventions: base units, `_total` for what only grows, a moment in seconds
//! since 1970 as `_timestamp_seconds`, so that how long ago it was is the reader's sum. A job's name is the
//! label `task`, for `job` is the scraper's own. Written by hand, for the whole of it is a list of lines;
//! a test reads it back. Pure.

use std::fmt::{Display, Write};

use chrono::{DateTime, Utc};

use super::{Facts, Health, Kind, Trouble};
use crate::store::JobName;

/// What this process has done since it began.
#[derive(Debug, Clone)]
pub struct Counts {
    /// When it began.
    pub started: DateTime<Utc>,
    /// The runs of each job: good, failed, and seconds in all.
    runs: Vec<(JobName, [u64; 2], f64)>,
}

impl Counts {
    /// Nothing has been done yet.
    pub fn new(started: DateTime<Utc>) -> Self {
        Self { started, runs: JobName::ALL.map(|job| (job, [0, 0], 0.0)).into() }
    }

    /// One more run.
    pub fn count(&mut self, job: JobName, is_good: bool, seconds: f64) {
        if let Some((_, runs, sum)) = self.runs.iter_mut().find(|(name, ..)| *name == job) {
            runs[usize::from(!is_good)] += 1;
            *sum += seconds;
        }
    }
}

/// The page.
pub fn page(health: &Health, counts: &Counts) -> String {
    let mut page = Page(String::new());
    page.family("headwater_build_info", "gauge", "The program that answers.");
    page.line("headwater_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.family("process_start_time_seconds", "gauge", "When the process began.");
    page.line("process_start_time_seconds", &[], counts.started.timestamp());
    page.family("headwater_healthy", "gauge", "1 while there are no problems.");
    page.line("headwater_healthy", &[], u8::from(health.troubles.is_empty()));
    page.family(
        "headwater_problems",
        "gauge",
        "Problems by kind, as `headwater status` tells them.",
    );
    for kind in Kind::ALL {
        let is_of = |it: &&Trouble| it.what.kind() == *kind;
        let count = health.troubles.iter().filter(is_of).count();
        page.line("headwater_problems", &[("kind", kind.name())], count);
    }
    articles(&mut page, &health.facts);
    sources(&mut page, &health.facts);
    jobs(&mut page, &health.facts, counts);
    disks(&mut page, &health.facts);
    page.0
}

fn articles(page: &mut Page, facts: &Facts) {
    if let Some(count) = &facts.articles {
        page.family("headwater_articles", "gauge", "Articles by standing.");
        for (standing, count) in [
            ("published", count.published),
            ("draft", count.drafts),
            ("scheduled", count.scheduled),
            ("expired", count.expired),
        ] {
            page.line("headwater_articles", &[("standing", standing)], count);
        }
        let name = "headwater_newest_article_timestamp_seconds";
        page.family(name, "gauge", "When the newest published article was due.");
        page.moments(name, [(&[][..], count.newest)]);
    }
    page.family("headwater_feed_files", "gauge", "Files of feeds that there should be.");
    page.line("headwater_feed_files", &[], facts.feeds.files);
    page.family("headwater_feed_files_missing", "gauge", "Files of feeds that are not there.");
    page.line("headwater_feed_files_missing", &[], facts.feeds.missing.len());
    page.family(
        "headwater_feed_files_faulty",
        "gauge",
        "Files of feeds that are invalid or empty.",
    );
    page.line("headwater_feed_files_faulty", &[], facts.feeds.faults.len());
}

/// A moment in the life of a source.
type Moment = fn(&super::sources::Fact) -> Option<DateTime<Utc>>;

fn sources(page: &mut Page, facts: &Facts) {
    let sources = &facts.sources;
    page.family("headwater_sources", "gauge", "Sources that are visited.");
    page.line("headwater_sources", &[], sources.len());
    let name = "headwater_source_failures";
    page.family(name, "gauge", "Failed visits of a source since its last good one.");
    for source in sources {
        page.line(name, &[("source", &source.id)], source.state.failures);
    }
    let name = "headwater_source_failing_info";
    page.family(
        name,
        "gauge",
        "1 while the last visit of a source failed, with the kind of failure.",
    );
    for source in sources.iter().filter(|source| source.state.failures > 0) {
        let failure = source.state.failure.map_or("other", crate::source::Failure::word);
        page.line(name, &[("source", &source.id), ("failure", failure)], 1);
    }
    let moments: [(&str, &str, Moment); 3] = [
        (
            "headwater_source_last_success_timestamp_seconds",
            "When a source last answered well.",
            |source| source.state.last_success,
        ),
        (
            "headwater_source_newest_item_timestamp_seconds",
            "When the newest item of a source was published.",
            |source| source.newest,
        ),
        (
            "headwater_source_next_visit_timestamp_seconds",
            "Before which time a source is not visited.",
            |source| source.state.next_at,
        ),
    ];
    for (name, help, moment) in moments {
        page.family(name, "gauge", help);
        for source in sources {
            page.moments(name, [(&[("source", source.id.as_str())][..], moment(source))]);
        }
    }
}

fn jobs(page: &mut Page, facts: &Facts, counts: &Counts) {
    let name = "headwater_job_runs_total";
    page.family(name, "counter", "Runs of a job since the process began, by outcome.");
    let names: Vec<String> = counts.runs.iter().map(|(job, ..)| job.to_string()).collect();
    for ((_, [good, failed], _), job) in counts.runs.iter().zip(&names) {
        page.line(name, &[("task", job), ("outcome", "ok")], good);
        page.line(name, &[("task", job), ("outcome", "failed")], failed);
    }
    let name = "headwater_job_duration_seconds";
    page.family(name, "summary", "How long the runs of a job took since the process began.");
    for ((_, [good, failed], sum), job) in counts.runs.iter().zip(&names) {
        page.line(&format!("{name}_sum"), &[("task", job)], format_args!("{sum:.3}"));
        page.line(&format!("{name}_count"), &[("task", job)], good + failed);
    }
    for (name, help, runs) in [
        ("headwater_job_last_run_timestamp_seconds", "When a job last began.", &facts.jobs.last),
        (
            "headwater_job_last_success_timestamp_seconds",
            "When the last run of a job began that did not fail.",
            &facts.jobs.good,
        ),
    ] {
        page.family(name, "gauge", help);
        for run in runs {
            let job = run.name.to_string();
            page.moments(name, [(&[("task", job.as_str())][..], Some(run.started))]);
        }
    }
    let name = "headwater_job_last_duration_seconds";
    page.family(name, "gauge", "How long the last run of a job took.");
    for run in &facts.jobs.last {
        page.line(name, &[("task", &run.name.to_string())], run.took_ms as f64 / 1000.0);
    }
}

fn disks(page: &mut Page, facts: &Facts) {
    let name = "headwater_disk_free_bytes";
    page.family(name, "gauge", "Bytes that may still be written to the disk that holds this.");
    for disk in &facts.disks {
        page.line(name, &[("holds", &disk.holds)], disk.free);
    }
    let name = "headwater_disk_free_inodes";
    page.family(name, "gauge", "Files that may still be made on the disk that holds this.");
    for disk in &facts.disks {
        if let Some((free, _)) = disk.inodes {
            page.line(name, &[("holds", &disk.holds)], free);
        }
    }
    let name = "headwater_disk_size_bytes";
    page.family(name, "gauge", "Bytes of the disk that holds this.");
    for disk in &facts.disks {
        page.line(name, &[("holds", &disk.holds)], disk.size);
    }
}

/// The text as it grows. Writing to a string cannot fail.
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let before = if at == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{before}{label}=\"{}\"", escaped(text));
        }
        self.0.push_str(if labels.is_empty() { "" } else { "}" });
        let _ = writeln!(self.0, " {value}");
    }

    /// Moments; one that has not come has no line.
    fn moments<'a>(
        &mut self,
        name: &str,
        moments: impl IntoIterator<Item = (&'a [(&'a str, &'a str)], Option<DateTime<Utc>>)>,
    ) {
        for (labels, moment) in moments {
            if let Some(moment) = moment {
                self.line(name, labels, moment.timestamp());
            }
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests;
