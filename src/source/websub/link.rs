//! The `Link` field of an answer (RFC 8288).

use url::Url;

use super::Links;
use crate::source::header_link::{self, Link};

/// The links of ours in the values of `Link` fields; relative addresses start from `base`.
pub fn links<'a>(values: impl IntoIterator<Item = &'a str>, base: &Url) -> Links {
    let mut links = Links::default();
    for link in values.into_iter().flat_map(header_link::links).filter(Link::is_ours) {
        let target = base.join(link.address).map(String::from).unwrap_or_default();
        if let Some(rel) = link.value("rel") {
            links.add(rel, &target);
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(values: &[&str]) -> (Option<String>, Option<String>) {
        let base = Url::parse("https://a.example/blog/feed").unwrap();
        let links = links(values.iter().copied(), &base);
        (links.hub, links.topic)
    }

    #[test]
    fn links_are_read_in_all_their_forms() {
        let (hub, topic) = ("https://hub.example/", "https://a.example/feed");
        for (values, expected) in [
            (
                &["<https://hub.example/>; rel=\"hub\", <https://a.example/feed>; rel=\"self\""][..],
                (Some(hub), Some(topic)),
            ),
            (
                &[
                    "<https://hub.example/>;rel=hub",
                    "</feed>;title=\"a, \\\"b\\\"; c\" ; REL = Self",
                ],
                (Some(hub), Some(topic)),
            ),
            (&["<https://hub.example/>; rel=\"preload hub\""], (Some(hub), None)),
            (&["</s>; rel=style, ,<../feed>; crossorigin; rel=self"], (None, Some(topic))),
            (&["<https://hub.example/>; rel=next; rel=hub"], (None, None)),
            (&["<https://hub.example/>; rel=hub; anchor=\"/other\""], (None, None)),
            (&["<mailto:a@example.org>; rel=hub"], (None, None)),
            (&["https://hub.example/; rel=hub"], (None, None)),
            (&["<https://hub.example/>; rel=\"hub"], (Some(hub), None)),
            (&["<https://hub.example/"], (None, None)),
            (&[""], (None, None)),
        ] {
            let expected = (expected.0.map(str::to_owned), expected.1.map(str::to_owned));
            assert_eq!(read(values), expected, "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_too_broken_to_be_read(value in "[<>;,=\"\\\\ a-zé]{0,40}") {
            read(&[&value]);
        }
    }
}
