//! What editors say of suggestions, and what becomes of it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::process::Daemon;
use crate::site::{Site, text};

const DRAFT: &str = "articles/insights/agents-in-newsrooms.md";

/// A source of items for the draft that tell of nothing that another source tells of.
fn add_source(site: &Site) {
    let items: String = [
        ("编辑找资料的清单：二十个参考数据库", "Mon, 16 Jun 2025 08:00:00 +0800"),
        ("事实核查草稿要看几遍：编辑部问卷", "Sat, 14 Jun 2025 20:00:00 +0800"),
    ]
    .iter()
    .enumerate()
    .map(|(at, (title, date))| {
        let link = format!("https://more.example/{at}");
        [
            "<item><title>",
            title,
            "</title><link>",
            &link,
            "</link><pubDate>",
            date,
            "</pubDate></item>",
        ]
        .concat()
    })
    .collect();
    let feed = format!("<rss version='2.0'><channel><title>t</title>{items}</channel></rss>");
    fs::write(site.path("more.xml"), feed).unwrap();
    let list = site.read("config/sources.yaml");
    let source = format!(
        "- {{id: more, name: 第四家, url: \"file:{}\"}}\n",
        site.path("more.xml").display()
    );
    fs::write(site.path("config/sources.yaml"), list + &source).unwrap();
}

/// A site with items, and the suggestions for its draft.
fn suggested() -> (Site, Vec<Value>) {
    let site = Site::new();
    add_source(&site);
    site.json(&["--json", "fetch"]);
    let list = suggestions(&site);
    assert!(list.len() >= 3, "{list:?}");
    (site, list)
}

fn suggestions(site: &Site) -> Vec<Value> {
    site.json(&["--json", "suggest", DRAFT])["suggestions"].as_array().unwrap().clone()
}

fn id(suggestion: &Value) -> &str {
    suggestion["id"].as_str().unwrap()
}

