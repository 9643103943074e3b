//! Subscribes to sources that name a `WebSub` hub, and takes in what the hubs push.
//!
//! Visits note what sources offer ([`visited`]); one task asks the hubs for what is due, another
//! keeps what they push, by the same path as what a visit brings. [`crate::source::websub`] decides;
//! what is remembered stands in the store, so a restart forgets no subscription.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::reading;
use super::system::until;
use crate::config::Config;
use crate::source::Source;
use crate::source::fetch::Fetcher;
use crate::source::websub::subscription::{Event, LEASE, Stage};
use crate::source::websub::{Mode, Offer, Subscription, signature};
use crate::store::{Raw, Store, StoreError};
use crate::web::websub::{Delivery, Question, Subscriber};

/// Most pushes that wait to be read; a hub that brings more is asked to come again.
const WAITING: usize = 16;
/// Wait after the database has failed.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Longest wait: a clock that is set back meanwhile must not make it longer.
const LOOK: Duration = Duration::from_hours(1);
/// Bytes of a token and of a secret: nobody guesses half as many.
const TOKEN: usize = 24;
const SECRET: usize = 32;

/// What wakes whom.
#[derive(Debug, Clone, Default)]
pub(super) struct Bells {
    /// Subscriptions may have become due.
    pub(super) due: Arc<Notify>,
    /// Pushes have brought something new.
    pub(super) news: Arc<Notify>,
}

/// Starts asking and listening, where the configuration says how hubs reach us: what answers the
/// hubs, and the task.
pub(super) fn start(
    config: &Config,
    store: &Store,
    bells: &Bells,
    stop: &CancellationToken,
) -> Option<(Arc<dyn Subscriber>, JoinHandle<()>)> {
    let public = config.public_url.clone()?;
    let fetcher = Fetcher::new(config.fetch.clone());
    let fetcher =
        fetcher.inspect_err(|error| tracing::error!("no hub is subscribed to: {error}")).ok()?;
    let (inbox, pushes) = mpsc::channel(WAITING);
    let keeps_raws = config.raw_days > 0;
    let max_body = usize::try_from(config.fetch.max_body).unwrap_or(usize::MAX);
    let callback = Callback { store: store.clone(), inbox, max_body };
    let asking = Asking { public, fetcher, store: store.clone() };
    let (store, bells, stop) = (store.clone(), bells.clone(), stop.clone());
    let task = tokio::spawn(async move {
        tokio::select! {
            // What was asked is noted before, and what was pushed is found by the next visit.
            () = stop.cancelled() => {}
            () = asking.work(&bells.due) => {}
            () = listen(&store, pushes, keeps_raws, &bells.news) => {}
        }
    });
    Some((Arc::new(callback), task))
}

/// Notes what a visit to `source` found: what it offers, and whether it had news of which no push
/// had told.
pub(super) fn visited(
    store: &Store,
    source: &str,
    offer: Option<Offer>,
    news: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let known = store.subscriptions_of(source)?;
    let mut is_new = true;
    for one in known.into_iter().filter(|one| one.stage != Stage::Leaving) {
        is_new &= !offer.as_ref().is_some_and(|offer| one.is_of(offer));
        let event = Event::Visited { offer: offer.clone(), news };
        store.change_subscription(&one.token, move |one| one.after(event, now))?;
    }
    let Some(offer) = offer.filter(|_| is_new) else { return Ok(()) };
    let (Some(token), Some(secret)) = (random(TOKEN), random(SECRET)) else {
        tracing::error!(source, "the system gives no random numbers; the hub is not asked");
        return Ok(());
    };
    store.keep_subscription(Subscription::new(source, &offer, token, secret, now))
}

/// What is remembered of all subscriptions, as far as it can be true at `now`.
pub(super) fn known(store: &Store, now: DateTime<Utc>) -> Result<Vec<Subscription>, StoreError> {
    Ok(store.subscriptions()?.into_iter().map(|one| one.plausible(now)).collect())
}

