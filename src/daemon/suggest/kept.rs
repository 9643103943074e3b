//! The index of the store's items, which one round of suggestions leaves to the next.
//!
//! Takes what the store has touched since the last round, so that a round after a handful of new items
//! reads and indexes just these. Whatever else the index is made by, names, sources, zone or model, is
//! compared; where that has changed, or a round has failed, it is made anew.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{SuggestError, candidate};
use crate::catalog::vocabulary::Vocabulary;
use crate::config::Config;
use crate::daemon::stories;
use crate::source::Source;
use crate::store::{Look, Seen, Store, StoredItem, Told};
use crate::suggest::Candidate;
use crate::suggest::embedding::{PIECES, TABLE};
use crate::suggest::index::Index;

/// What one round of suggestions leaves to the next, to save it work. Nothing of it changes what is
/// suggested.
#[derive(Debug, Default)]
pub struct Kept {
    stories: stories::Kept,
    last: Option<Last>,
}

/// The index as the last round left it.
#[derive(Debug)]
struct Last {
    frame: Frame,
    look: Look,
    index: Index,
}

/// What an index is made by, beside the items.
#[derive(Debug, PartialEq)]
pub(in crate::daemon) struct Frame {
    vocabulary: Vocabulary,
    sources: HashMap<String, Source>,
    zone: Tz,
    /// Folder and files of the embedding model.
    model: (Option<PathBuf>, Model),
    /// Items that were seen later have no part in it.
    until: Option<DateTime<Utc>>,
}

/// What tells whether the files of an embedding model are the same: too large to be compared.
pub(super) type Model = Option<[Option<(u64, Option<SystemTime>)>; 2]>;

impl Kept {
    /// The index of the items that are in the store; of those that were seen until a moment, where that
    /// is said.
    pub(super) fn index(
        &mut self,
        config: &Config,
        store: &Store,
        until: Option<DateTime<Utc>>,
    ) -> Result<&Index, SuggestError> {
        self.stories.assign(config, store)?;
        let frame = Frame::of(config, until)?;
        // Taken, so that a round that fails leaves nothing half done.
        let last = self.last.take().filter(|last| last.frame == frame);
        let (look, seen) = store.look(last.as_ref().map(|last| last.look))?;
        let mut index = if let Some(last) = last {
            last.index
        } else {
            let embeddings = config.load_embeddings().map_err(SuggestError::Lists)?;
            Index::empty(stories::names(&frame.vocabulary), embeddings)
        };
        let started = Instant::now();
        match seen {
            Seen::Everything(told) => {
                let all: HashSet<String> =
                    told.iter().map(|(one, _)| one.item.id.clone()).collect();
                index.retain(&all);
                index.put(told.into_iter().filter_map(|one| frame.candidate(one)));
            }
            Seen::Touched(touched) => {
                for (id, told) in touched {
                    match told.and_then(|one| frame.candidate(one)) {
                        Some(candidate) => index.put([candidate]),
                        None => index.remove(&id),
                    }
                }
            }
        }
        let (items, took) = (index.candidates().len(), started.elapsed().as_millis());
        tracing::debug!(items, took_ms = took, "the items are indexed");
        Ok(&self.last.insert(Last { frame, look, index }).index)
    }
}

impl Frame {
    pub(in crate::daemon) fn of(
        config: &Config,
        until: Option<DateTime<Utc>>,
    ) -> Result<Self, SuggestError> {
        let sources = config.load_sources().map_err(SuggestError::Lists)?;
        Ok(Self {
            vocabulary: config.load_vocabulary().map_err(SuggestError::Lists)?,
            sources: sources.into_iter().map(|source| (source.id.clone(), source)).collect(),
            zone: config.zone(),
            model: (config.suggest.embeddings.clone(), model(config)),
            until,
        })
    }

    /// What an item and its story are to an index, unless it has no part in it.
    fn candidate(&self, (one, story): Told) -> Option<(Candidate, String)> {
        let seen = self.until.is_none_or(|until| one.item.first_seen <= until);
        seen.then(|| (self.read(one), story))
    }

    /// What an item is to those who compare it with others.
    pub(in crate::daemon) fn read(&self, stored: StoredItem) -> Candidate {
        candidate(stored, &self.sources, self.zone)
    }

    pub(in crate::daemon) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }
}

