//! The daemon's API, as programs ask it.

use serde_json::Value;

use crate::citing;
use crate::process::Daemon;
use crate::site::Site;

const ARTICLE: &str = "articles/insights/agents-in-newsrooms.md";

/// Status, head and JSON of an answer.
fn ask(daemon: &Daemon, path: &str, fields: &str) -> (u16, String, Value) {
    let answer = daemon.get(path, fields);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), serde_json::from_str(body).unwrap())
}

#[test]
fn a_program_is_told_what_the_command_prints() {
    let (site, _) = citing::site();
    let daemon = Daemon::start(&site);
    let path = format!("/api/v1/suggestions?article={ARTICLE}&limit=3");
    let (status, head, told) = ask(&daemon, &path, "");
    assert_eq!(status, 200);
    assert!(head.contains("content-type: application/json") && head.contains("no-store"), "{head}");
    assert!(!head.contains("access-control-allow-origin"), "no page of another site may read it");
    let printed = site.json(&["--json", "suggest", ARTICLE, "--limit", "3"]);
    let ids = |list: &Value| -> Vec<String> {
        let list = list["suggestions"].as_array().unwrap().iter();
        list.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&told), ids(&printed));
    assert!((1..=3).contains(&ids(&told).len()));
    let without_score = |list: &Value| {
        let mut one = list["suggestions"][0].clone();
        // News age between the two.
        let gone = ["score", "shares"].map(|key| one.as_object_mut().unwrap().remove(key));
        assert!(gone.iter().all(Option::is_some));
        one
    };
    assert_eq!(without_score(&told), without_score(&printed));
    // What was shown can be judged.
    assert!(site.run(&["accept", &ids(&told)[0]]).status.success());

    for (path, status, part) in [
        ("/api/v1/suggestions?article=nothing.md", 404, "there is no article nothing.md"),
        ("/api/v1/suggestions?topic=nothing", 404, "no article has the topic nothing"),
        ("/api/v1/suggestions?limit=0", 400, "from 1 to 100"),
        ("/api/v1/suggestions?article=a&topic=b", 400, "not both"),
    ] {
        let (found, _, told) = ask(&daemon, path, "");
        assert_eq!(found, status, "{path}");
        assert!(told["error"].as_str().unwrap().contains(part), "{told}");
    }
    let proxied = ask(&daemon, "/api/v1/suggestions", "x-forwarded-for: 192.0.2.1\r\n");
    assert_eq!(proxied.0, 403);
    assert!(proxied.2["error"].as_str().unwrap().contains("server.token"));
}

#[test]
fn with_a_token_only_who_has_it_is_answered() {
    let site = Site::new();
    std::fs::write(site.path("token"), "a long one\n").unwrap();
    let daemon = Daemon::start_with(&site, &["server.token={file: token}"], &[]);
    let path = "/api/v1/suggestions";
    for fields in ["", "authorization: Bearer another\r\n"] {
        let (status, head, _) = ask(&daemon, path, fields);
        assert_eq!(status, 401);
        assert!(head.contains("www-authenticate: bearer"), "{head}");
    }
    let fields = "authorization: Bearer a long one\r\nx-forwarded-for: 192.0.2.1\r\n";
    assert_eq!(ask(&daemon, path, fields).0, 200);
}

#[test]
fn a_token_that_cannot_be_read_lets_nobody_in() {
    let site = Site::new();
    let missing = ["--set", "server.token={env: HEADWATER_NO_SUCH_VARIABLE}"];
    for (command, status) in [("run", 2), ("check", 1)] {
        let output = site.run(&[&missing[..], &[command]].concat());
        assert_eq!(output.status.code(), Some(status), "{command}");
        let told =
            String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("server.token") && told.contains("HEADWATER_NO_SUCH_VARIABLE"));
    }
}

#[test]
fn the_description_tells_of_each_address_and_each_field() {
    let (site, _) = citing::site();
    let daemon = Daemon::start(&site);
    let (status, _, description) =
        ask(&daemon, "/api/v1/openapi.json", "x-forwarded-for: 192.0.2.1\r\n");
    assert_eq!(status, 200);
    let base = description["servers"][0]["url"].as_str().unwrap();
    for path in description["paths"].as_object().unwrap().keys() {
        assert_eq!(ask(&daemon, &format!("{base}{path}"), "").0, 200, "{path}");
    }
    let (_, _, told) = ask(&daemon, "/api/v1/suggestions?limit=1", "");
    let names = |value: &Value| -> Vec<String> {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort_unstable();
        names
    };
    let described = &description["components"]["schemas"]["Suggestion"];
    assert_eq!(names(&described["properties"]), names(&told["suggestions"][0]));
    let mut required: Vec<&str> =
        described["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    required.sort_unstable();
    assert_eq!(required, names(&told["suggestions"][0]));
}
