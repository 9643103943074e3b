//! Gives each stored item its story, once.
//!
//! Done before stories are read; a second call finds nothing to do.

use std::collections::HashMap;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::suggest::{Frame, SuggestError, cited};
use crate::catalog::Page;
use crate::catalog::vocabulary::Vocabulary;
use crate::config::Config;
use crate::store::Store;
use crate::suggest::Candidate;
use crate::suggest::lexicon::Lexicon;
use crate::suggest::story::coverage::Coverage;
use crate::suggest::story::{self, Stories, Story};

/// Days before an item's arrival in which the reports lie that it may belong to.
const BEFORE: TimeDelta = TimeDelta::days(14);

/// So many items may be kept without need.
const FEW: usize = 1_000;

/// The stories of the last days, which one round leaves to the next, to save it work: new items are told
/// apart among the reports that are here, and only they are read.
#[derive(Debug, Default)]
pub struct Kept(Option<Last>);

/// The stories as the last round left them. A report that was edited since is known by its first title.
#[derive(Debug)]
struct Last {
    frame: Frame,
    lexicon: Lexicon,
    stories: Stories,
    /// By item: its story.
    of: HashMap<String, String>,
    /// Items from this moment on are here.
    since: DateTime<Utc>,
}

impl Kept {
    /// Gives each item that has no story yet the one that it tells of, or its own.
    ///
    /// # Errors
    ///
    /// [`SuggestError`].
    pub fn assign(&mut self, config: &Config, store: &Store) -> Result<(), SuggestError> {
        let Some(first) = store.first_without_story()? else { return Ok(()) };
        let started = Instant::now();
        let since = first.checked_sub_signed(BEFORE).unwrap_or_default();
        let told = store.stories_since(since)?;
        let frame = Frame::of(config, None)?;
        // Taken, so that a round that fails leaves nothing half done.
        let last = self.0.take().filter(|last| last.frame == frame && last.knows(&told, since));
        let is_kept = last.is_some();
        let mut last = last.unwrap_or_else(|| Last::of(frame, since));
        let stored = store.items_since(if is_kept { first } else { since })?.into_iter();
        let unread = stored.filter(|stored| !last.of.contains_key(&stored.item.id));
        let items: Vec<Candidate> = unread.map(|stored| last.frame.read(stored)).collect();
        let stories = last.stories.join(&items, &told, &last.lexicon);
        let read = items.into_iter().map(|item| item.id).zip(stories);
        let read: Vec<(String, String)> = read.collect();
        last.of.extend(read.iter().cloned());
        let new: Vec<(String, String)> =
            read.into_iter().filter(|(item, _)| !told.contains_key(item)).collect();
        let took = started.elapsed().as_millis();
        tracing::debug!(items.new = new.len(), kept = is_kept, took_ms = took, "stories found");
        store.keep_stories(new)?;
        self.0 = Some(last);
        Ok(())
    }
}

impl Last {
    fn of(frame: Frame, since: DateTime<Utc>) -> Self {
        let lexicon = names(frame.vocabulary());
        Self { frame, lexicon, stories: Stories::default(), of: HashMap::new(), since }
    }

    /// Whether it holds what there is from `since` on: the stories `told`, by item, and not much that is older.
    fn knows(&self, told: &HashMap<String, String>, since: DateTime<Utc>) -> bool {
        self.since <= since
            && self.of.len() <= 2 * told.len().max(FEW)
            && told.iter().all(|(item, story)| self.of.get(item) == Some(story))
    }
}

/// The stories of which something was published or first seen since `since`, whole, largest first, and their
/// items.
///
/// # Errors
///
/// [`SuggestError`].
pub fn since(
    config: &Config,
    store: &Store,
    since: DateTime<Utc>,
) -> Result<(Vec<Candidate>, Vec<Story>), SuggestError> {
    Kept::default().assign(config, store)?;
    let frame = Frame::of(config, None)?;
    let told = store.told_since(since)?.into_iter();
    let (items, assigned): (Vec<Candidate>, Vec<String>) =
        told.map(|(stored, story)| (frame.read(stored), story)).unzip();
    let stories = story::gather(&items, &assigned);
    Ok((items, stories))
}

