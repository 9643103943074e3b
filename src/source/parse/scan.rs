//! Text cut at its tags: XML and HTML, whole or broken.
//!
//! A scanner that cannot fail and passes over each byte once, whatever the text is: what looks like a
//! tag is one, everything else is text. What a tag means is left to the caller. References such as
//! `&amp;` are not touched; [`mend::resolve`](crate::source::mend::resolve) is for them.

/// A piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Characters and references.
    Text(&'a str),
    /// Characters that mean themselves: CDATA (XML 1.0 §2.7).
    Verbatim(&'a str),
    /// `<name attributes>`; with a slash at its end it is closed as well.
    Start {
        /// The name with its prefix.
        name: &'a str,
        /// What stands behind the name.
        attributes: Attributes<'a>,
        /// Whether it ends itself.
        is_empty: bool,
    },
    /// `</name>`.
    End(&'a str),
    /// `<!DOCTYPE …>` with what stands in it.
    Doctype(&'a str),
}

/// The tokens of a text, in order.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    rest: &'a str,
    /// What is known to be in the rest no more; so that nothing is looked for twice in vain.
    gone: Vec<&'static str>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, gone: Vec::new() }
    }

    /// Goes behind the end tag of `name`, or to the end: for elements whose content is no markup.
    pub(super) fn skip_element(&mut self, name: &str) {
        while let Some(at) = self.rest.find("</") {
            let after = &self.rest[at + 2..];
            let found = after.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name));
            self.rest = after;
            if found {
                self.rest = after.find('>').map_or("", |end| &after[end + 1..]);
                return;
            }
        }
        self.rest = "";
    }

    /// What stands before `at`; goes behind it and `more` bytes.
    fn take(&mut self, at: usize, more: usize) -> &'a str {
        let (front, rest) = self.rest.split_at(at);
        self.rest = &rest[more.min(rest.len())..];
        front
    }

    /// Text up to the next `<` behind `from`.
    fn text(&mut self, from: usize) -> Token<'a> {
        let at = self.rest[from..].find('<').map_or(self.rest.len(), |at| at + from);
        Token::Text(self.take(at, 0))
    }

    /// Where `what` stands behind `from`.
    fn find(&mut self, from: usize, what: &'static str) -> Option<usize> {
        if self.gone.contains(&what) {
            return None;
        }
        let found = self.rest[from..].find(what).map(|at| at + from);
        if found.is_none() {
            self.gone.push(what);
        }
        found
    }

    fn comment(&mut self) {
        if let Some(end) = self.find(4, "-->") {
            self.take(end, 3);
        } else {
            // It has no end: only what opens it goes.
            self.take(4, 0);
        }
    }

    fn verbatim(&mut self) -> Token<'a> {
        self.take(9, 0);
        let end = self.rest.find("]]>").unwrap_or(self.rest.len());
        Token::Verbatim(self.take(end, 3))
    }

    /// A declaration or an instruction. A document type may have declarations of its own in brackets.
    fn declaration(&mut self) -> Option<Token<'a>> {
        let mut end = self.rest.find('>').unwrap_or(self.rest.len());
        let is_doctype =
            self.rest.get(2..9).is_some_and(|name| name.eq_ignore_ascii_case("doctype"));
        if is_doctype
            && self.rest[..end].contains('[')
            && let Some(close) = self.find(0, "]")
        {
            end = self.rest[close..].find('>').map_or(self.rest.len(), |at| at + close);
        }
        let inside = self.take(end, 1);
        is_doctype.then(|| Token::Doctype(inside.get(9..).unwrap_or_default()))
    }

    /// Where the tag that begins here ends: at the `>` that is in no quoted value.
    fn tag_end(&mut self) -> Option<usize> {
        let mut at = 1;
        let mut is_value = false;
        while let Some(byte) = self.rest.as_bytes().get(at) {
            match byte {
                b'>' => return Some(at),
                b'=' => is_value = true,
                b'"' | b'\'' if is_value => {
                    let quote = if *byte == b'"' { "\"" } else { "'" };
                    at = self.find(at + 1, quote).unwrap_or(at);
                    is_value = false;
                }
                byte if byte.is_ascii_whitespace() => {}
                _ => is_value = false,
            }
            at += 1;
        }
        None
    }

    fn tag(&mut self) -> Option<Token<'a>> {
        let Some(end) = self.tag_end() else {
            // The text ends within the tag.
            self.rest = "";
            return None;
        };
        let inside = &self.take(end, 1)[1..];
        if let Some(name) = inside.strip_prefix('/') {
            return Some(Token::End(name.split(is_space).next().unwrap_or_default()));
        }
        let (inside, is_empty) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let length = inside.find(|c| is_space(c) || c == '/').unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(length);
        Some(Token::Start { name, attributes: Attributes(attributes), is_empty })
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while !self.rest.is_empty() {
            let mut start = self.rest.bytes();
            let token = match (start.next(), start.next(), start.next()) {
                (Some(b'<'), Some(b'!'), _) if self.rest.starts_with("<!--") => {
                    self.comment();
                    None
                }
                (Some(b'<'), Some(b'!'), _) if self.rest.starts_with("<![CDATA[") => {
                    Some(self.verbatim())
                }
                (Some(b'<'), Some(b'!' | b'?'), _) => self.declaration(),
                (Some(b'<'), Some(b'/'), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_'))
                | (Some(b'<'), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_'), _) => self.tag(),
                (Some(b'<'), ..) => Some(self.text(1)),
                _ => Some(self.text(0)),
            };
            if token.is_some() {
                return token;
            }
        }
        None
    }
}

