//! What each service wants to be sent, and how it says that it did not like it.
//!
//! Follows the services' own pages, as of 2025: 钉钉 “自定义机器人接入” and “自定义机器人安全设置”, 飞书
//! “自定义机器人使用指南”, 企业微信 “群机器人配置说明”, Slack “Sending messages using incoming webhooks”,
//! Discord “Execute Webhook”, ntfy “Publishing”. The three Chinese services answer 200 whatever happens,
//! and tell in the body what did. Pure: the moment of a signature is an argument.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use ring::hmac;
use serde_json::{Value, json};
use url::Url;

use super::decide::{Message, Note};
use super::speech::Speech;
use crate::config::alerts::Service;

/// The longest text that a service takes, in bytes. 钉钉 takes 20,000 and 飞书 20 KB of JSON, 企业微信
/// 2,048, Discord 2,000 characters, ntfy 4,096 before it makes an attachment of it; Slack cuts at
/// 40,000.
fn longest(service: Service) -> usize {
    match service {
        Service::Json => usize::MAX,
        Service::DingTalk | Service::Feishu | Service::Slack => 15_000,
        Service::WeCom => 2_048,
        Service::Discord => 2_000,
        Service::Ntfy => 4_096,
    }
}

/// A request to be sent by POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Where to.
    pub url: Url,
    /// Type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// A token for `Authorization`, where the service asks for one.
    pub bearer: Option<String>,
}

/// What is to be said.
#[derive(Debug, Clone, Copy)]
pub enum Said<'a> {
    /// What has begun and ended.
    Message(&'a Message),
    /// That all this works.
    Trial,
}

/// The request that says `speech` to the service at `url`; `said` is the same for programs.
pub fn letter(
    service: Service,
    url: &Url,
    secret: Option<&str>,
    (site, said, speech): (&str, Said<'_>, &Speech),
    now: DateTime<Utc>,
) -> Letter {
    let text = speech.text(longest(service));
    let mut url = url.clone();
    let mut bearer = None;
    let body = match service {
        Service::Json => {
            bearer = secret.map(str::to_owned);
            for_programs(site, said, &text, now)
        }
        Service::DingTalk => {
            if let Some(secret) = secret {
                let stamp = now.timestamp_millis().to_string();
                let sign = signature(secret.as_bytes(), format!("{stamp}\n{secret}").as_bytes());
                url.query_pairs_mut().append_pair("timestamp", &stamp).append_pair("sign", &sign);
            }
            json!({"msgtype": "text", "text": {"content": text}})
        }
        Service::Feishu => {
            let mut body = json!({"msg_type": "text", "content": {"text": text}});
            if let Some(secret) = secret {
                // What is signed is the key here, and the message is empty.
                let stamp = now.timestamp().to_string();
                body["sign"] = signature(format!("{stamp}\n{secret}").as_bytes(), b"").into();
                body["timestamp"] = stamp.into();
            }
            body
        }
        Service::WeCom => json!({"msgtype": "text", "text": {"content": text}}),
        Service::Slack => {
            // The three characters that Slack's own markup is made of.
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            json!({"text": text})
        }
        // Nobody is called because an error message has an `@` in it.
        Service::Discord => json!({"content": text, "allowed_mentions": {"parse": []}}),
        Service::Ntfy => {
            url.query_pairs_mut().append_pair("title", &speech.title);
            let body = Speech { title: String::new(), lines: speech.lines.clone() };
            return Letter {
                url,
                content_type: "text/plain; charset=utf-8",
                body: body.text(longest(service)).trim_start().to_owned(),
                bearer: secret.map(str::to_owned),
            };
        }
    };
    Letter { url, content_type: "application/json", body: body.to_string(), bearer }
}

fn signature(key: &[u8], text: &[u8]) -> String {
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text))
}

fn for_programs(site: &str, said: Said<'_>, text: &str, now: DateTime<Utc>) -> Value {
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let list = |notes: &[Note]| -> Value {
        let one = |note: &Note| {
            json!({
                "key": note.key, "kind": note.kind.name(), "since": time(note.since),
                "problem": note.words.problem, "remedy": note.words.remedy,
            })
        };
        notes.iter().map(one).collect()
    };
    match said {
        Said::Trial => json!({
            "event": "test", "site": site, "at": time(now), "begun": [], "ended": [], "text": text,
        }),
        Said::Message(message) => {
            let event = match (message.begun.len(), message.ended.len()) {
                (1, 0) => "begin",
                (0, 1) => "end",
                _ => "digest",
            };
            json!({
                "event": event, "site": site, "at": time(message.made), "problems": message.lasting,
                "begun": list(&message.begun), "ended": list(&message.ended), "text": text,
            })
        }
    }
}

