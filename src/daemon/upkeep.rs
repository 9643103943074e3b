//! Looks after the database once a day: is it sound, is its size within bounds, are its times such as
//! a clock can have told?
//!
//! A daemon does so when it starts and each day; who has none, with `headwater fetch`. What is wrong is
//! told by [`troubles`], which [`health`](super::health) asks.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::health::{Trouble, What};
use super::system::until;
use crate::config::Config;
use crate::store::{self, Bounds, STRIDE, Store, StoreError, Tended};

/// Time between two rounds of upkeep, less than a day so that a daily timer never misses one.
const USUAL: TimeDelta = TimeDelta::hours(20);

/// When it is tried again after it failed.
const AGAIN: TimeDelta = TimeDelta::hours(1);

/// Bytes that a folder must take: a feed and a few rows.
const PROBE: usize = 64 << 10;

/// No clock that is right tells an earlier time than that this program was written, 2025-06-01.
const WRITTEN: DateTime<Utc> = match DateTime::from_timestamp(1_748_736_000, 0) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

/// Looks after the database until it is told to stop.
pub(super) fn start(config: &Config, store: &Store, stop: &CancellationToken) -> JoinHandle<()> {
    let (config, store, stop) = (config.clone(), store.clone(), stop.clone());
    tokio::spawn(async move {
        while !stop.is_cancelled() {
            let (of, its) = (config.clone(), store.clone());
            let done = spawn_blocking(move || when_due(&of, &its, Utc::now(), true)).await;
            let wait = if matches!(done, Ok(true)) { USUAL } else { AGAIN };
            tokio::select! {
                () = stop.cancelled() => break,
                () = until(Some(Utc::now() + wait)) => {}
            }
        }
    })
}

/// Looks after the database if the last time is long enough ago; with `check`, also whether it is
/// sound. What fails is logged; whether nothing did.
pub fn when_due(config: &Config, store: &Store, now: DateTime<Utc>, check: bool) -> bool {
    let done = tend(config, store, now, check);
    if let Err(error) = &done {
        tracing::error!("the database was not looked after: {error}; it is tried again");
    }
    done.is_ok()
}

fn tend(config: &Config, store: &Store, now: DateTime<Utc>, check: bool) -> Result<(), StoreError> {
    let last = store.tended()?;
    let known = last.as_ref().and_then(|last| last.fault.clone());
    let fault = if check { store::fault(&config.store)? } else { known.clone() };
    if let Some(fault) = &fault {
        tracing::error!("the database is damaged: {fault}; `headwater status` says what to do");
    }
    let since = last.as_ref().map(|last| now - last.at);
    let is_due = since.is_none_or(|since| since < TimeDelta::zero() || since >= USUAL);
    // In a damaged database nothing is touched that can be left alone, and by a wrong clock neither.
    if is_due && fault.is_none() && now >= WRITTEN {
        return forget(config, store, last.map(|last| last.reached), now);
    }
    if fault == known {
        return Ok(());
    }
    let (at, reached) = last.map_or((now, now), |last| (last.at, last.reached));
    store.keep_tended(Tended { at, reached, fault })
}

/// Mends times, and forgets what is out of bounds; `reached` is the time that counted last.
fn forget(
    config: &Config,
    store: &Store,
    reached: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mended = store.mend_times(now)?;
    if mended > 0 {
        tracing::warn!("{mended} times lay ahead: a clock was wrong; they are of now");
    }
    let reached = if reached.is_some() { reached } else { store.latest_arrival()? };
    let counts = reached.map_or(now, |reached| now.min(reached + STRIDE));
    let forgotten = store.forget(bounds(config, counts), now)?;
    if forgotten > 0 {
        tracing::info!(items.forgotten = forgotten, "items have been forgotten for their age");
    }
    store.keep_tended(Tended { at: now, reached: counts, fault: None })
}

/// What may be forgotten at `now`.
fn bounds(config: &Config, now: DateTime<Utc>) -> Bounds {
    let before = |age| {
        TimeDelta::from_std(age)
            .ok()
            .and_then(|age| now.checked_sub_signed(age))
            .unwrap_or(DateTime::UNIX_EPOCH)
    };
    // Stories are joined, and articles dated, within a window of what is being read.
    let window = before(config.suggest.window * 2);
    Bounds {
        items: before(config.keep.items),
        most_items: config.keep.most_items,
        window,
        history: before(config.keep.history).min(window),
    }
}

