//! `status`: is everything well?

use std::process::ExitCode;

use anyhow::Result;
use chrono::{SecondsFormat, Utc};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::Global;
use super::context;
use super::output::Output;
use super::sources::health as source_health;
use crate::daemon::health;
use crate::daemon::regen::read_catalog;

pub(super) fn run(global: &Global, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::ERROR, None);
    let config = context::load(global)?;
    let store = context::store(&config)?;
    let sources = config.load_sources().map_err(|problems| context::usage(&problems))?;
    let (catalog, skipped) = read_catalog(&config, &|_| {})?;
    let now = Utc::now();
    let problems = health::problems(&config, &store, &sources, &catalog, now)?;
    let states = store.states()?;
    let jobs: Vec<_> = store
        .last_jobs()?
        .into_iter()
        .map(|job| {
            json!({
                "name": job.name.to_string(), "took_ms": job.took_ms, "error": job.error,
                "started": job.started.to_rfc3339_opts(SecondsFormat::Secs, true),
                "report": job.report,
            })
        })
        .collect();
    let enabled: Vec<_> = sources.iter().filter(|source| source.enabled).collect();
    let of = |word: &str| {
        let is = |id: &str| {
            states
                .get(id)
                .map_or("new", |state| source_health(state, now, config.limits.max_interval))
        };
        enabled.iter().filter(|source| is(&source.id) == word).count()
    };
    output.line(format!("articles  {} ({} skipped)", catalog.pages.len(), skipped.len()))?;
    output.line(format!(
        "sources   {} ok, {} failing, {} stale, {} gone, {} new",
        of("ok"),
        of("failing"),
        of("stale"),
        of("gone"),
        of("new")
    ))?;
    for job in &jobs {
        let error = job["error"].as_str().unwrap_or("ok");
        output.line(format!(
            "last {:<8} {} {error}",
            job["name"].as_str().unwrap_or_default(),
            job["started"].as_str().unwrap_or_default()
        ))?;
    }
    for problem in &problems {
        output.line(format!("problem   {problem}"))?;
    }
    output.line(if problems.is_empty() { "healthy" } else { "not healthy" })?;
    output.object(&json!({
        "healthy": problems.is_empty(), "problems": problems,
        "articles": catalog.pages.len(), "skipped": skipped.len(),
        "sources": {"ok": of("ok"), "failing": of("failing"), "stale": of("stale"), "gone": of("gone"), "new": of("new")},
        "jobs": jobs,
    }))?;
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
