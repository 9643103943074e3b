//! XML of a feed, read with all the patience that feeds need.
//!
//! One pass over the text, that keeps only what means something: the few facts about the feed, and
//! each entry until it ends and is made an item. Wrong and missing end tags, unknown prefixes and a
//! sudden end are no errors: what was read until then is the feed. An entry is one wherever it lies:
//! in the channel, beside it, or in wrappers of somebody's own, as long as these have no namespace.

use std::borrow::Cow;
use std::rc::Rc;

use url::Url;

use super::entry::{self, best};
use super::field::{Field, attribute, local};
use super::items::Items;
use super::names::{self, Part, lower};
use super::scan::{Attributes, Scanner, Token};
use super::text::VOID;
use super::{link, links, wishes};
use crate::language::is_chinese;
use crate::source::mend::{Entities, resolve};
use crate::source::{Dialect, Parsed};

/// Deepest nesting that is followed; tags further in are passed over.
const DEEPEST: usize = 128;

/// Most fields of an entry, and most attributes of a tag: more than any real one has.
const MOST_FIELDS: usize = 1_000;
const MOST_ATTRIBUTES: usize = 100;

/// Most prefixes that mean something at one place. Each element that declares one has a list of its own.
const MOST_PREFIXES: usize = 200;

/// Longest base of relative addresses, in bytes.
const LONGEST_BASE: usize = 2_048;

/// What a prefix stands for.
type Prefixes<'a> = Rc<Vec<(Cow<'a, str>, Option<&'static str>)>>;

/// An element that has begun.
struct Open<'a> {
    prefix: Cow<'a, str>,
    name: Cow<'a, str>,
    base: Option<Rc<Url>>,
    prefixes: Prefixes<'a>,
    is_entry: bool,
    is_field: bool,
}

impl Open<'_> {
    /// Whether items lie in it, or it is one or in one: while it has not ended, neither has the feed.
    fn holds_items(&self) -> bool {
        let is_root = matches!(&*self.name, "rss" | "rdf" | "feed" | "channel");
        is_root || self.is_entry || self.is_field
    }
}

#[derive(Default)]
struct Reader<'a> {
    open: Vec<Open<'a>>,
    /// Tags that lie too deep and have not ended.
    dropped: usize,
    root: Option<(Cow<'a, str>, String)>,
    /// The first element of all.
    first: Option<Cow<'a, str>>,
    feed: Vec<Field<'a>>,
    entry: Option<Vec<Field<'a>>>,
    field: Option<Field<'a>>,
    items: Items,
    /// Whether the feed says that it is in Chinese.
    is_chinese: bool,
}

/// Reads a feed; or the name of the first element, if there is any, of what is none.
pub(super) fn read(text: &str, base: Option<&Url>) -> Result<Parsed, Option<String>> {
    let mut reader = Reader { items: Items::of(text.len()), ..Reader::default() };
    let mut entities = Entities::default();
    let base = base.and_then(fitting).map(Rc::new);
    let mut scanner = Scanner::new(text);
    while !reader.items.is_full()
        && let Some(token) = scanner.next()
    {
        match token {
            Token::Start { name, attributes, is_empty } => {
                reader.start(name, attributes, base.as_ref(), &entities);
                if is_empty {
                    reader.end(name);
                }
            }
            Token::End(name) => reader.end(name),
            Token::Text(text) => {
                if let Some(field) = &mut reader.field {
                    field.push(&resolve(text, &entities));
                }
            }
            Token::Verbatim(text) => {
                if let Some(field) = &mut reader.field {
                    field.push(text);
                }
            }
            Token::Doctype(inside) => entities = Entities::read(inside, text.len()),
        }
    }
    let is_cut = !reader.items.is_full() && reader.open.iter().any(Open::holds_items);
    reader.close_to(0);
    reader.finish(is_cut)
}

impl<'a> Reader<'a> {
    fn start(
        &mut self,
        tag: &'a str,
        attributes: Attributes<'a>,
        base: Option<&Rc<Url>>,
        entities: &Entities,
    ) {
        if self.open.len() >= DEEPEST {
            self.dropped += 1;
            return;
        }
        let mut element = self.element(tag, attributes, base, entities);
        self.first.get_or_insert_with(|| element.name.clone());
        if self.is_entry(&element) {
            // What was being read has not ended, but it must have.
            if let Some(at) = self.open.iter().position(|open| open.is_entry || open.is_field) {
                self.close_to(at);
            }
            element.is_entry = true;
            self.entry = Some(entry_fields(&element, attributes, entities));
            if self.root.is_none() {
                self.root = Some((element.name.clone(), String::new()));
            }
        } else if self.ends_field(&element) {
            self.close_to(self.open.iter().position(|open| open.is_field).unwrap_or_default());
            self.start_outside(&mut element, attributes, entities);
        } else if let Some(field) = &mut self.field {
            field.open(&element.name, attributes);
            if VOID.contains(&&*element.name) {
                return;
            }
        } else {
            self.start_outside(&mut element, attributes, entities);
        }
        self.open.push(element);
    }

