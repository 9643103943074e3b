//! Which story each item belongs to: given once, kept for ever.
//!
//! A story has no row of its own, only an identifier that its items bear; so it outlives the item that
//! founded it, and an item that is edited, or found to be one with another, leaves it as it is.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::{Store, StoreError, Told, changes, seconds, sql, time};

impl Store {
    /// By item: its story, for every item published or first seen since `since` that has one.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn stories_since(
        &self,
        since: DateTime<Utc>,
    ) -> Result<HashMap<String, String>, StoreError> {
        self.call(move |connection| {
            let mut statement = connection.prepare_cached(sql::STORIES_SINCE)?;
            let rows =
                statement.query_map([seconds(since)], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// All items of the stories of which one was published or first seen since `since`, each with its story.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn told_since(&self, since: DateTime<Utc>) -> Result<Vec<Told>, StoreError> {
        self.call(move |connection| {
            let mut statement = connection.prepare_cached(sql::TOLD_SINCE)?;
            let rows = statement.query_map([seconds(since)], changes::told)?;
            rows.map(|row| changes::finished(row?)).collect()
        })
    }

    /// When the first of the items that have no story yet was seen; none where all have one.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn first_without_story(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.call(|connection| {
            let mut statement = connection.prepare_cached(sql::FIRST_WITHOUT_STORY)?;
            let first: Option<i64> = statement.query_row([], |row| row.get(0))?;
            Ok(first.map(time))
        })
    }

    /// Keeps the story of each item (item, story) that has none and is still there, all or none.
    ///
    /// # Errors
    ///
    /// The database fails; then none is kept.
    pub fn keep_stories(&self, stories: Vec<(String, String)>) -> Result<(), StoreError> {
        self.call(move |connection| keep(connection, &stories))
    }
}

fn keep(connection: &mut Connection, stories: &[(String, String)]) -> Result<(), StoreError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for (item, story) in stories {
        transaction.prepare_cached(sql::KEEP_STORY)?.execute([item, story])?;
    }
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::item::Sighting;

    fn seen(id: &str, keys: &[&str]) -> Sighting {
        let at = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        Sighting { keys, ..Sighting::sample(id, id, at) }
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(item, story)| ((*item).to_owned(), (*story).to_owned())).collect()
    }

    #[test]
    fn an_item_keeps_the_story_that_it_was_given_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headwater.db");
        let store = Store::open(&path).unwrap();
        assert_eq!(store.first_without_story().unwrap(), None);
        store.keep_items("one", vec![seen("a", &["a"]), seen("b", &["b"])]).unwrap();
        assert!(store.first_without_story().unwrap().is_some());
        store.keep_stories(pairs(&[("a", "s1"), ("b", "s1"), ("gone", "s2")])).unwrap();
        store.keep_stories(pairs(&[("a", "s3")])).unwrap();
        drop(store);
        let store = Store::open(&path).unwrap();
        let kept = store.stories_since(DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(kept, pairs(&[("a", "s1"), ("b", "s1")]).into_iter().collect());
        assert_eq!(store.first_without_story().unwrap(), None);
    }

    #[test]
    fn items_that_become_one_keep_a_story() {
        let folder = tempfile::tempdir().unwrap();
        for (given, expected) in [
            (vec![("a", "s1"), ("b", "s2")], Some("s1")),
            (vec![("a", "s1")], Some("s1")),
            // What only the item had that is no more.
            (vec![("b", "s2")], Some("s2")),
            (vec![], None),
        ] {
            let name = format!("{given:?}");
            let store = Store::open(&folder.path().join(format!("{name}.db"))).unwrap();
            store.keep_items("one", vec![seen("a", &["a"]), seen("b", &["b"])]).unwrap();
            store.keep_stories(pairs(&given)).unwrap();
            // A third sighting has the keys of both.
            store.keep_items("one", vec![seen("c", &["a", "b"])]).unwrap();
            let kept = store.stories_since(DateTime::UNIX_EPOCH).unwrap();
            assert_eq!(kept.get("a").map(String::as_str), expected, "{name}");
            assert_eq!(kept.len(), usize::from(expected.is_some()), "{name}");
        }
    }
}
