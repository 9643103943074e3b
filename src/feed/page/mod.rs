//! Pages about feeds for people: [`fn@page`], the list of all of them, and [`fn@feed`], one beside each.
//!
//! Each page needs nothing else: no request goes anywhere, its few lines of script only serve the
//! filter box and the copy buttons, and without them it is whole. Chinese where the site is
//! Chinese, English elsewhere; light or dark as the reader's system is.

use super::{Feed, Group, Settings};

mod feed;
mod index;

pub use feed::feed;
pub use index::page;

/// Its name in the feeds' folder and in each feed's own.
pub const FILE_NAME: &str = "index.html";

/// Where a feed is to be had in one format.
struct Address {
    label: &'static str,
    media_type: &'static str,
    /// Name of the file in the feed's folder.
    file: &'static str,
    /// Its public address.
    url: String,
    /// The same as people read it, with Chinese as Chinese.
    shown: String,
    /// The title as it stands in the attribute of a line to paste; escaped again where it is shown.
    escaped_title: String,
}

fn addresses(feed: &Feed, settings: &Settings) -> Vec<Address> {
    let address = |format: &super::Format| Address {
        label: format.label(),
        media_type: format.media_type(),
        file: format.file_name(),
        url: feed.url(settings, *format).to_string(),
        shown: format!("{}{}", settings.base, feed.path.file(format.file_name())),
        escaped_title: quick_xml::escape::escape(&*feed.title).into_owned(),
    };
    settings.formats.iter().map(address).collect()
}

/// Everything that the pages say of themselves.
pub(super) struct Words {
    pub(super) subscribe: &'static str,
    pub(super) whole_site: &'static str,
    pub(super) filter: &'static str,
    pub(super) nothing: &'static str,
    pub(super) all_as_opml: &'static str,
    pub(super) more: &'static str,
    pub(super) article: &'static str,
    pub(super) articles: &'static str,
    pub(super) sections: &'static str,
    pub(super) suggestions: &'static str,
    pub(super) all_feeds: &'static str,
    pub(super) what: &'static str,
    pub(super) on_site: &'static str,
    pub(super) how: &'static str,
    pub(super) paste: &'static str,
    pub(super) copy: &'static str,
    pub(super) copied: &'static str,
    pub(super) for_templates: &'static str,
    pub(super) latest: &'static str,
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
    all_feeds: "All feeds",
    what: "This is a feed: a list of the latest articles that a feed reader looks at for you.",
    on_site: "Read them on the site.",
    how: "Subscribe",
    paste: "Copy one of these addresses and paste it into your feed reader. They all say the same.",
    copy: "Copy",
    copied: "Copied:",
    for_templates: "For the template of a site: lines by which browsers and readers find this feed",
    latest: "Latest",
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
    all_feeds: "全部订阅源",
    what: "这是一个订阅源：阅读器会替你留意其中的最新文章。",
    on_site: "也可以在网站上阅读。",
    how: "订阅",
    paste: "复制下面任一地址，粘贴到你的阅读器即可；几种格式内容相同。",
    copy: "复制",
    copied: "已复制：",
    for_templates: "供网站模板使用：让浏览器和阅读器自动发现此订阅源的代码",
    latest: "最新内容",
};

pub(super) fn words(language: &str) -> &'static Words {
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
