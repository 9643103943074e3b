//! Every family of feeds, and every way of being broken, with what is read of it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use headwater::source::Parsed;
use headwater::source::parse::parse;

fn read(name: &str) -> Parsed {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parsing");
    let bytes = fs::read(folder.join(name)).unwrap();
    parse(&bytes, None, None).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Name, dialect, number of items; title, address and date of the first.
const EXPECTED: &str = include_str!("expected.tsv");

#[test]
fn every_family_of_feeds_is_read() {
    for row in EXPECTED.lines() {
        let name = row.split('\t').next().unwrap();
        let parsed = read(name);
        let first = &parsed.items[0];
        let dialect = serde_json::to_value(parsed.format).unwrap();
        let date = first.published.or(first.updated).map(|date| date.to_rfc3339());
        let columns = [&first.title, &first.url, &date].map(|text| text.as_deref().unwrap_or("-"));
        let dialect = dialect.as_str().unwrap();
        let found = format!("{name}\t{dialect}\t{}\t{}", parsed.items.len(), columns.join("\t"));
        assert_eq!(found, row);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parsing");
    assert_eq!(EXPECTED.lines().count(), fs::read_dir(folder).unwrap().count(), "a row for each");
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
    assert_eq!(stones.wishes.interval, Some(Duration::from_hours(12)), "twice a day");
    let talk = read("podcast.xml");
    assert_eq!(talk.items[0].authors, ["Guest"]);
    assert_eq!(talk.items[0].categories, ["water", "rivers"]);
    assert_eq!(talk.items[0].summary.as_deref(), Some("About water."));
    let media = read("media.xml");
    assert_eq!(media.items[0].summary.as_deref(), Some("By the weir"));
    let morning = read("rss-2.0.xml");
    assert_eq!(
        (morning.title.as_deref(), morning.wishes.interval),
        (Some("晨间观察"), Some(Duration::from_mins(30)))
    );
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
