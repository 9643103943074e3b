//! Atom 1.0, RFC 4287.
//!
//! The `atom_syndication` crate writes the XML. Its defaults are an empty `id` and 1970 for
//! `updated`: both are always set here. A feed without entries has no change to tell of and gets a
//! date that is the same in every run.

use std::collections::BTreeMap;

use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{
    Category, Content, Entry as AtomEntry, Feed as AtomFeed, Generator, Link, Person,
    Text as AtomText, WriteConfig,
};
use chrono::{DateTime, TimeDelta};
use url::Url;

use super::{Entry, Feed, Format, Frame, Part, Picture, RenderError, Settings, Text, escape};

/// The end of every feed that the crate writes.
const TAIL: &[u8] = b"</feed>";
/// How an entry that is written alone begins; in a feed its name space is inherited.
const ALONE: &str = "<entry xmlns=\"http://www.w3.org/2005/Atom\">";

/// What HTML lies in.
const HTML: (&[u8], &[u8]) = (b"<content type=\"html\">", b"</content>");
/// The first second of the year 2000 (UTC): Atom is younger, and validators doubt earlier dates.
const NEVER: i64 = 946_684_800;

/// The name space of feed history, RFC 5005 §2.
const HISTORY: &str = "http://purl.org/syndication/history/1.0";

/// An `<entry>` with this HTML as its content.
///
/// # Errors
///
/// [`RenderError`] where the crate fails.
pub fn entry(entry: &Entry, content: Option<&Text>) -> Result<Vec<u8>, RenderError> {
    let content = content.filter(|content| !content.trim().is_empty());
    let written = AtomEntry {
        title: AtomText::plain(entry.title.as_str()),
        id: entry.id.clone(),
        updated: entry.updated + moment(&entry.id),
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
        links: [link("alternate", &entry.url, Some("text/html"))]
            .into_iter()
            .chain(entry.picture.as_ref().map(enclosure))
            .collect(),
        published: Some(entry.published),
        // RFC 4287 §4.1.1 wants a summary or a content, and an empty one is none.
        summary: entry
            .summary
            .as_ref()
            .or(content.is_none().then_some(&entry.title))
            .map(|summary| AtomText::plain(summary.as_str())),
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
    Ok(escape::numeric(&[b"<entry>", rest].concat(), HTML))
}

/// The feed around the entries.
///
/// # Errors
///
/// [`RenderError`] where the crate fails.
pub fn frame(feed: &Feed, settings: &Settings) -> Result<Frame, RenderError> {
    let about = &feed.about;
    let documents = feed.links(settings, Format::Atom);
    let mut links: Vec<Link> = documents
        .iter()
        .map(|(rel, url)| link(rel, url, Some(Format::Atom.media_type())))
        .collect();
    links.push(link("alternate", &feed.home, Some("text/html")));
    let (mut namespaces, mut extensions) = (BTreeMap::new(), ExtensionMap::default());
    match feed.part {
        Part::Current { .. } => {
            links.extend(settings.hub.iter().map(|hub| link("hub", hub, None)));
        }
        // RFC 5005 §4: what marks a document as one that readers need not visit again.
        Part::Archive { .. } => {
            namespaces.insert("fh".to_owned(), HISTORY.to_owned());
            let archive = Extension { name: "fh:archive".to_owned(), ..Extension::default() };
            extensions.insert("fh".to_owned(), [("archive".to_owned(), vec![archive])].into());
        }
    }
    let mut head = AtomFeed {
        title: AtomText::plain(feed.title.as_str()),
        id: feed.id.clone(),
        updated: feed
            .updated()
            .or(DateTime::from_timestamp(NEVER, 0).map(Into::into))
            .unwrap_or_default(),
        authors: vec![Person {
            name: about.author.name.to_string(),
            email: about.author.email.as_ref().map(ToString::to_string),
            uri: about.author.url.as_ref().map(ToString::to_string),
            ..Person::default()
        }],
        generator: Some(Generator { value: "Headwater".to_owned(), ..Generator::default() }),
        links,
        logo: about.image.as_ref().map(Url::to_string),
        rights: about.rights.as_ref().map(|rights| AtomText::plain(rights.as_str())),
        subtitle: (!feed.description.is_empty())
            .then(|| AtomText::plain(feed.description.as_str())),
        lang: Some(about.language.to_string()),
        namespaces,
        extensions,
        ..AtomFeed::default()
    }
    .write_to(Vec::new())?;
    if !head.ends_with(TAIL) {
        return Err(RenderError::Mark(Format::Atom));
    }
    head.truncate(head.len() - TAIL.len());
    let mut head = escape::numeric(&head, HTML);
    head.push(b'\n');
    Ok(Frame { head, between: b"\n", tail: b"\n</feed>\n" })
}

/// A part of a second that belongs to an entry. Editors give whole minutes, so that many entries would
/// be of the same moment, and a reader that goes by `updated` alone could not tell which it has
/// seen; the W3C's feed validator warns of that.
fn moment(id: &str) -> TimeDelta {
    let digits = id.get(id.len().saturating_sub(6)..).unwrap_or_default();
    // Six hexadecimal digits are 24 bits; what is left of them is below a million.
    TimeDelta::microseconds(i64::from_str_radix(digits, 16).unwrap_or_default() % 1_000_000)
}

fn enclosure(picture: &Picture) -> Link {
    Link {
        length: picture.length.map(|bytes| bytes.to_string()),
        ..link("enclosure", &picture.url, picture.media_type)
    }
}

fn link(rel: &str, href: &Url, mime_type: Option<&str>) -> Link {
    Link {
        href: href.to_string(),
        rel: rel.to_owned(),
        mime_type: mime_type.map(str::to_owned),
        ..Link::default()
    }
}
