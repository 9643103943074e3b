//! `regen`: the one-off regeneration.

use std::process::ExitCode;

use anyhow::Result;
use chrono::Utc;
use clap::Args;
use tracing_subscriber::filter::LevelFilter;

use super::context;
use super::output::Output;
use super::{Global, Usage};
use crate::article::scan::Progress;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::daemon::history::{Outcome, Run};
use crate::daemon::push;
use crate::daemon::regen::{self, Done, Extent, Kept, RegenError, Report, Request};
use crate::daemon::suggest;
use crate::store::{JobName, Store};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only the feed of this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Only the feed of this topic
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Write files anew whose content has not changed
    #[arg(long)]
    force: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Write feeds even with addresses that only this machine or network can reach
    #[arg(long)]
    allow_local: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let config = context::load(global)?;
    // Articles do not wait for a database.
    let store = context::store(&config)
        .inspect_err(|error| tracing::error!("the feeds of suggestions stay as they are: {error}"))
        .ok();
    let request = Request {
        tag: arguments.tag.clone(),
        topic: arguments.topic.clone(),
        extent: Extent::Everything,
        force: arguments.force,
        dry_run: arguments.dry_run,
        allow_local: arguments.allow_local,
        ..Request::default()
    };
    let bar = output.progress("reading");
    let shown = |progress| match progress {
        Progress::Files(count) => bar.set_length(count as u64),
        Progress::Read => bar.inc(1),
    };
    let now = Utc::now();
    let mut index = suggest::Kept::default();
    let suggested = |catalog: &Catalog| {
        let feeds = |store| {
            if !request.dry_run {
                suggest::note_cited(catalog, store, now);
            }
            let made = suggest::feeds_or_none(&config, catalog, store, &mut index, now)?;
            if !request.dry_run {
                suggest::remember_published(&config, store, &made.suggestions, now);
            }
            Some(made.feeds)
        };
        store.as_ref().and_then(feeds)
    };
    let mut kept = Kept::load(&config);
    let recorded = store.as_ref().filter(|_| !request.dry_run);
    let job = recorded.map(|store| Run::begin(store, JobName::Regen, now));
    let result = regen::regen(&config, &mut kept, &request, now, &shown, suggested);
    bar.finish_and_clear();
    if let (Some(store), Some(job)) = (recorded, job) {
        // What the caller asked for wrongly is no failure of the job.
        match &result {
            Err(RegenError::NoSuchTerm(_) | RegenError::Local { .. }) => job.forget(store),
            result => job.end(
                store,
                Utc::now(),
                Outcome::of_regen(result.as_ref().map(|done| &done.report)),
            ),
        }
    }
    let done = result.map_err(|error| match error {
        RegenError::Vocabulary(problems) => context::usage(&problems),
        RegenError::NoSuchTerm(_) | RegenError::Local { .. } => {
            anyhow::anyhow!(Usage(error.to_string()))
        }
        other => other.into(),
    })?;
    let Done { report, changed, catalog, .. } = done;
    // The process ends soon: the system takes all memory back at once, and piece by piece it would
    // take as long as reading it did.
    std::mem::forget((kept, index, catalog));
    print(&report, &config.articles.display().to_string(), arguments.dry_run, output)?;
    if let (Some(store), Some(_)) = (store, &config.feeds.hub) {
        push(&config, &store, changed)?;
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Queues what changed for the hub, and tells it as far as that goes quickly.
fn push(config: &Config, store: &Store, changed: Vec<String>) -> Result<()> {
    let now = Utc::now();
    store.queue_pushes(changed, now)?;
    let runtime = context::runtime()?;
    runtime.block_on(push::soon(config, store, now));
    // The store's thread may be at work for a request that was given up.
    runtime.shutdown_background();
    Ok(())
}

fn print(report: &Report, folder: &str, dry_run: bool, output: &Output) -> Result<()> {
    for skipped in &report.skipped {
        eprintln!("{folder}/{}:{}: {}", skipped.path, skipped.line, skipped.reason);
    }
    for failed in &report.failed {
        eprintln!("{failed}");
    }
    output.line(summary(report))?;
    if dry_run {
        output.line("Nothing was written: this was a dry run.")?;
    }
    output.object(report)
}

/// One line that says what a regeneration did.
pub(super) fn summary(report: &Report) -> String {
    let also = [
        (report.drafts, "drafts"),
        (report.scheduled, "scheduled"),
        (report.skipped.len(), "skipped"),
    ];
    let also: Vec<String> = also
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let also = if also.is_empty() { String::new() } else { format!(" ({})", also.join(", ")) };
    let files = report.files;
    format!(
        "{} articles{also} → {} feeds: {} files written, {} unchanged, {} removed, {} ms",
        report.articles,
        report.feeds,
        files.written,
        files.unchanged,
        files.removed,
        report.elapsed_ms
    )
}
