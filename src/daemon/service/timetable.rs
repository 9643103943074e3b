//! When the jobs of the schedule are due.
//!
//! A job that is due is done once, however often it was due meanwhile: after a night in which the
//! machine slept, or a run that took longer than the time between two. The next time is counted from
//! the end of the run, so none overlaps with itself.

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Config;
use crate::config::cron::Cron;

/// How far the wall clock may be set back before the times are reckoned anew: corrections of a second
/// are everyday.
const CORRECTION: TimeDelta = TimeDelta::minutes(1);

/// When a regeneration is tried again that another process kept from beginning: as long as it has waited
/// for that one, so that the loop is free half of the time.
const AGAIN: TimeDelta = TimeDelta::minutes(1);

/// The next time of each job; none once the calendar ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timetable {
    pub(super) regen: Option<DateTime<Utc>>,
    pub(super) fetch: Option<DateTime<Utc>>,
    /// When the clock was last looked at.
    looked: DateTime<Utc>,
}

impl Timetable {
    /// That of a daemon which has just written its feeds. Sources are due at once: what was missed
    /// while nobody ran is done now.
    pub(super) fn new(config: &Config, now: DateTime<Utc>) -> Self {
        let regen = next(config, &config.schedule.regen, now);
        Self { regen, fetch: Some(now), looked: now }
    }

    /// The feeds have been written.
    pub(super) fn regenerated(&mut self, config: &Config, now: DateTime<Utc>) {
        self.regen = next(config, &config.schedule.regen, now);
    }

    /// The feeds could not be written for what may be over in a moment.
    pub(super) fn regenerate_soon(&mut self, now: DateTime<Utc>) {
        self.regen = Some(self.regen.map_or(now + AGAIN, |regen| regen.min(now + AGAIN)));
    }

    /// The sources have been visited.
    pub(super) fn fetched(&mut self, config: &Config, now: DateTime<Utc>) {
        self.fetch = next(config, &config.schedule.fetch, now);
    }

    /// Looks at the clock. Where somebody has set it back, what is due would else be due again only
    /// when it has come to where it was.
    pub(super) fn look(&mut self, config: &Config, now: DateTime<Utc>) {
        if now + CORRECTION < self.looked {
            tracing::warn!("the clock was set back, from {} to {now}", self.looked);
            self.regenerated(config, now);
            self.fetched(config, now);
        }
        self.looked = now;
    }
}

fn next(config: &Config, cron: &Cron, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    cron.next_after(now, config.zone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let text = "site: {title: T, url: 'https://example.org/', timezone: Asia/Shanghai}\n\
                    schedule: {regen: '*/10 * * * *', fetch: '0 8 * * *'}\n";
        Config::parse("h.yaml", text, &[]).unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn a_job_that_was_missed_while_the_machine_slept_runs_once() {
        let config = config();
        let mut table = Timetable::new(&config, at("2025-06-13T20:31:00+08:00"));
        assert_eq!(table.fetch, Some(at("2025-06-13T20:31:00+08:00")), "what was missed before");
        table.fetched(&config, at("2025-06-13T20:31:20+08:00"));
        assert_eq!(table.fetch, Some(at("2025-06-14T08:00:00+08:00")));
        assert_eq!(table.regen, Some(at("2025-06-13T20:40:00+08:00")));
        // The machine wakes up three days later: both are past, each is done, and once.
        let woken = at("2025-06-16T11:17:00+08:00");
        table.look(&config, woken);
        assert!(table.fetch < Some(woken) && table.regen < Some(woken));
        table.fetched(&config, woken);
        table.regenerated(&config, woken);
        assert_eq!(table.fetch, Some(at("2025-06-17T08:00:00+08:00")));
        assert_eq!(table.regen, Some(at("2025-06-16T11:20:00+08:00")));
    }

    #[test]
    fn feeds_that_another_process_kept_from_being_written_are_written_soon() {
        let config = config();
        let mut table = Timetable::new(&config, at("2025-06-13T20:31:00+08:00"));
        for (now, regen) in [
            ("2025-06-13T20:32:00+08:00", "2025-06-13T20:33:00+08:00"),
            // What is due sooner stays so.
            ("2025-06-13T20:32:30+08:00", "2025-06-13T20:33:00+08:00"),
        ] {
            table.regenerate_soon(at(now));
            assert_eq!(table.regen, Some(at(regen)), "{now}");
        }
        table.regen = None;
        table.regenerate_soon(at("2025-06-13T20:40:00+08:00"));
        assert_eq!(table.regen, Some(at("2025-06-13T20:41:00+08:00")));
        table.regenerated(&config, at("2025-06-13T20:41:01+08:00"));
        assert_eq!(table.regen, Some(at("2025-06-13T20:50:00+08:00")));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_put_off_the_jobs() {
        let config = config();
        let mut table = Timetable::new(&config, at("2035-01-01T00:00:00Z"));
        table.fetched(&config, at("2035-01-01T00:00:00Z"));
        for (now, regen) in [
            ("2025-06-13T20:31:00+08:00", "2025-06-13T20:40:00+08:00"),
            // A correction by a second is none.
            ("2025-06-13T20:30:59+08:00", "2025-06-13T20:40:00+08:00"),
        ] {
            table.look(&config, at(now));
            assert_eq!(table.regen, Some(at(regen)), "{now}");
            assert_eq!(table.fetch, Some(at("2025-06-14T08:00:00+08:00")), "{now}");
        }
    }
}