/// What articles cite, and since which day in `zone`.
pub fn coverage<'a>(pages: impl IntoIterator<Item = &'a Page>, zone: Tz) -> Coverage {
    let mut coverage = Coverage::default();
    for page in pages {
        let day = page.article.date.with_timezone(&zone).date_naive();
        for reference in page.article.references.iter() {
            coverage.add(day, &cited(reference));
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::source::item::Sighting;

    /// A configuration without sources, and an empty store.
    fn site(folder: &Path) -> (Config, Store) {
        let file = |name: &str| folder.join(name).display().to_string();
        fs::write(file("sources.yaml"), "[]").unwrap();
        let text = format!(
            "site: {{title: t, url: 'https://example.org/'}}\nsources: {}\n\
             articles: {{vocabulary: {}}}\n",
            file("sources.yaml"),
            file("vocabulary.yaml")
        );
        let config = Config::parse("headwater.yaml", &text, &[]).unwrap();
        (config, Store::open(&folder.join("headwater.db")).unwrap())
    }

    fn at(hour: usize) -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
            + TimeDelta::hours(i64::try_from(hour).unwrap())
    }

    fn keep(store: &Store, hour: usize, items: &[(&str, &str)]) {
        let items = items.iter().map(|(id, title)| Sighting::sample(id, title, at(hour)));
        store.keep_items("one", items.collect()).unwrap();
    }

    fn assigned(store: &Store) -> HashMap<String, String> {
        store.stories_since(DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn new_items_join_the_stories_that_are_kept_and_those_that_others_found() {
        let folder = tempfile::tempdir().unwrap();
        let (config, store) = site(folder.path());
        let mut kept = Kept::default();
        kept.assign(&config, &store).unwrap();
        assert!(kept.0.is_none(), "there was nothing to do");

        keep(&store, 0, &[("a", "Meta invests billions in Scale AI")]);
        kept.assign(&config, &store).unwrap();
        keep(&store, 1, &[("b", "Walmart opens a new store in Texas")]);
        keep(&store, 2, &[("c", "Meta to invest billions in Scale AI")]);
        kept.assign(&config, &store).unwrap();
        let of = assigned(&store);
        assert!(of["a"] == of["c"] && of["a"] != of["b"], "{of:?}");
        assert_eq!(kept.0.as_ref().unwrap().since, at(0) - BEFORE, "nothing was read again");

        // Another process finds the story of what it has fetched.
        keep(&store, 3, &[("d", "Walmart opens a new store in Austin, Texas")]);
        keep(&store, 4, &[("e", "Nvidia unveils a chip for robots")]);
        let (_, other) = site(folder.path());
        Kept::default().assign(&config, &other).unwrap();
        keep(&store, 5, &[("f", "Nvidia unveils chip for robots")]);
        kept.assign(&config, &store).unwrap();
        let of = assigned(&store);
        assert!(of["b"] == of["d"] && of["e"] == of["f"] && of["e"] != of["b"], "{of:?}");
        assert_eq!(kept.0.as_ref().unwrap().of, of);

        // Another vocabulary knows other names.
        let name = "- {name: Zorbo, aliases: [左博], kind: tag}\n";
        fs::write(folder.path().join("vocabulary.yaml"), name).unwrap();
        let both = [("g", "Zorbo raises 90 million dollars"), ("h", "左博融资9000万美元")];
        keep(&store, 6, &both);
        kept.assign(&config, &store).unwrap();
        let of = assigned(&store);
        assert_eq!(of["g"], of["h"]);
        assert_eq!(kept.0.as_ref().unwrap().of, of);
    }

    #[test]
    fn what_is_long_past_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (config, store) = site(folder.path());
        let mut kept = Kept::default();
        let names: Vec<String> = (0..6 * FEW).map(|number| format!("Report {number}")).collect();
        let items: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &**name)).collect();
        let (old, new) = items.split_at(3 * FEW);
        for (hour, items) in [(0, old), (24 * 30, new), (24 * 31, &[("last", "A title")])] {
            keep(&store, hour, items);
            kept.assign(&config, &store).unwrap();
        }
        assert_eq!(kept.0.unwrap().of.len(), new.len() + 1);
        assert_eq!(assigned(&store).len(), items.len() + 1);
    }
}
