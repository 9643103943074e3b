//! One-off commands beside the daemon: they are safe, and it notices what they did.

use std::fs;

use crate::service::{Service, address, get, publish, until};
use crate::site::{Site, text};

/// A list without sources; returns the one that was there.
fn without_sources(site: &Site) -> String {
    let list = site.read("config/sources.yaml");
    fs::write(site.path("config/sources.yaml"), "[]\n").unwrap();
    list
}

fn logged(site: &Site, part: &str) {
    until(part, || site.read("log").contains(part));
}

#[test]
fn sources_that_are_added_are_visited_and_suggested_from() {
    let site = Site::new();
    let list = without_sources(&site);
    let mut service = Service::start(&site);
    service.wait_for("; next visit at ");
    // As `sources add` and an editor do it: written beside, and renamed.
    fs::write(site.path("config/beside"), list).unwrap();
    fs::rename(site.path("config/beside"), site.path("config/sources.yaml")).unwrap();
    logged(&site, "the source list has changed");
    logged(&site, "3 updated (24 new items)");
    until("suggestions in their feed", || {
        fs::read_to_string(site.path("feeds/suggestions/index.xml"))
            .is_ok_and(|feed| feed.contains("<item>"))
    });
}

#[test]
fn items_that_a_one_off_fetch_brings_are_suggested_by_the_daemon() {
    let site = Site::new();
    // The daemon itself has nothing to visit.
    fs::write(site.path("none.yaml"), "[]\n").unwrap();
    let flags = ["--set", "server.listen=127.0.0.1:0", "--set", "sources=none.yaml", "run"];
    let mut service = Service::of(&site, site.command(&flags));
    service.wait_for("; next visit at ");
    assert!(site.run(&["fetch"]).status.success());
    logged(&site, "another process wrote to the database");
    until("suggestions in their feed", || {
        fs::read_to_string(site.path("feeds/suggestions/index.xml"))
            .is_ok_and(|feed| feed.contains("<item>"))
    });
}

#[test]
fn a_name_in_the_vocabulary_takes_effect_when_it_is_saved() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("; next visit at ");
    let address = address(&site);
    fs::write(site.path("config/vocabulary.yaml"), "- {name: Chips, aliases: [英伟达, NVIDIA]}\n")
        .unwrap();
    until("the feed of the new name", || {
        get(&address, "/feeds/tags/chips/index.xml").unwrap().starts_with("HTTP/1.1 200")
    });
}

#[test]
fn a_one_off_regeneration_beside_the_daemon_is_noticed_and_neither_undoes_the_other() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("; next visit at ");
    let address = address(&site);
    // Another's hand in the same folder: feeds for another base address, then the daemon's own again.
    let other = site.run(&["--set", "site.title=Another title", "regen"]);
    assert!(other.status.success(), "{}", text(&other.stderr));
    assert!(site.read("feeds/index.xml").contains("Another title"));
    publish(&site, "new", "Just written");
    until("the daemon's feeds", || {
        let feed = get(&address, "/feeds/index.xml").unwrap();
        feed.contains("Just written") && !feed.contains("Another title")
    });
    until("all of the daemon's feeds", || {
        ["feeds/insights/index.xml", "feeds/newspaper/atom.xml"]
            .iter()
            .all(|file| !site.read(file).contains("Another title"))
    });
}

#[test]
fn many_at_once_lose_nothing() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("; next visit at ");
    let commands = [
        vec!["regen"],
        vec!["regen", "--force"],
        vec!["fetch", "--all"],
        vec!["fetch", "--all"],
        vec!["sources", "disable", "recorded-lab"],
        vec!["sources", "disable", "recorded-daily"],
        vec!["sources", "disable", "recorded-observer"],
    ];
    let running: Vec<_> =
        commands.iter().map(|command| (command, site.command(command).spawn().unwrap())).collect();
    for number in 0..20 {
        publish(&site, &format!("n{number}"), &format!("Written {number}"));
    }
    for (command, mut child) in running {
        assert!(child.wait().unwrap().success(), "{command:?}");
    }
    assert_eq!(site.read("config/sources.yaml").matches("enabled: false").count(), 3);
    until("every article in the feed", || {
        let feed = site.read("feeds/notes/index.xml");
        (0..20).all(|number| feed.contains(&format!("Written {number}<")))
    });
    assert!(service.is_running());
    assert!(service.stop().0.success());
    // The manifest is that of the files, so that there is nothing left to do.
    let again = site.json(&["--json", "regen"]);
    assert_eq!(again["files"]["written"], 0, "{again}");
}
