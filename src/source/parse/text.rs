//! HTML of other people: made harmless, or made plain text.
//!
//! Only what stands in the tables below is ever written, each value quoted and each tag closed, so
//! that every browser reads the same harmless elements. The work and the result stay in proportion
//! to the text, however deep or broken it is, which no tree of elements could promise.

use std::borrow::Cow;

use url::{ParseError, Url};

use super::scan::{Attributes, Scanner, Token};
use crate::source::mend::{Entities, resolve};

/// Deepest nesting that is written; tags further in are left out, their text stays.
const DEEPEST: usize = 64;

/// Elements whose content is not for readers.
const UNREAD: &[&str] = &["applet", "iframe", "noembed", "noframes", "script", "style", "template"];

/// HTML's elements that have no end.
pub(super) const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "meta", "source", "track", "wbr"];

/// Elements that begin a line of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
];

/// Other elements that may be written.
const ALLOWED: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "caption", "cite", "code", "col",
    "colgroup", "data", "del", "dfn", "em", "i", "img", "ins", "kbd", "mark", "q", "rp", "rt",
    "rtc", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tbody", "td",
    "tfoot", "th", "thead", "time", "tr", "tt", "u", "var", "wbr",
];

/// Attributes that may be written, and the elements that they belong to; none for all.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("alt", &["img"]),
    ("cite", &["blockquote", "del", "ins", "q"]),
    ("colspan", &["td", "th"]),
    ("datetime", &["del", "ins", "time"]),
    ("dir", &[]),
    ("height", &["img"]),
    ("href", &["a"]),
    ("hreflang", &["a"]),
    ("lang", &[]),
    ("rowspan", &["td", "th"]),
    ("src", &["img"]),
    ("start", &["ol"]),
    ("title", &[]),
    ("width", &["img"]),
];

/// Schemes that an address may have.
const SCHEMES: &[&str] = &["http", "https", "mailto", "ftp", "tel"];

/// HTML that may be shown, with links made absolute; none where nothing is left.
pub(super) fn sanitise(html: &str, base: Option<&Url>) -> Option<String> {
    let mut writer = Writer { html: String::with_capacity(html.len()), open: Vec::new(), base };
    let limit = html.len() * 4 + (4 << 10);
    let mut scanner = Scanner::new(html);
    while let Some(token) = scanner.next() {
        match token {
            Token::Text(text) => {
                push_escaped(&mut writer.html, &resolve(text, &Entities::default()), false)
            }
            Token::Verbatim(text) => push_escaped(&mut writer.html, text, false),
            Token::Start { name, attributes, is_empty } => {
                if let Some(name) = one_of(UNREAD, name) {
                    if !is_empty {
                        scanner.skip_element(name);
                    }
                    continue;
                }
                // Addresses that are longer than the links to them could make much of little.
                if writer.html.len() > limit {
                    writer.base = None;
                }
                writer.start(name, attributes);
            }
            Token::End(name) => writer.end(name),
            Token::Doctype(_) => {}
        }
    }
    let html = writer.finish();
    let clean = html.trim();
    if clean.is_empty() {
        return None;
    }
    Some(if clean.len() == html.len() { html } else { clean.to_owned() })
}

/// The entry of a table, in whatever case the name is written.
fn one_of(table: &'static [&'static str], name: &str) -> Option<&'static str> {
    table.iter().copied().find(|known| known.eq_ignore_ascii_case(name))
}

struct Writer<'a> {
    html: String,
    open: Vec<&'static str>,
    base: Option<&'a Url>,
}

