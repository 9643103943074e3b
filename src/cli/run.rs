//! `run`: the daemon, until it is told to stop; or every job one time.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use tracing_subscriber::filter::LevelFilter;

use super::context::{self, LogFormat};
use super::output::Output;
use super::{Global, Usage};
use crate::config::Config;
use crate::daemon::regen::RegenError;
use crate::daemon::{self, DaemonError, Event, Start, api, systemd};
use crate::problem::Problem;

/// How long threads are waited for that are still at work when the daemon has ended: none of them holds
/// what is not safe to leave.
const GOODBYE: Duration = Duration::from_millis(500);
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How to write the log [default: journal where systemd has connected standard error to it,
    /// else text]
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
    /// Write feeds even with addresses that only this machine or network can reach
    #[arg(long)]
    allow_local: bool,
    /// Do everything that is due, each job one time, and end (exit status 1 if something failed)
    #[arg(long)]
    once: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    let log = arguments.log_format.unwrap_or_else(LogFormat::usual);
    context::start_log(global, LevelFilter::INFO, Some(log));
    // Before there are threads.
    let listener = systemd::inherited_listener()
        .context("the socket that was handed over (LISTEN_FDS) cannot be used")?;
    let config = context::load(global)?;
    let path = context::config_path(global);
    let wrong = |problems: Vec<Problem>| context::usage(&problems);
    if arguments.once {
        check_lists(&config).and_then(|()| check_model(&config)).map_err(wrong)?;
    } else {
        // The lists are read anew for each job and when they are saved: wrong ones are told, and no reason
        // not to serve the feeds of before.
        check_server(&config, &path).map_err(wrong)?;
    }
    // Feeds are written and served without a database too, and it may come back.
    let store = Store::open_or_wait(&config.store)?;
    let overrides = global.set.clone();
    let read = move || {
        let config = Config::load(&path, &overrides)?;
        check_lists(&config)?;
        check_server(&config, &path)?;
        Ok(config)
    };
    let allow_local = arguments.allow_local;
    let start = Start { config, read: Arc::new(read), store, allow_local, listener };
    let shown = |event: Event| {
        if log == LogFormat::Journal {
            return note(&event);
        }
        // Nobody may be reading: a closed pipe does not stop a daemon.
        drop(tell(&event, output));
    };
    let runtime = context::runtime()?;
    let ended = if arguments.once {
        runtime.block_on(daemon::once(start, shown))
    } else {
        runtime.block_on(daemon::run(start, shown)).map(|()| Vec::new())
    };
    runtime.shutdown_timeout(GOODBYE);
    let failures = ended.map_err(|error| match error {
        DaemonError::Regen(error @ RegenError::Local { .. }) => anyhow!(Usage(error.to_string())),
        other => other.into(),
    })?;
    for failure in &failures {
        eprintln!("headwater: {failure}");
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks through the lists that the configuration names.
fn check_lists(config: &Config) -> Result<(), Vec<Problem>> {
    config.load_sources()?;
    config.load_vocabulary()?;
    Ok(())
}

/// Looks through the model that the configuration names.
fn check_model(config: &Config) -> Result<(), Vec<Problem>> {
    config.load_embeddings().map(drop)
}

/// Looks through what the server needs beside the configuration in `path`: a server that cannot tell who
/// may ask it must not be opened.
fn check_server(config: &Config, path: &Path) -> Result<(), Vec<Problem>> {
    check_model(config)?;
    let refused = |reason| vec![Problem::new(context::shown(path), (1, 1), reason)];
    api::door(config).map(drop).map_err(refused)
}

fn tell(event: &Event, output: &Output) -> Result<()> {
    match event {
        Event::Regenerated(report) => output.line(super::regen::summary(report)),
        Event::Listening(address) => output.line(format!(
            "Serving http://{address}/ (subscribe to http://{address}/feeds/index.xml)"
        )),
        Event::Fetched(report) => output.line(super::fetch::summary(report)),
        Event::Suggested(suggestions) if suggestions.is_empty() => Ok(()),
        Event::Suggested(suggestions) => {
            output.line("Suggestions (accept ID, reject ID, cite ARTICLE ID):")?;
            super::suggest::lines(suggestions).into_iter().try_for_each(|line| output.line(line))
        }
    }
}

/// The same for the journal: an entry, with fields.
fn note(event: &Event) {
    match event {
        Event::Regenerated(report) => tracing::info!(
            feeds = report.feeds,
            files.written = report.files.written,
            files.removed = report.files.removed,
            took_ms = report.elapsed_ms,
            "{}",
            super::regen::summary(report)
        ),
        Event::Listening(address) => tracing::info!(%address, "serving http://{address}/"),
        Event::Fetched(report) => {
            let took_ms = report.elapsed_ms;
            tracing::info!(took_ms, "{}", super::fetch::summary(report));
        }
        Event::Suggested(suggestions) => {
            tracing::info!(suggestions = suggestions.len(), "suggestions made");
        }
    }
}
