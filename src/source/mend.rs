//! References to characters, and what else must be mended in the text of a feed.
//!
//! Feeds leave an ampersand bare, use HTML's entities and their own, and hold characters that no XML
//! may. Each of these is mended here. Nothing is lost that could be kept.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

/// Longest value and largest number of entities that a document may declare for itself.
const ENTITY_VALUE: usize = 1_024;
const ENTITIES: usize = 256;

/// The entities that a document declares for itself (XML 1.0 §4.2), as far as they are plain text,
/// and how many bytes they may still add to it.
#[derive(Debug, Clone, Default)]
pub struct Entities {
    values: HashMap<String, String>,
    left: Cell<usize>,
}

impl Entities {
    /// The entities of a document type's declarations; all their uses together may add `limit`
    /// bytes, so that nothing grows without bound.
    pub fn read(doctype: &str, limit: usize) -> Self {
        let mut values = HashMap::new();
        for declaration in doctype.split("<!ENTITY").skip(1).take(ENTITIES) {
            let Some((name, rest)) = declaration.trim_start().split_once(char::is_whitespace)
            else {
                continue;
            };
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
            let value = quote.and_then(|quote| rest[1..].split(quote).next());
            // What is made of other entities could be a bomb; one character is none.
            let value = value.filter(|value| {
                let is_character = value.starts_with("&#") && value.matches('&').count() == 1;
                value.len() <= ENTITY_VALUE && (is_character || !value.contains(['&', '<']))
            });
            if let Some(value) = value {
                let value = resolve(value, &Self::default()).into_owned();
                values.entry(name.to_owned()).or_insert(value);
            }
        }
        Self { values, left: Cell::new(limit) }
    }

    fn value(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name)?;
        self.left.set(self.left.get().checked_sub(value.len())?);
        Some(value)
    }
}

/// The text with its references resolved: XML's, HTML's, those of `entities`, and characters by
/// number. What is no reference stays, ampersand and all.
pub fn resolve<'a>(text: &'a str, entities: &Entities) -> Cow<'a, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut resolved = String::with_capacity(text.len());
    resolved.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(at) = rest.find('&') {
        resolved.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((name, after)) = name(rest) else {
            resolved.push('&');
            rest = &rest[1..];
            continue;
        };
        if let Some(number) = name.strip_prefix('#') {
            resolved.extend(character(number));
        } else if let Some(characters) =
            entities.value(name).or_else(|| quick_xml::escape::resolve_html5_entity(name))
        {
            resolved.push_str(characters);
        } else {
            resolved.push_str(&rest[..name.len() + 2]);
        }
        rest = after;
    }
    resolved.push_str(rest);
    Cow::Owned(resolved)
}

/// The name of the reference that begins `text`, and what follows it.
fn name(text: &str) -> Option<(&str, &str)> {
    // The longest name of an HTML entity has 31 letters.
    let end = text.bytes().take(34).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"#_-.".contains(&byte));
    is_name.then(|| (name, &text[end + 1..]))
}

/// The character of a number; Windows' own ones, written by their position there, are meant as such.
fn character(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    };
    code.and_then(char::from_u32).map(windows).filter(|c| is_allowed(*c))
}

/// A C1 control is never meant; the character at its place in windows-1252 is.
fn windows(c: char) -> char {
    match u8::try_from(c) {
        Ok(byte @ 0x80..=0x9f) => {
            encoding_rs::WINDOWS_1252.decode(&[byte]).0.chars().next().unwrap_or(c)
        }
        _ => c,
    }
}

/// Text without the characters that XML forbids and C1 controls; text that was encoded twice as
/// UTF-8 is decoded once more.
pub fn tidy(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n')) {
        return Cow::Borrowed(text);
    }
    let is_odd = |c: char| !is_allowed(c) || matches!(c, '\u{80}'..='\u{9f}');
    let text = decoded_again(text).map_or(Cow::Borrowed(text), Cow::Owned);
    if text.contains(is_odd) {
        return text.chars().map(windows).filter(|c| is_allowed(*c)).collect();
    }
    text
}

/// Latin-1 characters that together are UTF-8: somebody has encoded what was encoded.
fn decoded_again(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
    String::from_utf8(bytes?).ok()
}

