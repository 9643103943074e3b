//! Any bytes through parsing and what follows it: no panic, and what comes out stays in proportion.

#![no_main]

use headwater::source::item;
use headwater::source::parse::{parse, report};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let base = Url::parse("https://example.org/feed.xml").ok();
    for content_type in [None, Some("text/xml; charset=gbk")] {
        let parsed = parse(bytes, content_type, base.as_ref());
        let line =
            serde_json::to_string(&report::line("-", &parsed)).expect("a line is plain data");
        assert!(line.len() <= bytes.len() * 16 + 8_192, "{} of {}", line.len(), bytes.len());
        if let Ok(parsed) = parsed {
            let items = item::items("fuzz", &parsed, chrono::DateTime::UNIX_EPOCH);
            assert!(items.iter().all(|sighting| !sighting.item.title.trim().is_empty()));
        }
    }
});
