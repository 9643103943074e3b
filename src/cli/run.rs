//! `run`: the daemon, until it is told to stop.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Args;
use tracing_subscriber::filter::LevelFilter;

use super::context::{self, LogFormat};
use super::output::Output;
use super::{Global, Usage};
use crate::daemon::regen::RegenError;
use crate::daemon::{self, DaemonError, Event};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How to write the log
    #[arg(long, value_enum, default_value_t)]
    log_format: LogFormat,
    /// Write feeds even with addresses that only this machine or network can reach
    #[arg(long)]
    allow_local: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::INFO, arguments.log_format);
    let config = context::load(global)?;
    // These files are read anew for each job; wrong at the start, they are the caller's to mend.
    config.load_sources().map_err(|problems| context::usage(&problems))?;
    config.load_vocabulary().map_err(|problems| context::usage(&problems))?;
    config.load_embeddings().map_err(|problems| context::usage(&problems))?;
    // Feeds are written and served without a database too, and it may come back.
    let store = Store::open_or_wait(&config.store)?;
    let shown = |event: Event| {
        // Nobody may be reading: a closed pipe does not stop a daemon.
        drop(tell(&event, output));
    };
    let daemon = daemon::run(config, store, arguments.allow_local, shown);
    context::runtime()?.block_on(daemon).map_err(|error| match error {
        DaemonError::Regen(error @ RegenError::Local { .. }) => anyhow!(Usage(error.to_string())),
        other => other.into(),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn tell(event: &Event, output: &Output) -> Result<()> {
    match event {
        Event::Regenerated(report) => output.line(super::regen::summary(report)),
        Event::Listening(address) => output.line(format!(
            "Serving http://{address}/ (subscribe to http://{address}/feeds/index.xml)"
        )),
        Event::Fetched(report) => {
            for one in
                report.sources.iter().filter(|one| one.outcome == "failed" || one.outcome == "gone")
            {
                output.line(format!(
                    "  {}: {}",
                    one.id,
                    one.error.as_deref().unwrap_or_default()
                ))?;
            }
            output.line(super::fetch::summary(report))
        }
        Event::Suggested(suggestions) if suggestions.is_empty() => Ok(()),
        Event::Suggested(suggestions) => {
            output.line("Suggestions (accept ID, reject ID, cite ARTICLE ID):")?;
            super::suggest::lines(suggestions).into_iter().try_for_each(|line| output.line(line))
        }
    }
}
