//! Items and what is remembered of their sources.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{Store, StoreError, seconds, sql, time, upkeep};
use crate::source::Item;
use crate::source::item::Sighting;
use crate::source::politeness::State;

/// What became of the items of one visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Items that no source had brought before.
    pub new: usize,
    /// Items whose text has changed.
    pub updated: usize,
}

/// An item with all the sources that brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredItem {
    /// The item.
    pub item: Item,
    /// Identifiers of its sources; the one that was first is `item.source`.
    pub sources: Vec<String>,
}

pub(super) fn states(connection: &Connection) -> Result<HashMap<String, State>, StoreError> {
    let mut statement = connection.prepare_cached(sql::STATES)?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|(id, state)| Ok((id, from_json("source state", &state)?))).collect()
}

pub(super) fn keep_states(
    connection: &mut Connection,
    states: &[(String, State)],
) -> Result<(), StoreError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for (source, state) in states {
        transaction.prepare_cached(sql::KEEP_STATE)?.execute([source, &to_json(state)])?;
    }
    Ok(transaction.commit()?)
}

pub(super) fn keep_visit(
    connection: &mut Connection,
    source: &str,
    state: &State,
    items: &[Sighting],
) -> Result<Kept, StoreError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let kept = keep_all(&transaction, source, items)?;
    transaction.prepare_cached(sql::KEEP_STATE)?.execute([source, to_json(state).as_str()])?;
    transaction.commit()?;
    Ok(kept)
}

pub(super) fn keep_items(
    connection: &mut Connection,
    source: &str,
    items: &[Sighting],
) -> Result<Kept, StoreError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let kept = keep_all(&transaction, source, items)?;
    transaction.commit()?;
    Ok(kept)
}

fn keep_all(
    transaction: &Transaction<'_>,
    source: &str,
    items: &[Sighting],
) -> Result<Kept, StoreError> {
    let mut kept = Kept::default();
    for sighting in items {
        keep_sighting(transaction, source, sighting, &mut kept)?;
    }
    Ok(kept)
}

/// Keeps an item with its source and its keys; its identifier in the store, where it is kept.
pub(super) fn keep_sighting(
    transaction: &Transaction<'_>,
    source: &str,
    sighting: &Sighting,
    kept: &mut Kept,
) -> Result<Option<String>, StoreError> {
    let Some(id) = keep_item(transaction, sighting, kept)? else { return Ok(None) };
    transaction.prepare_cached(sql::ITEM_SOURCE)?.execute([id.as_str(), source])?;
    for key in &sighting.keys {
        transaction.prepare_cached(sql::ITEM_KEY)?.execute([key.as_str(), id.as_str()])?;
    }
    Ok(Some(id))
}

/// Keeps an item as new, or the text of a known one as edited; its identifier in the store. One that
/// was forgotten for its age is not kept again. Only the source that was first edits an item: others
/// tell of it in words of their own.
fn keep_item(
    transaction: &Transaction<'_>,
    Sighting { item, keys }: &Sighting,
    kept: &mut Kept,
) -> Result<Option<String>, StoreError> {
    let (authors, categories) = (to_json(&item.authors), to_json(&item.categories));
    let Some(id) = known(transaction, keys)? else {
        if upkeep::is_forgotten(transaction, keys, item.first_seen)? {
            return Ok(None);
        }
        transaction.prepare_cached(sql::NEW_ITEM)?.execute(params![
            item.id,
            item.source,
            item.url,
            item.canonical_url,
            item.title,
            seconds(item.published),
            item.updated.map(seconds),
            item.summary,
            authors,
            categories,
            seconds(item.first_seen),
        ])?;
        kept.new += 1;
        return Ok(Some(item.id.clone()));
    };
    let text = (
        item.title.clone(),
        item.summary.clone(),
        item.url.clone(),
        authors.clone(),
        categories.clone(),
    );
    let (kept_text, source): (_, String) =
        transaction.prepare_cached(sql::ITEM_TEXT)?.query_row([&id], |row| {
            let text = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
            Ok((text, row.get(5)?))
        })?;
    if source == item.source && kept_text != text {
        transaction.prepare_cached(sql::EDITED_ITEM)?.execute(params![
            item.url,
            item.canonical_url,
            item.title,
            item.updated.map(seconds),
            item.summary,
            authors,
            categories,
            id,
        ])?;
        kept.updated += 1;
    }
    Ok(Some(id))
}

