//! Tells a `WebSub` hub which feeds have changed, so that subscribers need not ask.
//!
//! What changed is queued in the store, so that a hub which is away is told later, by the daemon or by
//! the next run; nothing that writes feeds ever waits for it. How publishers speak to hubs is left
//! open by `WebSub` (W3C Recommendation, §6); hubs understand what `PubSubHubbub` 0.4 §7.1 says, some of
//! them under the name `hub.url`, others `hub.topic`: both are sent.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, StatusCode, header, redirect};
use thiserror::Error;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::system::until;
use crate::config::Config;
use crate::source::politeness;
use crate::store::{Push, Store, StoreError};

/// Requests to the hub at once.
const AT_ONCE: usize = 4;
/// Longest time for one request: a hub has only to note an address.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the hub may keep somebody waiting who only wanted feeds written.
const HASTE: Duration = Duration::from_secs(5);
/// Wait after the first failure; each further one doubles it.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(1);
/// Longest wait.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(6);
/// After this long, subscribers have long asked themselves.
const GIVEN_UP: TimeDelta = TimeDelta::days(3);
/// Wait after the database has failed: what it did not keep would else be due again at once.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Longest part of a hub's answer that is kept as the reason of a failure, in characters.
const EXCERPT: usize = 120;

/// Why nothing can be told.
#[derive(Debug, Error)]
pub enum PushError {
    /// The HTTP client cannot be made.
    #[error("the hub cannot be told: {0}")]
    Client(#[from] reqwest::Error),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A hub's line.
#[derive(Debug, Clone)]
pub struct Pusher {
    hub: Url,
    client: Client,
    store: Store,
}

/// What became of one round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// The hub knows.
    pub told: usize,
    /// To be tried again.
    pub failed: usize,
}

impl Pusher {
    /// A line to `hub`, which is the operator's word and may lie in a private network.
    ///
    /// # Errors
    ///
    /// The HTTP client cannot be made.
    pub fn new(hub: Url, agent: &str, store: Store) -> Result<Self, PushError> {
        // Some other part may have installed it already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .user_agent(agent)
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { hub, client, store })
    }

    /// Tells what is due at `now`.
    ///
    /// # Errors
    ///
    /// The database fails.
    pub async fn round(&self, now: DateTime<Utc>) -> Result<Round, PushError> {
        let store = self.store.clone();
        let mut due = ask(move || store.due_pushes(now)).await?.into_iter();
        let mut round = Round::default();
        let mut running = JoinSet::new();
        loop {
            while running.len() < AT_ONCE {
                let Some(push) = due.next() else { break };
                let this = self.clone();
                running.spawn(async move { this.tell(push, now).await });
            }
            let Some(told) = running.join_next().await else { return Ok(round) };
            // One that broke down is still queued.
            if told.unwrap_or(Ok(false))? {
                round.told += 1;
            } else {
                round.failed += 1;
            }
        }
    }

    /// Tells the hub of one feed, and notes what came of it.
    async fn tell(&self, push: Push, now: DateTime<Utc>) -> Result<bool, PushError> {
        let outcome = self.send(&push.url, now).await;
        let store = self.store.clone();
        let told = outcome.is_ok();
        ask(move || match outcome {
            Ok(()) => store.push_done(push),
            Err(Refusal { reason, wait }) => {
                tracing::debug!(feed = push.url, "the hub was not told of {}: {reason}", push.url);
                match next_try(&push, now, wait) {
                    Some(at) => store.push_failed(push, at, reason),
                    None => store.push_done(push),
                }
            }
        })
        .await?;
        Ok(told)
    }

    async fn send(&self, url: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        let mut form = Url::parse("x:").map_err(|error| Refusal::new(error.to_string()))?;
        form.query_pairs_mut().extend_pairs([
            ("hub.mode", "publish"),
            ("hub.url", url),
            ("hub.topic", url),
        ]);
        let request = self
            .client
            .post(self.hub.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.query().unwrap_or_default().to_owned());
        let answer = request.send().await.map_err(|error| {
            let reason = if error.is_timeout() { "it does not answer" } else { "no connection" };
            Refusal::new(reason.to_owned())
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let wait = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|value| politeness::retry_after(value, now));
        let body = answer.text().await.unwrap_or_default();
        Err(Refusal { wait, ..Refusal::new(reason(status, &body)) })
    }

    /// Tells what becomes due, and what `changed` wakes it for, until it is told to stop.
    pub(super) async fn work(&self, changed: &Notify, stop: &CancellationToken) {
        let mut last = Ok(Round::default());
        while !stop.is_cancelled() {
            let next = self.next(&last, Utc::now()).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = changed.notified() => {}
                () = until(next) => {}
            }
            last = tokio::select! {
                // What has not been told stays queued.
                () = stop.cancelled() => return,
                round = self.round(Utc::now()) => round,
            };
            self.log(&last);
        }
    }

    /// When the next round is due, after the one that was `last`.
    async fn next(
        &self,
        last: &Result<Round, PushError>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if last.is_err() {
            return Some(now + PAUSE);
        }
        let store = self.store.clone();
        ask(move || store.next_push()).await.unwrap_or_else(|error| {
            tracing::error!("what the hub is to be told cannot be read: {error}");
            Some(now + PAUSE)
        })
    }

    fn log(&self, round: &Result<Round, PushError>) {
        match round {
            Ok(Round { told: 0, failed: 0 }) => {}
            Ok(Round { told, failed: 0 }) => tracing::info!(told, "the hub knows of the changes"),
            Ok(Round { told, failed }) => {
                let (hub, all) = (&self.hub, told + failed);
                tracing::warn!("{hub} was not told of {failed} of {all} changes");
            }
            Err(error) => tracing::error!("the hub was not told: {error}"),
        }
    }
}

