use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::*;
use crate::source::Item;
use crate::source::websub::Offer;
use crate::source::websub::subscription::Event;
use crate::suggest::Target;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn item(id: &str, title: &str) -> Item {
    Item {
        id: id.into(),
        source: "one".into(),
        url: Some(format!("https://example.org/{id}")),
        canonical_url: Some(format!("https://example.org/{id}")),
        title: title.into(),
        published: at("2025-06-13T08:00:00Z"),
        updated: None,
        summary: "摘要".into(),
        authors: vec!["甲".into()],
        categories: vec!["AI".into()],
        first_seen: at("2025-06-13T09:00:00Z"),
    }
}

/// An item as its source shows it, known by its identifier alone.
fn seen(item: Item) -> Sighting {
    Sighting { keys: vec![item.id.clone()], item }
}

fn fresh() -> (tempfile::TempDir, PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/headwater.db");
    let store = Store::open(&path).unwrap();
    (folder, path, store)
}

#[test]
fn what_was_kept_is_there_after_a_restart() {
    let (_folder, path, store) = fresh();
    let state = State::default();
    let kept = store.keep_visit("one", state.clone(), vec![seen(item("a", "甲"))]).unwrap();
    assert_eq!(kept, Kept { new: 1, updated: 0 });
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.states().unwrap(), HashMap::from([("one".to_owned(), state)]));
    let stored = store.item("a").unwrap().unwrap();
    assert_eq!(stored, StoredItem { item: item("a", "甲"), sources: vec!["one".into()] });
    assert_eq!(store.item("b").unwrap(), None);
}

#[test]
fn the_pace_of_a_host_is_kept_until_it_is_the_usual_one() {
    let (_folder, path, store) = fresh();
    let pace = Pace {
        spacing: std::time::Duration::from_mins(1),
        next_at: Some(at("2025-06-13T08:00:00.5Z")),
        ..Pace::default()
    };
    store.keep_pace("one.example", pace.clone()).unwrap();
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.paces().unwrap(), HashMap::from([("one.example".to_owned(), pace)]));
    store.keep_pace("one.example", Pace::default()).unwrap();
    assert_eq!(store.paces().unwrap(), HashMap::new());
}

#[test]
fn a_database_of_an_earlier_version_is_brought_up_to_date_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headwater.db");
    let earlier = Connection::open(&path).unwrap();
    for migration in &sql::MIGRATIONS[..2] {
        earlier.execute_batch(migration).unwrap();
    }
    let state = r#"{"etag":"\"a\"","failures":2,"next_at":"2025-06-13T08:00:00Z"}"#;
    earlier.execute(sql::KEEP_STATE, ["one", state]).unwrap();
    earlier.pragma_update(None, "user_version", 2).unwrap();
    drop(earlier);
    let store = Store::open(&path).unwrap();
    let expected =
        State { failures: 2, next_at: Some(at("2025-06-13T08:00:00Z")), ..State::default() };
    assert_eq!(store.states().unwrap(), HashMap::from([("one".to_owned(), expected)]));
    assert_eq!(store.paces().unwrap(), HashMap::new());
}

#[test]
fn an_edited_item_is_updated_and_never_doubled() {
    let (_folder, _path, store) = fresh();
    let visit = |item| store.keep_visit("one", State::default(), vec![seen(item)]).unwrap();
    visit(item("a", "甲"));
    assert_eq!(visit(item("a", "甲")), Kept { new: 0, updated: 0 });
    let later = Item { first_seen: at("2025-07-01T00:00:00Z"), ..item("a", "乙") };
    assert_eq!(visit(later), Kept { new: 0, updated: 1 });
    let all = store.items_since(at("2025-01-01T00:00:00Z")).unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].item, item("a", "乙"), "the text is new, the first sight is not");
}

#[test]
fn one_address_in_two_sources_is_one_item_with_two_sources() {
    let (_folder, _path, store) = fresh();
    store.keep_visit("one", State::default(), vec![seen(item("a", "甲"))]).unwrap();
    store
        .keep_visit("two", State::default(), vec![seen(item("a", "甲")), seen(item("b", "乙"))])
        .unwrap();
    assert_eq!(store.item("a").unwrap().unwrap().sources, ["one", "two"]);
    let counts = store.item_counts().unwrap();
    assert_eq!(counts, HashMap::from([("one".to_owned(), 1), ("two".to_owned(), 2)]));
}

