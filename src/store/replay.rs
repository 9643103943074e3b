//! Keeps what reading the same visits again has made of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::{Connection, Transaction, params};

use super::items::{Kept, keep_sighting};
use super::{StoreError, seconds, sql};
use crate::source::item::Sighting;

/// An item that is no longer as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its identifier.
    pub id: String,
    /// Its title, as it is now.
    pub title: String,
    /// Whether it was not there before.
    pub is_new: bool,
}

/// An item as it stood before: what it is recognised by, and what tells whether it has changed.
type Digests = HashMap<String, (String, u64)>;

/// Keeps items of several sources in order of their visits, all or none; gives what has changed in
/// the end, by source. What was changed and changed back on the way has not.
pub(super) fn keep(
    connection: &mut Connection,
    items: &[Sighting],
) -> Result<BTreeMap<String, Vec<Changed>>, StoreError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let sources: HashSet<&str> = items.iter().map(|seen| seen.item.source.as_str()).collect();
    let before = digests(&transaction, &sources)?;
    for sighting in items {
        let item = &sighting.item;
        let Some(id) = keep_sighting(&transaction, &item.source, sighting, &mut Kept::default())?
        else {
            continue;
        };
        let (seen, published) = (seconds(item.first_seen), seconds(item.published));
        if published != seen {
            transaction.prepare_cached(sql::REPLAYED_DATE)?.execute(params![
                published,
                id,
                item.source,
                seen
            ])?;
        }
    }
    let mut changed: BTreeMap<String, Vec<Changed>> = BTreeMap::new();
    for source in sources {
        let after = digests(&transaction, &HashSet::from([source]))?;
        for (id, (title, digest)) in after {
            let known = before.get(&id);
            if known.is_none_or(|(_, known)| *known != digest) {
                let is_new = known.is_none();
                let of_source = changed.entry(source.to_owned()).or_default();
                of_source.push(Changed { id, title, is_new });
            }
        }
    }
    for changed in changed.values_mut() {
        changed.sort_by(|one, other| (&one.title, &one.id).cmp(&(&other.title, &other.id)));
    }
    transaction.commit()?;
    Ok(changed)
}

/// The items whose first source is one of `sources`.
fn digests(transaction: &Transaction<'_>, sources: &HashSet<&str>) -> Result<Digests, StoreError> {
    let mut digests = Digests::new();
    let mut statement = transaction.prepare_cached(sql::ITEMS_OF)?;
    for source in sources {
        let mut rows = statement.query([source])?;
        while let Some(row) = rows.next()? {
            let mut hasher = DefaultHasher::new();
            let text = |at| row.get::<_, Option<String>>(at);
            (text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?).hash(&mut hasher);
            let number = |at| row.get::<_, Option<i64>>(at);
            (number(7)?, number(8)?).hash(&mut hasher);
            digests.insert(row.get(0)?, (row.get(1)?, hasher.finish()));
        }
    }
    Ok(digests)
}
