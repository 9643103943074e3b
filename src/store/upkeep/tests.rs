use std::path::PathBuf;

use super::*;
use crate::source::Item;
use crate::source::item::Sighting;
use crate::source::politeness::State;
use crate::store::{Judgement, Shown};
use crate::suggest::Target;
use crate::suggest::verdict::Verdict;

const START: i64 = 1_750_000_000;

fn day(number: i64) -> DateTime<Utc> {
    time(START) + TimeDelta::days(number)
}

fn fresh() -> (tempfile::TempDir, PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headwater.db");
    let store = Store::open(&path).unwrap();
    (folder, path, store)
}

fn seen(id: &str, at: DateTime<Utc>) -> Sighting {
    let item = Item {
        id: id.to_owned(),
        source: "one".to_owned(),
        url: Some(format!("https://example.org/{id}")),
        canonical_url: None,
        title: format!("标题 {id}"),
        published: at,
        updated: None,
        summary: "摘要".repeat(100),
        authors: Vec::new(),
        categories: Vec::new(),
        first_seen: at,
    };
    Sighting { keys: vec![id.to_owned()], item }
}

/// What a site with these limits may forget at `now`.
fn bounds(now: DateTime<Utc>, days: i64, most_items: usize) -> Bounds {
    let before = |days| now - TimeDelta::days(days);
    Bounds { items: before(days), most_items, window: before(28), history: before(90) }
}

fn ids(store: &Store) -> Vec<String> {
    let mut ids: Vec<String> = store
        .items_since(DateTime::UNIX_EPOCH)
        .unwrap()
        .into_iter()
        .map(|stored| stored.item.id)
        .collect();
    ids.sort();
    ids
}

fn shown(id: &str, item: &str, at: DateTime<Utc>) -> Shown {
    Shown {
        id: id.to_owned(),
        target: Target::Article("a.md".to_owned()),
        item: item.to_owned(),
        score: 0.5,
        reasons: Vec::new(),
        at,
        made: None,
    }
}

fn judged(store: &Store, suggestion: &str, verdict: Verdict, at: DateTime<Utc>) {
    let judgement = Judgement {
        suggestion: suggestion.to_owned(),
        verdict,
        reason: None,
        editor: "anna".to_owned(),
        judged: at,
    };
    store.judge(vec![judgement]).unwrap();
}

#[test]
fn what_is_forgotten_never_comes_back_as_new_while_its_source_shows_it() {
    let (_folder, _path, store) = fresh();
    let visit = |at| {
        let items = vec![seen("old", day(0).max(at)), seen("new", day(0).max(at))];
        store.keep_visit("one", State::default(), items).unwrap().new
    };
    assert_eq!(visit(day(0)), 2);
    assert_eq!(store.forget(bounds(day(99), 100, 9), day(99)).unwrap(), 0, "not old enough");
    assert_eq!(store.forget(bounds(day(101), 100, 9), day(101)).unwrap(), 2);
    // Its source shows it on and on, and says nothing new by that, for years.
    for turn in 1..40 {
        let now = day(101 + turn * 20);
        assert_eq!(visit(now), 0, "turn {turn}");
        store.forget(bounds(now, 100, 9), now).unwrap();
    }
    assert_eq!(ids(&store), [""; 0]);
}

#[test]
fn what_is_referred_to_stays_whatever_its_age_and_number() {
    let (_folder, _path, store) = fresh();
    let items = ["accepted", "rejected", "shown", "plain", "told"].map(|id| seen(id, day(0)));
    store.keep_items("one", items.into()).unwrap();
    store.keep_items("one", vec![seen("today", day(499))]).unwrap();
    let story = |item: &str| (item.to_owned(), "s".to_owned());
    store.keep_stories(vec![story("told"), story("today")]).unwrap();
    let all = ["accepted", "rejected", "shown"];
    store.remember(all.map(|id| shown(id, id, day(1))).into()).unwrap();
    judged(&store, "accepted", Verdict::Accept, day(2));
    judged(&store, "rejected", Verdict::Reject, day(2));
    assert_eq!(store.forget(bounds(day(500), 400, 1), day(500)).unwrap(), 2);
    assert_eq!(ids(&store), ["accepted", "rejected", "today", "told"]);
    assert_eq!(store.verdicts(day(500)).unwrap().len(), 2);
    assert_eq!(store.shown("shown").unwrap(), None, "nobody judged it in all that time");
}

