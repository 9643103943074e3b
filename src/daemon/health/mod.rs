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

/// Looks whether all is well. `catalog` is missing where the articles cannot be read; `refused` says why
/// a changed configuration was not taken, where one was not.
pub fn examine(
    config: &Config,
    store: &Store,
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
    let seen = see(config, store, &sources, catalog, now);
    let (facts, more) = seen.unwrap_or_else(|error| {
        let reason = error.to_string();
        (Facts::default(), vec![Trouble::new(What::Unreadable { what: "database", reason })])
    });
    troubles.extend(more);
    troubles.extend(upkeep::troubles(config, store, now));
    // Articles that were not read because nothing can be written are no trouble of their own.
    if catalog.is_none() && troubles.is_empty() || !config.articles.is_dir() {
        let reason =
            format!("{} is no folder that can be read as articles", config.articles.display());
        troubles.push(Trouble::new(What::Unreadable { what: "articles", reason }));
    }
    Health { facts, troubles }
}

fn see(
    config: &Config,
    store: &Store,
    sources: &[Source],
    catalog: Option<&Catalog>,
    now: DateTime<Utc>,
) -> Result<(Facts, Vec<Trouble>), StoreError> {
    let memory = Memory::read(store)?;
    let known: BTreeSet<String> = memory.present().map(str::to_owned).collect();
    let facts = Facts {
        articles: catalog.map(|catalog| articles::count(catalog, &config.alerts.stale, now)),
        sources: sources::facts(config, store, sources, now)?,
        jobs: jobs::fact(store)?,
        disks: disk::disks(config),
        feeds: feeds::fact(config),
    };
    let mut troubles = Vec::new();
    troubles.extend(feeds::troubles(config, &facts, &known, store)?);
    troubles.extend(
        facts
            .articles
            .iter()
            .flat_map(|count| articles::troubles(count, &config.alerts.stale, now)),
    );
    troubles.extend(facts.sources.iter().filter_map(|fact| sources::trouble(fact, now)));
    troubles.extend(facts.disks.iter().flat_map(|disk| disk::troubles(disk, &known)));
    let due = jobs::Due {
        regen: &config.schedule.regen,
        fetch: &config.schedule.fetch,
        zone: config.zone(),
        visit: facts.sources.iter().filter_map(|fact| fact.due).min(),
    };
    troubles.extend(jobs::troubles(&facts.jobs, &due, now));
    if let Some(hub) = &config.feeds.hub {
        let waiting = store.due_pushes(DateTime::<Utc>::MAX_UTC)?;
        troubles.extend(of_hub(hub.as_str(), &waiting, now));
    }
    if config.alerts.webhook.is_some() {
        troubles.extend(undelivered(&memory, now));
    }
    Ok((facts, troubles))
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
