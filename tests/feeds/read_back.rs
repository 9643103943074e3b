//! What we render is what parsers read, whatever characters an article holds.

use headwater::catalog::Page;
use headwater::feed::plan::{Material, Plan, plan};
use headwater::feed::{Format, Settings, Text, render};
use proptest::prelude::*;
use url::Url;

use crate::site::{article, articles, catalog, now, plan_of, settings};

/// The first feed of a plan, as each of the parsers reads it.
fn rss(plan: &Plan) -> rss::Channel {
    rss::Channel::read_from(&bytes(plan, Format::Rss)[..]).unwrap()
}

fn atom(plan: &Plan) -> atom_syndication::Feed {
    atom_syndication::Feed::read_from(&bytes(plan, Format::Atom)[..]).unwrap()
}

fn json(plan: &Plan) -> serde_json::Value {
    serde_json::from_slice(&bytes(plan, Format::Json)).unwrap()
}

fn bytes(plan: &Plan, format: Format) -> Vec<u8> {
    render(plan, &plan.feeds[0], format, &settings()).unwrap()
}

#[test]
fn every_format_carries_the_same_identifiers_and_dates() {
    let catalog = catalog(articles());
    let plan = plan_of(&catalog, &settings());
    let (rss, atom, json) = (rss(&plan), atom(&plan), json(&plan));
    for (at, entry) in plan.feeds[0].entries.iter().enumerate() {
        let guid = rss.items[at].guid.as_ref().unwrap();
        assert_eq!((&*guid.value, guid.permalink), (entry.url.as_str(), true));
        assert_eq!(atom.entries[at].id, entry.id);
        assert_eq!(json["items"][at]["id"], *entry.id);
        let date = rss.items[at].pub_date.as_deref().unwrap();
        assert_eq!(chrono::DateTime::parse_from_rfc2822(date).unwrap(), entry.published);
        assert_eq!(atom.entries[at].published, Some(entry.published));
        // To the second: Atom has a part of one more, which tells entries of one minute apart.
        assert_eq!(atom.entries[at].updated.timestamp(), entry.updated.timestamp());
        assert_eq!(json["items"][at]["date_published"], entry.published.to_rfc3339());
    }
}

#[test]
fn the_self_link_is_the_address_of_the_very_format() {
    let catalog = catalog(articles());
    let plan = plan_of(&catalog, &settings());
    let base = "https://example.org/feeds/";
    let channel = rss(&plan);
    let link = &channel.atom_ext.as_ref().unwrap().links[0];
    assert_eq!((&*link.rel, &*link.href), ("self", &*format!("{base}index.xml")));
    assert_eq!(link.mime_type.as_deref(), Some("application/rss+xml"));
    let own = atom(&plan).links.into_iter().find(|link| link.rel == "self").unwrap();
    assert_eq!(own.href, format!("{base}atom.xml"));
    assert_eq!(own.mime_type.as_deref(), Some("application/atom+xml"));
    assert_eq!(json(&plan)["feed_url"], format!("{base}feed.json"));
}

#[test]
fn a_hub_is_named_in_every_format() {
    let hub = "https://hub.example/";
    let settings = Settings { hub: Some(Url::parse(hub).unwrap()), ..settings() };
    let catalog = catalog(articles());
    let plan = plan_of(&catalog, &settings);
    for format in Format::ALL {
        let text =
            String::from_utf8(render(&plan, &plan.feeds[0], format, &settings).unwrap()).unwrap();
        assert!(text.contains(hub), "{format}");
    }
}

#[test]
fn a_feed_of_summaries_is_valid_in_every_format() {
    let settings = Settings { content: headwater::feed::ContentMode::Summary, ..settings() };
    let catalog = catalog(articles());
    let plan = plan_of(&catalog, &settings);
    assert!(rss(&plan).items.iter().all(|item| item.content.is_none()));
    assert!(atom(&plan).entries.iter().all(|entry| entry.content.is_none()));
    let json = json(&plan);
    // JSON Feed requires a content: the summary, and the title where there is none.
    assert_eq!(json["items"][1]["content_text"], "What is on the desk");
    assert_eq!(json["items"][2]["content_text"], "旧文");
}

