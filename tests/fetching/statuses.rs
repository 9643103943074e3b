//! What an answer says about the next visit.

use headwater::source::politeness::{self, Outcome, State};

use crate::server::{LIMITS, Server, answer, error, now, settings, source, visit};

#[test]
fn what_a_server_says_decides_what_follows() {
    let epoch = format!("x-ratelimit-reset: {}\r\n", now().timestamp() + 4 * 3_600);
    for (status, headers, outcome, hours) in [
        ("410 Gone", "", Outcome::Gone, 1),
        ("429 Too Many Requests", "retry-after: 7200\r\n", Outcome::Failed, 2),
        (
            "429 Too Many Requests",
            "retry-after: Sun, 15 Jun 2025 18:06:40 GMT\r\n",
            Outcome::Failed,
            3,
        ),
        ("503 Service Unavailable", "retry-after: 10800\r\n", Outcome::Failed, 3),
        (
            "503 Service Unavailable",
            "retry-after: Sun, 15 Jun 2025 18:06:40 GMT\r\n",
            Outcome::Failed,
            3,
        ),
        ("429 Too Many Requests", "", Outcome::Failed, 1),
        ("429 Too Many Requests", "retry-after: soon\r\n", Outcome::Failed, 1),
        ("429 Too Many Requests", "ratelimit: \"a\";r=0;t=7200\r\n", Outcome::Failed, 2),
        (
            "429 Too Many Requests",
            "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 10800\r\n",
            Outcome::Failed,
            3,
        ),
        ("429 Too Many Requests", &epoch, Outcome::Failed, 4),
        ("401 Unauthorized", "", Outcome::Failed, 1),
        ("403 Forbidden", "", Outcome::Failed, 1),
        ("404 Not Found", "", Outcome::Failed, 1),
        ("500 Internal Server Error", "", Outcome::Failed, 1),
        ("304 Not Modified", "", Outcome::Failed, 1),
        ("200 OK", "cache-control: max-age=14400\r\n", Outcome::Updated, 4),
        (
            "200 OK",
            "cache-control: public\r\nexpires: Sun, 15 Jun 2025 20:06:40 GMT\r\n",
            Outcome::Updated,
            5,
        ),
        ("200 OK", "cache-control: public\r\ncache-control: max-age=7200\r\n", Outcome::Updated, 2),
        ("200 OK", "cache-control: max-age=60\r\n", Outcome::Updated, 1),
        ("200 OK", "cache-control: max-age=172800\r\n", Outcome::Updated, 48),
    ] {
        let server = Server::start(vec![answer(status, headers, b"")]);
        let fetched = visit(settings(), &source(&server.url), &State::default());
        assert_eq!(politeness::outcome(&fetched.visit), outcome, "{status} {headers}");
        let state = politeness::after(&State::default(), &fetched.visit, now(), &LIMITS);
        assert_eq!((state.next_at.unwrap() - now()).num_hours(), hours, "{status} {headers}");
        assert_eq!(state.gone, outcome == Outcome::Gone);
    }
}

#[test]
fn what_cannot_be_reached_says_why() {
    for (url, expected) in [
        ("http://127.0.0.1:1/", "no connection: "),
        ("rsshub://openai/news", "set `fetch.rsshub`"),
        ("file:/nowhere/feed.xml", "/nowhere/feed.xml: "),
        ("file:/dev/zero", "/dev/zero: this is no file"),
        ("ftp://127.0.0.1/", "only http and https are visited"),
    ] {
        let error = error(settings(), url);
        assert!(error.contains(expected), "{url}: {error}");
    }
}

#[test]
fn a_recorded_feed_is_read_once_for_each_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feed.xml");
    std::fs::write(&file, "<rss/>").unwrap();
    let source = source("file:feed.xml");
    let mut settings = settings();
    folder.path().clone_into(&mut settings.root);
    let first = visit(settings.clone(), &source, &State::default());
    assert_eq!(first.body.unwrap().bytes, b"<rss/>");
    let state = politeness::after(&State::default(), &first.visit, now(), &LIMITS);
    let again = visit(settings.clone(), &source, &state);
    assert_eq!(
        (politeness::outcome(&again.visit), again.body.is_none()),
        (Outcome::Unchanged, true)
    );
    std::fs::write(&file, "<rss></rss>").unwrap();
    assert!(visit(settings.clone(), &source, &state).body.is_some());
    settings.max_body = 3;
    let error = visit(settings, &source, &State::default()).visit.error.unwrap();
    assert!(error.starts_with("the answer is larger than 3 bytes"), "{error}");
}
