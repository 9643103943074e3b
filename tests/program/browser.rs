//! The pages in a real browser: Chromium opens them from the running daemon.
//!
//! Where no Chromium is found the test says so and passes, since the other tests need none;
//! `HEADWATER_BROWSER` names the one to use, and then it must be there.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::process::Daemon;
use crate::site::Site;

/// What browsers of this family are called.
const USUAL: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

fn browser() -> Option<String> {
    if let Some(named) = env::var_os("HEADWATER_BROWSER") {
        return Some(named.to_string_lossy().into_owned());
    }
    let runs = |name: &str| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    USUAL.into_iter().find(|name| runs(name)).map(str::to_owned)
}

/// What the harness wrote down after it had opened the pages in this colour scheme.
fn look(browser: &str, address: &str, profile: &Path, scheme: &str) -> Value {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("http://{address}/feeds/harness.html"))
        .output()
        .unwrap();
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    let result = page.split_once("<pre id=\"result\">").unwrap().1.split_once("</pre>").unwrap().0;
    let result = quick_xml::escape::unescape(result).unwrap();
    serde_json::from_str(&result).unwrap_or_else(|error| panic!("{error}: {result}"))
}

#[test]
fn the_pages_work_for_people() {
    let Some(browser) = browser() else {
        eprintln!("no Chromium here: the pages were not opened");
        return;
    };
    let site = Site::new();
    let daemon = Daemon::start(&site);
    let harness = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/harness.html");
    fs::copy(harness, site.path("feeds/harness.html")).unwrap();

    let (dark, light) = ("0", "1");
    let seen = look(&browser, &daemon.address, &site.path("light"), light);
    assert!(seen.get("error").is_none(), "{seen}");
    for page in ["wide", "narrow", "feed", "phone"] {
        let page = &seen[page];
        assert_eq!(page["language"], "zh-CN");
        assert_eq!(page["requests"], Value::Array(vec![]), "a page needs nothing but itself");
        assert_eq!(page["overflow"], false, "nothing is cut off at the side");
        assert!(page["stops"].as_u64().unwrap() > 5, "the keyboard reaches what can be used");
    }
    for list in [&seen["wide"], &seen["narrow"]] {
        assert_eq!(list["box"], true);
        assert_eq!(list["found"]["rows"], serde_json::json!(["Scale AI"]));
        assert_eq!(list["missed"]["nothing"], true);
        assert_eq!(list["cleared"], list["all"]);
        assert_eq!(list["broken"], Value::Array(vec![]), "every link of the list leads somewhere");
        assert!(list["links"].as_u64().unwrap() > 80);
    }
    for feed in [&seen["feed"], &seen["phone"]] {
        assert_eq!((&feed["buttons"], &feed["focus"]), (&3.into(), &true.into()));
        let said = feed["said"].as_str().unwrap();
        assert!(said.contains("已复制") && said.ends_with("/index.xml"), "{said}");
        assert_eq!(feed["lines"].as_array().unwrap().len(), 3);
        assert!(feed["lines"][0].as_str().unwrap().starts_with("<link rel=\"alternate\""));
        assert_eq!(feed["entries"], 3);
    }
    let night = look(&browser, &daemon.address, &site.path("dark"), dark);
    assert_ne!(night["feed"]["background"], seen["feed"]["background"]);
    assert_ne!(night["wide"]["background"], seen["wide"]["background"]);
}
