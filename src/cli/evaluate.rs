//! `evaluate`: how well the ranker finds what editors really cited.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, anyhow, bail};
use chrono::NaiveTime;
use chrono_tz::Tz;
use clap::Args;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::Global;
use super::context;
use super::output::Output;
use super::stories::read_pool;
use crate::article::memory::Memory;
use crate::article::scan;
use crate::catalog::build::Settings;
use crate::catalog::permalink::Permalink;
use crate::catalog::vocabulary::Vocabulary;
use crate::catalog::{Author, Catalog, Page, Site, TaxonomySettings};
use crate::config::Config;
use crate::daemon::stories;
use crate::daemon::suggest::{article_query, candidate};
use crate::suggest::evaluate::{self, Explained, Judged, Measures, Ranked};
use crate::suggest::feature::Model;
use crate::suggest::index::Index;
use crate::suggest::verdict::{ARTICLE, Labelled, Verdict};
use crate::suggest::{Candidate, Query};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder of articles with references
    #[arg(long, value_name = "DIR")]
    articles: PathBuf,
    /// Rank the items of this file instead of those of the store
    #[arg(long, value_name = "FILE.jsonl")]
    pool: Option<PathBuf>,
    /// Learn the site's habits too, each article from those of the N-1 other folds
    #[arg(long, value_name = "N", default_value_t = 0)]
    folds: usize,
    /// Show what each feature contributes: how good the ranking would be without it
    #[arg(long)]
    explain: bool,
    /// Write the best ten of each article as verdicts (cited or rejected), for `learn --verdicts`
    #[arg(long, value_name = "OUT.jsonl")]
    verdicts: Option<PathBuf>,
    /// Write the rankings for other tools, in TREC's form
    #[arg(long, value_name = "OUT.trec")]
    run: Option<PathBuf>,
}

/// As many suggestions of an article as an editor would judge.
const SHOWN: usize = 10;

pub(super) fn run(global: &Global, arguments: &Arguments, output: &Output) -> Result<ExitCode> {
    context::start_log(global, LevelFilter::WARN, None);
    let started = Instant::now();
    // A measurement needs no configuration; where there is one, its weights and names count.
    let path = context::config_path(global);
    let config =
        if path.exists() || global.config.is_some() { Some(context::load(global)?) } else { None };
    let settings =
        config.as_ref().map_or_else(plain_settings, |config| Ok(config.catalog.clone()))?;
    let vocabulary = match &config {
        Some(config) => config.load_vocabulary().map_err(|problems| context::usage(&problems))?,
        None => Vocabulary::default(),
    };
    let embeddings = match &config {
        Some(config) => config.load_embeddings().map_err(|problems| context::usage(&problems))?,
        None => None,
    };
    let model = config.as_ref().map_or_else(Model::default, |config| config.suggest.rank.model);
    let scan = scan::scan(
        &arguments.articles,
        settings.site.timezone,
        &mut Memory::default(),
        SystemTime::now(),
        &|_| {},
        &|| false,
    )?;
    let catalog = Catalog::build(scan.articles, &settings, &vocabulary);
    let judged = judged(&catalog, &arguments.articles)?;
    if judged.iter().all(|one| one.cited.is_empty()) {
        let folder = context::shown(&arguments.articles);
        bail!("{folder}: no article there cites anything, so there is nothing to measure");
    }
    let candidates = match (&arguments.pool, &config) {
        (Some(file), _) => read_pool(file)?,
        (None, Some(config)) => stored(config)?,
        (None, None) => {
            bail!("no pool: give --pool FILE.jsonl, or a configuration with a store")
        }
    };
    let bar = output.progress("ranking");
    bar.set_length(judged.len() as u64);
    let index = Index::new(candidates, stories::names(&vocabulary)).with_embeddings(embeddings);
    let habits = evaluate::habits(&judged, arguments.folds);
    let evaluation = evaluate::evaluate(&judged, &index, &model, &habits, &|| bar.inc(1));
    bar.finish_and_clear();
    let write = |file: &Path, text: String| {
        std::fs::write(file, text)
            .with_context(|| format!("{}: cannot be written", context::shown(file)))
    };
    if let Some(file) = &arguments.run {
        write(file, trec(&evaluation.runs))?;
    }
    if let Some(file) = &arguments.verdicts {
        write(file, verdicts(&judged, &evaluation.runs)?)?;
    }
    let elapsed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    output.line(format!("queries    {}", evaluation.measures.queries))?;
    for (name, value) in named(&evaluation.measures) {
        output.line(format!("{name:<10} {value:.4}"))?;
    }
    output.line(format!("{elapsed} ms"))?;
    let mut object = json!({"queries": evaluation.measures.queries, "elapsed_ms": elapsed});
    for (name, value) in named(&evaluation.measures) {
        object[name] = json!(value);
    }
    if arguments.explain {
        let explained = evaluate::explain(&judged, &index, &model, &habits, &evaluation);
        for line in table(&explained, &evaluation.measures) {
            output.line(line)?;
        }
        object["features"] = explained.iter().map(feature_object).collect();
    }
    output.object(&object)?;
    Ok(ExitCode::SUCCESS)
}

