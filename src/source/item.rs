//! From what a feed says to what is kept: identity, dates and text of each item.
//!
//! An item is known again by any of its keys: its guid in this source, its address anywhere, and
//! where it has neither, its title and date. So an edited item updates, and the same address in two
//! sources is one item. A date that is missing or lies ahead is the time of the first sight.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike, Duration, Utc};
use sha2::{Digest, Sha256};
use url::Url;

use super::parse::plain;
use super::{Item, Parsed, ParsedItem};
use crate::address::canonical;

/// Longest summary that is kept, in characters: more than an editor reads of one.
const SUMMARY: usize = 1_000;

/// Longest title that is kept, in characters: several times what any house prints.
const TITLE: usize = 500;

/// Longest title made of a summary, in characters.
const MADE_TITLE: usize = 60;

/// An item as a source shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The item; new ones are kept under its identifier.
    pub item: Item,
    /// What it is known again by, most telling first; one at least.
    pub keys: Vec<String>,
}

/// The items of a feed of `source`, seen at `now`; what has neither title, text nor address is no
/// item, and of two that share a key the first one counts.
pub fn items(source: &str, parsed: &Parsed, now: DateTime<Utc>) -> Vec<Sighting> {
    let guids = uses(parsed, |entry| entry.guid.clone(), |entry| entry.url.clone());
    let urls = uses(parsed, address, |entry| entry.guid.clone());
    // What several entries share tells none of them from the others.
    let is_own = |uses: &HashMap<String, Use>, key: &str| {
        uses.get(key).is_some_and(|found| !found.is_shared)
    };
    let mut known = HashSet::new();
    let mut items = Vec::new();
    for entry in &parsed.items {
        let guid = entry.guid.as_deref().filter(|guid| is_own(&guids, guid));
        let url = address(entry).filter(|url| is_own(&urls, url));
        let Some(sighting) = sighting(source, entry, guid, url.as_deref(), now) else { continue };
        if sighting.keys.iter().all(|key| !known.contains(key)) {
            known.extend(sighting.keys.iter().cloned());
            items.push(sighting);
        }
    }
    items
}

/// How a guid or an address is used in a feed.
struct Use {
    /// What the first entry that has it has beside it.
    beside: Option<String>,
    /// Whether another one has something else beside it.
    is_shared: bool,
}

fn uses(
    parsed: &Parsed,
    key: fn(&ParsedItem) -> Option<String>,
    beside: fn(&ParsedItem) -> Option<String>,
) -> HashMap<String, Use> {
    let mut uses: HashMap<String, Use> = HashMap::new();
    for entry in &parsed.items {
        let (Some(key), beside) = (key(entry), beside(entry)) else { continue };
        match uses.get_mut(&key) {
            Some(found) => found.is_shared |= found.beside != beside,
            None => drop(uses.insert(key, Use { beside, is_shared: false })),
        }
    }
    uses
}

/// The canonical address of an entry; a site's front page is no entry's own.
fn address(entry: &ParsedItem) -> Option<String> {
    let url = entry.url.as_deref()?;
    let is_front_page = Url::parse(url).is_ok_and(|url| url.path() == "/" && url.query().is_none());
    if is_front_page { None } else { canonical(url) }
}

fn sighting(
    source: &str,
    entry: &ParsedItem,
    guid: Option<&str>,
    address: Option<&str>,
    now: DateTime<Utc>,
) -> Option<Sighting> {
    let text = [&entry.summary, &entry.content].into_iter().flatten().find_map(|html| plain(html));
    let summary: String = text.unwrap_or_default().chars().take(SUMMARY).collect();
    let made = || {
        let title: String = summary.chars().take(MADE_TITLE).collect();
        Some(title.trim().to_owned()).filter(|title| !title.is_empty())
    };
    let title = entry.title.clone().or_else(made).or_else(|| entry.url.clone())?;
    let said = entry.published.or(entry.updated).filter(|date| is_meant(*date));
    let guid = guid.map(|guid| digest(&["guid", source, guid]));
    let url = address.map(|address| digest(&["url", address]));
    // An edited text keeps its date; without a date it is the text that tells.
    let content = || match said {
        Some(date) => digest(&["text", source, &title, &date.to_rfc3339()]),
        None => digest(&["text", source, &title, &summary]),
    };
    let id = url.clone().or_else(|| guid.clone()).unwrap_or_else(content);
    let mut keys: Vec<String> = guid.into_iter().chain(url).collect();
    if keys.is_empty() {
        keys.push(id.clone());
    }
    let item = Item {
        id,
        source: source.to_owned(),
        // What is no page on the web (`javascript:`) must not become a link of ours.
        url: entry.url.clone().filter(|url| canonical(url).is_some()),
        canonical_url: entry.url.as_deref().and_then(canonical),
        title: title.chars().take(TITLE).collect(),
        published: said.filter(|date| *date <= now).unwrap_or(now),
        updated: entry.updated.filter(|date| is_meant(*date) && *date <= now),
        summary,
        authors: entry.authors.clone(),
        categories: entry.categories.clone(),
        first_seen: now,
    };
    Some(Sighting { item, keys })
}

