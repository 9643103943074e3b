//! An article as an entry: what a reader is told of it besides its text.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, SubsecRound, Utc};

use super::{Category, Content, Entry, Picture, Text, id};
use crate::catalog::{Page, Site};

/// The entry of a page, which is due at `now`; `categories` are the catalog's terms in their places.
pub(super) fn of(
    site: &Site,
    page: &Page,
    categories: &[Vec<Option<Arc<Category>>>],
    content: Content,
    picture_size: Option<u64>,
    now: DateTime<Utc>,
) -> Entry {
    let article = &page.article;
    let published = page.due().trunc_subsecs(0);
    Entry {
        id: id::article(site, &article.path),
        url: page.url.clone(),
        permalink: true,
        title: Text::line(&article.title),
        published,
        updated: updated(page, now).max(published),
        authors: authors(site, page),
        summary: article.summary.as_deref().map(Text::line).filter(|text| !text.is_empty()),
        content,
        picture: picture(site, page, picture_size),
        language: Text::line(&site.language),
        categories: page
            .terms
            .iter()
            .filter_map(|at| categories[at.taxonomy][at.term].clone())
            .collect(),
        references: Arc::clone(&article.references),
    }
}

/// Who wrote the page: the site's author where nobody is named, since RSS has no author for a feed as
/// a whole that readers would show.
fn authors(site: &Site, page: &Page) -> Vec<Text> {
    let names = |names: &mut dyn Iterator<Item = &String>| -> Vec<Text> {
        names.map(|name| person(name)).filter(|name| !name.is_empty()).collect()
    };
    let own = names(&mut page.article.authors.iter());
    if own.is_empty() { names(&mut site.author.name.iter()) } else { own }
}

/// A name without the mail address that some give with it: `Ada Brook <ada@example.org>`. Feeds are
/// read by people, and by those who collect addresses.
fn person(name: &str) -> Text {
    let is_address = |word: &str| {
        word.split_once('@').is_some_and(|(local, host)| {
            !local.contains(char::is_whitespace) && !local.is_empty() && host.contains('.')
        })
    };
    match name.split_once('<') {
        Some((name, address)) if is_address(address) && !name.trim().is_empty() => Text::line(name),
        _ if is_address(name) => {
            Text::line(name.trim_start_matches('<').split('@').next().unwrap_or(name))
        }
        _ => Text::line(name),
    }
}

/// When the page last changed. A `lastmod` or `date` that lies ahead is a slip of the pen or a hint
/// to other software: a feed whose entries change tomorrow would mislead readers.
fn updated(page: &Page, now: DateTime<Utc>) -> DateTime<FixedOffset> {
    let article = &page.article;
    [article.lastmod, Some(article.date)]
        .into_iter()
        .flatten()
        .filter(|date| *date <= now)
        .max()
        .unwrap_or_else(|| page.due())
        .trunc_subsecs(0)
}

/// The page's picture. A leaf bundle (`a/index.md`) has it beside the text; any other page's lies
/// below the site's address.
fn picture(site: &Site, page: &Page, size: Option<u64>) -> Option<Picture> {
    let base = if page.is_bundle() { &page.url } else { &site.url };
    let url = base.join(page.article.image.as_deref()?.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| Picture::new(url, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_without_its_mail_address() {
        for (name, expected) in [
            ("Ada Brook <ada@example.org>", "Ada Brook"),
            ("林溪", "林溪"),
            ("ada@example.org", "ada"),
            ("<ada@example.org>", "ada"),
            ("@handle", "@handle"),
            ("R&D @ home", "R&D @ home"),
            ("a < b", "a < b"),
        ] {
            assert_eq!(person(name).as_str(), expected, "{name}");
        }
    }
}
