//! `cite` as an editor calls it: footnotes and their marks in an article's file.

use std::fs;

use serde_json::Value;

use crate::site::{Site, text};

const ARTICLE: &str = "articles/insights/agents-in-newsrooms.md";

/// A site whose sources have been visited, and suggestions' identifiers with their titles.
pub(crate) fn site() -> (Site, Vec<(String, String)>) {
    let site = Site::new();
    site.json(&["--json", "fetch"]);
    let suggested = site.json(&["--json", "suggest"]);
    let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let list = suggested["suggestions"].as_array().unwrap();
    let ids = list.iter().map(|one| (word(one, "id"), word(one, "title"))).collect();
    (site, ids)
}

#[test]
fn footnotes_and_marks_are_set_for_suggestions_of_any_article() {
    let (site, ids) = site();
    let article = "articles/mine.md";
    let before = "\u{feff}---\r\ntitle: T\r\ndate: 2025-06-13\r\n---\r\n他们已达成协议。\r\n\r\n## References\r\n\r\n[^4]: 报\r\n\r\n## 附录\r\n尾";
    fs::write(site.path(article), before).unwrap();
    let [(one, title), (two, _), ..] = ids.as_slice() else { panic!("two suggestions at least") };
    let cited = site.json(&["--json", "cite", article, one, two, "--mark", "达成协议"]);
    assert_eq!(cited["marked"], serde_json::json!(["5", "6"]));
    let after = site.read(article);
    let added = cited["added"].as_array().unwrap().iter();
    let notes: Vec<&str> = added.map(|added| added["citation"].as_str().unwrap()).collect();
    let notes = notes.join("\r\n") + "\r\n";
    assert!(notes.contains(title.as_str()), "{notes}");
    let expected = before
        .replace("达成协议。", "达成协议[^5][^6]。")
        .replace("[^4]: 报\r\n", &format!("[^4]: 报\r\n{notes}"));
    assert_eq!(after, expected);

    // What is cited already gets its mark in another place, and no second note.
    let again = site.run(&["cite", article, two, "--mark", "尾"]);
    assert!(again.status.success());
    assert!(text(&again.stderr).contains("cites this already, as [^6]"), "{}", text(&again.stderr));
    assert_eq!(site.read(article), format!("{expected}[^6]"));
    let third = site.run(&["cite", article, two, "--mark", "尾"]);
    assert_eq!(third.status.code(), Some(1), "the mark stands there");
    assert_eq!(site.read(article), format!("{expected}[^6]"));
}

#[test]
fn a_text_that_cannot_be_marked_is_wrong_use_and_writes_nothing() {
    let (site, ids) = site();
    let before = site.read(ARTICLE);
    for (mark, expected) in [
        ("没有这句话", "agents-in-newsrooms.md: `没有这句话` does not stand in the text"),
        ("的", "give more of the text around the right place"),
        ("title", "stands only where no mark can be set, on line 2"),
    ] {
        let output = site.run(&["cite", ARTICLE, &ids[0].0, "--mark", mark]);
        assert_eq!(output.status.code(), Some(2), "{mark}");
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
        assert_eq!(site.read(ARTICLE), before);
    }
}

#[test]
fn a_suggestion_and_its_footnote_are_in_the_same_style() {
    let (site, _) = site();
    let style = ["--set", "suggest.citation=gbt7714"];
    let suggested = site.json(&[&style[..], &["--json", "suggest", ARTICLE]].concat());
    let first = &suggested["suggestions"][0];
    let citation = first["citation"].as_str().unwrap();
    assert!(citation.contains("[EB/OL]. ("), "{citation}");
    let markdown = |what: &[&str]| {
        text(&site.run(&[&style[..], &["suggest", "--format", "markdown"], what].concat()).stdout)
    };
    let of_article = markdown(&[ARTICLE]);
    let name = ARTICLE.trim_start_matches("articles/");
    assert!(of_article.starts_with(&format!("## {name}\n\n- ")), "{of_article}");
    assert!(of_article.contains("命中") && of_article.contains(citation), "{of_article}");
    // Pasted together, they are so many footnotes.
    let label = |note: &str| -> u32 { note[2..note.find(']').unwrap()].parse().unwrap() };
    let all = markdown(&[]);
    let sections: Vec<Vec<u32>> = all
        .split("## ")
        .map(|section| section.lines().filter(|line| line.starts_with("[^")).map(label).collect())
        .collect();
    assert!(sections.iter().any(|labels| labels.len() > 1), "{all}");
    let is_counted = |labels: &Vec<u32>| labels.windows(2).all(|two| two[0] + 1 == two[1]);
    assert!(sections.iter().all(is_counted), "{all}");
    let id = first["id"].as_str().unwrap();
    assert!(site.run(&[&style[..], &["cite", ARTICLE, id]].concat()).status.success());
    assert!(site.read(ARTICLE).contains(citation));
}

#[test]
fn an_article_is_named_from_anywhere_and_no_other_file_is_written() {
    let (site, ids) = site();
    let whole = site.path(ARTICLE).display().to_string();
    let root = format!("root={}", site.path("").display());
    let below = ARTICLE.strip_prefix("articles/").unwrap();
    for (nth, path) in [
        ARTICLE,
        below,
        &format!("./{ARTICLE}"),
        &whole,
        "config/../articles/insights/agents-in-newsrooms.md",
    ]
    .into_iter()
    .enumerate()
    {
        for root in [&[][..], &["--set", &root]] {
            let suggested = site.run(&[root, &["suggest", path]].concat());
            assert!(suggested.status.success(), "{path}: {}", text(&suggested.stderr));
        }
        let cited = site.run(&["cite", path, &ids[nth].0]);
        assert!(cited.status.success(), "{path}: {}", text(&cited.stderr));
    }
    let sources = site.read("config/sources.yaml");
    for path in
        ["../config/sources.yaml", "config/sources.yaml", "/dev/null", "articles", "none.md"]
    {
        let refused = site.run(&["cite", path, &ids[0].0]);
        assert_eq!(refused.status.code(), Some(2), "{path}");
        assert!(text(&refused.stderr).contains("is no article below articles"), "{path}");
    }
    assert_eq!(site.read("config/sources.yaml"), sources);
}

#[test]
fn nobody_cites_a_day_that_no_source_has_named() {
    let site = Site::new();
    let feed = "<rss version='2.0'><channel><title>T</title><item><title>智能体进入编辑部</title>\
        <link>https://one.example/a</link></item></channel></rss>";
    fs::write(site.path("config/recorded/undated.xml"), feed).unwrap();
    let source = "- {id: undated, name: 某报, url: 'file:config/recorded/undated.xml'}\n";
    fs::write(site.path("config/sources.yaml"), source).unwrap();
    site.json(&["--json", "fetch"]);
    let suggested = site.json(&["--json", "suggest", ARTICLE]);
    let one = &suggested["suggestions"][0];
    assert_eq!(one["published"], Value::Null, "{one}");
    let citation = one["citation"].as_str().unwrap();
    assert!(citation.contains("智能体进入编辑部") && !citation.contains('（'), "{citation}");
}

#[test]
fn a_read_only_article_is_left_alone() {
    let (site, ids) = site();
    let mut permissions = fs::metadata(site.path(ARTICLE)).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(site.path(ARTICLE), permissions).unwrap();
    let before = site.read(ARTICLE);
    let output = site.run(&["cite", ARTICLE, &ids[0].0]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is read-only (make it writable first)"));
    assert_eq!(site.read(ARTICLE), before);
}
