//! The entries of a feed in its bytes: where each one stands, what it is, and its date.
//!
//! Two things need them: how often the feed changes, and which entries a client does not have yet
//! (RFC 3229 with `A-IM: feed`). RSS, Atom and JSON Feed are read alike. What cannot be read has no
//! entries, and is served like any file.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use chrono::DateTime;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Deserialize;
use serde_json::value::RawValue;

/// An entry as it stands in the bytes of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub place: Range<usize>,
    /// Tells it from every other, and from itself before an edit.
    pub print: u64,
    /// When it was published, or else changed, in seconds since 1970.
    pub date: Option<i64>,
}

/// The entries of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries {
    /// In the order in which they stand.
    pub list: Vec<Entry>,
    /// What must stand between two of them, whichever are left out.
    separator: &'static str,
}

impl Entries {
    /// Reads the entries of a feed.
    pub fn read(feed: &[u8]) -> Self {
        match feed.trim_ascii_start().first() {
            Some(b'<') => Self { list: of_xml(feed).unwrap_or_default(), separator: "" },
            Some(b'{') => Self { list: of_json(feed).unwrap_or_default(), separator: "," },
            _ => Self::default(),
        }
    }

    /// The bytes of `feed`, whose entries these are, with those alone that `wanted` takes.
    pub fn only(&self, feed: &[u8], wanted: impl Fn(&Entry) -> bool) -> Vec<u8> {
        let Some((first, last)) = self.list.first().zip(self.list.last()) else {
            return feed.to_vec();
        };
        let mut bytes = feed[..first.place.start].to_vec();
        let kept = self.list.iter().filter(|entry| wanted(entry));
        for (at, entry) in kept.enumerate() {
            if at > 0 {
                bytes.extend_from_slice(self.separator.as_bytes());
            }
            bytes.extend_from_slice(&feed[entry.place.clone()]);
        }
        bytes.extend_from_slice(&feed[last.place.end..]);
        bytes
    }
}

fn entry(feed: &[u8], place: Range<usize>, date: Option<i64>) -> Option<Entry> {
    let mut hasher = DefaultHasher::new();
    feed.get(place.clone())?.hash(&mut hasher);
    Some(Entry { place, print: hasher.finish(), date })
}

/// None where it is no XML, or where anything but space stands between two entries: leaving out the
/// entries alone would then tear something apart.
fn of_xml(feed: &[u8]) -> Option<Vec<Entry>> {
    let mut reader = Reader::from_reader(feed);
    let mut list: Vec<Entry> = Vec::new();
    // The names of the open elements are not needed, only how many there are.
    let (mut depth, mut start, mut dates) = (0_usize, None, Dates::default());
    let mut dated: Option<Field> = None;
    loop {
        let before = usize::try_from(reader.buffer_position()).ok()?;
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                depth += 1;
                let name = tag.name().into_inner();
                if start.is_none() && matches!(name, b"item" | b"entry") {
                    start = Some((before, depth));
                } else if start.is_some_and(|(_, above)| depth == above + 1) {
                    dated = Field::of(name);
                }
            }
            Event::End(_) => {
                if let Some((from, at)) = start.filter(|(_, at)| *at == depth) {
                    let after = usize::try_from(reader.buffer_position()).ok()?;
                    let end = list.last().map_or(from, |entry| entry.place.end);
                    if !feed.get(end..from)?.trim_ascii().is_empty() {
                        return None;
                    }
                    list.push(entry(feed, from..after, std::mem::take(&mut dates).best())?);
                    start = None;
                    debug_assert!(at > 0);
                }
                dated = None;
                depth = depth.checked_sub(1)?;
            }
            Event::Text(text) => {
                if let Some(field) = dated {
                    let text = std::str::from_utf8(&text).ok()?;
                    dates.note(field, text);
                }
            }
            Event::Eof => return (depth == 0).then_some(list),
            _ => {}
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Field {
    Published,
    Updated,
}

impl Field {
    fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"pubDate" | b"published" => Some(Self::Published),
            b"updated" => Some(Self::Updated),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Dates {
    published: Option<i64>,
    updated: Option<i64>,
}

impl Dates {
    fn note(&mut self, field: Field, text: &str) {
        let place = match field {
            Field::Published => &mut self.published,
            Field::Updated => &mut self.updated,
        };
        *place = place.or_else(|| date(text));
    }

    fn best(self) -> Option<i64> {
        self.published.or(self.updated)
    }
}

/// RSS's dates (RFC 2822) and everybody else's (RFC 3339).
fn date(text: &str) -> Option<i64> {
    let text = text.trim();
    let read = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text));
    read.ok().map(|date| date.timestamp())
}

#[derive(Deserialize)]
struct Feed<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item {
    date_published: Option<String>,
    date_modified: Option<String>,
}

