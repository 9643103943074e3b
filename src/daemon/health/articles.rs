//! The site's own articles: how many there are, and whether new ones still come.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Trouble, What};
use crate::catalog::{Catalog, Page, Standing};
use crate::config::alerts::Stale;

/// The articles of a site at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    /// In the feeds.
    pub published: usize,
    /// Drafts.
    pub drafts: usize,
    /// Those whose date lies ahead.
    pub scheduled: usize,
    /// Those whose time is over.
    pub expired: usize,
    /// When the newest of the published was.
    pub newest: Option<DateTime<Utc>>,
    /// Feeds that somebody watches: the folder, and when the newest entry was published.
    pub watched: Vec<(String, DateTime<Utc>)>,
}

/// Counts the articles of `catalog`; of feeds, those that `stale` names.
pub fn count(catalog: &Catalog, stale: &Stale, now: DateTime<Utc>) -> Count {
    let mut count = Count::default();
    for page in &catalog.pages {
        match page.standing(now) {
            Standing::Published => count.published += 1,
            Standing::Draft => count.drafts += 1,
            Standing::Scheduled => count.scheduled += 1,
            Standing::Expired => count.expired += 1,
        }
    }
    let newest = |pages: &mut dyn Iterator<Item = &Page>| {
        pages
            .filter(|page| page.standing(now) == Standing::Published)
            .map(|page| page.due().to_utc())
            .max()
    };
    count.newest = newest(&mut catalog.pages.iter());
    if stale.feeds.is_empty() {
        return count;
    }
    let sections = catalog.sections.iter().map(|section| (section.slug.clone(), &section.pages));
    let terms = catalog.taxonomies.iter().flat_map(|taxonomy| {
        let shown = taxonomy.terms.iter().filter(|term| !term.hidden);
        shown.map(|term| (format!("{}/{}", taxonomy.settings.path, term.slug), &term.pages))
    });
    count.watched = sections
        .chain(terms)
        .filter(|(path, _)| stale.of_feed(path).is_some())
        .filter_map(|(path, pages)| {
            Some((path, newest(&mut pages.iter().map(|page| &catalog.pages[*page]))?))
        })
        .collect();
    count
}

/// What follows from it.
pub fn troubles(count: &Count, stale: &Stale, now: DateTime<Utc>) -> Vec<Trouble> {
    let ended = |newest: DateTime<Utc>, age: std::time::Duration| {
        let end = newest.checked_add_signed(TimeDelta::from_std(age).ok()?)?;
        (end < now).then_some(end)
    };
    let mut troubles = Vec::new();
    if let Some(age) = stale.articles {
        match count.newest {
            Some(newest) => troubles.extend(
                ended(newest, age)
                    .map(|end| Trouble::begun(What::StaleArticles { newest }, Some(end))),
            ),
            None => troubles.push(Trouble::new(What::NoArticles)),
        }
    }
    troubles.extend(count.watched.iter().filter_map(|(path, newest)| {
        let end = ended(*newest, stale.of_feed(path)?)?;
        let what = What::StaleFeed { path: path.clone(), newest: *newest };
        Some(Trouble::begun(what, Some(end)))
    }));
    troubles
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    #[test]
    fn silence_is_a_trouble_from_the_end_of_the_patience_on() {
        let ago = |days| now() - TimeDelta::days(days);
        for (stale, newest, expected) in [
            (None, Some(ago(400)), None),
            (None, None, None),
            (Some(DAY * 3), Some(ago(3)), None),
            (Some(DAY * 3), Some(ago(4)), Some(("articles:stale", Some(ago(1))))),
            (Some(DAY * 3), None, Some(("articles:none", None))),
            (Some(Duration::MAX), Some(ago(4)), None),
        ] {
            let stale = Stale { articles: stale, ..Stale::default() };
            let count = Count { newest, ..Count::default() };
            let found = troubles(&count, &stale, now());
            let found = found.first().map(|trouble| (trouble.key(), trouble.since));
            let expected = expected.map(|(key, since)| (key.to_owned(), since));
            assert_eq!(found, expected, "{stale:?} {newest:?}");
        }
    }

    #[test]
    fn each_feed_has_the_patience_of_its_own_pattern() {
        let feeds = vec![("topics/*".to_owned(), DAY * 7), ("topics/slow".to_owned(), DAY * 90)];
        let stale = Stale { feeds, ..Stale::default() };
        let of = |path: &str, days| (path.to_owned(), now() - TimeDelta::days(days));
        let watched = vec![of("topics/ai", 8), of("topics/new", 1), of("topics/slow", 80)];
        let found = troubles(&Count { watched, ..Count::default() }, &stale, now());
        let keys: Vec<String> = found.iter().map(Trouble::key).collect();
        assert_eq!(keys, ["feed:topics/ai:stale"]);
    }
}
