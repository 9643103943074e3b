//! Feeds: from a catalog to files that any reader takes.
//!
//! [`plan`] decides which feeds a [`Catalog`](crate::catalog::Catalog) has and what stands in each;
//! [`rss`], [`atom`] and [`json`] turn an entry, and the frame around entries, into bytes;
//! [`opml`] and [`page`] list all feeds for programs and for people; [`mod@write`] brings the bytes to
//! the disk and is the only one here that touches it. A [`Feed`] knows no format and no article:
//! suggestions are feeds as well.
//!
//! The same feeds give the same bytes: nothing here asks the clock.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use url::Url;

use crate::article::Reference;

pub mod atom;
mod folder;
mod fragments;
pub mod id;
pub mod json;
mod manifest;
pub mod opml;
pub mod page;
mod path;
pub mod plan;
mod render;
pub mod rss;
mod text;
pub mod write;

pub use path::{BadPath, FeedPath};
pub use render::{Frame, RenderError, render};
pub use text::Text;

/// What the configuration says about feeds.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Public address of the feeds' folder, ending in `/`.
    pub base: Url,
    /// Formats to write, in the order in which lists show them.
    pub formats: Vec<Format>,
    /// Entries in a feed.
    pub limit: usize,
    /// What an entry carries of its article.
    pub content: ContentMode,
    /// A term with fewer published articles has no feed; one is the least that is obeyed.
    pub min_articles: usize,
    /// The `WebSub` hub that is told of changes.
    pub hub: Option<Url>,
    /// Only these feeds; all where it is empty. The lists of feeds are then left alone, and no file
    /// is removed.
    pub only: Vec<FeedPath>,
}

/// What an entry carries of its article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentMode {
    /// The whole text.
    Full,
    /// The summary.
    Summary,
}

/// A way to render a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// RSS 2.0.
    Rss,
    /// Atom 1.0, RFC 4287.
    Atom,
    /// JSON Feed 1.1.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Rss, Self::Atom, Self::Json];

    /// Name of the file in a feed's folder. Hugo's name for RSS, so that subscribers stay.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Rss => "index.xml",
            Self::Atom => "atom.xml",
            Self::Json => "feed.json",
        }
    }

    /// The media type for links and for HTTP.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
        }
    }

    /// Name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Rss => "RSS",
            Self::Atom => "Atom",
            Self::Json => "JSON Feed",
        }
    }
}

/// A title, an address and a list of entries, without a format.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// `urn:uuid:…`, the same as long as site and path are; see [`id`].
    pub id: String,
    /// Folder below the feeds' folder.
    pub path: FeedPath,
    /// The list that it stands in.
    pub group: Group,
    /// Its name in that list: `智能体`.
    pub name: Text,
    /// Its whole title: `智能体 · 源头`.
    pub title: Text,
    /// One sentence about it.
    pub description: Text,
    /// The page of the site that it is the feed of.
    pub home: Url,
    /// BCP 47 language tag.
    pub language: Text,
    /// Who answers for it.
    pub author: Person,
    /// How many articles it is about, of which it shows the newest.
    pub articles: usize,
    /// What it shows, newest first.
    pub entries: Vec<Arc<Entry>>,
}

impl Feed {
    /// When the newest change of an entry was made; none in an empty feed.
    pub fn updated(&self) -> Option<DateTime<FixedOffset>> {
        self.entries.iter().map(|entry| entry.updated).max()
    }

    /// The address of the feed in one format.
    pub fn url(&self, settings: &Settings, format: Format) -> Url {
        self.path.url(&settings.base, format.file_name())
    }
}

/// The lists in which people look for a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// The whole site.
    Site,
    /// A section.
    Section,
    /// A term of the taxonomy with this path and title.
    Term {
        /// Folder of the taxonomy.
        path: String,
        /// Its name for people.
        title: Text,
    },
    /// Suggested references.
    Suggestions,
}

/// One entry: an article, or a suggestion.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// `urn:uuid:…`, the same as long as site and article path are; see [`id`].
    pub id: String,
    /// Where it is read.
    pub url: Url,
    /// Plain text, one line.
    pub title: Text,
    /// When it came out, to the second.
    pub published: DateTime<FixedOffset>,
    /// When it last changed, to the second.
    pub updated: DateTime<FixedOffset>,
    /// Names of its authors; an Atom or JSON feed lends its own author to an entry without any.
    pub authors: Vec<Text>,
    /// Plain text.
    pub summary: Option<Text>,
    /// The whole text.
    pub content: Content,
    /// Its picture.
    pub image: Option<Url>,
    /// BCP 47 language tag.
    pub language: Text,
    /// Its terms.
    pub categories: Vec<Category>,
    /// What it cites.
    pub references: Vec<Reference>,
}

/// The whole text of an entry: safe HTML with absolute addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The entry has a summary only.
    None,
    /// This text.
    Html(Text),
    /// The body of the catalog's page at this index, which is rendered when the entry is, and not
    /// kept: the bodies of a large site need not be in memory together.
    Page(usize),
}

/// A term of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its name.
    pub name: Text,
    /// The address of the list that it comes from: RSS's `domain`, Atom's `scheme`.
    pub scheme: Url,
}

/// Somebody who answers for a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Name of a person or a team.
    pub name: Text,
    /// Mail address.
    pub email: Option<Text>,
    /// Home page.
    pub url: Option<Text>,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
