//! How long a feed may be kept without asking, from how often it really changes.
//!
//! The dates of the newest entries tell the rhythm: what the last ten took on average. A client that
//! waits a twenty-fourth of it learns of an article an hour late where one comes a day, which is what
//! readers of such a site are used to, and asks in vain at most 23 times of 24. Nothing is kept longer
//! than six hours, for who publishes once a month does not want to wait for a day either, and nothing
//! shorter than five minutes, which no client undercuts without being a burden.

use std::time::Duration;

/// How many of the newest entries tell the rhythm; older ones tell of another time.
const LOOKED_AT: usize = 10;

/// Part of the time between two entries that a client may wait.
const PART: u64 = 24;

const SHORTEST: u64 = 5 * 60;
const LONGEST: u64 = 6 * 60 * 60;

/// For how long an answer with entries of these dates (seconds since 1970, in any order) stays fresh.
/// Too few entries to have a rhythm may get the next one at any time.
pub fn lifetime(dates: &[i64]) -> Duration {
    let mut newest: Vec<i64> = dates.to_vec();
    newest.sort_unstable_by(|one, other| other.cmp(one));
    newest.truncate(LOOKED_AT);
    let seconds = match (newest.first(), newest.last()) {
        (Some(newest_date), Some(oldest)) if newest.len() > 2 => {
            let gaps = newest.len() as u64 - 1;
            (newest_date.abs_diff(*oldest) / gaps / PART).clamp(SHORTEST, LONGEST)
        }
        _ => SHORTEST,
    };
    Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn the_rhythm_of_the_newest_entries_tells_how_long() {
        let every = |gap: i64| (0..20).map(|at| 1_750_000_000 - at * gap).collect::<Vec<_>>();
        // Two years of daily articles, then one an hour.
        let mut livelier = every(HOUR);
        livelier.extend(every(DAY).iter().map(|date| date - 20 * DAY));
        let mut shuffled = every(DAY);
        shuffled.rotate_left(7);
        // Dates without times: three articles on each third day.
        let in_bundles = (0..21).map(|at| at / 3 * -3 * DAY).collect();
        for (name, dates, seconds) in [
            ("nothing", vec![], 300),
            ("one", vec![0], 300),
            ("two, which are no rhythm", vec![0, DAY], 300),
            ("all at once", vec![0; 20], 300),
            ("every minute", every(60), 300),
            ("every four hours", every(4 * HOUR), 600),
            ("every day", every(DAY), 3600),
            ("in any order", shuffled, 3600),
            ("three every third day", in_bundles, 3600),
            ("every week", every(7 * DAY), 21_600),
            ("every year", every(365 * DAY), 21_600),
            ("livelier than it was", livelier, 300),
            ("absurd", vec![i64::MIN, 0, i64::MAX], 21_600),
        ] {
            assert_eq!(lifetime(&dates).as_secs(), seconds, "{name}");
        }
    }
}
