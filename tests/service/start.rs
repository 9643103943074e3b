//! What is wrong when the daemon starts: the configuration is the operator's to mend first; of the lists it is told,
//! and they are read again when they are saved.

use std::fs;

use crate::service::{Service, address, get, replace, until};
use crate::site::{Site, text};

#[test]
fn a_token_that_cannot_be_read_is_wrong_use_and_told_once() {
    let site = Site::new();
    replace(&site, "config/headwater.yaml", "server:\n", "server:\n  token: {file: token}\n");
    let output = site.run(&["--set", "server.listen=127.0.0.1:0", "run"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("config/headwater.yaml:1:1: server.token: "), "{told}");
    assert_eq!(told.matches("token:").count(), 1, "{told}");
    assert!(!told.contains("cannot listen"), "{told}");
}

#[test]
fn a_list_that_is_wrong_at_the_start_is_told_and_read_again_when_it_is_saved() {
    for (list, wrong, part) in [
        ("config/sources.yaml", "- id: [\n", "config/sources.yaml:"),
        ("config/vocabulary.yaml", "- nam: x\n", "config/vocabulary.yaml:1:"),
    ] {
        let site = Site::new();
        assert!(site.run(&["regen"]).status.success());
        let right = site.read(list);
        fs::write(site.path(list), wrong).unwrap();
        let mut service = Service::start(&site);
        service.wait_for("READY=1");
        let address = address(&site);
        let feed = get(&address, "/feeds/index.xml").unwrap();
        assert!(feed.starts_with("HTTP/1.1 200"), "{list}: the feeds of before are served");
        until(list, || {
            let ready = get(&address, "/readyz").unwrap();
            ready.starts_with("HTTP/1.1 503") && ready.contains(part)
        });
        let status = site.run(&["status"]);
        assert_eq!(status.status.code(), Some(1));
        assert!(text(&status.stdout).contains(part), "{}", text(&status.stdout));
        fs::write(site.path(list), right).unwrap();
        until("all is well again", || {
            get(&address, "/readyz").unwrap().starts_with("HTTP/1.1 200")
        });
    }
}

#[test]
fn without_feeds_of_before_a_wrong_vocabulary_is_told_and_tried_again_by_who_restarts() {
    let site = Site::new();
    fs::write(site.path("config/vocabulary.yaml"), "- nam: x\n").unwrap();
    let output = site.run(&["--set", "server.listen=127.0.0.1:0", "run"]);
    // systemd restarts what ends with 1, and not what ends with 2.
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("config/vocabulary.yaml:1:"), "{output:?}");
}
