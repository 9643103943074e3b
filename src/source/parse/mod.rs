//! Reads a feed: whatever bytes came, into a [`Parsed`].
//!
//! RSS 0.9x to 2.0, RSS 1.0 on RDF, Atom 0.3 and 1.0, JSON Feed, and what people take for one of
//! them. [`mend`](super::mend) has made text of the bytes; a tree of elements that forgives
//! everything ([`xml`]) comes next; what is read from it is the same for all dialects. What cannot
//! be understood in an entry is left out of it, and the entry stays.

use thiserror::Error;
use url::Url;

use super::{Dialect, Parsed, ParsedItem, mend};
use crate::date;
use xml::Element;

mod json;
mod links;
pub mod report;
mod text;
mod wishes;
mod xml;

pub use text::plain;

/// Why there is nothing to read.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ParseError {
    /// No bytes.
    #[error("the answer is empty")]
    Empty,
    /// A page for people.
    #[error("this is a web page and no feed{}", found.as_ref().map_or(String::new(), |feed| format!("; it names {feed} as its feed")))]
    Page {
        /// The feed that the page names.
        found: Option<String>,
    },
    /// Neither XML nor JSON, or neither of a feed's.
    #[error("this is no feed: {0}")]
    Unknown(String),
}

/// Reads `bytes`; `base` is where they came from, and what relative links start from.
///
/// # Errors
///
/// There is no feed in them.
pub fn parse(
    bytes: &[u8],
    content_type: Option<&str>,
    base: Option<&Url>,
) -> Result<Parsed, ParseError> {
    let text = mend::decode(bytes, content_type);
    let trimmed = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if trimmed.is_empty() {
        return Err(ParseError::Empty);
    }
    if trimmed.starts_with('{') {
        return json::parse(trimmed, base);
    }
    let mended = mend::mend(trimmed);
    let root = xml::read(&mended, base)
        .ok_or_else(|| ParseError::Unknown("it has no element".to_owned()))?;
    match root.name.as_str() {
        "rss" | "rdf" | "feed" | "channel" => Ok(read(&root)),
        "html" => {
            let found = super::discover::feeds(&text, base).into_iter().next();
            Err(ParseError::Page { found: found.map(|link| link.url) })
        }
        other => Err(ParseError::Unknown(format!("it begins with <{other}>"))),
    }
}

fn read(root: &Element) -> Parsed {
    let format = dialect(root);
    let channel = root.elements().find(|child| child.name == "channel").unwrap_or(root);
    let mut entries = Vec::new();
    collect_entries(root, &mut entries, 0);
    let title = child_text(channel, &[("", "title"), ("atom", "title"), ("dc", "title")]);
    Parsed {
        format,
        title: title.and_then(|title| plain(&title)),
        link: link(channel),
        wishes: wishes::read(channel),
        links: links::read(channel),
        items: entries.into_iter().map(item).collect(),
    }
}

fn dialect(root: &Element) -> Dialect {
    let version = root.attribute("version").unwrap_or_default();
    match (root.name.as_str(), version) {
        ("rdf", _) => Dialect::Rss10,
        ("feed", "0.3" | "0.2" | "0.1") => Dialect::Atom03,
        ("feed", _) => Dialect::Atom10,
        (_, version) if version.starts_with("2.") => Dialect::Rss20,
        _ => Dialect::Rss09x,
    }
}

/// Entries wherever they lie: in the channel, beside it, or in wrappers of somebody's own.
fn collect_entries<'a>(element: &'a Element, entries: &mut Vec<&'a Element>, depth: usize) {
    for child in element.elements() {
        let plain_prefix = matches!(child.prefix.as_str(), "" | "atom" | "rss");
        if plain_prefix && matches!(child.name.as_str(), "item" | "entry") {
            entries.push(child);
        } else if depth < 3 && matches!(child.name.as_str(), "channel" | "items" | "entries") {
            collect_entries(child, entries, depth + 1);
        }
    }
}

fn item(entry: &Element) -> ParsedItem {
    let url = link(entry).or_else(|| permalink(entry));
    let base = url.as_deref().and_then(|url| Url::parse(url).ok()).or_else(|| entry.base.clone());
    let html = |names: &[(&str, &str)]| {
        let element = find(entry, names)?;
        text::sanitise(&content(element)?, element.base.as_ref().or(base.as_ref()))
    };
    let day = |names: &[(&str, &str)]| {
        names.iter().find_map(|name| date::parse(&child_text(entry, &[*name])?, chrono_tz::UTC))
    };
    let content =
        html(&[("content", "encoded"), ("", "content"), ("atom", "content"), ("", "fullitem")]);
    let summary = html(&[
        ("", "description"),
        ("", "summary"),
        ("atom", "summary"),
        ("dc", "description"),
        ("itunes", "summary"),
        ("media", "description"),
    ]);
    ParsedItem {
        guid: child_text(entry, &[("", "guid"), ("", "id"), ("atom", "id"), ("dc", "identifier")])
            .or_else(|| entry.attribute("about").map(str::to_owned)),
        url,
        title: title(entry),
        published: day(&[
            ("", "pubdate"),
            ("", "published"),
            ("atom", "published"),
            ("", "issued"),
            ("atom", "issued"),
            ("dc", "date"),
            ("dcterms", "issued"),
            ("dcterms", "created"),
            ("", "created"),
            ("atom", "created"),
            ("", "date"),
        ])
        .map(|date| date.to_utc()),
        updated: day(&[
            ("", "updated"),
            ("atom", "updated"),
            ("", "modified"),
            ("atom", "modified"),
            ("dcterms", "modified"),
            ("", "lastbuilddate"),
        ])
        .map(|date| date.to_utc()),
        summary,
        content,
        authors: authors(entry),
        categories: categories(entry),
    }
}

