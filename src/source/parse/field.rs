//! One element of an entry or a feed that means something, with all that is in it.

use std::borrow::Cow;
use std::rc::Rc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use url::Url;

use super::names::{Part, lower};
use super::scan::Attributes;
use super::text::{escaped, folded, plain, sanitise};
use crate::source::mend::{Entities, resolve, tidy};

/// An element that means something to us.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    /// What it tells.
    pub(super) part: Part,
    /// Its rank among those that tell the same; the lowest one is believed.
    pub(super) rank: u8,
    /// What its relative addresses start from.
    pub(super) base: Option<Rc<Url>>,
    attributes: Attributes<'a>,
    /// All characters in it.
    text: String,
    /// What is in it as HTML, from its first tag on.
    markup: Option<String>,
    /// Where the text of a person's name begins and ends.
    name: Option<(usize, usize)>,
}

impl<'a> Field<'a> {
    pub(super) fn new(
        (part, rank): (Part, u8),
        attributes: Attributes<'a>,
        base: Option<Rc<Url>>,
    ) -> Self {
        Self { part, rank, base, attributes, text: String::new(), markup: None, name: None }
    }

    /// A field whose text stands in an attribute of another element.
    pub(super) fn of(part: Part, text: &str, base: Option<Rc<Url>>) -> Self {
        Self { text: text.to_owned(), ..Self::new((part, u8::MAX), Attributes::default(), base) }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(markup) = &mut self.markup {
            markup.push_str(&escaped(text));
        }
    }

    /// A tag in the field; `attributes` go over as they are written.
    pub(super) fn open(&mut self, name: &str, attributes: Attributes<'_>) {
        if matches!(self.part, Part::Author) && name == "name" && self.name.is_none() {
            self.name = Some((self.text.len(), usize::MAX));
        }
        let text = &self.text;
        let markup = self.markup.get_or_insert_with(|| escaped(text));
        markup.push('<');
        markup.push_str(name);
        markup.push_str(attributes.as_str());
        markup.push('>');
    }

    /// The end of a tag in the field.
    pub(super) fn close(&mut self, name: &str) {
        if let Some((_, end)) =
            self.name.as_mut().filter(|(_, end)| name == "name" && *end == usize::MAX)
        {
            *end = self.text.len();
        }
        if let Some(markup) = &mut self.markup {
            markup.push_str("</");
            markup.push_str(name);
            markup.push('>');
        }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_blank(&self) -> bool {
        self.markup.is_none() && self.text.trim().is_empty()
    }

    /// The value of an attribute, whatever its prefix; none where it is blank.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        attribute(self.attributes, name, &Entities::default())
    }

    /// All text in it, without blanks around; none where there is none.
    pub(super) fn text(&self) -> Option<String> {
        let text = tidy(self.text.trim());
        Some(text.into_owned()).filter(|text| !text.is_empty())
    }

    /// The text of the element `name` in it (a person's, RFC 4287 §3.2), else all text.
    pub(super) fn name(&self) -> Option<String> {
        let name =
            self.name.and_then(|(start, end)| self.text.get(start..end.min(self.text.len())));
        name.map_or_else(|| self.text(), |name| Some(tidy(name.trim()).into_owned()))
    }

    /// What it says on one line of plain text.
    pub(super) fn line(&self) -> Option<String> {
        if self.is_plain() { folded(&tidy(&self.text)) } else { plain(&self.html()?) }
    }

    /// What it says as HTML that may be shown; its addresses start from `page` where it has no base.
    pub(super) fn shown(&self, page: Option<&Url>) -> Option<String> {
        if self.is_plain() {
            return Some(escaped(tidy(&self.text).trim())).filter(|html| !html.is_empty());
        }
        sanitise(&self.html()?, self.base.as_deref().or(page))
    }

    /// Whether it is said to be plain text, to be shown as it is, were it full of tags. People rarely
    /// say so and often write HTML, so it must be said (RFC 4287 §3.1.1.1).
    fn is_plain(&self) -> bool {
        let is_plain = |kind: String| matches!(&*kind.to_ascii_lowercase(), "text" | "text/plain");
        self.markup.is_none()
            && self.mode().is_none()
            && self.attribute("type").is_some_and(is_plain)
    }

    /// What it says as HTML: markup below it, or escaped markup (RFC 4287 §4.1.3, Atom 0.3 `mode`).
    /// Base64 is decoded; what is no text then is nothing.
    fn html(&self) -> Option<Cow<'_, str>> {
        if self.is_base64() {
            let letters: String = self.text.split_ascii_whitespace().collect();
            if let Ok(bytes) = BASE64_STANDARD.decode(&letters) {
                let text = String::from_utf8(bytes).ok()?;
                return Some(tidy(&text).into_owned().into());
            }
        }
        Some(tidy(self.markup.as_ref().unwrap_or(&self.text)))
    }

    /// Atom 0.3: base64, where it is that.
    fn mode(&self) -> Option<String> {
        self.attribute("mode").filter(|mode| mode.eq_ignore_ascii_case("base64"))
    }

    /// Base64 is what says so, and what has the type of something else than text and no markup.
    fn is_base64(&self) -> bool {
        let kind = self.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let name = kind.split(';').next().unwrap_or_default().trim();
        let is_text = name.starts_with("text/")
            || ["html", "xml", "/json"].iter().any(|end| name.ends_with(end));
        self.mode().is_some() || (name.contains('/') && !is_text && self.markup.is_none())
    }
}

/// The value of an attribute, whatever its prefix; none where it is blank.
pub(super) fn attribute(
    attributes: Attributes<'_>,
    name: &str,
    entities: &Entities,
) -> Option<String> {
    let (_, value) = attributes.pairs().find(|(key, _)| lower(local(key)) == name)?;
    let value: Cow<'_, str> = resolve(value, entities);
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}
