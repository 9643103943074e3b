//! What an item says, as Markdown that says the same.
//!
//! Titles, names and addresses come from elsewhere. In a footnote they must stand on one line, and
//! no mark in them may mean anything to Markdown or to Hugo. Marks that mean nothing where they
//! stand are left alone, because people read the file too.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Marks that mean something where a second one stands behind them on the line, whoever wrote it: formulas
/// stand between dollars, words that are struck out between tildes.
const PAIRED: [char; 2] = ['$', '~'];

/// Text on one line, with every mark escaped that would mean something (`CommonMark` §2.4) beside
/// whatever text.
pub fn text(text: &str) -> String {
    with_escaped(&part(text), &PAIRED)
}

/// The same for a part of a citation, but for the marks that mean something in pairs: only who knows all
/// parts can tell whether they do.
pub(super) fn part(text: &str) -> String {
    let line = one_line(text);
    let mut escaped = String::with_capacity(line.len());
    for (at, c) in line.char_indices() {
        let before = line[..at].chars().next_back();
        let after = &line[at + c.len_utf8()..];
        let next = after.chars().next();
        let means = match c {
            '\\' | '`' | '*' | '[' | ']' => true,
            // Within a word it is a letter: `snake_case`.
            '_' => ![before, next].iter().all(|c| c.is_some_and(char::is_alphanumeric)),
            '<' => next.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')),
            '&' => is_entity(after),
            // `[^…]` is a footnote's mark.
            '^' => before.is_none(),
            // `{{<` and `{{%` begin a shortcode of Hugo's, escaped or not.
            '{' => before == Some('{'),
            _ => false,
        };
        if means {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Of the marks that mean something in pairs, those that stand at least twice in texts on one line.
pub(super) fn paired<'a>(texts: &(impl Iterator<Item = &'a str> + Clone)) -> Vec<char> {
    let twice = |mark: &char| texts.clone().flat_map(|text| text.matches(*mark)).nth(1).is_some();
    PAIRED.into_iter().filter(twice).collect()
}

/// A text with these marks escaped.
pub(super) fn with_escaped(text: &str, marks: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if marks.contains(&c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Runs of blanks and line ends as one blank; nothing that cannot be seen.
fn one_line(text: &str) -> String {
    let words = text.split_whitespace().map(|word| word.replace(is_invisible, ""));
    words.filter(|word| !word.chars().all(is_joiner)).collect::<Vec<_>>().join(" ")
}

/// What shows nothing: a control, or a character of category Cf, which may turn round the direction of all
/// that follows.
fn is_invisible(c: char) -> bool {
    c.is_control() || c.general_category() == GeneralCategory::Format && !is_joiner(c)
}

/// ZWNJ and ZWJ, which decide how the letters beside them look: in emoji, and in Persian or Hindi.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether what follows an `&` makes it a character reference (`CommonMark` §2.5).
fn is_entity(after: &str) -> bool {
    let name = after.split(';').next().unwrap_or_default();
    after.len() > name.len()
        && !name.is_empty()
        && name.strip_prefix('#').unwrap_or(name).bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A footnote's text whose first mark would make it a heading, a list or a quotation, with that
/// mark escaped.
pub(super) fn beginning(citation: &str) -> String {
    let digits = citation.bytes().take_while(u8::is_ascii_digit).count();
    let hashes = citation.bytes().take_while(|byte| *byte == b'#').count();
    let ends = |at: usize| citation[at..].chars().next().is_none_or(char::is_whitespace);
    let mark = match citation.as_bytes().first() {
        Some(b'>') => Some(0),
        Some(b'-' | b'+') if ends(1) => Some(0),
        Some(b'#') if ends(hashes) => Some(0),
        // `2025. ` begins an ordered list.
        Some(b'0'..=b'9') if citation[digits..].starts_with(['.', ')']) && ends(digits + 1) => {
            Some(digits)
        }
        _ => None,
    };
    mark.map_or_else(
        || citation.to_owned(),
        |at| format!("{}\\{}", &citation[..at], &citation[at..]),
    )
}

/// An address that Markdown reads as one between round and between angle brackets; none for a blank
/// one. Pairs of round brackets may stay (`CommonMark` §6.3), and so remain what others compare.
pub(super) fn address(url: &str) -> Option<String> {
    let url = url.trim();
    let paired = is_paired(url);
    let mut target = String::with_capacity(url.len());
    for c in url.chars() {
        let kept = match c {
            '(' | ')' => paired,
            // `{{` and the percent sign of the next mark would begin a shortcode of Hugo's.
            '<' | '>' | '\\' | '`' | '{' | '}' => false,
            c => !c.is_whitespace() && !is_invisible(c),
        };
        if kept {
            target.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                target.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    (!target.is_empty()).then_some(target)
}

/// Whether each round bracket has its partner.
fn is_paired(url: &str) -> bool {
    let mut open = 0_usize;
    let closed = url.chars().all(|c| match c {
        '(' => {
            open += 1;
            true
        }
        ')' => {
            let had = open > 0;
            open = open.saturating_sub(1);
            had
        }
        _ => true,
    });
    closed && open == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_is_escaped_and_nothing_else() {
        for (plain, expected) in [
            ("小模型[上]", "小模型\\[上\\]"),
            ("a\r\n b\tc\u{3000}d\u{0}", "a b c d"),
            ("snake_case _x_", "snake_case \\_x\\_"),
            ("*重磅* `rm`", "\\*重磅\\* \\`rm\\`"),
            ("a < b, <b>, </i>", "a < b, \\<b>, \\</i>"),
            ("AT&T &amp; R&D; &#39;", "AT&T \\&amp; R\\&D; \\&#39;"),
            ("投资$5", "投资\\$5"),
            ("$5 到 $9", "\\$5 到 \\$9"),
            ("a\u{202e}b\u{200b}c \u{feff} \u{ad}d\u{2066}", "abc d"),
            (
                "👩\u{200d}🔬 می\u{200c}خواهم \u{200d} क्\u{200d}ष",
                "👩\u{200d}🔬 می\u{200c}خواهم क्\u{200d}ष",
            ),
            ("\u{200d}\u{200c}", ""),
            ("~5% ~6%", "\\~5% \\~6%"),
            ("^1 x^2", "\\^1 x^2"),
            ("{{< x >}}", "{\\{< x >}}"),
            ("甲|乙", "甲|乙"),
            ("C:\\x", "C:\\\\x"),
        ] {
            assert_eq!(text(plain), expected, "{plain}");
        }
    }

    #[test]
    fn a_footnote_is_a_paragraph_whatever_it_begins_with() {
        for (plain, expected) in [
            ("# 一", "\\# 一"),
            ("#一", "#一"),
            ("2025. The year", "2025\\. The year"),
            ("2025.5 is", "2025.5 is"),
            ("- x", "\\- x"),
            ("-x", "-x"),
            ("> x", "\\> x"),
            ("甲", "甲"),
            ("", ""),
        ] {
            assert_eq!(beginning(plain), expected, "{plain}");
        }
    }

    #[test]
    fn an_address_stays_what_it_is_and_ends_where_it_ends() {
        for (url, expected) in [
            (" https://example.org/a b ", Some("https://example.org/a%20b")),
            ("https://example.org/wiki/A_(b)", Some("https://example.org/wiki/A_(b)")),
            ("https://example.org/a)b(", Some("https://example.org/a%29b%28")),
            ("https://example.org/((", Some("https://example.org/%28%28")),
            ("https://example.org/人工<智能>\u{3000}", Some("https://example.org/人工%3C智能%3E")),
            ("https://example.org/甲\u{3000}乙", Some("https://example.org/甲%E3%80%80乙")),
            ("https://example.org/{{% x %}}", Some("https://example.org/%7B%7B%%20x%20%%7D%7D")),
            (
                "https://example.org/a\u{202e}b\u{200b}",
                Some("https://example.org/a%E2%80%AEb%E2%80%8B"),
            ),
            (" ", None),
        ] {
            assert_eq!(address(url).as_deref(), expected, "{url}");
        }
    }
}
