//! Where redirects lead, and which of them are remembered.

use headwater::source::politeness::State;

use crate::server::{Server, answer, error, feed, redirect, settings, source, visit};

/// A server whose `/n` leads to `/n+1`, and whose `/last` is a feed.
fn chain(last: usize) -> Server {
    Server::at("127.0.0.1", move |asked| {
        let at: usize = asked.target().trim_start_matches("GET /").parse().unwrap();
        if at == last { feed() } else { redirect(302, &format!("/{}", at + 1)) }
    })
}

#[test]
fn permanent_redirects_are_remembered_and_others_are_not() {
    for (status, remembered) in [(301, true), (308, true), (302, false), (303, false), (307, false)]
    {
        let server = Server::start(vec![redirect(status, "/new"), feed()]);
        let fetched = visit(settings(), &source(&server.url), &State::default());
        assert!(fetched.body.is_some(), "{status}");
        let expected = remembered.then(|| format!("{}/new", server.url));
        assert_eq!(fetched.visit.moved_to, expected, "{status}");
        assert_eq!(
            (server.asked().target(), server.asked().target().as_str()),
            ("GET /".into(), "GET /new")
        );
    }
}

#[test]
fn a_move_is_as_permanent_as_its_way_there() {
    for (statuses, expected) in
        [([301, 308], Some("/2")), ([301, 302], Some("/1")), ([302, 301], None)]
    {
        let server =
            Server::start(vec![redirect(statuses[0], "/1"), redirect(statuses[1], "/2"), feed()]);
        let moved = visit(settings(), &source(&server.url), &State::default()).visit.moved_to;
        assert_eq!(moved, expected.map(|path| format!("{}{path}", server.url)), "{statuses:?}");
    }
}

#[test]
fn ten_redirects_are_followed_and_no_more() {
    let server = chain(10);
    assert!(
        visit(settings(), &source(&format!("{}/0", server.url)), &State::default()).body.is_some()
    );
    assert_eq!(server.rest().len(), 11);
    let server = chain(11);
    assert_eq!(error(settings(), &format!("{}/0", server.url)), "more than 10 redirects");
    assert_eq!(server.rest().len(), 11);
}

#[test]
fn a_circle_is_left_where_it_closes() {
    let server = Server::at("127.0.0.1", |asked| match asked.target().as_str() {
        "GET /a" => redirect(301, "/b"),
        "GET /b" => redirect(301, "/c"),
        _ => redirect(302, "/a#again"),
    });
    let error = error(settings(), &format!("{}/a", server.url));
    assert_eq!(error, format!("the redirects lead in a circle, back to {}/a", server.url));
    assert_eq!(server.rest().len(), 3);
}

#[test]
fn a_redirect_leads_to_the_web_and_nowhere_else() {
    for target in ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "data:,x"] {
        let server = Server::start(vec![redirect(302, target)]);
        let error = error(settings(), &server.url);
        assert!(error.ends_with(": only http and https are visited"), "{target}: {error}");
    }
    for headers in ["", "location: http://[broken\r\n"] {
        let server = Server::start(vec![answer("301 Moved Permanently", headers, b"")]);
        let visit = visit(settings(), &source(&server.url), &State::default()).visit;
        assert_eq!((visit.status, visit.moved_to), (Some(301), None), "{headers}");
    }
}
