//! Looks whether all is well, and shows it to `/readyz`, `/metrics` and whoever is to be alerted.
//!
//! The loop has it done after each round. A round may take long, and the next one may be hours away, so a
//! task beside the loop looks as well when nobody has for a [`PAUSE`]. That task is no proof that the loop
//! moves; [`Pulse`] knows, and a loop that stands still is a trouble like any other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::sync::{Mutex as Turn, watch as channel};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::catalog::Catalog;
use crate::config::Config;
use crate::daemon::alerts::{Round, Rounds};
use crate::daemon::health::metrics::{self, Counts};
use crate::daemon::health::{self, Clock, Trouble, What};
use crate::daemon::pulse::Pulse;
use crate::store::Store;
use crate::web::Readiness;

/// How long nobody looks, at most: the heart beats as often, and a job of hours must not silence it.
const PAUSE: Duration = Duration::from_mins(1);

/// Who looks, in the loop and beside it.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Doctor {
    store: Store,
    pulse: Pulse,
    /// The articles as the last regeneration found them.
    catalog: channel::Sender<Option<Arc<Catalog>>>,
    notes: Arc<Mutex<Notes>>,
    pub(in crate::daemon) readiness: channel::Sender<Readiness>,
    /// What `/metrics` shows.
    pub(in crate::daemon) metrics: channel::Sender<Arc<str>>,
    /// Hears of each examination.
    pub(in crate::daemon) rounds: Rounds,
    /// Held by who looks: an older look must not be shown after a newer one.
    turn: Arc<Turn<()>>,
}

/// What only the daemon itself knows.
#[derive(Debug)]
pub(super) struct Notes {
    /// What the jobs of this process came to.
    pub(super) counts: Counts,
    /// Why the last new configuration was not taken.
    pub(super) refused: Option<String>,
}

impl Doctor {
    /// One who has not looked yet.
    pub(super) fn new(
        store: Store,
        pulse: Pulse,
        catalog: channel::Sender<Option<Arc<Catalog>>>,
    ) -> Self {
        let notes = Notes { counts: Counts::new(Utc::now()), refused: None };
        Self {
            store,
            pulse,
            catalog,
            notes: Arc::new(Mutex::new(notes)),
            readiness: channel::Sender::new(Readiness::Starting),
            metrics: channel::Sender::new("".into()),
            rounds: Rounds::new(None),
            turn: Arc::default(),
        }
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks, and shows what was found.
    pub(super) async fn examine(&self, config: &Arc<Config>) {
        let _turn = self.turn.lock().await;
        let (config, store, now) = (Arc::clone(config), self.store.clone(), Utc::now());
        let (catalog, refused) = (self.catalog.borrow().clone(), self.notes().refused.clone());
        let look = {
            let config = Arc::clone(&config);
            move || {
                let (catalog, refused) = (catalog.as_deref(), refused.as_deref());
                health::examine(&config, Ok(&store), catalog, refused, now)
            }
        };
        let mut health = match spawn_blocking(look).await {
            Ok(health) => health,
            Err(error) => {
                tracing::error!("whether all is well cannot be told: {error}");
                return;
            }
        };
        let still = self.pulse.still(Instant::now());
        health.troubles.extend(still.map(|reason| Trouble::new(What::Standstill { reason })));
        let lines = health.lines(Clock { now, zone: config.zone() });
        self.readiness.send_replace(if lines.is_empty() {
            Readiness::Ready
        } else {
            Readiness::Ailing(lines)
        });
        self.metrics.send_replace(metrics::page(&health, &self.notes().counts).into());
        let health = Arc::new(health);
        self.rounds.send_replace(Some(Round { config, health, at: now }));
    }

    /// Looks by `config` whenever nobody has for a while, until `stop`.
    pub(in crate::daemon) fn start(
        &self,
        config: &Arc<Config>,
        stop: &CancellationToken,
    ) -> JoinHandle<()> {
        let (this, config, stop) = (self.clone(), Arc::clone(config), stop.clone());
        let mut rounds = self.rounds.subscribe();
        tokio::spawn(async move {
            let looks = async {
                loop {
                    tokio::select! {
                        // Somebody has looked, and this waits anew.
                        looked = rounds.changed() => if looked.is_err() { return },
                        () = sleep(PAUSE) => this.examine(&config).await,
                    }
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = looks => {}
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant as Moment;

    use super::*;
    use crate::daemon::health::Kind;

    /// A doctor of a daemon whose loop has this pulse, and a configuration.
    fn doctor(folder: &std::path::Path, pulse: Pulse) -> (Doctor, Arc<Config>) {
        let path = |name: &str| folder.join(name).display().to_string();
        let text = format!(
            "site: {{title: T, url: 'https://example.org/'}}\narticles: {{dir: {:?}}}\nfeeds: {{dir: {:?}}}\ncache: {:?}\nsources: {:?}\nstore: {:?}\n",
            path("articles"),
            path("feeds"),
            path("cache"),
            path("sources.yaml"),
            format!("sqlite:{}", path("h.db")),
        );
        let config = Config::parse("h.yaml", &text, &[]).unwrap();
        let store = Store::open(&config.store).unwrap();
        (Doctor::new(store, pulse, channel::Sender::new(None)), Arc::new(config))
    }

    /// The clock jumps to the next look as soon as all wait for it.
    #[tokio::test(start_paused = true)]
    async fn somebody_looks_each_minute_although_the_loop_is_at_work_or_has_nothing_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let (doctor, config) = doctor(folder.path(), Pulse::new());
        let (mut rounds, stop) = (doctor.rounds.subscribe(), CancellationToken::new());
        let task = doctor.start(&config, &stop);
        for _ in 0..3 {
            let since = Moment::now();
            rounds.changed().await.unwrap();
            let waited = since.elapsed();
            assert!(waited >= PAUSE && waited < PAUSE * 2, "{waited:?}");
        }
        // What the loop has looked at meanwhile is not looked at again so soon.
        sleep(PAUSE / 2).await;
        doctor.examine(&config).await;
        rounds.mark_unchanged();
        let since = Moment::now();
        rounds.changed().await.unwrap();
        assert!(since.elapsed() >= PAUSE);
        stop.cancel();
        task.await.unwrap();
    }

    #[tokio::test]
    async fn a_loop_that_stands_still_is_a_trouble_of_our_own_and_one_that_moves_is_none() {
        let before = Instant::now().checked_sub(PAUSE).unwrap();
        for (pulse, expected) in [(Pulse::at(before), true), (Pulse::new(), false)] {
            let folder = tempfile::tempdir().unwrap();
            let (doctor, config) = doctor(folder.path(), pulse);
            doctor.examine(&config).await;
            let round = doctor.rounds.borrow().clone().unwrap();
            let is_still = |it: &&Trouble| it.what.kind() == Kind::Standstill;
            let still = round.health.troubles.iter().find(is_still);
            assert_eq!(still.is_some(), expected);
            assert!(still.is_none_or(|still| still.what.kind().is_our_own()));
            let Readiness::Ailing(lines) = doctor.readiness.borrow().clone() else { panic!() };
            let told = lines.concat();
            assert_eq!(told.contains("the daemon stands still: "), expected, "{told}");
        }
    }
}