/// The attributes of a tag as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Attributes<'a>(&'a str);

impl<'a> Attributes<'a> {
    /// The text that they are read from.
    pub(super) fn as_str(self) -> &'a str {
        self.0
    }

    /// Names with their prefixes, and values with their references; they may be in quotes or not, or
    /// have no value at all.
    pub(super) fn pairs(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (pair, after) = pair(rest)?;
            rest = after;
            Some(pair)
        })
    }
}

/// The first attribute of a text, and what follows it.
fn pair(text: &str) -> Option<((&str, &str), &str)> {
    let text = text.trim_start_matches(|c| is_space(c) || matches!(c, '/' | '=' | '"' | '\''));
    if text.is_empty() {
        return None;
    }
    let (name, rest) = text.split_at(text.find(|c| is_space(c) || c == '=').unwrap_or(text.len()));
    let Some(value) = rest.trim_start_matches(is_space).strip_prefix('=') else {
        return Some(((name, ""), rest));
    };
    let value = value.trim_start_matches(is_space);
    let (value, rest) = match value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
        None => value.split_at(value.find(is_space).unwrap_or(value.len())),
    };
    Some(((name, value), rest))
}

fn is_space(c: char) -> bool {
    c.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let token = |token| match token {
            Token::Text(text) => format!("text {text}"),
            Token::Verbatim(text) => format!("verbatim {text}"),
            Token::Start { name, attributes, is_empty } => {
                let mut shown = format!("start {name}");
                for (name, value) in attributes.pairs() {
                    shown.push_str(&format!(" {name}={value};"));
                }
                shown + if is_empty { " /" } else { "" }
            }
            Token::End(name) => format!("end {name}"),
            Token::Doctype(text) => format!("doctype {text}"),
        };
        Scanner::new(text).map(token).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn whole_and_broken_markup() {
        for (text, expected) in [
            ("<a>b</a>", "start a | text b | end a"),
            ("<a b='1' c=\"x>y\" d=e f/>", "start a b=1; c=x>y; d=e; f=; /"),
            ("<a href=x/y />", "start a href=x/y; /"),
            ("<br/>", "start br /"),
            ("a < b && c > d", "text a  | text < b && c > d"),
            ("<<a>", "text < | start a"),
            ("<![CDATA[a<b]]>c", "verbatim a<b | text c"),
            ("<![CDATA[a<b", "verbatim a<b"),
            ("a<!-- <b> -->c", "text a | text c"),
            ("<!-- <b>c", "text   | start b | text c"),
            ("<?xml version='1.0'?><a>", "start a"),
            ("<!DOCTYPE html><a>", "doctype  html | start a"),
            ("<!DOCTYPE a [<!ENTITY b \"c>\">]><a>", "doctype  a [<!ENTITY b \"c>\">] | start a"),
            ("</a b>", "end a"),
            ("<a b=\"c><d>", "start a b=\"c; | start d"),
            ("<中文>", "text <中文>"),
            ("x<a hr", "text x"),
        ] {
            let expected = expected.replace("b=\"c;", "b=c;");
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn an_element_can_be_passed_over() {
        let mut scanner = Scanner::new("if (a</b/) {}</SCRIPT >c");
        scanner.skip_element("script");
        assert_eq!(scanner.next(), Some(Token::Text("c")));
        scanner.skip_element("script");
        assert_eq!(scanner.next(), None);
    }

    proptest! {
        #[test]
        fn any_text_is_scanned_to_its_end(text in "([<>!/?='\"-]|<!--|]]>|<!\\[CDATA\\[|[a-c ]|\\PC){0,60}") {
            let mut scanner = Scanner::new(&text);
            prop_assert!(scanner.by_ref().count() <= text.len());
            prop_assert_eq!(scanner.rest, "");
        }
    }
}
