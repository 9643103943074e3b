//! What a hub is asked goes where it may go, and says how the hub took it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use headwater::source::fetch::{Answer, Fetcher, Network, Settings};
use headwater::source::websub::Subscription;
use headwater::source::websub::subscription::{Event, Stage};
use url::Url;

use crate::private::closed;
use crate::rounds::{Desk, outcomes};
use crate::server::{Server, answer, now, settings};

fn post(settings: Settings, url: &str) -> Result<Answer, String> {
    let fetcher = Fetcher::with(settings, HashMap::new(), &Network::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (url, form) = (Url::parse(url).unwrap(), [("hub.topic", "https://a.example/?a=1&b")]);
    runtime.block_on(fetcher.post(&url, &form, Utc::now())).map_err(|error| error.to_string())
}

#[test]
fn a_form_is_posted_again_where_the_hub_has_moved() {
    let server = Server::start(vec![
        answer("308 Moved", "location: /new\r\n", b""),
        answer("503 Busy", "retry-after: 60\r\n", b"not\n now "),
    ]);
    let answer = post(settings(), &format!("{}/hub", server.url)).unwrap();
    let wait = Some(Duration::from_mins(1));
    assert_eq!(answer, Answer { status: 503, text: "not now".to_owned(), wait });
    for target in ["POST /hub", "POST /new"] {
        let asked = server.asked();
        assert_eq!(asked.target(), target);
        assert!(asked.text().ends_with("hub.topic=https%3A%2F%2Fa.example%2F%3Fa%3D1%26b"));
        let kind = asked.header("content-type").unwrap();
        assert_eq!(kind, b"application/x-www-form-urlencoded");
    }
}

#[test]
fn a_hub_leads_nobody_into_a_private_network() {
    for url in ["http://127.0.0.1:9/", "http://[::1]/", "http://localhost/", "http://10.0.0.1/hub"]
    {
        let error = post(closed(), url).unwrap_err();
        assert!(error.contains("private address"), "{url}: {error}");
    }
    assert!(post(settings(), "file:///etc/passwd").unwrap_err().contains("only http and https"));
}

#[test]
fn a_source_whose_hub_pushes_is_visited_once_a_day_until_a_visit_finds_more() {
    let count = AtomicUsize::new(0);
    let server = Server::at("127.0.0.1", move |_| {
        // The same for two visits, then another entry.
        let entry = count.fetch_add(1, Ordering::Relaxed) / 2;
        let body = format!(
            "<rss version='2.0'><channel><item><guid>{entry}</guid><title>T</title></item>\
             </channel></rss>"
        );
        let links = "link: <https://hub.example/>; rel=hub, </feed>; rel=self\r\n";
        answer("200 OK", links, body.as_bytes())
    });
    let desk = Desk::new(std::slice::from_ref(&server.url));
    let hours = |hours| now() + TimeDelta::hours(hours);
    let visit = |at| outcomes(&desk.round(hours(at), false)).remove(0);
    assert_eq!(visit(0), "updated");
    let known = desk.store().subscriptions().unwrap().remove(0);
    assert_eq!(known.topic, format!("{}/feed", server.url));
    let lease = Some(Duration::from_hours(48));
    for event in [Event::Sent, Event::Confirmed { lease }, Event::Pushed] {
        let change = move |one: Subscription| one.after(event, now());
        desk.store().change_subscription(&known.token, change).unwrap();
    }
    for (at, expected) in [
        (2, "deferred"),
        (23, "deferred"),
        // It finds nothing new: the pushes can still be relied on.
        (25, "updated"),
        (46, "deferred"),
        // The lease has ended; this visit finds what nobody told.
        (48, "updated"),
        (50, "updated"),
    ] {
        assert_eq!(visit(at), expected, "{at}");
    }
    // A lease alone does not bring the trust back; a push does.
    let renewed = Event::Confirmed { lease };
    desk.store()
        .change_subscription(&known.token, move |one| {
            one.after(renewed, now() + TimeDelta::hours(51))
        })
        .unwrap();
    assert_eq!(visit(53), "updated");
    let push = |one: Subscription| one.after(Event::Pushed, now() + TimeDelta::hours(54));
    desk.store().change_subscription(&known.token, push).unwrap();
    assert_eq!(visit(56), "deferred");
    assert_eq!(desk.store().subscriptions().unwrap()[0].stage, Stage::Held);
}
