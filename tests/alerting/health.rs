//! `status`, `/readyz` and `/metrics` on the same problems.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::process::Command;

use chrono::{TimeDelta, Utc};
use headwater::store::{Begun, Job, JobName, Store};
use rusqlite::Connection;
use serde_json::Value;

use crate::process::Daemon;
use crate::receiver::Ear;
use crate::site::{Site, text};

/// What `status` says: whether all is well, and the keys of what is not.
fn status(site: &Site, settings: &[&str]) -> (Option<i32>, Vec<String>, Value) {
    let mut arguments = vec!["--json"];
    arguments.extend(settings.iter().flat_map(|one| ["--set", one]));
    arguments.push("status");
    let output = site.run(&arguments);
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys = status["details"].as_array().unwrap().iter();
    let keys: Vec<String> = keys.map(|one| one["key"].as_str().unwrap().to_owned()).collect();
    assert_eq!(status["healthy"], keys.is_empty(), "{status}");
    assert_eq!(status["problems"].as_array().unwrap().len(), keys.len());
    (output.status.code(), keys, status)
}

#[test]
fn without_a_database_status_tells_that_and_all_else_that_can_be_seen() {
    let site = Site::new();
    assert!(site.run(&["regen"]).status.success());
    let database = site.path("state/headwater.db");
    // A command does not wait until its log is written into the database; whoever closes it last does.
    Connection::open(&database).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let later = fs::read(&database).unwrap();
    let garbage = || fs::write(&database, vec![0x5A; 40_000]).unwrap();
    let from_later = || {
        fs::write(&database, &later).unwrap();
        let connection = Connection::open(&database).unwrap();
        connection.pragma_update(None, "user_version", 9_999).unwrap();
    };
    let folder = || fs::create_dir(&database).unwrap();
    fs::write(site.path("feeds/index.xml"), "<rss><channel>").unwrap();
    let cases: [(&dyn Fn(), &str); 3] = [
        (&garbage, "headwater restore"),
        (&from_later, "use the program that wrote it"),
        (&folder, "cannot open the database"),
    ];
    for (spoil, remedy) in cases {
        for end in ["", "-wal", "-shm"] {
            drop(fs::remove_file(site.path(&format!("state/headwater.db{end}"))));
        }
        spoil();
        let (code, keys, status) = status(&site, &["alerts.stale_after={articles: 30d}"]);
        assert_eq!(code, Some(1), "{status}");
        assert_eq!(
            keys,
            ["database:unreadable", "feed:index.xml:invalid", "articles:stale"],
            "{status}"
        );
        assert!(status["problems"][0].as_str().unwrap().contains(remedy), "{status}");
        assert_eq!((&status["articles"], &status["sources"]), (&11.into(), &Value::Null));

        let told = site.run(&["status"]);
        assert_eq!(told.status.code(), Some(1));
        let (told, errors) = (text(&told.stdout), text(&told.stderr));
        assert!(told.starts_with("articles  11 (") && told.ends_with("not healthy\n"), "{told}");
        assert!(
            told.contains("\nsources   unknown\nproblem   ") && told.contains(remedy),
            "{told}"
        );
        assert_eq!(errors, "", "what is wrong is the result");
    }
}

#[test]
fn status_readyz_and_metrics_agree() {
    let site = Site::new();
    let hook = Ear::open(&[]);
    let stale = "alerts.stale_after={articles: 30d, sources: 30d}";
    let webhook = format!("alerts.webhook={}", hook.url);
    let daemon = Daemon::start_with(&site, &[stale, &webhook], &[]);
    // Whoever is told is told last.
    while !hook.next().body.contains("source:recorded-daily:stale") {}
    let (code, keys, status) = status(&site, &[stale]);
    assert_eq!(code, Some(1));
    assert!(keys.len() > 2 && keys.contains(&"articles:stale".to_owned()), "{keys:?}");

    let ready = daemon.get("/readyz", "");
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    let lines: Vec<&str> = ready.split("\r\n\r\n").nth(1).unwrap().lines().collect();
    assert_eq!(Value::from(lines), status["problems"]);

    let metrics = daemon.get("/metrics", "");
    assert!(metrics.contains("content-type: text/plain; version=0.0.4"), "{metrics}");
    for line in [
        "headwater_healthy 0".to_owned(),
        "headwater_problems{kind=\"stale_articles\"} 1".to_owned(),
        format!("headwater_problems{{kind=\"stale_source\"}} {}", keys.len() - 1),
        "headwater_problems{kind=\"job_failed\"} 0".to_owned(),
        "headwater_articles{standing=\"published\"} 9".to_owned(),
        "headwater_source_failures{source=\"recorded-daily\"} 0".to_owned(),
        "headwater_job_runs_total{task=\"fetch\",outcome=\"ok\"} 1".to_owned(),
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line} in {metrics}");
    }
}

