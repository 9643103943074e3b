//! The list of all feeds: topics first, then the other terms, then sections, each list of terms by
//! size.

use std::cmp::Reverse;

use askama::Template;
use url::Url;

use super::super::plan::Plan;
use super::super::{Feed, FeedPath, Format, Group, Settings, Text, opml};
use super::{Address, Words, addresses, group_title, words};
use crate::catalog::TOPICS;

/// Feeds of a group that are shown at once; the rest unfold, so that a site with thousands of tags
/// opens on what matters.
const SHOWN: usize = 60;

#[derive(Template)]
#[template(path = "feeds.html")]
struct View<'a> {
    site: &'a Text,
    home: &'a str,
    description: &'a str,
    language: &'a str,
    words: &'static Words,
    main: Option<Card<'a>>,
    /// Of the whole site's feed.
    links: Vec<Address>,
    groups: Vec<Shelf<'a>>,
    opml: String,
}

struct Shelf<'a> {
    title: &'a str,
    anchor: String,
    size: usize,
    shown: Vec<Card<'a>>,
    more: Vec<Card<'a>>,
}

struct Card<'a> {
    name: &'a Text,
    page: String,
    articles: usize,
    links: Vec<Link>,
}

struct Link {
    label: &'static str,
    media_type: &'static str,
    url: String,
}

/// The page that lists the feeds of `plan`.
///
/// # Errors
///
/// None in practice: only what the template library passes through.
pub fn page(plan: &Plan, settings: &Settings) -> Result<Vec<u8>, askama::Error> {
    let main = plan.feeds.iter().find(|feed| feed.group == Group::Site);
    let mut groups: Vec<&[Feed]> = plan
        .feeds
        .chunk_by(|a, b| a.group == b.group)
        .filter(|feeds| feeds[0].group != Group::Site)
        .collect();
    groups.sort_by_key(|feeds| rank(&feeds[0].group));
    let groups = groups
        .into_iter()
        .enumerate()
        .map(|(at, feeds)| shelf(at, feeds, plan, settings))
        .collect();
    let view = View {
        site: &plan.about.title,
        home: plan.about.home.as_str(),
        description: main.map_or("", |feed| &feed.description),
        language: &plan.about.language,
        words: words(&plan.about.language),
        main: main.map(|feed| card(feed, settings)),
        links: main.map(|feed| addresses(feed, settings)).unwrap_or_default(),
        groups,
        opml: beside(&FeedPath::root().url(&settings.base, opml::FILE_NAME), settings),
    };
    Ok(view.render()?.into_bytes())
}

/// What people look for first: the site's few topics, then its many tags.
fn rank(group: &Group) -> u8 {
    match group {
        Group::Site => 0,
        Group::Term { path, .. } if path == TOPICS => 1,
        Group::Term { .. } => 2,
        Group::Section => 3,
        Group::Suggestions => 4,
    }
}

fn shelf<'a>(at: usize, feeds: &'a [Feed], plan: &Plan, settings: &Settings) -> Shelf<'a> {
    let group = &feeds[0].group;
    let mut feeds: Vec<&Feed> = feeds.iter().collect();
    if matches!(group, Group::Term { .. }) {
        feeds.sort_by_key(|feed| Reverse(feed.articles));
    }
    let mut cards: Vec<Card> = feeds.into_iter().map(|feed| card(feed, settings)).collect();
    let more = cards.split_off(cards.len().min(SHOWN));
    Shelf {
        title: group_title(group, &plan.about.language),
        anchor: format!("group-{}", at + 1),
        size: cards.len() + more.len(),
        shown: cards,
        more,
    }
}

fn card<'a>(feed: &'a Feed, settings: &Settings) -> Card<'a> {
    let links = settings.formats.iter().map(|format| Link {
        label: if *format == Format::Json { "JSON" } else { format.label() },
        media_type: format.media_type(),
        url: beside(&feed.url(settings, *format), settings),
    });
    Card {
        name: &feed.name,
        page: beside(&feed.path.url(&settings.base, super::FILE_NAME), settings),
        articles: feed.articles,
        links: links.collect(),
    }
}

/// An address as it is reached from the page, which lies in the feeds' folder: so a copied link is
/// of the host that the person sees, be it the public one or the daemon's.
fn beside(url: &Url, settings: &Settings) -> String {
    match url.as_str().strip_prefix(settings.base.as_str()) {
        // The dot keeps a name such as `c:` from being read as a scheme.
        Some(relative) => format!("./{relative}"),
        None => url.to_string(),
    }
}
