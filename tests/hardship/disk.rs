//! A full disk and a read-only one, on small file systems in memory that only the test sees.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::process::Daemon;
use crate::site::{Site, text};
use crate::world::{self, Feed, assert_whole, fast, items, wait_until, write_article};

/// A process in a mount namespace of its own, in which `state` and `feeds` are small disks.
struct Disks<'a> {
    holder: Child,
    site: &'a Site,
}

impl<'a> Disks<'a> {
    /// None, and a loud reason, where the system does not let us mount anything.
    fn mount(site: &'a Site) -> Option<Self> {
        for name in ["state", "feeds"] {
            fs::create_dir_all(site.path(name)).unwrap();
        }
        let script = format!(
            "mount -t tmpfs -o size=4m none '{}' && mount -t tmpfs -o size=4m none '{}' && echo && exec sleep 600",
            site.path("state").display(),
            site.path("feeds").display()
        );
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        let mut line = String::new();
        let mut out = std::io::BufReader::new(holder.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut out, &mut line).unwrap();
        if line.is_empty() {
            let why = text(&holder.wait_with_output().unwrap().stderr);
            eprintln!("\n*** SKIPPED: no small disk can be mounted here ({}) ***\n", why.trim());
            return None;
        }
        Some(Self { holder, site })
    }

    fn enter(&self) -> Vec<String> {
        let pid = self.holder.id().to_string();
        ["nsenter", "--user", "--mount", "--preserve-credentials", "--target", &pid, "--"]
            .map(ToOwned::to_owned)
            .into()
    }

    /// A command as it runs among these disks, in the site's folder.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let enter = self.enter();
        let mut command = Command::new(&enter[0]);
        command.args(&enter[1..]).args(["sh", "-c", "cd \"$0\" && exec \"$@\""]);
        command.arg(self.site.path("")).arg(program).args(arguments).env_remove("HEADWATER_CONFIG");
        command
    }

    fn shell(&self, script: &str) -> bool {
        self.command("sh", &["-c", script]).stderr(Stdio::null()).status().unwrap().success()
    }

    fn headwater(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.command(env!("CARGO_BIN_EXE_headwater"), arguments).output().unwrap();
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    }

    fn daemon(&self) -> Daemon {
        let mut arguments = fast(&["--set", "server.listen=127.0.0.1:0"]);
        arguments.push("run");
        Daemon::of(self.command(env!("CARGO_BIN_EXE_headwater"), &arguments))
    }

    /// The items of the store, by way of a copy: no other way leads there from outside.
    fn items(&self) -> BTreeSet<String> {
        let (copied, _) = self.headwater(&["backup", "--force", "copy.db"]);
        if copied { items(&self.site.path("copy.db")) } else { BTreeSet::new() }
    }

    /// Where the test sees a file of these disks.
    fn path(&self, name: &str) -> PathBuf {
        let pid = self.holder.id();
        let below = self.site.path(name);
        PathBuf::from(format!("/proc/{pid}/root{}", below.display()))
    }
}

impl Drop for Disks<'_> {
    fn drop(&mut self) {
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}

#[test]
fn a_full_disk_costs_nothing_and_is_forgotten_when_there_is_room() {
    let feed = Feed::start();
    let site = world::site(&feed);
    let Some(disks) = Disks::mount(&site) else { return };
    let daemon = disks.daemon();
    wait_until("the first item", || disks.items() == feed.published());

    for folder in ["state", "feeds"] {
        disks.shell(&format!("dd if=/dev/zero of={folder}/filler bs=4k"));
    }
    for number in 0..20 {
        write_article(&site, number, &format!("磁盘已满 {number}"));
        feed.publish();
    }
    wait_until("word of it", || {
        let ready = daemon.get("/readyz", "");
        ready.starts_with("HTTP/1.1 503") && (ready.contains("room") || ready.contains("full"))
    });
    let (done, said) = disks.headwater(&["regen", "--force"]);
    assert!(!done && said.contains("make room"), "{said}");
    let (done, said) = disks.headwater(&fast(&["fetch", "--all"]));
    assert!(!done && said.contains("full"), "{said}");
    let served = daemon.get("/feeds/index.xml", "");
    assert!(served.starts_with("HTTP/1.1 200") && served.trim_end().ends_with("</rss>"));
    assert!(assert_whole(&disks.path("feeds")) > 10);

    assert!(disks.shell("rm state/filler feeds/filler"));
    let all = |feed: &str| (0..20).all(|at| feed.contains(&format!("磁盘已满 {at}")));
    wait_until("all articles", || all(&daemon.get("/feeds/feed.json", "")));
    wait_until("all items", || disks.items() == feed.published());
    drop(daemon);
    assert!(disks.headwater(&["regen"]).0);
    assert_eq!(world::leftovers(&disks.path("feeds")), [""; 0].map(PathBuf::from));
    assert_eq!(disks.items(), feed.published());
}

#[test]
fn a_read_only_store_keeps_no_feed_from_its_readers() {
    let feed = Feed::start();
    let site = world::site(&feed);
    let Some(disks) = Disks::mount(&site) else { return };
    let state = site.path("state");
    let state = state.display();
    assert!(disks.headwater(&fast(&["fetch", "--all"])).0);
    assert!(disks.shell(&format!("mount -o remount,ro '{state}'")));
    feed.publish();
    let daemon = disks.daemon();
    write_article(&site, 1, "只读");
    wait_until("the article", || daemon.get("/feeds/index.xml", "").contains("只读"));
    wait_until("word of it", || {
        let ready = daemon.get("/readyz", "");
        ready.starts_with("HTTP/1.1 503") && ready.contains("state/headwater.db")
    });
    let (well, said) = disks.headwater(&["status"]);
    assert!(!well && said.contains("writ"), "{said}");
    let (done, said) = disks.headwater(&fast(&["fetch", "--all"]));
    assert!(!done && said.contains("writ"), "{said}");

    assert!(disks.shell(&format!("mount -o remount,rw '{state}'")));
    wait_until("the item", || disks.items() == feed.published());
    let (_, said) = disks.headwater(&["status"]);
    assert!(!said.contains("cannot open"), "{said}");
    drop(daemon);

    // Feeds that cannot be written are no reason not to serve those that there are.
    let feeds = site.path("feeds");
    let feeds = feeds.display();
    assert!(disks.shell(&format!("mount -o remount,ro '{feeds}'")));
    let daemon = disks.daemon();
    write_article(&site, 2, "又能写了");
    assert!(daemon.get("/feeds/index.xml", "").starts_with("HTTP/1.1 200"));
    wait_until("word of it", || daemon.get("/readyz", "").contains("feeds cannot be written"));
    assert!(disks.shell(&format!("mount -o remount,rw '{feeds}'")));
    wait_until("the article", || daemon.get("/feeds/index.xml", "").contains("又能写了"));
}
