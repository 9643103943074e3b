//! Who reads the feeds: from the server's counts into the store, and from there to people.
//!
//! The server counts in memory. Once a minute, and at the stop, what has changed is kept; a minute that
//! cannot be kept is lost, and no reader notices. [`summary`] adds up what was kept for each feed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::store::{DaysReaders, DaysSubscribers, Readership, Store};
use crate::web::tally::{self, Count, Tally};

/// How long counts stay in memory alone.
const EVERY: Duration = Duration::from_mins(1);

/// Keeps what `tally` counts until `stop`; what comes after it is for [`keep`].
pub(super) fn start(store: &Store, tally: &Arc<Tally>, stop: &CancellationToken) -> JoinHandle<()> {
    let (store, tally, stop) = (store.clone(), Arc::clone(tally), stop.clone());
    tokio::spawn(async move {
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            keep(&store, &tally).await;
        }
    })
}

/// Keeps what `tally` has counted since the last time.
pub(super) async fn keep(store: &Store, tally: &Tally) {
    let today = tally::day(SystemTime::now());
    let counts = tally.take(today);
    if counts.is_empty() {
        return;
    }
    let store = store.clone();
    let kept = spawn_blocking(move || store.keep_readers(to_keep(counts), today)).await;
    if let Ok(Err(error)) = kept {
        tracing::error!("the numbers of readers were not kept: {error}");
    }
}

fn to_keep(counts: Vec<Count>) -> Readership {
    let mut kept = Readership::default();
    for Count { feed, day, readers, aggregators } in counts {
        kept.subscribers.extend(aggregators.into_iter().map(|one| DaysSubscribers {
            feed: feed.clone(),
            aggregator: one.name,
            feed_id: one.feed_id,
            day,
            subscribers: one.subscribers.into(),
        }));
        if readers > 0 {
            kept.readers.push(DaysReaders { feed, day, readers });
        }
    }
    kept
}

/// The day that `time` is in, as the store counts days.
pub fn today(time: SystemTime) -> u64 {
    tally::day(time)
}

/// Who reads one feed, in all its formats.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FeedReaders {
    /// Path of the feed's folder on the server.
    pub feed: String,
    /// The people that aggregators fetch it for: what each said last.
    pub subscribers: u64,
    /// The different readers that came themselves, on the busiest day.
    pub readers: u64,
    /// Subscribers by aggregator, the largest first.
    pub aggregators: Vec<AggregatorCount>,
    /// Readers by day.
    pub days: Vec<DayCount>,
}

/// What an aggregator said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AggregatorCount {
    /// Its name.
    pub name: String,
    /// For how many it fetches.
    pub subscribers: u64,
}

/// The readers of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayCount {
    /// The day, in UTC.
    pub date: String,
    /// How many.
    pub readers: u64,
}

/// The feeds of `readership`, which is of a few days, by how many read them. An aggregator that has said
/// nothing in these days does not count any more; one that knows a feed under several numbers, or
/// several formats of it, counts with all of them.
pub fn summary(readership: &Readership) -> Vec<FeedReaders> {
    let mut newest: BTreeMap<(&str, &str, &str), (u64, u64)> = BTreeMap::new();
    for one in &readership.subscribers {
        let key = (one.feed.as_str(), one.aggregator.as_str(), one.feed_id.as_str());
        let said = newest.entry(key).or_default();
        *said = (*said).max((one.day, one.subscribers));
    }
    let mut feeds: BTreeMap<&str, Added> = BTreeMap::new();
    for ((file, aggregator, _), (_, subscribers)) in newest {
        *feeds.entry(folder(file)).or_default().aggregators.entry(aggregator).or_default() +=
            subscribers;
    }
    for one in &readership.readers {
        *feeds.entry(folder(&one.feed)).or_default().days.entry(one.day).or_default() +=
            one.readers;
    }
    let mut all: Vec<FeedReaders> = feeds
        .into_iter()
        .map(|(folder, Added { aggregators, days })| {
            let mut aggregators: Vec<AggregatorCount> = aggregators
                .into_iter()
                .map(|(name, subscribers)| AggregatorCount { name: name.to_owned(), subscribers })
                .collect();
            aggregators.sort_by_key(|one| std::cmp::Reverse(one.subscribers));
            FeedReaders {
                feed: format!("/feeds/{folder}"),
                subscribers: aggregators.iter().map(|one| one.subscribers).sum(),
                readers: days.values().copied().max().unwrap_or_default(),
                aggregators,
                days: days.into_iter().map(of_day).collect(),
            }
        })
        .collect();
    all.sort_by_key(|feed| std::cmp::Reverse(feed.subscribers + feed.readers));
    all
}

