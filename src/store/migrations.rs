//! That a database of every released version is brought up to date with all that is in it.

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::*;
use crate::suggest::verdict::Verdict;

/// For each step: its digest, which never changes, and rows as the program of that version kept them.
const RELEASED: &[(&str, &str)] = &[
    (
        "f33734b416abd652",
        r#"insert into source_states values ('one', '{"etag":"\"a\"","failures":2,"next_at":"2025-06-13T08:00:00Z"}');
           insert into items values ('a', 'one', 'https://example.org/a', 'https://example.org/a', '甲', 1749800000,
                                     null, '摘要', '["作者"]', '["AI"]', 1749800001);
           insert into item_sources values ('a', 'one');
           insert into suggestions values ('s', 'article', 'x.md', 'a', 0.5, '["甲"]', 1749800002, 1749800003);
           insert into verdicts (suggestion, verdict, reason, editor, judged)
               values ('s', 'accept', '好', 'anna', 1749800004);
           insert into jobs values ('regen', 1749800005, 12, null, '{"articles":3}')"#,
    ),
    ("3b1d31f0e844eaaa", "insert into pushes values ('https://example.org/feed', 1, 1749800006, 0, 1749800006, null)"),
    ("b33c70e4ca8c592f", r#"insert into hosts values ('example.org', '{"complaints":1}')"#),
    (
        "55c02359a92cf4c3",
        "insert into items values ('b', 'one', null, null, '乙', 1749800007, null, '', '[]', '[]', 1749800007);
         insert into item_sources values ('b', 'one');
         insert into item_keys values ('guid-b', 'b')",
    ),
    (
        "5c2ffe0cfae99e88",
        r#"insert into subscriptions values ('token', 'one', '{"source":"one","hub":"https://hub.example/",
             "topic":"https://example.org/feed","token":"token","secret":"x","stage":"held","attempts":0,
             "next_at":"2025-06-13T08:00:00Z","lease_end":null,"last_push":null,"last_missed":null,
             "error":null}')"#,
    ),
    ("5d6a5eca1a02cab1", "insert into raws values ('one', 1749800008, null, 200, 'text/xml', 0, 0, x'28b52ffd2000010000')"),
    (
        "d557975d4346886e",
        "insert into showings values ('s', 1749800009, 1, 0.5, '{}', 'm', 'c');
         insert into verdicts values ('s', 'reject', null, 'bert', 1749800010, '{}', 'm', 'c')",
    ),
    ("c5b189961cd4fa6d", "insert into item_stories values ('a', 'story')"),
];

#[test]
fn rows_of_every_released_version_survive() {
    for version in 1..=RELEASED.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headwater.db");
        let old = Connection::open(&path).unwrap();
        for (step, (_, rows)) in sql::MIGRATIONS.iter().zip(RELEASED).take(version) {
            old.execute_batch(step).unwrap();
            old.execute_batch(rows).unwrap();
        }
        old.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
        drop(old);
        let store = Store::open(&path).unwrap();
        let has = |since: usize| usize::from(version >= since);
        let states = store.states().unwrap();
        assert_eq!(states["one"].failures, 2, "{version}");
        let item = store.item("a").unwrap().unwrap();
        assert_eq!((item.item.title.as_str(), item.sources.len()), ("甲", 1), "{version}");
        assert_eq!(item.item.authors, ["作者"], "{version}");
        assert_eq!(store.items_since(DateTime::UNIX_EPOCH).unwrap().len(), 1 + has(4));
        let verdicts = store.verdicts(DateTime::<Utc>::MAX_UTC).unwrap();
        assert_eq!(verdicts.len(), 1 + has(7), "{version}");
        assert_eq!(verdicts[0].verdict, Verdict::Accept, "{version}");
        assert_eq!(verdicts[0].reason.as_deref(), Some("好"), "{version}");
        assert_eq!(store.shown("s").unwrap().unwrap().item, "a", "{version}");
        assert_eq!(store.last_jobs().unwrap().len(), 1, "{version}");
        let pushes = store.due_pushes(DateTime::<Utc>::MAX_UTC).unwrap();
        assert_eq!(pushes.len(), has(2), "{version}");
        assert_eq!(store.paces().unwrap().len(), has(3), "{version}");
        assert_eq!(store.subscriptions().unwrap().len(), has(5), "{version}");
        assert_eq!(store.raws().unwrap().len(), has(6), "{version}");
        assert_eq!(store.stories_since(DateTime::UNIX_EPOCH).unwrap().len(), has(8), "{version}");
        drop(store);
        assert_eq!(fault(&path).unwrap(), None, "{version}");
    }
}

#[test]
fn a_released_step_never_changes() {
    for (version, (step, (digest, _))) in sql::MIGRATIONS.iter().zip(RELEASED).enumerate() {
        let hex = |text: String, byte: &u8| text + &format!("{byte:02x}");
        let now = Sha256::digest(step).iter().take(8).fold(String::new(), hex);
        assert_eq!(now, *digest, "step {version}: add another one at the end instead");
    }
}
