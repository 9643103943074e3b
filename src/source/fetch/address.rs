//! Addresses on the way of a visit: what is shown of them, and which of them may know what.

use reqwest::{Response, header};
use url::Url;

/// An address for messages and for keeping: a name and password in it belong to nobody else.
pub(super) fn address(url: &Url) -> String {
    let mut url = url.clone();
    // Fails only for an address that has no host, and so no password.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_fragment(None);
    url.into()
}

/// Whether a source's own headers may be sent to `url`: to its own host, and to no other after a
/// redirect; also where that host has only taken on TLS.
pub(super) fn may_know(own: &Url, url: &Url) -> bool {
    let usual = |url: &Url| url.port().is_none();
    let secured = own.scheme() == "http" && url.scheme() == "https" && usual(own) && usual(url);
    own.origin() == url.origin() || secured && own.host() == url.host()
}

/// Where an answer leads on; none where it is the last. A name and password that a server puts into
/// an address are not sent to anybody.
pub(super) fn redirect_target(response: &Response, url: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = String::from_utf8_lossy(response.headers().get(header::LOCATION)?.as_bytes());
    Url::parse(&address(&url.join(&location).ok()?)).ok()
}

/// The address of a route on the operator's RSSHub; the query of `hub`, such as its access key, comes
/// after that of the route.
pub(super) fn on_hub(hub: &Url, route: &str) -> Url {
    let route = route.split('#').next().unwrap_or_default();
    let (path, query) = route.split_once('?').unwrap_or((route, ""));
    let mut url = hub.clone();
    url.set_path(&format!("{}/{}", hub.path().trim_end_matches('/'), path.trim_start_matches('/')));
    let queries = [query, hub.query().unwrap_or_default()];
    let query: Vec<&str> = queries.into_iter().filter(|query| !query.is_empty()).collect();
    url.set_query(Some(query.join("&")).filter(|query| !query.is_empty()).as_deref());
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_keeps_its_query_its_escapes_and_its_last_slash() {
        for (hub, route, expected) in [
            ("http://127.0.0.1:1200", "openai/news", "http://127.0.0.1:1200/openai/news"),
            ("http://127.0.0.1:1200/", "/openai/news/", "http://127.0.0.1:1200/openai/news/"),
            (
                "https://hub.example/rss/",
                "a/b?limit=5&x=1",
                "https://hub.example/rss/a/b?limit=5&x=1",
            ),
            (
                "https://hub.example/rss",
                "a/AI%26LLM/人工",
                "https://hub.example/rss/a/AI%26LLM/%E4%BA%BA%E5%B7%A5",
            ),
            ("https://hub.example/?key=k", "a/b", "https://hub.example/a/b?key=k"),
            ("https://hub.example/?key=k", "a?b=c#d", "https://hub.example/a?b=c&key=k"),
        ] {
            assert_eq!(
                on_hub(&Url::parse(hub).unwrap(), route).as_str(),
                expected,
                "{hub} {route}"
            );
        }
    }

    #[test]
    fn a_source_shares_its_headers_with_its_own_host() {
        for (own, url, expected) in [
            ("https://a.example/feed", "https://a.example/other", true),
            ("https://a.example/feed", "https://a.example:443/", true),
            ("http://a.example/feed", "https://a.example/feed", true),
            ("http://A.example/feed", "https://a.example/feed", true),
            ("https://a.example/feed", "http://a.example/feed", false),
            ("http://a.example:8080/feed", "https://a.example/feed", false),
            ("http://a.example/feed", "https://a.example:8443/feed", false),
            ("https://a.example/", "https://www.a.example/", false),
            ("https://a.example/", "https://a.example.evil.example/", false),
        ] {
            let parse = |text| Url::parse(text).unwrap();
            assert_eq!(may_know(&parse(own), &parse(url)), expected, "{own} {url}");
        }
    }

    #[test]
    fn what_is_shown_of_an_address_has_no_password() {
        let url = Url::parse("https://anna:hush@a.example/feed?a=1#part").unwrap();
        assert_eq!(address(&url), "https://a.example/feed?a=1");
    }
}
