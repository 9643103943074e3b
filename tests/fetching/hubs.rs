//! What a hub is asked goes where it may go, and says how the hub took it.

use std::collections::HashMap;
use std::time::Duration;

use chrono::Utc;
use headwater::source::fetch::{Answer, Fetcher, Network, Settings};
use url::Url;

use crate::private::closed;
use crate::server::{Server, answer, settings};

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
