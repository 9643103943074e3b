//! What a hostile or broken client may take: little, and nothing outside the folder.

use std::fs;
use std::io::{Read, Write};
use std::time::Duration;

use headwater::web::Limits;
use headwater::web::polls::Rule;

use crate::server::{Answer, Server};

#[test]
fn no_path_leads_out_of_the_folder_or_to_what_is_hidden() {
    let server = Server::start();
    server.put("index.xml", "feed");
    server.put(".headwater-manifest.json", "{}");
    server.put(".git/config", "secret");
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.xml"), "secret").unwrap();
    std::os::unix::fs::symlink(outside.path(), server.folder.path().join("out")).unwrap();
    let file = outside.path().join("secret.xml");
    std::os::unix::fs::symlink(file, server.folder.path().join("linked.xml")).unwrap();
    for path in [
        "/feeds/../Cargo.toml",
        "/feeds/..%2f..%2fetc/passwd",
        "/feeds/%2e%2e/%2e%2e/etc/passwd",
        "/feeds/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/feeds/..%5c..%5cetc",
        "/feeds//etc/passwd",
        "/feeds/%2fetc/passwd",
        "/feeds/index.xml%00.html",
        "/feeds/%00",
        "/feeds/%ff%fe",
        "/feeds/%c0%ae%c0%ae/etc/passwd",
        "/feeds/%",
        "/feeds/%zz",
        "/feeds/.headwater-manifest.json",
        "/feeds/%2eheadwater-manifest.json",
        "/feeds/.git/config",
        "/feeds/out/secret.xml",
        "/feeds/out/",
        "/feeds/linked.xml",
        "/feeds/./index.xml",
        "/feeds/x/../index.xml",
        "/feeds/index.xml/",
    ] {
        let answer = server.get(path, "");
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert!(!answer.text().contains("secret"), "{path}");
    }
    assert_eq!(server.get("/feeds/index.xml", "").status, 200);
}

#[test]
fn what_is_too_long_is_refused_by_its_name_and_the_next_client_is_served() {
    let server = Server::start();
    server.put("index.xml", "feed");
    let long = |length: usize| "x".repeat(length);
    let get = |path: &str, fields: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n{fields}\r\n");
    let many = "x: y\r\n".repeat(200);
    for (name, request, statuses) in [
        ("a line of 9 KiB", get(&format!("/feeds/{}", long(9 << 10)), ""), &[414][..]),
        ("a query of 9 KiB", get(&format!("/feeds/index.xml?{}", long(9 << 10)), ""), &[414]),
        ("a line of 100 KiB", get(&format!("/feeds/{}", long(100 << 10)), ""), &[414]),
        (
            "a header of 20 KiB",
            get("/feeds/index.xml", &format!("x: {}\r\n", long(20 << 10))),
            &[431],
        ),
        (
            "a header of 100 KiB",
            get("/feeds/index.xml", &format!("x: {}\r\n", long(100 << 10))),
            &[431],
        ),
        (
            "a header of 1 MiB",
            get("/feeds/index.xml", &format!("x: {}\r\n", long(1 << 20))),
            &[431],
        ),
        ("many headers", get("/feeds/index.xml", &many), &[431]),
        ("a body", get("/feeds/index.xml", "content-length: 1000000\r\n"), &[413]),
        ("a chunked body", get("/feeds/index.xml", "transfer-encoding: chunked\r\n"), &[413]),
        (
            "a post",
            "POST /feeds/index.xml HTTP/1.1\r\nhost: x\r\ncontent-length: 9999999\r\n\r\n".into(),
            &[405],
        ),
        ("no HTTP", "nonsense\r\n\r\n".into(), &[400]),
        (
            "two lengths",
            get("/feeds/index.xml", "content-length: 1\r\ncontent-length: 2\r\n"),
            &[400],
        ),
    ] {
        let answer = server.send(request.as_bytes());
        assert!(statuses.contains(&answer.status), "{name}: {} {}", answer.status, answer.head);
        assert_eq!(server.get("/feeds/index.xml", "").status, 200, "after {name}");
    }
}

