//! The start tags of a page, found without building a tree of it.

/// Longest start tag that is looked at, in bytes; an address has no need of more.
const LONGEST: usize = 8 << 10;

/// What is in these is no markup.
const RAW: &[&str] = &["script", "style"];

/// A start tag.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    name: String,
    /// From behind the name to before the `>`.
    inside: &'a str,
    /// What follows.
    rest: &'a str,
}

/// All start tags of `html` outside of comments and scripts.
pub(super) fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            rest = &rest[rest.find('<')? + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end..]);
                continue;
            }
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let (name, after) = rest.split_at(length);
            if name.is_empty() {
                continue;
            }
            let Some(end) = end(after) else { continue };
            let name = name.to_ascii_lowercase();
            let inside = &after[..end];
            rest = &after[end + 1..];
            if RAW.contains(&name.as_str()) {
                rest = closed(rest, &name);
            }
            return Some(Tag { name, inside, rest });
        }
    })
}

/// Where the tag ends: at the first `>` outside of quotes, else at the first at all.
fn end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().take(LONGEST) {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    text.bytes().take(LONGEST).position(|byte| byte == b'>')
}

/// What follows the end tag called `name`.
fn closed<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)) {
            return rest;
        }
    }
    ""
}

impl<'a> Tag<'a> {
    /// The element's name, in lower case.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The text up to the next tag.
    pub(super) fn text(&self) -> &'a str {
        &self.rest[..self.rest.find('<').unwrap_or(self.rest.len())]
    }

    /// The first attribute called `name`, as written.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let blank = |c: char| c.is_ascii_whitespace() || c == '/';
        let mut rest = self.inside.trim_start_matches(blank);
        while !rest.is_empty() {
            // A name is one character at least, whatever that is.
            let end = rest
                .char_indices()
                .skip(1)
                .find(|(_, c)| c.is_ascii_whitespace() || matches!(c, '=' | '/'))
                .map_or(rest.len(), |(at, _)| at);
            let (key, after) = rest.split_at(end);
            let after = after.trim_start();
            let Some(value) = after.strip_prefix('=').map(str::trim_start) else {
                rest = after.trim_start_matches(blank);
                continue;
            };
            let (value, after) = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    value[1..].split_once(quote).unwrap_or((&value[1..], ""))
                }
                _ => value
                    .split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
            };
            if key.eq_ignore_ascii_case(name) {
                return Some(value.trim().to_owned());
            }
            rest = after.trim_start_matches(blank);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_page_is_too_broken_to_be_looked_through(html in "[<>a\"'=/ !\\-é新x]{0,60}") {
            for tag in tags(&html) {
                tag.attribute("a");
                tag.text();
            }
        }
    }
}
