//! How often a source really publishes.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// So many of the newest entries tell the rhythm; older ones tell of other times.
const ENTRIES: usize = 20;

/// The newest entries of a feed: how many, and how far back they reach. Silence counts as well: as
/// `now` moves on without a new entry, the time between two entries grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// When the oldest of them was published.
    pub since: DateTime<Utc>,
    /// How many there are, at least one.
    pub entries: u32,
}

impl Rhythm {
    /// The rhythm of entries with these dates, seen at `now`. Dates to come count as now. Entries
    /// without any date are one entry of this moment: they have just changed.
    pub fn of(dates: impl IntoIterator<Item = DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let mut dates: Vec<_> = dates.into_iter().map(|date| date.min(now)).collect();
        dates.sort_unstable_by(|a, b| b.cmp(a));
        dates.truncate(ENTRIES);
        let since = dates.last().copied().unwrap_or(now);
        Self { since, entries: u32::try_from(dates.len()).unwrap_or(1).max(1) }
    }

    /// How long to wait: half the mean time between two entries, so that one waits for us half as
    /// long as it took to come, whatever the rhythm.
    pub fn interval(&self, now: DateTime<Utc>) -> Duration {
        (now - self.since).to_std().unwrap_or_default() / self.entries.max(1) / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    #[test]
    fn who_publishes_often_is_visited_often() {
        let hours = |hours: &[i64]| {
            let dates = hours.iter().map(|hours| now() - TimeDelta::hours(*hours));
            Rhythm::of(dates, now()).interval(now()).as_secs() / 3_600
        };
        for (ages, expected) in [
            (&[][..], 0),
            (&[0, 1, 2, 3], 0),
            (&[6, 12, 18, 24], 3),
            (&[24, 0, 48, 96], 12),
            (&[24 * 100], 24 * 50),
            (&[-5, -9], 0),
        ] {
            assert_eq!(hours(ages), expected, "{ages:?}");
        }
        // A long archive says nothing of today.
        let archive: Vec<i64> = (0..20).chain([100_000; 500]).collect();
        assert_eq!(hours(&archive), 0);
    }

    #[test]
    fn silence_makes_the_wait_grow() {
        let rhythm = Rhythm::of([now()], now());
        let waits: Vec<_> = [0, 2, 10, 48]
            .iter()
            .map(|hours| rhythm.interval(now() + TimeDelta::hours(*hours)).as_secs() / 3_600)
            .collect();
        assert_eq!(waits, [0, 1, 5, 24]);
    }
}
