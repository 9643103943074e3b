//! What a feed itself asks of those who fetch it: how often, and when not.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// What the body of a feed says of the next visit. It holds until another body says otherwise: an
/// answer 304 has none, and takes nothing back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// Longest of RSS `ttl` and `sy:updatePeriod` over `sy:updateFrequency`.
    pub interval: Option<Duration>,
    /// RSS `skipHours`: bit n for the hour n of GMT, 0 to 23.
    pub skip_hours: u32,
    /// RSS `skipDays`: bit n for the day n of GMT, Monday is 0.
    pub skip_days: u8,
    /// Whether the body ended before its end: then it asks to be had again, and whole.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// All hours, all days: who skips them all wants no visits at all, which nobody means.
const ALL_HOURS: u32 = (1 << 24) - 1;
const ALL_DAYS: u8 = (1 << 7) - 1;

impl Wishes {
    /// The first moment from `at` on that the feed does not ask to skip. It moves by whole hours, so
    /// that those who were apart stay apart.
    pub fn outside(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        if self.skip_hours & ALL_HOURS == ALL_HOURS || self.skip_days & ALL_DAYS == ALL_DAYS {
            return at;
        }
        let week = (0..=7 * 24).filter_map(|hours| at.checked_add_signed(TimeDelta::hours(hours)));
        week.into_iter().find(|time| !self.skips(*time)).unwrap_or(at)
    }

    fn skips(&self, time: DateTime<Utc>) -> bool {
        self.skip_hours >> time.hour() & 1 == 1
            || self.skip_days >> time.weekday().num_days_from_monday() & 1 == 1
    }
}

/// The interval that the syndication module asks for: a period, and how often in it
/// (RSS 1.0 `mod_syndication`: daily and once where it is left out).
pub fn syndication(period: Option<&str>, frequency: Option<&str>) -> Option<Duration> {
    let period = period.map(|period| period.trim().to_ascii_lowercase());
    let frequency = frequency.and_then(|frequency| frequency.trim().parse::<u32>().ok());
    if period.is_none() && frequency.is_none() {
        return None;
    }
    let hours = match period.as_deref().unwrap_or("daily") {
        "hourly" => 1,
        "daily" => 24,
        "weekly" => 7 * 24,
        "monthly" => 30 * 24,
        "yearly" => 365 * 24,
        _ => return None,
    };
    Some(Duration::from_hours(hours) / frequency.unwrap_or(1).max(1))
}

/// The bit of an hour in `skipHours`. RSS 0.91 counts to 24, which is midnight.
pub fn hour(text: &str) -> u32 {
    text.trim().parse::<u32>().ok().filter(|hour| *hour <= 24).map_or(0, |hour| 1 << (hour % 24))
}

/// The bit of a weekday in `skipDays`, by its English name.
pub fn day(text: &str) -> u8 {
    text.trim().parse::<chrono::Weekday>().map_or(0, |day| 1 << day.num_days_from_monday())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn hours_and_days_to_skip_are_passed_over() {
        let night = (0..6).fold(0, |hours, hour| hours | 1 << hour);
        let weekend = day("Saturday") | day("Sunday");
        // 2025-06-13 is a Friday.
        for (skip_hours, skip_days, time, expected) in [
            (0, 0, "2025-06-13T03:20:00Z", "2025-06-13T03:20:00Z"),
            (night, 0, "2025-06-13T03:20:00Z", "2025-06-13T06:20:00Z"),
            (night, 0, "2025-06-13T06:00:00Z", "2025-06-13T06:00:00Z"),
            (0, weekend, "2025-06-13T23:50:00Z", "2025-06-13T23:50:00Z"),
            (0, weekend, "2025-06-14T00:10:00Z", "2025-06-16T00:10:00Z"),
            (night, weekend, "2025-06-14T00:10:00Z", "2025-06-16T06:10:00Z"),
            (hour("23"), day("Mon"), "2025-06-15T23:30:00Z", "2025-06-17T00:30:00Z"),
            (ALL_HOURS, 0, "2025-06-13T03:20:00Z", "2025-06-13T03:20:00Z"),
            (0, ALL_DAYS, "2025-06-13T03:20:00Z", "2025-06-13T03:20:00Z"),
        ] {
            let wishes = Wishes { skip_hours, skip_days, ..Wishes::default() };
            assert_eq!(wishes.outside(at(time)), at(expected), "{time} {skip_hours} {skip_days}");
        }
    }

    #[test]
    fn how_often_a_feed_is_renewed() {
        for (period, frequency, hours) in [
            (Some("hourly"), None, Some(1.0)),
            (Some(" Hourly\n"), Some("2"), Some(0.5)),
            (Some("daily"), Some("4"), Some(6.0)),
            (None, Some("4"), Some(6.0)),
            (Some("weekly"), Some("0"), Some(168.0)),
            (Some("monthly"), Some("often"), Some(720.0)),
            (Some("yearly"), None, Some(8_760.0)),
            (Some("sometimes"), None, None),
            (None, None, None),
        ] {
            let read = syndication(period, frequency).map(|every| every.as_secs_f64() / 3_600.0);
            assert_eq!(read, hours, "{period:?} {frequency:?}");
        }
    }

    #[test]
    fn hours_and_days_are_read_as_they_are_written() {
        assert_eq!(
            [hour("0"), hour("24"), hour(" 23 "), hour("25"), hour("x")],
            [1, 1, 1 << 23, 0, 0]
        );
        assert_eq!([day("Monday"), day("sunday "), day("Sun"), day("someday")], [1, 64, 64, 0]);
    }
}
