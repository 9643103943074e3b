//! Webhook and heartbeat.

use std::fs;

use chrono::{TimeDelta, Utc};
use headwater::store::{Begun, JobName, Store};
use serde_json::Value;

use crate::process::Daemon;
use crate::receiver::Ear;
use crate::site::{Site, text};

/// The example's articles are of 2025.
const STALE: &str = "alerts.stale_after=30d";

fn keys(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|note| note["key"].as_str().unwrap()).collect()
}

fn write_article(site: &Site) {
    let now = (Utc::now() - TimeDelta::minutes(1)).to_rfc3339();
    let article = format!("---\ntitle: Fresh\ndate: {now}\n---\nText\n");
    fs::write(site.path("articles/notes/fresh.md"), article).unwrap();
}

#[test]
fn a_problem_is_told_once_and_its_end_is_and_a_restart_repeats_nothing() {
    let site = Site::new();
    let (hook, heart) = (Ear::open(&[]), Ear::open(&[]));
    let webhook = format!("alerts.webhook={}", hook.url);
    let heartbeat = format!("alerts.heartbeat={}", heart.url);
    let settings = [STALE, webhook.as_str(), heartbeat.as_str()];

    let mut daemon = Daemon::start_with(&site, &settings, &[]);
    let told = hook.next();
    assert!(told.line.starts_with("POST /hush "), "{}", told.line);
    let told = told.json();
    assert_eq!((&told["event"], keys(&told["begun"])), (&"begin".into(), vec!["articles:stale"]));
    assert_eq!((&told["problems"], told["ended"].as_array().unwrap().len()), (&1.into(), 0));
    assert!(told["text"].as_str().unwrap().contains("】出现问题\n🔴 最新的文章已是 "), "{told}");
    // Old articles are not the daemon's fault, and its heart beats on.
    assert!(heart.next().line.starts_with("GET /hush "));
    daemon.signal("-TERM");
    assert!(daemon.child.wait().unwrap().success());
    drop(daemon);

    let daemon = Daemon::start_with(&site, &settings, &[]);
    heart.next();
    assert_eq!(hook.rest().len(), 0, "it has been told already");
    write_article(&site);
    let told = hook.next().json();
    assert_eq!(
        (&told["event"], keys(&told["ended"])),
        (&"end".into(), vec!["articles:stale"]),
        "{told}"
    );
    assert_eq!((&told["problems"], told["begun"].as_array().unwrap().len()), (&0.into(), 0));
    drop(daemon);
    assert_eq!(hook.rest().len(), 0);
}

#[test]
fn many_problems_are_one_message() {
    let site = Site::new();
    let hook = Ear::open(&[]);
    let webhook = format!("alerts.webhook={{url: '{}', language: en}}", hook.url);
    let stale = "alerts.stale_after={articles: 30d, feeds: {'*': 30d}}";
    let daemon = Daemon::start_with(&site, &[stale, &webhook], &[]);
    let told = hook.next().json();
    let begun = keys(&told["begun"]);
    assert!(begun.len() > 10 && begun.contains(&"feed:insights:stale"), "{begun:?}");
    assert_eq!((&told["event"], &told["problems"]), (&"digest".into(), &begun.len().into()));
    let text = told["text"].as_str().unwrap();
    assert!(text.contains(&format!("] {} new, 0 resolved, ", begun.len())), "{text}");
    drop(daemon);
    assert_eq!(hook.rest().len(), 0);
}

