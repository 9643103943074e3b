//! What the real program tells of sources, and what it keeps to itself.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::server::{Server, answer, feed, redirect};

/// A folder with a configuration and a source list.
pub(crate) struct Site(pub(crate) tempfile::TempDir);

impl Site {
    pub(crate) fn new(list: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("config")).unwrap();
        let config = "site: {title: T, url: 'https://example.org/'}\n\
                      fetch: {allow_private: true, host_pause: 0s}\n";
        fs::write(folder.path().join("config/headwater.yaml"), config).unwrap();
        fs::write(folder.path().join("config/sources.yaml"), list).unwrap();
        fs::create_dir(folder.path().join("articles")).unwrap();
        Self(folder)
    }

    /// All that a run says, on both channels.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headwater"));
        command.current_dir(self.0.path()).args(arguments).env_remove("HEADWATER_CONFIG");
        let output = command.env("FEED_TOKEN", "hush-env").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        text(output.stdout) + &text(output.stderr)
    }

    pub(crate) fn source(&self, at: usize) -> Value {
        let list: Value = serde_json::from_str(&self.run(&["--json", "sources", "list"])).unwrap();
        list["sources"][at].clone()
    }
}

#[test]
fn a_move_and_a_farewell_are_shown_and_a_source_can_be_asked_again() {
    let server = Server::at("127.0.0.1", |asked| match asked.target().as_str() {
        "GET /old" => redirect(301, "/new"),
        "GET /new" => feed(),
        _ => answer("410 Gone", "", b""),
    });
    let url = &server.url;
    let site =
        Site::new(&format!("- id: moved\n  url: {url}/old\n- id: gone\n  url: {url}/gone\n"));
    let said = site.run(&["fetch"]);
    assert!(said.contains("410: the feed is gone for good and is no longer visited"), "{said}");
    let list = site.run(&["sources", "list"]);
    assert!(list.contains(&format!("has moved to {url}/new")), "{list}");
    assert_eq!(site.source(0)["effective_url"].as_str(), Some(format!("{url}/new").as_str()));
    assert_eq!(site.source(1)["health"].as_str(), Some("gone"));
    assert_eq!(server.rest().len(), 3);
    site.run(&["fetch"]);
    assert!(server.rest().is_empty(), "another process a moment later asks nobody");
    site.run(&["fetch", "--all"]);
    assert_eq!(server.rest().iter().filter(|asked| asked.target() == "GET /gone").count(), 0);
    site.run(&["sources", "enable", "gone"]);
    site.run(&["fetch", "--source", "gone"]);
    assert_eq!(server.rest().iter().filter(|asked| asked.target() == "GET /gone").count(), 1);
}

#[test]
fn no_secret_is_ever_printed() {
    let server = Server::at("127.0.0.1", |asked| {
        let status = if asked.has("x-file") { "200 OK" } else { "403 Forbidden" };
        answer(status, "", b"<rss version='2.0'><channel><title>T</title></channel></rss>")
    });
    let site = Site::new(&format!(
        "- id: a\n  url: {}\n  headers:\n    X-Plain: hush-plain\n    X-Env: {{env: FEED_TOKEN}}\n    \
         X-File: {{file: token}}\n",
        server.url
    ));
    let token = site.0.path().join("token");
    fs::write(&token, "hush-file\n").unwrap();
    let mut said = String::new();
    for arguments in [
        &["-vvv", "fetch"][..],
        &["--json", "-vvv", "fetch", "--all"],
        &["sources", "list"],
        &["--json", "sources", "list"],
        &["sources", "export"],
        &["check"],
        &["--json", "status"],
    ] {
        said += &site.run(arguments);
    }
    let asked = server.asked();
    for (name, value) in [("x-plain", "hush-plain"), ("x-env", "hush-env"), ("x-file", "hush-file")]
    {
        assert_eq!(asked.header(name).unwrap(), value.as_bytes());
    }
    fs::write(&token, "hush-\u{1}file").unwrap();
    said += &site.run(&["check"]);
    said += &site.run(&["fetch", "--all"]);
    assert!(!said.contains("hush"), "{said}");
    for file in ["headwater.db", "headwater.db-wal"] {
        // The log is there until somebody closes the database at leisure.
        let bytes = fs::read(site.0.path().join("state").join(file)).unwrap_or_default();
        assert!(!bytes.windows(4).any(|part| part == b"hush"), "{file}");
    }
    fs::remove_file(&token).unwrap();
    let checked = site.run(&["check"]);
    let place = "config/sources.yaml:6:5: X-File: token cannot be read: ";
    assert!(checked.contains(place) && checked.contains("readable for headwater"), "{checked}");
}
