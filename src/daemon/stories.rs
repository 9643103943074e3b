//! Gives each stored item its story, once.
//!
//! Done where items arrive and, for what was missed (an older version's items, a hub's push), before
//! stories are read; a second call finds nothing to do.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::spawn_blocking;

use super::suggest::{SuggestError, candidate, cited};
use crate::catalog::Page;
use crate::catalog::vocabulary::Vocabulary;
use crate::config::Config;
use crate::source::Source;
use crate::store::Store;
use crate::suggest::Candidate;
use crate::suggest::lexicon::Lexicon;
use crate::suggest::story::coverage::Coverage;
use crate::suggest::story::{self, Stories, Story};

/// Days before an item's arrival in which the reports lie that it may belong to.
const BEFORE: TimeDelta = TimeDelta::days(14);

/// Gives each item that has no story yet the one that it tells of, or its own.
///
/// # Errors
///
/// [`SuggestError`].
pub fn assign(config: &Config, store: &Store) -> Result<(), SuggestError> {
    let Some(first) = store.first_without_story()? else { return Ok(()) };
    let since = first.checked_sub_signed(BEFORE).unwrap_or_default();
    let items = candidates(config, store, since)?;
    let kept = store.stories_since(since)?;
    let lexicon = lexicon(config)?;
    let assigned = Stories::new(&lexicon).join_all(&items, &kept);
    let new: Vec<(String, String)> = items
        .into_iter()
        .map(|item| item.id)
        .zip(assigned)
        .filter(|(item, _)| !kept.contains_key(item))
        .collect();
    tracing::debug!(items.new = new.len(), "stories found");
    Ok(store.keep_stories(new)?)
}

/// [`assign`] after a round of visits: what fails here is made up for when stories are read.
pub(super) async fn assign_or_warn(config: &Config, store: &Store) {
    let (config, store) = (config.clone(), store.clone());
    let done = spawn_blocking(move || assign(&config, &store)).await;
    match done {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!("items without stories: {error}"),
        Err(error) => tracing::error!("grouping broke down: {error}"),
    }
}

/// The items published or first seen since `since`, and their stories, largest first.
///
/// # Errors
///
/// [`SuggestError`].
pub fn since(
    config: &Config,
    store: &Store,
    since: DateTime<Utc>,
) -> Result<(Vec<Candidate>, Vec<Story>), SuggestError> {
    assign(config, store)?;
    let items = candidates(config, store, since)?;
    let kept = store.stories_since(since)?;
    // An item that came in between is told of next time.
    let (items, assigned): (Vec<Candidate>, Vec<String>) = items
        .into_iter()
        .filter_map(|item| kept.get(&item.id).cloned().map(|story| (item, story)))
        .unzip();
    let stories = story::gather(&items, &assigned);
    Ok((items, stories))
}

/// What articles cite, and since when.
pub fn coverage<'a>(pages: impl IntoIterator<Item = &'a Page>) -> Coverage {
    let mut coverage = Coverage::default();
    for page in pages {
        for reference in page.article.references.iter() {
            coverage.add(page.article.date.date_naive(), &cited(reference));
        }
    }
    coverage
}

/// The names that a vocabulary knows, beside those that ship with the program.
pub fn names(vocabulary: &Vocabulary) -> Lexicon {
    let names: Vec<Vec<String>> = vocabulary
        .entries()
        .iter()
        .map(|entry| [vec![entry.name.clone()], entry.aliases.clone()].concat())
        .collect();
    Lexicon::new(&names)
}

/// The names that the site's vocabulary knows, and those that ship with the program.
///
/// # Errors
///
/// The vocabulary is wrong.
pub fn lexicon(config: &Config) -> Result<Lexicon, SuggestError> {
    config.load_vocabulary().map(|vocabulary| names(&vocabulary)).map_err(SuggestError::Lists)
}

fn candidates(
    config: &Config,
    store: &Store,
    since: DateTime<Utc>,
) -> Result<Vec<Candidate>, SuggestError> {
    let sources = config.load_sources().map_err(SuggestError::Lists)?;
    let sources: HashMap<String, Source> =
        sources.into_iter().map(|source| (source.id.clone(), source)).collect();
    let items = store.items_since(since)?;
    Ok(items.into_iter().map(|stored| candidate(stored.item, &sources, config.zone())).collect())
}
