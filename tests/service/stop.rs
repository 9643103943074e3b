//! SIGTERM in the midst of work.

use std::fs;
use std::time::Duration;

use crate::service::{Service, until};
use crate::site::Site;

/// So many articles that the first run takes long enough to be stopped in its midst.
const ARTICLES: usize = 3_000;

fn large() -> Site {
    let site = Site::new();
    for number in 0..ARTICLES {
        let body = "A paragraph of some words, which is *repeated* in each article.\n\n".repeat(20);
        let (section, day) = (number % 7, number % 28 + 1);
        let folder = site.path(&format!("articles/section-{section}"));
        fs::create_dir_all(&folder).unwrap();
        let text = format!(
            "---\ntitle: Article {number}\ndate: 2024-03-{day:02}\ntags: [a{}, b{}]\n---\n{body}",
            number % 50,
            number % 200
        );
        fs::write(folder.join(format!("{number}.md")), text).unwrap();
    }
    site
}

/// Files below `feeds/`, with what is in them.
fn feeds(site: &Site) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![site.path("feeds")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(
                    path.strip_prefix(site.path("feeds")).unwrap().display().to_string(),
                    fs::read(path).unwrap(),
                );
            }
        }
    }
    found
}

#[test]
fn a_stop_in_the_midst_of_a_large_regeneration_leaves_whole_files_and_the_next_start_goes_on() {
    let site = large();
    let mut service = Service::start(&site);
    until("the first feeds of many", || site.path("feeds/tags").exists());
    let (status, took) = service.stop();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(!site.read("log").contains("Serving"), "it had done it all before it was stopped");
    assert!(!site.read("log").contains("ERROR"), "a stop is no failure");
    let halfway = feeds(&site);
    let unfinished = |name: &&String| name.contains(".headwater-new-");
    assert_eq!(halfway.keys().find(unfinished), None);

    let mut service = Service::start(&site);
    service.wait_for("READY=1");
    assert!(service.stop().0.success());
    let complete = feeds(&site);
    let is_feed = |name: &str| !name.rsplit('/').next().unwrap().starts_with('.');
    let (before, after) = (halfway.len(), complete.len());
    assert!(before < after, "{before} files, and {after} at the end: it was not stopped halfway");
    for (name, bytes) in halfway.iter().filter(|(name, _)| is_feed(name)) {
        assert_eq!(complete.get(name), Some(bytes), "{name} is not what it is in the end");
    }
    // What stood was not made again.
    let line =
        site.read("log").lines().rfind(|line| line.contains(" files written, ")).map(str::to_owned);
    let line = line.unwrap();
    let unchanged: usize =
        line.split(" unchanged").next().unwrap().rsplit(' ').next().unwrap().parse().expect(&line);
    assert!(unchanged > 0, "{line}");
}
