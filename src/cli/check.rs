//! `check`: everything that people wrote, read without doing anything; with `--vocabulary` also a
//! review of the tags and topics in use.

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Result;
use chrono::Utc;
use clap::Args;
use serde_json::json;

use super::context::{config_path, shown, usage};
use super::output::Output;
use super::{Global, context};
use crate::article::{front, markdown, scan};
use crate::catalog::Catalog;
use crate::catalog::review::{self, Review};
use crate::catalog::vocabulary::Vocabulary;
use crate::config::Config;
use crate::daemon::alerts::courier;
use crate::daemon::api;
use crate::daemon::regen;
use crate::problem::Problem;
use crate::source::{Source, fetch};
use crate::suggest::lexicon;

mod vocabulary;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Also review the tags and topics in use: single-use terms, likely duplicates, topics outside
    /// the vocabulary's list, with entries to paste into it
    #[arg(long)]
    vocabulary: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    let path = config_path(global);
    let config = match Config::load(&path, &global.set) {
        Ok(config) => config,
        Err(problems) if output.is_json() => {
            report(&problems, 0, None, output)?;
            return Ok(ExitCode::from(2));
        }
        Err(problems) => return Err(usage(&problems)),
    };
    let mut problems = Vec::new();
    match config.load_sources() {
        Ok(sources) => problems.extend(sources.iter().flat_map(|source| headers(source, &config))),
        Err(found) => problems.extend(found),
    }
    let known = config.load_vocabulary().unwrap_or_else(|found| {
        problems.extend(found);
        Vocabulary::default()
    });
    problems.extend(config.load_embeddings().err().into_iter().flatten());
    let bar = output.progress("checking");
    let told = |progress| match progress {
        scan::Progress::Files(count) => bar.set_length(count as u64),
        scan::Progress::Read => bar.inc(1),
    };
    let mut memory = regen::remembered(&config);
    let (zone, now) = (config.zone(), SystemTime::now());
    let scan = scan::scan(&config.articles, zone, &mut memory, now, &told, &|| false)?;
    bar.finish_and_clear();
    let folder = context::shown(&config.articles);
    let here = |problem: Problem| Problem { path: format!("{folder}/{}", problem.path), ..problem };
    problems.extend(scan.problems.into_iter().map(here));
    for article in &scan.articles {
        // The body's first line stands behind the front matter, which the file alone can tell.
        let text = std::fs::read_to_string(config.articles.join(&article.path)).unwrap_or_default();
        let offset = front::body_offset(&text).unwrap_or(0);
        let offset = text[..offset].matches('\n').count();
        for (line, label) in markdown::undefined_notes(&front::body(&text)) {
            let place = (line + offset, 1);
            problems.push(
                Problem::new(
                    format!("{folder}/{}", article.path),
                    place,
                    format!("the note [^{label}] is not defined"),
                )
                .hint(format!("add a line `[^{label}]: …` at the end")),
            );
        }
    }
    let missing = courier::missing(&config).into_iter().chain(api::door(&config).err());
    problems.extend(missing.map(|reason| Problem::new(shown(&path), (1, 1), reason)));
    for key in &config.idle {
        problems.push(Problem::new(
            shown(&path),
            (1, 1),
            format!("{key} is set, but this version does not act on it"),
        ));
    }
    let articles = scan.articles.len();
    let catalog = Catalog::build(scan.articles, &config.catalog, &known);
    for (page, other) in catalog.clashes(|page| !page.article.draft) {
        let path = |page: usize| format!("{folder}/{}", catalog.pages[page].article.path);
        problems.push(regen::clash(path(page), &path(other)));
    }
    problems.extend(regen::refused(&config, &catalog, &folder));
    let review = arguments.vocabulary.then(|| {
        let equal: Vec<Vec<String>> = lexicon::shipped().collect();
        review::review(&catalog, &known, &equal, Utc::now())
    });
    report(&problems, articles, review.as_ref(), output)?;
    // A term that one article carries may be right; a name too many is not.
    let ordered = review.is_none_or(|of| of.duplicates.is_empty() && of.outside.is_empty());
    Ok(if problems.is_empty() && ordered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the headers of a source lack on this machine, as this user.
fn headers(source: &Source, config: &Config) -> Vec<Problem> {
    let enabled = Some(source).filter(|source| source.enabled);
    let missing = enabled.map(|source| fetch::missing(source, &config.root)).unwrap_or_default();
    let problem = |missing: fetch::Missing| {
        let (path, place) = match missing.place {
            Some(place) => (place.path, (place.line, place.column)),
            None => (shown(&config.sources), (1, 1)),
        };
        Problem::new(path, place, format!("{}: {}", missing.header, missing.reason))
    };
    missing.into_iter().map(problem).collect()
}

fn report(
    problems: &[Problem],
    articles: usize,
    review: Option<&Review>,
    output: &Output,
) -> Result<()> {
    for problem in problems {
        output.line(problem.to_string())?;
    }
    let well = if review.is_some() { "every file is well" } else { "all is well" };
    if problems.is_empty() {
        output.line(format!("{well}: {articles} articles"))?;
    }
    let list: Vec<_> = problems
        .iter()
        .map(|problem| {
            json!({
                "path": problem.path, "line": problem.line, "column": problem.column,
                "problem": problem.message, "hint": problem.hint,
            })
        })
        .collect();
    let mut object = json!({"articles": articles, "problems": list});
    if let Some(review) = review {
        vocabulary::print(review, output)?;
        object["vocabulary"] = vocabulary::json(review);
    }
    output.object(&object)
}
