//! `kill -9` at random moments under load.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use crate::process::Daemon;
use crate::world::{self, FAST, Feed, assert_whole, fast, items, leftovers, write_article};

/// How often it is killed.
const KILLS: usize = 100;

/// What is killed, in turn: most often the daemon, which does all at once.
const VICTIMS: &[&[&str]] = &[&["run"], &["regen", "--force"], &["run"], &["fetch", "--all"]];

/// Random numbers that a seed repeats (a linear congruential generator with Knuth's MMIX factors).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u128) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u64::try_from(u128::from(self.0 >> 33) % bound.max(1)).unwrap()
    }
}

#[test]
fn a_hundred_kills_cost_no_feed_and_no_item() {
    // `HEADWATER_SEED=… cargo test --test hardship kill` repeats a run, as far as a machine can.
    let seed = std::env::var("HEADWATER_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let seed: u64 = seed.unwrap_or(now.as_secs());
    println!("HEADWATER_SEED={seed}");
    let mut random = Random(seed);
    let feed = Feed::start();
    let site = world::site(&feed);
    let (feeds, database) = (site.path("feeds"), site.path("state/headwater.db"));
    // Kills fall on all that a run does on this machine, and somewhat beyond.
    let since = Instant::now();
    assert!(site.run(&fast(&["regen"])).status.success());
    assert!(site.run(&fast(&["fetch", "--all"])).status.success());
    let longest = since.elapsed().clamp(Duration::from_millis(200), Duration::from_millis(700));

    let mut kept: BTreeSet<String> = items(&database);
    let mut killed = 0;
    for turn in 0..KILLS {
        feed.publish();
        write_article(&site, turn % 10, &format!("第 {turn} 次"));
        let victim = VICTIMS[turn % VICTIMS.len()];
        let mut arguments = fast(&["--set", "server.listen=127.0.0.1:0"]);
        arguments.extend(victim);
        let mut child =
            site.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random.below(longest.as_micros())));
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();

        assert!(assert_whole(&feeds) > 10, "after {turn}");
        let there = items(&database);
        assert!(there.is_superset(&kept), "what was kept is lost after {turn}");
        kept = there;
    }
    println!("{killed} of {KILLS} were alive when they were killed");
    assert!(killed > KILLS / 2, "hardly anything was alive: {killed}");

    assert!(site.run(&fast(&["regen"])).status.success());
    assert_eq!(leftovers(&feeds), [""; 0].map(std::path::PathBuf::from));
    let once = fs::read_to_string(feeds.join("index.xml")).unwrap();
    assert!(once.contains(&format!("第 {} 次", KILLS - 1)));
    // A 304 to whom has not kept the items would lose them here.
    let since = Instant::now();
    while items(&database) != feed.published() && since.elapsed() < Duration::from_secs(10) {
        site.run(&fast(&["fetch", "--all"]));
    }
    assert_eq!(items(&database), feed.published());
    assert_eq!(headwater::store::fault(&database).unwrap(), None);

    fs::write(feeds.join(".headwater-new-7"), "half").unwrap();
    let daemon = Daemon::start_with(&site, FAST, &[]);
    assert!(daemon.get("/feeds/.headwater-new-7", "").starts_with("HTTP/1.1 404"));
    assert!(daemon.get("/feeds/index.xml", "").contains(&format!("第 {} 次", KILLS - 1)));
    feed.publish();
    world::wait_until("the next item", || items(&database) == feed.published());
}