#[test]
fn only_the_first_source_edits_an_item() {
    let (_folder, _path, store) = fresh();
    let visit = |source: &str, title| {
        let item = Item { source: source.into(), ..item("a", title) };
        store.keep_visit(source, State::default(), vec![seen(item)]).unwrap()
    };
    visit("one", "甲");
    assert_eq!(visit("two", "甲（转载）"), Kept::default());
    assert_eq!(store.item("a").unwrap().unwrap().item.title, "甲");
    assert_eq!(visit("one", "甲（改）"), Kept { new: 0, updated: 1 });
}

#[test]
fn an_item_is_known_by_any_of_its_keys() {
    let (_folder, _path, store) = fresh();
    let visit = |source: &str, id: &str, keys: &[&str]| {
        let first_seen =
            at(if source == "two" { "2025-06-13T08:00:00Z" } else { "2025-06-15T08:00:00Z" });
        let item = Item { source: source.into(), first_seen, ..item(id, "甲") };
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        store.keep_visit(source, State::default(), vec![Sighting { item, keys }]).unwrap()
    };
    assert_eq!(visit("one", "u1", &["g1", "u1"]).new, 1);
    assert_eq!(visit("one", "u2", &["g1", "u2"]).new, 0, "moved, with its guid");
    assert_eq!(visit("two", "u2", &["h1", "u2"]).new, 0, "told of under its new address");
    assert_eq!(visit("three", "u1", &["u1"]).new, 0, "and under the old one");
    assert_eq!(store.item("u1").unwrap().unwrap().sources, ["one", "three", "two"]);
}

#[test]
fn two_items_that_turn_out_to_be_one_become_one() {
    let (_folder, _path, store) = fresh();
    let visit = |source: &str, id: &str, keys: &[&str]| {
        let first_seen =
            at(if source == "two" { "2025-06-13T08:00:00Z" } else { "2025-06-15T08:00:00Z" });
        let item = Item { source: source.into(), first_seen, ..item(id, "甲") };
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        store.keep_visit(source, State::default(), vec![Sighting { item, keys }]).unwrap()
    };
    visit("one", "u1", &["g1", "u1"]);
    visit("two", "u2", &["u2"]);
    let target = Target::Article("insights/a.md".into());
    let at = at("2025-06-13T10:00:00Z");
    let (id, item, score) = ("s1".to_owned(), "u2".to_owned(), 0.5);
    store
        .remember(vec![Shown { id, target, item, score, reasons: Vec::new(), at, made: None }])
        .unwrap();
    visit("one", "u2", &["g1", "u2"]);
    assert_eq!(store.item("u2").unwrap(), None);
    let whole = store.item("u1").unwrap().unwrap();
    assert_eq!(whole.sources, ["one", "two"]);
    assert_eq!(whole.item.first_seen, self::at("2025-06-13T08:00:00Z"), "it was known by then");
    assert_eq!(store.shown("s1").unwrap().unwrap().item, "u1", "what was suggested stays so");
    assert_eq!(visit("two", "u2", &["u2"]), Kept::default());
}

#[test]
fn items_of_an_older_database_are_known_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headwater.db");
    let old = Connection::open(&path).unwrap();
    for step in &sql::MIGRATIONS[..2] {
        old.execute_batch(step).unwrap();
    }
    old.execute_batch(
        "insert into items values ('a', 'one', null, null, '甲', 1, null, '', '[]', '[]', 1);
         insert into item_sources values ('a', 'one')",
    )
    .unwrap();
    old.pragma_update(None, "user_version", 2).unwrap();
    drop(old);
    let store = Store::open(&path).unwrap();
    let sighting = Sighting { item: item("b", "甲"), keys: vec!["g".into(), "a".into()] };
    assert_eq!(store.keep_visit("one", State::default(), vec![sighting]).unwrap().new, 0);
    assert_eq!(store.items_since(at("1970-01-01T00:00:00Z")).unwrap().len(), 1);
}

#[test]
fn items_since_leaves_out_what_is_older() {
    let (_folder, _path, store) = fresh();
    store.keep_visit("one", State::default(), vec![seen(item("a", "甲"))]).unwrap();
    assert_eq!(store.items_since(at("2025-06-13T09:00:00Z")).unwrap().len(), 1);
    assert_eq!(store.items_since(at("2025-06-13T09:00:01Z")).unwrap().len(), 0);
}

