use proptest::prelude::*;

use super::*;
use crate::source::Dialect;

fn read_text(text: &str) -> Parsed {
    let base = Url::parse("https://example.org/feed.xml").unwrap();
    parse(text.as_bytes(), None, Some(&base)).unwrap()
}

#[test]
fn rss_with_everything_that_is_usual() {
    let parsed = read_text(
        "\n<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>R&D</title>\
         <link>https://example.org/</link><ttl>60</ttl>\
         <atom:link href=\"https://example.org/feed.xml\" rel=\"self\" xmlns:atom=\"http://www.w3.org/2005/Atom\"/>\
         <item><title>A &amp;amp; B &lt;b&gt;c&lt;/b&gt;</title><link>/a?b=1&c=2</link>\
         <guid isPermaLink=\"false\">x1</guid><dc:creator><![CDATA[李明]]></dc:creator>\
         <pubDate>Mon, 13 Jun 2025 12:30:04 GMT</pubDate><category>AI</category>\
         <description><![CDATA[<p>短</p><script>alert(1)</script>]]></description>\
         <content:encoded><![CDATA[<p>长 <a href=\"/d\">d</a></p>]]></content:encoded></item>\
         <item><guid>https://example.org/b</guid><description>第二&hellip;</description></item></channel></rss>",
    );
    assert_eq!(
        (parsed.format, parsed.title.as_deref(), parsed.wishes.interval),
        (Dialect::Rss20, Some("R&D"), Some(std::time::Duration::from_hours(1)))
    );
    assert_eq!(parsed.link.as_deref(), Some("https://example.org/"));
    let first = &parsed.items[0];
    assert_eq!(first.title.as_deref(), Some("A & B c"));
    assert_eq!(first.url.as_deref(), Some("https://example.org/a?b=1&c=2"));
    assert_eq!(first.guid.as_deref(), Some("x1"));
    assert_eq!(
        (first.authors.as_slice(), first.categories.as_slice()),
        (["李明".to_owned()].as_slice(), ["AI".to_owned()].as_slice())
    );
    assert_eq!(first.published.unwrap().to_rfc3339(), "2025-06-13T12:30:04+00:00");
    assert_eq!(first.summary.as_deref(), Some("<p>短</p>"));
    assert!(first.content.as_deref().unwrap().contains("href=\"https://example.org/d\""));
    assert_eq!(parsed.items[1].url.as_deref(), Some("https://example.org/b"));
    assert_eq!(parsed.items[1].summary.as_deref(), Some("第二…"));
}

#[test]
fn atom_with_base_and_types() {
    let parsed = read_text(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"https://example.net/blog/\"><title>T</title>\
         <link rel=\"self\" href=\"feed\"/><link href=\"\"/><entry><title type=\"text\">a &lt;b&gt;</title>\
         <id>urn:1</id><link rel=\"enclosure\" href=\"x.mp3\"/><link href=\"one\"/>\
         <published>2025-06-13T08:00:00+08:00</published><updated>2025-06-14T08:00:00Z</updated>\
         <author><name>甲</name></author><category term=\"x\" label=\"标签\"/>\
         <content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>正<br/>文</p></div></content>\
         </entry><entry><title>second</title></entry></feed>",
    );
    assert_eq!(parsed.format, Dialect::Atom10);
    assert_eq!(parsed.items.len(), 2, "a namespace ends with its element");
    let entry = &parsed.items[0];
    assert_eq!(entry.title.as_deref(), Some("a <b>"));
    assert_eq!(entry.url.as_deref(), Some("https://example.net/blog/one"));
    assert_eq!(entry.published.unwrap().to_rfc3339(), "2025-06-13T00:00:00+00:00");
    assert_eq!((entry.authors[0].as_str(), entry.categories[0].as_str()), ("甲", "标签"));
    assert!(entry.content.as_deref().unwrap().contains("<p>正<br>文</p>"));
}

#[test]
fn json_and_older_dialects() {
    for (text, format, url) in [
        (
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":7,\"url\":\"/a\",\"title\":\"t\"}]}",
            Dialect::Json,
            "https://example.org/a",
        ),
        (
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\"><channel/><item><title>t</title><link>https://example.org/a</link></item></rdf:RDF>",
            Dialect::Rss10,
            "https://example.org/a",
        ),
        (
            "<rss version=\"0.91\"><channel><item><title>t</title><link>https://example.org/a</link></item></channel></rss>",
            Dialect::Rss09x,
            "https://example.org/a",
        ),
        (
            "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"><entry><title>t</title><link rel=\"alternate\" href=\"https://example.org/a\"/></entry></feed>",
            Dialect::Atom03,
            "https://example.org/a",
        ),
    ] {
        let parsed = read_text(text);
        assert_eq!(parsed.format, format, "{text}");
        assert_eq!(parsed.items[0].title.as_deref(), Some("t"), "{text}");
        assert_eq!(parsed.items[0].url.as_deref(), Some(url), "{text}");
    }
}

#[test]
fn a_feed_in_a_namespace_of_its_own_is_a_feed() {
    for text in [
        "<n:feed xmlns:n='urn:new'><n:title>f</n:title><n:entry><n:title>t</n:title></n:entry></n:feed>",
        "<x:rss version='2.0'><x:channel><x:title>f</x:title><x:item><x:title>t</x:title></x:item></x:channel></x:rss>",
        "<rss xmlns='urn:new'><channel><title>f</title><item><title>t</title></item></channel></rss>",
    ] {
        let parsed = read_text(text);
        assert_eq!(parsed.title.as_deref(), Some("f"), "{text}");
        assert_eq!(parsed.items[0].title.as_deref(), Some("t"), "{text}");
    }
}

