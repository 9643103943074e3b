//! Dates as people and programs write them: in every form that Hugo takes, and in those of feeds.
//!
//! Hugo reads what Go's `time` formats write (RFC 3339, RFC 1123, RFC 850, RFC 822, ANSI C, Unix,
//! Ruby) and the looser forms of the `cast` library. A date without a zone is meant in the zone of
//! the site. Chinese forms are taken as well. Feeds add wrong weekdays, missing seconds, two-digit years and
//! names of zones; a last, loose reading takes what is left if it has a day, a month's name and a
//! year.

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

/// Forms with a numeric offset.
const ZONED: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f %#z",
    "%Y-%m-%dT%H:%M%#z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%d %b %y %H:%M %z",
    "%a %b %d %H:%M:%S %z %Y",
];

/// Forms with a wall clock only.
const LOCAL: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%a, %d %b %Y %H:%M:%S",
    "%A, %d-%b-%y %H:%M:%S",
    "%d %b %y %H:%M",
    "%a %b %d %H:%M:%S %Y",
];

/// Forms without a time, which mean its first moment.
const DAYS: &[&str] = &["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%d %b %Y", "%Y%m%d", "%Y-%m-%d%z"];

/// Zones that RFC 822 §5.1 names, in hours from UTC.
const NAMED: &[(&str, i32)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("UT", 0),
    ("Z", 0),
    ("EST", -5),
    ("EDT", -4),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

/// The moment that `text` names; none where it is no date.
pub fn parse(text: &str, zone: Tz) -> Option<DateTime<FixedOffset>> {
    let text = text.trim();
    if let Ok(date) = DateTime::parse_from_rfc3339(text) {
        return Some(date);
    }
    if let Some(date) = zoned(text) {
        return Some(date);
    }
    if let Some((front, name)) = text.rsplit_once(' ')
        && is_zone(name)
        && let Some(date) = named(front, name, zone)
    {
        return Some(date);
    }
    // Unix form: `Mon Jan  2 15:04:05 CST 2006`.
    if let Some((front, year)) = text.rsplit_once(' ')
        && let Some((clock, name)) = front.rsplit_once(' ')
        && is_zone(name)
        && let Some(date) = named(&format!("{clock} {year}"), name, zone)
    {
        return Some(date);
    }
    if let Some(time) = local(text) {
        return in_zone(time, zone);
    }
    if let Some((time, offset)) = loose(text) {
        return match offset {
            Some(offset) => offset.from_local_datetime(&time).single(),
            None => in_zone(time, zone),
        };
    }
    if text.len() >= 9 && text.bytes().all(|b| b.is_ascii_digit()) {
        let moment = DateTime::from_timestamp(text.parse().ok()?, 0)?;
        return Some(moment.with_timezone(&zone).fixed_offset());
    }
    None
}

fn is_zone(word: &str) -> bool {
    (1..=5).contains(&word.len()) && word.chars().all(|c| c.is_ascii_uppercase())
}

/// A wall clock with the name of a zone behind it. Where an offset is given as well (`+0800 CST`)
/// the name only repeats it; a name that RFC 822 does not know is the site's own zone.
fn named(front: &str, name: &str, zone: Tz) -> Option<DateTime<FixedOffset>> {
    if let Some(date) = zoned(front) {
        return Some(date);
    }
    let time = local(front)?;
    match NAMED.iter().find(|(known, _)| *known == name) {
        Some((_, hours)) => {
            FixedOffset::east_opt(hours * 3_600)?.from_local_datetime(&time).single()
        }
        None => in_zone(time, zone),
    }
}

fn zoned(text: &str) -> Option<DateTime<FixedOffset>> {
    ZONED.iter().find_map(|form| DateTime::parse_from_str(text, form).ok())
}

fn local(text: &str) -> Option<NaiveDateTime> {
    let day = || DAYS.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    LOCAL
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| Some(day()?.and_time(NaiveTime::MIN)))
}

/// Day, month's name and year in any order that makes sense, a clock and a zone if there are any:
/// `Fri, 13 Jun 25 8:30 EST`, `June 13, 2025 08:30:04`.
fn loose(text: &str) -> Option<(NaiveDateTime, Option<FixedOffset>)> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (mut day, mut month, mut year, mut clock, mut offset) = (None, None, None, None, None);
    for word in text.split([' ', ',', '\t', '\n']).filter(|word| !word.is_empty()) {
        let lower = word.to_lowercase();
        let named = NAMED.iter().find(|(name, _)| *name == word.to_uppercase());
        if word.contains(':') && clock.is_none() {
            let mut parts = word.split(':').map(|part| part.split('.').next()?.parse::<u32>().ok());
            let (hour, minute) = (parts.next()??, parts.next()??);
            let second = parts.next().unwrap_or(Some(0))?;
            // A leap second is the second before it; midnight at the end is the next day's.
            clock = Some(NaiveTime::from_hms_opt(hour % 24, minute, second.min(59))?);
        } else if let Some((_, hours)) = named {
            offset = FixedOffset::east_opt(hours * 3_600);
        } else if word.starts_with(['+', '-']) {
            offset = offset.or_else(|| numeric_offset(word));
        } else if let Ok(number) = word.trim_end_matches(|c: char| c.is_alphabetic()).parse::<i32>()
        {
            if day.is_none() && (1..=31).contains(&number) {
                day = u32::try_from(number).ok();
            } else {
                // RFC 2822 §4.3: two digits below 50 are of this century.
                year = Some(match number {
                    0..=49 => number + 2_000,
                    50..=99 => number + 1_900,
                    other => other,
                });
            }
        } else if lower.len() >= 3 && lower.is_char_boundary(3) {
            let found = MONTHS.iter().position(|name| lower[..3] == **name);
            month = month.or(found.and_then(|index| u32::try_from(index + 1).ok()));
        }
    }
    let day = NaiveDate::from_ymd_opt(year?, month?, day?)?;
    Some((day.and_time(clock.unwrap_or(NaiveTime::MIN)), offset))
}

