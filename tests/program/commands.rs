//! The commands, one after the other, as their users call them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::site::{Site, text};

#[test]
fn regen_writes_every_feed_once_and_then_nothing() {
    let site = Site::new();
    let first = site.json(&["--json", "regen"]);
    assert_eq!(
        (&first["articles"], &first["drafts"], &first["scheduled"]),
        (&9.into(), &1.into(), &1.into())
    );
    assert_eq!(first["skipped"], Value::Array(vec![]));
    for name in [
        "index.xml",
        "atom.xml",
        "feed.json",
        "insights/index.xml",
        "tags/scale-ai/atom.xml",
        "tags/大模型/feed.json",
        "topics/数据与开源生态/index.xml",
        "suggestions/index.xml",
        "subscriptions.opml",
        "index.html",
    ] {
        assert!(site.path("feeds").join(name).is_file(), "{name}");
    }
    assert!(!site.path("feeds/tags/事实核查").exists(), "a draft's tag has no feed");
    assert!(!site.read("feeds/index.xml").contains("future"), "what is scheduled is not published");
    let second = site.json(&["--json", "regen"]);
    assert_eq!((&second["files"]["written"], &second["files"]["removed"]), (&0.into(), &0.into()));
}

#[test]
fn articles_do_not_wait_for_a_database() {
    let site = Site::new();
    fs::create_dir(site.path("state")).unwrap();
    fs::write(
        site.path("state/headwater.db"),
        "no database at all, and longer than a header of one",
    )
    .unwrap();
    let output = site.run(&["regen"]);
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("cannot open the database"), "{}", text(&output.stderr));
    assert!(site.path("feeds/index.xml").is_file());
    let status = site.run(&["status"]);
    assert_eq!(status.status.code(), Some(1));
}

