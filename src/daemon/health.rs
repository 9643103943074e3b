//! Whether all is well, in sentences with remedies.

use chrono::{DateTime, TimeDelta, Utc};

use super::upkeep;
use crate::catalog::{Catalog, Standing};
use crate::config::Config;
use crate::source::Source;
use crate::source::politeness::State;
use crate::store::{Job, Push, Store, StoreError};

/// Failures in a row from which on a source is a problem: one is a hiccup.
const HICCUPS: u32 = 3;

/// How long a hub may refuse news before that is a problem.
const DEAF: TimeDelta = TimeDelta::hours(1);

/// Everything that is not as it should be; none where all is well.
///
/// # Errors
///
/// The database fails.
pub fn problems(
    config: &Config,
    store: &Store,
    sources: &[Source],
    catalog: &Catalog,
    now: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    let mut states = store.states()?;
    let mut problems = Vec::new();
    if !config.feeds_dir.join("index.html").exists() {
        problems.push("no feeds have been written yet; run `headwater regen`".to_owned());
    }
    problems.extend(stale_articles(config, catalog, now));
    for source in sources.iter().filter(|source| source.enabled) {
        let state = states.remove(&source.id).unwrap_or_default().of(&source.url);
        problems.extend(of_source(source, &state));
    }
    if let Some(hub) = &config.feeds.hub {
        let waiting = store.due_pushes(DateTime::<Utc>::MAX_UTC)?;
        problems.extend(of_hub(hub.as_str(), &waiting, now));
    }
    problems.extend(upkeep::problems(config, store, now)?);
    problems.extend(store.last_jobs()?.iter().filter_map(of_job));
    Ok(problems)
}

fn stale_articles(config: &Config, catalog: &Catalog, now: DateTime<Utc>) -> Option<String> {
    let longest = TimeDelta::from_std(config.stale_after?).ok()?;
    let published = catalog.pages.iter().filter(|page| page.standing(now) == Standing::Published);
    match published.map(|page| page.due().to_utc()).max() {
        Some(newest) if now - newest > longest => {
            let days = (now - newest).num_days();
            Some(format!(
                "the newest article is {days} days old ({}); has publishing stopped?",
                newest.with_timezone(&config.zone()).format("%Y-%m-%d")
            ))
        }
        Some(_) => None,
        None => Some("there is no published article; see `articles.dir`".to_owned()),
    }
}

fn of_source(source: &Source, state: &State) -> Option<String> {
    let error = state.last_error.as_deref().unwrap_or("unknown");
    if state.gone {
        return Some(format!(
            "source {} is gone for good; `headwater sources remove {}`",
            source.id, source.id
        ));
    }
    (state.failures >= HICCUPS).then(|| {
        let since = state.last_success.map_or_else(
            || "it has never answered well".to_owned(),
            |time| format!("last well on {}", time.format("%Y-%m-%d")),
        );
        format!(
            "source {} has failed {} times: {error} ({since}); \
             mend its address or `headwater sources disable {}`",
            source.id, state.failures, source.id
        )
    })
}

fn of_hub(hub: &str, waiting: &[Push], now: DateTime<Utc>) -> Option<String> {
    let late = |push: &&Push| push.attempts > 0 && now - push.queued_at > DEAF;
    let push = waiting.iter().filter(late).min_by_key(|push| push.queued_at)?;
    Some(format!(
        "the hub {hub} has not taken news since {}: {}; see `feeds.hub`",
        push.queued_at.format("%Y-%m-%d %H:%M UTC"),
        push.error.as_deref().unwrap_or("unknown")
    ))
}

fn of_job(job: &Job) -> Option<String> {
    let error = job.error.as_ref()?;
    Some(format!("the last {} failed: {error}", job.name))
}
