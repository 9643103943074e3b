//! From the bytes of several visits to what is stored: edited items, items of two sources, dates.

use chrono::{DateTime, Utc};
use headwater::source::item::items;
use headwater::source::parse::parse;
use headwater::source::politeness::State;
use headwater::store::{Kept, Store, StoredItem};

struct Desk {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("headwater.db")).unwrap();
        Self { store, _folder: folder }
    }

    fn visit(&self, source: &str, now: &str, entries: &str) -> Kept {
        let feed = format!("<rss version='2.0'><channel><title>t</title>{entries}</channel></rss>");
        let parsed = parse(feed.as_bytes(), None, None).unwrap();
        self.store.keep_visit(source, State::default(), items(source, &parsed, at(now))).unwrap()
    }

    fn all(&self) -> Vec<StoredItem> {
        self.store.items_since(DateTime::UNIX_EPOCH).unwrap()
    }
}

fn at(time: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(time).unwrap().to_utc()
}

const MORNING: &str = "2025-06-13T08:00:00Z";
const EVENING: &str = "2025-06-13T20:00:00Z";

fn kept(new: usize, updated: usize) -> Kept {
    Kept { new, updated }
}

#[test]
fn an_edited_item_updates_and_is_never_doubled() {
    let dated = "<pubDate>Thu, 12 Jun 2025 08:00:00 GMT</pubDate>";
    for (first, edited) in [
        // By its guid: with another title, and at another address.
        (
            "<item><guid isPermaLink='false'>1</guid><title>甲</title><link>https://a.example/1</link></item>",
            "<item><guid isPermaLink='false'>1</guid><title>乙</title><link>https://a.example/one</link></item>",
        ),
        // By its address, whatever became of the guid.
        (
            "<item><guid isPermaLink='false'>1</guid><title>甲</title><link>https://a.example/1</link></item>",
            "<item><guid isPermaLink='false'>?p=1</guid><title>乙</title><link>http://www.a.example/1/</link></item>",
        ),
        (
            "<item><title>甲</title><link>https://a.example/1</link></item>",
            "<item><title>乙</title><link>https://a.example/1?utm_source=x</link></item>",
        ),
        // By its content, where there is nothing else.
        (
            &format!("<item><title>甲</title><description>一</description>{dated}</item>"),
            &format!("<item><title>甲</title><description>二</description>{dated}</item>"),
        ),
    ] {
        let desk = Desk::new();
        assert_eq!(desk.visit("one", MORNING, first), kept(1, 0), "{first}");
        assert_eq!(desk.visit("one", MORNING, first), kept(0, 0), "{first}");
        assert_eq!(desk.visit("one", EVENING, edited), kept(0, 1), "{edited}");
        assert_eq!(desk.all().len(), 1, "{edited}");
        assert_eq!(desk.all()[0].item.first_seen, at(MORNING), "{edited}");
    }
}

#[test]
fn one_address_in_two_sources_is_one_item_with_two_sources() {
    let desk = Desk::new();
    desk.visit(
        "one",
        MORNING,
        "<item><guid>x1</guid><title>甲</title><link>https://a.example/1</link></item>",
    );
    let copy = "<item><guid>y9</guid><title>甲（转载）</title><link>http://a.example/1?utm_source=two#top</link></item>";
    assert_eq!(desk.visit("two", EVENING, copy), kept(0, 0));
    let all = desk.all();
    assert_eq!((all.len(), all[0].item.title.as_str()), (1, "甲"));
    assert_eq!(all[0].sources, ["one", "two"]);
}

#[test]
fn different_items_of_one_address_stay_apart() {
    let desk = Desk::new();
    let news = |numbers: &[u32]| -> String {
        let item = |n: &u32| {
            format!(
                "<item><guid isPermaLink='false'>{n}</guid><title>{n}</title><link>https://a.example/</link></item>"
            )
        };
        numbers.iter().map(item).collect()
    };
    assert_eq!(desk.visit("one", MORNING, &news(&[1, 2])), kept(2, 0));
    assert_eq!(desk.visit("one", EVENING, &news(&[3])), kept(1, 0));
}

