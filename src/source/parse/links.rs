//! What a feed links to for the sake of pushes: its hub, and its own address (`WebSub` §4).

use url::Url;

use super::field::Field;
use super::link::resolve;
use super::names::Part;
use crate::source::websub::Links;

/// Atom's links with `rel=hub` and `rel=self`, in a feed of any dialect.
pub(super) fn read(feed: &[Field<'_>]) -> Links {
    let mut links = Links::default();
    for link in feed.iter().filter(|field| field.part == Part::Link) {
        if let (Some(rel), Some(href)) = (link.attribute("rel"), link.attribute("href")) {
            links.add(&rel, &resolve(&href, link.base.as_deref()).unwrap_or_default());
        }
    }
    links
}

/// JSON Feed's `hubs` and `feed_url`; relative addresses start from `base`.
pub(super) fn of(hubs: &[String], own: Option<&str>, base: Option<&Url>) -> Links {
    let mut links = Links::default();
    let hubs = hubs.iter().map(|hub| ("hub", hub.as_str()));
    for (rel, address) in hubs.chain(own.map(|own| ("self", own))) {
        links.add(rel, &resolve(address, base).unwrap_or_default());
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hubs_and_own_addresses_are_found_in_every_dialect() {
        let base = Url::parse("https://a.example/feed").unwrap();
        let (hub, own) = (Some("https://hub.example/"), Some("https://a.example/feed"));
        let link = "<atom:link xmlns:atom='http://www.w3.org/2005/Atom'";
        for (feed, expected) in [
            (
                format!(
                    "<rss version='2.0'><channel><link>https://a.example/</link>\
                     {link} rel='hub' href='https://hub.example/'/>\
                     {link} rel='self' href='/feed'/></channel></rss>"
                ),
                (hub, own),
            ),
            (
                "<feed xmlns='http://www.w3.org/2005/Atom'><link href='https://a.example/'/>\
                 <link rel='self' href='https://a.example/feed'/>\
                 <link rel='hub' href='https://hub.example/'/>\
                 <entry><link rel='hub' href='https://other.example/'/></entry></feed>"
                    .to_owned(),
                (hub, own),
            ),
            (
                r#"{"version": "https://jsonfeed.org/version/1.1", "items": [],
                    "feed_url": "https://a.example/feed", "hubs": [
                    {"type": "rssCloud", "url": "https://cloud.example/"},
                    {"type": "WebSub", "url": "https://hub.example/"}]}"#
                    .to_owned(),
                (hub, own),
            ),
            (r#"{"items": [], "hubs": {"type": 1}, "feed_url": []}"#.to_owned(), (None, None)),
            ("<rss version='2.0'><channel/></rss>".to_owned(), (None, None)),
        ] {
            let links = super::super::parse(feed.as_bytes(), None, Some(&base)).unwrap().links;
            assert_eq!((links.hub.as_deref(), links.topic.as_deref()), expected, "{feed}");
        }
    }
}
