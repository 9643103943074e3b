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
use super::context;
use super::output::Output;
use crate::daemon::stories;
use crate::daemon::suggest::SuggestError;
use crate::suggest::lexicon::Lexicon;
use crate::suggest::story::coverage::{self, Coverage};
use crate::suggest::story::{self, Story};
use crate::suggest::{Candidate, pool};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Group the items of this file instead: one JSON object a line
    #[arg(long, value_name = "FILE.jsonl")]
    pool: Option<PathBuf>,
}

/// Most stories that a person reads at once.
const MOST: usize = 20;

/// Stories with all that can be said of them.
struct Told {
    items: HashMap<String, Candidate>,
    stories: Vec<Story>,
    coverage: Coverage,
    lexicon: Lexicon,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let told = match &arguments.pool {
        Some(file) => of_pool(file)?,
        None => of_store(global)?,
    };
    for story in told.stories.iter().take(MOST) {
        output.line(format!("{:>3}  {}  {}", story.items.len(), story.id, story.title))?;
        if story.sources.len() > 1 {
            output.line(format!("     {}", story.sources.join("、")))?;
        }
    }
    if told.stories.len() > MOST {
        output.line(format!("… and {} more", told.stories.len() - MOST))?;
    }
    let list: Vec<_> = told.stories.iter().map(|story| told.object(story)).collect();
    output.object(&json!({"stories": list}))?;
    Ok(ExitCode::SUCCESS)
}

impl Told {
    fn object(&self, story: &Story) -> serde_json::Value {
        let items: Vec<&Candidate> =
            story.items.iter().filter_map(|id| self.items.get(id)).collect();
        let written = self.coverage.written(items.iter().copied());
        let news = written.map(|date| coverage::news(&items, date, &self.lexicon));
        let news: Vec<&str> = news.iter().flatten().map(|news| news.item.id.as_str()).collect();
        json!({
            "id": story.id,
            "title": story.title,
            "first_seen": story.first_seen.to_rfc3339_opts(SecondsFormat::Secs, true),
            "items": story.items,
            "sources": story.sources,
            "first": story.items.first(),
            "primary": story.primary,
            "written_of": written,
            "news": news,
        })
    }
}

/// The stories of a file, of which no site has written.
fn of_pool(file: &std::path::Path) -> Result<Told> {
    let items = read_pool(file)?;
    let lexicon = Lexicon::new(&[]);
    let stories = story::group(&items, &lexicon);
    Ok(Told { items: by_id(items), stories, coverage: Coverage::default(), lexicon })
}

/// The stories of the last days (`suggest.window`).
fn of_store(global: &Global) -> Result<Told> {
    let config = context::load(global)?;
    let store = context::store(&config)?;
    let catalog = context::catalog(&config)?;
    let window = TimeDelta::from_std(config.suggest.window).unwrap_or(TimeDelta::MAX);
    let since = Utc::now().checked_sub_signed(window).unwrap_or_default();
    let usage = |error| match error {
        SuggestError::Lists(problems) => context::usage(&problems),
        other => other.into(),
    };
    let (items, stories) = stories::since(&config, &store, since).map_err(usage)?;
    let lexicon = stories::lexicon(&config).map_err(usage)?;
    let coverage = stories::coverage(&catalog.pages, config.zone());
    Ok(Told { items: by_id(items), stories, coverage, lexicon })
}

fn by_id(items: Vec<Candidate>) -> HashMap<String, Candidate> {
    items.into_iter().map(|item| (item.id.clone(), item)).collect()
}

/// The candidates of a pool file.
pub(super) fn read_pool(file: &std::path::Path) -> Result<Vec<Candidate>> {
    let name = context::shown(file);
    let text = std::fs::read_to_string(file).with_context(|| format!("{name}: cannot be read"))?;
    pool::parse(&name, &text).map_err(|problem| context::usage(&[problem]))
}
