//! `check`: everything that people wrote, read without doing anything.

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Result;
use serde_json::json;

use super::context::{config_path, shown, usage};
use super::output::Output;
use super::{Global, context};
use crate::article::{front, markdown, scan};
use crate::config::Config;
use crate::daemon::regen;
use crate::problem::Problem;

pub(super) fn run(global: &Global, output: &Output) -> Result<ExitCode> {
    let path = config_path(global);
    let config = match Config::load(&path, &global.set) {
        Ok(config) => config,
        Err(problems) if output.is_json() => {
            report(&problems, 0, output)?;
            return Ok(ExitCode::from(2));
        }
        Err(problems) => return Err(usage(&problems)),
    };
    let mut problems = Vec::new();
    problems.extend(config.load_sources().err().unwrap_or_default());
    problems.extend(config.load_vocabulary().err().unwrap_or_default());
    let bar = output.progress("checking");
    let told = |progress| match progress {
        scan::Progress::Files(count) => bar.set_length(count as u64),
        scan::Progress::Read => bar.inc(1),
    };
    let mut memory = regen::remembered(&config);
    let scan = scan::scan(&config.articles, config.zone(), &mut memory, SystemTime::now(), &told)?;
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
    for key in &config.idle {
        problems.push(Problem::new(
            shown(&path),
            (1, 1),
            format!("{key} is set, but this version does not act on it"),
        ));
    }
    report(&problems, scan.articles.len(), output)?;
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(problems: &[Problem], articles: usize, output: &Output) -> Result<()> {
    for problem in problems {
        output.line(problem.to_string())?;
    }
    if problems.is_empty() {
        output.line(format!("all is well: {articles} articles"))?;
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
    output.object(&json!({"articles": articles, "problems": list}))
}
