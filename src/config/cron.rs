//! When a job is due: a crontab line in the site's time zone.
//!
//! The `cron` crate does the calendar; this makes it what people who know crontab(5) expect: five
//! fields or six (seconds first), Sunday 0 or 7, a day that matches either the day of the month or
//! the weekday where both are given. A line that never fires is refused.
//!
//! Across daylight saving a job of fixed hours runs once a day: an hour that is skipped in spring
//! runs when the clock goes on, an hour that comes twice in autumn runs the first time. A job of
//! every hour runs in each hour that passes.

use std::str::FromStr;

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

/// A checked crontab line.
#[derive(Debug, Clone)]
pub struct Cron {
    text: String,
    /// Any of them; two where the day of the month and the weekday are both given.
    schedules: Vec<cron::Schedule>,
    every_hour: bool,
}

/// Longest gap that a change of clocks has left anywhere: a whole day, on Samoa's leap over the
/// date line in 2011.
const LONGEST_GAP_MINUTES: i64 = 24 * 60;

impl Cron {
    /// The first time after `now` at which the job is due; none once the calendar ends.
    pub fn next_after(&self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        self.schedules.iter().filter_map(|schedule| self.next_of(schedule, now, zone)).min()
    }

    fn next_of(
        &self,
        schedule: &cron::Schedule,
        now: DateTime<Utc>,
        zone: Tz,
    ) -> Option<DateTime<Utc>> {
        if self.every_hour {
            return next_of_every_hour(schedule, now, zone);
        }
        // The wall clock taken for itself, then laid on the zone's real time.
        let local = now.with_timezone(&zone).naive_local();
        let since = local - Duration::minutes(LONGEST_GAP_MINUTES);
        schedule
            .after(&since.and_utc())
            .map(|wall| real(wall.naive_utc(), zone))
            .find(|due| *due > now)
    }
}

/// The next time by the offset that holds now, or, where the clocks change before it, by the
/// offset that holds then.
fn next_of_every_hour(
    schedule: &cron::Schedule,
    now: DateTime<Utc>,
    zone: Tz,
) -> Option<DateTime<Utc>> {
    let offset_at = |time: DateTime<Utc>| zone.offset_from_utc_datetime(&time.naive_utc()).fix();
    let today = offset_at(now);
    let due = schedule.after(&now.with_timezone(&today)).next()?.to_utc();
    let then = offset_at(due);
    if then == today {
        return Some(due);
    }
    let mut changed = schedule.after(&now.with_timezone(&then)).map(|due| due.to_utc());
    changed.find(|due| offset_at(*due) == then)
}

/// The real time of a wall clock's reading: the first one of two, the end of the gap for none.
fn real(wall: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    (0..=LONGEST_GAP_MINUTES)
        .find_map(|minutes| {
            let later = wall + Duration::minutes(minutes);
            let whole = if minutes == 0 { later } else { start_of_minute(later) };
            match zone.from_local_datetime(&whole) {
                LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(time.to_utc()),
                LocalResult::None => None,
            }
        })
        .unwrap_or_else(|| wall.and_utc())
}

fn start_of_minute(time: NaiveDateTime) -> NaiveDateTime {
    time - Duration::seconds(time.and_utc().timestamp().rem_euclid(60))
}

