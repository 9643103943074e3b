//! From what a feed says to what is kept: identity, dates and text of each item.
//!
//! An item is the same as before when its address is, else its guid, else its text; so an edited
//! item updates, and the same address in two sources is one item. A date that is missing or lies
//! ahead is the time of the first sight.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::parse::plain;
use super::{Item, Parsed, ParsedItem};
use crate::address::canonical;

/// Longest summary that is kept, in characters: more than an editor reads of one.
const SUMMARY: usize = 1_000;

/// Longest title made of a summary, in characters.
const MADE_TITLE: usize = 60;

/// The items of a feed of `source`, seen at `now`; what has neither title, text nor address is no
/// item.
pub fn items(source: &str, parsed: &Parsed, now: DateTime<Utc>) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for item in parsed.items.iter().filter_map(|entry| item(source, entry, now)) {
        if items.iter().all(|other| other.id != item.id) {
            items.push(item);
        }
    }
    items
}

fn item(source: &str, entry: &ParsedItem, now: DateTime<Utc>) -> Option<Item> {
    let text = [&entry.summary, &entry.content].into_iter().flatten().find_map(|html| plain(html));
    let summary: String = text.unwrap_or_default().chars().take(SUMMARY).collect();
    let made = || {
        let title: String = summary.chars().take(MADE_TITLE).collect();
        Some(title).filter(|title| !title.is_empty())
    };
    let title = entry.title.clone().or_else(made).or_else(|| entry.url.clone())?;
    let canonical_url = entry.url.as_deref().and_then(canonical);
    let id = match (&canonical_url, &entry.guid) {
        (Some(url), _) => digest(&["url", url]),
        (None, Some(guid)) => digest(&["guid", source, guid]),
        (None, None) => digest(&["text", source, &title, &summary]),
    };
    let published = entry.published.or(entry.updated).filter(|date| *date <= now).unwrap_or(now);
    Some(Item {
        id,
        source: source.to_owned(),
        url: entry.url.clone(),
        canonical_url,
        title,
        published,
        updated: entry.updated,
        summary,
        authors: entry.authors.clone(),
        categories: entry.categories.clone(),
        first_seen: now,
    })
}

/// Sixteen hexadecimal digits: far beyond chance among millions.
fn digest(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\n"));
    let head = digest[..8].iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    format!("{head:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Dialect;
    use crate::source::politeness::Wishes;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    fn read(source: &str, entries: Vec<ParsedItem>) -> Vec<Item> {
        let parsed = Parsed {
            format: Dialect::Rss20,
            title: None,
            link: None,
            wishes: Wishes::default(),
            links: crate::source::websub::Links::default(),
            items: entries,
        };
        items(source, &parsed, now())
    }

    fn entry(url: Option<&str>, guid: Option<&str>, title: Option<&str>) -> ParsedItem {
        ParsedItem {
            url: url.map(Into::into),
            guid: guid.map(Into::into),
            title: title.map(Into::into),
            ..ParsedItem::default()
        }
    }

    #[test]
    fn the_same_address_in_two_sources_is_one_item() {
        let one = read(
            "one",
            vec![entry(Some("https://www.example.org/a?utm_source=x"), Some("1"), Some("甲"))],
        );
        let two = read("two", vec![entry(Some("http://example.org/a/"), None, Some("甲（改）"))]);
        assert_eq!(one[0].id, two[0].id);
    }

    #[test]
    fn without_an_address_the_guid_of_the_source_counts() {
        let first = read("one", vec![entry(None, Some("1"), Some("甲"))]);
        let edited = read("one", vec![entry(None, Some("1"), Some("乙"))]);
        let other = read("two", vec![entry(None, Some("1"), Some("甲"))]);
        assert_eq!(first[0].id, edited[0].id);
        assert_ne!(first[0].id, other[0].id);
    }

    #[test]
    fn dates_that_are_missing_or_ahead_are_the_first_sight() {
        let ahead = ParsedItem {
            published: Some(now() + chrono::Duration::days(1)),
            ..entry(None, Some("1"), Some("甲"))
        };
        for entry in [ahead, entry(None, Some("2"), Some("乙"))] {
            assert_eq!(read("one", vec![entry])[0].published, now());
        }
    }

    #[test]
    fn doubles_and_empty_entries_are_left_out() {
        let twin = || entry(Some("https://example.org/a"), None, Some("甲"));
        assert_eq!(read("one", vec![twin(), twin(), ParsedItem::default()]).len(), 1);
    }

    #[test]
    fn an_item_without_title_takes_its_first_words() {
        let item = ParsedItem {
            summary: Some("<p>第一 &amp; 二</p>".into()),
            ..entry(None, Some("1"), None)
        };
        assert_eq!(read("one", vec![item])[0].title, "第一 & 二");
    }
}
