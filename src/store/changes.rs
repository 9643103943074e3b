//! What has become of items since somebody last looked, so that who looks again and again reads only that.
//!
//! The connection notes for itself which items it has touched, in a table and by triggers that are its own
//! and end with it: they are SQLite's alone, as the file's copies are. What another process writes is
//! not noted, only that it has written: then all is new.

use rusqlite::{Connection, OptionalExtension};

use super::items::{ItemRow, read};
use super::{Store, StoreError, StoredItem, sql};

/// A look at the items, which the next one may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Which look of this connection it was.
    turn: i64,
    /// What tells whether others have written since.
    others: i64,
}

/// An item, and the identifier of its story.
pub type Told = (StoredItem, String);

/// What is to be seen of items that have their story; those that have none yet are seen when they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// All of them, in no order.
    Everything(Vec<Told>),
    /// By identifier: what was touched since the look before, where it is still there.
    Touched(Vec<(String, Option<Told>)>),
}

impl Store {
    /// What has become of items since the look `before`; all of them where there was none, where another
    /// process has written meanwhile, or where somebody else has looked. The look itself comes first.
    ///
    /// # Errors
    ///
    /// The database fails; then the next look is to follow none.
    pub fn look(&self, before: Option<Look>) -> Result<(Look, Seen), StoreError> {
        self.call(move |connection| look(connection, before))
    }
}

fn look(connection: &mut Connection, before: Option<Look>) -> Result<(Look, Seen), StoreError> {
    connection.execute_batch(sql::NOTE_TOUCHED)?;
    let transaction = connection.transaction()?;
    let touched: Vec<String> = transaction
        .prepare_cached(sql::TOUCHED)?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    transaction.execute(sql::FORGET_TOUCHED, [])?;
    let turn = transaction.query_row(sql::NEXT_LOOK, [], |row| row.get(0))?;
    // Asking opens the database for this transaction: what others write from now on is for the next look.
    let others = transaction.pragma_query_value(None, "data_version", |row| row.get(0))?;
    let follows = before == Some(Look { turn: turn - 1, others });
    let seen = if follows {
        let mut statement = transaction.prepare_cached(sql::TOLD_ITEM)?;
        let mut one = |id: String| {
            let row = statement.query_row([&id], told).optional()?;
            Ok((id, row.map(finished).transpose()?))
        };
        Seen::Touched(touched.into_iter().map(&mut one).collect::<Result<_, StoreError>>()?)
    } else {
        let mut statement = transaction.prepare_cached(sql::TOLD_ITEMS)?;
        let rows = statement.query_map([], told)?;
        Seen::Everything(rows.map(|row| finished(row?)).collect::<Result<_, StoreError>>()?)
    };
    transaction.commit()?;
    Ok((Look { turn, others }, seen))
}

/// A row of an item with its story, before its lists are read.
pub(super) fn told(row: &rusqlite::Row<'_>) -> rusqlite::Result<(ItemRow, String)> {
    Ok((read(row)?, row.get(12)?))
}

pub(super) fn finished((row, story): (ItemRow, String)) -> Result<Told, StoreError> {
    Ok((row.finished()?, story))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::source::item::Sighting;

    fn seen(id: &str, title: &str) -> Sighting {
        Sighting::sample(id, title, DateTime::from_timestamp(1_750_000_000, 0).unwrap())
    }

    fn keep(store: &Store, items: &[(&str, &str)]) {
        let sightings = items.iter().map(|(id, title)| seen(id, title)).collect();
        store.keep_items("one", sightings).unwrap();
    }

    fn tell(store: &Store, ids: &[&str]) {
        let stories = ids.iter().map(|id| ((*id).to_owned(), format!("s-{id}")));
        store.keep_stories(stories.collect()).unwrap();
    }

    /// Identifier and title of each item that a look shows, none for one that is gone.
    fn titles(seen: Seen) -> (bool, Vec<(String, Option<String>)>) {
        let (all, mut titles) = match seen {
            Seen::Everything(told) => {
                let title = |(one, _): Told| (one.item.id, Some(one.item.title));
                (true, told.into_iter().map(title).collect::<Vec<_>>())
            }
            Seen::Touched(touched) => {
                let title =
                    |(id, told): (String, Option<Told>)| (id, told.map(|one| one.0.item.title));
                (false, touched.into_iter().map(title).collect())
            }
        };
        titles.sort();
        (all, titles)
    }

    fn some(list: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        list.iter().map(|(id, title)| ((*id).to_owned(), title.map(str::to_owned))).collect()
    }

    #[test]
    fn a_look_shows_what_was_touched_since_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headwater.db");
        let store = Store::open(&path).unwrap();
        keep(&store, &[("a", "A"), ("b", "B"), ("c", "C")]);
        tell(&store, &["a", "b"]);
        let (first, all) = store.look(None).unwrap();
        assert_eq!(titles(all), (true, some(&[("a", Some("A")), ("b", Some("B"))])));
        let (second, nothing) = store.look(Some(first)).unwrap();
        assert_eq!(titles(nothing), (false, vec![]));

        // An edit, a story, and two that become one.
        keep(&store, &[("b", "B, edited")]);
        tell(&store, &["c"]);
        let both = Sighting { keys: vec!["a".to_owned(), "c".to_owned()], ..seen("d", "A") };
        store.keep_items("one", vec![both]).unwrap();
        let (_, touched) = store.look(Some(second)).unwrap();
        let (all, titles_of_touched) = titles(touched);
        assert!(!all);
        for one in some(&[("b", Some("B, edited")), ("c", None)]) {
            assert!(titles_of_touched.contains(&one), "{titles_of_touched:?}");
        }
        let (_, all) = store.look(Some(second)).unwrap();
        let left = some(&[("a", Some("A")), ("b", Some("B, edited"))]);
        assert_eq!(titles(all), (true, left), "somebody else has looked meanwhile");

        let (third, _) = store.look(None).unwrap();
        keep(&Store::open(&path).unwrap(), &[("b", "B, by another")]);
        let (_, all) = store.look(Some(third)).unwrap();
        assert!(titles(all).0, "another process has written");
    }
}
