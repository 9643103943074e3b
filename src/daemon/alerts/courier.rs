//! Delivers: a message to the webhook, a beat to the heartbeat's address.
//!
//! Both addresses are the operator's word, and may lie in a private network; one in the public
//! network is reached through `fetch.proxy`, where there is one. No error repeats an address: who
//! knows it may write there.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, Proxy, header, redirect};
use url::Url;

use super::services::{self, Letter, Said};
use super::speech::{self, Speech};
use crate::config::Config;
use crate::config::alerts::{Language, Service, Webhook, web_address};
use crate::language::is_chinese;
use crate::source::politeness::retry_after;
use crate::source::{Secret, fetch, guard};

/// Longest time for one request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest part of an answer that is kept as the reason of a failure, in characters.
const EXCERPT: usize = 120;
/// Longest answer that is read: a service answers in a line.
const ANSWER: usize = 64 << 10;

/// Why something was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// In a sentence.
    pub reason: String,
    /// How long the service wants to be left alone.
    pub wait: Option<Duration>,
}

impl Refusal {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), wait: None }
    }
}

/// The language of a configuration's messages.
pub fn language(config: &Config) -> Language {
    let of_site = if is_chinese(&config.catalog.site.language) {
        Language::Chinese
    } else {
        Language::English
    };
    config.alerts.webhook.as_ref().and_then(|webhook| webhook.language).unwrap_or(of_site)
}

/// What of the addresses and secrets in `config` is not to be had on this machine, as this user; in
/// sentences that name the key.
pub fn missing(config: &Config) -> Vec<String> {
    let webhook = config.alerts.webhook.iter().flat_map(|webhook| {
        let secret =
            webhook.secret.iter().map(|secret| text(config, secret, "alerts.webhook.secret"));
        let url = address(config, &webhook.url, "alerts.webhook").map(|url| url.to_string());
        secret.chain([url])
    });
    let heartbeat = config.alerts.heartbeat.iter();
    let heartbeat = heartbeat.map(|url| address(config, url, "alerts.heartbeat").map(String::from));
    webhook.chain(heartbeat).filter_map(Result::err).map(|refusal| refusal.reason).collect()
}

/// Says `said` to the webhook of `config`.
///
/// # Errors
///
/// Why it was not taken.
pub async fn deliver(
    config: &Config,
    webhook: &Webhook,
    said: Said<'_>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let url = address(config, &webhook.url, "alerts.webhook")?;
    let secret =
        webhook.secret.as_ref().map(|secret| text(config, secret, "alerts.webhook.secret"));
    let secret = secret.transpose()?;
    let service = webhook.kind.unwrap_or_else(|| Service::of(&url));
    let site = config.catalog.site.title.as_str();
    let speech: Speech = match said {
        Said::Message(message) => speech::speech(message, site, language(config)),
        Said::Trial => speech::trial(site, language(config)),
    };
    let letter = services::letter(service, &url, secret.as_deref(), (site, said, &speech), now);
    let answer = post(config, letter, now).await?;
    services::complaint(service, &answer).map_or(Ok(()), |reason| Err(Refusal::new(reason)))
}

/// Calls the heartbeat's address.
///
/// # Errors
///
/// Why the call was in vain.
pub async fn beat(config: &Config, secret: &Secret, now: DateTime<Utc>) -> Result<(), Refusal> {
    let url = address(config, secret, "alerts.heartbeat")?;
    answer(client(config, &url)?.get(url), now).await.map(drop)
}

async fn post(config: &Config, letter: Letter, now: DateTime<Utc>) -> Result<String, Refusal> {
    let Letter { url, content_type, body, bearer } = letter;
    let request = client(config, &url)?.post(url).header(header::CONTENT_TYPE, content_type);
    let request = match bearer {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    answer(request.body(body), now).await
}

/// The body of an answer whose status is a success.
async fn answer(request: reqwest::RequestBuilder, now: DateTime<Utc>) -> Result<String, Refusal> {
    let sent = request.send().await;
    let mut answer = sent.map_err(|error| {
        Refusal::new(if error.is_timeout() { "it does not answer" } else { "no connection" })
    })?;
    let status = answer.status();
    let wait = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let wait = wait.and_then(|value| retry_after(value, now));
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER {
            break;
        }
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    if status.is_success() {
        return Ok(body);
    }
    let excerpt: String =
        body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(EXCERPT).collect();
    let reason =
        if excerpt.is_empty() { status.to_string() } else { format!("{status}: {excerpt}") };
    Err(Refusal { reason, wait })
}

fn client(config: &Config, url: &Url) -> Result<Client, Refusal> {
    // Some other part may have installed it already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = Client::builder()
        .user_agent(config.fetch.agent())
        .timeout(PATIENCE)
        .redirect(redirect::Policy::none())
        .no_proxy();
    let proxy = config.fetch.proxy.clone().filter(|_| guard::is_public_host(url));
    let proxy = proxy.map(Proxy::all).transpose().map_err(|_| Refusal::new("see `fetch.proxy`"))?;
    let client = match proxy {
        Some(proxy) => client.proxy(proxy),
        None => client,
    };
    client.build().map_err(|_| Refusal::new("an HTTP client cannot be made"))
}

fn address(config: &Config, secret: &Secret, key: &str) -> Result<Url, Refusal> {
    let text = text(config, secret, key)?;
    web_address(&text).map_err(|reason| Refusal::new(format!("{key}: {reason}")))
}

fn text(config: &Config, secret: &Secret, key: &str) -> Result<String, Refusal> {
    let text = fetch::reveal(secret, &config.root);
    let text = text.map_err(|reason| Refusal::new(format!("{key}: {reason}")))?;
    Ok(text.trim().to_owned())
}