#[test]
fn regen_of_one_tag_touches_nothing_else() {
    let site = Site::new();
    let report = site.json(&["--json", "regen", "--tag", "大语言模型"]);
    assert_eq!(report["files"]["written"], 4, "three formats and a page");
    assert!(
        site.path("feeds/tags/大模型/index.xml").is_file(),
        "the alias leads to its canonical name"
    );
    assert!(!site.path("feeds/index.xml").exists());
    let unknown = site.run(&["regen", "--tag", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("no published article has the tag nothing"));
}

#[test]
fn a_broken_article_is_skipped_with_its_place_and_the_run_goes_on() {
    let site = Site::new();
    let broken =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/articles/broken/open-list.md");
    fs::copy(broken, site.path("articles/insights/open-list.md")).unwrap();
    let report = site.json(&["--json", "regen"]);
    assert_eq!(report["articles"], 9);
    assert_eq!(report["skipped"][0]["path"], "insights/open-list.md");
    assert!(report["skipped"][0]["line"].as_u64().unwrap() >= 4);
    let check = site.run(&["check"]);
    assert_eq!(check.status.code(), Some(1));
    assert!(
        text(&check.stdout).starts_with("articles/insights/open-list.md:"),
        "{}",
        text(&check.stdout)
    );
}

#[test]
fn a_tag_that_no_folder_can_have_is_told_before_anything_is_written() {
    let site = Site::new();
    let article = "---\ntitle: 甲\ndate: 2025-06-13\ntags: [index.xml, 好]\n---\n文\n";
    fs::write(site.path("articles/insights/jia.md"), article).unwrap();
    let check = site.run(&["--set", "feeds.min_articles=1", "check"]);
    assert_eq!(check.status.code(), Some(1));
    let told = text(&check.stdout);
    assert!(told.contains("tags/index.xml") && told.contains("give it another name"), "{told}");
}

#[test]
fn a_review_of_tags_and_topics_fails_until_its_entries_are_pasted() {
    let site = Site::new();
    let review = site.run(&["--json", "check", "--vocabulary"]);
    assert_eq!(review.status.code(), Some(1));
    let object: serde_json::Value = serde_json::from_slice(&review.stdout).unwrap();
    assert_eq!(object["problems"], serde_json::json!([]));
    let review = &object["vocabulary"];
    assert_eq!(review["duplicates"][0]["aliases"][0]["evidence"][0]["kind"], "plural");
    let mut vocabulary = site.read("config/vocabulary.yaml");
    let lists = [&review["duplicates"], &review["outside"]].map(|list| list.as_array().unwrap());
    for proposal in lists.into_iter().flatten() {
        let name = proposal["name"].as_str().unwrap();
        let own = format!("- {{name: {name}, kind: topic}}");
        let entry = proposal["entry"].as_str().unwrap_or(&own);
        let (start, _) = entry.split_once(", kind").unwrap();
        let old: Vec<&str> =
            vocabulary.lines().filter(|line| !line.starts_with(&format!("{start},"))).collect();
        vocabulary = format!("{}\n{entry}\n", old.join("\n"));
    }
    fs::write(site.path("config/vocabulary.yaml"), vocabulary).unwrap();
    let after = site.run(&["check", "--vocabulary"]);
    let shown = text(&after.stdout);
    assert_eq!(after.status.code(), Some(0), "{shown}");
    assert!(shown.contains("# likely duplicates: 0; topics outside the list: 0; single-use"));
}

#[test]
fn fetched_items_are_suggested_cited_and_not_suggested_again() {
    let site = Site::new();
    let fetched = site.json(&["--json", "fetch"]);
    let new: u64 = fetched["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["items_new"].as_u64().unwrap())
        .sum();
    assert_eq!(new, 24);
    let again = site.json(&["--json", "fetch", "--all"]);
    assert!(
        again["sources"].as_array().unwrap().iter().all(|one| one["outcome"] == "unchanged"),
        "{again}"
    );
    let due = site.json(&["--json", "fetch"]);
    assert!(
        due["sources"].as_array().unwrap().iter().all(|one| one["outcome"] == "deferred"),
        "{due}"
    );

    let draft = "articles/insights/agents-in-newsrooms.md";
    let suggested = site.json(&["--json", "suggest", draft]);
    let first = &suggested["suggestions"][0];
    assert_eq!(first["for"]["article"], "insights/agents-in-newsrooms.md");
    assert!(first["title"].as_str().unwrap().contains("智能体"), "{first}");
    assert!(first["citation"].as_str().unwrap().starts_with("[^1]: "), "{first}");
    let (id, url) = (first["id"].as_str().unwrap(), first["url"].as_str().unwrap());

    assert!(site.run(&["accept", id]).status.success());
    assert_eq!(site.run(&["reject", "0000000000"]).status.code(), Some(2));
    let before = site.read(draft);
    assert!(site.run(&["cite", draft, id]).status.success());
    let after = site.read(draft);
    assert!(after.starts_with(&before), "not a byte before has changed");
    assert!(after.contains("## 引用") && after.contains("[^1]: "), "{after}");
    assert_eq!(site.run(&["cite", draft, id]).status.code(), Some(1), "a second copy is refused");
    assert_eq!(site.read(draft), after);
    let urls = site.json(&["--json", "suggest", draft])["suggestions"].to_string();
    assert!(!urls.contains(url), "what is cited already is not suggested: {urls}");
    // Nor what the text links to, or lists without a note.
    for cited in [format!("\n详见[报道]({url})。\n"), format!("\n## 参考资料\n\n- [报道]({url})\n")]
    {
        fs::write(site.path(draft), before.clone() + &cited).unwrap();
        let urls = site.json(&["--json", "suggest", draft])["suggestions"].to_string();
        assert!(!urls.contains(url), "{cited}: {urls}");
    }
    fs::write(site.path(draft), &after).unwrap();

    site.json(&["--json", "regen"]);
    let public = site.read("feeds/suggestions/index.xml");
    assert!(!public.contains("编辑部里的智能体"), "a draft's title is not public");
    assert!(site.read("feeds/index.xml").contains("Scale AI"));
    let status = site.json(&["--json", "status"]);
    assert_eq!(status["healthy"], true, "{status}");
}

#[test]
fn sources_are_managed_without_losing_a_comment() {
    let site = Site::new();
    let before = site.read("config/sources.yaml");
    assert!(site.run(&["sources", "disable", "recorded-lab"]).status.success());
    let list = site.json(&["--json", "sources", "list"]);
    assert_eq!(
        (&list["sources"][0]["id"], &list["sources"][0]["enabled"]),
        (&"recorded-lab".into(), &false.into())
    );
    assert_eq!(list["sources"][0]["health"], "new");
    assert!(site.run(&["sources", "enable", "recorded-lab"]).status.success());
    assert_eq!(site.read("config/sources.yaml").replace("  enabled: true\n", ""), before);
    assert_eq!(site.run(&["sources", "remove", "nobody"]).status.code(), Some(2));
    fs::write(
        site.path("list.opml"),
        "<opml><body><outline text='AI'><outline text='甲' xmlUrl='https://a.example/feed'/></outline></body></opml>",
    )
    .unwrap();
    assert!(site.run(&["sources", "import", "list.opml"]).status.success());
    assert!(text(&site.run(&["sources", "export"]).stdout).contains("https://a.example/feed"));
}

#[test]
fn wrong_use_is_told_with_status_2_and_never_a_backtrace() {
    let site = Site::new();
    for (arguments, expected) in [
        (
            vec!["--set", "feeds.limt=3", "regen"],
            "unknown key feeds.limt (did you mean feeds.limit?)",
        ),
        (vec!["--config", "nowhere.yaml", "regen"], "nowhere.yaml:1:1: cannot be read"),
        (vec!["--set", "schedule.fetch=0 0 30 2 *", "regen"], "never comes"),
        (vec!["suggest", "articles/nothing.md"], "there is no article nothing.md"),
        (vec!["fetch", "--source", "nobody"], "there is no source nobody"),
        (vec!["frobnicate"], "unrecognized subcommand"),
    ] {
        let output = site.run(&arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert!(!error.contains("panicked") && !error.contains("{ "), "{error}");
    }
}

#[test]
fn init_writes_a_site_that_works_and_never_overwrites() {
    let site = Site::new();
    assert!(site.run(&["init", "new"]).status.success());
    let inside = |arguments: &[&str]| {
        site.command(arguments).current_dir(site.path("new")).output().unwrap()
    };
    assert!(inside(&["check"]).status.success(), "{}", text(&inside(&["check"]).stdout));
    assert!(inside(&["regen"]).status.success());
    fs::write(site.path("new/config/headwater.yaml"), "mine").unwrap();
    assert!(site.run(&["init", "new"]).status.success());
    assert_eq!(site.read("new/config/headwater.yaml"), "mine");
}

#[test]
fn parse_completions_and_man_need_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &[u8]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_headwater"))
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    };
    let parsed = run(
        &["parse", "-"],
        b"<rss version='2.0'><channel><item><title>t</title></item></channel></rss>",
    );
    let line: Value = serde_json::from_slice(&parsed.stdout).unwrap();
    assert_eq!(
        (&line["ok"], &line["format"], &line["items"][0]["title"]),
        (&true.into(), &"rss2.0".into(), &"t".into())
    );
    assert_eq!(run(&["parse", "-"], b"no feed").status.code(), Some(1));
    assert!(text(&run(&["completions", "bash"], b"").stdout).contains("complete -F _headwater"));
    assert!(text(&run(&["man"], b"").stdout).contains(".SH SUGGEST"));
}

#[test]
fn evaluate_measures_and_writes_a_run() {
    let site = Site::new();
    let items = [
        ("p1", "Scale AI announces next phase of company's evolution", "2025-06-12"),
        ("p2", "A recipe for noodles", "2025-06-12"),
    ];
    let line = |(id, title, day): &(&str, &str, &str)| {
        serde_json::json!({"id": id, "title": title, "published": day, "first_seen": day})
            .to_string()
    };
    let pool = items.iter().map(line).collect::<Vec<_>>().join("\n");
    fs::write(site.path("pool.jsonl"), pool).unwrap();
    let measured = site.json(&[
        "--json",
        "evaluate",
        "--articles",
        "articles",
        "--pool",
        "pool.jsonl",
        "--run",
        "out.trec",
    ]);
    assert_eq!((&measured["queries"], &measured["ndcg@10"]), (&1.into(), &1.0.into()));
    assert!(site.read("out.trec").starts_with("insights/"), "{}", site.read("out.trec"));
    fs::create_dir(site.path("nothing")).unwrap();
    let nothing = site.run(&["evaluate", "--articles", "nothing", "--pool", "pool.jsonl"]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(text(&nothing.stderr).contains("nothing: no article there cites anything"));
    let stories = site.json(&["--json", "stories", "--pool", "pool.jsonl"]);
    assert_eq!(stories["stories"].as_array().unwrap().len(), 2);
}
