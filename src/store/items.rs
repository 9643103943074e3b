//! Items and what is remembered of their sources.
//!
//! A page that always shows a source's newest entry is the address of one item after another. So an
//! address is no key where it leads to an item that another entry of the same document is, and never again
//! one for an entry with a guid once it has passed from the item that was founded at it to another.

use std::collections::{HashMap, HashSet};

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
    /// Identifiers of its sources, in order; the one that was first is `item.source`.
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
    let shown = first_known(transaction, items)?;
    for sighting in items {
        keep_shown(transaction, source, sighting, &shown, &mut kept)?;
    }
    Ok(kept)
}

/// The items that entries of a document are by the most telling of their keys.
fn first_known(
    transaction: &Transaction<'_>,
    items: &[Sighting],
) -> Result<HashSet<String>, StoreError> {
    let firsts = items.iter().filter_map(|sighting| sighting.keys.first());
    firsts.filter_map(|key| item_of(transaction, key).transpose()).collect()
}

/// Keeps an item with its source and its keys; its identifier in the store, where it is kept. Nothing is
/// known of what else its document shows.
pub(super) fn keep_sighting(
    transaction: &Transaction<'_>,
    source: &str,
    sighting: &Sighting,
    kept: &mut Kept,
) -> Result<Option<String>, StoreError> {
    keep_shown(transaction, source, sighting, &HashSet::new(), kept)
}

fn keep_shown(
    transaction: &Transaction<'_>,
    source: &str,
    sighting: &Sighting,
    shown: &HashSet<String>,
    kept: &mut Kept,
) -> Result<Option<String>, StoreError> {
    let known = known(transaction, &sighting.keys, shown)?;
    let id = match known.item {
        Some(id) => edit(transaction, id, &sighting.item, kept)?,
        None => match found(transaction, sighting, known.passed_on.is_some(), kept)? {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    transaction.prepare_cached(sql::ITEM_SOURCE)?.execute([id.as_str(), source])?;
    for key in &sighting.keys {
        transaction.prepare_cached(sql::ITEM_KEY)?.execute([key.as_str(), id.as_str()])?;
    }
    if let Some(address) = known.passed_on {
        transaction.prepare_cached(sql::PASS_ON)?.execute([address, &id])?;
    }
    Ok(Some(id))
}

/// Keeps a new item; its identifier in the store. One that was forgotten for its age is not kept again.
fn found(
    transaction: &Transaction<'_>,
    Sighting { item, keys }: &Sighting,
    is_at_passed_on: bool,
    kept: &mut Kept,
) -> Result<Option<String>, StoreError> {
    // Who was forgotten at an address that passes from item to item says nothing of this one.
    let telling = if is_at_passed_on { &keys[..1] } else { keys };
    if upkeep::is_forgotten(transaction, telling, item.first_seen)? {
        return Ok(None);
    }
    // An identifier is made of the address. Where another item was founded there, the guid takes its place.
    let is_taken = is_item(transaction, &item.id)?;
    let id = keys.first().filter(|_| is_taken).unwrap_or(&item.id);
    transaction.prepare_cached(sql::NEW_ITEM)?.execute(params![
        id,
        item.source,
        item.url,
        item.canonical_url,
        item.title,
        seconds(item.published),
        item.updated.map(seconds),
        item.summary,
        to_json(&item.authors),
        to_json(&item.categories),
        seconds(item.first_seen),
    ])?;
    kept.new += 1;
    Ok(Some(id.clone()))
}

/// Keeps the text of the known item `id` where it was edited. Only the source that was first edits an
/// item: others tell of it in words of their own.
fn edit(
    transaction: &Transaction<'_>,
    id: String,
    item: &Item,
    kept: &mut Kept,
) -> Result<String, StoreError> {
    let (authors, categories) = (to_json(&item.authors), to_json(&item.categories));
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
    Ok(id)
}

/// What the keys of a sighting lead to.
#[derive(Default)]
struct Known<'a> {
    /// The item, where one is known.
    item: Option<String>,
    /// The address, where that passes from item to item and so is no key.
    passed_on: Option<&'a str>,
}

/// The item that has one of the keys. Two that turn out to be one, as when an item moves to an
/// address that another source has told of, become one. `shown` are the items that entries of the same
/// document are by their first keys.
fn known<'a>(
    transaction: &Transaction<'_>,
    keys: &'a [String],
    shown: &HashSet<String>,
) -> Result<Known<'a>, StoreError> {
    let Some((telling, addresses)) = keys.split_first() else { return Ok(Known::default()) };
    let mut known = Known { item: item_of(transaction, telling)?, passed_on: None };
    if known.item.is_none() && addresses.is_empty() && is_item(transaction, telling)? {
        // Its address passed to another, and that one was forgotten.
        known.item = Some(telling.clone());
    }
    for address in addresses {
        let found = item_of(transaction, address)?;
        if found.is_some() && found == known.item {
            continue;
        }
        let is_anothers = found.as_ref().is_some_and(|other| shown.contains(other));
        if is_anothers || has_passed(transaction, address, found.as_deref())? {
            known.passed_on = Some(address);
            continue;
        }
        let (Some(first), Some(other)) = (&known.item, &found) else {
            known.item = known.item.or(found);
            continue;
        };
        for step in sql::MERGE_ITEMS {
            transaction.prepare_cached(step)?.execute([other.as_str(), first.as_str()])?;
        }
    }
    Ok(known)
}

/// Whether an address that leads to `item` has passed there from another: the item that was founded at it,
/// whose identifier is the address's key, is still there.
fn has_passed(
    transaction: &Transaction<'_>,
    address: &str,
    item: Option<&str>,
) -> Result<bool, StoreError> {
    Ok(item != Some(address) && is_item(transaction, address)?)
}

fn item_of(transaction: &Transaction<'_>, key: &str) -> Result<Option<String>, StoreError> {
    let mut statement = transaction.prepare_cached(sql::ITEM_OF_KEY)?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

fn is_item(transaction: &Transaction<'_>, id: &str) -> Result<bool, StoreError> {
    Ok(transaction.prepare_cached(sql::ITEM_TEXT)?.exists([id])?)
}

pub(super) fn since(
    connection: &Connection,
    since: DateTime<Utc>,
) -> Result<Vec<StoredItem>, StoreError> {
    let since = seconds(since);
    let mut statement = connection.prepare_cached(sql::ITEMS_SINCE)?;
    let rows = statement.query_map([since], read)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(ItemRow::finished).collect()
}

pub(super) fn one(connection: &Connection, id: &str) -> Result<Option<StoredItem>, StoreError> {
    let row = connection.prepare_cached(sql::ITEM)?.query_row([id], read).optional()?;
    row.map(ItemRow::finished).transpose()
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

/// A row of `items` before its lists are read.
pub(super) struct ItemRow {
    item: Item,
    authors: String,
    categories: String,
    /// Parted by blanks, which no identifier of a source has.
    sources: String,
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
        sources: row.get::<_, Option<String>>(11)?.unwrap_or_default(),
    })
}

impl ItemRow {
    pub(super) fn finished(self) -> Result<StoredItem, StoreError> {
        let authors = from_json("list of authors", &self.authors)?;
        let categories = from_json("list of categories", &self.categories)?;
        let mut sources: Vec<String> = self.sources.split_whitespace().map(str::to_owned).collect();
        sources.sort_unstable();
        Ok(StoredItem { item: Item { authors, categories, ..self.item }, sources })
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
