//! Visits through a proxy.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::mpsc;

use headwater::source::fetch::Settings;
use headwater::source::politeness::State;

use crate::private::{closed, network};
use crate::server::{Asked, Server, feed, read_head, settings, source, visit, visit_in};

const NEAR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

fn through(proxy: &str, settings: Settings) -> Settings {
    Settings { proxy: Some(proxy.parse().unwrap()), ..settings }
}

#[test]
fn an_http_proxy_is_asked_for_the_whole_address() {
    let proxy = Server::start(vec![feed(), Vec::new()]);
    let settings = through(&proxy.url, closed());
    let plain = source("http://feed.example/a?b");
    assert!(visit(settings.clone(), &plain, &State::default()).body.is_some());
    let asked = proxy.asked();
    assert_eq!(asked.target(), "GET http://feed.example/a?b");
    assert_eq!(asked.header("host").unwrap(), b"feed.example");
    // What is encrypted goes through a tunnel.
    visit(settings, &source("https://feed.example/a"), &State::default());
    assert_eq!(proxy.asked().target(), "CONNECT feed.example:443");
}

#[test]
fn a_proxy_is_the_operators_word_and_may_be_near() {
    let proxy = Server::at("127.0.0.2", |_| feed());
    let network = network(&[("proxy.test", &[&[NEAR]])]);
    let settings = through(&format!("http://proxy.test:{}", proxy.port), closed());
    let fetched = visit_in(&network, settings, &source("http://feed.example/"), &State::default());
    assert_eq!(fetched.visit.error, None);
    assert_eq!(proxy.asked().target(), "GET http://feed.example/");
}

#[test]
fn what_an_address_says_of_itself_is_checked_before_a_proxy_is_asked() {
    let proxy = Server::start(vec![]);
    for url in [
        "http://127.0.0.1/",
        "http://0x7f000001/",
        "http://[::1]/",
        "http://localhost/",
        "http://intranet/",
        "http://metadata.google.internal/",
        "http://printer.local/",
    ] {
        let fetched = visit(through(&proxy.url, closed()), &source(url), &State::default());
        let error = fetched.visit.error.unwrap();
        assert!(error.contains("is a private address"), "{url}: {error}");
    }
    assert!(proxy.rest().is_empty());
}

#[test]
fn an_rsshub_near_by_is_asked_without_the_proxy() {
    let (proxy, hub) = (Server::start(vec![]), Server::start(vec![feed()]));
    let settings =
        Settings { rsshub: Some(hub.url.parse().unwrap()), ..through(&proxy.url, closed()) };
    assert!(visit(settings, &source("rsshub://a/b"), &State::default()).body.is_some());
    assert_eq!((hub.rest().len(), proxy.rest().len()), (1, 0));
}

/// A SOCKS5 proxy (RFC 1928) that plays the target itself; it tells whom it was asked for.
fn socks() -> (u16, mpsc::Receiver<(Vec<u8>, Asked)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut read = |count: usize| {
                let mut bytes = vec![0; count];
                stream.read_exact(&mut bytes).unwrap();
                bytes
            };
            let methods = usize::from(read(2)[1]);
            read(methods);
            stream.write_all(&[5, 0]).unwrap();
            let mut read = |count: usize| {
                let mut bytes = vec![0; count];
                stream.read_exact(&mut bytes).unwrap();
                bytes
            };
            let target = match read(4)[3] {
                1 => read(4),
                3 => {
                    let length = usize::from(read(1)[0]);
                    read(length)
                }
                _ => read(16),
            };
            read(2);
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
            let asked = read_head(&mut stream);
            stream.write_all(&feed()).unwrap();
            tell.send((target, asked)).unwrap();
        }
    });
    (port, told)
}

#[test]
fn a_socks_proxy_is_given_the_name_or_the_address_as_its_scheme_says() {
    let network = network(&[("feed.test", &[&[IpAddr::V4(Ipv4Addr::LOCALHOST)]])]);
    let (port, told) = socks();
    for (scheme, target) in [("socks5h", &b"feed.test"[..]), ("socks5", &[127, 0, 0, 1])] {
        let settings = through(&format!("{scheme}://127.0.0.1:{port}"), closed());
        let fetched =
            visit_in(&network, settings, &source("http://feed.test/a"), &State::default());
        assert_eq!(fetched.visit.error, None, "{scheme}");
        let (asked_for, asked) = told.recv().unwrap();
        assert_eq!((asked_for, asked.target()), (target.to_vec(), "GET /a".to_owned()));
    }
}

#[test]
fn a_name_that_we_resolve_for_a_socks_proxy_is_checked() {
    let network = network(&[("home.test", &[&[NEAR]])]);
    let (port, told) = socks();
    let settings = |proxied| through(&format!("socks5://127.0.0.1:{port}"), proxied);
    let home = source("http://home.test/");
    let fetched = visit_in(&network, settings(closed()), &home, &State::default());
    let error = fetched.visit.error.unwrap();
    assert!(error.contains("home.test leads to a private address"), "{error}");
    assert!(told.try_recv().is_err());
    let fetched = visit_in(&network, settings(crate::server::settings()), &home, &State::default());
    assert_eq!(fetched.visit.error, None);
}

#[test]
fn a_proxy_that_is_not_there_is_named_as_the_reason() {
    let settings = through("http://127.0.0.1:1", settings());
    let fetched = visit(settings, &source("http://feed.example/"), &State::default());
    assert!(fetched.visit.error.unwrap().starts_with("no connection: "));
}
