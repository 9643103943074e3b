//! `cite`: suggestions as footnotes in an article's file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chrono::Utc;
use clap::Args;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::Global;
use super::context::{self, LogFormat};
use super::output::Output;
use super::verdict::unknown;
use crate::daemon::lock;
use crate::daemon::suggest::{article_path, candidate};
use crate::suggest::cite;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The article, by its path
    article: String,
    /// Suggestions, by the identifiers that `suggest` prints
    #[arg(required = true)]
    ids: Vec<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, LogFormat::Text);
    let config = context::load(global)?;
    let store = context::store(&config)?;
    let sources = config.load_sources().map_err(|problems| context::usage(&problems))?;
    let sources = sources.into_iter().map(|source| (source.id.clone(), source)).collect();
    let mut items = Vec::new();
    for id in &arguments.ids {
        let shown = store.shown(id)?.ok_or_else(|| unknown(id))?;
        let item = store.item(&shown.item)?;
        items.push(candidate(
            &item.with_context(|| format!("the item of {id} is no longer kept"))?,
            &sources,
            config.zone(),
        ));
    }
    let file = config.articles.join(article_path(&config, &arguments.article));
    let name = context::shown(&file);
    // Two editors, or an editor and a script: one after the other, and neither's footnote is lost.
    let _lock = lock::acquire(&config.store.with_extension("cite.lock"), || {})?;
    let text = fs::read_to_string(&file).with_context(|| format!("{name}: cannot be read"))?;
    let today = Utc::now().with_timezone(&config.zone()).date_naive();
    let english = !config.suggest.rank.chinese;
    let appended = cite::append(&text, &items, &config.suggest.citation, today, english);
    if !appended.added.is_empty() {
        replace(&file, &appended.text).with_context(|| format!("{name}: cannot be written"))?;
    }
    for (number, citation) in &appended.added {
        output.line(cite::footnote(*number, citation))?;
    }
    for title in &appended.refused {
        eprintln!("{name} cites this already: {title}");
    }
    let added: Vec<_> = appended
        .added
        .iter()
        .map(|(number, citation)| json!({"number": number, "citation": cite::footnote(*number, citation)}))
        .collect();
    output.object(&json!({"article": name, "added": added, "refused": appended.refused}))?;
    if appended.added.is_empty() {
        bail!("nothing was added to {name}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes beside and renames, so that a crash leaves the old text or the new one.
pub(super) fn replace(file: &Path, text: &str) -> Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside: PathBuf = file.with_file_name(format!(".{name}.headwater-{}", std::process::id()));
    let written = (|| {
        let mut new = fs::File::create(&beside)?;
        new.write_all(text.as_bytes())?;
        new.set_permissions(fs::metadata(file)?.permissions())?;
        new.sync_all()?;
        // Through a link: the article itself is replaced, and the link stays.
        fs::rename(&beside, fs::canonicalize(file)?)
    })();
    if written.is_err() {
        // What could not be finished is of no use to anybody.
        drop(fs::remove_file(&beside));
    }
    Ok(written?)
}
