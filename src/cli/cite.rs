//! `cite`: suggestions as footnotes in an article's file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use chrono::Utc;
use clap::Args;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::context;
use super::file::{Edited, edit, turn};
use super::output::Output;
use super::verdict::unknown;
use super::{Global, Usage};
use crate::article::scan;
use crate::config::Config;
use crate::daemon::suggest::{article_path, candidate};
use crate::suggest::Candidate;
use crate::suggest::cite::{self, Appended, CiteError, Request};

/// How often an article is read again that somebody saves at the same moment.
const TRIES: usize = 5;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The article, by its path
    article: String,
    /// Suggestions, by the identifiers that `suggest` prints, for this article or another
    #[arg(required = true)]
    ids: Vec<String>,
    /// Also set the footnotes' marks behind this text, which must stand in the article once
    #[arg(long, value_name = "TEXT")]
    mark: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let config = context::load(global)?;
    let items = items(&config, &arguments.ids)?;
    let file = article(&config, &arguments.article)?;
    let name = context::shown(&file);
    // Two editors, or an editor and a script: one after the other, and neither's footnote is lost.
    let _turn = turn(&config, "cite")?;
    let request = Request {
        items: &items,
        template: &config.suggest.citation,
        accessed: Utc::now().with_timezone(&config.zone()).date_naive(),
        english: !config.suggest.rank.chinese,
        mark: arguments.mark.as_deref(),
    };
    let appended = write(&file, &request)?;
    for (number, citation) in &appended.added {
        output.line(cite::footnote(*number, citation))?;
    }
    for refused in &appended.refused {
        let place = refused
            .label
            .as_ref()
            .map_or("in its sources".to_owned(), |label| format!("as [^{label}]"));
        eprintln!("{name} cites this already, {place}: {}", refused.title);
    }
    let marks = cite::marks(&appended.marked);
    if let Some(text) = arguments.mark.as_deref().filter(|_| !marks.is_empty()) {
        output.line(format!("{marks} stands behind “{}”", text.trim()))?;
    }
    let added: Vec<_> = appended
        .added
        .iter()
        .map(|(number, citation)| json!({"number": number, "citation": cite::footnote(*number, citation)}))
        .collect();
    let refused: Vec<_> = appended.refused.iter().map(|refused| &refused.title).collect();
    output.object(
        &json!({"article": name, "added": added, "refused": refused, "marked": appended.marked}),
    )?;
    if appended.added.is_empty() && appended.marked.is_empty() {
        bail!("nothing was added to {name}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The file of an article; whatever else there is on the machine is none of ours to write.
fn article(config: &Config, given: &str) -> Result<PathBuf> {
    let path = article_path(config, given);
    let folder = context::shown(&config.articles);
    let files = scan::files(&config.articles)
        .with_context(|| format!("{folder}: the article folder cannot be read"))?;
    if files.binary_search(&path).is_err() {
        let reason = format!("{given} is no article below {folder}; give its path");
        return Err(anyhow!(Usage(reason)));
    }
    Ok(config.articles.join(path))
}

fn items(config: &Config, ids: &[String]) -> Result<Vec<Candidate>> {
    let store = context::store(config)?;
    let sources = config.load_sources().map_err(|problems| context::usage(&problems))?;
    let sources = sources.into_iter().map(|source| (source.id.clone(), source)).collect();
    let item = |id: &String| {
        let shown = store.shown(id)?.ok_or_else(|| unknown(id))?;
        let item = store.item(&shown.item)?;
        let item = item.with_context(|| format!("the item of {id} is no longer kept"))?;
        Ok(candidate(item, &sources, config.zone()))
    };
    ids.iter().map(item).collect()
}

/// Sets the footnotes into the file, from its newest text where somebody else saves it meanwhile.
fn write(file: &Path, request: &Request<'_>) -> Result<Appended> {
    let name = context::shown(file);
    for _ in 0..TRIES {
        let mut appended: Option<Appended> = None;
        let edited = edit(file, |text| {
            let new = cite::append(text, request).map_err(|error| refusal(&name, &error))?;
            Ok(appended.insert(new).text.clone())
        })?;
        if let (Edited::Written, Some(appended)) = (edited, appended) {
            return Ok(appended);
        }
    }
    bail!("{name} is being changed by somebody else; nothing was added, try again when it is saved")
}

/// A text that cannot be marked is the caller's to mend.
fn refusal(name: &str, error: &CiteError) -> anyhow::Error {
    let sentence = format!("{name}: {error}");
    match error {
        CiteError::NoNumber => anyhow!(sentence),
        _ => anyhow!(Usage(sentence)),
    }
}