#[test]
fn the_oldest_go_where_there_are_too_many() {
    let (_folder, _path, store) = fresh();
    let items = (0..50).map(|at| seen(&format!("{at:02}"), day(at))).collect();
    store.keep_items("one", items).unwrap();
    assert_eq!(store.forget(bounds(day(60), 400, 30), day(60)).unwrap(), 20);
    assert_eq!(ids(&store), (20..50).map(|at| format!("{at:02}")).collect::<Vec<_>>());
    // Of what is being read, nothing goes.
    assert_eq!(store.forget(bounds(day(60), 400, 1), day(60)).unwrap(), 12);
    assert_eq!(ids(&store).len(), 18);
}

#[test]
fn the_size_stays_bounded_over_a_year() {
    let (_folder, path, store) = fresh();
    let mut sizes = Vec::new();
    for today in 0..365 {
        let now = day(today);
        let items = (0..20).map(|at| seen(&format!("{today}-{at}"), now)).collect();
        store.keep_visit("one", State::default(), items).unwrap();
        let some = (0..3).map(|at| shown(&format!("s{today}-{at}"), &format!("{today}-{at}"), now));
        store.remember(some.collect()).unwrap();
        let stories = (0..20).map(|at| (format!("{today}-{at}"), format!("{today}-{}", at / 4)));
        store.keep_stories(stories.collect()).unwrap();
        store.forget(bounds(now, 40, 200_000), now).unwrap();
        let log = path.with_extension("db-wal");
        sizes.push(std::fs::metadata(&path).unwrap().len() + std::fs::metadata(log).unwrap().len());
    }
    assert!(ids(&store).len() <= 20 * 41);
    let (early, late) = (sizes[100], sizes[364]);
    println!("{early} bytes after 100 days, {late} after 365");
    assert!(late <= early + early / 10);
    // What is given up at once is given back.
    let now = day(365 + 400);
    store.forget(bounds(now, 40, 200_000), now).unwrap();
    drop(store);
    let left = (0..100)
        .map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            std::fs::metadata(&path).unwrap().len()
        })
        .find(|left| *left < late / 2);
    assert!(left.is_some(), "{late} bytes before");
}

#[test]
fn a_database_that_cannot_give_back_learns_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headwater.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(sql::MIGRATIONS[0]).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    let store = Store::open(&path).unwrap();
    store.keep_items("one", vec![seen("a", day(0))]).unwrap();
    store.forget(bounds(day(1), 400, 9), day(1)).unwrap();
    let mode = store
        .call(|it| Ok(it.pragma_query_value::<i64, _>(None, "auto_vacuum", |row| row.get(0))?));
    assert_eq!(mode.unwrap(), 2, "incremental");
    assert_eq!(ids(&store), ["a"]);
}

#[test]
fn times_that_a_wrong_clock_kept_are_of_now_and_the_last_word_stays_the_last() {
    let (_folder, _path, store) = fresh();
    let (now, ahead) = (day(10), day(9_000));
    store.keep_items("one", vec![seen("a", ahead), seen("b", day(9))]).unwrap();
    store.remember(vec![shown("s", "a", ahead)]).unwrap();
    judged(&store, "s", Verdict::Accept, ahead);
    judged(&store, "s", Verdict::Reject, ahead + TimeDelta::days(1));
    assert_eq!(store.verdicts(now).unwrap(), []);
    assert!(store.mend_times(now).unwrap() > 0);
    assert_eq!(store.mend_times(now).unwrap(), 0);
    assert_eq!(store.latest_arrival().unwrap(), Some(now));
    let verdicts = store.verdicts(now).unwrap();
    assert_eq!(verdicts.iter().map(|line| line.verdict).collect::<Vec<_>>(), [Verdict::Reject]);
    assert_eq!(store.shown("s").unwrap().unwrap().at, now);
    assert_eq!(store.item("b").unwrap().unwrap().item.first_seen, day(9), "it is as it was");
}
