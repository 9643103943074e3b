//! Text that may stand in XML.
//!
//! XML 1.0 has no way to write most control characters, not even escaped, and the libraries that
//! write our XML pass them through. Everything that a feed shows is therefore held as [`Text`],
//! which lost them when it was made. Follows XML 1.0 §2.2 (`Char`) and §2.11 (line ends).

use std::fmt;
use std::ops::Deref;

use serde::Serialize;

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

    /// The same as a plain string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text {
    /// Takes the string as it is where it is clean already, which it nearly always is.
    fn from(text: String) -> Self {
        if text.chars().all(allowed) {
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

/// XML 1.0's `Char` but the carriage return, which a parser would turn into a line feed.
fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_is_dropped_and_all_else_stays() {
        for (given, kept) in [
            ("plain 中文 🙂 e\u{301}", "plain 中文 🙂 e\u{301}"),
            ("a\u{0}b\u{8}c\u{1b}[0m", "abc[0m"),
            ("tab\tline\nend", "tab\tline\nend"),
            ("dos\r\nold mac\rend", "dos\nold mac\nend"),
            ("\u{FFFE}\u{FFFF}\u{FFFD}", "\u{FFFD}"),
            ("]]\u{1}>", "]]>"),
            ("\u{7f}\u{85}\u{10FFFF}", "\u{7f}\u{85}\u{10FFFF}"),
        ] {
            assert_eq!(Text::from(given).as_str(), kept, "{given:?}");
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
