use super::*;
use crate::feed::Format;

const LEAST: &str = "site: {title: T, url: 'https://example.org/blog'}\n";

fn problems(text: &str) -> Vec<String> {
    let problems = Config::parse("h.yaml", text, &[]).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_title_and_an_address_are_enough() {
    let config = Config::parse("h.yaml", LEAST, &[]).unwrap();
    assert_eq!(config.catalog.site.url.as_str(), "https://example.org/blog/");
    assert_eq!(config.feeds.base.as_str(), "https://example.org/blog/feeds/");
    assert_eq!(config.store, PathBuf::from("state/headwater.db"));
    assert_eq!((config.feeds.limit, config.limits.min_interval.as_secs()), (20, 3_600));
    assert_eq!(config.catalog.taxonomies.len(), 2);
}

#[test]
fn every_mistake_is_told_at_once() {
    let text = "site:\n  titel: T\n  url: example.org\n  timezone: Mars/Base\n  language: zh_CN\nfeeds:\n  formats: [rss, rdf]\n  \
                limit: 0\nfetch:\n  timeout: 30\n  max_interval: 1m\nschedule:\n  regen: \"0 0 30 2 *\"\nserver: x\nsotre: y\n";
    assert_eq!(
        problems(text),
        [
            "h.yaml:1:1: site.title is missing (the name of your site)",
            "h.yaml:2:3: unknown key site.titel (did you mean site.title?)",
            "h.yaml:3:3: site.url: `example.org` is not an address: relative URL without a base",
            "h.yaml:4:3: site.timezone: `Mars/Base` is not a time zone such as Asia/Shanghai",
            "h.yaml:5:3: site.language: `zh_CN` is no language tag such as zh-CN or en",
            "h.yaml:7:3: feeds.formats: `rdf` is not one of rss, atom, json",
            "h.yaml:8:3: feeds.limit: `0` is not a whole number of at least 1",
            "h.yaml:10:3: fetch.timeout: `30` is not a duration such as 30s, 15m, 2h or 7d",
            "h.yaml:11:3: fetch.max_interval is shorter than fetch.min_interval",
            "h.yaml:13:3: schedule.regen: `0 0 30 2 *` never comes",
            "h.yaml:14:1: server must be keys with values, found a word",
            "h.yaml:15:1: unknown key sotre (did you mean store?)",
        ]
    );
}

#[test]
fn a_citation_is_a_style_or_a_template() {
    for (citation, expected) in [
        ("gbt7714", None),
        ("apa", None),
        ("'{author}. {title}'", None),
        (
            "mla",
            Some("suggest.citation: `mla` is neither one of house, gbt7714, apa nor a template"),
        ),
        ("'{titel}'", Some("suggest.citation: {titel} is not one of {author}, ")),
    ] {
        let text = format!("{LEAST}suggest: {{citation: {citation}}}\n");
        let problem = Config::parse("h.yaml", &text, &[]).err().map(|found| found[0].to_string());
        let starts = expected.map(|expected| format!("h.yaml:2:11: {expected}"));
        assert!(
            match (&problem, &starts) {
                (Some(problem), Some(starts)) => problem.starts_with(starts),
                (problem, starts) => problem.is_none() && starts.is_none(),
            },
            "{problem:?}"
        );
    }
}

#[test]
fn a_proxy_is_one_that_can_be_spoken_to() {
    for (proxy, fits) in [
        ("http://127.0.0.1:3128", true),
        ("https://anna:hush@proxy.example", true),
        ("socks5://127.0.0.1:1080", true),
        ("socks5h://127.0.0.1:1080", true),
        ("socks4://anna:hush@127.0.0.1:1080", false),
        ("proxy.example:3128", false),
    ] {
        let text = format!("{LEAST}fetch: {{proxy: '{proxy}'}}\n");
        let read = Config::parse("h.yaml", &text, &[]);
        assert_eq!(read.is_ok(), fits, "{proxy}");
        let problem = read.err().map(|problems| problems[0].to_string()).unwrap_or_default();
        assert!(fits || problem.starts_with("h.yaml:2:9: fetch.proxy: this is not"), "{problem}");
        assert!(!problem.contains("hush"));
    }
}

#[test]
fn what_visits_could_not_do_with_is_refused_with_its_place() {
    const ADDRESS: &str = "this is not an address that begins with https:// or http://";
    let requests = "`9999999999999999999` is not a whole number from 1 to 1000";
    for (text, expected) in [
        ("fetch: {rsshub: 'http://127.0.0.1:1200/?key=a'}", None),
        ("fetch: {rsshub: 'localhost:1200'}", Some(format!("fetch.rsshub: {ADDRESS}"))),
        ("fetch: {rsshub: 'rsshub:1200'}", Some(format!("fetch.rsshub: {ADDRESS}"))),
        ("feeds: {hub: 'https://hub.example.org:443/'}", None),
        ("feeds: {hub: 'hub.example.org:443'}", Some(format!("feeds.hub: {ADDRESS}"))),
        ("feeds: {hub: 'mailto:a@b.c'}", Some(format!("feeds.hub: {ADDRESS}"))),
        ("fetch: {timeout: 1s, max_body: 1B, concurrency: 1000, min_interval: 0s}", None),
        (
            "fetch: {timeout: 0s}",
            Some("fetch.timeout: `0s` is no time at all; the shortest is 1s".to_owned()),
        ),
        ("fetch: {max_body: 0B}", Some("fetch.max_body: `0B` is no room at all".to_owned())),
        (
            "fetch: {concurrency: 9999999999999999999}",
            Some(format!("fetch.concurrency: {requests}")),
        ),
        ("fetch: {per_host: 9999999999999999999}", Some(format!("fetch.per_host: {requests}"))),
    ] {
        let found = Config::parse("h.yaml", &format!("{LEAST}{text}\n"), &[]);
        let found = found.err().map(|problems| problems[0].to_string());
        assert_eq!(found, expected.map(|expected| format!("h.yaml:2:9: {expected}")), "{text}");
    }
}

#[test]
fn broken_yaml_has_a_place_and_a_schedule_without_quotes_a_hint() {
    assert!(problems("site: [\n")[0].contains("not valid YAML"));
    let unquoted = "schedule:\n  regen: * * * * *\n";
    assert!(problems(unquoted)[0].contains("put a schedule in quotes"), "{:?}", problems(unquoted));
}

#[test]
fn the_command_line_overrides_any_key() {
    let set = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
    let config =
        Config::parse("h.yaml", LEAST, &set("site.url", "https://other.example/")).unwrap();
    assert_eq!(config.catalog.site.url.as_str(), "https://other.example/");
    let config = Config::parse("h.yaml", LEAST, &set("feeds.formats", "[json]")).unwrap();
    assert_eq!(config.feeds.formats, [Format::Json]);
    let nothing = &Config::parse("h.yaml", LEAST, &set("feeds.formats", "[]")).unwrap_err()[0];
    assert!(nothing.to_string().contains("feeds.formats is empty"), "{nothing}");
    let problem = &Config::parse("h.yaml", LEAST, &set("feeds.limt", "3")).unwrap_err()[0];
    assert_eq!(
        problem.to_string(),
        "--set:1:1: unknown key feeds.limt (did you mean feeds.limit?)"
    );
}
