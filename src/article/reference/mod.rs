//! References: what an article cites, from its footnotes, the list below their heading and its
//! `sources:`.
//!
//! [`section`] finds the footnotes' definitions in a body and [`list`] the entries without a note,
//! [`shape`] reads one of them in the many shapes that editors have used over the years, [`day`] reads
//! its dates, [`mark`] finds where a further note's mark may be set. A source that stands in several
//! places is one reference.

use serde_json::Value;

use super::{Reference, ReferenceKind};
use crate::address::canonical;

mod day;
mod heading;
mod html;
mod link;
mod list;
pub mod mark;
pub mod section;
mod shape;

/// The references of a body: its footnotes in order, then what is only listed.
pub fn in_body(body: &str) -> Vec<Reference> {
    let (lines, _) = section::lines(body);
    let notes = section::definitions(&lines);
    let listed = list::entries(&lines, &notes).into_iter().map(|one| one.reference);
    let noted = notes.into_iter().map(|definition| Reference {
        number: Some(definition.label),
        ..shape::read(&definition.text)
    });
    merge(noted.collect(), listed.collect())
}

/// The references of a front matter's `sources:`; what is no source in it is passed over.
pub fn from_front_matter(sources: &Value) -> Vec<Reference> {
    let list = match sources {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    list.iter().filter_map(from_source).collect()
}

fn from_source(source: &Value) -> Option<Reference> {
    let Value::Object(keys) = source else {
        // A lone address is a source too.
        let url = source.as_str().filter(|text| canonical(text).is_some())?;
        return Some(Reference { url: Some(url.to_owned()), ..Reference::default() });
    };
    let text = |names: &[&str]| {
        names
            .iter()
            .filter_map(|name| keys.get(*name)?.as_str())
            .map(str::trim)
            .find(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let date = |names: &[&str]| text(names).and_then(|text| Some(day::find(&text)?.day));
    let reference = Reference {
        number: None,
        title: text(&["title"]),
        url: text(&["url", "link"]),
        publication: text(&["publisher", "publication"]),
        author: text(&["author"]),
        published: date(&["date", "published"]),
        accessed: date(&["accessed"]),
        kind: text(&["type"]).and_then(|kind| match kind.to_lowercase().as_str() {
            "primary" => Some(ReferenceKind::Primary),
            "secondary" => Some(ReferenceKind::Secondary),
            _ => None,
        }),
        quote: text(&["quote"]),
    };
    (reference.title.is_some() || reference.url.is_some()).then_some(reference)
}

/// Footnotes and other sources as one list; what a footnote does not say is taken from these.
pub fn merge(mut notes: Vec<Reference>, sources: Vec<Reference>) -> Vec<Reference> {
    for source in sources {
        match notes.iter_mut().find(|note| same(note, &source)) {
            Some(note) => fill(note, source),
            None => notes.push(source),
        }
    }
    notes
}

/// Whether two references are of one thing: the same address, or the same title where one of them
/// has no address.
fn same(a: &Reference, b: &Reference) -> bool {
    let key = |reference: &Reference| reference.url.as_deref().and_then(canonical);
    match (key(a), key(b)) {
        (Some(a), Some(b)) => a == b,
        _ => match (&a.title, &b.title) {
            (Some(a), Some(b)) => a.trim().to_lowercase() == b.trim().to_lowercase(),
            _ => false,
        },
    }
}

fn fill(note: &mut Reference, source: Reference) {
    note.title = note.title.take().or(source.title);
    note.url = note.url.take().or(source.url);
    note.publication = note.publication.take().or(source.publication);
    note.author = note.author.take().or(source.author);
    note.published = note.published.or(source.published);
    note.accessed = note.accessed.or(source.accessed);
    note.kind = note.kind.or(source.kind);
    note.quote = note.quote.take().or(source.quote);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_source_in_both_places_is_one_reference() {
        let notes = in_body(
            "## 引用\n\n[^1]: [甲](https://www.example.org/a/)·报·（2025/6/8）\n[^2]: 乙·报\n",
        );
        let sources = from_front_matter(&json!([
            {"title": "甲一", "url": "http://example.org/a?utm_source=x", "type": "primary", "quote": "原话"},
            {"title": "乙", "publisher": "他报", "accessed": "2025-06-09"},
            {"title": "丙", "url": "https://example.org/c"},
            {"comment": "nothing"},
            "https://example.org/d",
            42,
        ]));
        let all = merge(notes, sources);
        let titles: Vec<_> = all.iter().map(|one| one.title.as_deref()).collect();
        assert_eq!(titles, [Some("甲"), Some("乙"), Some("丙"), None]);
        assert_eq!(all[0].kind, Some(ReferenceKind::Primary));
        assert_eq!(all[0].quote.as_deref(), Some("原话"));
        assert_eq!(all[1].publication.as_deref(), Some("报"));
        assert_eq!(all[1].accessed.map(|day| day.to_string()).as_deref(), Some("2025-06-09"));
    }

    proptest! {
        #[test]
        fn no_body_can_make_it_panic(body in "(\\[\\^1\\]: |## 引用\n|https?://|\\PC|[\\[\\]()（）。·\n年月日/0-9 .]){0,60}") {
            in_body(&body);
            section::find(&body);
            section::strip(&body);
        }
    }
}