/// The figures by the names that they are known by.
fn named(measures: &Measures) -> [(&'static str, f64); 4] {
    [
        ("ndcg@10", measures.ndcg10),
        ("recall@10", measures.recall10),
        ("recall@20", measures.recall20),
        ("mrr", measures.mrr),
    ]
}

/// What each feature contributes, for people.
fn table(explained: &[Explained], with: &Measures) -> Vec<String> {
    let head = format!(
        "\n{:<14} {:>7} {:>7} {:>18} {:>20}",
        "feature", "weight", "share", "ndcg@10 without", "recall@20 without"
    );
    let row = |one: &Explained| {
        let change = |without: f64, with: f64| format!("{without:.4} ({:+.4})", without - with);
        format!(
            "{:<14} {:>7} {:>6.1}% {:>18} {:>20}",
            one.feature.name(),
            one.weight,
            100.0 * one.share,
            change(one.without.ndcg10, with.ndcg10),
            change(one.without.recall20, with.recall20),
        )
    };
    std::iter::once(head).chain(explained.iter().map(row)).collect()
}

fn feature_object(one: &Explained) -> serde_json::Value {
    let without: serde_json::Map<_, _> =
        named(&one.without).into_iter().map(|(name, value)| (name.into(), json!(value))).collect();
    json!({
        "name": one.feature.name(), "weight": one.weight, "share": one.share, "without": without,
    })
}

/// Each article of the folder without its references, and what these were.
fn judged(catalog: &Catalog, folder: &Path) -> Result<Vec<Judged>> {
    let judged = |page: &Page| {
        let path = &page.article.path;
        let body = scan::read_body(folder, path).map_err(|problem| anyhow!("{problem}"))?;
        let query = article_query(catalog, page, &body);
        Ok(Judged {
            name: path.clone(),
            cited: query.cited.clone(),
            query: Query { cited: Vec::new(), ..query },
        })
    };
    catalog.pages.iter().map(judged).collect()
}

fn stored(config: &Config) -> Result<Vec<Candidate>> {
    let sources = config.load_sources().map_err(|problems| context::usage(&problems))?;
    let sources: HashMap<_, _> =
        sources.into_iter().map(|source| (source.id.clone(), source)).collect();
    let items = context::store(config)?.items_since(chrono::DateTime::UNIX_EPOCH)?;
    Ok(items.into_iter().map(|stored| candidate(stored, &sources, config.zone())).collect())
}

fn trec(runs: &[(String, Vec<Ranked>)]) -> String {
    let mut text = String::new();
    for (query, list) in runs {
        for (rank, one) in (1..).zip(list) {
            let (id, score) = (&one.item, one.score);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{query} Q0 {id} {rank} {score:.6} headwater");
        }
    }
    text
}

/// What an editor would have said of each list, to judge by what the article cites.
fn verdicts(judged: &[Judged], runs: &[(String, Vec<Ranked>)]) -> Result<String> {
    let mut text = String::new();
    for (one, (_, list)) in judged.iter().zip(runs).filter(|(one, _)| !one.cited.is_empty()) {
        for ranked in list.iter().take(SHOWN) {
            let line = Labelled {
                suggestion: String::new(),
                target: one.query.target.clone(),
                item: ranked.item.clone(),
                title: String::new(),
                url: None,
                source: None,
                verdict: if ranked.cited { Verdict::Cited } else { Verdict::Reject },
                reason: None,
                editor: ARTICLE.to_owned(),
                judged: one.query.date.unwrap_or_default().and_time(NaiveTime::MIN).and_utc(),
                features: Some(ranked.features),
                fingerprint: None,
            };
            text.push_str(&serde_json::to_string(&line)?);
            text.push('\n');
        }
    }
    Ok(text)
}

/// The taxonomies that a site of this kind has, for a folder without a configuration.
fn plain_settings() -> Result<Settings> {
    let taxonomy = |field: &str, path: &str| TaxonomySettings {
        field: field.into(),
        path: path.into(),
        title: field.into(),
    };
    Ok(Settings {
        site: Site {
            title: "evaluation".into(),
            url: url::Url::parse("https://example.org/")?,
            description: String::new(),
            language: "zh-CN".into(),
            timezone: Tz::Asia__Shanghai,
            author: Author::default(),
            image: None,
            rights: None,
            id: "evaluation".into(),
        },
        permalink: Permalink::new("/{section}/{slug}/")?,
        taxonomies: vec![taxonomy("tags", "tags"), taxonomy("main_topics", "topics")],
    })
}
