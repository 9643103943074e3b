//! Being told of a source's news instead of asking for them: the subscriber of `WebSub` (W3C
//! Recommendation of 2018) as values.
//!
//! [`Links`] are what a source says of its hub, in the head of an answer ([`link`]) or in the feed.
//! A [`Subscription`] is what is remembered of one; functions on it say what follows from what a
//! hub, a visit or the clock brought. [`signature`] tells a hub's push from anybody else's. Nothing
//! here knows a clock, a socket or a database.

use url::Url;

pub mod link;
pub mod signature;
pub mod subscription;

pub use subscription::{Mode, Subscription};

/// What a source links to, as far as pushes are concerned (`WebSub` §4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// `rel=hub`: who tells of news.
    pub hub: Option<String>,
    /// `rel=self`: the name under which the hub knows the feed.
    pub topic: Option<String>,
}

/// A hub, and what it can be asked to tell of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The hub.
    pub hub: Url,
    /// The feed, exactly as it calls itself.
    pub topic: String,
}

impl Links {
    /// Takes the link `rel` to `address`, where it is one of ours, on the web, and the first of its
    /// kind. `rel` may be several relations with blanks between (RFC 8288 §3.3).
    pub fn add(&mut self, rel: &str, address: &str) {
        let is_web = address.starts_with("http://") || address.starts_with("https://");
        for rel in rel.split_ascii_whitespace().filter(|_| is_web) {
            let place = match rel.to_ascii_lowercase().as_str() {
                "hub" => &mut self.hub,
                "self" => &mut self.topic,
                _ => continue,
            };
            place.get_or_insert_with(|| address.to_owned());
        }
    }

    /// What can be subscribed to, where the head of an answer counts before the feed in it (`self`
    /// before `feed`, §4): nothing, unless both a hub and the feed's own address are known.
    pub fn offer(self, feed: Self) -> Option<Offer> {
        let hub = Url::parse(&self.hub.or(feed.hub)?).ok()?;
        Some(Offer { hub, topic: self.topic.or(feed.topic)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_links_are_needed_and_the_head_counts_before_the_feed() {
        let links = |hub: &str, topic: &str| {
            let mut links = Links::default();
            links.add("hub", hub);
            links.add("SELF alternate", topic);
            links
        };
        let (none, a, b) = ("", "https://a.example/", "https://b.example/");
        for (head, feed, expected) in [
            (links(a, a), links(b, b), Some((a, a))),
            (links(a, none), links(b, b), Some((a, b))),
            (links(none, none), links(a, b), Some((a, b))),
            (links(none, none), links(a, none), None),
            (links(none, a), links(none, b), None),
            (links("ftp://a.example/", a), links("/hub", b), None),
        ] {
            let offer = head.clone().offer(feed.clone());
            let offer = offer.as_ref().map(|offer| (offer.hub.as_str(), offer.topic.as_str()));
            assert_eq!(offer, expected, "{head:?} {feed:?}");
        }
    }

    #[test]
    fn the_first_link_of_a_kind_counts() {
        let mut links = Links::default();
        links.add("hub", "https://a.example/");
        links.add("hub", "https://b.example/");
        assert_eq!(links.hub.as_deref(), Some("https://a.example/"));
    }
}
