//! Stories: the items that tell of one event.
//!
//! Takes [`Candidate`]s, and for those that were grouped before the story that each belongs to; gives
//! [`Story`]s. Each item's title is taken apart (`signature`), compared with what it may tell of
//! (`likeness`, `groups`) and put into a story ([`Stories`]); a story's identifier is made from the
//! item that founded it, and stays. What the site has written of is for [`coverage`] to tell.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::Candidate;
use super::lexicon::Lexicon;

mod action;
mod amount;
pub mod coverage;
mod groups;
mod headline;
mod likeness;
mod naming;
mod rarity;
mod signature;
mod stories;
mod together;
mod world;

pub use stories::Stories;

/// Items that tell of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Made from the item that founded it.
    pub id: String,
    /// Title of its first report.
    pub title: String,
    /// When its first item was first seen.
    pub first_seen: DateTime<Utc>,
    /// Identifiers of its items in order of publication; the first one is the first report.
    pub items: Vec<String>,
    /// Names of the sources that tell it, in order of time, without doubles.
    pub sources: Vec<String>,
    /// Identifier of the item to cite first: see [`primary`].
    pub primary: String,
}

/// Groups `items` into stories, largest first, then by time and identifier. `lexicon` knows the names
/// in their titles.
pub fn group(items: &[Candidate], lexicon: &Lexicon) -> Vec<Story> {
    group_kept(items, lexicon, &HashMap::new())
}

/// Groups `items`, of which some have their story already: `kept` has its identifier, by item.
pub fn group_kept(
    items: &[Candidate],
    lexicon: &Lexicon,
    kept: &HashMap<String, String>,
) -> Vec<Story> {
    let assigned = Stories::default().join(items, kept, lexicon);
    gather(items, &assigned)
}

/// Makes stories of items and the identifiers of their stories, largest first, then by time and
/// identifier.
pub fn gather(items: &[Candidate], assigned: &[String]) -> Vec<Story> {
    let mut of_story: HashMap<&str, Vec<&Candidate>> = HashMap::new();
    for (item, story) in items.iter().zip(assigned) {
        of_story.entry(story).or_default().push(item);
    }
    let mut stories: Vec<Story> =
        of_story.into_iter().filter_map(|(id, items)| story(id, items)).collect();
    stories.sort_by(|a, b| {
        (b.items.len(), b.first_seen, &a.id).cmp(&(a.items.len(), a.first_seen, &b.id))
    });
    stories
}

/// The story that these items tell; none where there are none.
pub(super) fn story(id: &str, mut items: Vec<&Candidate>) -> Option<Story> {
    items.sort_by_key(|item| moment(item));
    let mut sources: Vec<String> = Vec::new();
    for source in items.iter().filter_map(|item| item.publication.as_ref()) {
        if !sources.contains(source) {
            sources.push(source.clone());
        }
    }
    Some(Story {
        id: id.to_owned(),
        title: items.first()?.title.clone(),
        first_seen: items.iter().map(|item| item.first_seen).min()?,
        primary: primary(&items)?.id.clone(),
        items: items.iter().map(|item| item.id.clone()).collect(),
        sources,
    })
}

/// The item of a story to cite first: one of who did it, if there is one, else one of an editorial
/// house, else one of who collects what others wrote; among equals the one that was published first,
/// then the one that was seen first.
pub fn primary<'a>(items: &[&'a Candidate]) -> Option<&'a Candidate> {
    items.iter().copied().min_by_key(|item| (item.tier, moment(item)))
}

/// What orders the items of a story.
fn moment(item: &Candidate) -> (chrono::NaiveDate, DateTime<Utc>, &str) {
    (item.day(), item.first_seen, &item.id)
}

#[cfg(test)]
mod tests;