fn title(entry: &Element) -> Option<String> {
    let names = [
        ("", "title"),
        ("atom", "title"),
        ("dc", "title"),
        ("media", "title"),
        ("itunes", "title"),
    ];
    names.iter().find_map(|name| {
        let element = find(entry, &[*name])?;
        if element.attribute("type").is_some_and(|kind| kind == "text") {
            let text = element.text();
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            return Some(line).filter(|line| !line.is_empty());
        }
        plain(&content(element)?)
    })
}

/// What an element says as HTML: Atom's `xhtml` is markup below it, all else is text.
fn content(element: &Element) -> Option<String> {
    let has_markup = element.elements().next().is_some();
    let kind = element.attribute("type").unwrap_or_default();
    let html = if has_markup { element.markup() } else { element.text() };
    let html = if kind == "text" || kind == "text/plain" && !has_markup {
        quick_xml::escape::escape(html.as_str()).into_owned()
    } else {
        html
    };
    Some(html).filter(|html| !html.trim().is_empty())
}

/// The page that an element belongs to: Atom's alternate link, or the text of RSS's.
fn link(element: &Element) -> Option<String> {
    let links =
        || element.elements().filter(|child| child.name == "link" && child.prefix != "media");
    let alternate = links().find(|link| {
        link.attribute("href").is_some()
            && link.attribute("rel").is_none_or(|rel| rel.eq_ignore_ascii_case("alternate"))
    });
    let written = || links().find(|link| !link.text().trim().is_empty());
    let address = |link: &Element| match link.attribute("href") {
        Some(href) => href.to_owned(),
        None => link.text().trim().to_owned(),
    };
    let link = links().find(|link| {
        link.prefix.is_empty() && link.attribute("href").is_none() && !link.text().trim().is_empty()
    });
    let link = link.or(alternate).or_else(written)?;
    resolve(&address(link), link.base.as_ref())
}

/// RSS: a `guid` is the page's address, unless it says that it is none.
fn permalink(entry: &Element) -> Option<String> {
    let guid = find(entry, &[("", "guid")])?;
    let text = guid.text();
    let is_address = text.trim().starts_with("http://") || text.trim().starts_with("https://");
    let said_no =
        guid.attribute("ispermalink").is_some_and(|said| said.eq_ignore_ascii_case("false"));
    if is_address && !said_no { resolve(&text, guid.base.as_ref()) } else { None }
}

fn resolve(address: &str, base: Option<&Url>) -> Option<String> {
    let address = address.trim();
    if address.is_empty() {
        return None;
    }
    match (Url::parse(address), base) {
        (Ok(_), _) | (Err(_), None) => Some(address.to_owned()),
        (Err(_), Some(base)) => base.join(address).ok().map(String::from),
    }
}

fn authors(entry: &Element) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for child in entry.elements() {
        let name = match (child.prefix.as_str(), child.name.as_str()) {
            ("" | "atom", "author") => {
                let name = child.elements().find(|part| part.name == "name");
                name.map_or_else(|| mail_name(&child.text()), Element::text)
            }
            ("dc", "creator" | "author") | ("itunes", "author") => child.text(),
            _ => continue,
        };
        if let Some(name) = plain(&name).filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    names
}

/// RSS writes `mail@example.org (Name)`.
fn mail_name(text: &str) -> String {
    match text.split_once('(') {
        Some((mail, name)) if mail.contains('@') => {
            name.trim_end().trim_end_matches(')').to_owned()
        }
        _ => text.to_owned(),
    }
}

fn categories(entry: &Element) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for child in entry.elements() {
        let name = match (child.prefix.as_str(), child.name.as_str()) {
            ("" | "atom", "category") => {
                let label = child.attribute("label").or_else(|| child.attribute("term"));
                label.map_or_else(|| child.text(), str::to_owned)
            }
            ("dc", "subject") => child.text(),
            _ => continue,
        };
        if let Some(name) = plain(&name).filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    names
}

fn find<'a>(element: &'a Element, names: &[(&str, &str)]) -> Option<&'a Element> {
    names.iter().find_map(|(prefix, name)| {
        element.elements().find(|child| {
            child.prefix == *prefix && child.name == *name && !child.children.is_empty()
        })
    })
}

fn child_text(element: &Element, names: &[(&str, &str)]) -> Option<String> {
    let text = find(element, names)?.text();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
