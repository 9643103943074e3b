//! A site's address leads to its feed: from what the site says, or from where feeds usually lie.

use std::fs;

use serde_json::Value;

use crate::program::Site;
use crate::server::{Server, answer, feed, redirect};

fn page(head: &str, body: &str) -> Vec<u8> {
    let html = format!("<!doctype html><html><head>{head}</head><body>{body}</body></html>");
    answer("200 OK", "content-type: text/html; charset=utf-8\r\n", html.as_bytes())
}

fn lost() -> Vec<u8> {
    answer("404 Not Found", "", b"")
}

fn targets(server: &Server) -> Vec<String> {
    server.rest().iter().map(|asked| asked.target().replace("GET ", "")).collect()
}

/// A site that answers its own address and its feed's.
fn site_with(front: impl Fn() -> Vec<u8> + Send + Sync + 'static, at: &'static str) -> Server {
    Server::at("127.0.0.1", move |asked| match asked.target().as_str() {
        "GET /" => front(),
        target if target == format!("GET {at}") => feed(),
        _ => lost(),
    })
}

fn added(server: &Server, address: &str) -> (Value, String) {
    let site = Site::new("");
    let said = site.run(&["--json", "sources", "add", address, "--id", "one"]);
    let list = fs::read_to_string(site.0.path().join("config/sources.yaml")).unwrap();
    assert!(list.contains(&format!("url: \"{}", server.url)), "{said}");
    let value: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
    (value, list)
}

#[test]
fn a_feed_is_found_wherever_a_site_tells_of_it() {
    let header = || {
        let link = "link: <news/all>; rel=\"alternate\"; type=\"application/rss+xml\"\r\n";
        answer(
            "200 OK",
            &format!("{link}content-type: text/html\r\n"),
            b"<html><body>hi</body></html>",
        )
    };
    let link =
        || page("<base href='/x/'><link rel=alternate type=application/atom+xml href=f>", "");
    let text = || page("", "<a href='/press/7'>RSS</a>");
    let nothing = || page("<title>T</title>", "<p>hi</p>");
    for (server, at, how) in [
        (site_with(header, "/news/all"), "/news/all", "Link header"),
        (site_with(link, "/x/f"), "/x/f", "<link>"),
        (site_with(text, "/press/7"), "/press/7", "text"),
        (site_with(nothing, "/atom.xml"), "/atom.xml", "usual path"),
    ] {
        let (report, _) = added(&server, &server.url);
        assert_eq!(report["url"], format!("{}{at}", server.url));
        assert_eq!(report["items"], 1);
        assert_eq!(report["found"][0]["outcome"], "taken");
        assert!(report["found"][0]["how"].as_str().unwrap().contains(how), "{report}");
    }
}

#[test]
fn usual_paths_are_tried_one_by_one_until_one_is_a_feed() {
    let server = site_with(|| page("", "hi"), "/rss.xml");
    added(&server, &server.url);
    assert_eq!(targets(&server), ["/", "/feed", "/feed/", "/rss", "/rss/", "/rss.xml"]);
    // Nobody goes on asking a host that has had enough.
    let server = Server::at("127.0.0.1", |asked| match asked.target().as_str() {
        "GET /" => page("", "hi"),
        _ => answer("429 Too Many Requests", "retry-after: 3600\r\n", b""),
    });
    let site = Site::new("");
    let said = site.run(&["sources", "add", &server.url]);
    assert!(said.contains("names no feed, and none is at the usual paths"), "{said}");
    assert_eq!(targets(&server), ["/", "/feed"]);
}

#[test]
fn what_was_found_is_told_with_why_and_how_to_take_another() {
    let server = Server::at("127.0.0.1", |asked| match asked.target().as_str() {
        "GET /blog" => page(
            "<link rel=alternate type='application/rss+xml' title=Old href=/old>\
             <link rel=alternate type='application/rss+xml' title='News' href=/moved>\
             <link rel=alternate type='application/rss+xml' title='Comments' href=/comments>",
            "<a href=/rss>x</a>",
        ),
        "GET /moved" => redirect(301, "/new"),
        "GET /new" => feed(),
        _ => lost(),
    });
    let url = &server.url;
    let site = Site::new("");
    let said = site.run(&["sources", "add", &format!("{url}/blog"), "--id", "one"]);
    for line in [
        format!("{url}/blog is a web page; found:"),
        format!("  no feed  {url}/old (Old, named in a <link> of the page): "),
        format!(
            "  taken    {url}/moved (News, named in a <link> of the page): 1 items, the first that is a feed"
        ),
        format!("  other    {url}/comments (Comments, named in a <link> of the page)\n"),
        format!("  other    {url}/rss (linked in the page's text)\n"),
        "for another: headwater sources add ADDRESS\n".to_owned(),
        format!("added one: One ({url}/new), 1 items now\n"),
    ] {
        assert!(said.contains(&line), "{line}\n{said}");
    }
    assert_eq!(targets(&server), ["/blog", "/old", "/moved", "/new"]);
}

