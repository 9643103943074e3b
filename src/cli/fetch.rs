//! `fetch`: visits the sources that are due.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use chrono::Utc;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::LevelFilter;

use super::context;
use super::output::Output;
use super::{Global, Usage};
use crate::config::Config;
use crate::daemon::fetch::{self, FetchJobError, Report, Request, Visited};
use crate::daemon::history::{Outcome, Run};
use crate::daemon::{replay, upkeep};
use crate::source::Source;
use crate::store::{JobName, Store};

/// How long a stop waits for what a visit has just brought to be kept.
const GOODBYE: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only this source; may be given several times
    #[arg(long = "source", value_name = "ID")]
    sources: Vec<String>,
    /// Those that are not due as well; what a server asked for is still honoured
    #[arg(long)]
    all: bool,
    /// Ask nobody: read again what is kept of earlier visits, and improve the items
    #[arg(long, conflicts_with = "all")]
    replay: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let config = context::load(global)?;
    let store = context::store(&config)?;
    let sources = config.load_sources().map_err(|problems| context::usage(&problems))?;
    if arguments.replay {
        return replay(&config, &store, &sources, &arguments.sources, output);
    }
    let request = Request { sources: arguments.sources.clone(), all: arguments.all };
    let bar = output.progress("visiting");
    bar.set_length(sources.iter().filter(|source| source.enabled).count() as u64);
    let runtime = context::runtime()?;
    let stopped = {
        let _inside = runtime.enter();
        stopped()?
    };
    let job = Run::begin(&store, JobName::Fetch, Utc::now());
    let result = runtime.block_on(async {
        let visits = fetch::fetch(&config, &store, &sources, &request, Utc::now(), |_| bar.inc(1));
        tokio::select! {
            // Nothing of a visit is kept by halves.
            () = stopped => None,
            result = visits => Some(result),
        }
    });
    // What a visit has brought is being kept: that takes a moment, and waiting for another process longer.
    runtime.shutdown_timeout(GOODBYE);
    bar.finish_and_clear();
    let Some(result) = result else {
        job.forget(&store);
        eprintln!("headwater: stopped; what was visited until then is kept");
        return Ok(ExitCode::FAILURE);
    };
    note(job, &store, &request, &result);
    let report = result.map_err(failed)?;
    // Who has no daemon has the database looked after here; what fails there is logged.
    upkeep::when_due(&config, &store, Utc::now(), false);
    for visited in &report.sources {
        output.line(line(visited))?;
    }
    output.line(summary(&report))?;
    output.object(&report)?;
    Ok(if report.all_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Listens from now on, and waits for SIGINT or SIGTERM.
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Notes how the visits ended.
fn note(job: Run, store: &Store, request: &Request, result: &Result<Report, FetchJobError>) {
    let now = Utc::now();
    match result {
        Ok(report) => match Outcome::of_fetch(report) {
            Some(outcome) => job.end(store, now, outcome),
            None if request.sources.is_empty() => job.idle(store, now),
            // Nothing is known of the others.
            None => job.forget(store),
        },
        Err(FetchJobError::NoSuchSource(_)) => job.forget(store),
        Err(error) => job.end(store, now, Outcome::failed(error)),
    }
}

fn failed(error: FetchJobError) -> anyhow::Error {
    match error {
        FetchJobError::NoSuchSource(_) => anyhow::anyhow!(Usage(error.to_string())),
        other => other.into(),
    }
}

fn replay(
    config: &Config,
    store: &Store,
    sources: &[Source],
    only: &[String],
    output: &Output,
) -> Result<ExitCode> {
    let report = replay::replay(config, store, sources, only).map_err(failed)?;
    let mut visits = 0;
    for one in &report.sources {
        visits += one.visits;
        let error = one.error.as_ref().map(|error| format!("; {error}")).unwrap_or_default();
        output.line(format!(
            "{:<10} {:<24} {} visits: {} new, {} changed{error}",
            one.outcome, one.id, one.visits, one.items_new, one.items_updated
        ))?;
        for item in &one.items {
            let what = if item.new { "new" } else { "changed" };
            output.line(format!("  {what:<8} {} {}", item.id, item.title))?;
        }
    }
    if visits == 0 {
        output.line("no visit is kept; `fetch.raw_days` says for how long they are")?;
    }
    output.object(&report)?;
    let all_failed =
        visits > 0 && report.sources.iter().all(|one| one.outcome == "failed" || one.visits == 0);
    Ok(if all_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn line(visited: &Visited) -> String {
    let what = match (&visited.error, visited.outcome) {
        (Some(error), _) => error.clone(),
        (None, "updated") => {
            format!("{} new, {} changed", visited.items_new, visited.items_updated)
        }
        (None, "deferred") => {
            format!("not before {}", visited.next_at.as_deref().unwrap_or("the next round"))
        }
        (None, _) => String::new(),
    };
    format!("{:<10} {:<24} {what}", visited.outcome, visited.id).trim_end().to_owned()
}

/// One line that says what the visits brought.
pub(super) fn summary(report: &Report) -> String {
    let count = |outcome| report.sources.iter().filter(|one| one.outcome == outcome).count();
    let new: usize = report.sources.iter().map(|one| one.items_new).sum();
    format!(
        "{} sources: {} updated ({new} new items), {} unchanged, {} failed, {} not due",
        report.sources.len(),
        count("updated"),
        count("unchanged"),
        count("failed") + count("gone"),
        count("deferred")
    )
}
