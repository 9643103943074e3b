//! Commands that change the same file at the same moment, through a link to it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::slice::from_ref;

use crate::citing;
use crate::site::{Site, text};
use crate::verdicts::verdicts;

/// Times that commands meet: enough that without taking turns some change is lost.
const ROUNDS: usize = 8;

/// Moves a file elsewhere and leaves a link to it.
fn link(site: &Site, file: &str) {
    let name = Path::new(file).file_name().unwrap().to_string_lossy().into_owned();
    fs::rename(site.path(file), site.path(&name)).unwrap();
    symlink(site.path(&name), site.path(file)).unwrap();
}

/// Asserts that the link is one still, and that nothing was left beside it or its file.
fn assert_linked(site: &Site, file: &str) {
    assert!(fs::symlink_metadata(site.path(file)).unwrap().is_symlink(), "{file} was replaced");
    for folder in [site.path(file).parent().unwrap(), &site.path("")] {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> =
            names.filter(|name| name.to_string_lossy().contains("headwater-")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// Runs all at once; all must succeed.
fn at_once(site: &Site, commands: &[Vec<&str>]) {
    let start = |arguments: &Vec<&str>| {
        let mut command = site.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<_> = commands.iter().map(start).collect();
    for (process, arguments) in running.into_iter().zip(commands) {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_source_list_that_many_change_at_once_loses_nothing() {
    let site = Site::new();
    let list = "config/sources.yaml";
    link(&site, list);
    let opml = |number| {
        let url = format!("https://{number}.imported.example/feed");
        format!("<opml version='2.0'><body><outline type='rss' xmlUrl='{url}'/></body></opml>")
    };
    at_once(&site, &[vec!["sources", "add", "file:spare.xml", "--id", "spare-0"]]);
    for number in 0..ROUNDS {
        let (name, added) = (format!("{number}.opml"), format!("added-{number}"));
        fs::write(site.path(&name), opml(number)).unwrap();
        let address = format!("file:{number}.xml");
        let (spare, next) = (format!("spare-{number}"), format!("spare-{}", number + 1));
        let next_address = format!("file:spare-{number}.xml");
        let switch = if number % 2 == 0 { "disable" } else { "enable" };
        at_once(
            &site,
            &[
                vec!["sources", "add", &address, "--id", &added],
                vec!["sources", "import", &name],
                vec!["sources", switch, "recorded-lab"],
                vec!["sources", "remove", &spare],
                vec!["sources", "add", &next_address, "--id", &next],
            ],
        );
        let known = site.json(&["--json", "sources", "list"]);
        let ids: Vec<&str> = known["sources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), 3 + 1 + 2 * (number + 1), "{ids:?}");
        assert!(ids.contains(&added.as_str()) && ids.contains(&next.as_str()), "{ids:?}");
        assert!(!ids.contains(&spare.as_str()), "{ids:?}");
        assert_eq!(known["sources"][0]["enabled"], switch == "enable", "{known}");
    }
    assert_linked(&site, list);
}

#[test]
fn an_article_that_is_cited_into_twice_at_once_has_both_footnotes() {
    let (site, ids) = citing::site();
    let article = "articles/insights/linked.md";
    let [(one, title), (two, other), ..] = ids.as_slice() else { panic!("two suggestions") };
    for _ in 0..ROUNDS {
        drop(fs::remove_file(site.path(article)));
        fs::write(site.path(article), "---\ntitle: T\ndate: 2025-06-13\n---\n文\n").unwrap();
        link(&site, article);
        at_once(&site, &[vec!["cite", article, one], vec!["cite", article, two]]);
        let text = site.read("linked.md");
        assert!(text.contains(title) && text.contains(other), "{text}");
        assert!(text.contains("[^1]: ") && text.contains("[^2]: "), "{text}");
        assert_linked(&site, article);
    }
}

#[test]
fn what_two_learn_at_once_is_what_one_learns_after_the_other() {
    let site = Site::new();
    let configuration = "config/headwater.yaml";
    link(&site, configuration);
    let before = site.read(configuration);
    fs::write(site.path("one.jsonl"), verdicts(12, 8)).unwrap();
    // Another editor, with another taste.
    let other = verdicts(15, 8).replace("\"body\"", "\"summary\"");
    fs::write(site.path("two.jsonl"), other).unwrap();
    let command = |file| vec!["learn", "--verdicts", file, "--write"];
    let (one, two) = (command("one.jsonl"), command("two.jsonl"));
    let after = |rounds: &[&[Vec<&str>]]| {
        fs::write(site.path("headwater.yaml"), &before).unwrap();
        for commands in rounds {
            at_once(&site, commands);
        }
        assert_linked(&site, configuration);
        site.read(configuration)
    };
    let (alone, other) = (after(&[from_ref(&one)]), after(&[from_ref(&two)]));
    assert!(alone != before && other != alone, "{alone}{other}");
    let in_turn = [[&one, &two], [&two, &one]].map(|order| after(&order.map(from_ref)));
    for _ in 0..ROUNDS {
        let both = after(&[&[one.clone(), two.clone()]]);
        assert!(in_turn.contains(&both), "{both}");
    }
}
