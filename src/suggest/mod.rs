//! Suggestions: which items an editor should see for an article or a topic, and why.
//!
//! Takes [`Candidate`]s (items of the store, or lines of a pool file) and a [`Query`] (what an
//! article or a topic is about, and what it cites already); gives ranked [`Suggestion`]s with
//! reasons and a citation. Pure: no store, no clock, no files.

use chrono::{DateTime, NaiveDate, Utc};

use crate::source::Tier;

mod asked;
pub mod cite;
pub mod dictionary;
pub mod embedding;
pub mod evaluate;
pub mod feature;
pub mod habits;
mod identity;
pub mod index;
pub mod learn;
pub mod lexicon;
mod matched;
mod meaning;
pub mod pool;
mod postings;
pub mod rank;
mod reasons;
pub mod search;
pub mod story;
mod term;
pub mod text;
mod vectors;
pub mod verdict;

/// An item that could be suggested.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The item's identifier.
    pub id: String,
    /// Title in plain text.
    pub title: String,
    /// Address, where it has one.
    pub url: Option<String>,
    /// Name of the source, which is also the publication in a citation.
    pub publication: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// When it was published.
    pub published: Option<NaiveDate>,
    /// When Headwater first saw it.
    pub first_seen: DateTime<Utc>,
    /// Plain text of the summary, may be empty.
    pub summary: String,
    /// Topics and categories that the source gives it.
    pub topics: Vec<String>,
    /// How near the source is to what it tells of.
    pub tier: Tier,
    /// How much the editors trust the source; 1 is usual.
    pub weight: f64,
}

impl Candidate {
    /// The day of its publication, or of its first sight where nobody says when that was.
    pub fn day(&self) -> NaiveDate {
        self.published.unwrap_or_else(|| self.first_seen.date_naive())
    }
}

/// What suggestions are sought for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// The article or topic, or neither: everything recent.
    pub target: Target,
    /// Title of the article, or name of the topic.
    pub title: String,
    /// Summary, may be empty.
    pub summary: String,
    /// Tags under canonical names.
    pub tags: Vec<String>,
    /// Topics under canonical names.
    pub topics: Vec<String>,
    /// Plain text of the body, may be empty.
    pub body: String,
    /// The article's date.
    pub date: Option<NaiveDate>,
    /// What it cites already; never suggested again.
    pub cited: Vec<Cited>,
}

/// What a suggestion is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub enum Target {
    /// The article with this path.
    Article(String),
    /// The topic with this name.
    Topic(String),
    /// The whole site.
    #[default]
    Everything,
}

/// Something that the article cites already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cited {
    /// Its title.
    pub title: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// Who published it.
    pub publication: Option<String>,
}

/// An item proposed for an article or a topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// Made from target and item; the same pair always has the same identifier.
    pub id: String,
    /// What it is for.
    pub target: Target,
    /// The item.
    pub item: Candidate,
    /// From 0 to 1, the higher the better; comparable within one target.
    pub score: f64,
    /// At most three: what both speak of, then the strongest.
    pub reasons: Vec<Reason>,
    /// The story that the item belongs to.
    pub story: StoryBrief,
    /// What spoke for it.
    pub features: feature::Features,
}

impl Suggestion {
    /// The reasons in words alone.
    pub fn reason_texts(&self) -> Vec<String> {
        self.reasons.iter().map(|reason| reason.text.clone()).collect()
    }
}

/// Why a suggestion is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// In a few words of the site's language.
    pub text: String,
    /// Its share of all that speaks for the suggestion, from 0 to 1.
    pub share: f64,
}

/// What a suggestion says of its story.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoryBrief {
    /// The story's identifier.
    pub id: String,
    /// Number of items in it.
    pub size: usize,
    /// How many houses tell it, those apart that collect what others wrote.
    pub houses: usize,
    /// Names of the sources that tell it, without doubles.
    pub sources: Vec<String>,
    /// The other reports of it, the most alike first; the first few.
    pub others: Vec<Told>,
}

/// Another report of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: Option<String>,
    /// Name of its source.
    pub source: Option<String>,
}