    /// An element outside of any field: one that begins a field, or one that only holds others.
    fn start_outside(
        &mut self,
        element: &mut Open<'a>,
        attributes: Attributes<'a>,
        entities: &Entities,
    ) {
        let is_root = matches!(&*element.name, "rss" | "rdf" | "feed" | "channel");
        if is_root && self.entry.is_none() {
            if self.root.is_none() {
                let version = attribute(attributes, "version", entities).unwrap_or_default();
                self.root = Some((element.name.clone(), version));
                // Whatever namespace a feed is in, its elements are a feed's.
                if element.name != "rdf" && !element.prefix.is_empty() {
                    let known = Rc::make_mut(&mut element.prefixes);
                    known.retain(|(prefix, _)| *prefix != element.prefix);
                    known.push((element.prefix.clone(), Some("")));
                }
            }
            if let Some(language) = attribute(attributes, "lang", entities) {
                self.is_chinese = is_chinese(&language);
            }
            // CDF's channels say in attributes what others say in elements.
            if let Some(address) = attribute(attributes, "href", entities)
                && self.feed.len() < MOST_FIELDS
            {
                self.feed.push(Field::of(Part::Link, &address, element.base.clone()));
            }
            return;
        }
        let Some(part) = names::part(&element.prefix, &element.name) else { return };
        let parent = self.open.last();
        let is_direct = match &self.entry {
            Some(_) => parent.is_some_and(|open| open.is_entry),
            None => parent.is_some_and(|open| {
                matches!(&*open.name, "rss" | "rdf" | "feed" | "channel" | "skiphours" | "skipdays")
            }),
        };
        // Media's titles lie in groups, and in what they are titles of.
        let is_media = self.entry.is_some() && element.prefix == "media";
        if is_direct || is_media {
            let field = Field::new(part, attributes, element.base.clone());
            element.is_field = true;
            self.field = Some(field);
        }
    }

    /// Whether an element is an entry. One in an entry that has not ended ends it, unless it lies in
    /// an element of another namespace: some keep older versions of an entry in it.
    fn is_entry(&self, element: &Open<'_>) -> bool {
        let is_ours = |open: &Open<'_>| matches!(&*open.prefix, "" | "rss" | "atom");
        let mut around = self.open.iter().rev().take_while(|open| !open.is_entry);
        matches!(&*element.name, "item" | "entry")
            && is_ours(element)
            && self.first.as_ref().is_some_and(|first| first != "html" || self.root.is_some())
            && (self.entry.is_none() || around.all(is_ours))
    }

