//! What needs the whole program: feeds that go and come back, and readers that are counted.

use std::fs;

use crate::process::Daemon;
use crate::site::Site;

fn status(daemon: &Daemon, path: &str) -> String {
    daemon.get(path, "").split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn a_feed_that_is_taken_away_is_gone_for_good_until_it_comes_back() {
    let site = Site::new();
    let article = site.path("articles/notes/passing.md");
    let text = "---\ntitle: Passing\ndate: 2025-07-09\ntags: [passing]\n---\nText\n";
    fs::write(&article, text).unwrap();
    assert!(site.run(&["regen"]).status.success());
    let mut daemon = Daemon::start(&site);
    let path = "/feeds/tags/passing/atom.xml";
    assert_eq!(status(&daemon, path), "200");
    fs::remove_file(&article).unwrap();
    // The news are written first, and what is gone is removed after.
    while daemon.wait_for(" removed").contains(" 0 removed") {}
    assert_eq!(
        (status(&daemon, path).as_str(), status(&daemon, "/feeds/tags/never/atom.xml").as_str()),
        ("410", "404")
    );
    assert!(site.read("feeds/.headwater-removed.json").contains("tags/passing/atom.xml"));
    drop(daemon);
    // A restart knows it still, and a one-off run beside the daemon is noticed.
    let daemon = Daemon::start(&site);
    assert_eq!(status(&daemon, path), "410");
    fs::write(&article, text).unwrap();
    assert!(site.run(&["regen"]).status.success());
    assert_eq!(status(&daemon, path), "200");
}

#[test]
fn readers_are_shown_for_each_feed_after_the_stop() {
    let site = Site::new();
    let mut daemon = Daemon::start(&site);
    for agent in ["Feedly/1.0 (+http://feedly.com; 12 subscribers)", "Reeder/5", "Reeder/5"] {
        let answer = daemon.get("/feeds/notes/index.xml", &format!("user-agent: {agent}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    daemon.signal("-TERM");
    assert!(daemon.child.wait().unwrap().success());
    let told = site.json(&["--json", "readers"]);
    let feed = &told["feeds"][0];
    assert_eq!(feed["feed"], "/feeds/notes/");
    assert_eq!((feed["subscribers"].as_u64(), feed["readers"].as_u64()), (Some(12), Some(1)));
    assert_eq!(feed["aggregators"][0]["name"], "feedly");
    assert_eq!(feed["days"].as_array().unwrap().len(), 1);
    let shown = site.run(&["readers"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("/feeds/notes/  (feedly 12)"), "{shown}");
}
