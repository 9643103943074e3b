//! `backup` and `restore`: a copy of the database, and the way back.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use chrono::Utc;
use clap::Args;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::Global;
use super::context;
use super::output::Output;
use crate::store::{self, Copied, StoreError};

#[derive(Debug, Args)]
#[command(
    after_help = "The copy is of one moment, also while the daemon runs, and checked. Examples:
  headwater backup /var/backups/headwater.db
  headwater backup --force /var/backups/headwater.db    replace the last one
  headwater backup /var/backups/headwater-$(date +%u).db"
)]
pub(super) struct Backup {
    /// Where the copy goes
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The daemon must be stopped. What is replaced is kept beside the database. Example:
  systemctl stop headwater.socket headwater.service
  headwater restore /var/backups/headwater.db
  systemctl start headwater.socket headwater.service"
)]
pub(super) struct Restore {
    /// A copy that `backup` made, or any sound database of Headwater
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn backup(global: &Global, arguments: &Backup, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let config = context::load(global)?;
    let copied = shown(output, |progress| {
        store::backup(&config.store, &arguments.file, arguments.force, progress)
    })?;
    output.line(format!("{}: {}", context::shown(&arguments.file), summary(&copied)))?;
    output.object(&json!({
        "file": context::shown(&arguments.file), "bytes": copied.bytes, "version": copied.version,
        "items": copied.items, "verdicts": copied.verdicts,
    }))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(global: &Global, arguments: &Restore, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let config = context::load(global)?;
    // Without colons, which some file systems do not take.
    let stamp = Utc::now().format("%Y%m%dT%H%M%S%3fZ").to_string();
    let copied =
        shown(output, |progress| store::restore(&config.store, &arguments.file, &stamp, progress))?;
    output.line(format!("{}: {}", context::shown(&config.store), summary(&copied)))?;
    let replaced = copied.replaced.as_deref().map(context::shown);
    if let Some(replaced) = &replaced {
        output.line(format!("What was there is kept as {replaced}"))?;
    }
    output.object(&json!({
        "file": context::shown(&arguments.file), "store": context::shown(&config.store),
        "bytes": copied.bytes, "version": copied.version, "items": copied.items,
        "verdicts": copied.verdicts, "replaced": replaced,
    }))?;
    Ok(ExitCode::SUCCESS)
}

/// Copies, and shows how far it is.
fn shown(
    output: &Output,
    copy: impl FnOnce(&dyn Fn(u64, u64)) -> Result<Copied, StoreError>,
) -> Result<Copied, StoreError> {
    let bar = output.progress("copying");
    let copied = copy(&|done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    copied
}

fn summary(copied: &Copied) -> String {
    let Copied { items, verdicts, bytes, .. } = copied;
    format!("{items} items, {verdicts} verdicts, {} KiB; sound", bytes.div_ceil(1 << 10))
}