/// The item that has one of the keys. Two that turn out to be one, as when an item moves to an
/// address that another source has told of, become one.
fn known(transaction: &Transaction<'_>, keys: &[String]) -> Result<Option<String>, StoreError> {
    let mut known: Option<String> = None;
    for key in keys {
        let found: Option<String> = transaction
            .prepare_cached(sql::ITEM_OF_KEY)?
            .query_row([key], |row| row.get(0))
            .optional()?;
        match (&known, found) {
            (None, found) => known = found,
            (Some(first), Some(other)) if *first != other => {
                for step in sql::MERGE_ITEMS {
                    transaction.prepare_cached(step)?.execute([other.as_str(), first.as_str()])?;
                }
            }
            _ => {}
        }
    }
    Ok(known)
}

pub(super) fn since(
    connection: &Connection,
    since: DateTime<Utc>,
) -> Result<Vec<StoredItem>, StoreError> {
    let since = seconds(since);
    let mut statement = connection.prepare_cached(sql::ITEMS_SINCE)?;
    let rows = statement.query_map([since], read)?.collect::<Result<Vec<_>, _>>()?;
    let mut sources = sources(connection, sql::SOURCES_SINCE, since)?;
    rows.into_iter()
        .map(|row| {
            let item = row.item()?;
            let sources = sources.remove(&item.id).unwrap_or_default();
            Ok(StoredItem { item, sources })
        })
        .collect()
}

pub(super) fn one(connection: &Connection, id: &str) -> Result<Option<StoredItem>, StoreError> {
    let row = connection.prepare_cached(sql::ITEM)?.query_row([id], read).optional()?;
    let Some(row) = row else { return Ok(None) };
    let item = row.item()?;
    let sources = sources(connection, sql::SOURCES_OF, id)?.remove(id).unwrap_or_default();
    Ok(Some(StoredItem { item, sources }))
}

pub(super) fn counts(connection: &Connection) -> Result<HashMap<String, usize>, StoreError> {
    let mut statement = connection.prepare_cached(sql::ITEM_COUNTS)?;
    let counts = statement
        .query_map([], |row| {
            Ok((row.get(0)?, usize::try_from(row.get::<_, i64>(1)?).unwrap_or_default()))
        })?
        .collect::<Result<_, _>>()?;
    Ok(counts)
}

impl Store {
    /// When the newest item of each source was published, by the source's identifier.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn newest_items(&self) -> Result<HashMap<String, DateTime<Utc>>, StoreError> {
        self.call(|connection| {
            let mut statement = connection.prepare_cached(sql::NEWEST_ITEMS)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, time(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn sources(
    connection: &Connection,
    statement: &str,
    parameter: impl rusqlite::ToSql,
) -> Result<HashMap<String, Vec<String>>, StoreError> {
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement
        .query_map([parameter], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut sources: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows {
        let (item, source) = row?;
        sources.entry(item).or_default().push(source);
    }
    Ok(sources)
}

/// A row of `items` before its lists are read.
pub(super) struct ItemRow {
    item: Item,
    authors: String,
    categories: String,
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<ItemRow> {
    Ok(ItemRow {
        item: Item {
            id: row.get(0)?,
            source: row.get(1)?,
            url: row.get(2)?,
            canonical_url: row.get(3)?,
            title: row.get(4)?,
            published: time(row.get(5)?),
            updated: row.get::<_, Option<i64>>(6)?.map(time),
            summary: row.get(7)?,
            authors: Vec::new(),
            categories: Vec::new(),
            first_seen: time(row.get(10)?),
        },
        authors: row.get(8)?,
        categories: row.get(9)?,
    })
}

impl ItemRow {
    pub(super) fn item(self) -> Result<Item, StoreError> {
        let authors = from_json("list of authors", &self.authors)?;
        let categories = from_json("list of categories", &self.categories)?;
        Ok(Item { authors, categories, ..self.item })
    }
}

pub(super) fn to_json(value: &impl serde::Serialize) -> String {
    // Plain structs and lists with text keys: nothing in them that JSON cannot say.
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Damaged { what, reason: error.to_string() })
}
