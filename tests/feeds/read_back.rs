//! What we render is what parsers read, whatever characters an article holds.

use headwater::article::Article;
use headwater::feed::{Feed, Format, Settings, Text, render};
use proptest::prelude::*;
use url::Url;

use crate::site::{article, articles, catalog, plan_of, settings};

/// The home feed of a site with these articles.
fn home(articles: Vec<Article>) -> Feed {
    plan_of(&catalog(articles), &settings()).feeds.swap_remove(0)
}

fn rss(feed: &Feed) -> rss::Channel {
    rss::Channel::read_from(&render(feed, Format::Rss, &settings()).unwrap()[..]).unwrap()
}

fn atom(feed: &Feed) -> atom_syndication::Feed {
    let bytes = render(feed, Format::Atom, &settings()).unwrap();
    atom_syndication::Feed::read_from(&bytes[..]).unwrap()
}

fn json(feed: &Feed) -> serde_json::Value {
    serde_json::from_slice(&render(feed, Format::Json, &settings()).unwrap()).unwrap()
}

#[test]
fn every_format_carries_the_same_identifiers_and_dates() {
    let feed = home(articles());
    let (rss, atom, json) = (rss(&feed), atom(&feed), json(&feed));
    for (at, entry) in feed.entries.iter().enumerate() {
        let guid = rss.items[at].guid.as_ref().unwrap();
        assert_eq!((&*guid.value, guid.permalink), (&*entry.id, false));
        assert_eq!(atom.entries[at].id, entry.id);
        assert_eq!(json["items"][at]["id"], *entry.id);
        let date = rss.items[at].pub_date.as_deref().unwrap();
        assert_eq!(chrono::DateTime::parse_from_rfc2822(date).unwrap(), entry.published);
        assert_eq!(atom.entries[at].published, Some(entry.published));
        assert_eq!(atom.entries[at].updated, entry.updated);
        assert_eq!(json["items"][at]["date_published"], entry.published.to_rfc3339());
    }
}

#[test]
fn the_self_link_is_the_address_of_the_very_format() {
    let feed = home(articles());
    let base = "https://example.org/feeds/";
    let channel = rss(&feed);
    let link = &channel.atom_ext.as_ref().unwrap().links[0];
    assert_eq!((&*link.rel, &*link.href), ("self", &*format!("{base}index.xml")));
    assert_eq!(link.mime_type.as_deref(), Some("application/rss+xml"));
    let own = atom(&feed).links.into_iter().find(|link| link.rel == "self").unwrap();
    assert_eq!(own.href, format!("{base}atom.xml"));
    assert_eq!(own.mime_type.as_deref(), Some("application/atom+xml"));
    assert_eq!(json(&feed)["feed_url"], format!("{base}feed.json"));
}

#[test]
fn a_hub_is_named_in_every_format() {
    let hub = "https://hub.example/";
    let settings = Settings { hub: Some(Url::parse(hub).unwrap()), ..settings() };
    let feed = home(articles());
    for format in Format::ALL {
        let text = String::from_utf8(render(&feed, format, &settings).unwrap()).unwrap();
        assert!(text.contains(hub), "{format}");
    }
}

#[test]
fn a_feed_of_summaries_is_valid_in_every_format() {
    let settings = Settings { content: headwater::feed::ContentMode::Summary, ..settings() };
    let feed = plan_of(&catalog(articles()), &settings).feeds.swap_remove(0);
    assert!(rss(&feed).items.iter().all(|item| item.content.is_none()));
    assert!(atom(&feed).entries.iter().all(|entry| entry.content.is_none()));
    let json = json(&feed);
    // JSON Feed requires a content: the summary, and the title where there is none.
    assert_eq!(json["items"][1]["content_text"], "What is on the desk");
    assert_eq!(json["items"][2]["content_text"], "旧文");
}

#[test]
fn a_feed_without_a_description_gives_its_title() {
    let mut feed = home(articles());
    feed.description = Text::default();
    assert_eq!(rss(&feed).description, feed.title.as_str());
    assert!(json(&feed).get("description").is_none());
}

/// Text with what has broken feeds before.
fn odd_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[\\x00-\\x20]{0,4}",
        prop::sample::select(vec![
            "]]>",
            "]]",
            ">",
            "&",
            "&amp;",
            "&#0;",
            "&nbsp;",
            "<",
            "</item>",
            "<item>",
            "</entry>",
            "<![CDATA[",
            "<!--",
            "<?xml",
            "\u{FFFE}",
            "\u{FFFF}",
            "\u{D7FF}",
            "\u{E000}",
            "🙂",
            "👩‍👩‍👧",
            "\u{1F1E8}\u{1F1F3}",
            "\r\n",
            "\"",
            "'",
            "\\ud83d",
            "龘",
            "\u{202E}",
            "\u{FEFF}",
            "\u{2028}",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_rendered_is_what_is_read(
        title in odd_text(), summary in odd_text(), body in odd_text(), tag in odd_text(),
        author in odd_text(),
    ) {
        let mut given = article("notes/a.md", &title, "2026-03-01T08:00:00+08:00", &[&format!("#{tag}")]);
        given.summary = Some(summary);
        given.authors = vec![format!("@{author}"), "\0".into()];
        given.body = body;
        let feed = home(vec![given]);
        let entry = &feed.entries[0];
        // The parsers drop white space at the ends, which means nothing in HTML.
        let body = entry.content.as_deref().unwrap().trim();
        let some = |text: &Text| Some(text.to_string()).filter(|text| !text.is_empty());

        let channel = rss(&feed);
        let item = &channel.items[0];
        prop_assert_eq!(item.title.clone().unwrap_or_default(), entry.title.as_str());
        let content = item.content.as_deref().unwrap_or_default();
        prop_assert_eq!(content.trim(), body);
        prop_assert_eq!(&item.categories[0].name, entry.categories[0].name.as_str());
        let creators = &item.dublin_core_ext.as_ref().unwrap().creators;
        prop_assert_eq!(creators.len(), 1);
        prop_assert_eq!(creators[0].as_str(), entry.authors[0].as_str());

        let read = atom(&feed);
        prop_assert_eq!(&read.entries[0].title.value, entry.title.as_str());
        let content = read.entries[0].content.as_ref().unwrap().value.as_deref().unwrap_or_default();
        prop_assert_eq!(content.trim(), body);
        prop_assert_eq!(&read.entries[0].categories[0].term, entry.categories[0].name.as_str());
        let summary = read.entries[0].summary.clone().map(|summary| summary.value);
        prop_assert_eq!(summary, entry.summary.as_ref().and_then(some));

        let json = json(&feed);
        prop_assert_eq!(json["items"][0]["title"].as_str(), Some(entry.title.as_str()));
        prop_assert_eq!(
            json["items"][0]["content_html"].as_str(), entry.content.as_deref()
        );
        prop_assert_eq!(json["items"][0]["tags"][0].as_str(), Some(&*entry.categories[0].name));
    }
}
