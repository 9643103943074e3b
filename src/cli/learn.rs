//! `learn`: weights from verdicts, shown, measured, and written when they are better and wanted.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use super::context;
use super::file::{Edited, edit, turn};
use super::output::Output;
use super::{Global, Usage, verdicts};
use crate::config::{Config, weights};
use crate::suggest::feature::Model;
use crate::suggest::learn::{Lesson, Lines, learn};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  headwater learn                             what do the verdicts so far teach?
  headwater learn --write                     take it over, if it is better
  headwater learn --verdicts verdicts.jsonl   from exported lines; needs no configuration")]
pub(super) struct Arguments {
    /// Learn from the lines of this file, as `verdicts export` writes them, instead of the store's
    #[arg(long, value_name = "FILE.jsonl")]
    verdicts: Option<PathBuf>,
    /// Write the new weights into the configuration, if cross-validation finds them better
    #[arg(long)]
    write: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let path = context::config_path(global);
    // Lines of a file can be learnt from anywhere; where there is a configuration, its weights are
    // where learning starts.
    let needed = arguments.verdicts.is_none() || arguments.write || global.config.is_some();
    let mut config = if needed || path.exists() { Some(context::load(global)?) } else { None };
    if arguments.write {
        refuse_overridden(global)?;
    }
    // Who writes has learnt from the weights that stand there then: what two have learnt, mixed, nobody
    // has measured.
    let _turn = match &config {
        Some(config) if arguments.write => Some(turn(config, "learn")?),
        _ => None,
    };
    if arguments.write {
        config = Some(context::load(global)?);
    }
    let lines = match (&arguments.verdicts, &config) {
        (Some(file), _) => verdicts::read(file)?,
        (None, Some(config)) => verdicts::stored(config)?,
        (None, None) => bail!("no verdicts: give --verdicts FILE.jsonl, or a configuration"),
    };
    let lines = Lines::of(&lines);
    let present = config.as_ref().map_or_else(Model::default, |config| config.suggest.rank.model);
    let lesson = learn(&lines, &present).map_err(|error| match lines.without_features {
        0 => anyhow!(error),
        more => anyhow!("{error}; {more} more have nothing kept of what spoke for them"),
    })?;
    let changes = weights::changes(&present, &lesson.model);
    tell(&lines, &lesson, &changes, output)?;
    let better = lesson.is_better() && !changes.is_empty();
    let mut written = None;
    if better && arguments.write {
        write(global, &path, &changes)?;
        written = Some(context::shown(&path));
    }
    output.line(match (&written, better) {
        (Some(path), _) => format!("Written to {path}. A running daemon takes them up when it is started anew."),
        (None, false) => "The present weights stay: the new ones are not better on articles that they have not seen.".to_owned(),
        (None, true) if config.is_some() => {
            format!("Nothing was written. `headwater learn --write` does it, or paste:\n\n{}", weights::section(&changes))
        }
        (None, true) => format!("To paste into a configuration:\n\n{}", weights::section(&changes)),
    })?;
    output.object(&object(&lines, &lesson, &changes, better, written.as_deref()))?;
    Ok(ExitCode::SUCCESS)
}

/// What comes from the command line cannot be changed in a file: it would win again.
fn refuse_overridden(global: &Global) -> Result<()> {
    let of_weights = |key: &str| key == "suggest" || key.starts_with("suggest.weights");
    match global.set.iter().find(|(key, _)| of_weights(key)) {
        Some((key, _)) => Err(anyhow!(Usage(format!(
            "--set {key}=… holds over the file; leave it out to have --write change the file"
        )))),
        None => Ok(()),
    }
}

fn tell(
    lines: &Lines,
    lesson: &Lesson,
    changes: &[weights::Change],
    output: &Output,
) -> Result<()> {
    let (all, accepted) = (lines.examples.len(), lines.accepted());
    output.line(format!(
        "{all} suggestions judged for {} articles and topics: {accepted} accepted, {} rejected",
        lines.queries.len(),
        all - accepted
    ))?;
    for (count, why) in [
        (lines.disputed, "of which as many say yes as no"),
        (lines.without_features, "of which it was not kept what spoke for them"),
    ] {
        if count > 0 {
            output.line(format!("{count} left out {why}"))?;
        }
    }
    output.line("")?;
    let (before, after) = (lesson.before, lesson.after);
    output.line(format!("{:<48}  before   after", "measured on articles not learnt from"))?;
    for (name, before, after) in [
        ("accepted above rejected (AUC), more is better", before.auc, after.auc),
        ("nDCG@10, more is better", before.ndcg, after.ndcg),
        ("log loss of the scores, less is better", before.log_loss, after.log_loss),
    ] {
        output.line(format!("  {name:<46}  {before:.3}   {after:.3}"))?;
    }
    output.line(format!(
        "  better ordered for {} articles and topics, worse for {}",
        lesson.improved, lesson.worsened
    ))?;
    output.line("")?;
    output.line("weight              old       new")?;
    for change in changes {
        output.line(format!("  {:<14} {:>8.3}  {:>8.3}", change.name, change.old, change.new))?;
    }
    output.line("")
}

fn object(
    lines: &Lines,
    lesson: &Lesson,
    changes: &[weights::Change],
    better: bool,
    written: Option<&str>,
) -> Value {
    json!({
        "verdicts": lines.examples.len(), "queries": lines.queries.len(),
        "accepted": lines.accepted(), "rejected": lines.examples.len() - lines.accepted(),
        "disputed": lines.disputed, "without_features": lines.without_features,
        "before": lesson.before, "after": lesson.after,
        "improved": lesson.improved, "worsened": lesson.worsened, "better": better,
        "weights": changes, "model": lesson.model, "written": written,
    })
}

/// Changes the configuration's file, and only to a text that is a configuration with these weights.
fn write(global: &Global, path: &Path, changes: &[weights::Change]) -> Result<()> {
    let name = context::shown(path);
    let edited = edit(path, |text| {
        let changed = weights::edit(text, changes)
            .map_err(|reason| anyhow!("{name} cannot be changed: {reason}"))?;
        Config::parse(&name, &changed, &global.set).map_err(|problems| {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            anyhow!("{name} would not be a configuration any more: {first}")
        })?;
        Ok(changed)
    });
    let instead =
        |error| anyhow!("{error:#}; paste this instead:\n\n{}", weights::section(changes));
    match edited.map_err(instead)? {
        Edited::Written => Ok(()),
        Edited::Changed => bail!("{name} was changed by somebody else meanwhile; run it again"),
    }
}
