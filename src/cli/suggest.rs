//! `suggest`: what an article, a topic, or the site could cite.

use std::process::ExitCode;

use anyhow::Result;
use chrono::{DateTime, Days, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use tracing_subscriber::filter::LevelFilter;

use super::context;
use super::output::Output;
use super::{Global, Usage};
use crate::daemon::suggest::{self, Kept, Scope, SuggestError, When, object};
use crate::suggest::{Suggestion, Target};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  headwater suggest articles/insights/a.md
  headwater suggest --topic AI --limit 5
  headwater suggest articles/insights/a.md --as-of 2025-06-13")]
pub(super) struct Arguments {
    /// An article, by its path; a draft will do
    article: Option<String>,
    /// A topic instead of an article
    #[arg(long, conflicts_with = "article")]
    topic: Option<String>,
    /// Most suggestions [default: suggest.limit]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Replay what would have been suggested then: a day, meaning its end, or a time such as
    /// 2025-06-13T08:00:00+08:00. Items and verdicts are those of that time, settings and texts
    /// today's; nothing is recorded
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let config = context::load(global)?;
    let store = context::store(&config)?;
    let catalog = context::catalog(&config)?;
    let scope = match (&arguments.article, &arguments.topic) {
        (Some(article), _) => Scope::Article(suggest::article_path(&config, article)),
        (None, Some(topic)) => Scope::Topic(topic.clone()),
        (None, None) => Scope::Everything,
    };
    let limit = arguments.limit.unwrap_or(config.suggest.rank.limit);
    let then = arguments.as_of.as_deref().map(|text| as_of(text, config.zone())).transpose()?;
    let when = then.map_or_else(|| When::Now(Utc::now()), When::Then);
    let now = when.moment();
    if then.is_none() {
        // What the articles have taken up since is answered, and needs no second question.
        suggest::note_cited(&catalog, &store, now);
    }
    let mut kept = Kept::default();
    let made = suggest::suggest(&config, &catalog, &store, &mut kept, &scope, limit, when);
    let suggestions = made.map_err(|error| match error {
        SuggestError::Lists(problems) => context::usage(&problems),
        SuggestError::NoSuchArticle(path) if config.articles.join(&path).is_file() => {
            let name = context::shown(&config.articles.join(path));
            anyhow::anyhow!(Usage(format!(
                "{name} cannot be read as an article; `headwater check` says why"
            )))
        }
        SuggestError::NoSuchArticle(_) | SuggestError::NoSuchTopic(_) => {
            anyhow::anyhow!(Usage(error.to_string()))
        }
        SuggestError::Store(error) => error.into(),
    })?;
    if then.is_none() {
        suggest::remember(&config, &store, &suggestions, now)?;
    }
    // The process ends soon: the system takes all memory back at once.
    std::mem::forget(kept);
    let format = if output.is_json() { Format::Json } else { arguments.format };
    match format {
        Format::Json => {
            output.data(object::list(&config, &suggestions, now).to_string())?;
        }
        Format::Markdown => {
            for line in object::markdown(&config, &suggestions, now) {
                output.data(line)?;
            }
        }
        Format::Text if suggestions.is_empty() => {
            output.line("No suggestions. `headwater fetch` brings items; `headwater status` tells how the sources are.")?;
        }
        Format::Text => {
            for line in lines(&suggestions) {
                output.line(line)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The moment that `--as-of` names; of a day its last second.
fn as_of(text: &str, zone: Tz) -> Result<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok();
    let end = || {
        let next = text.parse::<NaiveDate>().ok()?.checked_add_days(Days::new(1))?;
        let midnight =
            zone.from_local_datetime(&next.and_time(chrono::NaiveTime::MIN)).earliest()?;
        Some(midnight.to_utc() - chrono::TimeDelta::seconds(1))
    };
    time.or_else(end).ok_or_else(|| {
        anyhow::anyhow!(Usage(format!(
            "--as-of: `{text}` is neither a day such as 2025-06-13 nor a time such as 2025-06-13T08:00:00Z"
        )))
    })
}

/// Other reports of a story that fit below a suggestion.
const ALSO: usize = 3;

/// Suggestions for people: by what they are for, each with its identifier.
pub(super) fn lines(suggestions: &[Suggestion]) -> Vec<String> {
    let mut lines = Vec::new();
    for (target, together) in object::by_target(suggestions) {
        lines.push(match target {
            Target::Article(path) => path.clone(),
            Target::Topic(name) => name.clone(),
            Target::Everything => String::new(),
        });
        for one in together {
            let source = one.item.publication.as_deref().unwrap_or("?");
            let day = one.item.published.map(|day| format!(" {day}")).unwrap_or_default();
            lines.push(format!("  {:.2}  {}  {}", one.score, one.id, one.item.title));
            lines.push(format!("        {source}{day} · {}", one.reason_texts().join(" · ")));
            for other in one.story.others.iter().take(ALSO) {
                let source = other.source.as_deref().unwrap_or("?");
                lines.push(format!("        + {source}: {}", other.title));
            }
        }
    }
    lines
}
