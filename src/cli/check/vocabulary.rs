//! Prints a review of tags and topics.
//!
//! For people: counts, then each proposal as a comment with its evidence and, below it, the line for
//! `config/vocabulary.yaml`, so that what is copied from here can be pasted there. For programs: all
//! of it.

use anyhow::Result;
use serde_json::{Value, json};

use crate::catalog::review::{Alias, Candidate, Duplicate, Evidence, Outside, Review};
use crate::cli::output::Output;
use crate::config::vocabulary::line;

/// Most terms that are listed for people where there is nothing to paste.
const SHOWN: usize = 20;

pub(super) fn print(review: &Review, output: &Output) -> Result<()> {
    let Review { single_use, duplicates, outside } = review;
    output.line(format!(
        "# likely duplicates: {}; topics outside the list: {}; single-use terms: {}",
        duplicates.len(),
        outside.len(),
        single_use.len()
    ))?;
    for duplicate in duplicates {
        output.line(heading(&duplicate.taxonomy, &duplicate.name, duplicate.articles))?;
        for alias in &duplicate.aliases {
            output.line(format!("#   {}", reason(alias, duplicate)))?;
        }
        output.line(line(&duplicate.entry))?;
    }
    // Topics that one entry would take in stand above it together.
    let (with, without): (Vec<&Outside>, Vec<&Outside>) =
        outside.iter().partition(|topic| topic.entry.is_some());
    let mut left = with;
    while let Some(entry) = left.first().and_then(|topic| topic.entry.as_ref()) {
        let same = |topic: &&Outside| topic.entry.as_ref() == Some(entry);
        let (together, rest): (Vec<_>, Vec<_>) = left.iter().partition(|topic| same(topic));
        for topic in together {
            print_outside(topic, output)?;
        }
        output.line(line(entry))?;
        left = rest;
    }
    if !without.is_empty() {
        output
            .line("\n# no name of the list is near these: mend the articles, or add to the list")?;
    }
    for topic in without.iter().take(SHOWN) {
        print_outside(topic, output)?;
    }
    more(without.len(), "topics", output)?;
    if !single_use.is_empty() {
        output.line("\n# terms that one article alone carries")?;
    }
    for term in single_use.iter().take(SHOWN) {
        output.line(format!("# {} {}: only {}", term.taxonomy, term.name, term.article))?;
    }
    more(single_use.len(), "single-use terms", output)
}

/// Tells of what is left out.
fn more(of: usize, what: &str, output: &Output) -> Result<()> {
    let left = of.saturating_sub(SHOWN);
    if left > 0 {
        output.line(format!("# and {left} more {what}; --json lists all"))
    } else {
        Ok(())
    }
}

fn print_outside(topic: &Outside, output: &Output) -> Result<()> {
    output.line(heading(&topic.taxonomy, &topic.name, topic.articles))?;
    output.line(format!("#   in {}", topic.paths.join(", ")))?;
    for Candidate { name, evidence } in &topic.candidates {
        let why: Vec<String> = evidence.iter().map(ToString::to_string).collect();
        output.line(format!("#   {name}? {}", why.join("; ")))?;
    }
    Ok(())
}

fn heading(taxonomy: &str, name: &str, articles: usize) -> String {
    format!("\n# {taxonomy} {name} ({})", counted(articles))
}

fn counted(articles: usize) -> String {
    format!("{articles} article{}", if articles == 1 { "" } else { "s" })
}

fn reason(alias: &Alias, of: &Duplicate) -> String {
    let Alias { name, articles, like, evidence } = alias;
    let like = if *like == of.name { String::new() } else { format!(" as {like}:") };
    format!("{name} ({}):{like} {evidence}", counted(*articles))
}

pub(super) fn json(review: &Review) -> Value {
    let single: Vec<Value> = review
        .single_use
        .iter()
        .map(|term| {
            json!({
                "taxonomy": term.taxonomy, "name": term.name, "slug": term.slug,
                "article": term.article,
            })
        })
        .collect();
    let duplicates: Vec<Value> = review
        .duplicates
        .iter()
        .map(|of| {
            let aliases: Vec<Value> = of
                .aliases
                .iter()
                .map(|alias| {
                    json!({
                        "name": alias.name, "articles": alias.articles, "like": alias.like,
                        "evidence": evidence(std::slice::from_ref(&alias.evidence)),
                    })
                })
                .collect();
            json!({
                "taxonomy": of.taxonomy, "kind": of.entry.kind, "name": of.name,
                "articles": of.articles, "aliases": aliases, "entry": line(&of.entry),
            })
        })
        .collect();
    let outside: Vec<Value> = review
        .outside
        .iter()
        .map(|topic| {
            let candidates: Vec<Value> = topic
                .candidates
                .iter()
                .map(|Candidate { name, evidence: why }| {
                    json!({"name": name, "evidence": evidence(why)})
                })
                .collect();
            json!({
                "taxonomy": topic.taxonomy, "name": topic.name, "articles": topic.articles,
                "paths": topic.paths, "candidates": candidates,
                "entry": topic.entry.as_ref().map(line),
            })
        })
        .collect();
    json!({"single_use": single, "duplicates": duplicates, "outside": outside})
}

