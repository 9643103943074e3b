//! What the service tells systemd of its life.

use std::fs;

use crate::service::{Service, address, get};
use crate::site::Site;

#[test]
fn it_is_ready_when_the_first_feeds_stand_and_the_server_answers() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("READY=1");
    assert!(service.told.iter().any(|told| told.contains("STATUS=")), "{:?}", service.told);
    assert!(fs::metadata(site.path("feeds/index.xml")).is_ok());
    assert!(get(&address(&site), "/feeds/index.xml").unwrap().starts_with("HTTP/1.1 200"));
}

#[test]
fn it_says_in_sentences_what_it_is_doing() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("STATUS=Reading articles and writing feeds");
    service.wait_for("visiting sources since ");
    service.wait_for("STATUS=Ranking suggestions");
    let status = service.wait_for("; next visit at ");
    let (feeds, next) = status.trim().split_once(" feeds written; next visit at ").expect(&status);
    let count: usize = feeds.trim_start_matches("STATUS=").parse().expect(feeds);
    assert!(count > 5, "{status}");
    assert!(next.len() == 5 && next.as_bytes()[2] == b':', "{status}");
}

#[test]
fn a_stop_is_told_before_it_is_done() {
    let site = Site::new();
    let mut service = Service::start(&site);
    service.wait_for("READY=1");
    let (status, _) = service.stop();
    assert!(status.success(), "{status}");
    service.wait_for("STOPPING=1");
}

#[test]
fn the_watchdog_is_fed_while_all_moves_and_left_alone_where_there_is_none() {
    let site = Site::new();
    let mut command = site.command(&["--set", "server.listen=127.0.0.1:0", "run"]);
    command.env("WATCHDOG_USEC", "2000000");
    let mut service = Service::of(&site, command);
    for _ in 0..3 {
        service.wait_for("WATCHDOG=1");
    }
    // Each ping was earned by an answer of the server.
    assert!(service.told.iter().any(|told| told.contains("READY=1")), "{:?}", service.told);
    drop(service);

    let mut service = Service::start(&site);
    service.wait_for("; next visit at ");
    assert!(!service.told.iter().any(|told| told.contains("WATCHDOG")), "{:?}", service.told);
}
