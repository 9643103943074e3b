//! RSS 2.0, by the specification and the RSS Best Practices Profile of the RSS Advisory Board.
//!
//! The `rss` crate writes the XML. It writes whole channels only, so an entry is taken out of a
//! channel that holds nothing else. Titles are plain text; `description` is the summary, or how the
//! text begins, and, since readers take it for HTML, escaped as such; `content:encoded` is the whole
//! text.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use rss::extension::atom::{AtomExtension, Link};
use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Image, Item};
use url::Url;

use super::{Entry, Feed, Format, Frame, Part, Picture, RenderError, Settings, Text, escape};

/// The end of every channel that the crate writes.
const TAIL: &[u8] = b"</channel></rss>";
/// Where the only item of a channel without other content begins.
const ITEM: &[u8] = b"<item>";

/// What HTML lies in.
const HTML: (&[u8], &[u8]) = (b"<![CDATA[", b"]]>");
/// Characters of a text that stand for a summary where there is none.
const EXCERPT: usize = 200;

/// The name spaces of the elements that an entry may have; a channel declares them all, so that an
/// entry's bytes fit into any.
const NAMESPACES: [(&str, &str); 4] = [
    ("atom", "http://www.w3.org/2005/Atom"),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("media", "http://search.yahoo.com/mrss/"),
];

/// The name space of feed history, RFC 5005 §2, which only archives need.
const HISTORY: (&str, &str) = ("fh", "http://purl.org/syndication/history/1.0");

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
        description: Some(html(&description(entry, content))),
        categories: entry
            .categories
            .iter()
            .map(|category| Category {
                name: category.name.to_string(),
                domain: Some(category.scheme.to_string()),
            })
            .collect(),
        // The permalink is what Hugo gives, so that readers of a site that moves over from it see
        // nothing twice (docs/decisions/0002-stable-identifiers.md).
        guid: Some(if entry.permalink {
            Guid { value: entry.url.to_string(), permalink: true }
        } else {
            Guid { value: entry.id.clone(), permalink: false }
        }),
        pub_date: Some(date(entry.published)),
        content: content.map(ToString::to_string),
        dublin_core_ext: dublin_core,
        enclosure: entry.picture.as_ref().and_then(enclosure),
        extensions: entry.picture.as_ref().map(media).unwrap_or_default(),
        ..Item::default()
    };
    let room = Vec::with_capacity(4096 + content.map_or(0, |html| html.len()));
    let bytes = Channel { items: vec![item], ..Channel::default() }.write_to(room)?;
    let start = bytes.windows(ITEM.len()).position(|window| window == ITEM);
    match start {
        Some(start) if bytes.ends_with(TAIL) => {
            Ok(escape::numeric(&bytes[start..bytes.len() - TAIL.len()], HTML))
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
    let documents = feed.links(settings, Format::Rss);
    let mut links: Vec<Link> = documents
        .iter()
        .map(|(rel, url)| link(rel, url.to_string(), Some(Format::Rss.media_type())))
        .collect();
    let (mut namespaces, mut extensions) = (namespaces(&NAMESPACES), ExtensionMap::default());
    let current = matches!(feed.part, Part::Current { .. });
    if current {
        links.extend(settings.hub.iter().map(|hub| link("hub", hub.to_string(), None)));
    } else {
        namespaces.insert(HISTORY.0.to_owned(), HISTORY.1.to_owned());
        extend(&mut extensions, "fh:archive", BTreeMap::new());
    }
    let about = &feed.about;
    let channel = Channel {
        title: feed.title.to_string(),
        link: feed.home.to_string(),
        // The element is required, and an empty one is reported by validators.
        description: if feed.description.is_empty() { &feed.title } else { &feed.description }
            .to_string(),
        language: Some(about.language.to_string()),
        copyright: about.rights.as_ref().map(ToString::to_string),
        ttl: current.then(|| settings.ttl.to_string()),
        image: about.image.as_ref().filter(|url| is_classic(url)).map(|url| Image {
            url: url.to_string(),
            title: feed.title.to_string(),
            link: feed.home.to_string(),
            ..Image::default()
        }),
        last_build_date: feed.updated().map(date),
        generator: Some("Headwater".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        atom_ext: Some(AtomExtension { links }),
        namespaces,
        extensions,
        ..Channel::default()
    };
    let mut head = channel.write_to(Vec::new())?;
    if !head.ends_with(TAIL) {
        return Err(RenderError::Mark(Format::Rss));
    }
    head.truncate(head.len() - TAIL.len());
    let mut head = escape::numeric(&head, HTML);
    head.push(b'\n');
    Ok(Frame { head, between: b"\n", tail: b"\n</channel></rss>\n" })
}

/// The summary, else how the text begins, else the title: never nothing, which some readers show as
/// an empty entry.
fn description(entry: &Entry, content: Option<&Text>) -> Text {
    let excerpt = || content.map(|html| Text::excerpt(html, EXCERPT));
    let description = entry.summary.clone().or_else(excerpt).filter(|text| !text.is_empty());
    description.unwrap_or_else(|| entry.title.clone())
}

/// An enclosure must tell its size and its type; a picture of which we know less has none.
fn enclosure(picture: &Picture) -> Option<Enclosure> {
    Some(Enclosure {
        url: picture.url.to_string(),
        length: picture.length?.to_string(),
        mime_type: picture.media_type?.to_owned(),
    })
}

/// RSS's `image` is a GIF, JPEG or PNG by its specification.
fn is_classic(url: &Url) -> bool {
    let picture = Picture::new(url.clone(), None);
    matches!(picture.media_type, Some("image/gif" | "image/jpeg" | "image/png"))
}

/// The picture in Media RSS, which is where most readers look for one.
fn media(picture: &Picture) -> ExtensionMap {
    let mut attributes = BTreeMap::from([
        ("url".to_owned(), picture.url.to_string()),
        ("medium".to_owned(), "image".to_owned()),
    ]);
    attributes.extend(picture.media_type.map(|name| ("type".to_owned(), name.to_owned())));
    attributes.extend(picture.length.map(|bytes| ("fileSize".to_owned(), bytes.to_string())));
    let mut extensions = ExtensionMap::default();
    extend(&mut extensions, "media:content", attributes);
    extensions
}

/// Adds an empty element with these attributes.
fn extend(extensions: &mut ExtensionMap, name: &str, attrs: BTreeMap<String, String>) {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let element = Extension { name: name.to_owned(), attrs, ..Extension::default() };
    let elements = extensions.entry(prefix.to_owned()).or_default();
    elements.entry(local.to_owned()).or_default().push(element);
}

fn namespaces(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter().map(|(prefix, uri)| ((*prefix).to_owned(), (*uri).to_owned())).collect()
}

/// RFC 822 as RSS wants it: a year of four digits and a numeric zone.
fn date(date: DateTime<FixedOffset>) -> String {
    date.format("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// Plain text as HTML.
fn html(text: &str) -> String {
    quick_xml::escape::partial_escape(text).into_owned()
}