#[test]
fn a_feed_without_a_description_gives_its_title() {
    let catalog = catalog(articles());
    let mut plan = plan_of(&catalog, &settings());
    plan.feeds[0].description = Text::default();
    assert_eq!(rss(&plan).description, plan.feeds[0].title.as_str());
    assert!(json(&plan).get("description").is_none());
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

/// A shelf with one body.
struct Body(String);

impl Material for Body {
    fn body(&self, _: &Page) -> Result<String, String> {
        Ok(self.0.clone())
    }

    fn picture_size(&self, _: &Page) -> Option<u64> {
        None
    }
}

/// The text of the element that is reached through these names, as a parser of XML that knows
/// nothing of feeds reads it.
fn text_at(xml: &[u8], names: &[&str]) -> String {
    let document = roxmltree::Document::parse(str::from_utf8(xml).unwrap()).unwrap();
    let mut node = document.root_element();
    for name in names {
        node = node.children().find(|child| child.has_tag_name(*name)).unwrap();
    }
    node.text().unwrap_or_default().to_owned()
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
        let catalog = catalog(vec![given]);
        let body = Body(body);
        let plan = plan(&catalog, &settings(), now(), &body);
        let entry = &plan.feeds[0].entries[0];
        // The parsers drop white space at the ends, which means nothing in HTML.
        let body = Text::from(&*body.0);
        let body = body.trim();
        let some = |text: &Text| Some(text.to_string()).filter(|text| !text.is_empty());

        let channel = rss(&plan);
        let item = &channel.items[0];
        prop_assert_eq!(item.title.clone().unwrap_or_default(), entry.title.as_str());
        let content = item.content.as_deref().unwrap_or_default();
        prop_assert_eq!(content.trim(), body);
        prop_assert_eq!(&item.categories[0].name, entry.categories[0].name.as_str());
        let creators = &item.dublin_core_ext.as_ref().unwrap().creators;
        prop_assert_eq!(creators.len(), 1);
        prop_assert_eq!(creators[0].as_str(), entry.authors[0].as_str());

        let read = atom(&plan);
        prop_assert_eq!(&read.entries[0].title.value, entry.title.as_str());
        let content = read.entries[0].content.as_ref().and_then(|content| content.value.as_deref());
        prop_assert_eq!(content.unwrap_or_default().trim(), body);
        prop_assert_eq!(&read.entries[0].categories[0].term, entry.categories[0].name.as_str());
        let summary = read.entries[0].summary.clone().map(|summary| summary.value);
        // An entry with neither is no entry: the title stands in.
        let stand_in = body.is_empty().then(|| entry.title.to_string());
        prop_assert_eq!(summary, entry.summary.as_ref().and_then(some).or(stand_in));

        // A second opinion, of a parser that shares nothing with those that wrote the XML.
        let xml = bytes(&plan, Format::Rss);
        prop_assert_eq!(text_at(&xml, &["channel", "item", "title"]), entry.title.as_str());
        let content = text_at(&xml, &["channel", "item", "encoded"]);
        prop_assert_eq!(content.trim(), body);
        let xml = bytes(&plan, Format::Atom);
        prop_assert_eq!(text_at(&xml, &["entry", "title"]), entry.title.as_str());
        if !body.is_empty() {
            let content = text_at(&xml, &["entry", "content"]);
            prop_assert_eq!(content.trim(), body);
        }

        let json = json(&plan);
        prop_assert_eq!(json["items"][0]["title"].as_str(), Some(entry.title.as_str()));
        prop_assert_eq!(
            json["items"][0]["content_html"].as_str().map(str::trim), Some(body)
        );
        prop_assert_eq!(json["items"][0]["tags"][0].as_str(), Some(&*entry.categories[0].name));
    }
}
