//! `sources add`: a feed, or the feed of a site, found and verified.

use anyhow::{Result, anyhow};
use chrono::Utc;
use serde_json::{Value, json};
use url::Url;

use super::{change, new_source};
use crate::cli::output::Output;
use crate::cli::{Usage, context};
use crate::config::{Config, sources};
use crate::source::discover::{self, FeedLink};
use crate::source::fetch::{Body, Fetched, Fetcher, Network};
use crate::source::politeness::State;
use crate::source::{Parsed, parse};

/// Most addresses that are visited for one site.
const MOST: usize = 30;

pub(super) fn add(config: &Config, given: &str, id: Option<String>, output: &Output) -> Result<()> {
    // `feed:` is what browsers once put before the address of a feed.
    let given =
        given.strip_prefix("feed://").or_else(|| given.strip_prefix("feed:")).unwrap_or(given);
    let address = if given.contains("://") || given.starts_with("file:") {
        given.to_owned()
    } else {
        format!("https://{given}")
    };
    sources::address(&address).map_err(|error| anyhow!(Usage(error)))?;
    if address.starts_with("rsshub:") && config.fetch.rsshub.is_none() {
        let error = format!("{address} needs an RSSHub; set `fetch.rsshub` to its address");
        return Err(anyhow!(Usage(error)));
    }
    let search = if address.starts_with("file:") {
        Search { taken: Some((address, None)), ..Search::default() }
    } else {
        context::runtime()?.block_on(search(config, &address))?
    };
    search.tell(output)?;
    let found = search.found();
    let Some((url, parsed)) = search.taken else {
        output.object(&json!({"error": search.reason, "found": found}))?;
        return Err(anyhow!("no feed found; {}", search.reason));
    };
    let id = match id {
        Some(id) => sources::identifier(&id).map_err(|error| anyhow!(Usage(error)))?,
        None => super::made_identifier(&url),
    };
    let title = parsed.as_ref().and_then(|parsed| parsed.title.clone());
    let mut source = new_source(&id, &url);
    source.name = title.unwrap_or_else(|| id.clone());
    change(config, |text| sources::add(text, &source))?;
    let items = parsed.map_or(0, |parsed| parsed.items.len());
    output.line(format!("added {id}: {} ({url}), {items} items now", source.name))?;
    output
        .object(&json!({"id": id, "name": source.name, "url": url, "items": items, "found": found}))
}

/// What was found at an address.
#[derive(Default)]
struct Search {
    /// The address that was given, where it is a page's.
    page: Option<String>,
    /// The feed that was taken; nothing is known of one that was not visited.
    taken: Option<(String, Option<Parsed>)>,
    /// All that the page names, and of the usual paths those that were tried, with what came of it.
    candidates: Vec<(FeedLink, Trial)>,
    /// Why the address itself is no feed.
    reason: String,
}

/// What came of a candidate.
enum Trial {
    Taken(usize),
    Failed(String),
    Untried,
}

/// The feed at an address, or the first that the page there names, or the first at a usual path.
async fn search(config: &Config, address: &str) -> Result<Search> {
    let store = context::store(config)?;
    let fetcher = Fetcher::with(config.fetch.clone(), store.paces()?, &Network::default())?;
    let mut search = Search::default();
    let first = fetcher.visit(&new_source("new", address), &State::default(), Utc::now()).await;
    let moved = first.visit.moved_to.clone();
    match read(&first) {
        Ok(parsed) => {
            search.taken = Some((moved.unwrap_or_else(|| address.to_owned()), Some(parsed)))
        }
        Err(reason) => {
            search.reason = format!("{address}: {reason}");
            if let Some(Body { url: Some(page), bytes, feeds, .. }) = first.body {
                search.page = Some(address.to_owned());
                search.follow(&fetcher, &page, feeds, &String::from_utf8_lossy(&bytes)).await;
            }
        }
    }
    for (host, pace) in fetcher.changed_paces() {
        store.keep_pace(&host, pace)?;
    }
    Ok(search)
}

impl Search {
    /// Tries what the page names and then the usual paths, one after the other, until one is a feed
    /// or a host wants to be left alone.
    async fn follow(&mut self, fetcher: &Fetcher, page: &Url, head: Vec<FeedLink>, html: &str) {
        let mut candidates = head;
        for link in discover::feeds(html, Some(page)).into_iter().chain(discover::usual(page)) {
            if candidates.iter().all(|known| known.url != link.url) && link.url != page.as_str() {
                candidates.push(link);
            }
        }
        let mut tries = 0;
        let mut is_over = false;
        for link in candidates {
            let mut trial = Trial::Untried;
            if !is_over && tries < MOST {
                tries += 1;
                let source = new_source("new", &link.url);
                let fetched = fetcher.visit(&source, &State::default(), Utc::now()).await;
                is_over =
                    fetched.deferred.is_some() || matches!(fetched.visit.status, Some(429 | 503));
                trial = match read(&fetched) {
                    Ok(parsed) => {
                        is_over = true;
                        let items = parsed.items.len();
                        let url = fetched.visit.moved_to.unwrap_or_else(|| link.url.clone());
                        self.taken = Some((url, Some(parsed)));
                        Trial::Taken(items)
                    }
                    Err(reason) => Trial::Failed(reason),
                };
            }
            self.candidates.push((link, trial));
        }
        // Of the usual paths only a feed is worth a word.
        self.candidates.retain(|(link, trial)| {
            link.sign != discover::Sign::Usual || matches!(trial, Trial::Taken(_))
        });
    }

    /// Says what the page has, what was taken and why, and how to take another.
    fn tell(&self, output: &Output) -> Result<()> {
        let Some(page) = &self.page else { return Ok(()) };
        if self.candidates.is_empty() {
            let nothing = "names no feed, and none is at the usual paths";
            return output.line(format!("{page} is a web page; it {nothing}"));
        }
        output.line(format!("{page} is a web page; found:"))?;
        for (link, trial) in &self.candidates {
            let title = link.title.as_ref().map(|title| format!("{title}, ")).unwrap_or_default();
            let (word, more) = match trial {
                Trial::Taken(items) => {
                    ("taken", format!(": {items} items, the first that is a feed"))
                }
                Trial::Failed(reason) => ("no feed", format!(": {reason}")),
                Trial::Untried => ("other", String::new()),
            };
            output.line(format!("  {word:<8} {} ({title}{}){more}", link.url, link.sign.told()))?;
        }
        if self.candidates.iter().any(|(_, trial)| matches!(trial, Trial::Untried)) {
            output.line("for another: headwater sources add ADDRESS")?;
        }
        Ok(())
    }

    /// The same for programs.
    fn found(&self) -> Vec<Value> {
        let object = |(link, trial): &(FeedLink, Trial)| {
            let (outcome, error) = match trial {
                Trial::Taken(_) => ("taken", None),
                Trial::Failed(reason) => ("failed", Some(reason)),
                Trial::Untried => ("untried", None),
            };
            json!({"url": link.url, "title": link.title, "how": link.sign.told(),
                   "outcome": outcome, "error": error})
        };
        self.candidates.iter().map(object).collect()
    }
}

/// The feed that a visit brought, or why it brought none.
fn read(fetched: &Fetched) -> std::result::Result<Parsed, String> {
    let Some(body) = &fetched.body else {
        let answered = || match fetched.visit.status {
            Some(status) => format!("the server answered {status}"),
            None => "nothing came".to_owned(),
        };
        return Err(fetched.visit.error.clone().unwrap_or_else(answered));
    };
    parse::parse(&body.bytes, body.content_type.as_deref(), body.url.as_ref())
        .map_err(|error| error.to_string())
}