fn of_json(feed: &[u8]) -> Option<Vec<Entry>> {
    let parsed: Feed = serde_json::from_slice(feed).ok()?;
    let origin = feed.as_ptr() as usize;
    let read = |raw: &&RawValue| {
        let text = raw.get();
        // The raw values are borrowed from `feed`; `get` below refuses any that were not.
        let start = (text.as_ptr() as usize).checked_sub(origin)?;
        let item: Item = serde_json::from_str(text).ok()?;
        let told = item.date_published.as_deref().and_then(date);
        let told = told.or_else(|| item.date_modified.as_deref().and_then(date));
        entry(feed, start..start + text.len(), told)
    };
    parsed.items.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSS: &str = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>T</title>\
        <pubDate>Fri, 13 Jun 2025 09:00:00 GMT</pubDate>\
        <item><guid>a</guid><pubDate>Fri, 13 Jun 2025 08:00:00 GMT</pubDate><x><pubDate>no</pubDate></x></item>\n\
        <item><guid>b</guid><description>&lt;item&gt; <![CDATA[</item>]]></description></item>\
        <item><guid>c</guid></item></channel></rss>";
    const ATOM: &str = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><updated>2025-06-14T08:00:00Z</updated>\
        <entry><id>a</id><updated>2025-06-14T08:00:00Z</updated><published>2025-06-13T08:00:00Z</published>\
        <source><id>x</id><updated>2001-01-01T00:00:00Z</updated></source></entry>\
        <entry><id>b</id><updated>2025-06-12T08:00:00Z</updated></entry></feed>";
    const JSON: &str = "{\"version\":\"x\",\"items\":[{\"id\":\"a\",\"date_published\":\"2025-06-13T16:00:00+08:00\"},\
        {\"id\":\"b\",\"t\":\"},{\"} , {\"id\":\"c\",\"date_modified\":\"2025-06-12T08:00:00Z\"}],\"z\":1}";

    const PUBLISHED: i64 = 1_749_801_600;

    #[test]
    fn each_format_shows_its_entries_and_their_dates() {
        let day = 24 * 60 * 60;
        for (feed, expected) in [
            (RSS, vec![Some(PUBLISHED), None, None]),
            (ATOM, vec![Some(PUBLISHED), Some(PUBLISHED - day)]),
            (JSON, vec![Some(PUBLISHED), None, Some(PUBLISHED - day)]),
            ("{\"items\":[]}", vec![]),
            ("", vec![]),
            ("<html><body>no feed</body></html>", vec![]),
            ("<rss><channel><item>", vec![]),
            ("<rss><item>a</item> text <item>b</item></rss>", vec![]),
            ("<!doctype html><p>x<br><item></item>", vec![]),
            ("{\"items\":[", vec![]),
            ("{\"items\":[1]}", vec![]),
            ("plain", vec![]),
        ] {
            let dates: Vec<_> =
                Entries::read(feed.as_bytes()).list.iter().map(|entry| entry.date).collect();
            assert_eq!(dates, expected, "{feed}");
        }
    }

    #[test]
    fn any_choice_of_entries_leaves_a_whole_feed() {
        for feed in [RSS, ATOM, JSON] {
            let entries = Entries::read(feed.as_bytes());
            let number = entries.list.len();
            for chosen in 0..1_u32 << number {
                let wanted = |print: u64| {
                    let at = entries.list.iter().position(|entry| entry.print == print);
                    chosen >> at.unwrap() & 1 == 1
                };
                let part = entries.only(feed.as_bytes(), |entry| wanted(entry.print));
                let prints: Vec<u64> =
                    Entries::read(&part).list.iter().map(|entry| entry.print).collect();
                let expected: Vec<u64> = entries
                    .list
                    .iter()
                    .map(|entry| entry.print)
                    .filter(|print| wanted(*print))
                    .collect();
                assert_eq!(prints, expected, "{}", String::from_utf8_lossy(&part));
                let whole = part.starts_with(b"{")
                    && serde_json::from_slice::<serde_json::Value>(&part).is_ok()
                    || roxmltree::Document::parse(&String::from_utf8_lossy(&part)).is_ok();
                assert!(whole, "{}", String::from_utf8_lossy(&part));
            }
            let all = entries.only(feed.as_bytes(), |_| true);
            assert_eq!(Entries::read(&all).list.len(), number);
        }
    }

    #[test]
    fn an_edited_entry_is_another() {
        let edited = ATOM.replace("2025-06-12", "2025-06-11");
        let (before, after) = (Entries::read(ATOM.as_bytes()), Entries::read(edited.as_bytes()));
        assert_eq!(before.list[0].print, after.list[0].print);
        assert_ne!(before.list[1].print, after.list[1].print);
    }
}
