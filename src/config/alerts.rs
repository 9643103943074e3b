//! What the operator wants to be told of, and where: the keys below `alerts`.
//!
//! `alerts.stale_after` is one duration for the newest article, or `{articles, sources, feeds}`.
//! `alerts.webhook` is an address, or `{url, kind, secret, language}`; `alerts.heartbeat` an address.
//! Whoever knows such an address may write to the channel behind it, so it may stand elsewhere
//! (`{env: …}`, `{file: …}`), and no message ever repeats it.

use std::time::Duration;

use url::Url;

use super::headers;
use super::read::{Entry, Keys};
use super::units;
use crate::source::Secret;

/// Whom to tell, and of what.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    /// When silence is a problem.
    pub stale: Stale,
    /// Who hears of problems.
    pub webhook: Option<Webhook>,
    /// The address to call after each good round.
    pub heartbeat: Option<Secret>,
}

/// How old the newest may be before that is a problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stale {
    /// Of the site's articles.
    pub articles: Option<Duration>,
    /// Of a source's items, where the source list does not say otherwise.
    pub sources: Option<Duration>,
    /// Of the entries of feeds, by path; a pattern may end in `*`.
    pub feeds: Vec<(String, Duration)>,
}

/// Who hears of problems.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The address.
    pub url: Secret,
    /// What stands behind it; recognised by the address where nobody says.
    pub kind: Option<Service>,
    /// What signs messages, or lets them in.
    pub secret: Option<Secret>,
    /// In which language to speak; the site's where nobody says.
    pub language: Option<Language>,
}

/// What stands behind a webhook, and so which form messages have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// A program: everything as JSON.
    Json,
    /// 钉钉, a group's robot.
    DingTalk,
    /// 飞书 or Lark, a group's robot.
    Feishu,
    /// 企业微信, a group's robot.
    WeCom,
    /// Slack, an incoming webhook.
    Slack,
    /// Discord, a channel's webhook.
    Discord,
    /// ntfy, a topic.
    Ntfy,
}

/// A language that messages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 中文.
    Chinese,
    /// English.
    English,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 7] = [
        Self::Json,
        Self::DingTalk,
        Self::Feishu,
        Self::WeCom,
        Self::Slack,
        Self::Discord,
        Self::Ntfy,
    ];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::DingTalk => "dingtalk",
            Self::Feishu => "feishu",
            Self::WeCom => "wecom",
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Ntfy => "ntfy",
        }
    }

    /// What answers at `url`, by its host.
    pub fn of(url: &Url) -> Self {
        match url.host_str().unwrap_or_default() {
            "oapi.dingtalk.com" => Self::DingTalk,
            "open.feishu.cn" | "open.larksuite.com" => Self::Feishu,
            "qyapi.weixin.qq.com" => Self::WeCom,
            "hooks.slack.com" | "hooks.slack-gov.com" => Self::Slack,
            "discord.com" | "discordapp.com" | "ptb.discord.com" | "canary.discord.com" => {
                Self::Discord
            }
            "ntfy.sh" => Self::Ntfy,
            _ => Self::Json,
        }
    }
}

impl Stale {
    /// How old the newest entry of the feed at `path` (`topics/ai`) may be: what its own name says, else
    /// the longest pattern that fits.
    pub fn of_feed(&self, path: &str) -> Option<Duration> {
        let fits = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => path.starts_with(start).then_some(start.len()),
            None => (pattern == path).then_some(usize::MAX),
        };
        let fitting = self.feeds.iter().filter_map(|(pattern, age)| Some((fits(pattern)?, *age)));
        fitting.max_by_key(|(length, _)| *length).map(|(_, age)| age)
    }
}

/// Reads the section.
pub(super) fn read(keys: &Keys<'_>) -> Alerts {
    let alerts = Alerts {
        stale: keys.entry("stale_after").map(|entry| stale(keys, entry)).unwrap_or_default(),
        webhook: keys.entry("webhook").and_then(|entry| webhook(keys, entry)),
        heartbeat: keys
            .entry("heartbeat")
            .and_then(|entry| address(keys, "heartbeat", "alerts.heartbeat", entry)),
    };
    keys.finish();
    alerts
}

fn stale(keys: &Keys<'_>, entry: Entry<'_>) -> Stale {
    match entry {
        Entry::Text(_) => {
            Stale { articles: keys.parse("stale_after", units::duration), ..Stale::default() }
        }
        Entry::Keys(own) => {
            let patterns = own.section("feeds");
            let mut feeds = Vec::new();
            for (pattern, age) in patterns.all() {
                let age = match age {
                    Entry::Text(text) => units::duration(&text),
                    Entry::Keys(_) => Err("must be a duration such as 7d".to_owned()),
                };
                match age {
                    Ok(age) => feeds.push((pattern.trim_matches('/').to_owned(), age)),
                    Err(error) => patterns
                        .problem(&pattern, format!("alerts.stale_after.feeds.{pattern}: {error}")),
                }
            }
            let stale = Stale {
                articles: own.parse("articles", units::duration),
                sources: own.parse("sources", units::duration),
                feeds,
            };
            own.finish();
            stale
        }
    }
}

fn webhook(keys: &Keys<'_>, entry: Entry<'_>) -> Option<Webhook> {
    let own = match entry {
        Entry::Keys(own) if own.names().any(|name| !matches!(name, "env" | "file")) => own,
        plain => {
            let url = address(keys, "webhook", "alerts.webhook", plain)?;
            return Some(Webhook { url, kind: None, secret: None, language: None });
        }
    };
    if !own.has("url") {
        own.missing("url", "the address that the service gave you");
    }
    let url = own.entry("url");
    let url = url.and_then(|entry| address(&own, "url", "alerts.webhook.url", entry));
    let kind = own.parse("kind", |text| {
        Service::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let names = Service::ALL.map(Service::name).join(", ");
            format!("`{text}` is not one of {names}")
        })
    });
    let secret = headers::secret(&own, "secret", "alerts.webhook.secret");
    let language = own.parse("language", |text| match text {
        "zh" => Ok(Language::Chinese),
        "en" => Ok(Language::English),
        _ => Err(format!("`{text}` is not zh or en")),
    });
    own.finish();
    Some(Webhook { url: url?, kind, secret, language })
}