/// Ends the subscriptions of sources that are no longer visited.
pub(super) fn leave(
    store: &Store,
    sources: &[Source],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let is_visited = |id: &str| sources.iter().any(|source| source.enabled && source.id == id);
    for one in store.subscriptions()? {
        if one.stage != Stage::Leaving && !is_visited(&one.source) {
            store.change_subscription(&one.token, move |one| one.after(Event::Left, now))?;
        }
    }
    Ok(())
}

/// So many random bytes, in hexadecimal digits.
fn random(bytes: usize) -> Option<String> {
    let mut buffer = vec![0; bytes];
    SystemRandom::new().fill(&mut buffer).ok()?;
    Some(buffer.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}

/// Who asks the hubs.
struct Asking {
    public: Url,
    fetcher: Fetcher,
    store: Store,
}

impl Asking {
    /// Asks for what becomes due, and what `due` wakes it for.
    async fn work(&self, due: &Notify) {
        let mut pause = None;
        loop {
            let now = Utc::now();
            match ask(&self.store, move |store| known(store, now)).await {
                Ok(known) => {
                    for one in known.into_iter().filter(|one| one.due(now).is_some()) {
                        if let Err(error) = self.ask(one, now).await {
                            tracing::error!("a hub was not asked: {error}");
                            pause = Some(now + PAUSE);
                        }
                    }
                }
                Err(error) => {
                    tracing::error!("subscriptions cannot be read: {error}");
                    pause = Some(now + PAUSE);
                }
            }
            let next = match pause.take() {
                Some(pause) => Some(pause),
                None => ask(&self.store, move |store| known(store, now)).await.map_or_else(
                    |_| Some(now + PAUSE),
                    |known| known.iter().filter_map(Subscription::next_request).min(),
                ),
            };
            tokio::select! {
                () = due.notified() => {}
                () = until(next) => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Asks one hub. That it is asked is noted first: it may ask back before it answers.
    async fn ask(&self, one: Subscription, now: DateTime<Utc>) -> Result<(), StoreError> {
        let token = one.token.clone();
        let sent = ask(&self.store, move |store| {
            store.change_subscription(&token, move |one| one.after(Event::Sent, now))
        })
        .await?;
        let Some((one, mode)) = sent.and_then(|one| Some((one.clone(), one.mode()?))) else {
            return Ok(());
        };
        let Err((reason, wait)) = self.send(&one, mode, now).await else { return Ok(()) };
        tracing::warn!(source = one.source, "{} did not take a request: {reason}", one.hub);
        let event = Event::Failed { reason, wait };
        let token = one.token;
        ask(&self.store, move |store| {
            store.change_subscription(&token, move |one| one.after(event, now))
        })
        .await
        .map(drop)
    }

    /// The request of `WebSub` §5.1.
    async fn send(
        &self,
        one: &Subscription,
        mode: Mode,
        now: DateTime<Utc>,
    ) -> Result<(), (String, Option<Duration>)> {
        let bad = |error: url::ParseError| (error.to_string(), None);
        let hub = Url::parse(&one.hub).map_err(bad)?;
        let callback = self.public.join(&format!("websub/{}", one.token)).map_err(bad)?;
        let lease = LEASE.as_secs().to_string();
        let form = [
            ("hub.callback", callback.as_str()),
            ("hub.mode", mode.name()),
            ("hub.topic", &one.topic),
            ("hub.secret", &one.secret),
            ("hub.lease_seconds", &lease),
        ];
        let answer = self.fetcher.post(&hub, &form, now).await;
        let answer = answer.map_err(|error| (error.to_string(), None))?;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        Err((format!("{} {}", answer.status, answer.text).trim_end().to_owned(), answer.wait))
    }
}

/// Takes in pushes, one by one, and rings `news` where they brought any.
async fn listen(
    store: &Store,
    mut pushes: mpsc::Receiver<Delivery>,
    keeps_raws: bool,
    news: &Notify,
) {
    while let Some(push) = pushes.recv().await {
        match ask(store, move |store| receive(store, push, keeps_raws, Utc::now())).await {
            Ok(false) => {}
            Ok(true) => news.notify_one(),
            Err(error) => tracing::error!("a push could not be kept: {error}"),
        }
    }
}

/// Keeps what a push brought, if it is the hub's, and its bytes where those of visits are kept; whether
/// anything was new.
fn receive(
    store: &Store,
    push: Delivery,
    keeps_raws: bool,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let known = store.subscription(&push.token)?.map(|one| one.plausible(now));
    let Some(one) = known.filter(|one| one.lease(now).is_some()) else { return Ok(false) };
    let (source, signed) = (one.source.as_str(), push.signature.as_deref().unwrap_or_default());
    if !signature::is_valid(signed, &one.secret, &push.body) {
        tracing::warn!(source, "a push without the signature of {} is ignored", one.hub);
        return Ok(false);
    }
    let base = Url::parse(&one.topic).ok();
    let read = reading::read(source, &push.body, push.content_type.as_deref(), base.as_ref(), now);
    let (event, kept) = match read {
        Ok(read) => (Event::Pushed, store.keep_items(source, read.items)?),
        Err(reason) => {
            tracing::warn!(source, "a push cannot be read: {reason}; the source will be visited");
            (Event::Garbled, crate::store::Kept::default())
        }
    };
    if keeps_raws {
        store.keep_raw(Raw {
            source: one.source.clone(),
            at: now,
            url: Some(one.topic.clone()),
            status: None,
            content_type: push.content_type,
            bytes: push.body.into(),
        })?;
    }
    store.change_subscription(&push.token, move |one| one.after(event, now))?;
    tracing::info!(source, items.new = kept.new, items.updated = kept.updated, "pushed");
    Ok(kept.new + kept.updated > 0)
}

/// What answers the hubs.
#[derive(Debug)]
struct Callback {
    store: Store,
    inbox: mpsc::Sender<Delivery>,
    max_body: usize,
}

impl Callback {
    fn try_answer(&self, token: &str, question: Question) -> Result<bool, StoreError> {
        let now = Utc::now();
        let Some(one) = self.store.subscription(token)? else { return Ok(false) };
        let (is_ours, event) = match question.mode.as_str() {
            "denied" => (one.topic == question.topic, Event::Denied { reason: question.reason }),
            mode => {
                let modes = [Mode::Subscribe, Mode::Unsubscribe];
                let mode = modes.into_iter().find(|one| one.name() == mode);
                let lease = question.lease_seconds.map(Duration::from_secs);
                let is_ours = mode.is_some_and(|mode| one.expects(mode, &question.topic));
                (is_ours, Event::Confirmed { lease })
            }
        };
        if is_ours {
            self.store.change_subscription(token, move |one| one.after(event, now))?;
            tracing::info!(source = one.source, mode = question.mode, "a hub has answered");
        }
        Ok(is_ours)
    }
}

impl Subscriber for Callback {
    fn answer(&self, token: &str, question: Question) -> bool {
        self.try_answer(token, question).unwrap_or_else(|error| {
            tracing::error!("a hub's question cannot be answered: {error}");
            false
        })
    }

    fn knows(&self, token: &str) -> bool {
        // Where the database fails, nobody is sent away for good.
        self.store.subscription(token).map_or(true, |one| one.is_some())
    }

    fn take(&self, delivery: Delivery) -> bool {
        self.inbox.try_send(delivery).is_ok()
    }

    fn max_body(&self) -> usize {
        self.max_body
    }
}

/// Asks the store on a thread that may wait.
async fn ask<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let store = store.clone();
    spawn_blocking(move || work(&store)).await.unwrap_or(Err(StoreError::Gone))
}
