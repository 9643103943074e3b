//! Which feeds a catalog has, and what stands in each.
//!
//! Takes the catalog, the settings and the time; gives a feed for the site, for each section and
//! for each term that has enough published articles and is not hidden, the pages of their history
//! where these are wanted, and the redirects from where they were. Nothing of a draft, of a
//! scheduled or of an expired article gets past here. An article that any feed shows becomes one
//! [`Entry`], which all its feeds share; its body is read and rendered when the entry is.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::{HashSet, HashSetExt};
use rayon::prelude::*;
use url::Url;

use super::path::address;
use super::redirect::Redirect;
use super::{
    About, BadPath, Category, Content, ContentMode, Entry, Feed, FeedPath, Group, Part, Settings,
    Text,
};
use super::{entry, history, id, page};
use crate::catalog::{Catalog, Page, Site, Standing};

/// What planning and rendering ask of whoever has the files.
pub trait Material: Sync {
    /// The body of a page as safe HTML with absolute addresses.
    ///
    /// # Errors
    ///
    /// The reason why it cannot be had now, in a sentence.
    fn body(&self, page: &Page) -> Result<String, String>;

    /// The size in bytes of a page's picture, where the file is at hand.
    fn picture_size(&self, page: &Page) -> Option<u64>;
}

/// All feeds of a site.
pub struct Plan<'a> {
    /// The site.
    pub about: Arc<About>,
    /// The site's feed, the sections', the terms'; no two with the same path.
    pub feeds: Vec<Feed>,
    /// The pages of their history.
    pub archives: Vec<Feed>,
    /// Where feeds were before.
    pub redirects: Vec<Redirect>,
    /// Feeds that cannot be, and why.
    pub refused: Vec<BadPath>,
    /// Published pages that no feed shows, because another one has their address: both by their place
    /// in the catalog.
    pub clashes: Vec<(usize, usize)>,
    catalog: &'a Catalog,
    material: &'a dyn Material,
}

impl Plan<'_> {
    /// The HTML of [`Content::Page`].
    pub(super) fn body(&self, page: usize) -> Result<String, String> {
        self.catalog.pages.get(page).map_or(Ok(String::new()), |page| self.material.body(page))
    }

    /// Adds feeds that are not made of articles. One whose folder another feed has is refused.
    pub fn add(&mut self, feeds: Vec<Feed>) {
        let new: HashSet<&FeedPath> = feeds.iter().map(|feed| &feed.path).collect();
        let taken = self.feeds.iter().map(|feed| &feed.path).filter(|path| new.contains(path));
        let taken: HashSet<FeedPath> = taken.cloned().collect();
        let (refused, added): (Vec<Feed>, Vec<Feed>) =
            feeds.into_iter().partition(|feed| taken.contains(&feed.path));
        self.refused.extend(refused.iter().map(|feed| taken_already(&feed.path)));
        self.feeds.extend(added);
    }

    /// A number that changes with the text behind [`Content::Page`].
    pub(super) fn text_print(&self, page: usize) -> u64 {
        self.catalog.pages.get(page).map_or(0, |page| page.article.print)
    }
}

/// A feed before its entries are made.
struct Outline<'a> {
    path: FeedPath,
    group: Group,
    name: Text,
    home: Url,
    /// Its published articles, newest first, as indices of the catalog's pages.
    pages: Vec<usize>,
    /// How many of them it shows.
    shown: usize,
    /// Slugs that were its own.
    former: &'a [String],
}

/// The feeds of `catalog` at `now`. `material` is asked for the sizes of pictures now, and for bodies
/// when feeds are written or rendered: once for each page that such a feed shows, from several
/// threads, and not at all where entries carry a summary only.
pub fn plan<'a>(
    catalog: &'a Catalog,
    settings: &Settings,
    now: DateTime<Utc>,
    material: &'a dyn Material,
) -> Plan<'a> {
    let site = &catalog.site;
    let about = Arc::new(About::new(site));
    let (seen, clashes) = seen(catalog, now);
    let (outlines, refused) = outlines(catalog, settings, &seen);

    let mut shown = vec![false; catalog.pages.len()];
    for outline in &outlines {
        let pages = if settings.archive { outline.pages.len() } else { outline.shown };
        for page in &outline.pages[..pages] {
            shown[*page] = true;
        }
    }
    let categories = categories(catalog);
    let entries: Vec<Option<Arc<Entry>>> = shown
        .into_par_iter()
        .enumerate()
        .map(|(at, shown)| {
            let content = match settings.content {
                ContentMode::Full => Content::Page(at),
                ContentMode::Summary => Content::None,
            };
            let page = &catalog.pages[at];
            let size = || material.picture_size(page);
            shown.then(|| Arc::new(entry::of(site, page, &categories, content, size(), now)))
        })
        .collect();
    let entries_of = |pages: &[usize]| -> Vec<Arc<Entry>> {
        pages.iter().filter_map(|page| entries[*page].clone()).collect()
    };

    let redirects = redirects(&outlines);
    let (mut feeds, mut archives) = (Vec::new(), Vec::new());
    outlines
        .into_par_iter()
        .map(|outline| {
            let history =
                if settings.archive { history(&outline, catalog, settings.limit) } else { vec![] };
            let entries = entries_of(&outline.pages[..outline.shown]);
            let feed = feed(outline, site, &about, history.len(), entries);
            let archive = |(number, pages): (usize, &Vec<usize>)| Feed {
                part: Part::Archive { number, full: number < history.len() },
                entries: entries_of(pages),
                ..feed.clone()
            };
            let archives: Vec<Feed> = (1..).zip(&history).map(archive).collect();
            (feed, archives)
        })
        .unzip_into_vecs(&mut feeds, &mut archives);
    let archives = archives.into_iter().flatten().collect();
    Plan { about, feeds, archives, redirects, refused, clashes, catalog, material }
}