#[test]
fn items_before_a_sudden_end_are_kept() {
    let parsed =
        read_text("<rss version=\"2.0\"><channel><item><title>one</title></item><item><title>tw");
    let titles: Vec<_> = parsed.items.iter().filter_map(|item| item.title.as_deref()).collect();
    assert_eq!(titles, ["one", "tw"]);
}

#[test]
fn the_language_of_a_feed_tells_which_zone_is_meant_by_cst() {
    let item = "<item><title>a</title><pubDate>Fri Jun 13 20:30:00 CST 2025</pubDate></item>";
    let entry = "<entry><title>a</title><updated>Fri Jun 13 20:30:00 CST 2025</updated></entry>";
    for (text, hour) in [
        (format!("<rss><channel><language>zh-CN</language>{item}</channel></rss>"), "12"),
        (format!("<rss><channel><language>en</language>{item}</channel></rss>"), "02"),
        (format!("<rss><channel>{item}</channel></rss>"), "02"),
        (format!("<rss><channel><dc:language>ZH</dc:language>{item}</channel></rss>"), "12"),
        (format!("<feed xml:lang='zh_TW'>{entry}</feed>"), "12"),
        (format!("<feed xml:lang='en'>{entry}</feed>"), "02"),
    ] {
        let item = read_text(&text).items.remove(0);
        let date = item.published.or(item.updated).unwrap();
        assert_eq!(date.format("%H:%M").to_string(), format!("{hour}:30"), "{text}");
    }
}

#[test]
fn of_very_many_names_the_first_are_read() {
    let words: Vec<String> = (0..20_000).map(|n| format!("k{n},k{n}")).collect();
    let keywords = |name: &str| format!("<{name}:keywords>{}</{name}:keywords>", words.join(","));
    let many = |from: usize| {
        let words = words[from..from + 5_000].join(",");
        format!("<itunes:keywords>{words}</itunes:keywords>")
    };
    for (name, fields) in [
        ("itunes", keywords("itunes")),
        ("media", keywords("media")),
        ("many", [0, 1, 2, 3].map(many).concat()),
        ("tags", "<category>k0</category>".to_owned() + &keywords("media")),
    ] {
        let item = read_text(&format!("<rss><channel><item>{fields}</item></channel></rss>"))
            .items
            .remove(0);
        let first: Vec<&str> = item.categories.iter().take(2).map(String::as_str).collect();
        assert_eq!(first, ["k0", "k1"], "{name}");
        assert!(item.categories.len() <= 1_000, "{name}: {}", item.categories.len());
    }
}

#[test]
fn a_feed_knows_whether_it_is_whole() {
    for (text, is_cut) in [
        ("<rss><channel><item><title>one</title></item></channel></rss>", false),
        ("<rss><channel><item><title>one</title></item></channel></rss><!-- 12 ms", false),
        ("<br><rss><channel><item><title>one</item></rss>\n", false),
        ("<feed><entry/><entry/></feed>", false),
        ("<rdf:RDF><channel/><item/></rdf:RDF>", false),
        ("<rss><channel><item><title>one</title></item>", true),
        ("<rss><channel><item><title>one</title></item></channel>", true),
        ("<rss><channel><item><title>one</title></item></channel></rs", true),
        ("<rss><channel><item><title>one", true),
        ("<feed><entry/><entry", true),
        ("<entry><title>one</title>", true),
        (r#"{"items": [{"id": "1"}]}"#, false),
        ("{\"items\": [{\"id\": \"1\", \"title\": \"a\tb\"}]}\n", false),
        (r#"{"items": [{"id": "1"}, {"id": "2", "title": "tw"#, true),
        (r#"{"items": [{"id": "1"}]"#, true),
    ] {
        assert_eq!(read_text(text).wishes.is_cut, is_cut, "{text}");
    }
}

#[test]
fn what_is_no_feed_says_so() {
    for (text, expected) in [
        ("", "the answer is empty"),
        ("  \n", "the answer is empty"),
        ("hello", "this is no feed: it has no element"),
        ("<svg/>", "this is no feed: it begins with <svg>"),
        ("{}", "this is no feed: the JSON has no list `items`"),
        ("<html><body>x</body></html>", "this is a web page and no feed"),
        (
            "<!doctype html><html><link rel=alternate type=application/atom+xml href=/atom.xml>",
            "this is a web page and no feed; it names https://example.org/atom.xml as its feed",
        ),
    ] {
        let base = Url::parse("https://example.org/").unwrap();
        let error = parse(text.as_bytes(), None, Some(&base)).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn deep_nesting_is_harmless() {
    let text = format!("<rss><channel><item>{}", "<a>".repeat(100_000));
    assert_eq!(read_text(&text).items.len(), 1);
}

proptest! {
    #[test]
    fn no_bytes_can_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, Some("text/xml; charset=x"), None);
    }

    #[test]
    fn no_broken_feed_can_make_it_panic(text in "(<(rss|feed|item|entry|link|title|/item|/rss)( href=\"[a-z&]{0,5}\")?>|&[a-z#0-9]{0,4};?|<!\\[CDATA\\[|\\]\\]>|\\PC){0,40}") {
        let _ = parse(text.as_bytes(), None, None);
    }
}