impl FromStr for Cron {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [second, minute, hour, day, month, weekday] = match fields[..] {
            [minute, hour, day, month, weekday] => ["0", minute, hour, day, month, weekday],
            [second, minute, hour, day, month, weekday] => {
                [second, minute, hour, day, month, weekday]
            }
            _ => {
                return Err(format!(
                    "`{text}` has {} fields, five or six are needed (second) minute hour day month weekday",
                    fields.len()
                ));
            }
        };
        let weekday = weekdays(weekday)?;
        let days = if is_any(day) || is_any(&weekday) {
            vec![(day, weekday.as_str())]
        } else {
            vec![(day, "*"), ("*", weekday.as_str())]
        };
        let schedules = days
            .into_iter()
            .map(|(day, weekday)| {
                cron::Schedule::from_str(&format!(
                    "{second} {minute} {hour} {day} {month} {weekday}"
                ))
                .map_err(|error| format!("`{text}` is not a schedule: {error}"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        // Any day will do: what fires at all fires within the crate's calendar.
        if schedules
            .iter()
            .all(|schedule| schedule.after(&DateTime::<Utc>::UNIX_EPOCH).next().is_none())
        {
            return Err(format!("`{text}` never comes"));
        }
        Ok(Self { text: text.to_owned(), schedules, every_hour: hour.starts_with('*') })
    }
}

impl std::fmt::Display for Cron {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_any(field: &str) -> bool {
    field == "*" || field == "?"
}

/// Crontab's weekdays (0 to 7, Sunday at both ends) as the crate counts them (1 to 7 from Sunday).
fn weekdays(field: &str) -> Result<String, String> {
    let mut days = Vec::new();
    for part in field.split(',') {
        let (range, step) =
            part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        if !range.starts_with(|c: char| c.is_ascii_digit()) {
            days.push(part.to_owned());
            continue;
        }
        let wrong = || format!("`{part}` is not a weekday from 0 (Sunday) to 7 (Sunday)");
        let number = |text: &str| match text.parse::<u8>() {
            Ok(day @ 0..=7) => Ok(day),
            _ => Err(wrong()),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (number(from)?, number(to)?),
            // `1/2` counts on to the week's end.
            None => (number(range)?, if step.is_some() { 6 } else { number(range)? }),
        };
        let step = match step.map(str::parse::<usize>) {
            None => 1,
            Some(Ok(step)) if step > 0 => step,
            Some(_) => return Err(wrong()),
        };
        if from > to {
            return Err(wrong());
        }
        days.extend((from..=to).step_by(step).map(|day| (day % 7 + 1).to_string()));
    }
    Ok(days.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(line: &str, zone: Tz, from: &str, count: usize) -> Vec<String> {
        let cron: Cron = line.parse().unwrap();
        let mut now = DateTime::parse_from_rfc3339(from).unwrap().to_utc();
        let mut times = Vec::new();
        for _ in 0..count {
            now = cron.next_after(now, zone).unwrap();
            times.push(now.with_timezone(&zone).format("%m-%d %H:%M:%S%z").to_string());
        }
        times
    }

    #[test]
    fn lines_fire_when_crontab_says() {
        let shanghai = chrono_tz::Asia::Shanghai;
        for (line, expected) in [
            ("*/10 * * * *", ["06-13 20:40:00+0800", "06-13 20:50:00+0800"]),
            ("30 * * * * *", ["06-13 20:30:30+0800", "06-13 20:31:30+0800"]),
            ("0 8 * * *", ["06-14 08:00:00+0800", "06-15 08:00:00+0800"]),
            // 2025-06-13 is a Friday.
            ("0 8 * * 0", ["06-15 08:00:00+0800", "06-22 08:00:00+0800"]),
            ("0 8 * * 7", ["06-15 08:00:00+0800", "06-22 08:00:00+0800"]),
            ("0 8 * * 1-5", ["06-16 08:00:00+0800", "06-17 08:00:00+0800"]),
            ("0 8 * * MON", ["06-16 08:00:00+0800", "06-23 08:00:00+0800"]),
            ("0 8 15 * 1", ["06-15 08:00:00+0800", "06-16 08:00:00+0800"]),
        ] {
            assert_eq!(times(line, shanghai, "2025-06-13T20:30:04+08:00", 2), expected, "{line}");
        }
    }

    #[test]
    fn a_fixed_hour_runs_once_on_the_days_that_change_the_clock() {
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(
            times("30 2 * * *", berlin, "2025-03-29T12:00:00+01:00", 2),
            ["03-30 03:00:00+0200", "03-31 02:30:00+0200"]
        );
        assert_eq!(
            times("30 2 * * *", berlin, "2025-10-25T12:00:00+02:00", 2),
            ["10-26 02:30:00+0200", "10-27 02:30:00+0100"]
        );
    }

    #[test]
    fn a_job_of_every_hour_runs_in_both_hours_of_autumn() {
        assert_eq!(
            times("30 * * * *", chrono_tz::Europe::Berlin, "2025-10-26T01:45:00+02:00", 3),
            ["10-26 02:30:00+0200", "10-26 02:30:00+0100", "10-26 03:30:00+0100"]
        );
    }

    #[test]
    fn every_time_in_an_hour_that_is_skipped_or_comes_twice_is_met_once() {
        let berlin = chrono_tz::Europe::Berlin;
        // The whole hour from two to three is skipped: one run, when the clock goes on.
        assert_eq!(
            times("*/15 2 * * *", berlin, "2025-03-30T00:00:00+01:00", 3),
            ["03-30 03:00:00+0200", "03-31 02:00:00+0200", "03-31 02:15:00+0200"]
        );
        assert_eq!(
            times("*/20 2 * * *", berlin, "2025-10-26T00:00:00+02:00", 4),
            [
                "10-26 02:00:00+0200",
                "10-26 02:20:00+0200",
                "10-26 02:40:00+0200",
                "10-27 02:00:00+0100"
            ]
        );
        // Six fields; a zone that goes by half an hour; one that does it at midnight.
        assert_eq!(
            times("30 10 2 * * *", chrono_tz::Australia::Lord_Howe, "2025-10-05T00:00:00+10:30", 2),
            ["10-05 02:30:00+1100", "10-06 02:10:30+1100"]
        );
        assert_eq!(
            times("0 0 * * *", chrono_tz::America::Sao_Paulo, "2018-11-03T12:00:00-03:00", 2),
            ["11-04 01:00:00-0200", "11-05 00:00:00-0200"]
        );
    }

    #[test]
    fn a_job_of_every_few_minutes_never_pauses_or_repeats() {
        let berlin = chrono_tz::Europe::Berlin;
        for from in ["2025-03-30T01:30:00+01:00", "2025-10-26T01:30:00+02:00"] {
            let cron: Cron = "0 */10 * * * *".parse().unwrap();
            let mut now = DateTime::parse_from_rfc3339(from).unwrap().to_utc();
            for _ in 0..24 {
                let next = cron.next_after(now, berlin).unwrap();
                assert_eq!(next - now, Duration::minutes(10), "after {now}");
                now = next;
            }
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

        /// Whatever the clocks do: on each date of the calendar on the wall, one run.
        #[test]
        fn a_fixed_time_comes_once_on_every_date(
            zone in proptest::sample::select(vec![
                chrono_tz::Asia::Shanghai,
                chrono_tz::Europe::Berlin,
                chrono_tz::Europe::Dublin,
                chrono_tz::America::New_York,
                chrono_tz::America::Sao_Paulo,
                chrono_tz::Australia::Lord_Howe,
                chrono_tz::Asia::Tehran,
            ]),
            (hour, minute, second) in (0_u32..24, 0_u32..60, 0_u32..60),
            start in 1_100_000_000_i64..1_800_000_000,
        ) {
            let cron: Cron = format!("{second} {minute} {hour} * * *").parse().unwrap();
            let mut now = cron.next_after(DateTime::from_timestamp(start, 0).unwrap(), zone).unwrap();
            for _ in 0..400 {
                let next = cron.next_after(now, zone).unwrap();
                let date = |time: DateTime<Utc>| time.with_timezone(&zone).date_naive();
                proptest::prop_assert_eq!(date(next), date(now).succ_opt().unwrap());
                // However little later one asks, it is the same.
                proptest::prop_assert_eq!(cron.next_after(now + Duration::seconds(1), zone), Some(next));
                now = next;
            }
        }
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for line in [
            "",
            "* * * *",
            "* * * * * * *",
            "61 * * * *",
            "0 0 30 2 *",
            "0 0 * * 8",
            "0 0 * * 5-1",
            "x * * * *",
        ] {
            assert!(line.parse::<Cron>().is_err(), "{line}");
        }
    }
}