/// Whether a date was written by somebody: programs without one write the first day of 1970, or of
/// the first year.
fn is_meant(date: DateTime<Utc>) -> bool {
    date.year() > 1 && (date - DateTime::UNIX_EPOCH).abs() > Duration::days(1)
}

/// Sixteen hexadecimal digits: far beyond chance among millions.
fn digest(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\n"));
    let head = digest[..8].iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    format!("{head:016x}")
}

#[cfg(test)]
impl Sighting {
    /// An item of the source `one` with nothing but a title, for tests of what is done with items. It is
    /// known by its identifier.
    pub(crate) fn sample(id: &str, title: &str, at: DateTime<Utc>) -> Self {
        let item = Item {
            id: id.to_owned(),
            source: "one".to_owned(),
            url: None,
            canonical_url: None,
            title: title.to_owned(),
            published: at,
            updated: None,
            summary: String::new(),
            authors: Vec::new(),
            categories: Vec::new(),
            first_seen: at,
        };
        Self { keys: vec![id.to_owned()], item }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Dialect;
    use crate::source::politeness::Wishes;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    fn sightings(source: &str, entries: Vec<ParsedItem>) -> Vec<Sighting> {
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

    fn read(source: &str, entries: Vec<ParsedItem>) -> Vec<Item> {
        sightings(source, entries).into_iter().map(|sighting| sighting.item).collect()
    }

    /// Whether two entries of two visits are one item.
    fn are_one(one: (&str, ParsedItem), other: (&str, ParsedItem)) -> bool {
        let [one, other] =
            [one, other].map(|(source, entry)| sightings(source, vec![entry]).remove(0));
        one.keys.iter().any(|key| other.keys.contains(key))
    }

    #[test]
    fn an_edited_item_is_known_again() {
        let dated = |title: Option<&str>, text: &str| ParsedItem {
            published: DateTime::from_timestamp(1_740_000_000, 0),
            summary: Some(text.into()),
            ..entry(None, None, title)
        };
        let at = |url: &'static str, guid: Option<&str>| entry(Some(url), guid, Some(url));
        for (name, one, other, expected) in [
            (
                "guid, moved",
                at("https://a.example/1", Some("1")),
                at("https://a.example/2", Some("1")),
                true,
            ),
            (
                "address, new guid",
                at("https://a.example/1", Some("1")),
                at("https://a.example/1", Some("2")),
                true,
            ),
            (
                "address, no guid",
                at("https://a.example/1", Some("1")),
                at("https://a.example/1#x", None),
                true,
            ),
            (
                "another",
                at("https://a.example/1", Some("1")),
                at("https://a.example/2", Some("2")),
                false,
            ),
            (
                "front page",
                at("https://a.example/", Some("1")),
                at("https://a.example/", Some("2")),
                false,
            ),
            ("title and date", dated(Some("甲"), "一"), dated(Some("甲"), "二"), true),
            ("another title", dated(Some("甲"), "一"), dated(Some("乙"), "一"), false),
        ] {
            assert_eq!(are_one(("one", one), ("one", other)), expected, "{name}");
        }
    }

    #[test]
    fn what_entries_of_one_feed_share_tells_none_of_them() {
        let entries = [("a", "1"), ("a", "2"), ("b", "3"), ("c", "3"), ("d", "4"), ("d", "4")];
        let address = |name: &str| format!("https://example.org/{name}");
        let entries = entries.map(|(url, guid)| entry(Some(&address(url)), Some(guid), Some("t")));
        let found = sightings("one", entries.to_vec());
        let keys: Vec<usize> = found.iter().map(|sighting| sighting.keys.len()).collect();
        assert_eq!(keys, [1, 1, 1, 1, 2], "one address, one guid, and a double");
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
        let unset = |seconds| ParsedItem {
            published: DateTime::from_timestamp(seconds, 0),
            ..entry(None, Some("3"), Some("丙"))
        };
        let first_year = -62_135_596_800;
        for entry in [ahead, entry(None, Some("2"), Some("乙")), unset(0), unset(first_year)] {
            assert_eq!(read("one", vec![entry])[0].published, now());
        }
        let old = ParsedItem { published: DateTime::from_timestamp(-1_000_000_000, 0), ..unset(0) };
        assert_eq!(read("one", vec![old])[0].published.timestamp(), -1_000_000_000);
        let updated = ParsedItem { updated: Some(now() + Duration::days(1)), ..unset(0) };
        assert_eq!(read("one", vec![updated])[0].updated, None);
    }

    #[test]
    fn doubles_and_empty_entries_are_left_out() {
        let twin = || entry(Some("https://example.org/a"), None, Some("甲"));
        assert_eq!(read("one", vec![twin(), twin(), ParsedItem::default()]).len(), 1);
    }

    #[test]
    fn what_is_no_page_on_the_web_is_no_address() {
        for url in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "mailto:a@b"] {
            let items = read("one", vec![entry(Some(url), Some("1"), Some("甲"))]);
            assert_eq!((&items[0].url, &items[0].canonical_url), (&None, &None), "{url}");
        }
    }

    #[test]
    fn a_title_as_long_as_a_book_is_cut() {
        let long = "很长的标题 NVIDIA ".repeat(10_000);
        let items = read("one", vec![entry(None, Some("1"), Some(&long))]);
        assert_eq!(items[0].title.chars().count(), TITLE);
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