impl Writer<'_> {
    fn start(&mut self, name: &str, attributes: Attributes<'_>) {
        let Some(name) = one_of(ALLOWED, name).or_else(|| one_of(BLOCKS, name)) else { return };
        while self.open.last().is_some_and(|open| ends(open, name)) {
            self.close();
        }
        let is_void = VOID.contains(&name);
        if self.open.len() >= DEEPEST && !is_void {
            return;
        }
        self.html.push('<');
        self.html.push_str(name);
        // The first of two attributes of one name counts; more than a few are no HTML of anybody's.
        let mut written: Vec<&str> = Vec::new();
        for (key, value) in attributes.pairs().take(64) {
            let known = ATTRIBUTES.iter().find(|(known, elements)| {
                known.eq_ignore_ascii_case(key) && (elements.is_empty() || elements.contains(&name))
            });
            let Some((key, _)) = known.filter(|(key, _)| !written.contains(key)) else { continue };
            let value = resolve(value, &Entities::default());
            let value = match *key {
                "href" | "src" | "cite" => self.address(&value),
                _ => Some(value),
            };
            if let Some(value) = value {
                written.push(key);
                self.html.push(' ');
                self.html.push_str(key);
                self.html.push_str("=\"");
                push_escaped(&mut self.html, &value, true);
                self.html.push('"');
            }
        }
        self.html.push('>');
        if !is_void {
            self.open.push(name);
        }
    }

    /// An address that may be followed, absolute where that can be known.
    fn address<'b>(&self, address: &'b str) -> Option<Cow<'b, str>> {
        match Url::parse(address) {
            Ok(url) => SCHEMES.contains(&url.scheme()).then_some(Cow::Borrowed(address)),
            Err(ParseError::RelativeUrlWithoutBase) => match self.base {
                Some(base) => base.join(address).ok().map(|url| Cow::Owned(url.into())),
                None => Some(Cow::Borrowed(address)),
            },
            Err(_) => None,
        }
    }

    /// Ends an element with all that is open in it; an end that nothing opened is passed over.
    fn end(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|open| open.eq_ignore_ascii_case(name)) {
            while self.open.len() > at {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.html.push_str("</");
            self.html.push_str(name);
            self.html.push('>');
        }
    }

    fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.html
    }
}

/// Whether the element `open` ends where `next` begins, as people leave out end tags (HTML §13.1.2.4).
fn ends(open: &str, next: &str) -> bool {
    match open {
        "p" => BLOCKS.contains(&next),
        "li" | "a" => next == open,
        "dt" | "dd" => matches!(next, "dt" | "dd"),
        "td" | "th" => matches!(next, "td" | "th" | "tr"),
        "tr" => next == "tr",
        _ => false,
    }
}

/// Writes text; in the value of an attribute, quotes are written as references as well.
fn push_escaped(html: &mut String, text: &str, is_value: bool) {
    let mut rest = text;
    let is_special = |byte| matches!(byte, b'&' | b'<' | b'>') || is_value && byte == b'"';
    // A long text is given its room at once: growing it step by step would take as much again.
    if text.len() > 1 << 16 {
        let longer = text.bytes().filter(|byte| is_special(*byte)).count() * "&amp".len();
        html.reserve(text.len() + longer);
    }
    while let Some(at) = rest.bytes().position(is_special) {
        html.push_str(&rest[..at]);
        html.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        rest = &rest[at + 1..];
    }
    html.push_str(rest);
}

/// Plain text as HTML that shows it.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    push_escaped(&mut html, text, false);
    html
}

/// The text of HTML on one line; none where there is none.
pub fn plain(html: &str) -> Option<String> {
    let mut line = String::with_capacity(html.len());
    let mut scanner = Scanner::new(html);
    while let Some(token) = scanner.next() {
        match token {
            Token::Text(text) => push_folded(&mut line, &resolve(text, &Entities::default())),
            Token::Verbatim(text) => push_folded(&mut line, text),
            Token::Start { name, is_empty, .. } => {
                if let Some(name) = one_of(UNREAD, name).filter(|_| !is_empty) {
                    scanner.skip_element(name);
                } else if one_of(BLOCKS, name).is_some() || name.eq_ignore_ascii_case("br") {
                    push_folded(&mut line, " ");
                }
            }
            Token::End(name) if one_of(BLOCKS, name).is_some() => push_folded(&mut line, " "),
            Token::End(_) | Token::Doctype(_) => {}
        }
    }
    line.truncate(line.trim_end().len());
    Some(line).filter(|line| !line.is_empty())
}

/// Text with every white space made one blank.
pub(super) fn folded(text: &str) -> Option<String> {
    let mut line = String::with_capacity(text.len());
    push_folded(&mut line, text);
    line.truncate(line.trim_end().len());
    Some(line).filter(|line| !line.is_empty())
}