/// What is added up for one feed: subscribers by aggregator, readers by day.
#[derive(Default)]
struct Added<'a> {
    aggregators: BTreeMap<&'a str, u64>,
    days: BTreeMap<u64, u64>,
}

fn folder(file: &str) -> &str {
    file.rfind('/').map_or("", |at| &file[..=at])
}

fn of_day((day, readers): (u64, u64)) -> DayCount {
    let date = i32::try_from(day).ok().and_then(chrono::NaiveDate::from_epoch_days);
    DayCount { date: date.unwrap_or_default().to_string(), readers }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(feed: &str, day: u64, readers: u64) -> DaysReaders {
        DaysReaders { feed: feed.into(), day, readers }
    }

    fn said(feed: &str, who: &str, id: &str, day: u64, subscribers: u64) -> DaysSubscribers {
        let (aggregator, feed_id) = (who.into(), id.into());
        DaysSubscribers { feed: feed.into(), aggregator, feed_id, day, subscribers }
    }

    #[test]
    fn an_aggregators_last_word_counts_for_each_of_its_numbers() {
        let readership = Readership {
            readers: vec![
                read("index.xml", 20_000, 4),
                read("atom.xml", 20_000, 3),
                read("index.xml", 20_001, 5),
                read("tags/a/index.xml", 20_001, 1),
            ],
            subscribers: vec![
                said("index.xml", "feedly", "", 20_000, 40),
                said("index.xml", "feedly", "", 20_001, 30),
                said("atom.xml", "feedly", "", 20_000, 2),
                said("index.xml", "feedbin", "1", 20_000, 50),
                said("index.xml", "feedbin", "2", 20_001, 7),
                said("tags/b/feed.json", "feedly", "", 20_001, 8),
            ],
        };
        let found = summary(&readership);
        let short: Vec<_> =
            found.iter().map(|feed| (feed.feed.as_str(), feed.subscribers, feed.readers)).collect();
        let expected = [("/feeds/", 89, 7), ("/feeds/tags/b/", 8, 0), ("/feeds/tags/a/", 0, 1)];
        assert_eq!(short, expected);
        let names: Vec<_> =
            found[0].aggregators.iter().map(|one| (one.name.as_str(), one.subscribers)).collect();
        assert_eq!(names, [("feedbin", 57), ("feedly", 32)]);
        let day = |date: &str, readers| DayCount { date: date.into(), readers };
        assert_eq!(found[0].days, [day("2024-10-04", 7), day("2024-10-05", 5)]);
    }

    #[test]
    fn what_was_counted_is_kept_as_it_was() {
        let aggregator = tally_aggregator("feedly", 3);
        let feed = "a/atom.xml".to_owned();
        let counts = vec![Count { feed, day: 7, readers: 0, aggregators: vec![aggregator] }];
        let expected = Readership {
            readers: vec![],
            subscribers: vec![said("a/atom.xml", "feedly", "", 7, 3)],
        };
        assert_eq!(to_keep(counts), expected);
    }

    fn tally_aggregator(name: &str, subscribers: u32) -> crate::web::agent::Aggregator {
        let feed_id = String::new();
        crate::web::agent::Aggregator { name: name.into(), feed_id, subscribers }
    }
}
