//! What `stories` tells of the items in the store, from one run to the next.

use std::fs;

use chrono::{Days, Utc};
use serde_json::Value;

use crate::site::Site;

/// A feed with these items (title, address), published yesterday.
fn feed(items: &[(&str, &str)]) -> String {
    let yesterday = (Utc::now() - Days::new(1)).to_rfc2822();
    let items: Vec<String> = items
        .iter()
        .map(|(title, url)| {
            format!("<item><title>{title}</title><link>{url}</link><pubDate>{yesterday}</pubDate></item>")
        })
        .collect();
    format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", items.concat())
}

fn sources(site: &Site, names: &[&str]) {
    let list: Vec<String> = names
        .iter()
        .map(|name| {
            let url = format!("file:{}", site.path(&format!("{name}.xml")).display());
            let tier = if *name == "maker" { "first_party" } else { "media" };
            format!("- {{id: {name}, name: {name}, url: \"{url}\", tier: {tier}}}\n")
        })
        .collect();
    fs::write(site.path("config/sources.yaml"), list.concat()).unwrap();
}

fn first(stories: &Value) -> &Value {
    &stories["stories"][0]
}

#[test]
fn a_story_keeps_its_identifier_and_knows_its_sources_and_what_was_written_of_it() {
    let site = Site::new();
    let written = "https://house.example/reddit";
    let house = feed(&[
        ("Reddit sues Anthropic over scraping of user data", written),
        ("A recipe for noodles", "https://house.example/noodles"),
    ]);
    fs::write(site.path("house.xml"), house).unwrap();
    sources(&site, &["house"]);
    site.json(&["--json", "fetch", "--all"]);
    let before = site.json(&["--json", "stories"]);
    assert_eq!(before["stories"].as_array().unwrap().len(), 2);
    let story = |told: &Value| {
        let stories = told["stories"].as_array().unwrap().iter();
        let mut named = stories.filter(|story| story["title"].as_str().unwrap().contains("Reddit"));
        named.next().unwrap()["id"].clone()
    };
    let id = story(&before);

    let maker = feed(&[("Reddit起诉Anthropic，指控其抓取用户数据", "https://maker.example/1")]);
    fs::write(site.path("maker.xml"), maker).unwrap();
    sources(&site, &["house", "maker"]);
    site.json(&["--json", "fetch", "--all"]);
    let after = site.json(&["--json", "stories"]);
    let told = first(&after);
    assert_eq!(told["id"], id, "{after}");
    assert_eq!(told["items"].as_array().unwrap().len(), 2, "{after}");
    let mut names: Vec<&str> =
        told["sources"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["house", "maker"]);
    assert_eq!(told["written_of"], Value::Null);
    // The one who did it comes first.
    let primary = told["primary"].as_str().unwrap();
    assert_ne!(Some(primary), first(&before)["items"][0].as_str());

    let today = Utc::now().format("%Y-%m-%dT00:00:00+00:00");
    let article = format!(
        "---\ntitle: 甲\ndate: {today}\n---\n\n一句话。[^1]\n\n[^1]: house. Reddit sues. {written}\n"
    );
    fs::write(site.path("articles/insights/a.md"), article).unwrap();
    let told = site.json(&["--json", "stories"]);
    assert!(first(&told)["written_of"].is_string(), "{told}");
    assert_eq!(first(&told)["news"], serde_json::json!([]), "{told}");
}
