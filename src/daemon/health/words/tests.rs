use chrono::TimeDelta;

use super::*;
use crate::daemon::health::What;
use crate::source::Failure;

fn clock() -> Clock {
    Clock { now: "2025-06-13T08:00:00Z".parse().unwrap(), zone: chrono_tz::Asia::Shanghai }
}

fn ago(days: i64) -> DateTime<Utc> {
    clock().now - TimeDelta::days(days)
}

/// One of each.
fn all() -> Vec<Trouble> {
    let text = |text: &str| text.to_owned();
    let since = Some(ago(2));
    vec![
        Trouble::new(What::NoFeeds { folder: text("feeds"), lost: false }),
        Trouble::new(What::NoFeeds { folder: text("feeds"), lost: true }),
        Trouble::new(What::NoArticles),
        Trouble::begun(What::StaleArticles { newest: ago(9) }, since),
        Trouble::begun(What::StaleSource { id: text("ars"), newest: ago(9) }, since),
        Trouble::begun(What::StaleFeed { path: text("topics/ai"), newest: ago(9) }, since),
        Trouble::begun(
            What::SourceFailing {
                id: text("ars"),
                failures: 4,
                failure: Failure::Tls,
                error: text("no connection: bad certificate"),
                last_good: Some(ago(3)),
            },
            since,
        ),
        Trouble::begun(What::SourceGone { id: text("ars") }, since),
        Trouble::new(What::SourceList { reason: text("sources.yaml:1:1: no") }),
        Trouble::new(What::DiskFull {
            holds: text("feeds+store"),
            folder: text("/var"),
            free: 300 << 20,
            size: 10 << 30,
        }),
        Trouble::new(What::InodesLow { holds: text("feeds"), folder: text("/var"), free: 12 }),
        Trouble::new(What::Unwritable {
            folder: text("feeds"),
            key: "feeds.dir",
            reason: text("read-only"),
        }),
        Trouble::new(What::Damaged { file: text("h.db"), reason: text("page 3") }),
        Trouble::new(What::ClockWrong),
        Trouble::new(What::ClockAhead { latest: ago(-400) }),
        Trouble::begun(What::JobFailed { job: JobName::Regen, error: text("full") }, since),
        Trouble::begun(What::JobUnfinished { job: JobName::Fetch, alive: true }, since),
        Trouble::begun(What::JobUnfinished { job: JobName::Fetch, alive: false }, since),
        Trouble::begun(
            What::JobOverdue { job: JobName::Regen, last: Some(ago(37)) },
            Some(ago(37)),
        ),
        Trouble::new(What::Standstill { reason: text("the regeneration has been going on") }),
        Trouble::new(What::FeedInvalid { file: text("index.xml"), reason: text("no") }),
        Trouble::new(What::FeedEmpty { file: text("index.xml") }),
        Trouble::new(What::FeedsMissing { file: text("index.xml"), count: 3 }),
        Trouble::begun(What::Hub { hub: text("https://hub.example/"), reason: text("503") }, since),
        Trouble::begun(What::Undelivered { reason: text("no connection") }, since),
        Trouble::new(What::Configuration { reason: text("h.yaml:2:1: unknown key") }),
        Trouble::new(What::Unreadable { what: "articles", reason: text("articles is not there") }),
    ]
}

#[test]
fn every_trouble_has_a_sentence_and_a_remedy_in_both_languages() {
    let lines = all().iter().fold(String::new(), |lines, trouble| {
        let [english, chinese] =
            [Language::English, Language::Chinese].map(|language| trouble.words(language, clock()));
        for words in [&english, &chinese] {
            assert!(!words.problem.is_empty() && !words.remedy.is_empty(), "{trouble:?}");
        }
        assert!(chinese.problem.chars().any(|c| c > '\u{4e00}'), "{chinese:?}");
        format!("{lines}{}\n  {}\n  {}\n", trouble.key(), english.line(), chinese.line())
    });
    insta::assert_snapshot!(lines);
}

#[test]
fn every_kind_is_told_and_no_two_troubles_share_a_key_by_chance() {
    let troubles = all();
    for kind in super::super::Kind::ALL {
        assert!(troubles.iter().any(|it| it.what.kind() == *kind), "{}", kind.name());
    }
    let keys: std::collections::BTreeSet<String> = troubles.iter().map(Trouble::key).collect();
    // Without feeds there are none, lost or not; a run that hangs and one that died is one run.
    assert_eq!(keys.len(), troubles.len() - 2);
}

#[test]
fn bytes_are_read_by_people() {
    for (count, expected) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (300 << 20, "300 MiB"),
        (1_288_490_189, "1.2 GiB"),
        (10 << 30, "10 GiB"),
        (u64::MAX, "17179869183 GiB"),
    ] {
        assert_eq!(bytes(count), expected);
    }
}
