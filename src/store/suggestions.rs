//! Suggestions that were shown, and what editors said of them.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::items::{from_json, to_json};
use super::{StoreError, seconds, sql, time};
use crate::suggest::Target;

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
}

/// What an editor thinks of a suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Worth citing.
    Accept,
    /// Not for this article or topic.
    Reject,
}

/// A verdict with all that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVerdict {
    /// The suggestion's identifier.
    pub suggestion: String,
    /// What it was for.
    pub target: Target,
    /// The suggested item.
    pub item: String,
    /// What the editor said.
    pub verdict: Verdict,
    /// Why, if the editor said so.
    pub reason: Option<String>,
    /// Who judged.
    pub editor: String,
    /// When.
    pub judged: DateTime<Utc>,
}

pub(super) fn remember(connection: &mut Connection, shown: &[Shown]) -> Result<(), StoreError> {
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
    }
    transaction.commit()?;
    Ok(())
}

pub(super) fn one(connection: &Connection, id: &str) -> Result<Option<Shown>, StoreError> {
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
            };
            Ok((shown, row.get::<_, String>(5)?))
        })
        .optional()?;
    let Some((shown, reasons)) = found else { return Ok(None) };
    Ok(Some(Shown { reasons: from_json("list of reasons", &reasons)?, ..shown }))
}

pub(super) fn judge(connection: &Connection, verdict: &StoredVerdict) -> Result<(), StoreError> {
    connection.prepare_cached(sql::JUDGE)?.execute(params![
        verdict.suggestion,
        verdict_name(verdict.verdict),
        verdict.reason,
        verdict.editor,
        seconds(verdict.judged),
    ])?;
    Ok(())
}

pub(super) fn verdicts(connection: &Connection) -> Result<Vec<StoredVerdict>, StoreError> {
    let mut statement = connection.prepare_cached(sql::VERDICTS)?;
    let rows = statement.query_map([], |row| {
        Ok(StoredVerdict {
            suggestion: row.get(0)?,
            target: target(row, 1)?,
            item: row.get(3)?,
            verdict: if row.get::<_, String>(4)? == verdict_name(Verdict::Accept) {
                Verdict::Accept
            } else {
                Verdict::Reject
            },
            reason: row.get(5)?,
            editor: row.get(6)?,
            judged: time(row.get(7)?),
        })
    })?;
    let mut last: Vec<StoredVerdict> = Vec::new();
    for verdict in rows {
        let verdict = verdict?;
        // An editor who changes their mind counts once.
        last.retain(|old| old.suggestion != verdict.suggestion || old.editor != verdict.editor);
        last.push(verdict);
    }
    Ok(last)
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accept => "accept",
        Verdict::Reject => "reject",
    }
}

fn target_columns(target: &Target) -> (&'static str, &str) {
    match target {
        Target::Article(path) => ("article", path),
        Target::Topic(name) => ("topic", name),
        Target::Everything => ("everything", ""),
    }
}

/// The target in the columns `at` (its kind) and `at + 1` (its name).
fn target(row: &Row<'_>, at: usize) -> rusqlite::Result<Target> {
    let name: String = row.get(at + 1)?;
    Ok(match row.get::<_, String>(at)?.as_str() {
        "article" => Target::Article(name),
        "topic" => Target::Topic(name),
        _ => Target::Everything,
    })
}
