//! What a command begins with: configuration, log, store.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{Global, Usage};
use crate::catalog::Catalog;
use crate::config::{Config, USUAL_PLACES};
use crate::daemon::regen::{self, RegenError};
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
        tracing::warn!("this version does not act on `{key}` yet");
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

/// All articles in their places; a wrong vocabulary is the caller's to mend.
pub(super) fn catalog(config: &Config) -> Result<Catalog> {
    let read = regen::read_catalog(config, &|_| {}).map_err(|error| match error {
        RegenError::Vocabulary(problems) => usage(&problems),
        other => other.into(),
    });
    read.map(|(catalog, _)| catalog)
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
    /// Entries of systemd's journal, with levels and fields (SOURCE, FEED, ARTICLE)
    Journal,
}

impl LogFormat {
    /// The journal's where standard error leads to it, else lines for people.
    pub(super) fn usual() -> Self {
        let stream = std::env::var("JOURNAL_STREAM").unwrap_or_default();
        let error = io::stderr().as_fd().try_clone_to_owned().map(File::from);
        match error.and_then(|file| file.metadata()) {
            Ok(file) if is_journal(&stream, (file.dev(), file.ino())) => Self::Journal,
            _ => Self::Text,
        }
    }
}

/// Whether `JOURNAL_STREAM` names this file: `device:inode` of what systemd has connected to the
/// journal. What was redirected since is another file (`systemd.exec(5)`).
fn is_journal(stream: &str, (device, inode): (u64, u64)) -> bool {
    stream == format!("{device}:{inode}")
}

/// Starts the log on standard error, or in the journal; `usual` is its level unless the caller wants
/// more or less.
pub(super) fn start_log(global: &Global, usual: LevelFilter, format: Option<LogFormat>) {
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
    let format = format.unwrap_or_else(LogFormat::usual);
    let journal = (format == LogFormat::Journal).then(journal).transpose();
    let (journal, refused) = journal.map_or_else(|error| (None, Some(error)), |it| (it, None));
    let registry = tracing_subscriber::registry().with(targets);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let started = match (format, journal) {
        (_, Some(journal)) => registry.with(journal).try_init(),
        (LogFormat::Json, None) => registry.with(layer.json()).try_init(),
        (LogFormat::Text | LogFormat::Journal, None) => {
            registry.with(layer.with_ansi(io::stderr().is_terminal()).with_target(false)).try_init()
        }
    };
    // A second start, as in tests of this process, keeps the first log.
    drop(started);
    if let Some(error) = refused {
        tracing::warn!("the journal is not to be had: {error}; the log goes to standard error");
    }
}

/// The journal, with our fields under their own names and the levels as syslog has them.
fn journal() -> io::Result<tracing_journald::Layer> {
    let levels = PriorityMappings {
        info: Priority::Informational,
        debug: Priority::Debug,
        ..PriorityMappings::new()
    };
    let journal = tracing_journald::layer()?.with_field_prefix(None);
    Ok(journal.with_priority_mappings(levels).with_syslog_identifier("headwater".to_owned()))
}

/// A runtime for commands that visit sources.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// A path as people wrote it.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_what_the_variable_names() {
        for (stream, expected) in
            [("8:42", true), ("8:421", false), ("42:8", false), ("", false), ("x", false)]
        {
            assert_eq!(is_journal(stream, (8, 42)), expected, "{stream}");
        }
    }
}
