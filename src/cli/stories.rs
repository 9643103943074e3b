//! `stories`: items grouped by the event that they tell of.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use chrono::{SecondsFormat, TimeDelta, Utc};
use clap::Args;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::Global;
use super::context::{self, LogFormat};
use super::output::Output;
use crate::daemon::suggest::candidate;
use crate::suggest::{Candidate, pool, story};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Group the items of this file instead: one JSON object a line
    #[arg(long, value_name = "FILE.jsonl")]
    pool: Option<PathBuf>,
}

/// Most stories that a person reads at once.
const MOST: usize = 20;

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, LogFormat::Text);
    let items = match &arguments.pool {
        Some(file) => read_pool(file)?,
        None => stored(global)?,
    };
    let stories = story::group(&items);
    for story in stories.iter().take(MOST) {
        output.line(format!("{:>3}  {}  {}", story.items.len(), story.id, story.title))?;
        if story.sources.len() > 1 {
            output.line(format!("     {}", story.sources.join("、")))?;
        }
    }
    if stories.len() > MOST {
        output.line(format!("… and {} more", stories.len() - MOST))?;
    }
    let list: Vec<_> = stories
        .iter()
        .map(|story| {
            json!({
                "id": story.id, "title": story.title,
                "first_seen": story.first_seen.to_rfc3339_opts(SecondsFormat::Secs, true),
                "items": story.items, "sources": story.sources,
            })
        })
        .collect();
    output.object(&json!({"stories": list}))?;
    Ok(ExitCode::SUCCESS)
}

/// The candidates of a pool file.
pub(super) fn read_pool(file: &std::path::Path) -> Result<Vec<Candidate>> {
    let name = context::shown(file);
    let text = std::fs::read_to_string(file).with_context(|| format!("{name}: cannot be read"))?;
    pool::parse(&name, &text).map_err(|problem| context::usage(&[problem]))
}

fn stored(global: &Global) -> Result<Vec<Candidate>> {
    let config = context::load(global)?;
    let sources = config.load_sources().map_err(|problems| context::usage(&problems))?;
    let sources: HashMap<_, _> =
        sources.into_iter().map(|source| (source.id.clone(), source)).collect();
    let window = TimeDelta::from_std(config.suggest.window).unwrap_or(TimeDelta::MAX);
    let since = Utc::now().checked_sub_signed(window).unwrap_or_default();
    let items = context::store(&config)?.items_since(since)?;
    Ok(items.iter().map(|item| candidate(item, &sources, config.zone())).collect())
}
