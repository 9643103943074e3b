//! Whether all is well: facts, and the troubles that follow from them.
//!
//! [`examine`] looks once, at the store, the disks and the feeds' folder, and gives a [`Health`]: what
//! was seen, and what of it is a [`Trouble`]. What follows from what is decided by plain functions with
//! `now` as an argument, in [`articles`], [`sources`], [`jobs`], [`disk`] and [`feeds`]. `status`,
//! `/readyz`, `/metrics` and alerts all show this one examination, so they never disagree.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::catalog::Catalog;
use crate::config::Config;
use crate::source::Source;
use crate::store::{Push, Store, StoreError};

pub mod articles;
pub mod disk;
pub mod feeds;
pub mod jobs;
pub mod metrics;
pub mod sources;
pub mod trouble;
pub mod words;

pub use trouble::{Kind, Trouble, What};
pub use words::{Clock, Words};

use super::alerts::Memory;
use super::upkeep;

/// How long a hub may refuse news before that is a problem.
const DEAF: TimeDelta = TimeDelta::hours(1);

/// How long a webhook may refuse messages before that is a problem.
const UNHEARD: TimeDelta = TimeDelta::minutes(30);

/// What was seen at one moment.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The site's articles; none where they cannot be read.
    pub articles: Option<articles::Count>,
    /// The sources that are visited.
    pub sources: Vec<sources::Fact>,
    /// How the jobs went.
    pub jobs: jobs::Fact,
    /// The disks that we write to.
    pub disks: Vec<disk::Disk>,
    /// The files of feeds.
    pub feeds: feeds::Fact,
}

/// How all is.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// What was seen.
    pub facts: Facts,
    /// What of it is not as it should be, in the order in which it is told.
    pub troubles: Vec<Trouble>,
}

impl Health {
    /// The troubles as `status` and `/readyz` tell them.
    pub fn lines(&self, clock: Clock) -> Vec<String> {
        self.troubles.iter().map(|trouble| trouble.line(clock)).collect()
    }
}

/// What the store has of it.
struct Kept {
    memory: Memory,
    sources: Vec<sources::Fact>,
    jobs: jobs::Fact,
    /// News that the hub has not taken yet.
    pushes: Vec<Push>,
    had_articles: bool,
}

impl Kept {
    fn read(
        config: &Config,
        store: &Store,
        sources: &[Source],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let has_hub = config.feeds.hub.is_some();
        Ok(Self {
            memory: Memory::read(store)?,
            sources: sources::facts(config, store, sources, now)?,
            jobs: jobs::fact(store)?,
            pushes: if has_hub { store.due_pushes(DateTime::<Utc>::MAX_UTC)? } else { Vec::new() },
            had_articles: feeds::had_articles(store)?,
        })
    }
}

/// Looks whether all is well, as far as that can be seen where the store cannot be opened. `catalog` is
/// missing where the articles cannot be read; `refused` says why a changed configuration was not taken,
/// where one was not.
pub fn examine(
    config: &Config,
    store: Result<&Store, &StoreError>,
    catalog: Option<&Catalog>,
    refused: Option<&str>,
    now: DateTime<Utc>,
) -> Health {
    let refused = refused.map(|reason| What::Configuration { reason: reason.to_owned() });
    let mut troubles: Vec<Trouble> = refused.map(Trouble::new).into_iter().collect();
    let sources = config.load_sources().unwrap_or_else(|problems| {
        let reason = problems.first().map(ToString::to_string).unwrap_or_default();
        troubles.push(Trouble::new(What::SourceList { reason }));
        Vec::new()
    });
    let mut facts = Facts {
        articles: catalog.map(|catalog| articles::count(catalog, &config.alerts.stale, now)),
        disks: disk::disks(config),
        feeds: feeds::fact(config),
        ..Facts::default()
    };
    let kept = store.map_err(ToString::to_string).and_then(|store| {
        Kept::read(config, store, &sources, now).map_err(|error| error.to_string())
    });
    match kept {
        Ok(kept) => {
            facts.sources = kept.sources;
            facts.jobs = kept.jobs;
            let known = kept.memory.present().map(str::to_owned).collect();
            troubles.extend(on_disk(config, &facts, &known, kept.had_articles, now));
            troubles.extend(of_work(config, &facts, &kept.memory, &kept.pushes, now));
        }
        Err(reason) => {
            troubles.push(Trouble::new(What::Unreadable { what: "database", reason }));
            troubles.extend(on_disk(config, &facts, &BTreeSet::new(), false, now));
        }
    }
    troubles.extend(upkeep::troubles(config, store.ok(), now));
    // Articles that were not read because nothing can be written are no trouble of their own.
    if catalog.is_none() && troubles.is_empty() || !config.articles.is_dir() {
        let reason =
            format!("{} is no folder that can be read as articles", config.articles.display());
        troubles.push(Trouble::new(What::Unreadable { what: "articles", reason }));
    }
    Health { facts, troubles }
}