/// XML for a strict reader: the text from its first tag on, with every ampersand escaped that begins no reference of XML's,
/// HTML's entities resolved, and characters dropped that XML forbids (XML 1.0 §2.2).
pub fn mend(text: &str) -> String {
    let start = text.find('<').unwrap_or(0);
    let mut rest = &text[start..];
    let mut mended = String::with_capacity(rest.len() + rest.len() / 16);
    while let Some(at) = rest.find(['&', '<']) {
        push_allowed(&mut mended, &rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<![CDATA[") {
            let end = rest.find("]]>").map_or(rest.len(), |end| end + 3);
            push_allowed(&mut mended, &rest[..end]);
            rest = &rest[end..];
        } else if rest.starts_with('<') {
            mended.push('<');
            rest = &rest[1..];
        } else {
            rest = reference(rest, &mut mended);
        }
    }
    push_allowed(&mut mended, rest);
    mended
}

/// Writes the reference at the beginning of `text`, and returns what follows it.
fn reference<'a>(text: &'a str, mended: &mut String) -> &'a str {
    let Some((name, rest)) = name(text) else {
        mended.push_str("&amp;");
        return &text[1..];
    };
    if let Some(number) = name.strip_prefix('#') {
        if let Some(c) = character(number) {
            mended.push_str(&format!("&#{};", u32::from(c)));
        }
    } else if matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
        mended.push_str(&text[..name.len() + 2]);
    } else if let Some(characters) = quick_xml::escape::resolve_html5_entity(name) {
        mended.push_str(&quick_xml::escape::escape(characters));
    } else {
        mended.push_str("&amp;");
        return &text[1..];
    }
    rest
}

fn push_allowed(into: &mut String, text: &str) {
    if text.chars().all(is_allowed) {
        into.push_str(text);
    } else {
        into.extend(text.chars().filter(|c| is_allowed(*c)));
    }
}

/// XML 1.0 §2.2.
fn is_allowed(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_is_mended_and_what_is_whole_is_left() {
        for (text, expected) in [
            ("\n warning <a>b</a>", "<a>b</a>"),
            ("<a>R&D &amp; AT&T</a>", "<a>R&amp;D &amp; AT&amp;T</a>"),
            ("<a>&nbsp;&hellip;&bogus;</a>", "<a>\u{a0}…&amp;bogus;</a>"),
            ("<a>&#8217;&#x2019;&#146;&#0;</a>", "<a>&#8217;&#8217;&#8217;</a>"),
            ("<a><![CDATA[R&D &nbsp;]]></a>", "<a><![CDATA[R&D &nbsp;]]></a>"),
            ("<a>\u{b}b\u{1}</a>", "<a>b</a>"),
            ("<a href=\"?b=1&c=2\">", "<a href=\"?b=1&amp;c=2\">"),
            ("<a>&a_b;&c-d;</a>", "<a>&amp;a_b;&amp;c-d;</a>"),
            ("&", "&amp;"),
            ("", ""),
        ] {
            assert_eq!(mend(text), expected, "{text}");
        }
    }

    #[test]
    fn references_are_resolved_and_what_is_none_stays() {
        let entities = Entities::read(
            "a [<!ENTITY name \"值\"><!ENTITY c '&#233;'><!ENTITY bomb \"&name;&name;\"><!ENTITY % p \"x\">]",
            10,
        );
        for (text, expected) in [
            ("R&D &amp; AT&T", "R&D & AT&T"),
            ("&nbsp;&hellip;&bogus;", "\u{a0}…&bogus;"),
            ("&#8217;&#x2019;&#146;&#0;&#xffffffff;", "’’’"),
            ("&name;&c;&bomb;", "值é&bomb;"),
            ("&name;&name;&name;", "值&name;&name;"),
            ("?a=1&b=2;&", "?a=1&b=2;&"),
            ("none", "none"),
        ] {
            assert_eq!(resolve(text, &entities), expected, "{text}");
        }
    }

    #[test]
    fn text_is_tidied() {
        for (text, expected) in [
            ("caf\u{c3}\u{a9}", "café"),
            ("café", "café"),
            ("中文é", "中文é"),
            ("a\u{92}b\u{1}\n", "a’b\n"),
            ("plain", "plain"),
        ] {
            assert_eq!(tidy(text), expected, "{text}");
        }
    }
}
