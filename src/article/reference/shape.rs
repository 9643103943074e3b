//! One footnote's text, taken apart.
//!
//! Two families of shapes are in use, each with and without a link. In the dotted one the title
//! comes first: `[title](url)·publication·author（date）·检索日期date`. In the sentence-like one the
//! author does: `author（date）。[title](url)。publication。检索日期date`, or in English
//! `author (date). "[title](url)". publication. Retrieved date`. [`style`] knows those that mark the
//! title in another way. So: find the link, cut out the date
//! of retrieval and the date in brackets, and what is left falls into place by where it stands.

use chrono::NaiveDate;

use super::day;
use super::link::{LINK, Link, cut_link};
use crate::article::Reference;

mod style;

/// Stands where the date in brackets stood.
const DATE: char = '\u{fffb}';

/// What comes before a date of retrieval.
const RETRIEVED: &[&str] = &[
    "检索日期",
    "检索时间",
    "检索于",
    "訪問日期",
    "访问日期",
    "访问时间",
    "访问于",
    "引用日期",
    "檢索日期",
    "查阅日期",
    "获取日期",
    "retrieved on",
    "retrieved",
    "accessed on",
    "accessed",
    "access date",
];

/// What [`RETRIEVED`] begin with, to pass quickly over all else.
const BEGINNINGS: [char; 9] = ['检', '訪', '访', '引', '檢', '查', '获', 'r', 'a'];

/// What stands where nobody knew: author, date or publication.
const UNKNOWN: &[&str] = &[
    "",
    "未知",
    "未知作者",
    "未知日期",
    "未知时间",
    "作者未知",
    "日期未知",
    "佚名",
    "匿名",
    "无作者",
    "无",
    "无日期",
    "无发布日期",
    "未注明",
    "未注明日期",
    "未注明作者",
    "日期不详",
    "发布日期不详",
    "不详",
    "未提供",
    "未标明",
    "未署名",
    "无作者/日期",
    "无作者，无日期",
    "n.d",
    "n.d.",
    "n.a.",
    "n/a",
    "nd",
    "no date",
    "current date",
    "no author",
    "date",
    "author",
    "unknown",
    "unknown date",
    "unknown author",
    "anonymous",
    "作者",
    "日期",
    "出版物",
];

/// A definition's text without its label, read into a reference without a number.
pub(super) fn read(text: &str) -> Reference {
    let (rest, link) = cut_link(text);
    if let Some(Link { text: whole, url }) = &link
        && meaning(&rest).is_none()
        && is_dotted(whole)
        && !whole.contains("http")
    {
        // The whole line was made a link.
        return Reference { url: Some(url.clone()), ..read(whole) };
    }
    let (rest, accessed) = cut_retrieved(&rest);
    let (rest, published) = cut_date(&rest);
    let untitled = link.as_ref().is_none_or(|link| title_of(link).is_none());
    let styled = if untitled { style::read(&rest) } else { None };
    let mut parts = match (styled, &link) {
        (Some(styled), _) => styled,
        (None, Some(link)) => around_link(&rest, link),
        (None, None) if is_dotted(&rest) => dotted(&rest),
        (None, None) => sentences(&rest),
    };
    // A link whose text is only an address names no title; what stands before it may.
    if parts.title.is_none() {
        parts.title = parts.author.take().filter(|_| link.is_some());
    }
    let title = parts.title.or_else(|| link.as_ref().and_then(|link| meaning(&link.url)));
    Reference {
        number: None,
        title,
        url: link.map(|link| link.url),
        publication: parts.publication,
        author: parts.author,
        published: parts.published.or(published),
        accessed: accessed.or(parts.accessed),
        kind: None,
        quote: None,
    }
}

#[derive(Debug, Default)]
struct Parts {
    title: Option<String>,
    author: Option<String>,
    publication: Option<String>,
    published: Option<NaiveDate>,
    accessed: Option<NaiveDate>,
}