/// What is wrong with what lies on the disk. `known` are the keys of the troubles that there were before.
fn on_disk(
    config: &Config,
    facts: &Facts,
    known: &BTreeSet<String>,
    had_articles: bool,
    now: DateTime<Utc>,
) -> Vec<Trouble> {
    let stale = &config.alerts.stale;
    let mut troubles = feeds::troubles(config, facts, known, had_articles);
    troubles.extend(facts.articles.iter().flat_map(|it| articles::troubles(it, stale, now)));
    troubles.extend(facts.disks.iter().flat_map(|disk| disk::troubles(disk, known)));
    troubles
}

/// What is wrong with what is done: visits, jobs, telling.
fn of_work(
    config: &Config,
    facts: &Facts,
    memory: &Memory,
    pushes: &[Push],
    now: DateTime<Utc>,
) -> Vec<Trouble> {
    let mut troubles: Vec<Trouble> =
        facts.sources.iter().filter_map(|fact| sources::trouble(fact, now)).collect();
    let due = jobs::Due {
        regen: &config.schedule.regen,
        fetch: &config.schedule.fetch,
        zone: config.zone(),
        visit: facts.sources.iter().filter_map(|fact| fact.due).min(),
    };
    troubles.extend(jobs::troubles(&facts.jobs, &due, now));
    if let Some(hub) = &config.feeds.hub {
        troubles.extend(of_hub(hub.as_str(), pushes, now));
    }
    if config.alerts.webhook.is_some() {
        troubles.extend(undelivered(memory, now));
    }
    troubles
}

fn of_hub(hub: &str, waiting: &[Push], now: DateTime<Utc>) -> Option<Trouble> {
    let late = |push: &&Push| push.attempts > 0 && now - push.queued_at > DEAF;
    let push = waiting.iter().filter(late).min_by_key(|push| push.queued_at)?;
    let reason = push.error.clone().unwrap_or_else(|| "unknown".to_owned());
    Some(Trouble::begun(What::Hub { hub: hub.to_owned(), reason }, Some(push.queued_at)))
}

fn undelivered(memory: &Memory, now: DateTime<Utc>) -> Option<Trouble> {
    let late = memory.outbox.iter().filter(|message| now - message.made > UNHEARD);
    let message = late.filter(|message| message.error.is_some()).min_by_key(|it| it.made)?;
    let reason = message.error.clone().unwrap_or_default();
    Some(Trouble::begun(What::Undelivered { reason }, Some(message.made)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::alerts::Message;

    #[test]
    fn a_webhook_is_deaf_once_a_message_has_failed_for_half_an_hour() {
        let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        let message = |minutes, error: Option<&str>| Message {
            made: now - TimeDelta::minutes(minutes),
            begun: Vec::new(),
            ended: Vec::new(),
            lasting: 0,
            attempts: 1,
            next_at: now,
            error: error.map(str::to_owned),
        };
        for (outbox, expected) in [
            (vec![], None),
            (vec![message(29, Some("503"))], None),
            (vec![message(31, None)], None),
            (vec![message(31, Some("503")), message(5, None)], Some(31)),
            (vec![message(31, Some("503")), message(90, Some("504"))], Some(90)),
        ] {
            let mut memory = Memory::default();
            memory.outbox = outbox;
            let since = undelivered(&memory, now).and_then(|trouble| trouble.since);
            assert_eq!(since, expected.map(|minutes| now - TimeDelta::minutes(minutes)));
        }
    }
}
