//! The paces that hosts have taught us.

use std::collections::HashMap;

use rusqlite::Connection;

use super::items::{from_json, to_json};
use super::{StoreError, sql};
use crate::source::politeness::pace::Pace;

pub(super) fn paces(connection: &Connection) -> Result<HashMap<String, Pace>, StoreError> {
    let mut statement = connection.prepare_cached(sql::PACES)?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|(name, pace)| Ok((name, from_json("pace of a host", &pace)?))).collect()
}

/// A host that is as good as unknown is forgotten.
pub(super) fn keep(connection: &Connection, name: &str, pace: &Pace) -> Result<(), StoreError> {
    if *pace == Pace::default() {
        connection.prepare_cached(sql::FORGET_PACE)?.execute([name])?;
    } else {
        connection.prepare_cached(sql::KEEP_PACE)?.execute([name, to_json(pace).as_str()])?;
    }
    Ok(())
}