/// Tells the configuration's hub what is due, where it names one, as far as that goes quickly: for
/// somebody who waits. What is left is told by the daemon or by the next run.
pub async fn soon(config: &Config, store: &Store, now: DateTime<Utc>) {
    let Some(hub) = &config.feeds.hub else { return };
    let round =
        async { Pusher::new(hub.clone(), &config.fetch.agent(), store.clone())?.round(now).await };
    let told = tokio::time::timeout(HASTE, round).await;
    if !told.is_ok_and(|round| round.is_ok_and(|round| round.failed == 0)) {
        tracing::warn!("{hub} was not told of every change; the next run tries again");
    }
}

/// Starts telling the configuration's hub, where it names one; `changed` wakes it.
pub(super) fn start(
    config: &Config,
    store: &Store,
    changed: &Arc<Notify>,
    stop: &CancellationToken,
) -> Option<JoinHandle<()>> {
    let pusher = Pusher::new(config.feeds.hub.clone()?, &config.fetch.agent(), store.clone());
    let pusher = pusher.inspect_err(|error| tracing::error!("no hub is told: {error}")).ok()?;
    let (changed, stop) = (Arc::clone(changed), stop.clone());
    Some(tokio::spawn(async move { pusher.work(&changed, &stop).await }))
}

/// Has the configuration's hub told of changed feeds, where it names one.
pub(super) async fn queue(config: &Config, store: &Store, feeds: Vec<String>, changed: &Notify) {
    if config.feeds.hub.is_none() || feeds.is_empty() {
        return;
    }
    let store = store.clone();
    match ask(move || store.queue_pushes(feeds, Utc::now())).await {
        Ok(()) => changed.notify_one(),
        Err(error) => tracing::error!("the hub will not be told of changes: {error}"),
    }
}

/// Why a hub did not take the news.
struct Refusal {
    reason: String,
    /// How long it wants to be left alone.
    wait: Option<Duration>,
}

impl Refusal {
    fn new(reason: String) -> Self {
        Self { reason, wait: None }
    }
}

fn reason(status: StatusCode, body: &str) -> String {
    let body: String = body.split_whitespace().collect::<Vec<_>>().join(" ");
    let excerpt: String = body.chars().take(EXCERPT).collect();
    if excerpt.is_empty() { status.to_string() } else { format!("{status}: {excerpt}") }
}

/// When a push that has just failed is tried again; not any more after [`GIVEN_UP`].
fn next_try(push: &Push, now: DateTime<Utc>, asked: Option<Duration>) -> Option<DateTime<Utc>> {
    let doubled = FIRST_WAIT * 2_i32.saturating_pow(push.attempts.min(16));
    let asked = asked.and_then(|wait| TimeDelta::from_std(wait).ok()).unwrap_or_default();
    let next = now + doubled.min(LONGEST_WAIT).max(asked.min(GIVEN_UP));
    (next - push.queued_at <= GIVEN_UP).then_some(next)
}

/// Asks the store on a thread that may wait.
async fn ask<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(work).await.unwrap_or(Err(StoreError::Gone))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    /// A hub that takes everything, and its address.
    async fn hub() -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.readable().await.unwrap();
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            }
        });
        url.parse().unwrap()
    }

    #[tokio::test]
    async fn a_hub_is_not_told_again_at_once_of_what_the_database_does_not_keep() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("h.db");
        let store = Store::open(&path).unwrap();
        let now = Utc::now();
        store.queue_pushes(vec!["https://example.org/feeds/index.xml".to_owned()], now).unwrap();
        let full = "create trigger full before delete on pushes
                    begin select raise(abort, 'database or disk is full'); end";
        let disk = rusqlite::Connection::open(&path).unwrap();
        let pusher = Pusher::new(hub().await, "test", store).unwrap();
        for (change, is_kept) in [(full, false), ("drop trigger full", true)] {
            disk.execute_batch(change).unwrap();
            let due = pusher.next(&Ok(Round::default()), now).await.unwrap();
            assert!(due <= now, "it is due as long as it is queued");
            let round = pusher.round(now).await;
            assert_eq!(round.is_ok(), is_kept, "{round:?}");
            let next = pusher.next(&round, now).await;
            assert_eq!(next, (!is_kept).then_some(now + PAUSE), "{change}");
        }
    }

    #[test]
    fn a_hub_that_is_away_is_asked_ever_more_rarely_and_then_no_more() {
        let queued_at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let minutes = |minutes| TimeDelta::minutes(minutes);
        for (attempts, after, asked, expected) in [
            (0, minutes(0), None, Some(minutes(1))),
            (1, minutes(1), None, Some(minutes(2))),
            (5, minutes(60), None, Some(minutes(32))),
            (30, minutes(600), None, Some(minutes(360))),
            (0, minutes(0), Some(3600), Some(minutes(60))),
            (5, minutes(60), Some(1), Some(minutes(32))),
            (0, minutes(0), Some(86_400 * 365), Some(GIVEN_UP)),
            (30, TimeDelta::days(3), None, None),
        ] {
            let push = Push { url: String::new(), turn: 1, queued_at, attempts, error: None };
            let now = queued_at + after;
            let next = next_try(&push, now, asked.map(Duration::from_secs));
            assert_eq!(next, expected.map(|wait| now + wait), "{attempts} {after} {asked:?}");
        }
    }

    #[test]
    fn what_a_hub_says_is_cut_short() {
        let status = StatusCode::BAD_GATEWAY;
        assert_eq!(reason(status, ""), "502 Bad Gateway");
        assert_eq!(reason(status, " not\n now "), "502 Bad Gateway: not now");
        assert_eq!(reason(status, &"x".repeat(500)).len(), "502 Bad Gateway: ".len() + EXCERPT);
    }
}