fn feed(
    outline: Outline,
    site: &Site,
    about: &Arc<About>,
    archives: usize,
    entries: Vec<Arc<Entry>>,
) -> Feed {
    Feed {
        id: id::feed(site, &outline.path),
        part: Part::Current { archives },
        description: match &outline.group {
            Group::Site => Text::line(&site.description),
            group => {
                let group = page::group_title(group, &site.language);
                Text::line(&format!("{} · {group}: {}", site.title, outline.name))
            }
        },
        title: match outline.group {
            Group::Site => outline.name.clone(),
            _ => Text::line(&format!("{} · {}", outline.name, site.title)),
        },
        path: outline.path,
        group: outline.group,
        name: outline.name,
        home: outline.home,
        about: Arc::clone(about),
        articles: outline.pages.len(),
        entries,
    }
}

/// The pages of a feed's history, oldest first; none where the feed shows everything.
fn history(outline: &Outline, catalog: &Catalog, limit: usize) -> Vec<Vec<usize>> {
    let due = |page: &usize| catalog.pages[*page].due();
    let newest = outline.pages.first().map(due);
    let as_new = outline.pages.iter().take_while(|page| Some(due(page)) == newest).count();
    history::pages(&outline.pages, outline.shown, limit, as_new)
}

/// Where the feeds of `outlines` were before, unless something is there now.
fn redirects(outlines: &[Outline]) -> Vec<Redirect> {
    let taken: HashSet<&FeedPath> = outlines.iter().map(|outline| &outline.path).collect();
    let mut redirects: Vec<Redirect> = outlines
        .iter()
        .filter(|outline| !outline.former.is_empty())
        .filter_map(|outline| match &outline.group {
            Group::Term { path, .. } => Some((outline, path)),
            _ => None,
        })
        .flat_map(|(outline, taxonomy)| {
            outline.former.iter().filter_map(move |slug| {
                let from = FeedPath::new(&parts(taxonomy, slug)).ok()?;
                Some(Redirect { from, to: outline.path.clone() })
            })
        })
        .filter(|redirect| !taken.contains(&redirect.from))
        .collect();
    redirects.sort_unstable();
    redirects.dedup_by(|a, b| a.from == b.from);
    redirects
}

/// The folders of a term: one such as `CI/CD` is a path of several, as in Hugo.
pub(super) fn parts<'a>(taxonomy: &'a str, slug: &'a str) -> Vec<&'a str> {
    [taxonomy].into_iter().chain(slug.split('/')).collect()
}

/// A feed that the catalog suggests, whether or not there is enough for it.
struct Wanted<'a> {
    parts: Vec<&'a str>,
    group: Group,
    name: &'a str,
    former: &'a [String],
    /// Those that may stand in it; all where there are none.
    pages: Option<&'a [usize]>,
    /// Published articles below which there is none.
    least: usize,
}

/// The feeds of `catalog` that cannot be at `now`, and why: nothing is made for that.
pub fn refused(catalog: &Catalog, settings: &Settings, now: DateTime<Utc>) -> Vec<BadPath> {
    outlines(catalog, settings, &seen(catalog, now).0).1
}

/// Which pages feeds may show, and the published ones among the others: those whose address another has.
fn seen(catalog: &Catalog, now: DateTime<Utc>) -> (Vec<bool>, Vec<(usize, usize)>) {
    let published = |page: &Page| page.standing(now) == Standing::Published;
    let clashes = catalog.clashes(published);
    let mut seen: Vec<bool> = catalog.pages.iter().map(published).collect();
    for (page, _) in &clashes {
        seen[*page] = false;
    }
    (seen, clashes)
}