/// A feed of entries by guid and address.
fn entries(list: &[(&str, &str)]) -> String {
    let entry = |(guid, page): &(&str, &str)| {
        format!(
            "<item><guid isPermaLink='false'>{guid}</guid><title>{guid}</title>\
             <link>https://a.example/{page}</link></item>"
        )
    };
    list.iter().map(entry).collect()
}

#[test]
fn no_item_is_lost_where_the_newest_one_has_a_standing_address() {
    let days: [&[(&str, &str)]; 4] = [
        &[("g1", "live")],
        &[("g2", "live"), ("g1", "monday")],
        &[("g3", "live"), ("g2", "tuesday"), ("g1", "monday")],
        // All others have left the feed meanwhile.
        &[("g9", "live")],
    ];
    for is_newest_first in [true, false] {
        let desk = Desk::new();
        let mut is_moved = 0;
        for day in days {
            let mut day = day.to_vec();
            if !is_newest_first {
                day.reverse();
            }
            let feed = entries(&day);
            assert_eq!(desk.visit("one", MORNING, &feed), kept(1, is_moved), "{day:?}");
            assert_eq!(desk.visit("one", EVENING, &feed), kept(0, 0), "{day:?} again");
            is_moved = usize::from(day.len() < 3);
        }
        let mut all: Vec<(String, Option<String>)> =
            desk.all().into_iter().map(|stored| (stored.item.title, stored.item.url)).collect();
        all.sort();
        let expected = [("g1", "monday"), ("g2", "tuesday"), ("g3", "live"), ("g9", "live")];
        let url = |page| Some(format!("https://a.example/{page}"));
        assert_eq!(all, expected.map(|(guid, page)| (guid.to_owned(), url(page))));
        // Of such an address nobody knows which item another source means.
        assert_eq!(desk.visit("two", EVENING, &entries(&[("h1", "live")])), kept(1, 0));
        assert_eq!(desk.visit("two", EVENING, &entries(&[("h1", "tuesday")])), kept(0, 1));
        assert_eq!(desk.all().len(), 4, "what the other source told of has an address now");
    }
}

#[test]
fn a_feed_that_makes_its_guids_anew_doubles_nothing() {
    let desk = Desk::new();
    let day = |turn: usize| {
        let guids: Vec<String> = (0..3).map(|n| format!("{turn}-{n}")).collect();
        let pages = ["a", "b", "c"];
        entries(&guids.iter().map(String::as_str).zip(pages).collect::<Vec<_>>())
    };
    for turn in 0..5 {
        let expected = if turn == 0 { kept(3, 0) } else { kept(0, 3) };
        assert_eq!(desk.visit("one", MORNING, &day(turn)), expected, "visit {turn}");
    }
    assert_eq!(desk.all().len(), 3);
}

#[test]
fn items_that_change_places_stay_two() {
    let desk = Desk::new();
    desk.visit("one", MORNING, &entries(&[("g1", "a"), ("g2", "b")]));
    let changed = entries(&[("g1", "b"), ("g2", "a")]);
    assert_eq!(desk.visit("one", MORNING, &changed), kept(0, 2));
    assert_eq!(desk.visit("one", EVENING, &changed), kept(0, 0));
    assert_eq!(desk.all().len(), 2);
}

#[test]
fn missing_dates_become_the_first_sight_and_later_ones_are_held_to_it() {
    let desk = Desk::new();
    let item = |n: u32, date: &str| {
        format!("<item><guid isPermaLink='false'>{n}</guid><title>{n}</title>{date}</item>")
    };
    let feed = [
        item(1, ""),
        item(2, "<pubDate>Sat, 14 Jun 2025 08:00:00 GMT</pubDate>"),
        item(3, "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>"),
        item(4, "<pubDate>soon</pubDate>"),
        item(5, "<pubDate>Thu, 12 Jun 2025 08:00:00 GMT</pubDate>"),
    ]
    .concat();
    for now in [MORNING, EVENING] {
        desk.visit("one", now, &feed.replace("</title>", &format!(" {now}</title>")));
    }
    let mut dates: Vec<_> =
        desk.all().into_iter().map(|stored| (stored.item.title, stored.item.published)).collect();
    dates.sort();
    let expected = [MORNING, MORNING, MORNING, MORNING, "2025-06-12T08:00:00Z"].map(at);
    assert_eq!(dates.iter().map(|(_, date)| *date).collect::<Vec<_>>(), expected);
}