#[test]
fn what_is_refused_openly_or_in_a_good_answer_is_sent_again() {
    let site = Site::new();
    let hook = Ear::open(&[
        ("500 Oops", "not now"),
        ("200 OK", r#"{"errcode":310000,"errmsg":"sign not match"}"#),
        ("200 OK", r#"{"errcode":0,"errmsg":"ok"}"#),
    ]);
    fs::write(site.path("secret"), "SEC123\n").unwrap();
    let webhook = format!(
        "alerts.webhook={{url: '{}?access_token=x', kind: dingtalk, secret: {{file: secret}}}}",
        hook.url
    );
    let daemon = Daemon::start_with(&site, &[STALE, &webhook], &[]);
    for _ in 0..3 {
        let told = hook.next();
        for part in ["?access_token=x&timestamp=1", "&sign="] {
            assert!(told.line.contains(part), "{}", told.line);
        }
        let told = told.json();
        assert_eq!(told["msgtype"], "text");
        assert!(told["text"]["content"].as_str().unwrap().contains("最新的文章"), "{told}");
    }
    // The next message is another one.
    write_article(&site);
    assert!(hook.next().body.contains("问题已解决"));
    drop(daemon);
    assert_eq!(hook.rest().len(), 0);
}

#[test]
fn what_could_not_be_sent_before_the_end_is_sent_after_the_next_start() {
    let site = Site::new();
    let deaf = Ear::open(&[("503 Busy", "")]);
    let webhook = format!("alerts.webhook={}", deaf.url);
    let mut daemon = Daemon::start_with(&site, &[STALE, &webhook], &[]);
    deaf.next();
    daemon.signal("-KILL");
    daemon.child.wait().unwrap();
    let hook = Ear::open(&[]);
    let webhook = format!("alerts.webhook={}", hook.url);
    let _daemon = Daemon::start_with(&site, &[STALE, &webhook], &[]);
    assert_eq!(keys(&hook.next().json()["begun"]), ["articles:stale"]);
}

#[test]
fn the_heart_stands_still_while_headwater_does_not_do_its_work() {
    let site = Site::new();
    let (hook, heart) = (Ear::open(&[]), Ear::open(&[]));
    // A run that began hours ago in a process that lives, and has not ended.
    let store = Store::open(&site.path("state/headwater.db")).unwrap();
    let started = Utc::now() - TimeDelta::hours(3);
    store.begin_job(Begun { name: JobName::Fetch, started, process: 1 }).unwrap();
    let webhook = format!("alerts.webhook={}", hook.url);
    let heartbeat = format!("alerts.heartbeat={}", heart.url);
    let daemon = Daemon::start_with(&site, &[&webhook, &heartbeat], &[]);
    assert_eq!(keys(&hook.next().json()["begun"]), ["job:fetch:unfinished"]);
    drop(daemon);
    assert_eq!(heart.rest().len(), 0, "the heart beats before anybody is told");
}

#[test]
fn a_webhook_can_be_tried_and_no_error_gives_its_address_away() {
    let site = Site::new();
    assert_eq!(site.run(&["status", "--test-alert"]).status.code(), Some(2), "nobody to tell");
    let (hook, heart) = (Ear::open(&[("200 OK", ""), ("403 No", "go away")]), Ear::open(&[]));
    let webhook = format!("alerts.webhook={}", hook.url);
    let heartbeat = format!("alerts.heartbeat={}", heart.url);
    let try_it = ["--set", &webhook, "--set", &heartbeat, "status", "--test-alert"];
    let output = site.run(&try_it);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "webhook: delivered\nheartbeat: delivered\n");
    assert_eq!(hook.next().json()["event"], "test");
    heart.next();

    let output = site.run(&try_it);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "alerts.webhook: 403 Forbidden: go away\n");
    assert!(!text(&output.stdout).contains("hush"));
    let missing = "alerts.webhook={env: HEADWATER_NO_SUCH_HOOK}";
    let output = site.run(&["--set", missing, "status", "--test-alert"]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("the environment variable HEADWATER_NO_SUCH_HOOK is not set"),
        "{error}"
    );
}

#[test]
fn a_configuration_that_is_refused_is_told_until_a_good_one_is_read() {
    let site = Site::new();
    let hook = Ear::open(&[]);
    let webhook = format!("alerts.webhook={}", hook.url);
    let daemon = Daemon::start_with(&site, &[&webhook], &[]);
    let good = site.read("config/headwater.yaml");
    fs::write(site.path("config/headwater.yaml"), format!("{good}\nsotre: x\n")).unwrap();
    daemon.signal("-HUP");
    let told = hook.next().json();
    assert_eq!(keys(&told["begun"]), ["configuration:refused"]);
    let ready = daemon.get("/readyz", "");
    assert!(ready.contains("unknown key sotre (did you mean store?)"), "{ready}");
    fs::write(site.path("config/headwater.yaml"), good).unwrap();
    daemon.signal("-HUP");
    assert_eq!(keys(&hook.next().json()["ended"]), ["configuration:refused"]);
    assert!(daemon.get("/readyz", "").starts_with("HTTP/1.1 200"));
}

#[test]
fn who_runs_everything_once_is_told_as_well() {
    let site = Site::new();
    let (hook, heart) = (Ear::open(&[]), Ear::open(&[]));
    let webhook = format!("alerts.webhook={}", hook.url);
    let heartbeat = format!("alerts.heartbeat={}", heart.url);
    let once = ["--set", STALE, "--set", &webhook, "--set", &heartbeat, "run", "--once"];
    assert!(site.run(&once).status.success());
    assert_eq!(hook.rest().len(), 1);
    assert_eq!(heart.rest().len(), 1);
    assert!(site.run(&once).status.success());
    assert_eq!((hook.rest().len(), heart.rest().len()), (0, 1), "told once, and the heart beats");
}