/// The feeds that the pages which are to be `seen` give.
fn outlines<'a>(
    catalog: &'a Catalog,
    settings: &Settings,
    seen: &[bool],
) -> (Vec<Outline<'a>>, Vec<BadPath>) {
    let made: Vec<Result<Outline, BadPath>> = wanted(catalog, settings)
        .into_par_iter()
        .filter_map(|wanted| outline(catalog, settings, seen, wanted).transpose())
        .collect();
    let mut outlines = Vec::with_capacity(made.len());
    let mut refused = Vec::new();
    let mut taken = HashSet::with_capacity(made.len());
    for outline in made {
        match outline {
            Ok(outline) if !taken.insert(outline.path.clone()) => {
                refused.push(taken_already(&outline.path));
            }
            Ok(outline) => outlines.push(outline),
            Err(bad) => refused.push(bad),
        }
    }
    (outlines, refused)
}

/// The site's feed, the sections', the terms': those that are asked for.
fn wanted<'a>(catalog: &'a Catalog, settings: &Settings) -> Vec<Wanted<'a>> {
    let only: HashSet<&str> = settings.only.iter().map(FeedPath::as_str).collect();
    let asked = |path: &[&str]| only.is_empty() || only.contains(path.concat().as_str());
    let title = &catalog.site.title;
    let site = Wanted {
        parts: vec![],
        group: Group::Site,
        name: title,
        former: &[],
        pages: None,
        least: 0,
    };
    let mut wanted: Vec<Wanted> = asked(&[]).then_some(site).into_iter().collect();
    let sections = catalog.sections.iter().filter(|section| asked(&[&section.slug, "/"]));
    wanted.extend(sections.map(|section| Wanted {
        parts: vec![&section.slug],
        group: Group::Section,
        name: &section.name,
        former: &[],
        pages: Some(&section.pages),
        least: 1,
    }));
    for taxonomy in &*catalog.taxonomies {
        let of = &taxonomy.settings;
        let group = Group::Term { path: of.path.clone(), title: Text::line(&of.title) };
        let shown = taxonomy.terms.iter().filter(|term| !term.hidden);
        let shown = shown.filter(|term| asked(&[&of.path, "/", &term.slug, "/"]));
        wanted.extend(shown.map(|term| Wanted {
            parts: parts(&of.path, &term.slug),
            group: group.clone(),
            name: &term.name,
            former: &term.former,
            pages: Some(&term.pages),
            least: settings.min_articles.max(1),
        }));
    }
    wanted
}

fn taken_already(path: &FeedPath) -> BadPath {
    let path = path.as_str().trim_end_matches('/').to_owned();
    BadPath { path, reason: "another feed has it already" }
}

/// The outline of a feed; none where too little is published.
fn outline<'a>(
    catalog: &Catalog,
    settings: &Settings,
    seen: &[bool],
    wanted: Wanted<'a>,
) -> Result<Option<Outline<'a>>, BadPath> {
    let Wanted { parts, group, name, former, pages, least } = wanted;
    let seen = |page: &usize| seen[*page];
    let pages: Vec<usize> = match pages {
        Some(pages) => pages.iter().copied().filter(seen).collect(),
        None => (0..catalog.pages.len()).filter(seen).collect(),
    };
    if pages.len() < least {
        return Ok(None);
    }
    Ok(Some(Outline {
        path: FeedPath::new(&parts)?,
        group,
        name: Text::line(name),
        home: address(&catalog.site.url, &parts, ""),
        shown: shown(catalog, settings, &pages),
        pages,
        former,
    }))
}

/// How many of `pages`, newest first, a feed shows. Age is counted from the newest one: a feed about
/// something that nobody writes about any more stays as it was, and does not run empty.
fn shown(catalog: &Catalog, settings: &Settings, pages: &[usize]) -> usize {
    let due = |page: &usize| catalog.pages[*page].due();
    let oldest = settings.max_age.zip(pages.first());
    let oldest = oldest.and_then(|(age, newest)| due(newest).checked_sub_signed(age));
    let young = |page: &&usize| oldest.is_none_or(|oldest| due(page) >= oldest);
    pages.iter().take(settings.limit).take_while(young).count()
}

/// The terms as categories, in the catalog's places; none for those that are hidden.
fn categories(catalog: &Catalog) -> Vec<Vec<Option<Arc<Category>>>> {
    let of_taxonomy = |taxonomy: &crate::catalog::Taxonomy| {
        let scheme = address(&catalog.site.url, &[&taxonomy.settings.path], "");
        let category = |term: &crate::catalog::Term| Category {
            name: Text::line(&term.name),
            scheme: scheme.clone(),
        };
        taxonomy.terms.iter().map(|term| (!term.hidden).then(|| Arc::new(category(term)))).collect()
    };
    catalog.taxonomies.iter().map(of_taxonomy).collect()
}
