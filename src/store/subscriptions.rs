//! What is remembered of subscriptions to sources, by the token of each.

use rusqlite::{Connection, OptionalExtension, Params};

use super::items::{from_json, to_json};
use super::{StoreError, sql};
use crate::source::websub::Subscription;

const WHAT: &str = "subscription";

pub(super) fn all(connection: &Connection) -> Result<Vec<Subscription>, StoreError> {
    several(connection, sql::SUBSCRIPTIONS, [])
}

pub(super) fn of(connection: &Connection, source: &str) -> Result<Vec<Subscription>, StoreError> {
    several(connection, sql::SUBSCRIPTIONS_OF, [source])
}

fn several(
    connection: &Connection,
    statement: &str,
    parameters: impl Params,
) -> Result<Vec<Subscription>, StoreError> {
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement
        .query_map(parameters, |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    rows.iter().map(|state| from_json(WHAT, state)).collect()
}

pub(super) fn one(
    connection: &Connection,
    token: &str,
) -> Result<Option<Subscription>, StoreError> {
    let state: Option<String> = connection
        .prepare_cached(sql::SUBSCRIPTION)?
        .query_row([token], |row| row.get(0))
        .optional()?;
    state.map(|state| from_json(WHAT, &state)).transpose()
}

pub(super) fn keep(connection: &Connection, known: &Subscription) -> Result<(), StoreError> {
    connection.prepare_cached(sql::KEEP_SUBSCRIPTION)?.execute([
        known.token.as_str(),
        known.source.as_str(),
        to_json(known).as_str(),
    ])?;
    Ok(())
}

pub(super) fn change(
    connection: &mut Connection,
    token: &str,
    change: impl FnOnce(Subscription) -> Option<Subscription>,
) -> Result<Option<Subscription>, StoreError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let Some(known) = one(&transaction, token)? else { return Ok(None) };
    let next = change(known);
    match &next {
        Some(next) => keep(&transaction, next)?,
        None => {
            transaction.prepare_cached(sql::FORGET_SUBSCRIPTION)?.execute([token])?;
        }
    }
    transaction.commit()?;
    Ok(next)
}
