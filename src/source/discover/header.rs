//! Feeds that the `Link` field of an answer names (RFC 8288).

use url::Url;

use super::{FeedLink, MOST, Sign, add, is_feed, resolve};
use crate::source::header_link::{Link, links};

/// The feeds in the values of `Link` fields; relative addresses start from `base`.
pub fn feeds<'a>(values: impl IntoIterator<Item = &'a str>, base: &Url) -> Vec<FeedLink> {
    let mut found = Vec::new();
    for link in values.into_iter().flat_map(links).filter(Link::is_ours) {
        let value = |name| link.value(name).unwrap_or_default();
        let is_feed = is_feed(value("rel"), value("type"), link.address);
        if let Some(url) = resolve(link.address, Some(base)).filter(|_| is_feed) {
            add(&mut found, url, link.value("title").map(str::to_owned), Sign::Header);
        }
    }
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(values: &[&str]) -> Vec<String> {
        let base = Url::parse("https://a.example/blog/").unwrap();
        feeds(values.iter().copied(), &base).into_iter().map(|link| link.url).collect()
    }

    #[test]
    fn an_answer_names_its_feeds_in_its_head() {
        let feed = "https://a.example/blog/feed";
        for (value, expected) in [
            ("<feed>; rel=\"alternate\"; type=\"application/rss+xml\"; title=\"a, b\"", Some(feed)),
            (
                "</style>; rel=style, </blog/feed>; REL=alternate; Type=application/atom+xml",
                Some(feed),
            ),
            ("<feed>; rel=\"feed\"", Some(feed)),
            ("</wp-json/>; rel=\"https://api.w.org/\"", None),
            ("<feed>; rel=alternate; type=application/rss+xml; anchor=\"/other\"", None),
            ("<mailto:a@example.org>; rel=feed", None),
            ("<feed", None),
        ] {
            assert_eq!(found(&[value]), Vec::from_iter(expected), "{value}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_too_broken_to_be_read(value in "[<>;,=\"\\\\ a-zé]{0,40}") {
            found(&[&value]);
        }
    }
}