fn cut_retrieved(text: &str) -> (String, Option<NaiveDate>) {
    let lower = text.to_ascii_lowercase();
    let longest_at = |(at, first): (usize, char)| {
        if !BEGINNINGS.contains(&first) {
            return None;
        }
        let words = RETRIEVED.iter().filter(|word| lower[at..].starts_with(**word));
        words.map(|word| word.len()).max().map(|length| (at, length))
    };
    let found = lower.char_indices().rev().find_map(longest_at);
    let Some((start, length)) = found else { return (text.to_owned(), None) };
    let after = &text[start + length..];
    // The date follows at once, perhaps in brackets: `检索日期 [2024年5月10日]`.
    let day = day::find(after).filter(|found| {
        let before = &after[..found.range.start];
        before.chars().all(|c| !c.is_alphanumeric())
    });
    let Some(day) = day else {
        // A date that nobody knew; or a word of the title, as in “Data accessed by nobody”.
        let before = &text[..start];
        let begins = before.trim_end().ends_with(['.', '。', '·', '"', '”']);
        let chinese = !text[start..].starts_with(|c: char| c.is_ascii());
        let rest = if begins || chinese { before.to_owned() + after } else { text.to_owned() };
        return (rest, None);
    };
    let after = &after[day.range.end..];
    // `Retrieved June 13, 2025, from https://…`
    let after = after.trim_start_matches([',', ' ']).strip_prefix("from ").unwrap_or(after);
    (format!("{}{after}", &text[..start]), Some(day.day))
}

/// Cuts what stands in brackets and is a date, or says that there is none; leaves [`DATE`] there.
fn cut_date(text: &str) -> (String, Option<NaiveDate>) {
    let mut rest = text.to_owned();
    let mut published = None;
    let mut from = 0;
    while let Some((open, close)) = bracket(&rest, from) {
        let inside =
            rest[open..close].trim_matches(|c| matches!(c, '(' | ')' | '（' | '）')).trim();
        let day = day::find(inside)
            .filter(|found| inside.chars().count() <= found_length(found, inside) + 12);
        if day.is_none() && !is_unknown(inside) && !is_year(inside) {
            from = close;
            continue;
        }
        published = published.or(day.map(|found| found.day));
        rest.replace_range(open..close, &DATE.to_string());
        from = open + DATE.len_utf8();
    }
    (rest, published)
}

