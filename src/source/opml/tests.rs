use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::source::Tier;

fn source(name: &str, url: &str, topics: &[String], language: Option<&str>) -> Source {
    Source {
        id: "a".into(),
        name: name.into(),
        url: url.into(),
        language: language.map(str::to_owned),
        tier: Tier::Media,
        weight: 1.0,
        topics: topics.to_vec(),
        interval: None,
        headers: BTreeMap::new(),
        stale_after: None,
        enabled: true,
    }
}

#[test]
fn folders_become_topics_and_feeds_are_found() {
    let text = "<opml><body><outline text='AI'><outline text='甲 &amp; 乙' xmlUrl='https://a.example/?b=1&c=2'/>\
                <outline text='Chips'><outline xmlUrl='https://b.example/' category='AI,/News/Asia, GPU'></outline></outline></outline>\
                <outline text='丙' xmlUrl='https://c.example/'/></body></opml>";
    let imported = import(text).unwrap();
    let seen: Vec<_> =
        imported.outlines.iter().map(|one| (one.url.as_str(), one.topics.join("/"))).collect();
    assert_eq!(
        seen,
        [
            ("https://a.example/?b=1&c=2", "AI".to_owned()),
            ("https://b.example/", "AI/Chips/News/Asia/GPU".to_owned()),
            ("https://c.example/", String::new())
        ]
    );
    assert_eq!(imported.outlines[0].title.as_deref(), Some("甲 & 乙"));
    assert!(import("hello").is_err());
    assert!(import("<html><body>x</body></html>").is_err());
}

#[test]
fn names_are_plain_text_in_one_line() {
    for (title, expected) in [
        ("&lt;b&gt;News&lt;/b&gt; of the day", "News of the day"),
        ("AT&amp;T", "AT&T"),
        ("Q&A", "Q&A"),
        ("1 &lt; 2", "1 < 2"),
        ("  a&#10;  b ", "a b"),
    ] {
        let text = format!("<opml><outline TITLE='{title}' XMLURL='https://a.example/'/></opml>");
        let found = import(&text).unwrap().outlines.remove(0).title;
        assert_eq!(found.as_deref(), Some(expected), "{title}");
    }
}

#[test]
fn what_is_no_feed_is_refused_with_a_reason_and_a_broken_end_loses_nothing_before_it() {
    let text = "<opml version='1.0'><body><outline type='rss' text='No address'/>\
                <outline text='A page' htmlUrl='https://p.example/'/><outline text='Empty'/>\
                <outline text='甲' xmlUrl='https://a.example/'/><outline text='乙' xmlUrl='https://b.example/'>";
    let imported = import(text).unwrap();
    assert_eq!(imported.outlines.len(), 2);
    let names: Vec<_> = imported.refused.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["No address", "A page"]);
    let broken = import(&format!("{text}<outline text=\"<!")).unwrap();
    assert_eq!(broken.outlines.len(), 2);
}

#[test]
fn huge_and_deep_lists_come_to_an_end() {
    let deep = "<outline text='x'>".repeat(15_000);
    let imported = import(&format!("<opml>{deep}<outline xmlUrl='https://a.example/'/>")).unwrap();
    assert_eq!(imported.outlines[0].topics, ["x"]);
    let names: Vec<String> = (0..100).map(|at| format!("<outline text='{at}'>")).collect();
    let names = names.concat();
    let imported = import(&format!("<opml>{names}<outline xmlUrl='https://a.example/'/>")).unwrap();
    assert_eq!(imported.outlines[0].topics.len(), DEEPEST);
    let long = "<outline xmlUrl='https://a.example/'/>".repeat(MOST + 1);
    let imported = import(&format!("<opml>{long}")).unwrap();
    assert_eq!((imported.outlines.len(), imported.refused.len()), (MOST, 1));
}

proptest! {
    /// What is exported comes back: addresses, names, topics and languages.
    #[test]
    fn a_list_survives_the_way_out_and_in(
        rows in prop::collection::vec(
            (
                "[^<&\\p{C}\\p{Z}\\u{fffe}\\u{ffff}]{1,12}( [^<&\\p{C}\\p{Z}\\u{fffe}\\u{ffff}]{1,12})?",
                "https://[a-z]{1,8}\\.example/[a-z0-9?=&%'\"<>]{0,12}",
                prop::collection::vec("[a-z新\"'>+/]{0,3}[a-z新]{1,6}", 0..4),
                prop::option::of("[a-z]{2}(-[A-Z]{2})?"),
            ),
            1..8,
        )
    ) {
        let mut expected = Vec::new();
        let mut sources = Vec::new();
        for (name, url, topics, language) in &rows {
            let mut own: Vec<String> = Vec::new();
            for topic in topics.iter().map(|topic| topic.trim_start_matches('/')) {
                if !own.iter().any(|known| known == topic) {
                    own.push(topic.to_owned());
                }
            }
            sources.push(source(name, url, &own, language.as_deref()));
            let (title, language) = (Some(name.clone()), language.clone());
            expected.push(Outline { url: url.clone(), title, topics: own, language });
        }
        let imported = import(&export("T", &sources)).unwrap();
        prop_assert_eq!(imported.refused, vec![]);
        let sorted = |mut outlines: Vec<Outline>| {
            outlines.sort_by_key(|one| format!("{one:?}"));
            outlines
        };
        prop_assert_eq!(sorted(imported.outlines), sorted(expected));
    }
}
