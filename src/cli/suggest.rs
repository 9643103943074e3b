//! `suggest`: what an article, a topic, or the site could cite.

use std::process::ExitCode;

use anyhow::Result;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
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
    #[arg(long, value_name = "N", value_parser = some)]
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

/// A number of suggestions.
fn some(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "give a number from 1 on".to_owned())
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
    let clock = Utc::now();
    let then = arguments.as_of.as_deref().map(|text| as_of(text, config.zone(), clock));
    let then = then.transpose()?;
    let when = then.map_or(When::Now(clock), When::Then);
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

/// The moment that `--as-of` names; of a day its last second. Today ends later than `now`, and may be
/// named all the same: what is known of it is what there is.
fn as_of(text: &str, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let usage = |reason: &str| anyhow::anyhow!(Usage(format!("--as-of: `{text}` {reason}")));
    let (then, is_to_come) = if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        (Some(time.to_utc()), time > now)
    } else if let Ok(day) = text.parse::<NaiveDate>() {
        (end_of(day, zone), day > now.with_timezone(&zone).date_naive())
    } else {
        (None, false)
    };
    if is_to_come {
        return Err(usage("is still to come; a replay takes today, or a day or time before now"));
    }
    then.ok_or_else(|| {
        usage("is neither a day such as 2025-06-13 nor a time such as 2025-06-13T08:00:00Z")
    })
}

/// The last second of a day, which is the one before the first moment that the next day has: where
/// clocks go forward at midnight, as in Cairo, that is one o'clock.
fn end_of(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.succ_opt()?.and_time(NaiveTime::MIN);
    // Clocks are moved by whole minutes, and by no more than a day (Samoa, in 2011).
    let mut moments = (0..=24 * 60).map(|minutes| midnight + TimeDelta::minutes(minutes));
    let first = moments.find_map(|moment| zone.from_local_datetime(&moment).earliest())?;
    Some(first.to_utc() - TimeDelta::seconds(1))
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    const NOW: &str = "2025-06-13T20:00:00Z";

    fn then(text: &str, zone: Tz) -> Result<String, String> {
        let found = as_of(text, zone, NOW.parse().unwrap());
        found.map(|moment| moment.to_rfc3339()).map_err(|error| {
            assert!(error.is::<Usage>(), "{error}");
            error.to_string()
        })
    }

    #[test]
    fn a_day_means_its_last_second_wherever_clocks_are_changed() {
        for (text, zone, expected) in [
            ("2025-06-12", Tz::UTC, "2025-06-12T23:59:59+00:00"),
            ("2025-06-12", Tz::Asia__Shanghai, "2025-06-12T15:59:59+00:00"),
            ("2025-06-12T08:00:00+08:00", Tz::UTC, "2025-06-12T00:00:00+00:00"),
            // The next day begins at one o'clock.
            ("2025-04-24", Tz::Africa__Cairo, "2025-04-24T21:59:59+00:00"),
            // Its last hour comes twice.
            ("2024-10-31", Tz::Africa__Cairo, "2024-10-31T21:59:59+00:00"),
            // The first hour of the next day comes twice.
            ("2024-11-02", Tz::America__Havana, "2024-11-03T03:59:59+00:00"),
            // The next day was left out.
            ("2011-12-29", Tz::Pacific__Apia, "2011-12-30T09:59:59+00:00"),
        ] {
            assert_eq!(then(text, zone).as_deref(), Ok(expected), "{text} {zone}");
        }
    }

    #[test]
    fn what_is_still_to_come_cannot_be_replayed_but_today_can() {
        let to_come = "is still to come";
        for (text, zone, expected) in [
            ("2025-06-13", Tz::UTC, Ok("2025-06-13T23:59:59+00:00")),
            // There it is tomorrow already.
            ("2025-06-14", Tz::Asia__Shanghai, Ok("2025-06-14T15:59:59+00:00")),
            (NOW, Tz::UTC, Ok("2025-06-13T20:00:00+00:00")),
            ("2025-06-14", Tz::UTC, Err(to_come)),
            ("2025-06-13T20:00:01Z", Tz::UTC, Err(to_come)),
            ("2099-01-01", Tz::UTC, Err(to_come)),
            ("+262142-12-31", Tz::UTC, Err(to_come)),
            ("yesterday", Tz::UTC, Err("is neither a day such as 2025-06-13")),
        ] {
            match (then(text, zone), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(found), Err(expected)) => {
                    let start = format!("--as-of: `{text}` {expected}");
                    assert!(found.starts_with(&start), "{found}");
                }
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn no_suggestions_at_all_are_not_asked_for() {
        let read = |limit| Cli::try_parse_from(["headwater", "suggest", "--limit", limit]);
        for (limit, is_right) in [("0", false), ("-1", false), ("1", true), ("500", true)] {
            match read(limit) {
                Ok(_) => assert!(is_right, "{limit}"),
                Err(error) => assert!(!is_right && error.use_stderr(), "{limit}: {error}"),
            }
        }
    }
}
