//! JSON Feed 1.0 and 1.1 (<https://www.jsonfeed.org/version/1.1/>).
//!
//! Read in one pass into what is wanted of it, so that nothing else takes room; a value of another
//! kind than the specification's is read as well as it can be, and is none where it cannot.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use url::Url;

use super::entry::{MOST_NAMES, unique};
use super::items::Items;
use super::text::{escaped, plain, sanitise};
use super::{ParseError, dates, link, links};
use crate::source::mend::tidy;
use crate::source::politeness::Wishes;
use crate::source::{Dialect, Parsed, ParsedItem};

/// Reads the object that `text` begins with.
pub(super) fn parse(text: &str, base: Option<&Url>) -> Result<Parsed, ParseError> {
    let (mut feed, mut whole) = read(text, base);
    // A line end or a tab that stands raw in a string is an error of JSON's, and a usual one.
    if whole.is_err() && text.contains(char::is_control) {
        (feed, whole) = read(&text.replace(char::is_control, " "), base);
    }
    let is_cut = whole.is_err();
    if let Err(error) = whole
        && feed.items.is_empty()
    {
        return Err(ParseError::Unknown(format!("the JSON is broken: {error}")));
    }
    if !feed.has_items {
        return Err(ParseError::Unknown("the JSON has no list `items`".to_owned()));
    }
    Ok(Parsed {
        format: Dialect::Json,
        title: feed.title.and_then(|title| plain(&title)),
        link: feed.link,
        wishes: Wishes { is_cut, ..Wishes::default() },
        links: links::of(&feed.hubs, feed.own.as_deref(), base),
        items: feed.items.into_vec(),
    })
}

/// What stands before the first error, and that error.
fn read<'a>(text: &str, base: Option<&'a Url>) -> (Feed<'a>, serde_json::Result<()>) {
    let mut feed = Feed { base, items: Items::of(text.len()), ..Feed::default() };
    let whole = FeedSeed(&mut feed).deserialize(&mut serde_json::Deserializer::from_str(text));
    (feed, whole)
}

/// What has been read so far; a sudden end leaves it as it is.
#[derive(Default)]
struct Feed<'a> {
    base: Option<&'a Url>,
    title: Option<String>,
    link: Option<String>,
    own: Option<String>,
    hubs: Vec<String>,
    has_items: bool,
    items: Items,
}

struct FeedSeed<'f, 'a>(&'f mut Feed<'a>);

