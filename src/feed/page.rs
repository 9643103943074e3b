//! The list of all feeds for people: `index.html`.
//!
//! One page that needs nothing else: no request goes anywhere, its few lines of script only serve
//! the filter box, and without them it is whole. Groups stand in the order of the plan, the feeds
//! of a taxonomy by size. Chinese where the site is Chinese, English elsewhere.

use std::cmp::Reverse;

use askama::Template;
use url::Url;

use super::plan::Plan;
use super::{Feed, FeedPath, Format, Group, Settings, Text, opml};

/// Its name in the feeds' folder.
pub const FILE_NAME: &str = "index.html";

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
    home: &'a str,
    articles: usize,
    links: Vec<Link>,
}

struct Link {
    label: &'static str,
    media_type: &'static str,
    url: String,
}

/// Everything that the page says of itself.
struct Words {
    subscribe: &'static str,
    whole_site: &'static str,
    filter: &'static str,
    nothing: &'static str,
    all_as_opml: &'static str,
    more: &'static str,
    article: &'static str,
    articles: &'static str,
    sections: &'static str,
    suggestions: &'static str,
}

const ENGLISH: Words = Words {
    subscribe: "Copy the link of a feed and paste it into your feed reader: new articles then come \
                to you, without an account and without tracking.",
    whole_site: "The whole site",
    filter: "Filter feeds",
    nothing: "No feed has this in its name.",
    all_as_opml: "All feeds as OPML",
    more: "Show all",
    article: "article",
    articles: "articles",
    sections: "Sections",
    suggestions: "Suggestions",
};

const CHINESE: Words = Words {
    subscribe: "复制任一订阅源的链接，粘贴到你的阅读器里，新文章就会自动送达：无需注册，也没有追踪。",
    whole_site: "全站",
    filter: "筛选订阅源",
    nothing: "没有名称包含这些字的订阅源。",
    all_as_opml: "全部订阅源（OPML）",
    more: "显示全部",
    article: "篇文章",
    articles: "篇文章",
    sections: "栏目",
    suggestions: "推荐",
};

fn words(language: &str) -> &'static Words {
    let primary = language.split('-').next().unwrap_or_default();
    if primary.eq_ignore_ascii_case("zh") { &CHINESE } else { &ENGLISH }
}

/// The name of a group for people who read `language`.
pub fn group_title<'a>(group: &'a Group, language: &str) -> &'a str {
    let words = words(language);
    match group {
        Group::Site => words.whole_site,
        Group::Section => words.sections,
        Group::Term { title, .. } => title,
        Group::Suggestions => words.suggestions,
    }
}

/// The page that lists the feeds of `plan`.
///
/// # Errors
///
/// None in practice: only what the template library passes through.
pub fn page(plan: &Plan, settings: &Settings) -> Result<Vec<u8>, askama::Error> {
    let main = plan.feeds.iter().find(|feed| feed.group == Group::Site);
    let groups = plan
        .feeds
        .chunk_by(|a, b| a.group == b.group)
        .filter(|feeds| feeds[0].group != Group::Site)
        .enumerate()
        .map(|(at, feeds)| shelf(at, feeds, plan, settings))
        .collect();
    let view = View {
        site: &plan.title,
        home: plan.home.as_str(),
        description: main.map_or("", |feed| &feed.description),
        language: &plan.language,
        words: words(&plan.language),
        main: main.map(|feed| card(feed, settings)),
        groups,
        opml: beside(&FeedPath::root().url(&settings.base, opml::FILE_NAME), settings),
    };
    Ok(view.render()?.into_bytes())
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
        title: group_title(group, &plan.language),
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
        home: feed.home.as_str(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_the_language_of_the_site() {
        for (language, sections) in [
            ("zh-CN", "栏目"),
            ("ZH", "栏目"),
            ("en", "Sections"),
            ("zha", "Sections"),
            ("", "Sections"),
        ] {
            assert_eq!(group_title(&Group::Section, language), sections, "{language}");
        }
    }
}
