//! Which feeds have news: those that show what changed from one catalog to the next.
//!
//! Readers wait for these, so they are written before all others are looked at. What follows from a
//! change further off (another spelling of a term that is the usual one now, an address that is free
//! again) is not in here: whoever writes the news writes everything after it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::FeedPath;
use super::plan::parts;
use crate::catalog::slug::slug;
use crate::catalog::{Catalog, Page};

/// The feeds of the pages that differ between `before`, as it was at `then`, and `after`, as it is at
/// `now`; the whole site's is always one of them. Some may not exist, or not any more.
pub fn feeds(
    before: &Catalog,
    then: DateTime<Utc>,
    after: &Catalog,
    now: DateTime<Utc>,
) -> Vec<FeedPath> {
    let mut paths = BTreeSet::from([FeedPath::root()]);
    let mut old: HashMap<&str, &Page> =
        before.pages.iter().map(|page| (page.article.path.as_str(), page)).collect();
    for page in &after.pages {
        let old = old.remove(page.article.path.as_str());
        let as_before = old.is_some_and(|old| {
            Arc::ptr_eq(&old.article, &page.article) || old.article == page.article
        });
        if as_before && !page.moments().any(|moment| then < moment && moment <= now) {
            continue;
        }
        paths.extend(of_page(after, page));
        paths.extend(old.into_iter().flat_map(|old| of_page(before, old)));
    }
    paths.extend(old.into_values().flat_map(|gone| of_page(before, gone)));
    paths.into_iter().collect()
}

/// The feeds of a page's section and of its terms.
fn of_page<'a>(catalog: &'a Catalog, page: &'a Page) -> impl Iterator<Item = FeedPath> {
    let section = page.article.section.iter();
    let section = section.filter_map(|name| FeedPath::new(&[&slug(name)]).ok());
    let terms = page.terms.iter().filter_map(|at| {
        let taxonomy = &catalog.taxonomies[at.taxonomy];
        FeedPath::new(&parts(&taxonomy.settings.path, &catalog.term(*at).slug)).ok()
    });
    section.chain(terms)
}