    /// Whether an element cannot lie in the field that is being read, whose end tag must be missing:
    /// nobody's title has a link or a date in it.
    fn ends_field(&self, element: &Open<'_>) -> bool {
        let is_line = |field: &Field<'_>| {
            use Part::{Id, Link, Published, Title, Updated};
            matches!(field.part, Id | Link | Published | Title | Updated)
        };
        self.field.as_ref().is_some_and(is_line)
            && matches!(
                (&*element.prefix, &*element.name),
                ("", "link" | "guid" | "pubdate" | "description" | "published" | "updated")
            )
    }

    fn element(
        &self,
        tag: &'a str,
        attributes: Attributes<'a>,
        base: Option<&Rc<Url>>,
        entities: &Entities,
    ) -> Open<'a> {
        let parent = self.open.last();
        let base = parent.map_or(base, |parent| parent.base.as_ref());
        let mut base = base.filter(|_| self.items.may_grow()).cloned();
        let mut prefixes = parent.map(|parent| Rc::clone(&parent.prefixes)).unwrap_or_default();
        // In a field, nothing depends on either.
        let attributes = if self.field.is_some() { Attributes::default() } else { attributes };
        for (key, value) in attributes.pairs().take(MOST_ATTRIBUTES) {
            let key = lower(key);
            if key.starts_with("xmlns") {
                let prefix = match key {
                    Cow::Borrowed(key) => {
                        Cow::Borrowed(key["xmlns".len()..].trim_start_matches(':'))
                    }
                    Cow::Owned(key) => {
                        Cow::Owned(key["xmlns".len()..].trim_start_matches(':').to_owned())
                    }
                };
                let stands_for = names::prefix(&resolve(value, entities));
                let known = Rc::make_mut(&mut prefixes);
                known.retain(|(other, _)| *other != prefix);
                if known.len() < MOST_PREFIXES {
                    known.push((prefix, stands_for));
                }
            } else if key == "xml:base" || key == "base" {
                let value = resolve(value.trim(), entities);
                let joined = match &base {
                    Some(base) => base.join(&value).ok(),
                    None => Url::parse(&value).ok(),
                };
                let joined = joined.as_ref().filter(|_| self.items.may_grow());
                base = joined.and_then(fitting).map(Rc::new).or(base);
            }
        }
        let (written, name) = tag.split_once(':').unwrap_or(("", tag));
        let written = lower(written);
        let known = prefixes.iter().find(|(prefix, _)| *prefix == written);
        let prefix = match known.and_then(|(_, stands_for)| *stands_for) {
            Some(prefix) => Cow::Borrowed(prefix),
            // Everybody knows what these mean, declared or not.
            None if written == "atom" || written == "rss" => Cow::Borrowed(""),
            None => written,
        };
        Open { prefix, name: lower(name), base, prefixes, is_entry: false, is_field: false }
    }

    /// Ends the innermost element of this name; an end that nothing began is passed over.
    fn end(&mut self, tag: &str) {
        let name = lower(local(tag));
        let at = self.open.iter().rposition(|open| open.name == name);
        // Among many tags that lie too deep, some have no end: a field's or an entry's is beyond them.
        let is_ours = |at: usize| self.open[at].is_field || self.open[at].is_entry;
        if self.dropped > 0 && !at.is_some_and(is_ours) {
            self.dropped -= 1;
        } else if let Some(at) = at {
            self.dropped = 0;
            self.close_to(at);
        }
    }

    fn close_to(&mut self, at: usize) {
        while self.open.len() > at {
            let Some(element) = self.open.pop() else { return };
            if element.is_field {
                self.keep_field();
            } else if let Some(field) = &mut self.field {
                field.close(&element.name);
            } else if element.is_entry {
                let fields = self.entry.take().unwrap_or_default();
                self.items.push(entry::item(&fields, self.is_chinese));
            }
        }
    }

    fn keep_field(&mut self) {
        let Some(field) = self.field.take() else { return };
        if field.part == Part::Language && self.entry.is_none() {
            self.is_chinese = field.text().is_some_and(|language| is_chinese(&language));
        }
        let fields = self.entry.as_mut().unwrap_or(&mut self.feed);
        if fields.len() < MOST_FIELDS
            && (!field.is_blank() || field.part == Part::Link || field.part == Part::Category)
        {
            fields.push(field);
        }
    }

    fn finish(self, is_cut: bool) -> Result<Parsed, Option<String>> {
        let Some((root, version)) = self.root else {
            return Err(self.first.map(Cow::into_owned));
        };
        Ok(Parsed {
            format: dialect(&root, &version),
            title: best(&self.feed, Part::Title).and_then(Field::line),
            link: link::page(&self.feed),
            wishes: wishes::read(&self.feed, is_cut),
            links: links::read(&self.feed),
            items: self.items.into_vec(),
        })
    }
}

/// What an entry says in the attributes of its own tag: RDF its identifier, CDF address and date.
fn entry_fields<'a>(
    element: &Open<'a>,
    attributes: Attributes<'a>,
    entities: &Entities,
) -> Vec<Field<'a>> {
    [("about", Part::Id), ("href", Part::Link), ("lastmod", Part::Updated)]
        .into_iter()
        .filter_map(|(name, part)| {
            let value = attribute(attributes, name, entities)?;
            Some(Field::of(part, &value, element.base.clone()))
        })
        .collect()
}

fn dialect(root: &str, version: &str) -> Dialect {
    match (root, version) {
        ("rdf", _) => Dialect::Rss10,
        ("feed", "0.3" | "0.2" | "0.1") => Dialect::Atom03,
        ("feed" | "entry", _) => Dialect::Atom10,
        (_, version) if version.starts_with("2.") => Dialect::Rss20,
        _ => Dialect::Rss09x,
    }
}

/// A base that may be repeated in every link: without what no relative address takes from it.
fn fitting(base: &Url) -> Option<Url> {
    let mut base = base.clone();
    base.set_fragment(None);
    if base.as_str().len() > LONGEST_BASE {
        base.set_query(None);
    }
    Some(base).filter(|base| base.as_str().len() <= LONGEST_BASE)
}
