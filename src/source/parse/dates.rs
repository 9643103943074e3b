//! Dates as feeds write them.
//!
//! RFC 3339 and all that looks like it, RFC 822 in any order of its words, `asctime`, words and signs
//! of Chinese, Japanese, Korean, Greek and Hungarian, seconds since 1970. Weekdays are passed over,
//! right or wrong. A day or an hour that does not exist is carried over, as 31 June is 1 July. A date
//! without a zone is meant in UTC, or in the zone of its language's country. What could be two dates,
//! such as 6/3/2025, is none.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;

mod words;

/// Zones by name, in minutes from UTC: RFC 822 §5.1 and what else is found in feeds.
const ZONES: &[(&str, i32)] = &[
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("est", -300),
    ("edt", -240),
    ("et", -300),
    ("cst", -360),
    ("cdt", -300),
    ("ct", -360),
    ("mst", -420),
    ("mdt", -360),
    ("mt", -420),
    ("pst", -480),
    ("pdt", -420),
    ("pt", -480),
    ("ast", -240),
    ("at", -240),
    ("adt", -180),
    ("bst", 60),
    ("met", 60),
    ("mest", 120),
    ("cet", 60),
    ("cest", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("hkt", 480),
    ("sgt", 480),
    ("jst", 540),
    ("kst", 540),
];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// China's time, in minutes from UTC, for which programs write `CST` there, as Java's `Date` does.
const CHINA: i32 = 480;

/// The moment that `text` names in a feed that is in Chinese or not; none where it names none, or could
/// name several.
pub(super) fn read(text: &str, is_chinese: bool) -> Option<DateTime<Utc>> {
    let text = text.trim();
    // No date is longer; what is would only take time.
    if text.is_empty() || text.len() > 200 {
        return None;
    }
    if text.is_ascii() {
        return ascii(text, 0, is_chinese);
    }
    let (text, zone) = words::translate(text);
    ascii(text.trim(), zone, is_chinese || zone == CHINA)
}

/// `zone` is that of a date which names none, in minutes from UTC.
fn ascii(text: &str, zone: i32, is_chinese: bool) -> Option<DateTime<Utc>> {
    if text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() != 14 {
        return stamp(text);
    }
    let mut parts = Parts { is_chinese, ..Parts::default() };
    let front = text.split([' ', 'T', 't']).next().unwrap_or_default();
    if parts.year_first(front) {
        parts.words(text[front.len()..].trim_start_matches(['T', 't']));
    } else {
        parts.words(text);
    }
    parts.moment(zone)
}

/// Seconds since 1970, or thousandths of them.
fn stamp(text: &str) -> Option<DateTime<Utc>> {
    let number: i64 = text.parse().ok()?;
    if text.len() >= 12 {
        DateTime::from_timestamp_millis(number)
    } else {
        DateTime::from_timestamp(number, 0)
    }
}

/// In which half of the day an hour is.
#[derive(Debug, Clone, Copy)]
enum Half {
    Morning,
    /// About noon: half past eleven is before it, and one o'clock after.
    Noon,
    Afternoon,
}

impl Half {
    /// The hour of the day.
    fn hour(self, hour: u32) -> u32 {
        match self {
            Self::Morning if hour == 12 => 0,
            Self::Noon if hour < 11 => hour + 12,
            Self::Afternoon if hour < 12 => hour + 12,
            _ => hour,
        }
    }
}

/// What has been understood of a date.
#[derive(Debug, Default)]
struct Parts {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    /// Hour, minute, second.
    clock: Option<[u32; 3]>,
    half: Option<Half>,
    /// Whether `CST` is China's time, and not America's.
    is_chinese: bool,
    /// Minutes from UTC.
    zone: Option<i32>,
    region: Option<Tz>,
    /// A word that no date has.
    is_odd: bool,
}

impl Parts {
    /// A date that begins with its year: `2025-06-13`, `2025/6/13`, `20250613`, `2025-06`, `2025-164`;
    /// false where it is none.
    fn year_first(&mut self, text: &str) -> bool {
        let numbers: Vec<&str> = text.split(['-', '/', '.']).collect();
        let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !numbers.iter().all(is_number) {
            return false;
        }
        let (year, month, day) = match (numbers.as_slice(), numbers[0].len()) {
            ([all], 8) => (&all[..4], &all[4..6], &all[6..]),
            ([all], 14) => {
                self.clock = clock(&all[8..]);
                (&all[..4], &all[4..6], &all[6..8])
            }
            ([year], 4) => (*year, "1", "1"),
            ([year, ordinal], 4) if ordinal.len() == 3 => (*year, "1", *ordinal),
            ([year, month], 4) if month.len() <= 2 => (*year, *month, "1"),
            // Two digits each: ISO 8601 begins with the year, whatever its length.
            ([year, month, day], 2 | 4) if month.len() <= 2 && day.len() <= 2 => {
                (*year, *month, *day)
            }
            _ => return false,
        };
        let (Ok(number), Ok(month), Ok(day)) = (year.parse::<i32>(), month.parse(), day.parse())
        else {
            return false;
        };
        self.year = Some(if year.len() == 2 { number + 2_000 } else { number });
        (self.month, self.day) = (Some(month), Some(day));
        true
    }

    /// Words in any order; each says by its form what it is.
    fn words(&mut self, text: &str) {
        // RFC 9557 puts the zone's name in brackets behind the offset.
        for word in text.split([' ', '\t', '\r', '\n', ',', '(', ')', '[', ']', ';']) {
            if !word.is_empty() && !self.word(word) {
                self.is_odd = true;
            }
        }
    }

    /// Takes a word in; false where it is none that a date could have.
    fn word(&mut self, word: &str) -> bool {
        let lower = word.to_ascii_lowercase();
        let word = match lower.strip_prefix('t') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
            _ => lower.as_str(),
        };
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (front, rest) = word.split_at(digits);
        if word.starts_with(['+', '-']) && self.clock.is_some() {
            return self.offset(word);
        }
        if digits == 0 {
            return self.name(word);
        }
        if rest.starts_with(':') && self.clock.is_none() {
            return self.clock_word(word);
        }
        match rest {
            "" if digits == 4 && self.year.is_some() && self.clock.is_none() => {
                self.clock = clock(word);
                self.clock.is_some()
            }
            "" if digits == 6 && self.day.is_some() && self.clock.is_none() => {
                self.clock = clock(word);
                self.clock.is_some()
            }
            "" | "st" | "nd" | "rd" | "th" => self.number(front),
            "am" | "pm" if self.clock.is_none() => {
                self.half = Some(if rest == "pm" { Half::Afternoon } else { Half::Morning });
                self.clock = clock(&format!("{front}:00"));
                self.clock.is_some()
            }
            _ if rest.starts_with(['-', '/', '.']) => {
                (self.year.is_none() && self.year_first(word)) || self.joined(word)
            }
            // A clock without colons, and what follows it: `192030+01:00`, `192030Z`.
            _ if (digits == 6 || digits == 4) && self.day.is_some() && self.clock.is_none() => {
                self.clock = clock(front);
                self.clock.is_some() && self.after_clock(rest)
            }
            _ => false,
        }
    }

    /// `13-Jun-2025`, `13.6.2025`, `13/6/2025`, `6/13/2025`.
    fn joined(&mut self, word: &str) -> bool {
        let parts: Vec<&str> = word.split(['-', '/', '.']).collect();
        let [first, second, year] = parts.as_slice() else { return false };
        if let Some(month) = month(second) {
            self.month = Some(month);
            return self.number(first) && self.number(year);
        }
        let (Ok(first), Ok(second)) = (first.parse::<u32>(), second.parse::<u32>()) else {
            return false;
        };
        // Dots mean the day first everywhere; of the others only a number above 12 tells.
        let (day, month) = match (first, second) {
            _ if word.contains('.') => (first, second),
            (13.., 1..=12) => (first, second),
            (1..=12, 13..) => (second, first),
            _ => return false,
        };
        (self.day, self.month) = (Some(day), Some(month));
        self.number(year)
    }

    /// A day of the month, or else a year; of two digits those below 50 are of this century
    /// (RFC 5322 §4.3).
    fn number(&mut self, digits: &str) -> bool {
        let Ok(number) = digits.parse::<u32>() else { return false };
        if self.day.is_none() && digits.len() <= 2 && (1..=31).contains(&number) {
            self.day = Some(number);
            return true;
        }
        let year = match (digits.len(), number) {
            (1 | 2, 0..=49) => number + 2_000,
            (1 | 2, _) => number + 1_900,
            (4, _) => number,
            _ => return false,
        };
        let is_first = self.year.is_none();
        self.year = self.year.or(i32::try_from(year).ok());
        is_first
    }

    fn clock_word(&mut self, word: &str) -> bool {
        let is_clock = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b':' | b'.');
        let length = word.bytes().take_while(|byte| is_clock(byte)).count();
        let (time, rest) = word.split_at(length);
        self.clock = clock(time.trim_end_matches(['.', ':']));
        self.clock.is_some() && self.after_clock(rest)
    }

    /// What stands behind a clock without a blank.
    fn after_clock(&mut self, rest: &str) -> bool {
        rest.is_empty()
            || if rest.starts_with(['+', '-']) { self.offset(rest) } else { self.name(rest) }
    }

    /// `+08:00`, `+0800`, `+8`.
    fn offset(&mut self, word: &str) -> bool {
        let digits: String = word[1..].chars().filter(|c| *c != ':').collect();
        let Ok(number) = digits.parse::<i32>() else { return false };
        let minutes =
            if digits.len() <= 2 { number * 60 } else { number / 100 * 60 + number % 100 };
        // No clock on Earth is further from UTC than 14 hours; those of mistakes are within a day.
        if minutes >= 24 * 60 {
            return false;
        }
        self.zone = self.zone.or(Some(if word.starts_with('-') { -minutes } else { minutes }));
        true
    }

    /// A month, a zone, half a day, or a weekday.
    fn name(&mut self, word: &str) -> bool {
        const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let word = word.trim_end_matches('.');
        let start = word.get(..3).unwrap_or(word);
        if word == "at" && self.clock.is_none() {
            return true;
        }
        if word == "cst" && self.is_chinese {
            self.zone = self.zone.or(Some(CHINA));
            return true;
        }
        if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| *name == word) {
            self.zone = self.zone.or(Some(*minutes));
            return true;
        }
        // `GMT+8`, `UTC-05:00`.
        if matches!(start, "gmt" | "utc") && word[3..].starts_with(['+', '-']) {
            return self.offset(&word[3..]);
        }
        let half = match word {
            "am" | "a.m" => Some(Half::Morning),
            "noon" => Some(Half::Noon),
            "pm" | "p.m" => Some(Half::Afternoon),
            _ => None,
        };
        if half.is_some() {
            self.half = half;
            return true;
        }
        if word.contains('/') {
            self.region = chrono_tz::TZ_VARIANTS
                .iter()
                .find(|zone| zone.name().eq_ignore_ascii_case(word))
                .copied();
            return self.region.is_some();
        }
        if let Some(month) = month(word).filter(|_| self.month.is_none()) {
            self.month = Some(month);
            return true;
        }
        // A zone that nobody knows is as good as none.
        let is_zone = self.clock.is_some() && word.len() <= 5;
        DAYS.contains(&start) || matches!(word, "t" | "of" | "the" | "-") || is_zone
    }

    fn moment(&self, zone: i32) -> Option<DateTime<Utc>> {
        let (year, month, day) = (self.year?, self.month?, self.day?);
        if self.is_odd && self.clock.is_none() || year < 1 || month == 0 || day == 0 {
            return None;
        }
        let (years, month) = ((month - 1) / 12, (month - 1) % 12 + 1);
        let first =
            NaiveDate::from_ymd_opt(year.checked_add(i32::try_from(years).ok()?)?, month, 1)?;
        let [hour, minute, second] = self.clock.unwrap_or_default();
        let hour = self.half.map_or(hour, |half| half.hour(hour));
        let days = Duration::days(i64::from(day) - 1);
        let time = Duration::seconds(i64::from(hour * 3_600 + minute * 60 + second));
        let local: NaiveDateTime = first
            .and_time(chrono::NaiveTime::MIN)
            .checked_add_signed(days)?
            .checked_add_signed(time)?;
        match (self.zone, self.region) {
            (None, Some(region)) => {
                let real = local.and_local_timezone(region).earliest();
                Some(real.map_or_else(|| local.and_utc(), |real| real.to_utc()))
            }
            (given, _) => {
                let minutes = given.unwrap_or(zone);
                local
                    .checked_sub_signed(Duration::minutes(i64::from(minutes)))
                    .map(|utc| utc.and_utc())
            }
        }
    }
}

/// The number of a month by its English name.
fn month(name: &str) -> Option<u32> {
    let start = name.get(..3)?;
    let index = MONTHS.iter().position(|month| start.eq_ignore_ascii_case(month))?;
    u32::try_from(index + 1).ok()
}

/// `20:30:04.5`, `20:30`, `203004`, `2030`; parts of a second go.
fn clock(text: &str) -> Option<[u32; 3]> {
    let whole = text.split('.').next().unwrap_or_default();
    let parts: Vec<&str> = match whole.len() {
        4 | 6 if !whole.contains(':') && whole.is_ascii() => {
            (0..whole.len()).step_by(2).map(|at| &whole[at..at + 2]).collect()
        }
        _ => whole.split(':').collect(),
    };
    let number = |at: usize| match parts.get(at) {
        Some(part) if part.len() <= 2 => part.parse().ok(),
        Some(_) => None,
        None => Some(0),
    };
    let clock = [number(0)?, number(1)?, number(2)?];
    (parts.len() >= 2 && parts.len() <= 4).then_some(clock)
}

#[cfg(test)]
mod tests;
