//! Atom 1.0, RFC 4287.
//!
//! The `atom_syndication` crate writes the XML. Its defaults are an empty `id` and 1970 for
//! `updated`: both are always set here. A feed without entries has no change to tell of and keeps
//! 1970, the only date that is the same in every run.

use atom_syndication::{
    Category, Content, Entry as AtomEntry, Feed as AtomFeed, Generator, Link, Person,
    Text as AtomText, WriteConfig,
};
use chrono::DateTime;
use url::Url;

use super::{Entry, Feed, Format, Frame, RenderError, Settings, Text};

/// The end of every feed that the crate writes.
const TAIL: &[u8] = b"</feed>";
/// How an entry that is written alone begins; in a feed its name space is inherited.
const ALONE: &str = "<entry xmlns=\"http://www.w3.org/2005/Atom\">";

/// An `<entry>` with this HTML as its content.
///
/// # Errors
///
/// [`RenderError`] where the crate fails.
pub fn entry(entry: &Entry, content: Option<&Text>) -> Result<Vec<u8>, RenderError> {
    let written = AtomEntry {
        title: AtomText::plain(entry.title.as_str()),
        id: entry.id.clone(),
        updated: entry.updated,
        authors: entry
            .authors
            .iter()
            .map(|name| Person { name: name.to_string(), ..Person::default() })
            .collect(),
        categories: entry
            .categories
            .iter()
            .map(|category| Category {
                term: category.name.to_string(),
                scheme: Some(category.scheme.to_string()),
                label: None,
            })
            .collect(),
        links: vec![link("alternate", &entry.url, Some("text/html"))],
        published: Some(entry.published),
        summary: entry.summary.as_ref().map(|summary| AtomText::plain(summary.as_str())),
        content: content.map(|content| Content {
            value: Some(content.to_string()),
            content_type: Some("html".to_owned()),
            ..Content::default()
        }),
        ..AtomEntry::default()
    }
    .write_with_config(
        Vec::with_capacity(4096),
        WriteConfig { write_document_declaration: false, indent_size: None },
    )?;
    let Some(rest) = written.strip_prefix(ALONE.as_bytes()) else {
        return Err(RenderError::Mark(Format::Atom));
    };
    Ok([b"<entry>", rest].concat())
}

/// The feed around the entries.
///
/// # Errors
///
/// [`RenderError`] where the crate fails.
pub fn frame(feed: &Feed, settings: &Settings) -> Result<Frame, RenderError> {
    let own = feed.url(settings, Format::Atom);
    let mut links = vec![
        link("self", &own, Some(Format::Atom.media_type())),
        link("alternate", &feed.home, Some("text/html")),
    ];
    links.extend(settings.hub.iter().map(|hub| link("hub", hub, None)));
    let mut head = AtomFeed {
        title: AtomText::plain(feed.title.as_str()),
        id: feed.id.clone(),
        updated: feed.updated().unwrap_or(DateTime::UNIX_EPOCH.fixed_offset()),
        authors: vec![Person {
            name: feed.author.name.to_string(),
            email: feed.author.email.as_ref().map(ToString::to_string),
            uri: feed.author.url.as_ref().map(ToString::to_string),
            ..Person::default()
        }],
        generator: Some(Generator { value: "Headwater".to_owned(), ..Generator::default() }),
        links,
        subtitle: (!feed.description.is_empty())
            .then(|| AtomText::plain(feed.description.as_str())),
        lang: Some(feed.language.to_string()),
        ..AtomFeed::default()
    }
    .write_to(Vec::new())?;
    if !head.ends_with(TAIL) {
        return Err(RenderError::Mark(Format::Atom));
    }
    head.truncate(head.len() - TAIL.len());
    head.push(b'\n');
    Ok(Frame { head, between: b"\n", tail: b"\n</feed>\n" })
}

fn link(rel: &str, href: &Url, mime_type: Option<&str>) -> Link {
    Link {
        href: href.to_string(),
        rel: rel.to_owned(),
        mime_type: mime_type.map(str::to_owned),
        ..Link::default()
    }
}
