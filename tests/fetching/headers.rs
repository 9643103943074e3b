//! A source's own headers and other secrets: sent to its host, shown to nobody else.

use std::collections::BTreeMap;

use headwater::source::politeness::{self, State};
use headwater::source::{Place, Secret, Source};

use crate::server::{LIMITS, Server, answer, feed, now, redirect, settings, source, visit};

fn with_headers(url: &str, headers: &[(&str, Secret)]) -> Source {
    let headers: BTreeMap<String, Secret> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Source { headers, ..source(url) }
}

#[test]
fn headers_come_from_the_list_from_a_file_and_from_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "Bearer from-file\n").unwrap();
    let server = Server::start(vec![feed()]);
    let place = Place { path: "config/sources.yaml".into(), line: 4, column: 5 };
    let source = with_headers(
        &server.url,
        &[
            ("X-Plain", Secret::from("plain")),
            ("Authorization", Secret::File { path: "token".into(), place: place.clone() }),
            ("X-Env", Secret::Env { name: "PATH".into(), place }),
        ],
    );
    let mut settings = settings();
    folder.path().clone_into(&mut settings.root);
    assert!(visit(settings, &source, &State::default()).body.is_some());
    let asked = server.asked();
    let path = std::env::var("PATH").unwrap();
    for (name, value) in
        [("x-plain", "plain"), ("authorization", "Bearer from-file"), ("x-env", path.as_str())]
    {
        assert_eq!(asked.header(name).unwrap(), value.as_bytes());
    }
}

#[test]
fn a_secret_that_is_not_to_be_had_fails_the_visit_before_anything_is_asked() {
    let server = Server::start(vec![feed()]);
    let place = Place { path: "config/sources.yaml".into(), line: 4, column: 5 };
    let source = with_headers(
        &server.url,
        &[("X-Key", Secret::Env { name: "HEADWATER_NO_SUCH_VARIABLE".into(), place })],
    );
    let error = visit(settings(), &source, &State::default()).visit.error.unwrap();
    assert_eq!(
        error,
        "config/sources.yaml:4:5: X-Key: the environment variable HEADWATER_NO_SUCH_VARIABLE is \
         not set; set it where headwater runs"
    );
    assert!(server.rest().is_empty());
}

#[test]
fn headers_stay_with_their_host_after_a_redirect_and_after_a_remembered_move() {
    let other = Server::at("127.0.0.2", |_| feed());
    let target = format!("{}/new", other.url);
    let server = Server::at("127.0.0.1", move |asked| match asked.target().as_str() {
        "GET /first" => redirect(308, "/second"),
        _ => redirect(301, &target),
    });
    let url = format!("{}/first", server.url);
    let source = with_headers(&url, &[("X-Key", Secret::from("hush"))]);
    let first = visit(settings(), &source, &State::default());
    let state = politeness::after(&State::default(), &first.visit, now(), &LIMITS);
    assert_eq!(state.effective(&url), format!("{}/new", other.url));
    visit(settings(), &source, &state);
    for path in ["GET /first", "GET /second"] {
        let asked = server.asked();
        assert_eq!((asked.target().as_str(), asked.has("x-key")), (path, true));
    }
    for _ in 0..2 {
        assert!(!other.asked().text().contains("hush"));
    }
    assert!(server.rest().is_empty());
}

#[test]
fn another_port_is_another_host() {
    let other = Server::start(vec![feed()]);
    let server = Server::start(vec![redirect(302, &other.url)]);
    visit(
        settings(),
        &with_headers(&server.url, &[("X-Key", Secret::from("hush"))]),
        &State::default(),
    );
    assert!(server.asked().has("x-key"));
    assert!(!other.asked().has("x-key"));
}

#[test]
fn a_password_in_the_address_goes_to_its_host_alone_and_into_no_state() {
    let other = Server::at("127.0.0.2", |_| feed());
    let target = format!("http://eve:trap@127.0.0.2:{}/", other.port);
    let server =
        Server::start(vec![answer("200 OK", "etag: \"a\"\r\n", b"x"), redirect(301, &target)]);
    let url = server.url.replace("http://", "http://anna:hush@");
    let mut state = State::default();
    for _ in 0..2 {
        let visited = visit(settings(), &source(&url), &state).visit;
        state = politeness::after(&state, &visited, now(), &LIMITS);
        let kept = serde_json::to_string(&state).unwrap();
        assert!(!kept.contains("hush") && !kept.contains("trap"), "{kept}");
        assert!(server.asked().has("authorization"));
    }
    assert!(!other.asked().has("authorization"));
}

#[test]
fn cookies_are_not_kept_and_nobody_is_told_where_we_come_from() {
    let server = Server::start(vec![
        answer("302 Found", "location: /next\r\nset-cookie: a=1\r\n", b""),
        answer("200 OK", "set-cookie: b=2\r\netag: \"a\"\r\n", b"x"),
        answer("304 Not Modified", "", b""),
    ]);
    let visited = visit(settings(), &source(&server.url), &State::default()).visit;
    let state = politeness::after(&State::default(), &visited, now(), &LIMITS);
    // The redirect is asked again, and the server has no more answers after that.
    visit(settings(), &source(&server.url), &state);
    for _ in 0..3 {
        let asked = server.asked();
        assert!(!asked.has("cookie") && !asked.has("referer"), "{asked:?}");
    }
}
