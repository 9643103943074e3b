//! What is shown and judged, between the ranking and the store.
//!
//! A list that an editor sees is logged with what it was made by; an article that takes a suggestion
//! up has judged it; and what is judged is not suggested again.

use std::collections::HashMap;
use std::fs;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::{SuggestError, When, kept};
use crate::catalog::Catalog;
use crate::config::Config;
use crate::source::Source;
use crate::store::{Judgement, Made, Shown, Store, StoreError};
use crate::suggest::verdict::{ARTICLE, Fingerprint, Labelled, Verdict, cited};
use crate::suggest::{Cited, Suggestion, Target};

/// Remembers suggestions that an editor has seen, in the order in which they were shown.
///
/// # Errors
///
/// The database fails.
pub fn remember(
    config: &Config,
    store: &Store,
    suggestions: &[Suggestion],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    store.remember(shown(config, suggestions, now))
}

/// Remembers suggestions that stand in a feed, which is made again and again: each once, as long as it is made
/// in one way. Beside work that does not fail for it.
pub fn remember_published(
    config: &Config,
    store: &Store,
    suggestions: &[Suggestion],
    now: DateTime<Utc>,
) {
    if let Err(error) = store.remember_once(shown(config, suggestions, now)) {
        tracing::error!("which suggestions the feeds show is not recorded: {error}");
    }
}

fn shown(config: &Config, suggestions: &[Suggestion], now: DateTime<Utc>) -> Vec<Shown> {
    let fingerprint = fingerprint(config);
    let mut places: HashMap<&Target, usize> = HashMap::new();
    let shown = suggestions.iter().map(|one| {
        let place = places.entry(&one.target).or_default();
        *place += 1;
        Shown {
            id: one.id.clone(),
            target: one.target.clone(),
            item: one.item.id.clone(),
            score: one.score,
            reasons: one.reason_texts(),
            at: now,
            made: Some(Made {
                rank: *place,
                features: one.features,
                fingerprint: fingerprint.clone(),
            }),
        }
    });
    shown.collect()
}

/// By what suggestions are made: program, settings, source list, vocabulary and embedding model.
fn fingerprint(config: &Config) -> Fingerprint {
    // A hash for which any form will do in which every setting stands.
    let settings = format!("{:?} {:?}", config.suggest, config.zone());
    // A list that is absent is an empty one.
    let list = |path| fs::read(path).unwrap_or_default();
    let (sources, vocabulary) = (list(&config.sources), list(&config.vocabulary));
    let stamps = format!("{:?}", kept::model(config));
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    let parts = [version, settings.as_bytes(), &sources, &vocabulary, stamps.as_bytes()];
    Fingerprint::of(&config.suggest.rank.model, &parts)
}

/// Records which suggestions their articles cite by now; how many that were not known to be.
///
/// # Errors
///
/// The database fails.
pub fn record_cited(
    catalog: &Catalog,
    store: &Store,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let open = store.open_suggestions()?;
    if open.is_empty() {
        return Ok(0);
    }
    let pages: HashMap<&str, _> =
        catalog.pages.iter().map(|page| (page.article.path.as_str(), page)).collect();
    let references = |path: &str| {
        let page = pages.get(path)?;
        Some(page.article.references.iter().map(super::cited).collect())
    };
    let taken_up = cited(&open, references).into_iter().map(|suggestion| Judgement {
        suggestion,
        verdict: Verdict::Cited,
        reason: None,
        editor: ARTICLE.to_owned(),
        judged: now,
    });
    store.judge(taken_up.collect())
}

/// [`record_cited`] beside work that does not fail for it: the next time finds the same.
pub fn note_cited(catalog: &Catalog, store: &Store, now: DateTime<Utc>) {
    if let Err(error) = record_cited(catalog, store, now) {
        tracing::error!("which suggestions were taken up is not recorded: {error}");
    }
}

/// Every verdict until `now`, with the names of sources as they are in the list.
///
/// # Errors
///
/// The database fails, or the source list is wrong.
pub fn labelled(
    config: &Config,
    store: &Store,
    now: DateTime<Utc>,
) -> Result<Vec<Labelled>, SuggestError> {
    let sources = config.load_sources().map_err(SuggestError::Lists)?;
    let sources: HashMap<String, Source> =
        sources.into_iter().map(|source| (source.id.clone(), source)).collect();
    let mut lines = store.verdicts(now)?;
    for line in &mut lines {
        if let Some(known) = line.source.as_ref().and_then(|id| sources.get(id)) {
            line.source = Some(known.name.clone());
        }
    }
    Ok(lines)
}

/// What has been judged, by what it was for.
pub(super) struct Judged {
    /// By item: when it was judged last.
    by_then: HashMap<Target, HashMap<String, DateTime<Utc>>>,
    /// What articles have taken up since.
    later: HashMap<Target, Vec<Cited>>,
}

impl Judged {
    /// What had been judged by `when`, and what has been taken up since.
    pub(super) fn by(store: &Store, when: When) -> Result<Self, StoreError> {
        let mut judged = Self { by_then: HashMap::new(), later: HashMap::new() };
        let until = when.then().map_or_else(|| when.moment(), |_| DateTime::<Utc>::MAX_UTC);
        for line in store.verdicts(until)? {
            if line.judged <= when.moment() {
                let last = judged.by_then.entry(line.target).or_default().entry(line.item);
                let last = last.or_insert(line.judged);
                *last = line.judged.max(*last);
            } else if line.verdict == Verdict::Cited {
                let cited = Cited { title: Some(line.title), url: line.url, publication: None };
                judged.later.entry(line.target).or_default().push(cited);
            }
        }
        Ok(judged)
    }

    /// The items that have been judged for this target, each with the day of the last verdict in `zone`.
    pub(super) fn of(&self, target: &Target, zone: Tz) -> impl Iterator<Item = (&str, NaiveDate)> {
        let day = move |at: &DateTime<Utc>| at.with_timezone(&zone).date_naive();
        self.by_then
            .get(target)
            .into_iter()
            .flatten()
            .map(move |(item, at)| (item.as_str(), day(at)))
    }

    /// What this target's article has taken up since.
    pub(super) fn later(&self, target: &Target) -> &[Cited] {
        self.later.get(target).map_or(&[], Vec::as_slice)
    }
}