#[test]
fn a_page_where_a_feed_should_be_is_reported_with_the_feed_that_it_names() {
    let server = Server::at("127.0.0.1", |asked| match asked.target().as_str() {
        "GET /news" => page("<link rel=alternate type=application/rss+xml href=/feed>", ""),
        _ => page("", ""),
    });
    let url = &server.url;
    let site = Site::new(&format!("- id: a\n  url: {url}/news\n- id: b\n  url: {url}/other\n"));
    let said = site.run(&["fetch"]);
    let expected = format!(
        "{url}/news is a web page; it names the feed {url}/feed; `headwater sources add {url}/feed`"
    );
    assert!(said.contains(&expected), "{said}");
    assert!(said.contains(&format!("{url}/other is a web page and names no feed; ")), "{said}");
    assert!(site.source(0)["last_error"].as_str().unwrap().contains(&expected));
}

#[test]
fn a_route_of_rsshub_needs_an_rsshub_and_has_one() {
    let site = Site::new("");
    let said = site.run(&["sources", "add", "rsshub://openai/news"]);
    assert!(said.contains("rsshub://openai/news needs an RSSHub; set `fetch.rsshub`"), "{said}");
    assert!(site.run(&["sources", "add", "rsshub://"]).contains("has no route"));
    let hub = Server::start(vec![feed(), feed()]);
    let set = format!("fetch.rsshub={}/hub/?key=k", hub.url);
    let closed = ["--set", "fetch.allow_private=false", "--set", &set];
    let said =
        site.run(&[&closed[..], &["sources", "add", "rsshub://a/AI%26LLM/?limit=5"]].concat());
    assert!(said.contains("(rsshub://a/AI%26LLM/?limit=5), 1 items now"), "{said}");
    assert_eq!(targets(&hub), ["/hub/a/AI%26LLM/?limit=5&key=k"]);
    let said = site.run(&[&closed[..], &["fetch"]].concat());
    assert!(said.contains("1 updated (1 new items)"), "{said}");
}

#[test]
fn a_list_goes_in_with_its_folders_and_out_again() {
    let site = Site::new("- id: known\n  url: https://known.example/feed\n");
    let list = "<opml version='1.0'><body><outline text='AI'><outline text='Chips &amp; more'>\
                <outline text='&lt;b&gt;One&lt;/b&gt;' xmlUrl='feed://www.one.example/rss'/></outline>\
                <outline text='Two' xmlUrl='https://one.example/two' language='zh'/></outline>\
                <outline text='Known' xmlUrl='https://known.example/feed'/>\
                <outline text='Twice' xmlUrl='https://one.example/two'/>\
                <outline text='Passwords' xmlUrl='file:///etc/passwd'/>\
                <outline text='Nothing' type='rss'/></body>";
    let path = site.0.path().join("list.opml");
    fs::write(&path, list).unwrap();
    let said = site.run(&["sources", "import", "list.opml"]);
    for line in [
        "added one-example: One (http://www.one.example/rss)",
        "added one-example-2: Two (https://one.example/two)",
        "there already as known: https://known.example/feed",
        "there already as one-example-2: https://one.example/two",
        "refused Passwords: file:///etc/passwd is a file; ",
        "refused Nothing: has no xmlUrl",
        "2 added, 2 there already, 2 refused",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let exported = site.run(&["sources", "export"]);
    assert!(exported.contains("<outline text=\"AI\" title=\"AI\">"), "{exported}");
    assert!(exported.contains("category=\"AI,Chips &amp; more\""), "{exported}");
    let other = Site::new("");
    fs::write(other.0.path().join("list.opml"), &exported).unwrap();
    let report: Value =
        serde_json::from_str(&other.run(&["--json", "sources", "import", "list.opml"])).unwrap();
    assert_eq!(report["added"].as_array().unwrap().len(), 3);
    assert_eq!(other.run(&["sources", "export"]).replace("known-example", "known"), exported);
    fs::write(&path, "no list").unwrap();
    assert!(site.run(&["sources", "import", "list.opml"]).contains("this is no OPML"));
}
