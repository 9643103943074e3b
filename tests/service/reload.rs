//! SIGHUP: a new configuration is taken over while the service goes on, or refused.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use crate::service::{DEADLINE, Service, address, get, replace, until};
use crate::site::Site;

const CONFIG: &str = "config/headwater.yaml";

/// Asks for a reload; what was told from its beginning to its end.
fn reload(service: &mut Service) -> Vec<String> {
    service.signal("-HUP");
    let begun = service.wait_for("RELOADING=1");
    // systemd tells by it which request this answers.
    let time = begun.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC=")).expect(&begun);
    assert!(time.parse::<u64>().unwrap() > 0, "{begun}");
    let from = service.told.len();
    service.wait_for("READY=1");
    service.told[from..].to_vec()
}

#[test]
fn a_good_configuration_takes_the_place_of_the_old_one_and_no_reader_notices() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("READY=1");
    let address = address(&site);
    let before = get(&address, "/feeds/index.xml").unwrap();
    let title = before.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers = scope.spawn(|| {
            let (mut answered, since) = (0, Instant::now());
            while !done.load(Ordering::Relaxed) && since.elapsed() < DEADLINE {
                let answer = get(&address, "/feeds/index.xml").expect("nobody is refused");
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                answered += 1;
            }
            answered
        });
        for (old, new) in [(title, "One title"), ("One title", "Another title")] {
            replace(&site, CONFIG, old, new);
            reload(&mut service);
            let feed = get(&address, "/feeds/index.xml").unwrap();
            assert!(feed.contains(&format!("<title>{new}</title>")), "{feed}");
        }
        done.store(true, Ordering::Relaxed);
        assert!(readers.join().unwrap() > 0);
    });
    assert!(service.stop().0.success());
}

#[test]
fn a_broken_configuration_is_refused_with_its_line_and_the_old_one_stays() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("READY=1");
    let address = address(&site);
    let good = site.read(CONFIG);
    let line = good.lines().position(|line| line.starts_with("  limit: 20")).unwrap() + 1;
    replace(&site, CONFIG, "  limit: 20", "  limits: 20");
    let told = reload(&mut service).concat();
    let place = format!("the new configuration is refused: {CONFIG}:{line}:3: ");
    assert!(told.contains(&place), "{told}");
    assert!(site.read("log").contains("the new configuration is refused; the old one stays"));
    assert!(get(&address, "/feeds/index.xml").unwrap().starts_with("HTTP/1.1 200"));
    // It works on, and says so until the file is mended.
    crate::service::publish(&site, "new", "Just written");
    until("the new article in its feed", || {
        get(&address, "/feeds/notes/index.xml").unwrap().contains("Just written")
    });
    fs::write(site.path(CONFIG), good).unwrap();
    let told = reload(&mut service).concat();
    assert!(told.contains(" feeds written; ") && !told.contains("refused"), "{told}");
}

#[test]
fn a_configuration_by_which_no_feeds_can_be_written_is_refused() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("READY=1");
    let address = address(&site);
    replace(&site, CONFIG, "dir: articles ", "dir: nowhere ");
    let told = reload(&mut service).concat();
    assert!(told.contains("refused: nowhere: the article folder cannot be read"), "{told}");
    assert!(get(&address, "/feeds/index.xml").unwrap().starts_with("HTTP/1.1 200"));
    assert!(site.path("feeds/index.xml").exists());
}

#[test]
fn a_broken_source_list_refuses_the_reload_too() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("READY=1");
    fs::write(site.path("config/sources.yaml"), "- id: [\n").unwrap();
    let told = reload(&mut service).concat();
    assert!(told.contains("refused: config/sources.yaml:"), "{told}");
}

#[test]
fn a_token_that_cannot_be_read_refuses_all_and_the_next_reload_reaches_the_server() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("READY=1");
    let address = address(&site);
    let ask = || get(&address, "/api/v1/suggestions").unwrap();
    assert!(ask().starts_with("HTTP/1.1 403"), "no token is asked for: {}", ask());
    replace(&site, CONFIG, "title: ", "title: New ");
    replace(&site, CONFIG, "server:\n", "server:\n  token: {file: token}\n");
    let told = reload(&mut service).concat();
    assert!(told.contains("refused: ") && told.contains("server.token: "), "{told}");
    assert!(!site.read("feeds/index.xml").contains("<title>New "), "nothing of it took effect");
    assert!(ask().starts_with("HTTP/1.1 403"), "{}", ask());
    fs::write(site.path("token"), "long enough\n").unwrap();
    let told = reload(&mut service).concat();
    assert!(!told.contains("refused"), "{told}");
    assert!(site.read("feeds/index.xml").contains("<title>New "));
    assert!(ask().starts_with("HTTP/1.1 401"), "{}", ask());
}

#[test]
fn another_address_is_opened_and_one_that_is_not_to_be_had_is_refused() {
    let site = Site::new();
    let spare = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = spare.local_addr().unwrap();
    replace(&site, CONFIG, "127.0.0.1:8787", "127.0.0.1:0");
    let mut service = Service::of(&site, site.command(&["run"]));
    service.wait_for("READY=1");
    let old = address(&site);
    replace(&site, CONFIG, "127.0.0.1:0", &free.to_string());
    let told = reload(&mut service).concat();
    assert!(told.contains(&format!("refused: {free}: cannot listen: ")), "{told}");
    assert!(get(&old, "/healthz").unwrap().starts_with("HTTP/1.1 200"));
    drop(spare);
    reload(&mut service);
    assert_eq!(address(&site), free.to_string());
    assert!(get(&free.to_string(), "/healthz").unwrap().starts_with("HTTP/1.1 200"));
    until("the old address is let go", || get(&old, "/healthz").is_err());
}

#[test]
fn another_store_is_left_to_a_restart_which_is_said() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("READY=1");
    replace(&site, CONFIG, "sqlite:state/headwater.db", "sqlite:state/other.db");
    reload(&mut service);
    assert!(site.read("log").contains("another `store` is opened by a restart only"));
    assert!(!site.path("state/other.db").exists());
}

#[test]
fn a_saved_configuration_alone_changes_nothing() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("; next visit at ");
    let written =
        |site: &Site| fs::metadata(site.path("feeds/index.xml")).unwrap().modified().unwrap();
    let before: SystemTime = written(&site);
    replace(&site, CONFIG, "title: ", "title: New ");
    // Something else that happens is done by the old one.
    crate::service::publish(&site, "new", "Just written");
    until("the new article in its feed", || written(&site) != before);
    assert!(!site.read("feeds/index.xml").contains("<title>New "));
}
