//! The configuration: one file that says all, checked once.
//!
//! What comes out of [`Config::load`] is typed and valid: an address that is one, a schedule that
//! fires. What is wrong in the file is told all at once, each mistake with its line and column. Each
//! stage gets its own small settings from here; none of them knows this module.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
use url::Url;

use crate::catalog::build;
use crate::catalog::vocabulary::Vocabulary;
use crate::feed;
use crate::problem::Problem;
use crate::source::politeness::Limits;
use crate::source::{Secret, Source, fetch, guard};
use crate::suggest::cite::Template;
use crate::suggest::embedding::Embeddings;
use crate::suggest::rank;
use alerts::Alerts;
use cron::Cron;
use read::Document;

pub mod alerts;
pub mod cron;
mod embeddings;
mod headers;
mod read;
mod sections;
pub mod sources;
pub mod units;
pub mod vocabulary;
pub mod weights;

/// Where a configuration is looked for.
pub const USUAL_PLACES: &[&str] = &["config/headwater.yaml", "/etc/headwater/headwater.yaml"];

/// Everything that the operator decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder that all relative paths start from.
    pub root: PathBuf,
    /// Site, addresses and taxonomies.
    pub catalog: build::Settings,
    /// Folder of the articles.
    pub articles: PathBuf,
    /// Folder of the files that the site serves as they are, pictures among them.
    pub statics: PathBuf,
    /// Folder of what can be made again.
    pub cache: PathBuf,
    /// File of the vocabulary.
    pub vocabulary: PathBuf,
    /// Folder of the feeds.
    pub feeds_dir: PathBuf,
    /// How feeds are made.
    pub feeds: feed::Settings,
    /// File of the source list.
    pub sources: PathBuf,
    /// How sources are visited.
    pub fetch: fetch::Settings,
    /// How often sources are visited.
    pub limits: Limits,
    /// How many days the bytes that visits brought are kept; 0 keeps none.
    pub raw_days: u16,
    /// How suggestions are made.
    pub suggest: Suggest,
    /// When jobs are due.
    pub schedule: Schedule,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where the server is reached from outside, ending in `/`; hubs push to it.
    pub public_url: Option<Url>,
    /// What programs send that may ask the API; where there is none, those of this machine may.
    pub token: Option<Secret>,
    /// Most bytes of feeds that the server keeps in memory.
    pub memory: u64,
    /// File of the database.
    pub store: PathBuf,
    /// How long what is in it is kept.
    pub keep: Keep,
    /// Whom to tell of problems, and what is one.
    pub alerts: Alerts,
    /// Keys that are set and that this version does not act on.
    pub idle: Vec<&'static str>,
}

/// How suggestions are made.
#[derive(Debug, Clone)]
pub struct Suggest {
    /// How long before an article's date an item may have been published.
    pub window: Duration,
    /// Number, weights and language.
    pub rank: rank::Settings,
    /// House style of a citation.
    pub citation: Template,
    /// Folder of an embedding model.
    pub embeddings: Option<PathBuf>,
}

/// How long the database keeps what it may forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// How old an item may be.
    pub items: Duration,
    /// How many items there may be.
    pub most_items: usize,
    /// How long a suggestion is kept that nobody has judged.
    pub history: Duration,
}

/// When jobs are due.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Reading the articles.
    pub regen: Cron,
    /// Visiting sources.
    pub fetch: Cron,
}

impl Config {
    /// Reads the configuration at `path` with `overrides` laid over it.
    ///
    /// # Errors
    ///
    /// Every problem, each with its place.
    pub fn load(path: &Path, overrides: &[(String, String)]) -> Result<Self, Vec<Problem>> {
        let text = read_text(path)?;
        Self::parse(&path.display().to_string(), &text, overrides)
    }

    /// Reads a configuration from its text.
    ///
    /// # Errors
    ///
    /// Every problem, each with its place.
    pub fn parse(
        path: &str,
        text: &str,
        overrides: &[(String, String)],
    ) -> Result<Self, Vec<Problem>> {
        let document = Document::new(path, text, overrides);
        let config = sections::config(&document.root());
        let problems = document.into_problems();
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(problems),
        }
    }

    /// Reads the vocabulary; an absent file is an empty one.
    ///
    /// # Errors
    ///
    /// Every problem of the file, each with its place.
    pub fn load_vocabulary(&self) -> Result<Vocabulary, Vec<Problem>> {
        if !self.vocabulary.exists() {
            return Ok(Vocabulary::default());
        }
        vocabulary::parse(&self.vocabulary.display().to_string(), &read_text(&self.vocabulary)?)
    }

    /// Reads the source list; an absent file is an empty one.
    ///
    /// # Errors
    ///
    /// Every problem of the file, each with its place.
    pub fn load_sources(&self) -> Result<Vec<Source>, Vec<Problem>> {
        if !self.sources.exists() {
            return Ok(Vec::new());
        }
        sources::parse(&self.sources.display().to_string(), &read_text(&self.sources)?)
    }

    /// Reads the embedding model, where one is named.
    ///
    /// # Errors
    ///
    /// What is wrong with its files.
    pub fn load_embeddings(&self) -> Result<Option<Embeddings>, Vec<Problem>> {
        self.suggest
            .embeddings
            .as_deref()
            .map(embeddings::load)
            .transpose()
            .map_err(|one| vec![one])
    }

    /// The first of the addresses for others which nobody elsewhere could reach: the key, and
    /// what stands there.
    pub fn local_address(&self) -> Option<(&'static str, &Url)> {
        let public = self.public_url.iter().map(|url| ("server.public_url", url));
        [("site.url", &self.catalog.site.url), ("feeds.url", &self.feeds.base)]
            .into_iter()
            .chain(public)
            .find(|(_, url)| !guard::is_public_host(url))
    }

    /// The time zone of the site.
    pub fn zone(&self) -> Tz {
        self.catalog.site.timezone
    }
}

fn read_text(path: &Path) -> Result<String, Vec<Problem>> {
    fs::read_to_string(path).map_err(|error| {
        let problem =
            Problem::new(path.display().to_string(), (1, 1), format!("cannot be read: {error}"));
        vec![problem.hint("`headwater init` writes an example")]
    })
}

#[cfg(test)]
mod tests;
