//! `run --once`: everything that is due, and an end.

use std::fs;

use crate::site::{Site, text};

#[test]
fn everything_due_is_done_once() {
    let site = Site::new();
    let output = site.run(&["run", "--once"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.contains("3 updated (24 new items)") && said.contains("Suggestions ("), "{said}");
    assert!(!said.contains("Serving"), "{said}");
    assert!(site.read("feeds/suggestions/index.xml").contains("<item>"));
    let status = site.json(&["--json", "status"]);
    assert_eq!(status["healthy"], true, "{status}");

    // Nothing is due any more.
    let again = site.run(&["run", "--once"]);
    let said = text(&again.stdout);
    assert!(again.status.success(), "{said}");
    assert!(!said.contains("files written, ") && !said.contains("updated"), "{said}");
}

#[test]
fn what_goes_wrong_is_told_and_the_rest_is_done() {
    let site = Site::new();
    fs::remove_dir_all(site.path("articles")).unwrap();
    let output = site.run(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("articles: the article folder cannot be read"));
    assert!(text(&output.stdout).contains("3 updated (24 new items)"));

    let site = Site::new();
    fs::write(site.path("config/vocabulary.yaml"), "- nam: x\n").unwrap();
    let output = site.run(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(2), "a wrong file is the caller's to mend");
}
