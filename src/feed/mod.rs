//! Feeds: from a catalog to files that any reader takes.
//!
//! [`plan`] decides which feeds a [`Catalog`](crate::catalog::Catalog) has and what stands in each;
//! [`rss`], [`atom`] and [`json`] turn an entry, and the frame around entries, into bytes;
//! [`opml`] and [`page`] list all feeds for programs and for people; [`redirect`] leads from where a
//! feed was; [`mod@write`] brings the bytes to the disk and is the only one here that touches it. A
//! [`Feed`] knows no format and no article: suggestions are feeds as well.
//!
//! The same feeds give the same bytes: nothing here asks the clock.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, TimeDelta};
use url::Url;

use crate::article::Reference;
use crate::catalog::Site;

pub mod atom;
mod entry;
mod escape;
mod fingerprint;
mod folder;
mod fragments;
mod history;
pub mod id;
pub mod json;
mod ledger;
mod make;
mod manifest;
pub mod news;
pub mod opml;
pub mod page;
mod path;
mod picture;
pub mod plan;
pub mod redirect;
mod removed;
mod render;
pub mod rss;
mod text;
pub mod write;

pub use ledger::Ledger;
pub use manifest::listed;
pub use path::{BadPath, FeedPath};
pub use picture::Picture;
pub use removed::Removed;
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
    /// How much older than the newest entry of its feed an entry may be.
    pub max_age: Option<TimeDelta>,
    /// Whether what no longer fits into a feed stays readable in pages beside it (RFC 5005 §4).
    pub archive: bool,
    /// For how many minutes a reader may do without asking again: RSS's `ttl`.
    pub ttl: u64,
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

impl Settings {
    /// The public address of a file below the feeds' folder that readers subscribe to; none for pages,
    /// lists and archives.
    pub fn address(&self, file: &str) -> Option<Url> {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        let is_feed = self.formats.iter().any(|format| format.file_name() == name);
        let parts: Vec<&str> = folder.split_terminator('/').collect();
        is_feed.then(|| path::address(&self.base, &parts, name))
    }
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

    /// Name of the file that holds one part of a feed: `index-3.xml`.
    pub fn file_of(self, part: Part) -> Cow<'static, str> {
        let name = self.file_name();
        match (part, name.split_once('.')) {
            (Part::Archive { number, .. }, Some((stem, extension))) => {
                Cow::Owned(format!("{stem}-{number}.{extension}"))
            }
            _ => Cow::Borrowed(name),
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

/// What all feeds of a site say alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct About {
    /// The site's title.
    pub title: Text,
    /// The site's address.
    pub home: Url,
    /// BCP 47 language tag.
    pub language: Text,
    /// Who answers for it.
    pub author: Person,
    /// The site's picture.
    pub image: Option<Url>,
    /// Who may do what with the texts: RSS's `copyright`, Atom's `rights`.
    pub rights: Option<Text>,
}

impl About {
    /// What the feeds of `site` say alike.
    pub fn new(site: &Site) -> Self {
        let some = |text: &Option<String>| {
            text.as_deref().map(Text::line).filter(|text: &Text| !text.is_empty())
        };
        let author = &site.author;
        Self {
            title: Text::line(&site.title),
            home: site.url.clone(),
            language: Text::line(&site.language),
            author: Person {
                // Atom requires a name of somebody: the site itself where nobody is named.
                name: some(&author.name).unwrap_or_else(|| Text::line(&site.title)),
                // RFC 4287 §3.2.3: an address, not just any word.
                email: some(&author.email).filter(|email| email.contains('@')),
                url: some(&author.url),
            },
            image: site.image.clone(),
            rights: some(&site.rights),
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
    /// Which of the feed's documents this is.
    pub part: Part,
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
    /// The site.
    pub about: Arc<About>,
    /// How many articles it is about, of which it shows the newest.
    pub articles: usize,
    /// What it shows, newest first.
    pub entries: Vec<Arc<Entry>>,
}

/// A document of a feed (RFC 5005 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// What a reader subscribes to.
    Current {
        /// Pages of its history.
        archives: usize,
    },
    /// A page of its history. Once it is full it never changes, unless its articles do.
    Archive {
        /// Counted from 1, the oldest.
        number: usize,
        /// Whether a newer page follows, which is so when this one is full.
        full: bool,
    },
}

impl Feed {
    /// When the newest change of an entry was made; none in an empty feed.
    pub fn updated(&self) -> Option<DateTime<FixedOffset>> {
        self.entries.iter().map(|entry| entry.updated).max()
    }

    /// The address of what readers subscribe to, in one format.
    pub fn url(&self, settings: &Settings, format: Format) -> Url {
        self.path.url(&settings.base, format.file_name())
    }

    /// Links to this document and to the other documents of the feed, by the names of RFC 5005.
    pub(in crate::feed) fn links(
        &self,
        settings: &Settings,
        format: Format,
    ) -> Vec<(&'static str, Url)> {
        let url = |part| self.path.url(&settings.base, &format.file_of(part));
        let page = |number| url(Part::Archive { number, full: true });
        let mut links = vec![("self", url(self.part))];
        match self.part {
            Part::Current { archives: 0 } => {}
            Part::Current { archives } => links.push(("prev-archive", page(archives))),
            Part::Archive { number, full } => {
                links.push(("current", self.url(settings, format)));
                if number > 1 {
                    links.push(("prev-archive", page(number - 1)));
                }
                if full {
                    links.push(("next-archive", page(number + 1)));
                }
            }
        }
        links
    }
}

/// The lists in which people look for a feed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// Whether no other entry has this address, so that it tells the entry apart.
    pub permalink: bool,
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
    pub picture: Option<Picture>,
    /// BCP 47 language tag.
    pub language: Text,
    /// Its terms.
    pub categories: Vec<Arc<Category>>,
    /// What it cites.
    pub references: Arc<[Reference]>,
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Category {
    /// Its name.
    pub name: Text,
    /// The address of the list that it comes from: RSS's `domain`, Atom's `scheme`.
    pub scheme: Url,
}

/// Somebody who answers for a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
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
