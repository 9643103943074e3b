//! `verdicts`: what editors said so far, as lines for other tools, and how far they agree.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use chrono::Utc;
use clap::{Args, Subcommand};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::Global;
use super::context;
use super::output::Output;
use crate::config::Config;
use crate::daemon::suggest::{self, SuggestError};
use crate::suggest::verdict::agreement::{self, Pair};
use crate::suggest::verdict::{self, Labelled};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write every verdict as a line of JSON: what was judged, by whom, and what spoke for it
    #[command(after_help = "Examples:
  headwater verdicts export > verdicts.jsonl
  headwater verdicts export --output verdicts.jsonl && headwater learn --verdicts verdicts.jsonl")]
    Export(Export),
    /// Tell how far editors agree who have judged the same suggestions (Cohen's kappa)
    #[command(after_help = "Examples:
  headwater accept 3f2a9c01d4 --editor anna && headwater reject 3f2a9c01d4 --editor bert
  headwater verdicts agreement")]
    Agreement(Agreement),
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Agreement {
    /// Fewest suggestions that both must have judged
    #[arg(long, value_name = "N", default_value_t = agreement::FEWEST)]
    min: usize,
}

pub(super) fn run(global: &Global, command: &Command, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let lines = stored(&context::load(global)?)?;
    match command {
        Command::Export(arguments) => export(&lines, arguments.output.as_deref(), output)?,
        Command::Agreement(arguments) => agree(&lines, arguments.min, output)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Every verdict of the store, among them those that the articles have spoken since anybody looked.
pub(super) fn stored(config: &Config) -> Result<Vec<Labelled>> {
    let store = context::store(config)?;
    let catalog = context::catalog(config)?;
    let now = Utc::now();
    suggest::record_cited(&catalog, &store, now)?;
    suggest::labelled(config, &store, now).map_err(|error| match error {
        SuggestError::Lists(problems) => context::usage(&problems),
        other => other.into(),
    })
}

/// The verdicts of an exported file.
pub(super) fn read(file: &Path) -> Result<Vec<Labelled>> {
    let name = context::shown(file);
    let text = std::fs::read_to_string(file).with_context(|| format!("{name}: cannot be read"))?;
    verdict::parse(&name, &text).map_err(|problem| context::usage(&[problem]))
}

fn export(lines: &[Labelled], file: Option<&Path>, output: &Output) -> Result<()> {
    let Some(file) = file else {
        return lines.iter().try_for_each(|line| output.json_line(line));
    };
    let name = context::shown(file);
    let write = || -> io::Result<()> {
        let mut out = io::BufWriter::new(std::fs::File::create(file)?);
        for line in lines {
            serde_json::to_writer(&mut out, line)?;
            writeln!(out)?;
        }
        out.flush()
    };
    write().with_context(|| format!("{name}: cannot be written"))?;
    output.line(format!("{} verdicts written to {name}", lines.len()))?;
    output.object(&json!({"verdicts": lines.len(), "file": name}))
}

fn agree(lines: &[Labelled], fewest: usize, output: &Output) -> Result<()> {
    let pairs = agreement::pairs(lines, fewest);
    if pairs.is_empty() {
        output.line(format!(
            "No two editors have judged {fewest} suggestions in common; see `--editor` of `accept` and `reject`."
        ))?;
    }
    for Pair { editors: [one, other], suggestions, agreement, kappa, meaning } in &pairs {
        let kappa = kappa.map_or_else(|| "-".to_owned(), |kappa| format!("{kappa:.2}"));
        output.line(format!(
            "{one} and {other}: the same of {:.0}% of {suggestions} suggestions, kappa {kappa} ({meaning})",
            100.0 * agreement
        ))?;
    }
    if !pairs.is_empty() {
        output.line(
            "kappa is agreement beyond chance: 1 is all there can be, 0 what chance brings.",
        )?;
    }
    output.object(&json!({"pairs": pairs}))
}
