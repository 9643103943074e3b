//! Whose turn it is: how many requests run at once, in all and to a host, and how far apart.
//!
//! A request waits for a place at its host, then for the host's pause, then for a place among all.
//! A host whose [`Pace`] asks for more than a moment's patience is not waited for: the visit is put
//! off. The time of a visit runs only once its turn has come.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};
use url::Url;

use super::Settings;
use crate::source::politeness::Visit;
use crate::source::politeness::pace::{self, Pace};

/// How long a visit waits for the pace of its host before it is put off: a round must not last for
/// as long as a strained host makes it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The time that a visit was given, going on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    given: DateTime<Utc>,
    since: Instant,
}

impl Clock {
    pub(super) fn at(given: DateTime<Utc>) -> Self {
        Self { given, since: Instant::now() }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.given + TimeDelta::from_std(self.since.elapsed()).unwrap_or_default()
    }
}

#[derive(Debug)]
pub(super) struct Hosts {
    per_host: usize,
    pause: Duration,
    rsshub: Option<Url>,
    overall: Arc<Semaphore>,
    known: Mutex<HashMap<String, Arc<Host>>>,
    /// Hosts whose pace has changed since somebody last asked.
    changed: Mutex<HashSet<String>>,
}

#[derive(Debug)]
struct Host {
    name: String,
    places: Arc<Semaphore>,
    /// Held by the request that is next.
    gate: tokio::sync::Mutex<()>,
    times: Mutex<Times>,
}

#[derive(Debug)]
struct Times {
    /// When the pause after the last request is over.
    free: Instant,
    pace: Pace,
}

/// Leave to make one request and to read its answer.
#[derive(Debug)]
pub(super) struct Turn {
    host: Arc<Host>,
    pause: Duration,
    _place: Option<OwnedSemaphorePermit>,
    overall: Option<OwnedSemaphorePermit>,
}

impl Hosts {
    pub(super) fn new(settings: &Settings, paces: HashMap<String, Pace>) -> Self {
        let hosts = Self {
            per_host: settings.per_host,
            pause: settings.host_pause,
            rsshub: settings.rsshub.clone(),
            overall: Arc::new(Semaphore::new(settings.concurrency)),
            known: Mutex::default(),
            changed: Mutex::default(),
        };
        for (name, pace) in paces {
            lock(&hosts.host(&name).times).pace = pace;
        }
        hosts
    }

    /// The name under which a host's pace is kept. An RSSHub asks another host for each of its
    /// namespaces, so each of them has a pace of its own.
    pub(super) fn name(&self, url: &Url) -> String {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let namespace = self.rsshub.as_ref().filter(|hub| hub.origin() == url.origin());
        match namespace.and_then(|hub| url.path().strip_prefix(hub.path().trim_end_matches('/'))) {
            Some(route) => {
                format!("{host}/{}", route.trim_start_matches('/').split('/').next().unwrap_or(""))
            }
            None => host.to_owned(),
        }
    }

    pub(super) fn pace(&self, name: &str) -> Pace {
        lock(&self.known).get(name).map(|host| lock(&host.times).pace.clone()).unwrap_or_default()
    }

    /// The paces that have changed since this was last asked.
    pub(super) fn changed(&self) -> Vec<(String, Pace)> {
        let names = std::mem::take(&mut *lock(&self.changed));
        names.into_iter().map(|name| (name.clone(), self.pace(&name))).collect()
    }

    /// Lets the pace of a host learn from an answer.
    pub(super) fn answered(&self, turn: &Turn, visit: &Visit, clock: &Clock) {
        let mut times = lock(&turn.host.times);
        let pace = pace::after(&times.pace, visit, clock.now());
        if pace != times.pace {
            lock(&self.changed).insert(turn.host.name.clone());
            times.pace = pace;
        }
    }

    /// A place among all; for what asks no host.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // Closing a semaphore is something that nobody here does.
        Arc::clone(&self.overall).acquire_owned().await.ok()
    }

    /// Waits until a request to `url` may begin, or says when to come again.
    pub(super) async fn turn(&self, url: &Url, clock: &Clock) -> Result<Turn, DateTime<Utc>> {
        let host = self.host(&self.name(url));
        // Nobody queues at a closed door.
        host.wait(clock)?;
        let place = Arc::clone(&host.places).acquire_owned().await.ok();
        let gate = host.gate.lock().await;
        let overall = loop {
            let wait = host.wait(clock)?;
            if !wait.is_zero() {
                sleep(wait).await;
                continue;
            }
            let overall = self.place().await;
            // The host may have complained meanwhile.
            if host.wait(clock)?.is_zero() {
                break overall;
            }
        };
        host.begin(self.pause, clock);
        drop(gate);
        Ok(Turn { host, pause: self.pause, _place: place, overall })
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut known = lock(&self.known);
        let host = known.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Host {
                name: name.to_owned(),
                places: Arc::new(Semaphore::new(self.per_host)),
                gate: tokio::sync::Mutex::default(),
                times: Mutex::new(Times { free: Instant::now(), pace: Pace::default() }),
            })
        });
        Arc::clone(host)
    }
}

impl Host {
    /// How long to wait for the next request, or when to come again.
    fn wait(&self, clock: &Clock) -> Result<Duration, DateTime<Utc>> {
        let times = lock(&self.times);
        let pause = times.free.saturating_duration_since(Instant::now());
        let Some(next) = times.pace.next_at else { return Ok(pause) };
        let wait = (next - clock.now()).to_std().unwrap_or_default();
        if wait > PATIENCE { Err(next) } else { Ok(wait.max(pause)) }
    }

    fn begin(&self, pause: Duration, clock: &Clock) {
        let mut times = lock(&self.times);
        times.free = Instant::now() + pause;
        times.pace = pace::begun(&times.pace, clock.now());
    }
}

impl Turn {
    /// Ends it for the host; its place among all is handed on.
    pub(super) fn end(mut self) -> Option<OwnedSemaphorePermit> {
        self.overall.take()
    }
}

impl Drop for Turn {
    /// The pause is one between the end of a request and the beginning of the next.
    fn drop(&mut self) {
        let mut times = lock(&self.host.times);
        times.free = times.free.max(Instant::now() + self.pause);
    }
}

/// What a panicking thread left is still a time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rsshub_has_a_pace_for_each_of_its_namespaces() {
        let settings = Settings {
            contact: None,
            concurrency: 1,
            per_host: 1,
            host_pause: Duration::ZERO,
            timeout: Duration::ZERO,
            max_body: 0,
            allow_private: false,
            rsshub: Url::parse("http://127.0.0.1:1200/hub/").ok(),
            proxy: None,
            root: std::path::PathBuf::new(),
        };
        let hosts = Hosts::new(&settings, HashMap::new());
        for (url, expected) in [
            ("https://Feeds.example.org./a/b", "feeds.example.org"),
            ("http://feeds.example.org:8080/", "feeds.example.org"),
            ("http://127.0.0.1:1200/hub/openai/news", "127.0.0.1/openai"),
            ("http://127.0.0.1:1200/hub/36kr/information/AI", "127.0.0.1/36kr"),
            ("http://127.0.0.1:1300/hub/openai/news", "127.0.0.1"),
        ] {
            assert_eq!(hosts.name(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