fn exported(site: &Site) -> Vec<Value> {
    let output = site.run(&["verdicts", "export"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Writes the reference that `suggest` proposes into the draft by hand.
fn write_reference(site: &Site, suggestion: &Value) {
    let citation = suggestion["citation"].as_str().unwrap();
    let body = format!("{}\n\n## 引用\n\n{citation}\n", site.read(DRAFT));
    fs::write(site.path(DRAFT), body).unwrap();
}

#[test]
fn verdicts_are_exported_with_who_said_what_why_and_what_spoke_for_it() {
    let (site, list) = suggested();
    let [first, second, third] = [0, 1, 2].map(|at| id(&list[at]));
    let accepted = site.json(&["--json", "accept", first, second, "--editor", "anna"]);
    assert_eq!((&accepted["verdict"], &accepted["editor"]), (&json!("accept"), &json!("anna")));
    assert_eq!(accepted["suggestions"][1]["id"], second);
    site.json(&["--json", "reject", second, "--editor", "bert", "--reason", "太旧"]);

    let unknown = site.run(&["reject", third, "0000000000"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert_eq!(site.run(&["accept", third, "--editor", ""]).status.code(), Some(2));

    let lines = exported(&site);
    assert_eq!(lines.len(), 3, "all verdicts of a call are recorded or none: {lines:?}");
    let said = |editor: &str, id: &str| {
        let found = lines.iter().find(|line| line["editor"] == editor && line["suggestion"] == id);
        found.unwrap().clone()
    };
    let line = said("bert", second);
    assert_eq!((&line["verdict"], &line["reason"]), (&json!("reject"), &json!("太旧")));
    assert_eq!(line["for"], list[1]["for"]);
    for key in ["title", "url", "source"] {
        assert_eq!(line[key], list[1][key], "{key}");
    }
    assert!(DateTime::parse_from_rfc3339(line["judged"].as_str().unwrap()).is_ok());
    assert!(line["features"]["title"].is_number(), "{line}");
    assert_eq!(line["fingerprint"]["configuration"].as_str().unwrap().len(), 16);

    let written = site.json(&["--json", "verdicts", "export", "--output", "v.jsonl"]);
    assert_eq!(written, json!({"verdicts": 3, "file": "v.jsonl"}));
    assert_eq!(site.read("v.jsonl").lines().count(), 3);

    let none = site.json(&["--json", "verdicts", "agreement"]);
    assert_eq!(none["pairs"], json!([]), "one suggestion in common says nothing");
    let pairs = site.json(&["--json", "verdicts", "agreement", "--min", "1"]);
    assert_eq!(pairs["pairs"][0]["editors"], json!(["anna", "bert"]));
    assert_eq!(
        (&pairs["pairs"][0]["suggestions"], &pairs["pairs"][0]["agreement"]),
        (&json!(1), &json!(0.0))
    );
}

#[test]
fn what_is_judged_is_not_suggested_again_for_the_same_article() {
    let (site, list) = suggested();
    site.json(&["--json", "accept", id(&list[0])]);
    site.json(&["--json", "reject", id(&list[1])]);
    let urls: Vec<Value> = suggestions(&site).iter().map(|one| one["url"].clone()).collect();
    assert!(!urls.contains(&list[0]["url"]) && !urls.contains(&list[1]["url"]), "{urls:?}");
    assert!(urls.contains(&list[2]["url"]), "{urls:?}");
}

#[test]
fn an_article_that_takes_a_suggestion_up_has_accepted_it_once() {
    let (site, list) = suggested();
    assert_eq!(exported(&site), [] as [Value; 0]);
    write_reference(&site, &list[1]);
    site.json(&["--json", "regen", "--dry-run"]);
    for _ in 0..2 {
        site.json(&["--json", "regen"]);
        let lines = exported(&site);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!((&lines[0]["verdict"], &lines[0]["editor"]), (&json!("cited"), &json!("")));
        assert_eq!(lines[0]["suggestion"], id(&list[1]));
        assert!(lines[0]["features"].is_object(), "{lines:?}");
    }
}

#[test]
fn the_daemon_notices_what_an_article_has_taken_up() {
    let site = Site::new();
    let mut daemon = Daemon::start(&site);
    // By now the articles are being watched.
    daemon.wait_for("Suggestions");
    let list = suggestions(&site);
    write_reference(&site, &list[0]);
    fs::write(site.path("articles/notes/new.md"), "---\ntitle: New\ndate: 2025-07-09\n---\nText\n")
        .unwrap();
    daemon.wait_for("10 articles");
    let store = rusqlite::Connection::open(site.path("state/headwater.db")).unwrap();
    let count = "select count(*) from verdicts where verdict = 'cited' and suggestion = ?1";
    let found = || store.query_row(count, [id(&list[0])], |row| row.get::<_, i64>(0)).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while found() == 0 && std::time::Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(found(), 1);
}

#[test]
fn what_was_suggested_then_is_suggested_again_byte_for_byte() {
    let (site, list) = suggested();
    let suggest = |then: &str| site.run(&["--json", "suggest", DRAFT, "--as-of", then]).stdout;
    std::thread::sleep(Duration::from_millis(1_100));
    let then = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let before = site.run(&["--json", "suggest", DRAFT]).stdout;
    std::thread::sleep(Duration::from_millis(1_100));

    // A later item that would come first, a later verdict, a later article.
    let later = json!({"version": "https://jsonfeed.org/version/1.1", "title": "Later", "items": [{
        "id": "later", "url": "https://later.example/agents", "date_published": "2025-06-27T00:00:00Z",
        "title": "编辑部里的智能体：找资料，也要核资料，事实核查仍要人来做",
    }]});
    fs::write(site.path("config/recorded/later.json"), later.to_string()).unwrap();
    let sources = site.read("config/sources.yaml");
    let more =
        "- id: later\n  name: Later\n  url: file:config/recorded/later.json\n  tier: first_party\n";
    fs::write(site.path("config/sources.yaml"), format!("{sources}{more}")).unwrap();
    site.json(&["--json", "fetch", "--all"]);
    site.json(&["--json", "accept", id(&list[1])]);
    let now = site.run(&["--json", "suggest", DRAFT]).stdout;
    assert!(text(&now).contains("later.example") && !text(&now).contains(id(&list[1])));

    for _ in 0..2 {
        assert_eq!(text(&suggest(&then)), text(&before));
    }
    let long_ago = text(&suggest("2025-01-01"));
    assert_eq!(long_ago.trim(), r#"{"suggestions":[]}"#, "nothing had been seen then");
    let wrong = site.run(&["suggest", DRAFT, "--as-of", "yesterday"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("`yesterday` is neither a day such as 2025-06-13"));

    let store = rusqlite::Connection::open(site.path("state/headwater.db")).unwrap();
    let count = |table: &str| -> i64 {
        let count = format!("select count(*) from {table}");
        store.query_row(&count, [], |row| row.get(0)).unwrap()
    };
    let (showings, shown) = (count("showings"), count("suggestions"));
    suggest(&then);
    assert_eq!(
        (count("showings"), count("suggestions")),
        (showings, shown),
        "a replay shows nothing"
    );
}

/// Verdicts of an editor who looks at the body, where the usual weights look at the title.
pub(crate) fn verdicts(articles: usize, each: usize) -> String {
    let number = |at: usize, step: usize| (at * step % 101) as f64 / 101.0;
    let line = |at: usize| {
        let (title, body) = (number(at, 37), number(at, 59));
        let verdict = if body > 0.5 { "accept" } else { "reject" };
        json!({
            "for": {"article": format!("insights/{}.md", at / each), "topic": null},
            "item": format!("i{at}"), "verdict": verdict, "editor": "anna",
            "judged": "2025-06-13T08:00:00Z", "features": {"title": title, "body": body},
        })
        .to_string()
    };
    (0..articles * each).map(|at| line(at) + "\n").collect()
}

fn learn_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headwater"));
    command.current_dir(folder).env_remove("HEADWATER_CONFIG").args(arguments).output().unwrap()
}

#[test]
fn weights_are_learnt_from_exported_lines_without_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("v.jsonl"), verdicts(12, 8)).unwrap();
    let learnt = learn_in(folder.path(), &["learn", "--verdicts", "v.jsonl"]);
    let shown = text(&learnt.stdout);
    assert!(learnt.status.success(), "{}", text(&learnt.stderr));
    assert!(shown.starts_with("96 suggestions judged for 12 articles and topics: "), "{shown}");
    assert!(shown.contains("\nsuggest:\n  weights:\n    bias: "), "{shown}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");

    fs::write(folder.path().join("few.jsonl"), verdicts(2, 8)).unwrap();
    let few = learn_in(folder.path(), &["learn", "--verdicts", "few.jsonl"]);
    assert_eq!(few.status.code(), Some(1));
    let reason = text(&few.stderr);
    assert!(
        reason.contains("suggestions judged so far: 16; learning takes at least 20"),
        "{reason}"
    );

    fs::write(folder.path().join("bad.jsonl"), "{}\n").unwrap();
    let bad = learn_in(folder.path(), &["learn", "--verdicts", "bad.jsonl"]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(text(&bad.stderr).starts_with("headwater: bad.jsonl:1:"), "{}", text(&bad.stderr));
}

#[test]
fn better_weights_are_written_when_told_to_and_nothing_else_is_touched() {
    let site = Site::new();
    fs::write(site.path("v.jsonl"), verdicts(12, 8)).unwrap();
    let before = site.read("config/headwater.yaml");
    let looked = site.json(&["--json", "learn", "--verdicts", "v.jsonl"]);
    assert_eq!((&looked["better"], &looked["written"]), (&json!(true), &Value::Null), "{looked}");
    assert!(looked["after"]["auc"].as_f64() > looked["before"]["auc"].as_f64());
    assert_eq!(site.read("config/headwater.yaml"), before, "only looked");

    let over = site.run(&[
        "--set",
        "suggest.weights.title=1",
        "learn",
        "--verdicts",
        "v.jsonl",
        "--write",
    ]);
    assert_eq!(over.status.code(), Some(2));
    let written = site.json(&["--json", "learn", "--verdicts", "v.jsonl", "--write"]);
    assert_eq!(written["written"], "config/headwater.yaml");
    let after = site.read("config/headwater.yaml");
    let new: Vec<&str> = after.lines().filter(|line| !before.contains(line)).collect();
    let kept: Vec<&str> = after.lines().filter(|line| !new.contains(line)).collect();
    assert_eq!(kept, before.lines().collect::<Vec<_>>(), "every old line is there");
    for (line, change) in new[1..].iter().zip(written["weights"].as_array().unwrap()) {
        assert_eq!(line.trim(), format!("{}: {}", change["name"].as_str().unwrap(), change["new"]));
    }
    assert!(site.run(&["check"]).status.success());

    let again = site.json(&["--json", "learn", "--verdicts", "v.jsonl"]);
    let auc = |measured: &Value| measured["before"]["auc"].as_f64().unwrap();
    assert!(auc(&again) > auc(&looked), "learning starts where the file is: {again}");
}

#[test]
fn a_configuration_that_cannot_be_changed_is_shown_what_to_paste() {
    let site = Site::new();
    fs::write(site.path("v.jsonl"), verdicts(12, 8)).unwrap();
    let file = site.path("config/headwater.yaml");
    let before = site.read("config/headwater.yaml");
    let mut permissions = fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).unwrap();
    let refused = site.run(&["learn", "--verdicts", "v.jsonl", "--write"]);
    assert_eq!(refused.status.code(), Some(1));
    let reason = text(&refused.stderr);
    assert!(reason.contains("is read-only") && reason.contains("  weights:\n"), "{reason}");
    assert_eq!(site.read("config/headwater.yaml"), before);
}

#[test]
fn learning_from_the_store_says_what_is_missing() {
    let (site, list) = suggested();
    site.json(&["--json", "accept", id(&list[0])]);
    let learnt = site.run(&["learn"]);
    assert_eq!(learnt.status.code(), Some(1));
    let reason = text(&learnt.stderr);
    assert!(reason.contains("suggestions judged so far: 1;"), "{reason}");
}
