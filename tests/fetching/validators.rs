//! What is sent back to a server of what it said before: exactly that, to it alone.

use headwater::source::politeness::{self, Outcome, State};

use crate::server::{LIMITS, Server, answer, feed, now, redirect, settings, source, visit};

/// The state after a visit to `url`.
fn visited(url: &str, state: &State) -> (Outcome, State) {
    let fetched = visit(settings(), &source(url), state);
    (politeness::outcome(&fetched.visit), politeness::after(state, &fetched.visit, now(), &LIMITS))
}

fn asked(headers: &str) -> String {
    headers.to_owned()
}

#[test]
fn the_first_request_is_this_one_and_no_byte_more() {
    let server = Server::start(vec![feed()]);
    let fetched =
        visit(settings(), &source(&format!("{}/a/feed?b=1&b=2", server.url)), &State::default());
    assert!(fetched.body.is_some());
    let expected = format!(
        "GET /a/feed?b=1&b=2 HTTP/1.1\r\n\
         accept: application/atom+xml, application/rss+xml, application/feed+json, \
         application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, \
         */*;q=0.1\r\n\
         user-agent: Headwater/{} (+https://example.org/about/)\r\n\
         accept-encoding: gzip, br, zstd, deflate\r\n\
         host: 127.0.0.1:{}\r\n\r\n",
        env!("CARGO_PKG_VERSION"),
        server.port
    );
    let mut arrived: Vec<_> = asked(&server.asked().text()).lines().map(str::to_owned).collect();
    let mut expected: Vec<_> = expected.lines().map(str::to_owned).collect();
    assert_eq!(arrived[0], expected[0]);
    let encodings = |lines: &mut Vec<String>| {
        for line in lines.iter_mut().filter(|line| line.starts_with("accept-encoding: ")) {
            let mut all: Vec<_> =
                line["accept-encoding: ".len()..].split(',').map(str::trim).collect();
            all.sort_unstable();
            *line = all.join(" ");
        }
        lines.sort();
    };
    encodings(&mut arrived);
    encodings(&mut expected);
    assert_eq!(arrived, expected, "the order of headers says nothing");
}

#[test]
fn validators_go_back_as_the_bytes_that_came() {
    for (etag, date) in [
        (&b"\"a b\""[..], &b"Fri, 13 Jun 2025 08:00:00 GMT"[..]),
        (b"W/\"1\"", b"yesterday  at eight"),
        (b"unquoted", b"0"),
        (b"\"\xe4\xbd\xa0\xff\x80\"", b"\xa0never"),
        (b"\"a\", \"b\"", b"-1"),
    ] {
        let head = [b"etag: ", etag, b"\r\nlast-modified: ", date, b"\r\n"].concat();
        let mut first = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n".to_vec();
        first.extend_from_slice(&head);
        first.extend_from_slice(b"\r\nx");
        let server = Server::start(vec![first, answer("304 Not Modified", "", b"")]);
        let (_, state) = visited(&server.url, &State::default());
        let kept = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        let (outcome, _) = visited(&server.url, &kept);
        server.asked();
        let asked = server.asked();
        assert_eq!(asked.header("if-none-match").unwrap(), etag);
        assert_eq!(asked.header("if-modified-since").unwrap(), date);
        assert_eq!(outcome, Outcome::Unchanged);
    }
}

#[test]
fn one_validator_is_sent_where_one_came_and_none_is_invented() {
    for (headers, etag, date) in [
        ("etag: \"a\"\r\n", true, false),
        ("last-modified: Fri, 13 Jun 2025 08:00:00 GMT\r\n", false, true),
        ("date: Fri, 13 Jun 2025 08:00:00 GMT\r\n", false, false),
        ("etag: \r\nlast-modified:\r\n", false, false),
    ] {
        let server = Server::start(vec![answer("200 OK", headers, b"x"), feed()]);
        let (_, state) = visited(&server.url, &State::default());
        visited(&server.url, &state);
        server.asked();
        let asked = server.asked();
        assert_eq!(
            (asked.has("if-none-match"), asked.has("if-modified-since"), asked.has("a-im")),
            (etag, date, etag),
            "{headers}"
        );
    }
}

