//! `accept` and `reject`: what an editor thinks of a suggestion.

use std::process::ExitCode;

use anyhow::Result;
use chrono::Utc;
use clap::Args;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::context::{self, LogFormat};
use super::output::Output;
use super::{Global, Usage};
use crate::store::{StoredVerdict, Verdict};

#[derive(Debug, Args)]
pub(super) struct Accept {
    /// The suggestion, by the identifier that `suggest` prints
    id: String,
}

#[derive(Debug, Args)]
pub(super) struct Reject {
    /// The suggestion, by the identifier that `suggest` prints
    id: String,
    /// Why, in a few words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) fn accept(global: &Global, arguments: &Accept, output: &Output) -> Result<ExitCode> {
    judge(global, &arguments.id, Verdict::Accept, None, output)
}

pub(super) fn reject(global: &Global, arguments: &Reject, output: &Output) -> Result<ExitCode> {
    judge(global, &arguments.id, Verdict::Reject, arguments.reason.clone(), output)
}

fn judge(
    global: &Global,
    id: &str,
    verdict: Verdict,
    reason: Option<String>,
    output: &Output,
) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, LogFormat::Text);
    let config = context::load(global)?;
    let store = context::store(&config)?;
    let shown = store.shown(id)?.ok_or_else(|| unknown(id))?;
    // Who sits at the keyboard, as far as the system knows.
    let editor = std::env::var("USER").unwrap_or_else(|_| "editor".to_owned());
    let title = store.item(&shown.item)?.map(|stored| stored.item.title).unwrap_or_default();
    store.judge(StoredVerdict {
        suggestion: shown.id,
        target: shown.target,
        item: shown.item,
        verdict,
        reason,
        editor,
        judged: Utc::now(),
    })?;
    let word = if verdict == Verdict::Accept { "accepted" } else { "rejected" };
    output.line(format!("{word}: {title}"))?;
    output.object(&json!({"id": id, "verdict": verdict, "title": title}))?;
    Ok(ExitCode::SUCCESS)
}

/// The error for an identifier that no suggestion has.
pub(super) fn unknown(id: &str) -> anyhow::Error {
    anyhow::anyhow!(Usage(format!(
        "there is no suggestion {id}; `headwater suggest` shows their identifiers"
    )))
}
