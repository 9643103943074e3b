//! `status`: is everything well? And how did it go until now?

use std::collections::{BTreeMap, HashMap};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use super::context;
use super::output::Output;
use super::sources::health as source_health;
use super::{Global, Usage};
use crate::config::Config;
use crate::config::alerts::Language;
use crate::daemon::alerts::{Memory, courier, services::Said};
use crate::daemon::health::{self, Clock};
use crate::daemon::history;
use crate::daemon::pulse;
use crate::daemon::regen::read_catalog;
use crate::source::Source;
use crate::source::politeness::State;
use crate::store::{Job, JobName, Store, StoreError};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Show how the jobs went, newest first
    #[arg(long)]
    history: bool,
    /// Only this job
    #[arg(long, value_name = "NAME", requires = "history", value_parser = ["regen", "fetch", "suggest"])]
    job: Option<String>,
    /// At most so many runs
    #[arg(long, value_name = "N", requires = "history", default_value_t = 20)]
    limit: usize,
    /// Send a trial message to `alerts.webhook`, and call `alerts.heartbeat`
    #[arg(long, conflicts_with = "history")]
    test_alert: bool,
    /// Only ask whether the daemon's server answers, as a container's health check does
    #[arg(long, conflicts_with_all = ["history", "test_alert"])]
    alive: bool,
}

/// How long the server may take to answer: less than containers wait.
const PATIENCE: Duration = Duration::from_secs(4);

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::ERROR, None);
    let config = context::load(global)?;
    if arguments.test_alert {
        return test_alert(&config, output);
    }
    if arguments.alive {
        return alive(&config, output);
    }
    let store = Store::open(&config.store);
    if arguments.history {
        let store = store?;
        let job = arguments.job.as_deref().map(str::parse::<JobName>).transpose()?;
        return history(&config, &store.jobs(job, arguments.limit)?, output);
    }
    status(&config, store.as_ref(), output)
}

/// Whether the daemon answers; how it fares is another question, and no reason to restart it.
fn alive(config: &Config, output: &Output) -> Result<ExitCode> {
    let asked = pulse::unanswered(config.listen, PATIENCE);
    let problem = context::runtime()?.block_on(asked);
    output.object(&json!({"alive": problem.is_none(), "problem": problem}))?;
    if let Some(problem) = problem {
        eprintln!("{}: {problem}", config.listen);
        return Ok(ExitCode::FAILURE);
    }
    output.line("alive")?;
    Ok(ExitCode::SUCCESS)
}

