//! RSS 2.0, by the specification and the RSS Best Practices Profile of the RSS Advisory Board.
//!
//! The `rss` crate writes the XML. It writes whole channels only, so an entry is taken out of a
//! channel that holds nothing else. Titles are plain text; `description` is the summary and, since
//! readers take it for HTML, escaped as such; `content:encoded` is the whole text.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use rss::extension::atom::{AtomExtension, Link};
use rss::extension::dublincore::DublinCoreExtension;
use rss::{Category, Channel, Guid, Item};

use super::{Entry, Feed, Format, Frame, RenderError, Settings, Text};

/// The end of every channel that the crate writes.
const TAIL: &[u8] = b"</channel></rss>";
/// Where the only item of a channel without other content begins.
const ITEM: &[u8] = b"<item>";

/// The name spaces of the elements that an entry may have; a channel declares them all, so that an
/// entry's bytes fit into any.
const NAMESPACES: [(&str, &str); 3] = [
    ("atom", "http://www.w3.org/2005/Atom"),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
];

/// An `<item>` with this HTML as its content.
///
/// # Errors
///
/// [`RenderError`] where the crate fails.
pub fn entry(entry: &Entry, content: Option<&Text>) -> Result<Vec<u8>, RenderError> {
    let dublin_core = (!entry.authors.is_empty()).then(|| DublinCoreExtension {
        creators: entry.authors.iter().map(ToString::to_string).collect(),
        ..DublinCoreExtension::default()
    });
    let item = Item {
        title: Some(entry.title.to_string()),
        link: Some(entry.url.to_string()),
        description: entry.summary.as_deref().map(html),
        categories: entry
            .categories
            .iter()
            .map(|category| Category {
                name: category.name.to_string(),
                domain: Some(category.scheme.to_string()),
            })
            .collect(),
        guid: Some(Guid { value: entry.id.clone(), permalink: false }),
        pub_date: Some(date(entry.published)),
        content: content.map(ToString::to_string),
        dublin_core_ext: dublin_core,
        ..Item::default()
    };
    let mut bytes =
        Channel { items: vec![item], ..Channel::default() }.write_to(Vec::with_capacity(4096))?;
    let start = bytes.windows(ITEM.len()).position(|window| window == ITEM);
    match start {
        Some(start) if bytes.ends_with(TAIL) => {
            bytes.truncate(bytes.len() - TAIL.len());
            bytes.drain(..start);
            Ok(bytes)
        }
        _ => Err(RenderError::Mark(Format::Rss)),
    }
}

/// The channel around the items.
///
/// # Errors
///
/// [`RenderError`] where the crate fails.
pub fn frame(feed: &Feed, settings: &Settings) -> Result<Frame, RenderError> {
    let link = |rel: &str, href: String, mime_type: Option<&str>| Link {
        href,
        rel: rel.to_owned(),
        mime_type: mime_type.map(str::to_owned),
        ..Link::default()
    };
    let own = feed.url(settings, Format::Rss).to_string();
    let mut links = vec![link("self", own, Some(Format::Rss.media_type()))];
    links.extend(settings.hub.iter().map(|hub| link("hub", hub.to_string(), None)));
    let channel = Channel {
        title: feed.title.to_string(),
        link: feed.home.to_string(),
        // The element is required, and an empty one is reported by validators.
        description: if feed.description.is_empty() { &feed.title } else { &feed.description }
            .to_string(),
        language: Some(feed.language.to_string()),
        last_build_date: feed.updated().map(date),
        generator: Some("Headwater".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        atom_ext: Some(AtomExtension { links }),
        namespaces: NAMESPACES
            .map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned()))
            .into_iter()
            .collect::<BTreeMap<String, String>>(),
        ..Channel::default()
    };
    let mut head = channel.write_to(Vec::new())?;
    if !head.ends_with(TAIL) {
        return Err(RenderError::Mark(Format::Rss));
    }
    head.truncate(head.len() - TAIL.len());
    head.push(b'\n');
    Ok(Frame { head, between: b"\n", tail: b"\n</channel></rss>\n" })
}

/// RFC 822 as RSS wants it: a year of four digits and a numeric zone.
fn date(date: DateTime<FixedOffset>) -> String {
    date.format("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// Plain text as HTML.
fn html(text: &str) -> String {
    quick_xml::escape::partial_escape(text).into_owned()
}
