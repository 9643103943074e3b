//! XML as a small tree, read with all the patience that feeds need.
//!
//! Wrong and missing end tags, unknown prefixes and a sudden end are no errors: what was read until
//! then is the tree. Names are folded to lower case, and a namespace to the prefix that everybody
//! uses for it, whatever the document calls it.

use std::collections::HashMap;
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use url::Url;

/// Deepest nesting that is kept; what lies deeper is dropped.
const DEEPEST: usize = 128;

/// Namespaces and the prefix that stands for each.
const NAMESPACES: &[(&str, &str)] = &[
    ("http://www.w3.org/2005/atom", "atom"),
    ("http://purl.org/atom/ns#", "atom"),
    ("http://purl.org/atom/", "atom"),
    ("http://purl.org/dc/elements/1.1", "dc"),
    ("http://purl.org/dc/elements/1.0", "dc"),
    ("http://purl.org/dc/terms", "dcterms"),
    ("http://purl.org/rss/1.0/modules/content", "content"),
    ("http://purl.org/rss/1.0/modules/syndication", "sy"),
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns", "rdf"),
    ("http://search.yahoo.com/mrss", "media"),
    ("http://www.itunes.com/dtds/podcast-1.0.dtd", "itunes"),
    ("http://www.w3.org/1999/xhtml", "xhtml"),
    ("http://purl.org/rss/1.0", ""),
    ("http://my.netscape.com/rdf/simple/0.9", ""),
    ("http://channel.netscape.com/rdf/simple/0.9", ""),
    ("http://backend.userland.com/rss2", ""),
    ("http://backend.userland.com/rss", ""),
    ("http://blogs.law.harvard.edu/tech/rss", ""),
];

/// HTML's elements that have no end.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// An element with all that is in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Element {
    /// Prefix that stands for the namespace; empty for RSS and for none.
    pub(super) prefix: String,
    /// Name without prefix, in lower case.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
    /// `xml:base` that holds here.
    pub(super) base: Option<Url>,
    /// What the document's prefixes stand for here.
    prefixes: Rc<HashMap<String, &'static str>>,
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// The attribute called `name`, whatever its prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// The elements directly below.
    pub(super) fn elements(&self) -> impl DoubleEndedIterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// All text below.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.collect_text(&mut text);
        text
    }

    fn collect_text(&self, text: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(part) => text.push_str(part),
                Node::Element(element) => element.collect_text(text),
            }
        }
    }

    /// What is below as markup.
    pub(super) fn markup(&self) -> String {
        let mut markup = String::new();
        for node in &self.children {
            match node {
                Node::Text(text) => markup.push_str(&quick_xml::escape::escape(text.as_str())),
                Node::Element(element) => element.write(&mut markup),
            }
        }
        markup
    }

    fn write(&self, markup: &mut String) {
        markup.push('<');
        markup.push_str(&self.name);
        for (key, value) in &self.attributes {
            markup.push_str(&format!(" {key}=\"{}\"", quick_xml::escape::escape(value.as_str())));
        }
        markup.push('>');
        if !VOID.contains(&self.name.as_str()) {
            markup.push_str(&self.markup());
            markup.push_str(&format!("</{}>", self.name));
        }
    }
}

/// Reads mended text; none where there is no element at all.
pub(super) fn read(text: &str, base: Option<&Url>) -> Option<Element> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.expand_empty_elements = true;
    let mut open = vec![Element { base: base.cloned(), ..Element::default() }];
    let mut dropped = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                if open.len() >= DEEPEST {
                    dropped += 1;
                    continue;
                }
                let element = element(&start, open.last());
                open.push(element);
            }
            Ok(Event::End(end)) => {
                if dropped > 0 {
                    dropped -= 1;
                    continue;
                }
                let name = String::from_utf8_lossy(end.local_name().as_ref()).to_lowercase();
                close(&mut open, &name);
            }
            Ok(Event::Text(text)) => push_text(&mut open, &String::from_utf8_lossy(&text)),
            Ok(Event::CData(data)) => push_text(&mut open, &String::from_utf8_lossy(&data)),
            Ok(Event::GeneralRef(reference)) => {
                let name = String::from_utf8_lossy(&reference).into_owned();
                let resolved = quick_xml::escape::unescape(&format!("&{name};"))
                    .map(std::borrow::Cow::into_owned);
                push_text(&mut open, &resolved.unwrap_or_default());
            }
            // A sudden end or a knot that cannot be undone: what was read is what there is.
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    while open.len() > 1 {
        fold(&mut open);
    }
    let root = open.pop()?;
    root.children.into_iter().find_map(|node| match node {
        Node::Element(element) => Some(element),
        Node::Text(_) => None,
    })
}

fn push_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut().filter(|_| !text.is_empty()) {
        match element.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => element.children.push(Node::Text(text.to_owned())),
        }
    }
}

/// Closes the innermost open element of this name; an end that nothing opened is passed over.
fn close(open: &mut Vec<Element>, name: &str) {
    let Some(at) = open.iter().rposition(|element| element.name == name).filter(|at| *at > 0)
    else {
        return;
    };
    while open.len() > at {
        fold(open);
    }
}

fn fold(open: &mut Vec<Element>) {
    if let Some(done) = open.pop()
        && let Some(parent) = open.last_mut()
    {
        parent.children.push(Node::Element(done));
    }
}

fn element(start: &BytesStart<'_>, parent: Option<&Element>) -> Element {
    let base = parent.and_then(|parent| parent.base.as_ref());
    let mut prefixes = parent.map(|parent| Rc::clone(&parent.prefixes)).unwrap_or_default();
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false).flatten() {
        let key = String::from_utf8_lossy(attribute.key.as_ref()).to_lowercase();
        let raw = String::from_utf8_lossy(&attribute.value);
        let value = quick_xml::escape::unescape(&raw)
            .map_or_else(|_| raw.to_string(), std::borrow::Cow::into_owned);
        if key == "xmlns" || key.starts_with("xmlns:") {
            let prefix = key.strip_prefix("xmlns").unwrap_or("").trim_start_matches(':').to_owned();
            let uri = value.trim().to_lowercase();
            let known = NAMESPACES.iter().find(|(known, _)| {
                uri.trim_end_matches(['/', '#']) == known.trim_end_matches(['/', '#'])
            });
            if let Some((_, canonical)) = known {
                // Shared with the parent until an element declares something of its own.
                Rc::make_mut(&mut prefixes).insert(prefix, canonical);
            }
            continue;
        }
        attributes.push((key, value));
    }
    let base = attributes
        .iter()
        .find(|(key, _)| key == "xml:base")
        .and_then(|(_, value)| match base {
            Some(base) => base.join(value).ok(),
            None => Url::parse(value).ok(),
        })
        .or_else(|| base.cloned());
    let attributes = attributes
        .into_iter()
        .map(|(key, value)| (key.rsplit(':').next().unwrap_or(&key).to_owned(), value))
        .collect();
    let full = String::from_utf8_lossy(start.name().as_ref()).to_lowercase();
    let (prefix, name) = full.split_once(':').unwrap_or(("", &full));
    let prefix = match prefixes.get(prefix) {
        Some(canonical) => (*canonical).to_owned(),
        None => prefix.to_owned(),
    };
    Element { prefix, name: name.to_owned(), attributes, children: Vec::new(), base, prefixes }
}