#[test]
fn a_304_renews_what_it_names_and_a_200_without_validators_clears_them() {
    let server = Server::start(vec![
        answer("200 OK", "etag: \"a\"\r\nlast-modified: then\r\n", b"x"),
        answer("304 Not Modified", "etag: \"b\"\r\n", b""),
        answer("503 Service Unavailable", "etag: \"c\"\r\n", b""),
        answer("200 OK", "", b"x"),
        answer("304 Not Modified", "", b""),
    ]);
    let mut state = State::default();
    let mut outcomes = Vec::new();
    for _ in 0..5 {
        let (outcome, next) = visited(&server.url, &state);
        outcomes.push(outcome);
        state = next;
    }
    let sent: Vec<_> = (0..5)
        .map(|_| {
            let asked = server.asked();
            let text =
                |name| asked.header(name).map(|value| String::from_utf8_lossy(&value).into_owned());
            (text("if-none-match"), text("if-modified-since"))
        })
        .collect();
    let both = |etag: &str| (Some(etag.to_owned()), Some("then".to_owned()));
    assert_eq!(
        sent,
        [(None, None), both("\"a\""), both("\"b\""), both("\"b\""), (None, None)],
        "an error takes nothing away and brings nothing"
    );
    // The last 304 answers a question that nobody asked.
    assert_eq!(
        outcomes,
        [Outcome::Updated, Outcome::Unchanged, Outcome::Failed, Outcome::Updated, Outcome::Failed]
    );
    assert_eq!(state.last_error.as_deref(), Some("304 to a request without validators"));
}

#[test]
fn validators_never_reach_another_address() {
    let other = Server::at("127.0.0.2", |_| answer("200 OK", "etag: \"other\"\r\n", b"x"));
    let target = format!("{}/feed", other.url);
    let server = Server::at("127.0.0.1", move |asked| match asked.target().as_str() {
        "GET /kept" => answer("200 OK", "etag: \"own\"\r\n", b"x"),
        _ => redirect(302, &target),
    });
    // Its own answer first, then it leads elsewhere.
    let (_, own) = visited(&format!("{}/kept", server.url), &State::default());
    let elsewhere = format!("{}/moved", server.url);
    let (_, state) = visited(&elsewhere, &own);
    server.asked();
    assert!(!server.asked().has("if-none-match"), "another path is another address");
    assert!(!other.asked().has("if-none-match"));
    // What the other gave goes back to the other, and not to the one that leads there.
    visited(&elsewhere, &state);
    assert!(!server.asked().has("if-none-match"));
    assert_eq!(other.asked().header("if-none-match").unwrap(), b"\"other\"");
}

#[test]
fn a_remembered_move_does_not_carry_validators_over() {
    let new = Server::start(vec![feed(), feed()]);
    let target = format!("{}/new", new.url);
    let old =
        Server::start(vec![answer("200 OK", "etag: \"old\"\r\n", b"x"), redirect(301, &target)]);
    let (_, state) = visited(&old.url, &State::default());
    let (_, state) = visited(&old.url, &state);
    assert_eq!(state.moved_to.as_deref(), Some(target.as_str()));
    visited(&old.url, &state);
    assert!(!old.asked().has("if-none-match"));
    assert_eq!(old.asked().header("if-none-match").unwrap(), b"\"old\"");
    assert!(old.rest().is_empty(), "the old address is asked no more");
    for _ in 0..2 {
        assert!(!new.asked().has("if-none-match"));
    }
}

#[test]
fn a_server_may_send_only_what_is_new() {
    let server = Server::start(vec![
        answer("200 OK", "etag: \"a\"\r\n", b"<rss/>"),
        answer("226 IM Used", "im: feed\r\netag: \"b\"\r\n", b"<rss/>"),
        answer("226 IM Used", "im: vcdiff\r\netag: \"c\"\r\n", b"<rss/>"),
    ]);
    let (_, state) = visited(&server.url, &State::default());
    let fetched = visit(settings(), &source(&server.url), &state);
    assert_eq!(fetched.body.unwrap().bytes, b"<rss/>");
    let state = politeness::after(&state, &fetched.visit, now(), &LIMITS);
    let (outcome, _) = visited(&server.url, &state);
    assert!(!server.asked().has("a-im"));
    let asked = server.asked();
    assert_eq!(asked.header("a-im").unwrap(), b"feed");
    assert_eq!(asked.header("if-none-match").unwrap(), b"\"a\"");
    assert_eq!(server.asked().header("if-none-match").unwrap(), b"\"b\"");
    assert_eq!(outcome, Outcome::Failed, "another kind of difference was never asked for");
}

#[test]
fn a_difference_that_nobody_asked_for_is_a_failure() {
    let server = Server::start(vec![answer("226 IM Used", "im: feed\r\n", b"<rss/>")]);
    let (outcome, state) = visited(&server.url, &State::default());
    assert_eq!(outcome, Outcome::Failed);
    assert_eq!(state.last_error.as_deref(), Some("226, a difference that nobody asked for"));
}
