//! Every feed that we have, cut and damaged: nothing panics, and what is read stays in proportion.
//!
//! The places are drawn from a seed, so that a failure comes back.

use headwater::source::ParsedItem;
use headwater::source::parse::parse;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use url::Url;

use crate::corpus;

/// How often each feed is cut, and how often damaged.
const TIMES: u32 = 20;

/// Bytes that are read, for each that came: quotes are written as references of six letters, and an
/// address may be repeated in each link.
const GROWTH: usize = 8;

fn runner(name: &str) -> TestRunner {
    let seed: Vec<u8> = name.bytes().cycle().take(32).collect();
    let config = Config { cases: TIMES, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

fn size(item: &ParsedItem) -> usize {
    let texts = [&item.guid, &item.url, &item.title, &item.summary, &item.content];
    let lists = item.authors.iter().chain(&item.categories);
    texts.into_iter().flatten().map(String::len).sum::<usize>()
        + lists.map(String::len).sum::<usize>()
}

/// Reads bytes as they came from a server; what comes out is bounded, and harmless.
fn check(bytes: &[u8], content_type: Option<&str>) -> Result<(), TestCaseError> {
    let base = Url::parse("https://example.org/feed.xml").unwrap();
    let Ok(parsed) = parse(bytes, content_type, Some(&base)) else { return Ok(()) };
    let read: usize = parsed.items.iter().map(size).sum();
    prop_assert!(read <= bytes.len() * GROWTH + 4_096, "{} bytes of {}", read, bytes.len());
    for item in &parsed.items {
        for html in [&item.summary, &item.content].into_iter().flatten() {
            prop_assert!(!html.to_lowercase().contains("<script"), "{}", html);
        }
        let title = item.title.as_deref().unwrap_or("-");
        prop_assert!(!title.is_empty() && !title.contains('\n'), "{}", title);
    }
    Ok(())
}

#[test]
fn a_feed_may_end_anywhere() {
    for (path, bytes) in corpus::feeds() {
        let name = path.display().to_string();
        let ran = runner(&name).run(&(0..=bytes.len()), |at| check(&bytes[..at], None));
        assert!(ran.is_ok(), "{name}: {}", ran.unwrap_err());
    }
}

#[test]
fn a_feed_may_be_damaged_anywhere() {
    for (path, bytes) in corpus::feeds() {
        let name = path.display().to_string();
        let place = (0..bytes.len().max(1), any::<u8>());
        let flips = proptest::collection::vec(place, 1..40);
        let ran = runner(&name).run(&flips, |flips| {
            let mut damaged = bytes.clone();
            for (at, byte) in flips {
                if let Some(place) = damaged.get_mut(at) {
                    *place = byte;
                }
            }
            check(&damaged, None)?;
            check(&damaged, Some("text/xml; charset=gbk"))
        });
        assert!(ran.is_ok(), "{name}: {}", ran.unwrap_err());
    }
}

#[test]
fn parts_of_feeds_may_be_put_together() {
    let feeds = corpus::feeds();
    let part = (0..feeds.len(), any::<u8>(), any::<u8>());
    let parts = proptest::collection::vec(part, 1..6);
    let ran = runner("together").run(&parts, |parts| {
        let mut whole = Vec::new();
        for (feed, one, other) in parts {
            let bytes = &feeds[feed].1;
            let place = |share: u8| bytes.len() * usize::from(share) / usize::from(u8::MAX);
            let (from, to) = (place(one.min(other)), place(one.max(other)));
            whole.extend_from_slice(&bytes[from..to]);
        }
        check(&whole, None)
    });
    assert!(ran.is_ok(), "{}", ran.unwrap_err());
}
