use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::daemon::health::{What, articles, disk, feeds, jobs, sources};
use crate::source::Failure;
use crate::source::politeness::State;
use crate::store::Job;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000 + seconds, 0).unwrap()
}

fn health() -> Health {
    let failing = State {
        failures: 4,
        failure: Some(Failure::Tls),
        last_success: Some(at(-9_000)),
        next_at: Some(at(900)),
        ..State::default()
    };
    let source = |id: &str, state| sources::Fact {
        id: id.to_owned(),
        state,
        newest: Some(at(-10_000)),
        patience: None,
        due: None,
    };
    let run = Job {
        name: JobName::Regen,
        started: at(-60),
        took_ms: 250,
        error: None,
        report: Value::Null,
    };
    let counted = articles::Count {
        published: 8,
        drafts: 1,
        newest: Some(at(-86_400)),
        ..Default::default()
    };
    let disk = disk::Disk {
        holds: "feeds+store".into(),
        folder: "/".into(),
        free: 1,
        size: 9,
        inodes: Some((3, 4)),
    };
    Health {
        facts: Facts {
            articles: Some(counted),
            sources: vec![source("a", failing), source("b\"\\\n", State::default())],
            jobs: jobs::Fact { last: vec![run.clone()], good: vec![run], begun: Vec::new() },
            disks: vec![disk],
            feeds: feeds::Fact::default(),
        },
        troubles: vec![Trouble::new(What::SourceGone { id: "c".into() })],
    }
}

fn shown() -> String {
    let mut counts = Counts::new(at(-100));
    counts.count(JobName::Regen, true, 0.25);
    counts.count(JobName::Fetch, false, 2.0);
    page(&health(), &counts)
}

#[test]
fn the_page_is_what_it_was() {
    let page = shown().replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(page);
}

#[test]
fn every_line_belongs_to_a_family_and_names_follow_the_conventions() {
    let (mut families, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for line in shown().lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(families.insert(name.to_owned()), "{name} twice");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
            assert!(name.starts_with("headwater_") || name.starts_with("process_"), "{name}");
        } else if !line.starts_with('#') {
            let (series, value) = line.rsplit_once(' ').unwrap();
            value.parse::<f64>().unwrap();
            assert!(seen.insert(series.to_owned()), "{series} twice");
            let name = series.split('{').next().unwrap();
            let family = name.trim_end_matches("_sum").trim_end_matches("_count");
            assert!(families.contains(family), "{name}");
        }
    }
    // A scraper gives every line these two.
    assert!(seen.iter().all(|series| !series.contains("job=") && !series.contains("instance=")));
    assert!(seen.contains(r#"headwater_source_failures{source="b\"\\\n"}"#));
}

/// Names of ours in a text: whatever looks like one.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words
        .filter(|word| word.starts_with("headwater_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_rules_and_the_dashboard_ask_for_what_there_is() {
    let there = names(&shown());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring");
    let rules = fs::read_to_string(folder.join("alerts.yml")).unwrap();
    let _: serde_yaml::Value = serde_yaml::from_str(&rules).unwrap();
    let dashboard = fs::read_to_string(folder.join("dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let asked = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let asked: String =
        asked.map(|target| target["expr"].as_str().unwrap().to_owned() + "\n").collect();
    for (file, text) in [("alerts.yml", rules.as_str()), ("dashboard.json", asked.as_str())] {
        let used = names(text);
        assert!(used.len() > 4, "{file} asks for hardly anything: {used:?}");
        for name in used {
            assert!(there.contains(&name), "{file} asks for {name}, which there is not");
        }
    }
    // A kind of problem that a rule names is one.
    for (_, rest) in
        rules.match_indices("kind=\"").map(|(at, found)| rules.split_at(at + found.len()))
    {
        let kind = rest.split('"').next().unwrap();
        assert!(Kind::ALL.iter().any(|known| known.name() == kind), "{kind}");
    }
}