/// What is wrong, by the body of an answer whose status is a success.
pub fn complaint(service: Service, body: &str) -> Option<String> {
    let told = |code: &str, message: &str| {
        let answer: Value = serde_json::from_str(body).ok()?;
        let number = answer.get(code)?.as_i64()?;
        Some((number != 0).then(|| {
            format!(
                "{code} {number}: {}",
                answer.get(message).and_then(Value::as_str).unwrap_or("?")
            )
        }))
    };
    let not_understood = || Some(format!("it did not answer as {} does", service.name()));
    match service {
        Service::DingTalk | Service::WeCom => {
            told("errcode", "errmsg").unwrap_or_else(not_understood)
        }
        Service::Feishu => told("code", "msg")
            .or_else(|| told("StatusCode", "StatusMessage"))
            .unwrap_or_else(not_understood),
        Service::Slack if body.trim() != "ok" => not_understood(),
        Service::Json | Service::Slack | Service::Discord | Service::Ntfy => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::speech::trial;
    use super::*;
    use crate::config::alerts::Language;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_599_360_473, 0).unwrap()
    }

    fn sent(service: Service, url: &str, secret: Option<&str>) -> Letter {
        let speech = trial("A & <B>", Language::English);
        let url = Url::parse(url).unwrap();
        letter(service, &url, secret, ("A & <B>", Said::Trial, &speech), now())
    }

    #[test]
    fn each_service_is_sent_what_it_expects() {
        let text = "[A & <B>] Test\nHeadwater's alerts will arrive here.";
        for (service, expected) in [
            (Service::DingTalk, json!({"msgtype": "text", "text": {"content": text}})),
            (Service::Feishu, json!({"msg_type": "text", "content": {"text": text}})),
            (Service::WeCom, json!({"msgtype": "text", "text": {"content": text}})),
            (
                Service::Slack,
                json!({"text": "[A &amp; &lt;B&gt;] Test\nHeadwater's alerts will arrive here."}),
            ),
            (Service::Discord, json!({"content": text, "allowed_mentions": {"parse": []}})),
            (
                Service::Json,
                json!({"event": "test", "site": "A & <B>", "at": "2020-09-06T02:47:53Z",
                       "begun": [], "ended": [], "text": text}),
            ),
        ] {
            let letter = sent(service, "https://h.example/a?k=v", None);
            assert_eq!(serde_json::from_str::<Value>(&letter.body).unwrap(), expected);
            assert_eq!(letter.content_type, "application/json");
            assert_eq!((letter.url.as_str(), letter.bearer), ("https://h.example/a?k=v", None));
        }
        let letter = sent(Service::Ntfy, "https://ntfy.sh/topic", Some("tk_x"));
        assert_eq!(letter.url.as_str(), "https://ntfy.sh/topic?title=%5BA+%26+%3CB%3E%5D+Test");
        assert_eq!(letter.body, "Headwater's alerts will arrive here.");
        assert_eq!(letter.bearer.as_deref(), Some("tk_x"));
    }

    /// The expected signatures were made by the sample code in the services' own documentation
    /// (Python's `hmac`).
    #[test]
    fn signatures_are_those_of_the_documentation() {
        let url = "https://oapi.dingtalk.com/robot/send?access_token=x";
        let letter = sent(Service::DingTalk, url, Some("this is secret"));
        let query: Vec<(String, String)> = letter.url.query_pairs().into_owned().collect();
        assert_eq!(query[1], ("timestamp".to_owned(), "1599360473000".to_owned()));
        assert_eq!(query[2], ("sign".to_owned(), DINGTALK.to_owned()));
        assert!(!letter.url.as_str().ends_with('='), "the sign is escaped: {}", letter.url);
        let letter = sent(Service::Feishu, "https://open.feishu.cn/x", Some("this is secret"));
        let body: Value = serde_json::from_str(&letter.body).unwrap();
        assert_eq!((&body["timestamp"], &body["sign"]), (&"1599360473".into(), &FEISHU.into()));
    }

    const DINGTALK: &str = "hXZTWifRGHclNuZSKxoXc//sh51SWfVfRIhcdeKs63I=";
    const FEISHU: &str = "/eYKrXQBzTjUZJ3s6NX16VxGbTwmK7AEs8/FnvC1CSw=";

    #[test]
    fn a_complaint_in_a_good_answer_is_heard() {
        for (service, body, expected) in [
            (Service::DingTalk, r#"{"errcode":0,"errmsg":"ok"}"#, None),
            (
                Service::DingTalk,
                r#"{"errcode":310000,"errmsg":"sign not match"}"#,
                Some("errcode 310000: sign not match"),
            ),
            (Service::DingTalk, "<html>", Some("it did not answer as dingtalk does")),
            (Service::WeCom, r#"{"errcode":45009,"errmsg":"freq"}"#, Some("errcode 45009: freq")),
            (Service::Feishu, r#"{"code":0,"msg":"success","StatusCode":0}"#, None),
            (Service::Feishu, r#"{"StatusCode":0,"StatusMessage":"success"}"#, None),
            (
                Service::Feishu,
                r#"{"code":19021,"data":{},"msg":"sign match fail"}"#,
                Some("code 19021: sign match fail"),
            ),
            (Service::Slack, "ok", None),
            (Service::Slack, "invalid_payload", Some("it did not answer as slack does")),
            (Service::Discord, "", None),
            (Service::Ntfy, "{\"id\":\"x\"}", None),
            (Service::Json, "whatever", None),
        ] {
            assert_eq!(complaint(service, body).as_deref(), expected, "{service:?} {body}");
        }
    }
}