impl<'de> DeserializeSeed<'de> for FeedSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FeedSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a feed")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "title" => self.0.title = map.next_value::<Text>()?.0,
                "home_page_url" => self.0.link = map.next_value::<Text>()?.0,
                "feed_url" => self.0.own = map.next_value::<Text>()?.0,
                "hubs" => self.0.hubs = map.next_value::<Hubs>()?.0,
                "items" => map.next_value_seed(ItemsSeed(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct ItemsSeed<'f, 'a>(&'f mut Feed<'a>);

impl<'de> DeserializeSeed<'de> for ItemsSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ItemsSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.0.has_items = true;
        while let Some(Lenient(item)) = list.next_element::<Lenient<Item>>()? {
            if let Some(item) = item.filter(|_| !self.0.items.is_full()) {
                let base = self.0.base.filter(|_| self.0.items.may_grow());
                self.0.items.push(item.read(base));
            }
        }
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[derive(Default)]
struct Item {
    id: Option<String>,
    url: Option<String>,
    external_url: Option<String>,
    title: Option<String>,
    summary: Option<String>,
    content_html: Option<String>,
    content_text: Option<String>,
    published: Option<String>,
    modified: Option<String>,
    authors: Vec<String>,
    tags: Vec<String>,
}

impl Item {
    fn read(self, base: Option<&Url>) -> ParsedItem {
        let url = self.url.or(self.external_url).and_then(|url| link::resolve(&url, base));
        let page = url.as_deref().and_then(|url| Url::parse(url).ok());
        let page = page.as_ref().or(base);
        let content = self.content_html.and_then(|html| sanitise(&html, page));
        let day = |date: Option<String>| dates::read(&date?, false);
        ParsedItem {
            guid: self.id,
            title: self.title.and_then(|title| plain(&title)),
            published: day(self.published),
            updated: day(self.modified),
            summary: self.summary.as_deref().map(escaped),
            content: content.or_else(|| self.content_text.as_deref().map(escaped)),
            authors: unique(self.authors.into_iter()),
            categories: unique(self.tags.into_iter()),
            url,
        }
    }
}

/// A value that may be of any kind; what is not of the kind wanted is left out.
trait Loose: Default {
    fn text(text: &str) -> Self;

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

/// Reads whatever stands there as a `T`.
struct AnyKind<T>(PhantomData<T>);

impl<'de, T: Loose> Visitor<'de> for AnyKind<T> {
    type Value = T;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::text(text))
    }

    // Identifiers are numbers in the wild.
    fn visit_i64<E>(self, number: i64) -> Result<T, E> {
        Ok(T::text(&number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok(T::text(&number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<T, E> {
        Ok(T::text(&number.to_string()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::map(map)
    }
}

macro_rules! read_as_any_kind {
    ($($kind:ty),*) => {$(
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(AnyKind(PhantomData))
            }
        }
    )*};
}

read_as_any_kind!(Text, Names, Hubs, Lenient<Item>);

/// A word or a number.
#[derive(Default)]
struct Text(Option<String>);

impl Loose for Text {
    fn text(text: &str) -> Self {
        Self(Some(tidy(text.trim()).into_owned()).filter(|text| !text.is_empty()))
    }
}

/// Names: one or a list, each a word or an object that has a `name`.
#[derive(Default)]
struct Names(Vec<String>);

impl Loose for Names {
    fn text(text: &str) -> Self {
        Self(Text::text(text).0.into_iter().collect())
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut names = Vec::new();
        while let Some(Self(more)) = list.next_element()? {
            let room = MOST_NAMES.saturating_sub(names.len());
            names.extend(more.into_iter().take(room));
        }
        Ok(Self(names))
    }

    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut name = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "name" => name = map.next_value::<Text>()?.0,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Self(name.into_iter().collect()))
    }
}

/// Addresses of the hubs in a list that speak `WebSub`.
#[derive(Default)]
struct Hubs(Vec<String>);

impl Loose for Hubs {
    fn text(_: &str) -> Self {
        Self::default()
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut hubs = Vec::new();
        while let Some(Self(more)) = list.next_element()? {
            hubs.extend(more.into_iter().take(MOST_NAMES.saturating_sub(hubs.len())));
        }
        Ok(Self(hubs))
    }

    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let (mut kind, mut url) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => kind = map.next_value::<Text>()?.0,
                "url" => url = map.next_value::<Text>()?.0,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let is_websub = kind.is_some_and(|kind: String| kind.eq_ignore_ascii_case("websub"));
        Ok(Self(url.filter(|_| is_websub).into_iter().collect()))
    }
}

/// A `T`, or something else that stands in its place.
struct Lenient<T>(Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl Loose for Lenient<Item> {
    fn text(_: &str) -> Self {
        Self(None)
    }

    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut item = Item::default();
        while let Some(key) = map.next_key::<String>()? {
            let text = match key.as_str() {
                "id" => &mut item.id,
                "url" => &mut item.url,
                "external_url" => &mut item.external_url,
                "title" => &mut item.title,
                "summary" => &mut item.summary,
                "content_html" => &mut item.content_html,
                "content_text" => &mut item.content_text,
                "date_published" => &mut item.published,
                "date_modified" => &mut item.modified,
                "authors" | "author" => {
                    item.authors.extend(map.next_value::<Names>()?.0);
                    continue;
                }
                "tags" => {
                    item.tags = map.next_value::<Names>()?.0;
                    continue;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *text = map.next_value::<Text>()?.0;
        }
        Ok(Self(Some(item)))
    }
}