/// An address that stands here or elsewhere.
fn address(keys: &Keys<'_>, key: &str, name: &str, entry: Entry<'_>) -> Option<Secret> {
    match entry {
        Entry::Text(text) => match web_address(&text) {
            Ok(_) => Some(Secret::Text(text)),
            Err(reason) => {
                keys.problem(key, format!("{name}: {reason}"));
                None
            }
        },
        Entry::Keys(from) => headers::secret_elsewhere(keys, key, name, &from),
    }
}

/// An address that can be called. The text may be a secret, and is not repeated.
///
/// # Errors
///
/// What such an address begins with.
pub fn web_address(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err("this is not an address that begins with https:// or http://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    const SITE: &str = "site: {title: T, url: 'https://example.org/'}\nalerts:\n";
    const DAY: Duration = Duration::from_hours(24);

    fn read(alerts: &str) -> Result<Alerts, Vec<String>> {
        let text = format!("{SITE}{alerts}");
        Config::parse("h.yaml", &text, &[])
            .map(|config| config.alerts)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn stale_after_is_one_duration_or_three_things() {
        let plain = read("  stale_after: 3d\n").unwrap().stale;
        assert_eq!(plain, Stale { articles: Some(DAY * 3), ..Stale::default() });
        let text = "  stale_after:\n    articles: 2d\n    sources: 14d\n    feeds:\n      \
                    topics/*: 7d\n      topics/ai: 1d\n      '*': 30d\n";
        let stale = read(text).unwrap().stale;
        assert_eq!((stale.articles, stale.sources), (Some(DAY * 2), Some(DAY * 14)));
        for (path, days) in [("topics/ai", 1), ("topics/ai/x", 7), ("tags/ai", 30), ("", 30)] {
            assert_eq!(stale.of_feed(path), Some(DAY * days), "{path}");
        }
        assert_eq!(Stale::default().of_feed("topics/ai"), None);
    }

    #[test]
    fn a_webhook_is_an_address_or_says_more() {
        let plain = read("  webhook: https://hooks.slack.com/services/x\n").unwrap().webhook;
        assert!(matches!(plain.unwrap().url, Secret::Text(_)));
        let elsewhere = read("  webhook: {file: /run/hook}\n  heartbeat: {env: BEAT}\n").unwrap();
        assert!(matches!(elsewhere.webhook.unwrap().url, Secret::File { .. }));
        assert!(matches!(elsewhere.heartbeat, Some(Secret::Env { .. })));
        let full = "  webhook:\n    url: {env: HOOK}\n    kind: dingtalk\n    secret: {file: s}\n    \
                    language: en\n";
        let full = read(full).unwrap().webhook.unwrap();
        assert!(matches!(
            (&full.url, &full.secret),
            (Secret::Env { .. }, Some(Secret::File { .. }))
        ));
        assert_eq!((full.kind, full.language), (Some(Service::DingTalk), Some(Language::English)));
    }

    #[test]
    fn every_mistake_is_named_and_no_address_repeated() {
        for (text, expected) in [
            ("  stale_after: soon\n", "h.yaml:3:3: alerts.stale_after: `soon` is not a duration"),
            (
                "  stale_after: {feeds: {a: b}}\n",
                "h.yaml:3:25: alerts.stale_after.feeds.a: `b` is not a duration",
            ),
            (
                "  stale_after: {artcles: 1d}\n",
                "h.yaml:3:17: unknown key alerts.stale_after.artcles",
            ),
            ("  webhook: hush\n", "h.yaml:3:3: alerts.webhook: this is not an address"),
            ("  heartbeat: ftp://hush\n", "h.yaml:3:3: alerts.heartbeat: this is not an address"),
            ("  webhook: {kind: slack}\n", "h.yaml:3:3: alerts.webhook.url is missing"),
            (
                "  webhook: {url: 'https://hush', kind: icq}\n",
                "h.yaml:3:34: alerts.webhook.kind: `icq` is not one of json, dingtalk, feishu",
            ),
            (
                "  webhook: {env: A, file: B}\n",
                "h.yaml:3:3: alerts.webhook must be a value, {env: VARIABLE} or {file: PATH}",
            ),
        ] {
            let problems = read(text).unwrap_err();
            assert!(problems[0].starts_with(expected), "{text} {problems:#?}");
            assert!(problems.iter().all(|problem| !problem.contains("hush")), "{problems:#?}");
        }
    }

    #[test]
    fn a_service_is_known_by_its_host() {
        for (url, service) in [
            ("https://oapi.dingtalk.com/robot/send?access_token=x", Service::DingTalk),
            ("https://open.feishu.cn/open-apis/bot/v2/hook/x", Service::Feishu),
            ("https://open.larksuite.com/open-apis/bot/v2/hook/x", Service::Feishu),
            ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x", Service::WeCom),
            ("https://hooks.slack.com/services/a/b/c", Service::Slack),
            ("https://discord.com/api/webhooks/1/x", Service::Discord),
            ("https://ntfy.sh/topic", Service::Ntfy),
            ("https://oapi.dingtalk.com.evil.example/", Service::Json),
            ("http://10.0.0.1/hook", Service::Json),
        ] {
            assert_eq!(Service::of(&Url::parse(url).unwrap()), service, "{url}");
        }
    }
}
