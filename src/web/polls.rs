//! How often one client may ask for one feed.
//!
//! Each pair of client and feed has a bucket of tokens that fills up with time. A whole feed takes
//! four, what costs next to nothing (304, a `HEAD`, the new entries alone) takes one. A full bucket
//! holds 240 and fills by one in five seconds: sixty whole feeds at once and then one every twenty
//! seconds, or 720 conditional requests an hour. A reader asks once in some minutes, so several
//! dozen of them behind one address (an office, a mobile network) go unnoticed; a loop without a pause
//! does not. Whoever is refused is told when to come back.
//!
//! The key is a hash with a secret that is made at the start and never leaves the memory: neither an
//! address nor anything that leads back to one is kept. Buckets that are full again are dropped.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Tokens that a full bucket holds.
    pub burst: u32,
    /// Time in which one comes back.
    pub refill: Duration,
    /// Most buckets that are kept.
    pub clients: usize,
}

impl Default for Rule {
    /// 65,536 buckets take some 3 MiB.
    fn default() -> Self {
        Self { burst: 240, refill: Duration::from_secs(5), clients: 1 << 16 }
    }
}

/// What an answer costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Headers, or little more.
    Light,
    /// A whole feed.
    Whole,
}

impl Cost {
    fn tokens(self) -> u32 {
        match self {
            Self::Light => 1,
            Self::Whole => 4,
        }
    }
}

/// A client that is refused waits at least this long: a shorter time would only invite the next
/// refusal.
const SHORTEST_WAIT: Duration = Duration::from_mins(1);

/// Who asked how often.
#[derive(Debug)]
pub struct Polls {
    rule: Rule,
    /// For each key the moment at which its bucket is full again.
    full_at: HashMap<u64, Instant>,
}

impl Polls {
    /// Nobody has asked yet.
    pub fn new(rule: Rule) -> Self {
        Self { rule, full_at: HashMap::new() }
    }

    /// Takes the tokens for an answer of this cost from the bucket of `key`.
    ///
    /// # Errors
    ///
    /// How long to wait, where there are too few.
    pub fn ask(&mut self, key: u64, cost: Cost, now: Instant) -> Result<(), Duration> {
        if self.full_at.len() >= self.rule.clients && !self.full_at.contains_key(&key) {
            self.make_room(now);
        }
        let full_at = self.full_at.entry(key).or_insert(now);
        let missing = full_at.saturating_duration_since(now);
        let after = missing + self.rule.refill * cost.tokens();
        let most = self.rule.refill * self.rule.burst;
        if let Some(too_much) = after.checked_sub(most).filter(|more| !more.is_zero()) {
            return Err(too_much.max(SHORTEST_WAIT));
        }
        *full_at = now + after;
        Ok(())
    }

    /// Drops the buckets that are full again; where that is not enough, all of them, which forgives
    /// everybody and punishes nobody.
    fn make_room(&mut self, now: Instant) {
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() >= self.rule.clients {
            self.full_at.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Cost::{Light, Whole};

    /// How many of `number` requests, `pause` apart, are answered.
    fn answered(number: u32, pause: Duration, cost: Cost) -> u32 {
        let (mut polls, start) = (Polls::new(Rule::default()), Instant::now());
        let asks = (0..number).filter(|at| polls.ask(1, cost, start + pause * *at).is_ok());
        u32::try_from(asks.count()).unwrap()
    }

    #[test]
    fn a_loop_is_stopped_and_a_crowd_of_readers_is_not() {
        let (hour, day): (u32, u32) = (3600, 24 * 3600);
        for (name, number, seconds, cost, expected) in [
            ("a reader, every five minutes, whole", 288, day / 288, Whole, 288),
            ("a hundred readers of one address, each hourly, whole", 2400, day / 2400, Whole, 2400),
            ("a conditional request every ten seconds", 8640, day / 8640, Light, 8640),
            ("sixty whole feeds at once", 60, 0, Whole, 60),
            ("a loop", 10_000, 0, Whole, 60),
            ("a loop of conditional requests", 10_000, 0, Light, 240),
            ("every second for an hour, whole", hour, 1, Whole, 60 + 179),
        ] {
            let pause = Duration::from_secs(u64::from(seconds));
            assert_eq!(answered(number, pause, cost), expected, "{name}");
        }
    }

    #[test]
    fn who_waits_as_long_as_told_is_answered() {
        let (mut polls, mut now) = (Polls::new(Rule::default()), Instant::now());
        for _ in 0..100 {
            while polls.ask(1, Whole, now).is_ok() {}
            let wait = polls.ask(1, Whole, now).unwrap_err();
            assert!(wait >= SHORTEST_WAIT && wait < Duration::from_hours(1));
            now += wait;
            assert_eq!(polls.ask(1, Whole, now), Ok(()));
        }
    }

    #[test]
    fn one_clients_loop_is_not_anothers_business() {
        let (mut polls, now) = (Polls::new(Rule::default()), Instant::now());
        while polls.ask(1, Whole, now).is_ok() {}
        assert_eq!(polls.ask(2, Whole, now), Ok(()));
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let rule = Rule { clients: 100, ..Rule::default() };
        let (mut polls, start) = (Polls::new(rule), Instant::now());
        for key in 0..10_000 {
            assert_eq!(polls.ask(key, Light, start + Duration::from_millis(key)), Ok(()));
            assert!(polls.full_at.len() <= 100);
        }
    }
}