/// How all is; of a store that cannot be opened or read, that it cannot, and the rest all the same.
fn status(
    config: &Config,
    store: Result<&Store, &StoreError>,
    output: &Output,
) -> Result<ExitCode> {
    // That they cannot be read is one of the problems.
    let sources = config.load_sources().ok();
    let read = read_catalog(config, &|_| {}).inspect_err(|error| eprintln!("{error}")).ok();
    let (catalog, skipped) = read.unzip();
    let (articles, skipped) =
        (catalog.as_ref().map_or(0, |it| it.pages.len()), skipped.map_or(0, |it| it.len()));
    let now = Utc::now();
    let health = health::examine(config, store, catalog.as_ref(), None, now);
    let clock = Clock { now, zone: config.zone() };
    let lines = health.lines(clock);
    let kept = store.ok();
    let states = kept.and_then(|store| store.states().ok());
    let jobs = &health.facts.jobs.last;
    let known = sources.as_ref().zip(states.as_ref());
    let counts = known.map(|(sources, states)| counts(config, sources, states, now));
    output.line(format!("articles  {articles} ({skipped} skipped)"))?;
    let counted = |counts: &[(&str, usize)]| {
        let each = counts.iter().map(|(word, count)| format!("{count} {word}"));
        each.collect::<Vec<_>>().join(", ")
    };
    let counted = counts.as_ref().map_or_else(|| "unknown".to_owned(), |counts| counted(counts));
    output.line(format!("sources   {counted}"))?;
    for job in jobs {
        let error = job.error.as_deref().unwrap_or("ok");
        output.line(format!("last {:<8} {} {error}", job.name.to_string(), time(job)))?;
    }
    for line in &lines {
        output.line(format!("problem   {line}"))?;
    }
    output.line(if lines.is_empty() { "healthy" } else { "not healthy" })?;
    let memory = kept.and_then(|store| Memory::read(store).ok()).unwrap_or_default();
    let details: Vec<Value> = health
        .troubles
        .iter()
        .map(|trouble| {
            let words = trouble.words(Language::English, clock);
            let since = trouble.since.or_else(|| memory.since(&trouble.key()));
            json!({
                "key": trouble.key(), "kind": trouble.what.kind().name(),
                "since": since.map(|since| since.to_rfc3339_opts(SecondsFormat::Secs, true)),
                "problem": words.problem, "remedy": words.remedy,
            })
        })
        .collect();
    output.object(&json!({
        "healthy": lines.is_empty(), "problems": lines, "details": details,
        "articles": articles, "skipped": skipped,
        "sources": counts.map(BTreeMap::from),
        "jobs": jobs.iter().map(object).collect::<Vec<_>>(),
    }))?;
    Ok(if lines.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many of the sources that are visited are how.
fn counts(
    config: &Config,
    sources: &[Source],
    states: &HashMap<String, State>,
    now: DateTime<Utc>,
) -> [(&'static str, usize); 5] {
    let is = |id: &str| {
        let longest = config.limits.max_interval;
        states.get(id).map_or("new", |state| source_health(state, now, longest))
    };
    ["ok", "failing", "stale", "gone", "new"].map(|word| {
        let enabled = sources.iter().filter(|source| source.enabled);
        (word, enabled.filter(|source| is(&source.id) == word).count())
    })
}

fn history(config: &Config, jobs: &[Job], output: &Output) -> Result<ExitCode> {
    if jobs.is_empty() {
        output.line("no job has been recorded yet")?;
    }
    for job in jobs {
        let started = job.started.with_timezone(&config.zone()).format("%Y-%m-%d %H:%M:%S");
        let outcome = if job.error.is_some() { "failed" } else { "ok" };
        let name = job.name.to_string();
        let took = took(job.took_ms);
        output.line(format!(
            "{started}  {name:<8} {took:>8}  {outcome:<7} {}",
            history::summary(job)
        ))?;
    }
    output.object(&json!({"jobs": jobs.iter().map(object).collect::<Vec<_>>()}))?;
    Ok(ExitCode::SUCCESS)
}

fn took(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{ms} ms"),
        10_000..600_000 => format!("{} s", ms / 1_000),
        _ => format!("{} min", ms / 60_000),
    }
}

/// Sends a trial to each address that the configuration names.
fn test_alert(config: &Config, output: &Output) -> Result<ExitCode> {
    let alerts = &config.alerts;
    if alerts.webhook.is_none() && alerts.heartbeat.is_none() {
        let nothing =
            "neither `alerts.webhook` nor `alerts.heartbeat` is set; there is nobody to tell";
        return Err(anyhow::anyhow!(Usage(nothing.to_owned())));
    }
    let now = Utc::now();
    let (webhook, heartbeat) = context::runtime()?.block_on(async {
        let webhook = match &alerts.webhook {
            Some(webhook) => Some(courier::deliver(config, webhook, Said::Trial, now).await),
            None => None,
        };
        let heartbeat = match &alerts.heartbeat {
            Some(address) => Some(courier::beat(config, address, now).await),
            None => None,
        };
        (webhook, heartbeat)
    });
    let mut object = json!({});
    let mut is_good = true;
    for (name, outcome) in [("webhook", webhook), ("heartbeat", heartbeat)] {
        let Some(outcome) = outcome else { continue };
        let error = outcome.err().map(|refusal| refusal.reason);
        match &error {
            None => output.line(format!("{name}: delivered"))?,
            Some(error) => eprintln!("alerts.{name}: {error}"),
        }
        is_good &= error.is_none();
        object[name] = json!({"delivered": error.is_none(), "error": error});
    }
    output.object(&object)?;
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn time(job: &Job) -> String {
    job.started.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn object(job: &Job) -> Value {
    json!({
        "name": job.name.to_string(), "started": time(job), "took_ms": job.took_ms,
        "error": job.error, "report": job.report,
    })
}