fn push_folded(line: &mut String, text: &str) {
    let begins_with_space = text.starts_with(char::is_whitespace);
    let mut needs_space = begins_with_space && !line.is_empty() && !line.ends_with(' ');
    for word in text.split_whitespace() {
        if needs_space {
            line.push(' ');
        }
        line.push_str(word);
        needs_space = true;
    }
    if text.ends_with(char::is_whitespace) && !line.is_empty() && !line.ends_with(' ') {
        line.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_harmless_stays_and_the_rest_goes() {
        let base = Url::parse("https://example.org/a/").unwrap();
        for (html, expected) in [
            ("<p>a <b>b</b></p>", "<p>a <b>b</b></p>"),
            ("<P Class=x>a</P>", "<p>a</p>"),
            ("a<script>alert(1)</script>b", "ab"),
            ("a<style>p{}</style>b<iframe src=x>y</iframe>c", "abc"),
            ("<a href='/b' onclick=x>b</a>", "<a href=\"https://example.org/b\">b</a>"),
            ("<a href=\"javascript:x\">b</a>", "<a>b</a>"),
            ("<a href=\" java\nscript:x\">b</a>", "<a>b</a>"),
            ("<a href=\"&#106;avascript:x\">b</a>", "<a>b</a>"),
            (
                "<img src=data:text/html,x alt='\"><script>'>",
                "<img alt=\"&quot;&gt;&lt;script&gt;\">",
            ),
            ("<img src=b.png src=c.png>", "<img src=\"https://example.org/a/b.png\">"),
            ("a < b &amp; c &lt;i>", "a &lt; b &amp; c &lt;i&gt;"),
            ("<b><i>a</b>b", "<b><i>a</i></b>b"),
            ("<ul><li>a<li>b</ul>c", "<ul><li>a</li><li>b</li></ul>c"),
            ("<p>a<p>b", "<p>a</p><p>b</p>"),
            ("</div>a<form><input>b</form>", "ab"),
            ("<svg><a xlink:href=javascript:x>b</a></svg>", "<a>b</a>"),
            ("<!-- a -->b<![CDATA[<c>]]>", "b&lt;c&gt;"),
            ("<br/>&nbsp;", "<br>"),
        ] {
            assert_eq!(sanitise(html, Some(&base)).as_deref(), Some(expected), "{html}");
        }
        assert_eq!(sanitise(" <script>a", None), None);
        assert_eq!(sanitise("<img src=b>", None).as_deref(), Some("<img src=\"b\">"));
    }

    #[test]
    fn html_becomes_one_line() {
        for (html, expected) in [
            ("a\n  b", "a b"),
            ("<p>a</p><p>b</p>", "a b"),
            ("a<b>b</b>c", "abc"),
            (" R&amp;D<br>x < y ", "R&D x < y"),
            ("a<script>b</script>&hellip;", "a…"),
        ] {
            assert_eq!(plain(html).as_deref(), Some(expected), "{html}");
        }
        assert_eq!(plain(" <p> </p>"), None);
    }

    #[test]
    fn little_never_becomes_much() {
        let base = Url::parse(&format!("https://example.org/{}/", "a".repeat(2_000))).unwrap();
        for html in ["<img src=a>".repeat(10_000), "<b>".repeat(100_000), "<p>".repeat(100_000)] {
            let clean = sanitise(&html, Some(&base)).unwrap();
            assert!(clean.len() < html.len() * 6 + 8_000, "{}", clean.len());
        }
    }

    proptest! {
        /// An independent sanitiser finds nothing to take away.
        #[test]
        fn whatever_comes_is_made_harmless(
            html in "(<(/?(a|p|b|li|td|script|svg|math|style|img)|!--)( ?(href|src|on[a-z]|title|style)=?['\"]?(java|script:|&#58;|data:|http://a/)?['\"]?){0,2}/?>?|-->|&lt;|&[a-z]{2};|['\"<>&]|\\PC){0,30}",
        ) {
            let clean = sanitise(&html, None).unwrap_or_default();
            let again = sanitise(&clean, None).unwrap_or_default();
            prop_assert_eq!(&again, &clean);
            let mut removed = ammonia::Builder::default();
            removed.link_rel(None).add_tags(["big", "tfoot", "address", "main", "section"]);
            removed.add_generic_attributes(["dir"]);
            let (ours, theirs) = (tags(&clean), tags(&removed.clean(&clean).to_string()));
            prop_assert!(theirs.iter().all(|tag| ours.contains(tag)), "{:?} {:?}", ours, theirs);
            prop_assert!(!clean.to_lowercase().contains("<script"));
        }
    }

    fn tags(html: &str) -> Vec<String> {
        let name = |token| match token {
            Token::Start { name, attributes, .. } => Some(format!("{name}{}", attributes.as_str())),
            _ => None,
        };
        Scanner::new(html).filter_map(name).collect()
    }
}
