//! Which feeds a catalog has, and what stands in each.
//!
//! Takes the catalog, the settings and the time; gives a feed for the site, for each section and
//! for each term that has enough published articles and is not hidden. Nothing of a draft, of a
//! scheduled or of an expired article gets past here. An article that any feed shows becomes one
//! [`Entry`], which all its feeds share; its body is rendered when the entry is.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, SubsecRound, Utc};
use url::Url;

use super::path::address;
use super::{
    BadPath, Category, Content, ContentMode, Entry, Feed, FeedPath, Group, Person, Settings, Text,
};
use super::{id, page};
use crate::catalog::{Catalog, Page, Site, Standing};

/// All feeds of a site.
pub struct Plan<'a> {
    /// Title of the whole.
    pub title: Text,
    /// The site's address.
    pub home: Url,
    /// BCP 47 language tag.
    pub language: Text,
    /// Who answers for it.
    pub author: Person,
    /// The site's feed, the sections', the terms'; no two with the same path.
    pub feeds: Vec<Feed>,
    /// Feeds that cannot be, and why.
    pub refused: Vec<BadPath>,
    catalog: &'a Catalog,
    body_html: &'a (dyn Fn(&Page) -> String + Sync),
}

impl Plan<'_> {
    /// The HTML of [`Content::Page`]; empty where the catalog has no such page.
    pub(super) fn body(&self, page: usize) -> String {
        self.catalog.pages.get(page).map(self.body_html).unwrap_or_default()
    }
}

/// A feed before its entries are made.
struct Outline {
    path: FeedPath,
    group: Group,
    name: Text,
    home: Url,
    /// How many published articles it is about.
    articles: usize,
    /// Those that it shows, as indices of the catalog's pages.
    shown: Vec<usize>,
}

/// The feeds of `catalog` at `now`. `body_html` turns a page's body into safe HTML with absolute
/// addresses. Only writing and rendering ask for it: writing once for each page that a feed shows,
/// from several threads, and not at all where entries carry a summary only.
pub fn plan<'a>(
    catalog: &'a Catalog,
    settings: &Settings,
    now: DateTime<Utc>,
    body_html: &'a (dyn Fn(&Page) -> String + Sync),
) -> Plan<'a> {
    let site = &catalog.site;
    let author = person(site);
    let language = Text::line(&site.language);
    let (outlines, refused) = outlines(catalog, settings, now);

    let mut shown = vec![false; catalog.pages.len()];
    for page in outlines.iter().flat_map(|outline| &outline.shown) {
        shown[*page] = true;
    }
    let schemes: Vec<Url> = catalog
        .taxonomies
        .iter()
        .map(|taxonomy| address(&site.url, &[&taxonomy.settings.path], ""))
        .collect();
    let entries: Vec<Option<Arc<Entry>>> = shown
        .into_iter()
        .enumerate()
        .map(|(at, shown)| {
            let content = match settings.content {
                ContentMode::Full => Content::Page(at),
                ContentMode::Summary => Content::None,
            };
            shown.then(|| Arc::new(entry(catalog, at, &schemes, content, now)))
        })
        .collect();

    let feeds = outlines
        .into_iter()
        .map(|outline| {
            let title = match outline.group {
                Group::Site => outline.name.clone(),
                _ => Text::line(&format!("{} · {}", outline.name, site.title)),
            };
            Feed {
                id: id::feed(site, &outline.path),
                description: match &outline.group {
                    Group::Site => Text::line(&site.description),
                    group => {
                        let group = page::group_title(group, &site.language);
                        Text::line(&format!("{} · {group}: {}", site.title, outline.name))
                    }
                },
                title,
                path: outline.path,
                group: outline.group,
                name: outline.name,
                home: outline.home,
                language: language.clone(),
                author: author.clone(),
                articles: outline.articles,
                entries: outline.shown.iter().filter_map(|page| entries[*page].clone()).collect(),
            }
        })
        .collect();
    Plan {
        title: Text::line(&site.title),
        home: site.url.clone(),
        language,
        author,
        feeds,
        refused,
        catalog,
        body_html,
    }
}

