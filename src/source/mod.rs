//! Sources: when to visit an upstream feed, how, and what came of it.
//!
//! [`politeness`] decides when and with which headers, [`guard`] what a public
//! address is, [`fetch`] makes the visit, [`charset`] turns whatever bytes came into text, [`mend`]
//! its references into characters, [`parse`] reads it into a [`Parsed`]. [`websub`] decides
//! how to be told of news instead of asking for them. All but `fetch` is pure.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub mod charset;
pub mod discover;
mod failure;
pub mod fetch;
pub mod guard;
mod header_link;
pub mod item;
pub mod mend;
pub mod opml;
pub mod parse;
pub mod politeness;
mod secret;
pub mod websub;

pub use failure::Failure;
pub use secret::{Place, Secret};

/// An upstream feed, as the operator's list describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Short name, unique in the list: lower case letters, digits and hyphens.
    pub id: String,
    /// Name for people, also the publication in a citation.
    pub name: String,
    /// `https:`, `http:`, `file:` or `rsshub:` address, as written in the list.
    pub url: String,
    /// BCP 47 language tag of its items.
    pub language: Option<String>,
    /// How near it is to what it tells of.
    pub tier: Tier,
    /// How much the editors trust it; 1 is usual.
    pub weight: f64,
    /// Topics that its items belong to, whatever they say.
    pub topics: Vec<String>,
    /// Shortest time between two visits, where the operator wants another than the general one.
    pub interval: Option<Duration>,
    /// Extra request headers.
    pub headers: BTreeMap<String, Secret>,
    /// How old its newest item may be before that is a problem, where the operator wants another age
    /// than the general one.
    pub stale_after: Option<Duration>,
    /// Whether it is visited at all.
    pub enabled: bool,
}

/// How near a source is to what it tells of, the nearest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The one who did it: a company's blog, a laboratory's papers.
    FirstParty,
    /// An editorial house.
    #[default]
    Media,
    /// Collects what others wrote.
    Aggregator,
}

/// What a feed says, before anything is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The dialect that it is written in.
    pub format: Dialect,
    /// Title of the feed in plain text.
    pub title: Option<String>,
    /// The page that the feed belongs to.
    pub link: Option<String>,
    /// What it asks of those who fetch it.
    pub wishes: politeness::Wishes,
    /// Who would tell of its news.
    pub links: websub::Links,
    /// The entries, in the feed's order.
    pub items: Vec<ParsedItem>,
}

/// The dialects that `parse` tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dialect {
    /// RSS 0.91 to 0.94 of the Userland line, and anything with an unknown version.
    #[serde(rename = "rss0.9x")]
    Rss09x,
    /// RSS 0.90 and 1.0, on RDF.
    #[serde(rename = "rss1.0")]
    Rss10,
    /// RSS 2.0.
    #[serde(rename = "rss2.0")]
    Rss20,
    /// Atom 0.3.
    #[serde(rename = "atom0.3")]
    Atom03,
    /// Atom 1.0, RFC 4287.
    #[serde(rename = "atom1.0")]
    Atom10,
    /// JSON Feed 1.0 and 1.1.
    #[serde(rename = "json")]
    Json,
}

/// One entry of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParsedItem {
    /// `guid`, `atom:id` or `id`, exactly as given.
    pub guid: Option<String>,
    /// Absolute address of what it tells of.
    pub url: Option<String>,
    /// Title in plain text.
    pub title: Option<String>,
    /// When it was published.
    pub published: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated: Option<DateTime<Utc>>,
    /// Summary as sanitised HTML.
    pub summary: Option<String>,
    /// Whole content as sanitised HTML.
    pub content: Option<String>,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Categories, tags, subjects.
    pub categories: Vec<String>,
}

/// One entry of a source as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Stable, made from the guid, else the canonical address, else title and text.
    pub id: String,
    /// The source that brought it first.
    pub source: String,
    /// Address as the source gave it.
    pub url: Option<String>,
    /// Canonical address: the key under which two sources' copies meet.
    pub canonical_url: Option<String>,
    /// Title in plain text, never blank.
    pub title: String,
    /// When it was published; the time first seen where the source does not say or says a later one.
    pub published: DateTime<Utc>,
    /// When it last changed, where the source says so.
    pub updated: Option<DateTime<Utc>>,
    /// Plain text of the summary, or of the beginning of the content.
    pub summary: String,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Categories, tags, subjects.
    pub categories: Vec<String>,
    /// When it was first stored.
    pub first_seen: DateTime<Utc>,
}
