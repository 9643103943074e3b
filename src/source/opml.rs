//! Source lists as OPML 1.0 and 2.0: folders are topics.
//!
//! A source in nested folders has each of them as a topic, outermost first, and then those of its
//! `category`. On the way out the first topic is the folder, and all of them are the category.

use quick_xml::Reader;
use quick_xml::escape::{escape, unescape};
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

use super::Source;
use super::parse::plain;

/// Most outlines that are read; what comes after is refused.
const MOST: usize = 20_000;

/// Deepest folder that becomes a topic.
const DEEPEST: usize = 8;

/// Longest name of a feed or a topic, in characters.
const LONGEST: usize = 200;

/// A feed of an OPML list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its address.
    pub url: String,
    /// What the list calls it, in plain text.
    pub title: Option<String>,
    /// The folders that it lies in, outermost first, and its categories.
    pub topics: Vec<String>,
    /// Language of its items.
    pub language: Option<String>,
}

/// Something of a list that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What the list calls it, or its address.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What a list has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// Its feeds, in its order.
    pub outlines: Vec<Outline>,
    /// What looks like a feed and cannot be one.
    pub refused: Vec<Refused>,
}

/// The list cannot be read.
#[derive(Debug, Error)]
#[error("this is no OPML: {0}")]
pub struct OpmlError(String);

/// The feeds of a list; where the text breaks off, those before.
///
/// # Errors
///
/// The text has no outline in it.
pub fn import(text: &str) -> Result<Imported, OpmlError> {
    let mended = super::mend::mend(text);
    let mut reader = Reader::from_str(&mended);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_end_names = false;
    let mut imported = Imported::default();
    // The open outlines: the name of a folder, or none for a feed.
    let mut open: Vec<Option<String>> = Vec::new();
    let mut seen = 0;
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) if seen > 0 => {
                imported.refuse("the rest of the file", &format!("is no XML: {error}"));
                break;
            }
            Err(error) => return Err(OpmlError(error.to_string())),
        };
        match event {
            Event::Start(start) if start.name().as_ref().eq_ignore_ascii_case(b"outline") => {
                seen += 1;
                if seen > MOST {
                    let rest = format!("comes after {MOST} outlines; cut the file in pieces");
                    imported.refuse("the rest of the file", &rest);
                    break;
                }
                open.push(imported.take(&start, &open));
            }
            Event::End(end) if end.name().as_ref().eq_ignore_ascii_case(b"outline") => {
                open.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if seen > 0 { Ok(imported) } else { Err(OpmlError("it has no outline".to_owned())) }
}

impl Imported {
    fn refuse(&mut self, name: &str, reason: &str) {
        self.refused.push(Refused { name: name.to_owned(), reason: reason.to_owned() });
    }

    /// Takes an outline that lies in the folders `open`; gives its name where it is a folder.
    fn take(&mut self, start: &BytesStart<'_>, open: &[Option<String>]) -> Option<String> {
        let title = ["title", "text"].iter().find_map(|name| named(&attribute(start, name)?));
        let Some(url) = attribute(start, "xmlUrl") else {
            let kind = attribute(start, "type").unwrap_or_default().to_lowercase();
            let is_feed = matches!(kind.as_str(), "rss" | "atom" | "feed" | "include");
            if is_feed || attribute(start, "htmlUrl").is_some() {
                let name = title.as_deref().unwrap_or("an outline without a name");
                self.refuse(name, "has no xmlUrl, the address of its feed");
                return None;
            }
            return title;
        };
        let categories = attribute(start, "category").unwrap_or_default();
        // A category with a slash in front is a path (OPML 2.0, "category").
        let categories = categories.split(',').flat_map(|category| {
            let is_path = category.trim_start().starts_with('/');
            let parts = category.split(move |c| is_path && c == '/');
            parts.filter_map(named).collect::<Vec<_>>()
        });
        let mut topics: Vec<String> = Vec::new();
        for topic in open.iter().flatten().take(DEEPEST).cloned().chain(categories.take(DEEPEST)) {
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        let language = attribute(start, "language").filter(|tag| tag.len() <= 35);
        self.outlines.push(Outline { url, title, topics, language });
        None
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    let mut attributes = attributes.with_checks(false).flatten();
    let is_it = |key: &[u8]| key.eq_ignore_ascii_case(name.as_bytes());
    let found = attributes.find(|attribute| is_it(attribute.key.as_ref()))?;
    let raw = String::from_utf8_lossy(&found.value).into_owned();
    let value = unescape(&raw).map_or_else(|_| raw.clone(), Into::into);
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// A name as plain text in one line: some lists have markup in their names.
fn named(text: &str) -> Option<String> {
    let text = if text.contains(['<', '&']) { plain(text)? } else { text.to_owned() };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = line.chars().take(LONGEST).collect();
    Some(name).filter(|name| !name.is_empty())
}

/// A list of all sources that have an address of their own, in folders by their first topic.
pub fn export(title: &str, sources: &[Source]) -> String {
    let listed = || sources.iter().filter(|source| !source.url.starts_with("file:"));
    let mut folders: Vec<&str> = Vec::new();
    for folder in listed().filter_map(|source| source.topics.first()) {
        if !folders.contains(&folder.as_str()) {
            folders.push(folder);
        }
    }
    let mut body = String::new();
    for folder in folders {
        let name = escape(folder);
        body.push_str(&format!("    <outline text=\"{name}\" title=\"{name}\">\n"));
        let within = |source: &&Source| source.topics.first().is_some_and(|topic| topic == folder);
        for source in listed().filter(within) {
            body.push_str(&format!("      {}\n", outline(source)));
        }
        body.push_str("    </outline>\n");
    }
    for source in listed().filter(|source| source.topics.is_empty()) {
        body.push_str(&format!("    {}\n", outline(source)));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>{}</title>\n  </head>\n  \
         <body>\n{body}  </body>\n</opml>",
        escape(title)
    )
}

fn outline(source: &Source) -> String {
    let (name, url) = (escape(source.name.as_str()), escape(source.url.as_str()));
    let mut outline =
        format!("<outline type=\"rss\" text=\"{name}\" title=\"{name}\" xmlUrl=\"{url}\"");
    // A comma parts categories, and a slash in front makes a path of one.
    let fits = |topic: &&String| !topic.contains(',') && !topic.starts_with('/');
    let topics: Vec<&str> = source.topics.iter().filter(fits).map(String::as_str).collect();
    for (key, value) in
        [("category", topics.join(",")), ("language", source.language.clone().unwrap_or_default())]
    {
        if !value.is_empty() {
            outline.push_str(&format!(" {key}=\"{}\"", escape(value)));
        }
    }
    outline + "/>"
}

#[cfg(test)]
mod tests;
