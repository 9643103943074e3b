//! An article: a Markdown file with front matter, read into plain data.
//!
//! [`front`] takes the text of a file and gives an [`Article`] or a [`Problem`](crate::problem::Problem)
//! with its place; [`markdown`] turns a body into safe HTML; [`reference`] reads the footnotes of
//! the references section; [`scan`] walks a folder, and [`memory`] keeps what it found for the next
//! time: only these two touch the disk. An article in memory is without its body, which is read
//! again when somebody asks for it: a site's texts need not be in memory together. Nothing here
//! knows addresses, terms or feeds: that is the catalog's business.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::{Deserialize, Serialize};

pub mod front;
pub mod markdown;
pub mod memory;
pub mod reference;
pub mod scan;
mod term;

/// An article as its author wrote it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Article {
    /// Path below the article folder, with `/` on every system: `insights/metascale-aiai.md`.
    pub path: String,
    /// First folder of the path; none for a file that lies at the top.
    pub section: Option<String>,
    /// Title in plain text, never blank.
    pub title: String,
    /// `date`, or `publishDate` where only that is given.
    pub date: DateTime<FixedOffset>,
    /// `lastmod`: when the content last changed.
    pub lastmod: Option<DateTime<FixedOffset>>,
    /// `publishDate`: not to be published before.
    pub publish_date: Option<DateTime<FixedOffset>>,
    /// `expiryDate`: not to be published from then on.
    pub expiry_date: Option<DateTime<FixedOffset>>,
    /// `draft`: not to be published at all.
    pub draft: bool,
    /// `summary`, else `description`, in plain text.
    pub summary: Option<String>,
    /// `slug`: the last part of the address, where it is not the file's name.
    pub slug: Option<String>,
    /// `url`: the whole address path, where the permalink pattern does not hold.
    pub url: Option<String>,
    /// `aliases`: former address paths.
    pub aliases: Vec<String>,
    /// `authors` or `author`.
    pub authors: Vec<String>,
    /// The picture: `featured_image`, `cover.image`, first of `images`, or `image`.
    pub image: Option<String>,
    /// Every list of words of the front matter by its key; blanks and placeholders left out.
    pub taxonomies: BTreeMap<String, Vec<String>>,
    /// What the article cites, from its footnotes and its `sources:` list, in order of number.
    pub references: Arc<[Reference]>,
    /// A number that changes with the file's text, the body's included.
    pub print: u64,
}

/// Something that an article cites.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Reference {
    /// The footnote's label (`1`), or none for one that stands only in `sources:`.
    pub number: Option<String>,
    /// What is cited, in plain text.
    pub title: Option<String>,
    /// Where it is.
    pub url: Option<String>,
    /// Newspaper, site or publisher.
    pub publication: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// When it was published.
    #[serde(with = "day")]
    pub published: Option<NaiveDate>,
    /// When the author of the article read it (检索日期).
    #[serde(with = "day")]
    pub accessed: Option<NaiveDate>,
    /// Primary or secondary source, where `sources:` says so.
    pub kind: Option<ReferenceKind>,
    /// A passage quoted from it, where `sources:` has one.
    pub quote: Option<String>,
}

/// Days as numbers: as texts, reading them would take a fifth of the time that the cache takes to read.
mod day {
    use chrono::{Datelike, NaiveDate};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "asked for so by serde"
    )]
    pub(super) fn serialize<S: Serializer>(
        day: &Option<NaiveDate>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        day.map(|day| day.num_days_from_ce()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<NaiveDate>, D::Error> {
        let number: Option<i32> = Option::deserialize(deserializer)?;
        Ok(number.and_then(NaiveDate::from_num_days_from_ce_opt))
    }
}

/// How near a reference is to what it tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReferenceKind {
    /// The one who did it says so.
    Primary,
    /// Somebody reports it.
    Secondary,
}

/// The path of an article without the extension: what its identifier is made from, so that a file
/// may be renamed from `.markdown` to `.md`.
pub fn stem(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let extension = name.rfind('.').filter(|at| *at > 0).map_or(0, |at| name.len() - at);
    &path[..path.len() - extension]
}
