//! How the jobs went: those of the daemon and those from the command line.

use crate::process::Daemon;
use crate::site::{Site, text};

#[test]
fn one_off_commands_are_recorded_and_dry_runs_are_not() {
    let site = Site::new();
    let nothing = text(&site.run(&["status", "--history"]).stdout);
    assert_eq!(nothing, "no job has been recorded yet\n");
    assert!(site.run(&["regen", "--dry-run"]).status.success());
    assert_eq!(site.run(&["regen", "--tag", "nothing"]).status.code(), Some(2));
    assert_eq!(site.run(&["fetch", "--source", "nobody"]).status.code(), Some(2));
    let history = site.json(&["--json", "status", "--history"]);
    assert_eq!(history["jobs"].as_array().unwrap().len(), 0, "{history}");

    assert!(site.run(&["regen"]).status.success());
    assert!(site.run(&["fetch"]).status.success());
    // Nobody is due: nothing to tell of.
    assert!(site.run(&["fetch"]).status.success());
    let history = site.json(&["--json", "status", "--history"]);
    let jobs = history["jobs"].as_array().unwrap();
    assert_eq!(jobs.len(), 2, "{history}");
    let of = |name: &str| jobs.iter().find(|job| job["name"] == name).unwrap();
    assert_eq!(of("regen")["report"]["articles"], 9);
    assert_eq!(of("fetch")["report"]["sources"][0]["outcome"], "updated");
    assert!(of("fetch")["took_ms"].is_u64() && of("fetch")["error"].is_null());

    let lines = text(&site.run(&["status", "--history", "--job", "fetch", "--limit", "5"]).stdout);
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(
        lines.contains("  fetch ") && lines.contains("3 sources visited, 24 new items, 0 failed"),
        "{lines}"
    );
    assert_eq!(site.run(&["status", "--history", "--job", "nap"]).status.code(), Some(2));
    assert_eq!(site.run(&["status", "--job", "fetch"]).status.code(), Some(2));
}

#[test]
fn the_daemon_records_every_job_and_a_stop_leaves_none_unfinished() {
    let site = Site::new();
    let mut daemon = Daemon::start(&site);
    daemon.wait_for("Suggestions");
    daemon.signal("-TERM");
    assert!(daemon.child.wait().unwrap().success());
    let history = site.json(&["--json", "status", "--history"]);
    for name in ["regen", "fetch", "suggest"] {
        let jobs = history["jobs"].as_array().unwrap().iter();
        assert!(jobs.clone().any(|job| job["name"] == name), "{name}: {history}");
        assert!(jobs.clone().all(|job| job["error"].is_null()), "{history}");
    }
    assert_eq!(site.json(&["--json", "status"])["healthy"], true);
}