fn evidence(list: &[Evidence]) -> Vec<Value> {
    list.iter().map(|of| json!({"kind": of.kind(), "text": of.to_string()})).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::article::Article;
    use crate::catalog::Catalog;
    use crate::catalog::review::review;
    use crate::config::{Config, vocabulary};
    use crate::suggest::lexicon;

    const KNOWN: &str = "- {name: 算力与芯片, kind: topic}\n\
        - {name: AI伦理与治理, kind: topic, aliases: [治理]}\n\
        - {name: 智能体, kind: tag, aliases: [AI Agent]}\n";

    fn reviewed(text: &str) -> Review {
        let article = |n: usize, tags: &[&str], topics: &[&str]| Article {
            path: format!("{n}.md"),
            title: n.to_string(),
            taxonomies: BTreeMap::from([
                ("tags".to_owned(), tags.iter().map(ToString::to_string).collect()),
                ("main_topics".to_owned(), topics.iter().map(ToString::to_string).collect()),
            ]),
            ..Article::default()
        };
        let articles = vec![
            article(1, &["英伟达", "AI Agents", "R&D"], &["算力与芯片 (Compute & Chips)"]),
            article(2, &["NVIDIA", "智能体", "R&Ds"], &["人工智能伦理", "算力与芯片"]),
            article(3, &["NVIDIA", "智能体: 框架", "C#"], &["人工智能伦理与治理", "治理"]),
            article(4, &["NVIDIA", "智能体（Agent）"], &["AI伦理与治理"]),
            article(5, &["数据 & 算法", "yes"], &["AI伦理与治理"]),
            article(6, &["算法 & 数据"], &["AI伦理与治理"]),
        ];
        let site = "site: {title: T, url: \"https://example.org/\"}";
        let config = Config::parse("headwater.yaml", site, &[]).unwrap();
        let known = vocabulary::parse("vocabulary.yaml", text).unwrap();
        let catalog =
            Catalog::build(articles.into_iter().map(Into::into).collect(), &config.catalog, &known);
        let equal: Vec<Vec<String>> = lexicon::shipped().collect();
        review(&catalog, &known, &equal, chrono::Utc::now())
    }

    #[test]
    fn a_pasted_entry_settles_its_proposal() {
        let before = reviewed(KNOWN);
        assert!(before.duplicates.len() >= 3, "{:?}", before.duplicates);
        assert!(before.outside.len() >= 3, "{:?}", before.outside);
        let duplicates = before.duplicates.iter().map(|of| &of.entry);
        let outside = before.outside.iter().filter_map(|of| of.entry.as_ref());
        for entry in duplicates.chain(outside) {
            // An entry stands in place of the one with its name.
            let start = format!("- {{name: {},", entry.name);
            let own = line(entry);
            let others = KNOWN.lines().filter(|line| !line.starts_with(&start));
            let lines: Vec<&str> = others.chain([own.as_str()]).collect();
            let after = reviewed(&lines.join("\n"));
            let mut left = after.duplicates.iter().map(|of| &of.entry);
            assert!(
                left.all(|other| other.name != entry.name),
                "{entry:?}: {:?}",
                after.duplicates
            );
            let again = after.outside.iter().find(|of| entry.aliases.contains(&of.name));
            assert_eq!(again, None, "{entry:?}");
        }
    }

    #[test]
    fn all_entries_together_settle_all() {
        let before = reviewed(KNOWN);
        let mut text = String::new();
        let duplicates = before.duplicates.iter().map(|of| &of.entry);
        let outside = before.outside.iter().filter_map(|of| of.entry.as_ref());
        for entry in duplicates.chain(outside) {
            text.push_str(&format!("{}\n", line(entry)));
        }
        let after = reviewed(&text);
        assert!(after.duplicates.is_empty(), "{:?}", after.duplicates);
        assert!(after.outside.is_empty(), "{:?}", after.outside);
    }

    #[test]
    fn programs_are_told_all() {
        let object = json(&reviewed(KNOWN));
        let single = object["single_use"].as_array().unwrap();
        assert!(single.iter().any(|term| {
            term["taxonomy"] == "tags" && term["slug"] == "c#" && term["article"] == "3.md"
        }));
        let nvidia = object["duplicates"]
            .as_array()
            .unwrap()
            .iter()
            .find(|of| of["name"] == "NVIDIA")
            .unwrap();
        assert_eq!(nvidia["articles"], 3);
        assert_eq!(nvidia["entry"], "- {name: NVIDIA, kind: tag, aliases: [英伟达]}");
        assert_eq!(nvidia["aliases"][0]["articles"], 1);
        assert_eq!(nvidia["aliases"][0]["evidence"][0]["kind"], "listed");
        let ethics = object["outside"]
            .as_array()
            .unwrap()
            .iter()
            .find(|of| of["name"] == "人工智能伦理")
            .unwrap();
        assert_eq!(ethics["candidates"][0]["name"], "AI伦理与治理");
        assert_eq!(ethics["paths"][0], "2.md");
        assert!(ethics["entry"].as_str().unwrap().contains("人工智能伦理"));
    }
}
