//! `sources`: the list of upstream feeds.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

use super::context;
use super::file::{Edited, edit_or_create, turn};
use super::output::Output;
use super::{Global, Usage};
use crate::config::{Config, sources};
use crate::source::fetch::Settings;
use crate::source::politeness::State;
use crate::source::{Failure, Source, Tier, opml};

mod add;
mod import;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show every source and how it is
    List,
    /// Add a feed, or the feed that a site names
    Add {
        /// Address of a feed or of a site
        url: String,
        /// Its short name [default: made from the address]
        #[arg(long)]
        id: Option<String>,
    },
    /// Take a source out of the list
    Remove {
        /// Its identifier
        id: String,
    },
    /// Visit a source again
    Enable {
        /// Its identifier
        id: String,
    },
    /// No longer visit a source
    Disable {
        /// Its identifier
        id: String,
    },
    /// Add every feed of an OPML list
    Import {
        /// The list
        file: PathBuf,
    },
    /// Print the list as OPML
    Export,
}

pub(super) fn run(global: &Global, command: Command, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let config = context::load(global)?;
    match command {
        Command::List => list(&config, output)?,
        Command::Add { url, id } => add::add(&config, &url, id, output)?,
        Command::Remove { id } => {
            change(&config, |text| sources::remove(text, &id))?;
            output.line(format!("removed {id}"))?;
            output.object(&json!({"removed": id}))?;
        }
        Command::Enable { id } => switch(&config, &id, true, output)?,
        Command::Disable { id } => switch(&config, &id, false, output)?,
        Command::Import { file } => import::import(&config, &file, output)?,
        Command::Export => {
            output.data(opml::export(&config.catalog.site.title, &read_list(&config)?))?
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(config: &Config, output: &Output) -> Result<()> {
    let store = context::store(config)?;
    let (states, counts) = (store.states()?, store.item_counts()?);
    let now = Utc::now();
    let subscriptions: Vec<_> =
        store.subscriptions()?.into_iter().map(|one| one.plausible(now)).collect();
    let mut objects = Vec::new();
    for source in read_list(config)? {
        let state = states.get(&source.id).cloned().unwrap_or_default().of(&source.url);
        let items = counts.get(&source.id).copied().unwrap_or_default();
        let of_source = subscriptions.iter().filter(|one| one.source == source.id);
        let pushed_until = of_source.filter_map(|one| one.lease(now)).max().map(time);
        let health = health(&state, now, config.limits.max_interval);
        let shown = if source.enabled { health } else { "disabled" };
        let error = state.last_error.clone().unwrap_or_default();
        let address = state.effective(&source.url);
        let moved = (address != source.url).then(|| format!("has moved to {address} "));
        let moved = moved.unwrap_or_default();
        let pushed = pushed_until.as_ref().map(|end| format!("pushed until {end} "));
        let pushed = pushed.unwrap_or_default();
        output.line(
            format!("{shown:<8} {:<28} {items:>6}  {moved}{pushed}{error}", source.id).trim_end(),
        )?;
        objects.push(json!({
            "id": source.id, "name": source.name, "url": source.url,
            "effective_url": address,
            "enabled": source.enabled, "health": health,
            "last_success": state.last_success.map(time), "last_error": state.last_error,
            "failure": state.failure.map(Failure::word), "failing_since": state.failing_since.map(time),
            "next_at": state.next_at.map(time), "items": items,
            "pushed_until": pushed_until,
        }));
    }
    output.object(&json!({"sources": objects}))
}

/// How a source is, in one word.
pub(super) fn health(state: &State, now: DateTime<Utc>, longest: Duration) -> &'static str {
    let quiet =
        |since: DateTime<Utc>| (now - since).to_std().is_ok_and(|quiet| quiet > longest * 3);
    match state {
        State { gone: true, .. } => "gone",
        State { failures: 1.., .. } => "failing",
        State { last_success: None, .. } => "new",
        State { last_success: Some(since), .. } if quiet(*since) => "stale",
        _ => "ok",
    }
}

fn switch(config: &Config, id: &str, enabled: bool, output: &Output) -> Result<()> {
    change(config, |text| sources::enable(text, id, enabled))?;
    if enabled {
        // A source that has answered 410 is asked again when somebody says so.
        let store = context::store(config)?;
        if let Some(state) = store.states()?.remove(id).filter(|state| state.gone) {
            store.keep_states(vec![(id.to_owned(), state.revived())])?;
        }
    }
    output.line(format!("{} {id}", if enabled { "enabled" } else { "disabled" }))?;
    output.object(&json!({"id": id, "enabled": enabled}))
}

fn read_list(config: &Config) -> Result<Vec<Source>> {
    config.load_sources().map_err(|problems| context::usage(&problems))
}

/// Changes the text of the list, or begins it; one process at a time.
fn change(
    config: &Config,
    edit: impl FnOnce(&str) -> std::result::Result<String, sources::EditError>,
) -> Result<()> {
    let _turn = turn(config, "sources")?;
    let edited = edit_or_create(&config.sources, |text| {
        edit(text).map_err(|error| anyhow!(Usage(error.to_string())))
    })?;
    match edited {
        Edited::Written => Ok(()),
        Edited::Changed => {
            let name = context::shown(&config.sources);
            bail!("{name} was changed by somebody else meanwhile; run it again")
        }
    }
}

/// A source with the usual settings.
pub(super) fn new_source(id: &str, url: &str) -> Source {
    Source {
        id: id.to_owned(),
        name: id.to_owned(),
        url: url.to_owned(),
        language: None,
        tier: Tier::Media,
        weight: 1.0,
        topics: Vec::new(),
        interval: None,
        headers: BTreeMap::new(),
        stale_after: None,
        enabled: true,
    }
}

/// Manners for a visit without a configuration.
pub(super) fn visiting(contact: Option<String>) -> Settings {
    Settings {
        contact,
        concurrency: 4,
        per_host: 1,
        host_pause: Duration::from_secs(1),
        timeout: Duration::from_secs(30),
        max_body: 10 << 20,
        allow_private: true,
        rsshub: None,
        proxy: None,
        root: PathBuf::new(),
    }
}

/// A short name from an address: its host without the usual beginnings, and the path's last word.
fn made_identifier(url: &str) -> String {
    let parsed = Url::parse(url).ok();
    let host = parsed.as_ref().and_then(Url::host_str).unwrap_or("source");
    let host = ["www.", "feeds.", "rss."]
        .iter()
        .fold(host, |host, start| host.strip_prefix(start).unwrap_or(host));
    let name: String = host
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(60)
        .collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "source".to_owned() } else { name.to_owned() }
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
