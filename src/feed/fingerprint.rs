//! Fingerprints: what a feed's files are made of, as one number.
//!
//! A feed whose fingerprint is the one that its files were made by need not be rendered to know that
//! they are right. Each function takes its structure apart field by field, so that a new field
//! cannot be forgotten here.

use std::hash::{Hash, Hasher};

use chrono::{DateTime, FixedOffset};

use super::plan::Plan;
use super::{Content, Entry, Feed, Settings};
use crate::stamp;

/// What one entry of `plan` says.
pub(super) fn of_entry(plan: &Plan, entry: &Entry) -> u64 {
    let Entry {
        id,
        url,
        permalink,
        title,
        published,
        updated,
        authors,
        summary,
        content,
        picture,
        language,
        categories,
        references,
    } = entry;
    let mut hasher = stamp::hasher();
    (id, url, permalink, title, authors, summary).hash(&mut hasher);
    (picture, language, categories, references).hash(&mut hasher);
    date(*published, &mut hasher);
    date(*updated, &mut hasher);
    match content {
        Content::None => 0.hash(&mut hasher),
        Content::Html(html) => (1, html).hash(&mut hasher),
        // The place in the catalog says nothing; the text that is there does.
        Content::Page(page) => (2, plan.text_print(*page)).hash(&mut hasher),
    }
    hasher.finish()
}

/// What the files of `feed` are made of, given the fingerprints of its entries; `program` tells which
/// version makes them.
pub(super) fn of_feed(feed: &Feed, settings: &Settings, entries: &[u64], program: u64) -> u64 {
    let Feed { id, path, part, group, name, title, description, home, about, articles, entries: _ } =
        feed;
    let Settings {
        base,
        formats,
        limit: _,
        max_age: _,
        archive: _,
        ttl,
        content: _,
        min_articles: _,
        hub,
        only: _,
    } = settings;
    let mut hasher = stamp::hasher();
    (id, path, part, group, name, title, description, home, about, articles).hash(&mut hasher);
    (base, formats, ttl, hub, entries, program).hash(&mut hasher);
    hasher.finish()
}

/// What the lists of all feeds of `plan` and the redirects say.
pub(super) fn of_lists(plan: &Plan, settings: &Settings, program: u64) -> u64 {
    let mut hasher = stamp::hasher();
    (&plan.about, &plan.redirects, &settings.base, &settings.formats, program).hash(&mut hasher);
    for feed in &plan.feeds {
        (&feed.path, &feed.group, &feed.name, &feed.title, &feed.description).hash(&mut hasher);
        (&feed.home, feed.articles).hash(&mut hasher);
        if let Some(updated) = feed.updated() {
            date(updated, &mut hasher);
        }
    }
    hasher.finish()
}

/// A moment and how it is written: the same moment in another zone has other bytes.
fn date(date: DateTime<FixedOffset>, hasher: &mut impl Hasher) {
    (date, date.offset().local_minus_utc()).hash(hasher);
}
