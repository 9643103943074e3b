//! Suggestions that were shown: each once, and every showing of it for a while.

use chrono::{DateTime, Duration, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::items::{from_json, to_json};
use super::{Store, StoreError, seconds, sql, time};
use crate::suggest::Target;
use crate::suggest::feature::Features;
use crate::suggest::verdict::{Fingerprint, Open};

/// How many days a showing is kept after which nobody has judged: twice the usual `suggest.window`,
/// when what was suggested has long ceased to be news. The last one of each suggestion stays, since it
/// may still be judged, and so do all those of what was.
const KEPT_DAYS: i64 = 28;

/// A suggestion as an editor saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The suggestion's identifier.
    pub id: String,
    /// What it was for.
    pub target: Target,
    /// The suggested item.
    pub item: String,
    /// Its score at that time.
    pub score: f64,
    /// The reasons that were given.
    pub reasons: Vec<String>,
    /// When it was shown last.
    pub at: DateTime<Utc>,
    /// What more is known of that showing; nothing of those before this was kept.
    pub made: Option<Made>,
}

/// How a suggestion that was shown came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// Its place in the list, from 1.
    pub rank: usize,
    /// What spoke for it.
    pub features: Features,
    /// By what it was made.
    pub fingerprint: Fingerprint,
}

impl Store {
    /// Remembers suggestions that an editor has seen, so that a verdict can name them, and logs that
    /// they were shown.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn remember(&self, shown: Vec<Shown>) -> Result<(), StoreError> {
        self.call(move |connection| remember(connection, &shown))
    }

    /// The same of suggestions that stay in sight: those of which no showing is logged that was made in the
    /// same way.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn remember_once(&self, shown: Vec<Shown>) -> Result<(), StoreError> {
        self.call(move |connection| {
            let new = unseen(connection, shown)?;
            if new.is_empty() { Ok(()) } else { remember(connection, &new) }
        })
    }

    /// The suggestion `id`, if it was ever shown.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn shown(&self, id: &str) -> Result<Option<Shown>, StoreError> {
        let id = id.to_owned();
        self.call(move |connection| one(connection, &id))
    }

    /// The suggestions for articles of which it is not known that their articles cite them.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn open_suggestions(&self) -> Result<Vec<Open>, StoreError> {
        self.call(|connection| open(connection))
    }
}

fn remember(connection: &mut Connection, shown: &[Shown]) -> Result<(), StoreError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for one in shown {
        let (kind, target) = target_columns(&one.target);
        let at = seconds(one.at);
        transaction.prepare_cached(sql::REMEMBER)?.execute(params![
            one.id,
            kind,
            target,
            one.item,
            one.score,
            to_json(&one.reasons),
            at,
            at,
        ])?;
        let Some(made) = &one.made else { continue };
        transaction.prepare_cached(sql::KEEP_SHOWING)?.execute(params![
            one.id,
            at,
            i64::try_from(made.rank).unwrap_or(i64::MAX),
            one.score,
            to_json(&made.features),
            made.fingerprint.model,
            made.fingerprint.configuration,
        ])?;
    }
    if let Some(latest) = shown.iter().map(|one| one.at).max() {
        let oldest = latest - Duration::days(KEPT_DAYS);
        transaction.prepare_cached(sql::FORGET_SHOWINGS)?.execute([seconds(oldest)])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Those of which no showing is logged that was made in the same way.
fn unseen(connection: &Connection, shown: Vec<Shown>) -> Result<Vec<Shown>, StoreError> {
    let mut statement = connection.prepare_cached(sql::HAS_SHOWING)?;
    let mut new = Vec::new();
    for one in shown {
        let known = match &one.made {
            Some(Made { fingerprint: Fingerprint { model, configuration }, .. }) => {
                statement.exists([one.id.as_str(), model.as_str(), configuration.as_str()])?
            }
            None => false,
        };
        if !known {
            new.push(one);
        }
    }
    Ok(new)
}

fn one(connection: &Connection, id: &str) -> Result<Option<Shown>, StoreError> {
    let found = connection
        .prepare_cached(sql::SUGGESTION)?
        .query_row([id], |row| {
            let shown = Shown {
                id: row.get(0)?,
                target: target(row, 1)?,
                item: row.get(3)?,
                score: row.get(4)?,
                reasons: Vec::new(),
                at: time(row.get(6)?),
                made: None,
            };
            Ok((shown, row.get::<_, String>(5)?))
        })
        .optional()?;
    let Some((shown, reasons)) = found else { return Ok(None) };
    let reasons = from_json("list of reasons", &reasons)?;
    let made = made(connection, id, shown.at)?;
    Ok(Some(Shown { reasons, made, ..shown }))
}

/// How the suggestion `id` came about when it was shown last before or at `at`.
pub(super) fn made(
    connection: &Connection,
    id: &str,
    at: DateTime<Utc>,
) -> Result<Option<Made>, StoreError> {
    let found = connection
        .prepare_cached(sql::SHOWING)?
        .query_row(params![id, seconds(at)], |row| {
            let fingerprint = Fingerprint { model: row.get(2)?, configuration: row.get(3)? };
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, fingerprint))
        })
        .optional()?;
    let Some((rank, features, fingerprint)) = found else { return Ok(None) };
    let rank = usize::try_from(rank).unwrap_or_default();
    Ok(Some(Made { rank, features: from_json("map of features", &features)?, fingerprint }))
}

fn open(connection: &Connection) -> Result<Vec<Open>, StoreError> {
    let mut statement = connection.prepare_cached(sql::OPEN_SUGGESTIONS)?;
    let rows = statement.query_map([], |row| {
        Ok(Open {
            suggestion: row.get(0)?,
            article: row.get(1)?,
            title: row.get(2)?,
            url: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn target_columns(target: &Target) -> (&'static str, &str) {
    match target {
        Target::Article(path) => ("article", path),
        Target::Topic(name) => ("topic", name),
        Target::Everything => ("everything", ""),
    }
}

/// The target in the columns `at` (its kind) and `at + 1` (its name).
pub(super) fn target(row: &Row<'_>, at: usize) -> rusqlite::Result<Target> {
    let name: String = row.get(at + 1)?;
    Ok(match row.get::<_, String>(at)?.as_str() {
        "article" => Target::Article(name),
        "topic" => Target::Topic(name),
        _ => Target::Everything,
    })
}
