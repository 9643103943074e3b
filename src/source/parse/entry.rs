//! From the fields of an entry to an item: which of them to believe, and what they say.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use url::Url;

use super::field::Field;
use super::names::Part;
use super::text::plain;
use super::{dates, link};
use crate::source::ParsedItem;

/// Most names of one kind in an item, and most keywords that are read of one field: more than anybody
/// means.
pub(super) const MOST_NAMES: usize = 1_000;

/// The item that an entry tells of, in a feed that is in Chinese or not; what cannot be understood is left
/// out of it.
pub(super) fn item(fields: &[Field<'_>], is_chinese: bool) -> ParsedItem {
    let [published, updated, created] =
        [Part::Published, Part::Updated, Part::Created].map(|part| date(fields, part, is_chinese));
    let url = link::page(fields).or_else(|| link::permalink(fields));
    let own = url.as_deref().and_then(|url| Url::parse(url).ok());
    let html = |part| best(fields, part)?.shown(own.as_ref());
    ParsedItem {
        guid: best(fields, Part::Id).and_then(Field::text),
        title: title(fields),
        published: published.or_else(|| if updated.is_none() { created } else { None }),
        updated,
        summary: html(Part::Summary),
        content: html(Part::Content),
        authors: names(fields, authors),
        categories: names(fields, categories),
        url,
    }
}

/// The first field of the lowest rank.
pub(super) fn best<'f, 'a>(fields: &'f [Field<'a>], part: Part) -> Option<&'f Field<'a>> {
    fields.iter().filter(|field| field.part == part).min_by_key(|field| field.rank)
}

/// The first line of the lowest rank that says anything.
fn title(fields: &[Field<'_>]) -> Option<String> {
    let mut titles: Vec<&Field<'_>> =
        fields.iter().filter(|field| field.part == Part::Title).collect();
    titles.sort_by_key(|field| field.rank);
    titles.into_iter().find_map(Field::line)
}

/// The last date of the lowest rank that is one: who changes a date adds another below.
fn date(fields: &[Field<'_>], part: Part, is_chinese: bool) -> Option<DateTime<Utc>> {
    let dated = fields.iter().rev().filter(|field| field.part == part);
    let dated =
        dated.filter_map(|field| Some((field.rank, dates::read(&field.text()?, is_chinese)?)));
    dated.min_by_key(|(rank, _)| *rank).map(|(_, date)| date)
}

/// Names on one line, each once.
fn names(fields: &[Field<'_>], of: fn(&Field<'_>) -> Vec<String>) -> Vec<String> {
    unique(fields.iter().flat_map(of))
}

/// The first of the names in plain text, each once.
pub(super) fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut known = HashSet::new();
    let plain = names.filter_map(|name| plain(&name));
    plain.filter(|name| known.insert(name.clone())).take(MOST_NAMES).collect()
}

fn authors(field: &Field<'_>) -> Vec<String> {
    let name = (field.part == Part::Author).then(|| field.name()).flatten();
    name.iter().map(|name| person(name).to_owned()).collect()
}

/// RSS writes `mail@example.org (Name)`.
fn person(text: &str) -> &str {
    match text.split_once('(') {
        Some((mail, name)) if mail.contains('@') => name.trim_end().trim_end_matches(')'),
        _ => text,
    }
}

fn categories(field: &Field<'_>) -> Vec<String> {
    match field.part {
        Part::Category => {
            let label = ["label", "term", "text"].iter().find_map(|name| field.attribute(name));
            label.or_else(|| field.text()).into_iter().collect()
        }
        Part::Keywords => {
            let words = field.text().unwrap_or_default();
            words.split(',').take(MOST_NAMES).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
