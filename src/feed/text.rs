//! Text that may stand in XML.
//!
//! XML 1.0 has no way to write most control characters, not even escaped, and the libraries that
//! write our XML pass them through. Everything that a feed shows is therefore held as [`Text`],
//! which lost them when it was made, and with them what XML allows and discourages: other control
//! characters and code points that are no characters. Follows XML 1.0 §2.2 (`Char` and its note)
//! and §2.11 (line ends).

use std::fmt;
use std::ops::Deref;

use serde::Serialize;

/// Elements that do not end a word.
const INLINE: [&str; 14] = [
    "a", "abbr", "b", "cite", "code", "del", "em", "i", "ins", "mark", "span", "strong", "sub",
    "sup",
];

/// A string of characters that XML 1.0 allows, with `\n` line ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// Text in one line: each run of white space becomes one space, none stays at the ends.
    pub fn line(text: &str) -> Self {
        let mut line = String::with_capacity(text.len());
        for word in text.split(|c: char| c.is_whitespace() || !allowed(c)) {
            if !word.is_empty() {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
        }
        Self(line)
    }

    /// The beginning of some HTML as text in one line, of about `length` characters; it ends at a blank
    /// or behind a punctuation mark where one is near.
    pub fn excerpt(html: &str, length: usize) -> Self {
        let mut text = String::new();
        let mut characters = 0;
        for (at, piece) in html.split('<').enumerate() {
            // Behind the first `<` each piece begins with a tag.
            let (tag, piece) =
                if at == 0 { ("", piece) } else { piece.split_once('>').unwrap_or_default() };
            let name =
                tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next();
            if !name.is_some_and(|name| INLINE.contains(&name)) {
                text.push(' ');
            }
            text.push_str(piece);
            characters += piece.chars().count();
            if characters > length * 2 {
                break;
            }
        }
        let plain =
            quick_xml::escape::unescape_with(&text, quick_xml::escape::resolve_html5_entity);
        let line = Self::line(&plain.unwrap_or_else(|_| text.as_str().into()));
        let Some((end, _)) = line.char_indices().nth(length) else { return line };
        let cut = &line[..end];
        let stop = |c: char| c.is_whitespace() || "，。；：！？、,.;:!?".contains(c);
        let near = cut.rfind(stop).filter(|at| *at > end / 2).unwrap_or(end);
        Self(format!("{}…", cut[..near].trim_end_matches(stop)))
    }

    /// The same as a plain string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text {
    /// Takes the string as it is where it is clean already, which it nearly always is.
    fn from(text: String) -> Self {
        if is_plainly_clean(text.as_bytes()) || text.chars().all(allowed) {
            return Self(text);
        }
        let unix = text.replace("\r\n", "\n").replace('\r', "\n");
        Self(unix.chars().filter(|c| allowed(*c)).collect())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// XML 1.0's `Char` but what its note discourages, and the carriage return, which a parser would turn
/// into a line feed.
fn allowed(c: char) -> bool {
    let listed = matches!(
        c,
        '\t' | '\n' | ' '..='~' | '\u{A0}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..
    );
    listed && u32::from(c) & 0xFFFE != 0xFFFE
}

/// Whether UTF-8 begins no character that could be [disallowed](allowed). A whole feed passes here, so
/// each byte is looked at with no more than the next one and without branches, many at a time: that
/// finds some characters doubtful which are allowed, but seldom.
#[expect(clippy::needless_bitwise_bool, reason = "lazy operators are branches")]
fn is_plainly_clean(text: &[u8]) -> bool {
    let doubtful = |byte: u8, next: u8| {
        ((byte < b' ') & (byte != b'\t') & (byte != b'\n'))
            | (byte == 0x7F)
            // U+0080 to U+009F; U+FDC0 to U+FDFF and U+FFC0 to U+FFFF; what lies above U+FFFF.
            | ((byte == 0xC2) & (next < 0xA0))
            | ((byte == 0xEF) & ((next == 0xB7) | (next == 0xBF)))
            | (byte >= 0xF0)
    };
    let Some((last, before)) = text.split_last() else { return true };
    let pairs = before.iter().zip(&text[1..]);
    !pairs.fold(doubtful(*last, b' '), |found, (byte, next)| found | doubtful(*byte, *next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_for_clean_at_a_glance_is_allowed() {
        for c in (0..=0x0010_FFFF).filter_map(char::from_u32) {
            let around = [c.to_string(), format!("中{c}"), format!("{c}中"), format!("a{c}a")];
            assert!(
                allowed(c) || around.iter().all(|text| !is_plainly_clean(text.as_bytes())),
                "{c:?}"
            );
        }
        assert!(is_plainly_clean("中文，“引号”· a\tb\n".as_bytes()) && is_plainly_clean(b""));
    }

    #[test]
    fn what_xml_forbids_is_dropped_and_all_else_stays() {
        for (given, kept) in [
            ("plain 中文 🙂 e\u{301}", "plain 中文 🙂 e\u{301}"),
            ("a\u{0}b\u{8}c\u{1b}[0m", "abc[0m"),
            ("tab\tline\nend", "tab\tline\nend"),
            ("dos\r\nold mac\rend", "dos\nold mac\nend"),
            ("\u{FFFE}\u{FFFF}\u{FFFD}", "\u{FFFD}"),
            ("]]\u{1}>", "]]>"),
            ("\u{7f}\u{85}\u{FDD0}\u{1FFFE}\u{10FFFF}\u{10FFFD}", "\u{10FFFD}"),
        ] {
            assert_eq!(Text::from(given).as_str(), kept, "{given:?}");
        }
    }

    #[test]
    fn an_excerpt_is_the_beginning_in_words() {
        for (html, length, expected) in [
            ("<p>水 &amp; <strong>石</strong>。</p><p>Two</p>", 100, "水 & 石。 Two"),
            ("<h2>Head</h2><ul><li>one</li><li>t<em>w</em>o</li></ul>", 100, "Head one two"),
            ("<p>one two three four</p>", 12, "one two…"),
            ("<p>源头，是河流开始的地方。</p>", 8, "源头，是河流开始…"),
            ("<p>源头是河流，开始的地方。</p>", 8, "源头是河流…"),
            ("", 10, ""),
            ("a < b", 10, "a"),
            ("<p>&nbsp;&copy; &unknown;</p>", 10, "&nbsp;&cop…"),
        ] {
            assert_eq!(Text::excerpt(html, length).as_str(), expected, "{html}");
        }
    }

    #[test]
    fn a_line_has_no_breaks_and_no_ends_of_space() {
        for (given, line) in
            [("  a\n\tb  ", "a b"), ("全角\u{3000}空格", "全角 空格"), ("a\u{0}b", "a b"), ("", "")]
        {
            assert_eq!(Text::line(given).as_str(), line, "{given:?}");
        }
    }
}
