//! What must never get into a feed, and what must.

use std::fs;

use crate::site::{Site, text};

/// Every file that readers can get.
fn published(site: &Site) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![site.path("feeds")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.file_name().unwrap().to_string_lossy().starts_with('.') {
                let name = path.display().to_string();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn a_draft_leaks_nowhere() {
    let site = Site::new();
    let secret = |kind: &str, front: &str| {
        let text = format!(
            "---\ntitle: 智能体机密{kind}\ndate: 2025-07-09\n{front}tags: [智能体, 机密标签{kind}]\n\
             main_topics: [机密主题{kind}]\n---\n智能体 事实核查 数据标注 Scale AI Meta\n"
        );
        fs::write(site.path(&format!("articles/notes/{kind}.md")), text).unwrap();
    };
    secret("draft", "draft: true\n");
    secret("later", "publishDate: 2999-01-01\n");
    secret("over", "expiryDate: 2025-07-10\n");
    assert!(site.run(&["fetch", "--all"]).status.success());
    assert!(site.run(&["regen"]).status.success());
    // The suggestions are there, and made for what is public.
    assert!(site.read("feeds/suggestions/index.xml").contains("<item>"));
    for (file, text) in published(&site) {
        assert!(!text.contains("机密") && !file.contains("机密"), "{file}");
    }
}

#[test]
fn feeds_never_point_to_this_machine_by_accident() {
    let site = Site::new();
    for (set, key) in [
        ("site.url=http://localhost:1313/", "site.url is http://localhost:1313/"),
        ("feeds.url=http://192.168.1.5/feeds/", "feeds.url is http://192.168.1.5/feeds/"),
    ] {
        let refused = site.run(&["--set", set, "regen"]);
        assert_eq!(refused.status.code(), Some(2));
        let error = text(&refused.stderr);
        assert!(error.contains(key) && error.contains("--allow-local"), "{error}");
        assert!(!site.path("feeds/index.xml").exists());
        let daemon = site.run(&["--set", set, "--set", "server.listen=127.0.0.1:0", "run"]);
        assert_eq!(daemon.status.code(), Some(2));
    }
    let set = "site.url=http://localhost:1313/";
    assert!(site.run(&["--set", set, "regen", "--allow-local"]).status.success());
    assert!(site.read("feeds/index.xml").contains("http://localhost:1313/feeds/index.xml"));
}

#[test]
fn the_history_of_a_feed_is_kept_in_pages_that_do_not_change() {
    let site = Site::new();
    let set = ["--set", "feeds.archive=true", "--set", "feeds.limit=3"];
    let regen = || assert!(site.run(&[&set[..], &["regen"]].concat()).status.success());
    regen();
    // Nine articles: two full pages, and one that is being filled.
    let page = |number: usize| site.read(&format!("feeds/index-{number}.xml"));
    let before = [page(1), page(2)];
    assert!(site.read("feeds/index.xml").contains("feeds/index-3.xml\" rel=\"prev-archive\""));
    for (number, text) in (1..).zip(&before) {
        assert!(text.contains("<fh:archive"), "{text}");
        assert!(text.contains("feeds/index.xml\" rel=\"current\""));
        assert!(text.contains(&format!("feeds/index-{}.xml\" rel=\"next-archive\"", number + 1)));
        assert_eq!(text.contains("rel=\"prev-archive\""), number > 1);
        assert_eq!(text.matches("<item>").count(), 3);
    }
    for day in 10..20 {
        let text = format!("---\ntitle: Day {day}\ndate: 2025-07-{day}\n---\nText\n");
        fs::write(site.path(&format!("articles/notes/day-{day}.md")), text).unwrap();
        regen();
        assert_eq!([page(1), page(2)], before);
    }
    // Everything ever written can be reached from the feed, page by page.
    let mut titles = Vec::new();
    let mut next = Some("feeds/feed.json".to_owned());
    while let Some(file) = next {
        let feed: serde_json::Value = serde_json::from_str(&site.read(&file)).unwrap();
        for item in feed["items"].as_array().unwrap() {
            titles.push(item["title"].as_str().unwrap().to_owned());
        }
        let path = |url: &str| url.replace("https://example.org/", "");
        next = feed["next_url"].as_str().map(path);
    }
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 19);
    // Without history its pages are gone.
    assert!(site.run(&["regen"]).status.success());
    assert!(!site.path("feeds/index-1.xml").exists());
}