#[test]
fn the_last_run_of_each_job_is_told() {
    let (_folder, _path, store) = fresh();
    let job = |name, started, error: Option<&str>| Job {
        name,
        started: at(started),
        took_ms: 12,
        error: error.map(Into::into),
        report: json!({"articles": 3}),
    };
    store.record_job(job(JobName::Regen, "2025-06-13T08:00:00Z", None)).unwrap();
    store.record_job(job(JobName::Regen, "2025-06-13T08:10:00Z", Some("disk full"))).unwrap();
    store.record_job(job(JobName::Fetch, "2025-06-13T08:05:00Z", None)).unwrap();
    assert_eq!(
        store.last_jobs().unwrap(),
        [
            job(JobName::Fetch, "2025-06-13T08:05:00Z", None),
            job(JobName::Regen, "2025-06-13T08:10:00Z", Some("disk full")),
        ]
    );
    let good = store.last_good_jobs().unwrap();
    assert_eq!(good[1], job(JobName::Regen, "2025-06-13T08:00:00Z", None));
    let names = |jobs: Vec<Job>| jobs.iter().map(|job| job.name).collect::<Vec<_>>();
    let all = store.jobs(None, 10).unwrap();
    assert_eq!(names(all), [JobName::Regen, JobName::Fetch, JobName::Regen]);
    assert_eq!(names(store.jobs(Some(JobName::Regen), 1).unwrap()), [JobName::Regen]);
}

#[test]
fn the_history_of_a_job_does_not_grow_for_ever() {
    let (_folder, path, store) = fresh();
    // A job a minute for as long as it takes, by one statement: each by itself takes its time.
    let rows = "insert into jobs with recursive n(i) as (select 0 union all select i + 1 from n
                where i < 20000) select 'fetch', 1750000000 - i * 60, 1, null, 'null' from n";
    rusqlite::Connection::open(&path).unwrap().execute(rows, []).unwrap();
    let job = |name, started: i64| Job {
        name,
        started: DateTime::from_timestamp(started, 0).unwrap(),
        took_ms: 1,
        error: None,
        report: json!(null),
    };
    store.record_job(job(JobName::Regen, 1_750_000_030)).unwrap();
    store.record_job(job(JobName::Fetch, 1_750_000_060)).unwrap();
    let kept = store.jobs(Some(JobName::Fetch), usize::MAX).unwrap();
    assert_eq!((kept.len(), kept[0].started.timestamp()), (7 * 24 * 60, 1_750_000_060));
    store.record_job(job(JobName::Regen, 1_750_000_030 + 91 * 86_400)).unwrap();
    assert_eq!(store.jobs(None, usize::MAX).unwrap().len(), 1, "what is too old goes as well");
}

#[test]
fn two_processes_may_write_in_turn() {
    let (_folder, path, one) = fresh();
    let other = Store::open(&path).unwrap();
    one.keep_visit("one", State::default(), vec![seen(item("a", "甲"))]).unwrap();
    other.keep_visit("two", State::default(), vec![seen(item("a", "甲"))]).unwrap();
    assert_eq!(one.item("a").unwrap().unwrap().sources, ["one", "two"]);
}

#[test]
fn a_file_that_is_no_database_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headwater.db");
    std::fs::write(&path, "not a database, but long enough to be read as a header of one ......")
        .unwrap();
    let error = Store::open(&path).unwrap_err().to_string();
    assert!(error.contains("headwater.db: cannot open the database"), "{error}");
}

#[test]
fn a_database_of_a_later_version_is_refused() {
    let (_folder, path, store) = fresh();
    drop(store);
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    drop(connection);
    assert!(matches!(Store::open(&path), Err(StoreError::Newer { found: 999, .. })));
}

#[test]
fn subscriptions_are_kept_changed_and_forgotten_by_their_token() {
    let (_folder, path, store) = fresh();
    let now = at("2025-07-01T08:00:00Z");
    let hub = url::Url::parse("https://hub.example/").unwrap();
    let offer = Offer { hub, topic: "https://example.org/feed".into() };
    let new =
        |source, token: &str| Subscription::new(source, &offer, token.into(), "secret".into(), now);
    store.keep_subscription(new("one", "a")).unwrap();
    store.keep_subscription(new("two", "b")).unwrap();
    let sent = store.change_subscription("a", move |one| one.after(Event::Sent, now)).unwrap();
    assert_eq!(sent.as_ref().map(|one| one.attempts), Some(1));
    assert_eq!(store.change_subscription("b", |_| None).unwrap(), None);
    assert_eq!(store.change_subscription("c", Some).unwrap(), None);
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.subscription("a").unwrap(), sent);
    assert_eq!(store.subscriptions().unwrap(), Vec::from_iter(sent));
    assert_eq!(store.subscriptions_of("two").unwrap(), []);
}
