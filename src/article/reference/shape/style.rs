//! Shapes of the common styles, which say by themselves where the title ends.
//!
//! GB/T 7714 marks it by the kind of document: `author. title[EB/OL]. publisher (date)[accessed].
//! url.`; APA and others by emphasis: `author. (date). *title*. publication. url`. The link, the
//! dates in round brackets and the date of retrieval have been cut out already.

use super::{DATE, Parts, day, meaning, split_sentences, take_day};

/// Kinds of documents (GB/T 7714-2015, appendix B), each perhaps with its carrier behind a stroke.
const KINDS: &[&str] =
    &["M", "C", "N", "J", "D", "R", "S", "P", "G", "DB", "CP", "EB", "A", "CM", "DS", "Z"];

/// Carriers of electronic documents.
const CARRIERS: &[&str] = &["MT", "DK", "CD", "OL"];

/// Reads either; none where nothing marks the title.
pub(super) fn read(rest: &str) -> Option<Parts> {
    by_kind(rest).or_else(|| by_emphasis(rest))
}

fn by_kind(rest: &str) -> Option<Parts> {
    let (open, kind) = rest.match_indices('[').find_map(|(open, _)| {
        let (kind, after) = rest[open + 1..].split_once(']')?;
        let ends = after.is_empty() || after.starts_with(['.', '．', '。', '(', DATE]);
        (is_kind(kind) && ends).then_some((open, kind))
    })?;
    let (before, after) = (&rest[..open], &rest[open + kind.len() + 2..]);
    let (author, title) = match before.split_once(". ").or_else(|| before.split_once('。')) {
        Some((author, title)) if meaning(title).is_some() => (meaning(author), title),
        _ => (None, before),
    };
    let mut segments = split_sentences(after);
    let mut published = take_day(&mut segments);
    // Of newspapers the day stands behind the name: `人民日报, 2013-03-16(1)`.
    let publication = segments.iter().find_map(|part| {
        let part = part.split(['[', DATE]).next().unwrap_or_default();
        let found = day::find(part);
        published = published.or(found.as_ref().map(|found| found.day));
        meaning(found.map_or(part, |found| &part[..found.range.start]))
    });
    let accessed =
        after.split('[').skip(1).find_map(|part| Some(day::find(part.split(']').next()?)?.day));
    Some(Parts { title: Some(meaning(title)?), author, publication, published, accessed })
}

fn is_kind(text: &str) -> bool {
    let (kind, carrier) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    KINDS.contains(&kind) && carrier.is_none_or(|carrier| CARRIERS.contains(&carrier))
}

fn by_emphasis(rest: &str) -> Option<Parts> {
    let (start, end) = emphasis(rest)?;
    let title = meaning(&rest[start + 1..end])?;
    let author = meaning(&rest[..start]);
    let mut behind = split_sentences(&rest[end + 1..]);
    let published = take_day(&mut behind);
    let publication = behind.iter().find_map(|part| meaning(part));
    Some(Parts { title: Some(title), author, publication, published, accessed: None })
}

/// Where the one mark of emphasis stands, and where its partner does: between blanks or marks,
/// single, and around more than one word's part.
fn emphasis(rest: &str) -> Option<(usize, usize)> {
    let outside =
        |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '*' | '_' | '\\'));
    ['*', '_'].into_iter().find_map(|mark| {
        let mut marks =
            rest.match_indices(mark).map(|(at, _)| at).filter(|at| !rest[..*at].ends_with('\\'));
        let start = marks.next()?;
        let end = marks.next_back()?;
        let inside = &rest[start + 1..end];
        let tight = !inside.starts_with([' ', mark]) && !inside.ends_with([' ', mark]);
        let before = rest[..start].chars().next_back();
        let after = rest[end + 1..].chars().next();
        (tight && outside(before) && outside(after)).then_some((start, end))
    })
}
