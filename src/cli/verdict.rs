//! `accept` and `reject`: what an editor thinks of suggestions.

use std::process::ExitCode;

use anyhow::Result;
use chrono::Utc;
use clap::Args;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::context;
use super::output::Output;
use super::{Global, Usage};
use crate::store::Judgement;
use crate::suggest::verdict::Verdict;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  headwater accept 3f2a9c01d4
  headwater accept 3f2a9c01d4 77b0e6aa52 --editor anna")]
pub(super) struct Accept {
    /// Suggestions, by the identifiers that `suggest` prints
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    editor: Editor,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  headwater reject 3f2a9c01d4 --reason \"a press release\"
  headwater reject 3f2a9c01d4 77b0e6aa52 --editor anna")]
pub(super) struct Reject {
    /// Suggestions, by the identifiers that `suggest` prints
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Why, in a few words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    editor: Editor,
}

#[derive(Debug, Args)]
struct Editor {
    /// Who judges [default: $USER]
    #[arg(long = "editor", value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: Option<String>,
}

impl Editor {
    /// Who sits at the keyboard, as far as the system knows, unless somebody else is named.
    fn name(&self) -> String {
        let user = || std::env::var("USER").ok().filter(|name| !name.is_empty());
        self.name.clone().or_else(user).unwrap_or_else(|| "editor".to_owned())
    }
}

pub(super) fn accept(global: &Global, arguments: &Accept, output: &Output) -> Result<ExitCode> {
    judge(global, &arguments.ids, Verdict::Accept, None, &arguments.editor.name(), output)
}

pub(super) fn reject(global: &Global, arguments: &Reject, output: &Output) -> Result<ExitCode> {
    let (reason, editor) = (arguments.reason.as_deref(), arguments.editor.name());
    judge(global, &arguments.ids, Verdict::Reject, reason, &editor, output)
}

/// All are recorded or, where one is not known, none.
fn judge(
    global: &Global,
    ids: &[String],
    verdict: Verdict,
    reason: Option<&str>,
    editor: &str,
    output: &Output,
) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let config = context::load(global)?;
    let store = context::store(&config)?;
    let now = Utc::now();
    let (mut judgements, mut titles) = (Vec::new(), Vec::new());
    for id in ids {
        let shown = store.shown(id)?.ok_or_else(|| unknown(id))?;
        let title = store.item(&shown.item)?.map(|stored| stored.item.title).unwrap_or_default();
        titles.push((shown.id.clone(), title));
        judgements.push(Judgement {
            suggestion: shown.id,
            verdict,
            reason: reason.map(ToOwned::to_owned),
            editor: editor.to_owned(),
            judged: now,
        });
    }
    store.judge(judgements)?;
    let word = if verdict == Verdict::Accept { "accepted" } else { "rejected" };
    for (_, title) in &titles {
        output.line(format!("{word}: {title}"))?;
    }
    let judged: Vec<_> =
        titles.iter().map(|(id, title)| json!({"id": id, "title": title})).collect();
    output.object(&json!({
        "verdict": verdict, "reason": reason, "editor": editor, "suggestions": judged,
    }))?;
    Ok(ExitCode::SUCCESS)
}

/// The error for an identifier that no suggestion has.
pub(super) fn unknown(id: &str) -> anyhow::Error {
    anyhow::anyhow!(Usage(format!(
        "there is no suggestion {id}; `headwater suggest` shows their identifiers"
    )))
}
