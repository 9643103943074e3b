//! What a command begins with: configuration, log, store.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{Global, Usage};
use crate::config::{Config, USUAL_PLACES};
use crate::problem::Problem;
use crate::store::Store;

/// The configuration's file: as given, else the first usual place that has one.
pub(super) fn config_path(global: &Global) -> PathBuf {
    let given = global.config.clone();
    let usual = || USUAL_PLACES.iter().map(PathBuf::from).find(|path| path.exists());
    given.or_else(usual).unwrap_or_else(|| PathBuf::from(USUAL_PLACES[0]))
}

/// Loads the configuration; a wrong one is the caller's to mend.
pub(super) fn load(global: &Global) -> Result<Config> {
    let config =
        Config::load(&config_path(global), &global.set).map_err(|problems| usage(&problems))?;
    for key in &config.idle {
        tracing::warn!(key, "this version does not act on this key yet");
    }
    Ok(config)
}

/// Problems in files that the caller wrote, one a line.
pub(super) fn usage(problems: &[Problem]) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow!(Usage(lines.join("\n")))
}

/// Opens the store of a configuration.
pub(super) fn store(config: &Config) -> Result<Store> {
    Ok(Store::open(&config.store)?)
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Starts the log on standard error; `usual` is its level unless the caller wants more or less.
pub(super) fn start_log(global: &Global, usual: LevelFilter, format: LogFormat) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (_, 0) => usual,
        (_, 1) => LevelFilter::INFO.max(usual),
        (_, 2) => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Other people's libraries speak up when something is wrong.
    let others = if global.verbose > 2 { LevelFilter::DEBUG } else { LevelFilter::WARN.min(level) };
    let targets = Targets::new().with_target("headwater", level).with_default(others);
    let registry = tracing_subscriber::registry().with(targets);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let started = match format {
        LogFormat::Json => registry.with(layer.json()).try_init(),
        LogFormat::Text => {
            registry.with(layer.with_ansi(io::stderr().is_terminal()).with_target(false)).try_init()
        }
    };
    // A second start, as in tests of this process, keeps the first log.
    drop(started);
}

/// A runtime for commands that visit sources.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// A path as people wrote it.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