fn found_length(found: &day::Found, text: &str) -> usize {
    text[found.range.clone()].chars().count()
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The next pair of round brackets from `from` on, without another pair in it.
fn bracket(text: &str, from: usize) -> Option<(usize, usize)> {
    let close = from + text[from..].find([')', '）'])?;
    let Some(open) = text[from..close].rfind(['(', '（']) else {
        let width = text[close..].chars().next().map_or(1, char::len_utf8);
        return bracket(text, close + width);
    };
    let width = text[close..].chars().next().map_or(1, char::len_utf8);
    Some((from + open, close + width))
}

fn is_unknown(text: &str) -> bool {
    let text = text.trim();
    UNKNOWN.iter().any(|unknown| unknown.eq_ignore_ascii_case(text))
}

fn is_dotted(text: &str) -> bool {
    text.contains(['·', '•', '・', '∙'])
}

/// What a link says, where that is not its address.
fn title_of(link: &Link) -> Option<String> {
    meaning(&link.text).filter(|title| !title.starts_with("http"))
}

/// Shapes with a link: by what stands before and behind it.
fn around_link(rest: &str, link: &Link) -> Parts {
    let (before, after) = rest.split_once(LINK).unwrap_or(("", rest));
    let title = title_of(link);
    let before = meaning(before.trim_end_matches(['.', '。']));
    let mut behind = if is_dotted(after) { split_dots(after) } else { split_sentences(after) };
    let published = take_day(&mut behind);
    let mut behind: Vec<String> = behind.iter().filter_map(|part| meaning(part)).collect();
    let publication = (!behind.is_empty()).then(|| behind.remove(0));
    // `title (date). [publication](url).`: the longer text is the title.
    if let (Some(text), Some(lead), None) = (&title, &before, &publication)
        && text.chars().count() <= 12
        && lead.chars().count() > 2 * text.chars().count()
    {
        let publication = title.clone();
        return Parts { title: before, publication, published, ..Parts::default() };
    }
    // `title·publication·（date） [address](address)`: the parts are before the link.
    if title.is_none() && rest.split(LINK).next().is_some_and(is_dotted) {
        return Parts { published, ..dotted(rest.split(LINK).next().unwrap_or_default()) };
    }
    let author = before.or_else(|| behind.into_iter().next());
    Parts { title, author, publication, published, accessed: None }
}

/// `title·publication·author`, each of the last two perhaps missing.
fn dotted(rest: &str) -> Parts {
    let mut segments = split_dots(rest);
    let published = take_day(&mut segments);
    // Behind the date there is nothing more to tell apart.
    let parts: Vec<Option<String>> = segments.iter().map(|part| meaning(part)).collect();
    let told: Vec<String> = parts.iter().flatten().cloned().collect();
    // `title·publication·（date）` leaves an empty author.
    let has_author_place = parts.len() >= 3;
    let (title, publication, author) = match told.as_slice() {
        [] => (None, None, None),
        [title] => (Some(title.clone()), None, None),
        [title, publication] => (Some(title.clone()), Some(publication.clone()), None),
        [title @ .., publication, author] if has_author_place => {
            (Some(title.join("·")), Some(publication.clone()), Some(author.clone()))
        }
        [title @ .., publication] => (Some(title.join("·")), Some(publication.clone()), None),
    };
    Parts { title, author, publication, published, accessed: None }
}

/// `author（date）。title。publication`, or `title（date）。publication`.
fn sentences(rest: &str) -> Parts {
    let mut segments = split_sentences(rest);
    let published = take_day(&mut segments);
    let lead_has_date = segments.first().is_some_and(|part| part.contains(DATE));
    let mut told = segments.iter().filter_map(|part| meaning(part)).collect::<Vec<_>>().into_iter();
    let author = if lead_has_date && told.len() >= 3 { told.next() } else { None };
    let (title, publication) = (told.next(), told.next());
    Parts { title, author, publication, published, accessed: None }
}

/// A segment that is a day and nothing else is the day of publication.
fn take_day(segments: &mut Vec<&str>) -> Option<NaiveDate> {
    let at = segments.iter().position(|part| {
        let part = part.trim();
        day::find(part).is_some_and(|found| found.range == (0..part.len()))
    })?;
    day::find(segments.remove(at)).map(|found| found.day)
}

fn split_dots(text: &str) -> Vec<&str> {
    text.split(['·', '•', '・', '∙']).collect()
}

/// Sentences by full stops: the Chinese one anywhere, the Latin one before a blank.
fn split_sentences(text: &str) -> Vec<&str> {
    text.split('。').flat_map(|part| part.split(". ")).collect()
}

/// What a part says, without the marks around it; none where it says nothing.
fn meaning(part: &str) -> Option<String> {
    let plain = plain(part);
    let plain = plain.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '.' | '。' | ',' | '，' | ':' | '：' | ';' | '；' | '·' | '-' | '—' | '"'
            )
    });
    let plain = unpaired(plain);
    let empty = is_unknown(&plain) || !plain.chars().any(char::is_alphanumeric);
    (!empty).then_some(plain)
}

/// Without what stands for the link and the date, without the marks of bold text, and without the
/// backslashes that keep marks from meaning something (`CommonMark` §2.4).
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            LINK | DATE => plain.push(' '),
            '*' if chars.next_if_eq(&'*').is_some() => {}
            '\\' => plain.push(chars.next_if(char::is_ascii_punctuation).unwrap_or(c)),
            _ => plain.push(c),
        }
    }
    plain
}

/// Without quotes around the whole, and without a bracket that has lost its partner.
fn unpaired(text: &str) -> String {
    const PAIRS: [(char, char); 5] = [('“', '”'), ('[', ']'), ('(', ')'), ('（', '）'), ('"', '"')];
    let mut text = text.trim();
    let marked =
        text.contains(PAIRS.map(|(open, _)| open)) || text.contains(PAIRS.map(|(_, close)| close));
    for (open, close) in PAIRS.into_iter().filter(|_| marked) {
        if let Some(inner) = text.strip_prefix(open)
            && let Some(whole) = inner.strip_suffix(close)
            && !whole.contains([open, close])
        {
            text = whole.trim();
        }
        let count = |mark: char| text.matches(mark).count();
        if open != close && count(open) != count(close) {
            text = text.strip_prefix(close).unwrap_or(text);
            text = text.strip_suffix(open).unwrap_or(text);
            if count(close) > count(open) {
                text = text.strip_suffix(close).unwrap_or(text);
            }
            if text.matches(open).count() > text.matches(close).count() {
                text = text.strip_prefix(open).unwrap_or(text);
            }
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
