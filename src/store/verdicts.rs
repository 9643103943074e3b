//! What was said of suggestions, with what spoke for them when they were shown.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior, params};

use super::items::{from_json, to_json};
use super::{Store, StoreError, seconds, sql, sqlite, suggestions, time};
use crate::suggest::verdict::{Fingerprint, Labelled, Verdict};

/// What somebody says of a suggestion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The suggestion's identifier.
    pub suggestion: String,
    /// What is said.
    pub verdict: Verdict,
    /// Why, if that is said.
    pub reason: Option<String>,
    /// Who says it; [`crate::suggest::verdict::ARTICLE`] for the article that cites it.
    pub editor: String,
    /// When.
    pub judged: DateTime<Utc>,
}

impl Store {
    /// Records verdicts, all or none, each with the features and the fingerprint of the last showing
    /// before it. That an article cites a suggestion is recorded once. How many are new.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn judge(&self, judgements: Vec<Judgement>) -> Result<usize, StoreError> {
        self.call(move |connection| sqlite::lasting(connection, |it| judge(it, &judgements)))
    }

    /// What had been said until `until`: the last word of each editor on each suggestion, in order of
    /// time. The source is given by its identifier.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub fn verdicts(&self, until: DateTime<Utc>) -> Result<Vec<Labelled>, StoreError> {
        self.call(move |connection| verdicts(connection, until))
    }
}

fn judge(connection: &mut Connection, judgements: &[Judgement]) -> Result<usize, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut new = 0;
    for one in judgements {
        let made = suggestions::made(&transaction, &one.suggestion, one.judged)?;
        new += transaction.prepare_cached(sql::JUDGE)?.execute(params![
            one.suggestion,
            one.verdict.name(),
            one.reason,
            one.editor,
            seconds(one.judged),
            made.as_ref().map(|made| to_json(&made.features)),
            made.as_ref().map(|made| &made.fingerprint.model),
            made.as_ref().map(|made| &made.fingerprint.configuration),
        ])?;
    }
    transaction.commit()?;
    Ok(new)
}