fn outlines(
    catalog: &Catalog,
    settings: &Settings,
    now: DateTime<Utc>,
) -> (Vec<Outline>, Vec<BadPath>) {
    let site = &catalog.site;
    let published: Vec<bool> =
        catalog.pages.iter().map(|page| page.standing(now) == Standing::Published).collect();
    let mut outlines = Vec::new();
    let mut refused = Vec::new();
    let mut taken = std::collections::HashSet::new();
    let mut add = |parts: &[&str], group: Group, name: &str, pages: &[usize], least: usize| {
        let pages: Vec<usize> = pages.iter().copied().filter(|page| published[*page]).collect();
        if pages.len() < least {
            return;
        }
        let path = match FeedPath::new(parts) {
            Ok(path) if taken.insert(path.clone()) => path,
            Ok(_) => {
                let reason = "another feed has it already";
                refused.push(BadPath { path: parts.join("/"), reason });
                return;
            }
            Err(bad) => {
                refused.push(bad);
                return;
            }
        };
        if !settings.only.is_empty() && !settings.only.contains(&path) {
            return;
        }
        outlines.push(Outline {
            path,
            group,
            name: Text::line(name),
            home: address(&site.url, parts, ""),
            articles: pages.len(),
            shown: pages.into_iter().take(settings.limit).collect(),
        });
    };

    let all: Vec<usize> = (0..catalog.pages.len()).collect();
    add(&[], Group::Site, &site.title, &all, 0);
    for section in &catalog.sections {
        add(&[&section.slug], Group::Section, &section.name, &section.pages, 1);
    }
    for taxonomy in &catalog.taxonomies {
        let of = &taxonomy.settings;
        for term in taxonomy.terms.iter().filter(|term| !term.hidden) {
            let group = Group::Term { path: of.path.clone(), title: Text::line(&of.title) };
            let least = settings.min_articles.max(1);
            // A term such as `CI/CD` is a path of several folders, as in Hugo.
            let parts: Vec<&str> =
                [of.path.as_str()].into_iter().chain(term.slug.split('/')).collect();
            add(&parts, group, &term.name, &term.pages, least);
        }
    }
    (outlines, refused)
}

fn entry(
    catalog: &Catalog,
    page: usize,
    schemes: &[Url],
    content: Content,
    now: DateTime<Utc>,
) -> Entry {
    let page = &catalog.pages[page];
    let article = &page.article;
    let published = page.due().trunc_subsecs(0);
    Entry {
        id: id::article(&catalog.site, &article.path),
        url: page.url.clone(),
        title: Text::line(&article.title),
        published,
        updated: updated(page, now).max(published),
        authors: authors(&catalog.site, page),
        summary: article.summary.as_deref().map(Text::line).filter(|text| !text.is_empty()),
        content,
        image: image(&catalog.site, page),
        language: Text::line(&catalog.site.language),
        categories: page
            .terms
            .iter()
            .filter(|at| !catalog.term(**at).hidden)
            .map(|at| Category {
                name: Text::line(&catalog.term(*at).name),
                scheme: schemes[at.taxonomy].clone(),
            })
            .collect(),
        references: article.references.clone(),
    }
}

/// Who wrote the page: the site's author where nobody is named, since RSS has no author for a feed as
/// a whole that readers would show.
fn authors(site: &Site, page: &Page) -> Vec<Text> {
    let names = |names: &mut dyn Iterator<Item = &String>| -> Vec<Text> {
        names.map(|name| Text::line(name)).filter(|name| !name.is_empty()).collect()
    };
    let own = names(&mut page.article.authors.iter());
    if own.is_empty() { names(&mut site.author.name.iter()) } else { own }
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

/// The address of the page's picture. A leaf bundle (`a/index.md`) has it beside the text; any
/// other page's lies below the site's address.
fn image(site: &Site, page: &Page) -> Option<Url> {
    let article = &page.article;
    let bundle = article.path.rsplit('/').next().is_some_and(|name| name.starts_with("index."));
    let base = if bundle { &page.url } else { &site.url };
    let url = base.join(article.image.as_deref()?.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Atom requires a name of somebody: the site itself where nobody is named.
fn person(site: &Site) -> Person {
    let author = &site.author;
    let some = |text: &Option<String>| {
        text.as_deref().map(Text::line).filter(|text: &Text| !text.is_empty())
    };
    Person {
        name: some(&author.name).unwrap_or_else(|| Text::line(&site.title)),
        // RFC 4287 §3.2.3: an address, not just any word.
        email: some(&author.email).filter(|email| email.contains('@')),
        url: some(&author.url),
    }
}