#[test]
fn requests_that_come_together_are_answered_in_turn() {
    let server = Server::start();
    server.put("index.xml", "feed");
    let one = "GET /feeds/index.xml HTTP/1.1\r\nhost: x\r\n\r\n";
    let last = "GET /feeds/none.xml HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut stream = server.connect();
    stream.write_all((one.repeat(1000) + last).as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 1000);
    assert_eq!(answers.matches("HTTP/1.1 404").count(), 1);
}

#[test]
fn a_client_that_never_ends_its_request_is_cut_off() {
    let time = Duration::from_millis(50);
    let server = Server::within(Limits { header_time: time, ..Limits::default() });
    server.put("index.xml", "feed");
    for beginning in ["", "GET /feeds/index.xml HTTP/1.1\r\nhost: x\r\nx:", "GET /"] {
        let mut stream = server.connect();
        stream.write_all(beginning.as_bytes()).unwrap();
        // Returns when the server has closed; it would wait for ever otherwise.
        drop(stream.read_to_end(&mut Vec::new()));
    }
    assert_eq!(server.get("/feeds/index.xml", "").status, 200);
}

#[test]
fn a_client_that_never_reads_its_answers_is_cut_off() {
    let limits = Limits { stall_time: Duration::from_millis(50), ..Limits::default() };
    let server = Server::within(limits);
    server.put("index.xml", &"feed".repeat(1 << 20));
    let one = "GET /feeds/index.xml HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut stream = server.connect();
    // More than all buffers between the two hold; writing fails when the server has closed.
    while stream.write_all(one.as_bytes()).is_ok() {}
    assert_eq!(server.get("/feeds/index.xml", "").body.len(), 4 << 20);
}

#[test]
fn there_is_a_number_of_connections_and_who_is_too_many_is_told() {
    let server = Server::within(Limits { connections: 3, ..Limits::default() });
    server.put("index.xml", "feed");
    let ask = b"GET /feeds/index.xml HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for stream in &mut open {
        // Answered, so that it surely has its place.
        stream.write_all(ask).unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    }
    let refused = server.get("/feeds/index.xml", "");
    assert_eq!((refused.status, refused.field("retry-after")), (503, Some("10")), "{refused:?}");
    drop(open);
    // Places come back as soon as the server notices; there is no saying when.
    while server.get("/feeds/index.xml", "").status != 200 {}
}

#[test]
fn who_polls_far_too_often_is_told_to_wait_and_nobody_else_is() {
    let rule = Rule { burst: 40, refill: Duration::from_hours(1), ..Rule::default() };
    let server = Server::within(Limits { polls: rule, ..Limits::default() });
    server.put("index.xml", "feed");
    server.put("atom.xml", "feed");
    let tag = server.get("/feeds/index.xml", "").tag().to_owned();
    let from = |address: &str, path: &str, more: &str| -> Answer {
        server.get(path, &format!("x-forwarded-for: 203.0.113.1, {address}\r\n{more}"))
    };
    let unchanged = format!("if-none-match: {tag}\r\n");
    for _ in 0..10 {
        assert_eq!(from("192.0.2.1", "/feeds/index.xml", "").status, 200);
    }
    for _ in 0..40 {
        assert_eq!(from("192.0.2.2", "/feeds/index.xml", &unchanged).status, 304);
    }
    for address in ["192.0.2.1", "192.0.2.2"] {
        let refused = from(address, "/feeds/index.xml", &unchanged);
        assert_eq!(refused.status, 429, "{refused:?}");
        let wait: u64 = refused.field("retry-after").unwrap().parse().unwrap();
        assert!((60..=4 * 3600).contains(&wait), "{wait}");
        // Another feed, or another client, is another matter.
        assert_eq!(from(address, "/feeds/atom.xml", "").status, 200);
    }
    assert_eq!(from("192.0.2.3", "/feeds/index.xml", "").status, 200);
    // A proxy that does not say for whom it asks, asks for many.
    for _ in 0..200 {
        assert_eq!(server.get("/feeds/index.xml", "").status, 200);
    }
}