fn verdicts(connection: &Connection, until: DateTime<Utc>) -> Result<Vec<Labelled>, StoreError> {
    let mut statement = connection.prepare_cached(sql::VERDICTS)?;
    let rows = statement.query_map([seconds(until)], |row| {
        let (model, configuration): (Option<String>, Option<String>) = (row.get(11)?, row.get(12)?);
        let fingerprint = model.zip(configuration);
        let line = Labelled {
            suggestion: row.get(0)?,
            target: suggestions::target(row, 1)?,
            item: row.get(3)?,
            title: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
            url: row.get(5)?,
            source: row.get(6)?,
            verdict: Verdict::Reject,
            reason: row.get(8)?,
            editor: row.get(9)?,
            judged: time(row.get(10)?),
            features: None,
            fingerprint: fingerprint
                .map(|(model, configuration)| Fingerprint { model, configuration }),
        };
        Ok((line, row.get::<_, String>(7)?, row.get::<_, Option<String>>(13)?))
    })?;
    let mut verdicts = Vec::new();
    for row in rows {
        let (line, verdict, features) = row?;
        let verdict = Verdict::named(&verdict)
            .ok_or(StoreError::Damaged { what: "verdict", reason: verdict })?;
        let features = features.map(|text| from_json("map of features", &text)).transpose()?;
        verdicts.push(Labelled { verdict, features, ..line });
    }
    Ok(verdicts)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::{Made, Shown};
    use super::*;
    use crate::source::Item;
    use crate::source::item::Sighting;
    use crate::source::politeness::State;
    use crate::suggest::Target;
    use crate::suggest::feature::{Feature, Features};
    use crate::suggest::verdict::ARTICLE;

    const DAY: i64 = 24 * 3_600;

    fn at(seconds: i64) -> DateTime<Utc> {
        time(1_750_000_000 + seconds)
    }

    fn fresh() -> (tempfile::TempDir, PathBuf, Store) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headwater.db");
        let store = Store::open(&path).unwrap();
        (folder, path, store)
    }

    fn shown(id: &str, seconds: i64, title: f64) -> Shown {
        let mut features = Features::default();
        features[Feature::Title] = title;
        let fingerprint = Fingerprint { model: "m".into(), configuration: format!("c{title}") };
        Shown {
            id: id.into(),
            target: Target::Article("insights/a.md".into()),
            item: format!("item-{id}"),
            score: 0.5,
            reasons: vec!["命中 Scale AI".into()],
            at: at(seconds),
            made: Some(Made { rank: 1, features, fingerprint }),
        }
    }

    fn says(id: &str, editor: &str, verdict: Verdict, seconds: i64) -> Judgement {
        Judgement {
            suggestion: id.into(),
            verdict,
            reason: None,
            editor: editor.into(),
            judged: at(seconds),
        }
    }

    fn words(store: &Store, until: i64) -> Vec<(String, String, Verdict)> {
        let lines = store.verdicts(at(until)).unwrap();
        lines.into_iter().map(|line| (line.suggestion, line.editor, line.verdict)).collect()
    }

    #[test]
    fn a_verdict_keeps_what_spoke_for_the_suggestion_when_it_was_last_shown_before() {
        let (_folder, path, store) = fresh();
        for (seconds, title) in [(0, 0.1), (10, 0.2), (30, 0.3)] {
            store.remember(vec![shown("s", seconds, title)]).unwrap();
        }
        assert_eq!(store.shown("s").unwrap(), Some(shown("s", 30, 0.3)));
        assert_eq!(store.judge(vec![says("s", "anna", Verdict::Accept, 20)]).unwrap(), 1);
        drop(store);
        let line = Store::open(&path).unwrap().verdicts(at(99)).unwrap().remove(0);
        let made = shown("s", 10, 0.2).made.unwrap();
        assert_eq!(
            (line.features, line.fingerprint),
            (Some(made.features), Some(made.fingerprint))
        );
        assert_eq!((line.item.as_str(), line.title.as_str()), ("item-s", ""), "never fetched");
    }

    #[test]
    fn the_last_word_of_each_editor_counts_as_far_as_it_was_spoken() {
        let (_folder, _path, store) = fresh();
        store.remember(vec![shown("s", 0, 0.1)]).unwrap();
        let all = [
            says("s", "anna", Verdict::Accept, 10),
            says("s", "bert", Verdict::Accept, 15),
            says("s", "anna", Verdict::Reject, 20),
        ];
        store.judge(all.into()).unwrap();
        let word = |editor: &str, verdict| ("s".to_owned(), editor.to_owned(), verdict);
        let (accept, reject) = (Verdict::Accept, Verdict::Reject);
        assert_eq!(words(&store, 9), []);
        assert_eq!(words(&store, 15), [word("anna", accept), word("bert", accept)]);
        assert_eq!(words(&store, 20), [word("bert", accept), word("anna", reject)]);
    }

    #[test]
    fn that_an_article_cites_a_suggestion_is_recorded_once() {
        let (_folder, _path, store) = fresh();
        let url = "https://example.org/x".to_owned();
        let item = Item {
            id: "item-s".into(),
            source: "one".into(),
            url: Some(url.clone()),
            canonical_url: Some(url.clone()),
            title: "甲".into(),
            published: at(0),
            updated: None,
            summary: String::new(),
            authors: Vec::new(),
            categories: Vec::new(),
            first_seen: at(0),
        };
        let keys = vec![item.id.clone()];
        store.keep_visit("one", State::default(), vec![Sighting { item, keys }]).unwrap();
        let topic = Shown { target: Target::Topic("AI".into()), ..shown("t", 0, 0.1) };
        store.remember(vec![shown("s", 0, 0.1), topic]).unwrap();
        let open = store.open_suggestions().unwrap();
        assert_eq!(open.len(), 1, "a topic cites nothing");
        assert_eq!((open[0].article.as_str(), &open[0].url), ("insights/a.md", &Some(url)));
        for seconds in [10, 20] {
            let new = store.judge(vec![says("s", ARTICLE, Verdict::Cited, seconds)]).unwrap();
            assert_eq!(new, usize::from(seconds == 10));
        }
        assert_eq!(store.open_suggestions().unwrap(), []);
        let line = store.verdicts(at(99)).unwrap().remove(0);
        assert_eq!((line.title.as_str(), line.judged), ("甲", at(10)));
    }

    #[test]
    fn old_showings_go_but_the_last_of_each_and_those_of_what_was_judged() {
        let (_folder, path, store) = fresh();
        for seconds in [0, DAY] {
            let ids = ["judged", "open", "again"];
            store.remember(ids.map(|id| shown(id, seconds, 0.1)).into()).unwrap();
        }
        store.judge(vec![says("judged", "anna", Verdict::Reject, 2 * DAY)]).unwrap();
        store.remember(vec![shown("again", 40 * DAY, 0.1)]).unwrap();
        drop(store);
        let connection = Connection::open(&path).unwrap();
        let count = |id: &str| -> i64 {
            let count = "select count(*) from showings where suggestion = ?1";
            connection.query_row(count, [id], |row| row.get(0)).unwrap()
        };
        assert_eq!((count("judged"), count("open"), count("again")), (2, 1, 1));
    }

    #[test]
    fn verdicts_of_an_older_database_stay_and_are_known_to_have_no_features() {
        let (_folder, path, store) = fresh();
        drop(store);
        std::fs::remove_file(&path).unwrap();
        let old = Connection::open(&path).unwrap();
        let shows = |step: &&str| step.contains("table showings");
        let before = sql::MIGRATIONS.iter().take_while(|step| !shows(step)).count();
        for step in &sql::MIGRATIONS[..before] {
            old.execute_batch(step).unwrap();
        }
        old.execute_batch(
            "insert into suggestions values ('s', 'article', 'a.md', 'i', 0.5, '[\"甲\"]', 1, 2);
             insert into verdicts values ('s', 'accept', 'why', 'anna', 3)",
        )
        .unwrap();
        old.pragma_update(None, "user_version", i64::try_from(before).unwrap()).unwrap();
        drop(old);
        let store = Store::open(&path).unwrap();
        let line = store.verdicts(at(0)).unwrap().remove(0);
        assert_eq!((line.verdict, line.features, line.fingerprint), (Verdict::Accept, None, None));
        assert_eq!(line.reason.as_deref(), Some("why"));
        let old = store.shown("s").unwrap().unwrap();
        assert_eq!((old.made, old.reasons), (None, vec!["甲".to_owned()]));
        store.judge(vec![says("s", "anna", Verdict::Reject, 0)]).unwrap();
        assert_eq!(store.verdicts(at(0)).unwrap().len(), 1);
    }
}
