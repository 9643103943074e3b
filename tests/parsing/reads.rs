//! Every family of feeds, and every way of being broken, with what is read of it.

use std::fs;
use std::path::Path;

use headwater::source::parse::parse;
use headwater::source::{Dialect, Parsed};

fn read(name: &str) -> Parsed {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parsing");
    let bytes = fs::read(folder.join(name)).unwrap();
    parse(&bytes, None, None).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_family_of_feeds_is_read() {
    use Dialect::{Atom03, Atom10, Json, Rss09x, Rss10, Rss20};
    // Name, dialect, number of items; title, address and date of the first.
    type Row<'a> = (&'a str, Dialect, usize, Option<&'a str>, Option<&'a str>, Option<&'a str>);
    let rows: &[Row<'_>] = &[
        (
            "atom-0.3.xml",
            Atom03,
            1,
            Some("Packed tight"),
            Some("https://old.example/1"),
            Some("2004-01-02T08:04:05+00:00"),
        ),
        (
            "atom-1.0.xml",
            Atom10,
            2,
            Some("Results & methods"),
            Some("https://lab.example/blog/results"),
            Some("2025-06-12T00:00:00+00:00"),
        ),
        (
            "atom-entry.xml",
            Atom10,
            1,
            Some("Alone"),
            Some("https://alone.example/"),
            Some("2025-06-13T00:00:00+00:00"),
        ),
        (
            "atom-prefixed.xml",
            Atom10,
            1,
            Some("Prefixed"),
            Some("https://p.example/1"),
            Some("2025-06-13T00:00:00+00:00"),
        ),
        ("bom-and-blanks.xml", Rss20, 1, Some("标题"), None, None),
        (
            "cdf.xml",
            Rss09x,
            2,
            Some("Pushed"),
            Some("https://cdf.example/news/1"),
            Some("1998-02-03T04:05:00+00:00"),
        ),
        (
            "charset-big5.xml",
            Rss20,
            1,
            Some("行政院公布經濟成長預測"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-euc-jp.xml",
            Rss20,
            1,
            Some("日本銀行が政策金利を据え置き"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-euc-kr.xml",
            Rss20,
            1,
            Some("한국은행 기준금리 동결"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-gb18030.xml",
            Rss20,
            1,
            Some("𠀀字与㐀字的来历"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-gb2312.xml",
            Rss20,
            1,
            Some("国务院发布新的就业政策"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-gbk.xml",
            Rss20,
            1,
            Some("镕基谈經濟發展與市場改革"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-iso-2022-jp.xml",
            Rss20,
            1,
            Some("日本銀行が政策金利を据え置き"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-iso-8859-9.xml",
            Rss20,
            1,
            Some("İstanbul'da değil"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-koi8-r.xml",
            Rss20,
            1,
            Some("Центральный банк сохранил ставку"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-one-bad-byte.xml",
            Rss20,
            1,
            Some("中文标题很长很长"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-shift_jis.xml",
            Rss20,
            1,
            Some("日本銀行が政策金利を据え置き"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-undeclared-big5.xml",
            Rss20,
            1,
            Some("行政院昨日公布最新的經濟成長預測，民間消費持續回溫"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-undeclared-gbk.xml",
            Rss20,
            1,
            Some("国务院发布关于进一步促进就业的若干意见，各地正在落实"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-undeclared-shift_jis.xml",
            Rss20,
            1,
            Some("日本銀行は金融政策決定会合で、政策金利の据え置きを決めた"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-utf-16be-bare.xml",
            Rss20,
            1,
            Some("中文标题"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-utf-16le.xml",
            Rss20,
            1,
            Some("中文标题"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-utf-32le.xml",
            Rss20,
            1,
            Some("中文标题"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-windows-1250.xml",
            Rss20,
            1,
            Some("Příliš žluťoučký kůň"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-windows-1251.xml",
            Rss20,
            1,
            Some("Центральный банк сохранил ставку"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-windows-1252.xml",
            Rss20,
            1,
            Some("“Smart” quotes — naïve"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-windows-1256.xml",
            Rss20,
            1,
            Some("أخبار اليوم"),
            Some("https://charset.example/1"),
            None,
        ),
        (
            "charset-wrong.xml",
            Rss20,
            1,
            Some("其实是 UTF-8"),
            Some("https://charset.example/1"),
            None,
        ),
        ("control-characters.xml", Rss20, 1, Some("No bell here"), None, None),
        ("cut.xml", Rss20, 2, Some("First"), Some("https://cut.example/1"), None),
        (
            "entities.xml",
            Rss20,
            1,
            Some("Café – Q&A &lol;&ext; “x” ’ AT&T"),
            Some("https://e.example/?a=1&b=2&copy=3"),
            None,
        ),
        (
            "json-1.0.json",
            Json,
            1,
            None,
            Some("https://j.example/1"),
            Some("2025-06-13T12:30:04+00:00"),
        ),
        ("json-1.1.json", Json, 2, Some("A & B"), Some("/a"), Some("2025-06-13T00:00:00+00:00")),
        ("json-cut.json", Json, 2, Some("kept"), None, None),
        ("junk-before.xml", Rss20, 1, Some("Still here"), Some("https://junk.example/1"), None),
        ("media.xml", Rss20, 1, Some("A heron"), Some("https://pic.example/1"), None),
        (
            "podcast.xml",
            Rss20,
            1,
            Some("Episode 1: Water"),
            Some("https://talk.example/1"),
            Some("2025-06-14T00:00:00+00:00"),
        ),
        (
            "rss-0.90.rdf",
            Rss10,
            2,
            Some("The river rose"),
            Some("https://river.example/rose"),
            None,
        ),
        ("rss-0.91.xml", Rss09x, 1, Some("Été indien"), Some("https://cafe.example/ete"), None),
        ("rss-0.92.xml", Rss09x, 1, None, None, None),
        (
            "rss-1.0.rdf",
            Rss10,
            1,
            Some("Granite"),
            Some("https://stones.example/granite"),
            Some("2025-06-13T12:30:04+00:00"),
        ),
        ("rss-1.1.xml", Rss09x, 1, Some("One"), Some("https://eleven.example/one"), None),
        (
            "rss-2.0.xml",
            Rss20,
            2,
            Some("芯片出口新规 & 市场反应"),
            Some("https://morning.example/chips?utm_source=rss&id=1"),
            Some("2025-06-13T12:30:04+00:00"),
        ),
        ("twice-encoded.xml", Rss20, 1, Some("Größe über alles"), None, None),
        ("unclosed.xml", Rss20, 3, Some("One"), Some("https://un.example/1"), None),
        (
            "undeclared-prefixes.xml",
            Rss20,
            1,
            Some("Undeclared"),
            None,
            Some("2025-06-13T00:00:00+00:00"),
        ),
        ("unescaped.xml", Rss20, 2, Some("5 < 6 && 7 > 2"), Some("https://bare.example/1"), None),
        ("versions-inside.xml", Atom10, 1, Some("Now"), None, None),
        ("wrong-namespaces.xml", Rss20, 1, Some("Wrong"), None, None),
    ];
    for (name, dialect, count, title, url, date) in rows {
        let parsed = read(name);
        let first = &parsed.items[0];
        let found = first.published.or(first.updated).map(|date| date.to_rfc3339());
        assert_eq!(parsed.format, *dialect, "{name}");
        assert_eq!(parsed.items.len(), *count, "{name}");
        assert_eq!(first.title.as_deref(), *title, "{name}");
        assert_eq!(first.url.as_deref(), *url, "{name}");
        assert_eq!(found.as_deref(), *date, "{name}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parsing");
    assert_eq!(rows.len(), fs::read_dir(folder).unwrap().count(), "each file has its row");
}

#[test]
fn modules_of_rss_are_read() {
    let stones = read("rss-1.0.rdf");
    let granite = &stones.items[0];
    assert_eq!(
        (granite.authors.as_slice(), granite.categories.as_slice()),
        (["Petra".to_owned()].as_slice(), ["Geology".to_owned(), "rocks".to_owned()].as_slice(),)
    );
    let html = "<p>Very <em>hard</em>. <img src=\"https://stones.example/g.png\"></p>";
    assert_eq!(granite.content.as_deref(), Some(html));
    let talk = read("podcast.xml");
    assert_eq!(talk.items[0].authors, ["Guest"]);
    assert_eq!(talk.items[0].categories, ["water", "rivers"]);
    assert_eq!(talk.items[0].summary.as_deref(), Some("About water."));
    let media = read("media.xml");
    assert_eq!(media.items[0].summary.as_deref(), Some("By the weir"));
    let morning = read("rss-2.0.xml");
    assert_eq!((morning.title.as_deref(), morning.ttl), (Some("晨间观察"), Some(30)));
    assert_eq!(morning.link.as_deref(), Some("https://morning.example/"));
    assert_eq!(morning.items[0].categories, ["芯片", "出口"]);
    assert_eq!(morning.items[0].content.as_deref(), Some("<p>正文 <a>x</a></p>"));
    assert_eq!(morning.items[1].url.as_deref(), Some("https://morning.example/second"));
}

#[test]
fn types_and_bases_of_atom_are_followed() {
    let lab = read("atom-1.0.xml");
    assert_eq!(lab.link.as_deref(), Some("https://lab.example/blog/"));
    let results = &lab.items[0];
    assert_eq!(results.summary.as_deref(), Some("Less &lt;than&gt; expected"));
    assert_eq!(
        (results.authors.as_slice(), results.categories.as_slice()),
        (["Ada".to_owned()].as_slice(), ["Methods".to_owned()].as_slice(),)
    );
    let content = results.content.as_deref().unwrap();
    assert!(content.contains("href=\"https://lab.example/blog/notes/one\""), "{content}");
    assert_eq!(lab.items[1].content, None, "a picture is no text");
    let old = read("atom-0.3.xml");
    assert_eq!(old.title.as_deref(), Some("Old ways"));
    assert!(old.items[0].content.as_deref().unwrap().contains("<p>In <b>line</b></p>"));
}

#[test]
fn what_stands_before_a_cut_is_kept() {
    let cut = read("cut.xml");
    assert_eq!(cut.items[1].title.as_deref(), Some("Second"));
    assert_eq!(cut.items[1].summary.as_deref(), Some("<p>half of it</p>"));
    let unclosed = read("unclosed.xml");
    assert_eq!(unclosed.title.as_deref(), Some("Unclosed"));
    let titles: Vec<_> = unclosed.items.iter().filter_map(|item| item.title.as_deref()).collect();
    assert_eq!(titles, ["One", "Two", "Three"]);
    assert_eq!(unclosed.items[1].summary.as_deref(), Some("a <b>b <i>c</i></b>"));
    let unescaped = read("unescaped.xml");
    assert_eq!(unescaped.title.as_deref(), Some("a < b & c"));
    assert_eq!(unescaped.items[1].title.as_deref(), Some("After"));
    let json = read("json-1.1.json");
    assert_eq!(json.items[1].content.as_deref(), Some("raw line"));
    assert_eq!(json.items[0].categories, ["x", "y", "3"]);
}

#[test]
fn undeclared_and_wrong_namespaces_are_understood() {
    for name in ["undeclared-prefixes.xml", "wrong-namespaces.xml"] {
        let item = &read(name).items[0];
        assert_eq!(item.authors, ["Me"], "{name}");
        assert!(item.content.as_deref().unwrap().contains("all"), "{name}");
    }
}
