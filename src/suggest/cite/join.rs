//! Puts the pieces of a citation together, and takes what belonged to a missing one.
//!
//! Where a part is missing, the brackets around nothing go, and of the separators on both sides one
//! stays where there is still something to separate, a full stop rather than a comma. Only the
//! template's own marks are ever taken: what a part says stays as it is.

use super::escape;

/// A piece of a citation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text of the template.
    Text(&'a str),
    /// What a part says.
    Value(String),
    /// What a part says that is an address, in which a backslash is none of Markdown's.
    Address(String),
    /// A part is missing here.
    Gap,
}

impl Piece<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Value(value) | Self::Address(value) => value,
            Self::Gap => "",
        }
    }
}

/// Brackets, quotes and marks of emphasis that go when there is nothing between them.
const PAIRS: &[(char, char)] = &[
    ('（', '）'),
    ('(', ')'),
    ('[', ']'),
    ('【', '】'),
    ('《', '》'),
    ('〈', '〉'),
    ('「', '」'),
    ('『', '』'),
    ('<', '>'),
    ('“', '”'),
    ('‘', '’'),
    ('"', '"'),
    ('\'', '\''),
    ('*', '*'),
    ('_', '_'),
];

/// What separates one part from the next; blanks do as well.
const SEPARATORS: &[char] =
    &['。', '.', ',', '，', '、', ';', '；', ':', '：', '·', '•', '-', '–', '—', '/', '|'];

/// What may stay at the end of all.
const STOPS: &[char] = &['。', '.'];

/// What ends a sentence, so that no full stop follows, in English and in Chinese.
const ENDS: &[char] = &['。', '.', '！', '!', '？', '?', '…'];

/// What may close around the end of a sentence.
const CLOSING: &[char] = &['*', '_', '"', '”', '’', '」', '』'];

/// The citation that the pieces make.
pub(super) fn join(pieces: &[Piece<'_>]) -> String {
    let mut joined = Joined::default();
    let paired = escape::paired(&pieces.iter().map(Piece::as_str));
    for piece in pieces {
        match piece {
            Piece::Text(text) => joined.text(text),
            Piece::Value(value) => {
                joined.value(&escape::with_escaped(value, &paired));
                joined.exclaims = value.ends_with('!').then_some(joined.fixed);
            }
            Piece::Address(address) => joined.value(address),
            Piece::Gap => joined.gap = true,
        }
    }
    joined.end()
}

#[derive(Debug, Default)]
struct Joined {
    text: String,
    /// How much of the text is fixed: behind it there are only marks of the template.
    fixed: usize,
    /// Whether a part is missing behind the text.
    gap: bool,
    /// Where the last value ends, if with an exclamation mark.
    exclaims: Option<usize>,
}

impl Joined {
    fn value(&mut self, value: &str) {
        self.text.push_str(value);
        self.fixed = self.text.len();
        self.gap = false;
        self.exclaims = None;
    }

    fn text(&mut self, text: &str) {
        let rest = if self.gap { self.close(text) } else { text };
        let (said, loose) = self.text.split_at(self.fixed);
        if said.ends_with(ENDS) && loose.trim_start_matches(CLOSING).is_empty() {
            let (closing, rest) = without_stop(rest);
            self.push(closing);
            self.push(rest);
            return self.fix();
        }
        self.push(rest);
        self.fix();
    }

    /// Adds marks and words of the template.
    fn push(&mut self, text: &str) {
        if self.exclaims == Some(self.text.len()) && text.starts_with('[') {
            // Together they would begin a picture (CommonMark §6.4).
            self.text.insert(self.text.len() - 1, '\\');
            self.fixed += 1;
        }
        self.text.push_str(text);
    }

    /// Moves the end of what is fixed behind the last mark that is none to be taken.
    fn fix(&mut self) {
        let loose = self.text[self.fixed..].trim_end_matches(is_mark);
        if !loose.is_empty() {
            self.fixed += loose.len();
            self.gap = false;
        }
    }

    /// Takes what the missing part leaves behind, and gives what remains of the text after it.
    fn close<'a>(&mut self, after: &'a str) -> &'a str {
        let mut after = after;
        while let Some(rest) = self.close_pair(after) {
            after = rest;
        }
        let marks = self.text[self.fixed..].trim_end_matches(is_separator).len();
        let left = &self.text[self.fixed + marks..];
        let rest = after.trim_start_matches(is_separator);
        let right = &after[..after.len() - rest.len()];
        let begins = self.text.len() == left.len()
            || self.text[..self.text.len() - left.len()].ends_with(is_opening);
        if begins || rest.starts_with(is_closing) {
            self.text.truncate(self.text.len() - left.len());
            return rest;
        }
        if strength(right) > strength(left) {
            self.text.truncate(self.text.len() - left.len());
            return after;
        }
        rest
    }

    /// Takes a pair of brackets around nothing; none where there is none.
    fn close_pair<'a>(&mut self, after: &'a str) -> Option<&'a str> {
        let before = self.text[self.fixed..].trim_end();
        let (open, close) = (before.chars().next_back()?, after.trim_start().chars().next()?);
        PAIRS.contains(&(open, close)).then_some(())?;
        self.text.truncate(self.fixed + before.len() - open.len_utf8());
        Some(&after.trim_start()[close.len_utf8()..])
    }

    fn end(mut self) -> String {
        if self.gap {
            let kept = self.text[self.fixed..].trim_end_matches(is_separator).len();
            let stop = self.text[self.fixed + kept..].chars().find(|c| STOPS.contains(c));
            self.text.truncate(self.fixed + kept);
            self.text.extend(stop.filter(|_| !self.text.ends_with(ENDS)));
        }
        self.text.trim().to_owned()
    }
}

/// A text without its full stop, which stands first or behind the marks that close what ended.
fn without_stop(text: &str) -> (&str, &str) {
    let stop = text.trim_start_matches(CLOSING);
    let closing = &text[..text.len() - stop.len()];
    (closing, stop.strip_prefix(STOPS).unwrap_or(stop))
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || SEPARATORS.contains(&c)
}

fn is_opening(c: char) -> bool {
    PAIRS.iter().any(|(open, close)| *open == c && open != close)
}

fn is_closing(c: char) -> bool {
    PAIRS.iter().any(|(open, close)| *close == c && open != close)
}

fn is_mark(c: char) -> bool {
    is_separator(c) || PAIRS.iter().any(|(open, close)| [*open, *close].contains(&c))
}

/// How far a run of separators keeps two parts apart.
fn strength(separators: &str) -> u8 {
    if separators.contains(STOPS) {
        3
    } else if separators.contains(SEPARATORS) {
        2
    } else {
        u8::from(!separators.is_empty())
    }
}