#[test]
fn a_daemon_that_has_stood_still_is_noticed_from_the_command_line() {
    let site = Site::new();
    assert!(site.run(&["regen"]).status.success());
    assert!(site.run(&["fetch"]).status.success());
    assert_eq!(status(&site, &[]).0, Some(0));
    // All that it did was done 37 days ago.
    let past = "update jobs set started = started - 37 * 86400;
                update source_states set state = json_set(state, '$.next_at',
                    strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-37 days'));";
    let store = rusqlite::Connection::open(site.path("state/headwater.db")).unwrap();
    store.execute_batch(past).unwrap();
    let (code, keys, status_) = status(&site, &[]);
    assert_eq!(
        (code, keys),
        (Some(1), vec!["job:regen:overdue".into(), "job:fetch:overdue".into()])
    );
    let problem = status_["problems"][0].as_str().unwrap();
    for part in ["no regen has run", "37 days ago", "`headwater run`"] {
        assert!(problem.contains(part), "{problem}");
    }
    assert!(text(&site.run(&["status"]).stdout).contains("problem   no fetch has run when"));
    assert!(site.run(&["regen"]).status.success());
    assert!(site.run(&["fetch"]).status.success());
    assert_eq!(status(&site, &[]).0, Some(0), "and all is well once it works");
}

#[test]
fn a_job_that_did_not_finish_is_a_problem_until_one_does() {
    let site = Site::new();
    assert!(site.run(&["regen"]).status.success());
    let store = Store::open(&site.path("state/headwater.db")).unwrap();
    let started = Utc::now() - TimeDelta::minutes(1);
    // No process has the highest number that there is.
    store.begin_job(Begun { name: JobName::Fetch, started, process: i32::MAX as u32 }).unwrap();
    let (code, keys, status_) = status(&site, &[]);
    assert_eq!((code, keys), (Some(1), vec!["job:fetch:unfinished".to_owned()]), "{status_}");
    assert!(status_["problems"][0].as_str().unwrap().contains("did not finish"), "{status_}");
    assert!(site.run(&["fetch"]).status.success());
    assert_eq!(status(&site, &[]).0, Some(0));
    let history = site.json(&["--json", "status", "--history", "--job", "fetch"]);
    assert_eq!(history["jobs"][1]["error"], "it did not finish: its process ended");

    let error = Some("the disk is full".to_owned());
    let failed =
        Job { name: JobName::Regen, started: Utc::now(), took_ms: 1, error, report: Value::Null };
    store.record_job(failed).unwrap();
    assert_eq!(status(&site, &[]).1, ["job:regen:failed"]);
}

#[test]
fn a_fetch_that_is_stopped_leaves_nothing_unfinished_and_one_that_died_is_made_good_by_the_next() {
    let site = Site::new();
    assert!(site.run(&["regen"]).status.success());
    let list = site.read("config/sources.yaml");
    // It takes the request, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let slow = format!("- {{id: slow, url: 'http://{}/'}}\n", listener.local_addr().unwrap());
    fs::write(site.path("config/sources.yaml"), format!("{list}{slow}")).unwrap();
    let fetch = ["--set", "fetch.allow_private=true", "fetch", "--all"];
    for (signal, unfinished) in [("-INT", false), ("-TERM", false), ("-KILL", true)] {
        let mut fetching = site.command(&fetch).spawn().unwrap();
        let _asked = listener.accept().unwrap();
        let pid = fetching.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert_eq!(fetching.wait().unwrap().code(), (!unfinished).then_some(1), "{signal}");
        let (_, keys, status) = status(&site, &[]);
        let expected = if unfinished { &["job:fetch:unfinished"][..] } else { &[] };
        assert_eq!(keys, expected, "{signal}: {status}");
    }
    // Nobody is due, and what the problem's remedy says helps all the same.
    assert!(site.run(&["fetch"]).status.success());
    let (code, keys, status) = status(&site, &[]);
    assert_eq!((code, keys), (Some(0), vec![]), "{status}");
    let history = site.json(&["--json", "status", "--history", "--job", "fetch"]);
    let errors: Vec<bool> =
        history["jobs"].as_array().unwrap().iter().map(|job| job["error"].is_null()).collect();
    assert_eq!(errors, [true, false], "{history}");
}

#[test]
fn a_source_list_that_cannot_be_read_is_a_problem_among_the_others() {
    let site = Site::new();
    assert!(site.run(&["regen"]).status.success());
    fs::write(site.path("config/sources.yaml"), "- id: [\n").unwrap();
    let (code, keys, status) = status(&site, &["alerts.stale_after={articles: 30d}"]);
    assert_eq!(code, Some(1), "{status}");
    assert_eq!(keys, ["sources:list", "articles:stale"], "{status}");
    assert_eq!(status["sources"], Value::Null);
    assert!(text(&site.run(&["status"]).stdout).contains("\nsources   unknown\n"));
}

#[test]
fn sources_that_all_answer_with_a_refusal_are_no_failure_of_the_round() {
    let site = Site::new();
    assert!(site.run(&["regen"]).status.success());
    let gone = Ear::open(&[("404 Not Found", "")]);
    let source = |number| format!("- {{id: s{number}, url: '{}/{number}'}}\n", gone.url);
    fs::write(site.path("config/sources.yaml"), (0..4).map(source).collect::<String>()).unwrap();
    let fetch = ["--set", "fetch.allow_private=true", "--set", "fetch.host_pause=0s", "fetch"];
    drop(site.run(&fetch));
    assert_eq!(gone.rest().iter().filter(|heard| heard.line.contains("/hush/")).count(), 4);
    let (code, keys, status) = status(&site, &[]);
    assert_eq!((code, keys), (Some(0), vec![]), "{status}");
}

#[test]
fn feeds_that_are_broken_lost_or_empty_are_noticed_and_regenerated() {
    let site = Site::new();
    assert_eq!(status(&site, &[]).1, ["feeds:none"]);
    assert!(site.run(&["regen"]).status.success());
    assert_eq!(status(&site, &[]).0, Some(0));

    let feed = site.read("feeds/index.xml");
    fs::write(site.path("feeds/index.xml"), &feed[..feed.len() / 2]).unwrap();
    fs::write(site.path("feeds/notes/feed.json"), "{\"version\":").unwrap();
    fs::remove_file(site.path("feeds/insights/atom.xml")).unwrap();
    let (code, keys, _) = status(&site, &[]);
    assert_eq!(code, Some(1));
    assert_eq!(keys, ["feeds:missing", "feed:index.xml:invalid", "feed:notes/feed.json:invalid"]);
    assert!(site.run(&["regen"]).status.success());
    assert_eq!(status(&site, &[]).0, Some(0), "one regeneration mends them all");

    fs::rename(site.path("feeds"), site.path("elsewhere")).unwrap();
    let (_, keys, status_) = status(&site, &[]);
    assert_eq!(keys, ["feeds:none"]);
    assert!(status_["problems"][0].as_str().unwrap().contains("are gone from feeds"), "{status_}");

    fs::remove_dir_all(site.path("articles")).unwrap();
    fs::create_dir(site.path("articles")).unwrap();
    assert!(site.run(&["regen"]).status.success());
    let (code, keys, _) = status(&site, &[]);
    assert_eq!(code, Some(1));
    let empty: Vec<_> = keys.iter().filter(|key| key.ends_with(":empty")).collect();
    assert_eq!(empty, ["feed:atom.xml:empty", "feed:feed.json:empty", "feed:index.xml:empty"]);
}

#[test]
fn a_site_that_never_had_an_article_is_no_problem() {
    let site = Site::new();
    fs::remove_dir_all(site.path("articles")).unwrap();
    fs::create_dir(site.path("articles")).unwrap();
    assert!(site.run(&["regen"]).status.success());
    assert_eq!(status(&site, &[]), (Some(0), vec![], status(&site, &[]).2));
}

#[test]
fn a_failing_source_is_told_with_what_fails_since_when_and_what_to_do() {
    let site = Site::new();
    assert!(site.run(&["regen"]).status.success());
    let page = Ear::open(&[("200 OK", "<html><body>Hello</body></html>")]);
    // Who speaks first, and no TLS.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = format!("https://{}/feed", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept() {
            drop(stream.write_all(b"220 ready when you are\r\n"));
            open.push(stream);
        }
    });
    let failing = [
        ("away", "http://127.0.0.1:1/feed", "with a broken connection: "),
        ("page", page.url.as_str(), "with something that is no feed: "),
        ("nameless", "http://no-such-host.invalid/feed", "with a DNS failure: "),
        ("plain", plain.as_str(), "with a TLS failure: "),
    ];
    let sources = failing.map(|(id, url, _)| format!("- id: {id}\n  url: {url}\n")).concat();
    fs::write(site.path("config/sources.yaml"), sources).unwrap();
    for _ in 0..3 {
        drop(site.run(&["--set", "fetch.allow_private=true", "fetch", "--all"]));
    }
    let (code, keys, status) = status(&site, &[]);
    assert_eq!(code, Some(1));
    for (at, (id, _, kind)) in failing.iter().enumerate() {
        assert_eq!(keys[at], format!("source:{id}:failing"), "{status}");
        let problem = status["problems"][at].as_str().unwrap();
        for part in ["has failed 3 times since 20", kind, "never answered well", "sources disable "]
        {
            assert!(problem.contains(part), "{problem}");
        }
    }
    // Each is told by itself, and one of them answers.
    assert_eq!(keys.len(), 4, "{status}");
}