fn numeric_offset(word: &str) -> Option<FixedOffset> {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let number = digits.parse::<i32>().ok().filter(|number| *number < 10_000)?;
    let seconds =
        if digits.len() <= 2 { number * 3_600 } else { number / 100 * 3_600 + number % 100 * 60 };
    FixedOffset::east_opt(if word.starts_with('-') { -seconds } else { seconds })
}

/// The real time of a wall clock in `zone`: the first of two, an hour later for one that a change
/// of clocks skips.
fn in_zone(time: NaiveDateTime, zone: Tz) -> Option<DateTime<FixedOffset>> {
    let real = match zone.from_local_datetime(&time) {
        LocalResult::Single(real) | LocalResult::Ambiguous(real, _) => Some(real),
        LocalResult::None => {
            let later = time.checked_add_signed(chrono::Duration::hours(1))?;
            zone.from_local_datetime(&later).earliest()
        }
    };
    real.map(|real| real.fixed_offset())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_hugo_takes_and_feeds_use() {
        for (text, expected) in [
            ("2025-06-13T20:30:04+08:00", "2025-06-13T20:30:04+08:00"),
            ("2025-06-13T20:30:04.033Z", "2025-06-13T20:30:04.033+00:00"),
            ("2025-06-13 20:30:04+08:00", "2025-06-13T20:30:04+08:00"),
            ("2025-06-13T20:30:04+0800", "2025-06-13T20:30:04+08:00"),
            ("2025-06-13 20:30:04 +0800", "2025-06-13T20:30:04+08:00"),
            ("2025-06-13 20:30:04 +08:00", "2025-06-13T20:30:04+08:00"),
            ("2025-06-13 20:30:04Z", "2025-06-13T20:30:04+00:00"),
            ("2025-06-13 20:30:04.5 +0800 CST", "2025-06-13T20:30:04.500+08:00"),
            ("2025-06-13T20:30:04", "2025-06-13T20:30:04+08:00"),
            ("2025-06-13 20:30:04", "2025-06-13T20:30:04+08:00"),
            ("2025-06-13 20:30", "2025-06-13T20:30:00+08:00"),
            ("2025-06-13", "2025-06-13T00:00:00+08:00"),
            (" 2025-06-13 ", "2025-06-13T00:00:00+08:00"),
            ("13 Jun 2025", "2025-06-13T00:00:00+08:00"),
            ("2025/6/13", "2025-06-13T00:00:00+08:00"),
            ("2025年6月13日", "2025-06-13T00:00:00+08:00"),
            ("2025年6月13日 20:30", "2025-06-13T20:30:00+08:00"),
            ("Fri, 13 Jun 2025 20:30:04 +0800", "2025-06-13T20:30:04+08:00"),
            ("Fri, 13 Jun 2025 12:30:04 GMT", "2025-06-13T12:30:04+00:00"),
            ("Friday, 13-Jun-25 12:30:04 UTC", "2025-06-13T12:30:04+00:00"),
            ("13 Jun 25 12:30 EST", "2025-06-13T12:30:00-05:00"),
            ("13 Jun 25 20:30 +0800", "2025-06-13T20:30:00+08:00"),
            ("Fri Jun 13 20:30:04 2025", "2025-06-13T20:30:04+08:00"),
            ("Fri Jun 13 12:30:04 UTC 2025", "2025-06-13T12:30:04+00:00"),
            ("Fri Jun 13 20:30:04 +0800 2025", "2025-06-13T20:30:04+08:00"),
            ("1749817804", "2025-06-13T20:30:04+08:00"),
            ("Mon, 13 Jun 2025 12:30:04 GMT", "2025-06-13T12:30:04+00:00"),
            ("13 Jun 2025 8:30 EST", "2025-06-13T08:30:00-05:00"),
            ("June 13th, 2025 20:30:04", "2025-06-13T20:30:04+08:00"),
            ("Fri, 13 June 25 20:30:04 +0800", "2025-06-13T20:30:04+08:00"),
            ("13 Jun 2025 20:30 +2000000000", "2025-06-13T20:30:00+08:00"),
        ] {
            let date = parse(text, chrono_tz::Asia::Shanghai).map(|date| date.to_rfc3339());
            assert_eq!(date.as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "2025-13-40",
            "13",
            "2025-06-13T25:00:00",
            "-- CST",
            "A B C D",
            "+262142-12-31 23:59:59",
        ] {
            assert_eq!(parse(text, chrono_tz::America::New_York), None, "{text}");
        }
    }

    #[test]
    fn an_hour_that_the_clocks_skip_is_an_hour_later() {
        let date = parse("2025-03-30 02:30", chrono_tz::Europe::Berlin).unwrap();
        assert_eq!(date.to_rfc3339(), "2025-03-30T03:30:00+02:00");
    }
}
