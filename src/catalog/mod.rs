//! The catalog: all articles, each with its address and its terms under canonical names.
//!
//! Takes the articles of a [scan](crate::article), the site's settings and a
//! [`vocabulary`]; [`build`] gives pages, sections and taxonomies, in an order that does not depend on the
//! file system. Pure: no file, no clock. Whether a page is published is asked with a `now`.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;
use foldhash::{HashMap, HashMapExt};
use url::Url;

use crate::article::{Article, stem};

pub mod build;
pub mod permalink;
pub mod review;
pub mod slug;
pub mod vocabulary;

/// Path of the taxonomy that the vocabulary's topics belong to.
pub const TOPICS: &str = "topics";

/// What the configuration says about the site as a whole.
#[derive(Debug, Clone)]
pub struct Site {
    /// The site's name.
    pub title: String,
    /// Its address, ending in `/`.
    pub url: Url,
    /// One sentence about it.
    pub description: String,
    /// BCP 47 language tag of its articles, `zh-CN`.
    pub language: String,
    /// Where a date without a zone is meant.
    pub timezone: Tz,
    /// Who answers for it.
    pub author: Author,
    /// Its picture, which readers show beside a feed.
    pub image: Option<Url>,
    /// Who may do what with its texts, in a sentence.
    pub rights: Option<String>,
    /// What identifiers are derived from; it must outlive a moved address. The title unless set.
    pub id: String,
}

/// Who answers for the site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// Name of a person or a team.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Home page.
    pub url: Option<String>,
}

/// One list of the front matter that gets feeds: `tags` below `feeds/tags/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxonomySettings {
    /// Key in the front matter.
    pub field: String,
    /// Folder below the feeds' folder and path of the site.
    pub path: String,
    /// Name for people.
    pub title: String,
}

/// All articles with their addresses and terms.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// The site that they belong to.
    pub site: Site,
    /// Every readable article, newest first, then by path.
    pub pages: Vec<Page>,
    /// First-level folders, by name.
    pub sections: Vec<Section>,
    /// One for each configured taxonomy, in configured order; a catalog that is built after another may
    /// share that one's.
    pub taxonomies: Arc<[Taxonomy]>,
}

/// An article in its place on the site.
#[derive(Debug, Clone)]
pub struct Page {
    /// What the file says.
    pub article: Arc<Article>,
    /// Address path, `/insights/metascale-aiai/`.
    pub path: String,
    /// Whole address.
    pub url: Url,
    /// The terms that it carries, by taxonomy, then by slug.
    pub terms: Vec<TermRef>,
}

/// A term by its position: `catalog.taxonomies[taxonomy].terms[term]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TermRef {
    /// Index of the taxonomy.
    pub taxonomy: usize,
    /// Index of the term in it.
    pub term: usize,
}

/// A first-level folder of the article directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Name of the folder.
    pub name: String,
    /// The same as a part of a path.
    pub slug: String,
    /// Indices of its pages, newest first; drafts and scheduled ones among them.
    pub pages: Vec<usize>,
}

/// All terms of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxonomy {
    /// Where it comes from and where it goes.
    pub settings: TaxonomySettings,
    /// By slug.
    pub terms: Vec<Term>,
}

/// A tag or topic under its canonical name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Canonical name, as people should read it.
    pub name: String,
    /// The same as a part of a path.
    pub slug: String,
    /// What the slug would be for the other spellings: where Hugo, or the site before it folded
    /// them, had this term's feed. None of them is another term's slug.
    pub former: Vec<String>,
    /// Known to the vocabulary, but not to be shown.
    pub hidden: bool,
    /// Indices of its pages, newest first; drafts and scheduled ones among them.
    pub pages: Vec<usize>,
}

/// Whether a page is to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In the feeds.
    Published,
    /// `draft: true`.
    Draft,
    /// Its date lies ahead.
    Scheduled,
    /// Its `expiryDate` has passed.
    Expired,
}

impl Page {
    /// When it is, or was, due.
    pub fn due(&self) -> DateTime<FixedOffset> {
        self.article.publish_date.unwrap_or(self.article.date)
    }

    /// Whether it is a folder of its own, `a/index.md`, with its pictures beside the text.
    pub fn is_bundle(&self) -> bool {
        self.article.path.rsplit('/').next().is_some_and(|name| name.starts_with("index."))
    }

    /// When its content last changed, as far as the author says.
    pub fn updated(&self) -> DateTime<FixedOffset> {
        self.article.lastmod.unwrap_or(self.article.date).max(self.article.date)
    }

    /// When it is published, expires, or counts as changed; never, where it is a draft.
    pub fn moments(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let article = &self.article;
        [Some(self.due()), Some(article.date), article.lastmod, article.expiry_date]
            .into_iter()
            .flatten()
            .filter(|_| !article.draft)
            .map(|moment| moment.to_utc())
    }

    /// Whether it is to be seen at `now`.
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        if self.article.draft {
            Standing::Draft
        } else if self.due() > now {
            Standing::Scheduled
        } else if self.article.expiry_date.is_some_and(|expiry| expiry <= now) {
            Standing::Expired
        } else {
            Standing::Published
        }
    }
}

impl Catalog {
    /// Pages whose address another has already, or whose file differs from another's in the extension
    /// only, each with that other one, of those that `counts` asks about. The older one stays: readers
    /// know it.
    pub fn clashes(&self, counts: impl Fn(&Page) -> bool) -> Vec<(usize, usize)> {
        let mut taken: HashMap<&str, usize> = HashMap::with_capacity(self.pages.len() * 2);
        let mut clashes = Vec::new();
        for (at, page) in self.pages.iter().enumerate().rev().filter(|(_, page)| counts(page)) {
            // No path of a file is an address: `scan` walks a folder.
            let names = [page.url.as_str(), stem(&page.article.path)];
            if let Some(first) = names.iter().find_map(|name| taken.get(name)) {
                clashes.push((at, *first));
            } else {
                taken.extend(names.map(|name| (name, at)));
            }
        }
        clashes
    }

    /// The next moment after `now` at which something is published, expires, or counts as changed.
    pub fn next_change(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.pages.iter().flat_map(Page::moments).filter(|moment| *moment > now).min()
    }

    /// The term behind a reference of one of this catalog's pages.
    pub fn term(&self, at: TermRef) -> &Term {
        &self.taxonomies[at.taxonomy].terms[at.term]
    }
}
