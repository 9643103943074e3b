//! The operator's own network is nobody's business: not by an address, not by a name, not by a
//! redirect, not by a name that changes its mind.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use headwater::source::fetch::{Network, Settings};
use headwater::source::politeness::State;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::server::{Server, error, feed, redirect, settings, source, visit, visit_in};

/// In these tests the first loopback address is the public internet, and all others are private.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PRIVATE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Answers for each name with the next of its answers; the last one stays.
pub(crate) struct Names(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let mut names = self.0.lock().unwrap();
        let found = names
            .get_mut(name.as_str())
            .map(|answers| if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() });
        Box::pin(async move {
            let found = found.ok_or("no such name")?;
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

pub(crate) fn network(names: &[(&str, &[&[IpAddr]])]) -> Network {
    let answers = |answers: &[&[IpAddr]]| answers.iter().map(|answer| answer.to_vec()).collect();
    let names = names.iter().map(|(name, list)| ((*name).to_owned(), answers(list))).collect();
    Network { resolver: Arc::new(Names(Mutex::new(names))), is_public: |ip| ip == PUBLIC }
}

pub(crate) fn closed() -> Settings {
    Settings { allow_private: false, ..settings() }
}

/// Two servers at one port, the public and the private one.
fn neighbours(public: &[Vec<u8>]) -> (Server, TcpListener) {
    // The port may be taken at the other address: then another pair is tried.
    loop {
        let server = Server::start(public.to_vec());
        if let Ok(private) = TcpListener::bind((PRIVATE, server.port)) {
            private.set_nonblocking(true).unwrap();
            return (server, private);
        }
    }
}

fn visited(network: &Network, url: &str) -> Result<(), String> {
    let visit = visit_in(network, closed(), &source(url), &State::default()).visit;
    visit.error.map_or(Ok(()), Err)
}

#[test]
fn a_private_address_is_refused_in_whatever_form_it_is_written() {
    let server = Server::start(vec![feed()]);
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "any.localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
    ] {
        let error = error(closed(), &format!("http://{host}:{}/", server.port));
        assert!(error.contains("is a private address; `fetch.allow_private`"), "{host}: {error}");
    }
    assert!(server.rest().is_empty());
    assert!(visit(settings(), &source(&server.url), &State::default()).body.is_some());
}

#[test]
fn a_name_that_leads_home_is_refused_when_it_is_resolved() {
    let (server, private) = neighbours(&[feed()]);
    let network = network(&[("home.test", &[&[PRIVATE]]), ("both.test", &[&[PRIVATE, PUBLIC]])]);
    let error = visited(&network, &format!("http://home.test:{}/", server.port)).unwrap_err();
    assert!(error.contains("home.test leads to a private address"), "{error}");
    assert_eq!(visited(&network, &format!("http://both.test:{}/", server.port)), Ok(()));
    assert_eq!(server.rest().len(), 1);
    assert!(private.accept().is_err(), "nobody has knocked");
}

#[test]
fn a_name_that_changes_its_mind_between_two_visits_gains_nothing() {
    let (server, private) = neighbours(&[feed()]);
    let network = network(&[("feed.test", &[&[PUBLIC], &[PRIVATE]])]);
    let url = format!("http://feed.test:{}/", server.port);
    assert_eq!(visited(&network, &url), Ok(()));
    assert!(visited(&network, &url).unwrap_err().contains("leads to a private address"));
    assert!(private.accept().is_err());
}

#[test]
fn a_name_that_changes_its_mind_within_a_visit_gains_nothing() {
    let (server, private) = neighbours(&[redirect(302, "/next")]);
    let network = network(&[("feed.test", &[&[PUBLIC], &[PRIVATE]])]);
    let error = visited(&network, &format!("http://feed.test:{}/", server.port)).unwrap_err();
    assert!(error.contains("feed.test leads to a private address"), "{error}");
    assert!(private.accept().is_err());
}

#[test]
fn a_redirect_home_is_refused_by_address_and_by_name() {
    for target in ["http://127.0.0.2:PORT/", "http://2130706434:PORT/", "http://home.test:PORT/"] {
        for status in [301, 302, 307] {
            let (server, private) = neighbours(&[]);
            let to = target.replace("PORT", &server.port.to_string());
            let leading = Server::at("127.0.0.1", move |_| redirect(status, &to));
            let network = network(&[("home.test", &[&[PRIVATE]])]);
            let error = visited(&network, &leading.url).unwrap_err();
            assert!(error.contains("private address"), "{target}: {error}");
            assert!(private.accept().is_err());
        }
    }
}

#[test]
fn an_rsshub_is_trusted_and_what_it_leads_to_is_not() {
    let server = Server::start(vec![feed(), redirect(302, "http://127.0.0.2:9/")]);
    let hub = Settings { rsshub: Some(server.url.parse().unwrap()), ..closed() };
    let route = source("rsshub://openai/news");
    assert!(visit(hub.clone(), &route, &State::default()).body.is_some());
    assert_eq!(server.asked().target(), "GET /openai/news");
    let error = visit(hub, &route, &State::default()).visit.error.unwrap();
    assert!(error.contains("http://127.0.0.2:9/ is a private address"), "{error}");
}
