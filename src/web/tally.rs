//! Who reads which feed: counted for a day at a time, in memory, without keeping who it was.
//!
//! An [aggregator](super::agent) tells for how many people it fetches. Everybody else counts as one,
//! however often they ask: address and `User-Agent` are hashed with a secret that is made anew each day
//! and thrown away with the day's hashes, so that nobody can be followed from one day to the next or
//! found out afterwards. Counting never fails; when there is no more room, it stops counting.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::agent::{Agent, Aggregator};
use super::distinct::Distinct;

/// Most aggregators that are believed of one file: there are some dozens in the world, and anybody can
/// call themselves one.
const AGGREGATORS: usize = 64;

/// Most counts of ended days that wait to be taken; where nobody takes them, the oldest go.
const WAITING: usize = 1 << 16;

const SECONDS_A_DAY: u64 = 24 * 60 * 60;

/// The readers of one file on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Path below the feeds' folder.
    pub feed: String,
    /// Days since 1970, in UTC.
    pub day: u64,
    /// How many different readers there were.
    pub readers: u64,
    /// What aggregators said last.
    pub aggregators: Vec<Aggregator>,
}

/// What was counted and nobody has taken yet.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Today>);

#[derive(Debug, Default)]
struct Today {
    day: u64,
    secret: RandomState,
    feeds: HashMap<Arc<str>, Feed>,
    /// Of days that are over.
    ended: Vec<Count>,
}

#[derive(Debug, Default)]
struct Feed {
    readers: Distinct,
    /// By name and number of the feed.
    aggregators: HashMap<(String, String), u32>,
    changed: bool,
}

/// The day that `time` is in, in days since 1970.
pub fn day(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() / SECONDS_A_DAY
}

impl Tally {
    /// Somebody at `address`, with this `User-Agent`, read `feed`.
    pub fn note(&self, feed: &Arc<str>, address: IpAddr, agent: &str, day: u64) {
        let mut today = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if today.day != day {
            today.end(day);
        }
        let hash = today.secret.hash_one((address, agent));
        let feed = match today.feeds.get_mut(feed) {
            Some(feed) => feed,
            None => today.feeds.entry(Arc::clone(feed)).or_default(),
        };
        // Most ask again and again; they need not be looked at twice.
        if !feed.readers.knows(hash) {
            feed.add(agent, hash);
        }
    }

    /// What has changed since the last time.
    pub fn take(&self, day: u64) -> Vec<Count> {
        let mut today = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if today.day != day {
            today.end(day);
        }
        let mut counts = std::mem::take(&mut today.ended);
        counts.extend(today.changed());
        counts
    }
}

impl Today {
    /// The changes of the day, which are then no changes any more.
    fn changed(&mut self) -> Vec<Count> {
        let day = self.day;
        let of_feed = |(name, feed): (&Arc<str>, &mut Feed)| {
            std::mem::take(&mut feed.changed).then(|| feed.count(name, day))
        };
        self.feeds.iter_mut().filter_map(of_feed).collect()
    }

    fn end(&mut self, day: u64) {
        let mut ended = std::mem::take(&mut self.ended);
        ended.extend(self.changed());
        ended.drain(..ended.len().saturating_sub(WAITING));
        *self = Self { day, ended, ..Self::default() };
    }
}

impl Feed {
    fn add(&mut self, agent: &str, hash: u64) {
        match Agent::of(agent) {
            Agent::Reader => {
                self.readers.add(hash);
                self.changed = true;
            }
            Agent::Aggregator(Aggregator { name, feed_id, subscribers }) => {
                let full = self.aggregators.len() >= AGGREGATORS;
                let key = (name, feed_id);
                if !full || self.aggregators.contains_key(&key) {
                    let before = self.aggregators.insert(key, subscribers);
                    self.changed |= before != Some(subscribers);
                }
            }
            Agent::Other => {}
        }
    }

    fn count(&self, name: &str, day: u64) -> Count {
        let mut aggregators: Vec<Aggregator> = self
            .aggregators
            .iter()
            .map(|((name, feed_id), subscribers)| Aggregator {
                name: name.clone(),
                feed_id: feed_id.clone(),
                subscribers: *subscribers,
            })
            .collect();
        aggregators
            .sort_by(|one, other| (&one.name, &one.feed_id).cmp(&(&other.name, &other.feed_id)));
        Count { feed: name.to_owned(), day, readers: self.readers.count(), aggregators }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn aggregator(name: &str, feed_id: &str, subscribers: u32) -> Aggregator {
        Aggregator { name: name.into(), feed_id: feed_id.into(), subscribers }
    }

    #[test]
    fn who_reads_often_counts_once_and_an_aggregators_last_word_counts() {
        let (tally, feed) = (Tally::default(), Arc::from("index.xml"));
        for _ in 0..3 {
            tally.note(&feed, address(1), "Reeder/5", 7);
            tally.note(&feed, address(2), "Reeder/5", 7);
            tally.note(&feed, address(2), "NetNewsWire", 7);
            tally.note(&feed, address(3), "Googlebot/2.1", 7);
        }
        for number in [5, 6, 5] {
            let agent = format!("Feedly/1.0 ({number} subscribers)");
            tally.note(&feed, address(4), &agent, 7);
        }
        for (id, number) in [("1", 9), ("2", 4)] {
            let agent = format!("Feedbin feed-id:{id} - {number} subscribers");
            tally.note(&feed, address(5), &agent, 7);
        }
        let expected = Count {
            feed: "index.xml".into(),
            day: 7,
            readers: 3,
            aggregators: vec![
                aggregator("feedbin", "1", 9),
                aggregator("feedbin", "2", 4),
                aggregator("feedly", "", 5),
            ],
        };
        assert_eq!(tally.take(7), std::slice::from_ref(&expected));
        assert_eq!(tally.take(7), []);
        tally.note(&feed, address(1), "Reeder/5", 7);
        assert_eq!(tally.take(7), [], "nothing has changed");
        tally.note(&feed, address(6), "Reeder/5", 7);
        assert_eq!(tally.take(7), [Count { readers: 4, ..expected }]);
    }

    #[test]
    fn each_day_begins_anew_and_the_last_one_is_not_lost() {
        let (tally, feed) = (Tally::default(), Arc::from("a/atom.xml"));
        tally.note(&feed, address(1), "Reeder/5", 7);
        tally.note(&feed, address(1), "Reeder/5", 8);
        let days: Vec<_> = tally.take(9).iter().map(|count| (count.day, count.readers)).collect();
        assert_eq!(days, [(7, 1), (8, 1)]);
        assert_eq!(tally.take(9), []);
    }

    #[test]
    fn another_day_has_another_secret() {
        let mut today = Today::default();
        let before = today.secret.hash_one(address(1));
        today.end(1);
        assert_ne!(today.secret.hash_one(address(1)), before);
    }

    #[test]
    fn invented_aggregators_do_not_fill_the_memory() {
        let (tally, feed) = (Tally::default(), Arc::from("index.xml"));
        for number in 0..1000 {
            tally.note(&feed, address(1), &format!("a{number}/1 (1 subscribers)"), 7);
        }
        assert_eq!(tally.take(7)[0].aggregators.len(), AGGREGATORS);
    }
}