/// The files of the embedding model that `config` names, as they are now.
pub(super) fn model(config: &Config) -> Model {
    config.suggest.embeddings.as_deref().map(|folder| {
        [PIECES, TABLE].map(|file| {
            let known = folder.join(file).metadata().ok()?;
            Some((known.len(), known.modified().ok()))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source::Item;
    use crate::source::item::Sighting;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000 + seconds, 0).unwrap()
    }

    fn keep(store: &Store, items: &[(&str, &str, i64)]) {
        keep_of("one", store, items);
    }

    fn keep_of(source: &str, store: &Store, items: &[(&str, &str, i64)]) {
        let sighting = |(id, title, seconds): &(&str, &str, i64)| Sighting {
            item: Item {
                id: (*id).to_owned(),
                source: source.to_owned(),
                url: None,
                canonical_url: None,
                title: (*title).to_owned(),
                published: at(*seconds),
                updated: None,
                summary: String::new(),
                authors: Vec::new(),
                categories: Vec::new(),
                first_seen: at(*seconds),
            },
            keys: vec![(*id).to_owned()],
        };
        store.keep_items(source, items.iter().map(sighting).collect()).unwrap();
    }

    /// Its name, and what happens before it.
    type Round<'a> = (&'a str, &'a dyn Fn(&Store));

    /// What is in an index, by identifier, each with its story.
    fn within(index: &Index) -> Vec<(Candidate, String)> {
        let told =
            |one: &Candidate| (one.clone(), index.story_of(&one.id).unwrap_or_default().to_owned());
        let mut all: Vec<_> = index.candidates().map(told).collect();
        all.sort_by(|a, b| a.0.id.cmp(&b.0.id));
        all
    }

    #[test]
    fn the_kept_index_is_the_one_that_would_be_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let text = format!(
            "site: {{title: t, url: 'https://example.org/'}}\nsources: {}\n\
             articles: {{vocabulary: {}}}\n",
            path("sources.yaml").display(),
            path("vocabulary.yaml").display()
        );
        let config = Config::parse("headwater.yaml", &text, &[]).unwrap();
        let source = |weight: &str| {
            let lines = format!(
                "- {{id: one, name: 甲报, url: 'https://a.example/', weight: {weight}}}\n\
                 - {{id: two, name: 乙社, url: 'https://b.example/', tier: first_party}}\n"
            );
            fs::write(path("sources.yaml"), lines).unwrap();
        };
        let store = Store::open(&path("headwater.db")).unwrap();
        let mut kept = Kept::default();
        let rounds: [Round<'_>; 7] = [
            ("nothing", &|_| {}),
            ("the first", &|store| keep(store, &[("a", "Meta", 0), ("b", "Nvidia", 1)])),
            ("an edit and a new one", &|store| keep(store, &[("b", "Intel", 1), ("c", "AMD", 9)])),
            ("who did it tells it too", &|store| keep_of("two", store, &[("a", "Meta", 9)])),
            ("another weight", &|_| source("0.5")),
            ("what others write", &|_| {
                keep(&Store::open(&path("headwater.db")).unwrap(), &[("d", "TSMC", 10)]);
            }),
            ("a name", &|_| {
                let name = "- {name: Meta, aliases: [脸书], kind: tag}\n";
                fs::write(path("vocabulary.yaml"), name).unwrap();
            }),
        ];
        source("1");
        for (round, change) in rounds {
            change(&store);
            let found = within(kept.index(&config, &store, None).unwrap());
            // By another connection, so that the next round of this one follows the last.
            let other = Store::open(&path("headwater.db")).unwrap();
            assert_eq!(
                found,
                within(Kept::default().index(&config, &other, None).unwrap()),
                "{round}"
            );
        }
        let titles = |index: &Index| -> Vec<String> {
            within(index).into_iter().map(|(one, _)| one.title).collect()
        };
        assert_eq!(
            titles(kept.index(&config, &store, None).unwrap()),
            ["Meta", "Intel", "AMD", "TSMC"]
        );
        let teller = |index: &Index, id: &str| {
            let found = index.candidates().find(|one| one.id == id);
            found.and_then(|one| one.publication.clone()).unwrap_or_default()
        };
        let now = kept.index(&config, &store, None).unwrap();
        assert_eq!((teller(now, "a").as_str(), teller(now, "b").as_str()), ("乙社", "甲报"));
        let then = kept.index(&config, &store, Some(at(5))).unwrap();
        assert_eq!(titles(then), ["Meta", "Intel"], "a replay knows what was known then");
        assert!(within(then).iter().all(|(_, story)| !story.is_empty()));
    }
}