/// Why nothing more can be written to a folder, which stands under this key of the configuration. What
/// a job that failed for it would say of itself cannot be kept then, so it is tried here.
fn unwritable((folder, key): (&Path, &'static str)) -> Option<Trouble> {
    let probe = folder.join(".headwater-probe");
    let written = File::create(&probe).and_then(|mut file| {
        // It is gone at once, and its room with it when it is closed.
        drop(fs::remove_file(&probe));
        file.write_all(&vec![0; PROBE])
    });
    let error = written.err().filter(|_| folder.exists())?;
    let (folder, reason) = (folder.display().to_string(), error.to_string());
    Some(Trouble::new(What::Unwritable { folder, key, reason }))
}

/// What is wrong with the disk, the database and the clock. A database that cannot be opened or read at
/// all is told elsewhere.
pub(super) fn troubles(config: &Config, store: Option<&Store>, now: DateTime<Utc>) -> Vec<Trouble> {
    let state = config.store.parent().unwrap_or(Path::new(""));
    let places = [(&*config.feeds_dir, "feeds.dir"), (state, "store")];
    let mut troubles: Vec<Trouble> = places.into_iter().filter_map(unwritable).collect();
    if now < WRITTEN {
        troubles.push(Trouble::new(What::ClockWrong));
    }
    let tended = store.and_then(|store| store.tended().ok().flatten());
    if let Some(reason) = tended.and_then(|tended| tended.fault) {
        let file = config.store.display().to_string();
        troubles.push(Trouble::new(What::Damaged { file, reason }));
    }
    if let Some(latest) = store.and_then(|store| store.latest_arrival().ok().flatten())
        && latest > now + TimeDelta::days(1)
    {
        troubles.push(Trouble::new(What::ClockAhead { latest }));
    }
    troubles
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::source::item::Sighting;

    fn day(number: i64) -> DateTime<Utc> {
        WRITTEN + TimeDelta::days(1 + number)
    }

    fn site() -> (tempfile::TempDir, Config, Store) {
        let folder = tempfile::tempdir().unwrap();
        let text = "site: {title: T, url: 'https://example.org/'}\nroot: ROOT\n";
        let text = text.replace("ROOT", &folder.path().display().to_string());
        let config = Config::parse("h.yaml", &text, &[]).unwrap();
        let store = Store::open(&config.store).unwrap();
        (folder, config, store)
    }

    fn keep(store: &Store, id: &str, at: DateTime<Utc>) {
        store.keep_items("one", vec![Sighting::sample(id, id, at)]).unwrap();
    }

    fn count(store: &Store) -> usize {
        store.items_since(DateTime::UNIX_EPOCH).unwrap().len()
    }

    #[test]
    fn a_clock_that_jumps_ahead_or_back_makes_nothing_old() {
        let (_folder, config, store) = site();
        keep(&store, "a", day(0));
        keep(&store, "b", day(380));
        assert!(when_due(&config, &store, day(381), true));
        // For three days it is 2061, and for two 1970.
        for now in [13_000, 13_001, 13_002].map(day) {
            assert!(when_due(&config, &store, now, true));
        }
        for now in [0, 1].map(|number| DateTime::UNIX_EPOCH + TimeDelta::days(number)) {
            assert!(when_due(&config, &store, now, true));
            let told = troubles(&config, Some(&store), now);
            assert!(told.iter().any(|one| one.what == What::ClockWrong), "{told:?}");
        }
        assert!(store.item("b").unwrap().is_some(), "it is a week old");
        assert!(when_due(&config, &store, day(390), true));
        assert_eq!(count(&store), 1, "the other one would have gone within days");
        assert_eq!(troubles(&config, Some(&store), day(390)), []);
    }

    #[test]
    fn it_is_done_once_a_day_and_catches_up_after_a_pause() {
        let (_folder, config, store) = site();
        keep(&store, "a", day(0));
        assert!(when_due(&config, &store, day(0), true));
        let tended = |store: &Store| store.tended().unwrap().unwrap().at;
        assert!(when_due(&config, &store, day(0) + TimeDelta::hours(19), true));
        assert_eq!(tended(&store), day(0));
        assert!(when_due(&config, &store, day(0) + TimeDelta::hours(21), true));
        assert_eq!(tended(&store), day(0) + TimeDelta::hours(21));
        // Nobody ran it for two years.
        let days = (730..).take_while(|today| {
            assert!(when_due(&config, &store, day(*today), false));
            count(&store) > 0
        });
        assert_eq!(days.count(), 13, "thirty days at a time");
    }

    #[test]
    fn what_the_operator_wants_kept_for_less_goes_sooner() {
        let (_folder, config, store) = site();
        let keep_less = crate::config::Keep { items: Duration::from_hours(24 * 40), ..config.keep };
        let config = Config { keep: keep_less, ..config };
        keep(&store, "a", day(0));
        keep(&store, "b", day(41));
        assert!(when_due(&config, &store, day(41), false));
        assert_eq!(count(&store), 1);
    }
}
