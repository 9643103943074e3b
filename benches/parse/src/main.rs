//! Parses a pile of feeds with Headwater and with feed-rs, in turn, and prints how long each took.
//!
//! `cargo run --release -- [FOLDER]`: the feeds below a folder, or else the repository's own, repeated
//! to about 50 MB. Only those that feed-rs reads are measured, since an error costs nothing. Each
//! round reads all of them with one and then with the other, in changing order; the medians are
//! compared.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, ensure};

/// Bytes that are parsed in a round, at least.
const PILE: usize = 50_000_000;

const ROUNDS: usize = 11;

fn main() -> Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = match env::args_os().nth(1) {
        Some(folder) => vec![PathBuf::from(folder)],
        None => ["tests/fixtures", "config/recorded"].map(|name| repository.join(name)).to_vec(),
    };
    let mut paths = Vec::new();
    for folder in &folders {
        collect(folder, &mut paths).with_context(|| folder.display().to_string())?;
    }
    paths.sort();
    let all: Vec<Vec<u8>> = paths.iter().map(fs::read).collect::<Result<_, _>>()?;
    // Panics of the other parser are counted, not shown.
    std::panic::set_hook(Box::new(|_| ()));
    let panics = all.iter().filter(|bytes| catch_unwind(|| theirs(bytes)).is_err()).count();
    let feeds: Vec<&[u8]> = all
        .iter()
        .map(Vec::as_slice)
        .filter(|bytes| catch_unwind(|| theirs(bytes)).unwrap_or_default())
        .collect();
    drop(std::panic::take_hook());
    let bytes: usize = feeds.iter().map(|feed| feed.len()).sum();
    ensure!(bytes > 0, "feed-rs reads nothing in {folders:?}");
    let both = feeds.iter().filter(|feed| ours(feed)).count();
    let times = PILE.div_ceil(bytes);
    println!(
        "{} files; feed-rs reads {}, panics on {panics}; Headwater reads {both} of those; {} MB a round",
        all.len(),
        feeds.len(),
        bytes * times / 1_000_000,
    );
    let round = |parse: fn(&[u8]) -> bool| {
        let start = Instant::now();
        for _ in 0..times {
            for feed in &feeds {
                std::hint::black_box(parse(std::hint::black_box(feed)));
            }
        }
        start.elapsed()
    };
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for turn in 0..ROUNDS {
        if turn % 2 == 0 {
            our_times.push(round(ours));
        }
        their_times.push(round(theirs));
        if turn % 2 == 1 {
            our_times.push(round(ours));
        }
    }
    let [our_time, their_time] = [our_times, their_times].map(median);
    for (name, time) in [("Headwater", our_time), ("feed-rs 3.0", their_time)] {
        println!(
            "{name:<12} {time:>10.1?}  {:>7.1} MB/s",
            (bytes * times) as f64 / 1e6 / time.as_secs_f64()
        );
    }
    println!("Headwater is {:.2} times as fast", their_time.as_secs_f64() / our_time.as_secs_f64());
    Ok(())
}

fn ours(bytes: &[u8]) -> bool {
    headwater::source::parse::parse(bytes, None, None).is_ok()
}

fn theirs(bytes: &[u8]) -> bool {
    feed_rs::parser::parse(bytes).is_ok()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
