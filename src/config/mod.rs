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
use crate::catalog::permalink::Permalink;
use crate::catalog::vocabulary::Vocabulary;
use crate::catalog::{Author, Site, TaxonomySettings};
use crate::feed::{self, ContentMode, Format};
use crate::problem::Problem;
use crate::source::politeness::Limits;
use crate::source::{Source, fetch};
use crate::suggest::cite::{HOUSE_STYLE, Template};
use crate::suggest::rank;
use cron::Cron;
use read::{Document, Keys};

pub mod cron;
mod read;
pub mod sources;
pub mod units;
pub mod vocabulary;

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
    /// How suggestions are made.
    pub suggest: Suggest,
    /// When jobs are due.
    pub schedule: Schedule,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// File of the database.
    pub store: PathBuf,
    /// How old the newest article may be before that is a problem.
    pub stale_after: Option<Duration>,
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
        let config = config(&document.root());
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

/// Reads every key, so that every mistake is found, before it gives up for want of one.
fn config(keys: &Keys<'_>) -> Option<Config> {
    let root = PathBuf::from(keys.text("root").unwrap_or_default());
    let site = site(&keys.section("site"));
    let base = site.as_ref().map(|site| site.url.clone());
    let (articles, vocabulary, permalink, taxonomies) = articles(&keys.section("articles"));
    let mut idle = Vec::new();
    let (feeds_dir, feeds) = feeds(&keys.section("feeds"), base.as_ref(), &mut idle);
    let sources = keys.text("sources").unwrap_or_else(|| "config/sources.yaml".into());
    let (fetch, limits) = fetch(&keys.section("fetch"), &root);
    let chinese = site.as_ref().is_none_or(|site| site.language.starts_with("zh"));
    let suggest = suggest(&keys.section("suggest"), chinese);
    let schedule = schedule(&keys.section("schedule"));
    let server = keys.section("server");
    let listen = server.parse("listen", |text| {
        text.parse::<SocketAddr>()
            .map_err(|_| format!("`{text}` is not an address such as 127.0.0.1:8787"))
    });
    if server.has("token") {
        idle.push("server.token");
    }
    server.finish();
    let store = keys.parse("store", store);
    if keys.has("publish") {
        idle.push("publish");
    }
    let alerts = keys.section("alerts");
    let stale_after = alerts.parse("stale_after", units::duration);
    for (key, name) in [("webhook", "alerts.webhook"), ("heartbeat", "alerts.heartbeat")] {
        if alerts.has(key) {
            idle.push(name);
        }
    }
    alerts.finish();
    keys.finish();
    Some(Config {
        articles: root.join(articles),
        vocabulary: root.join(vocabulary),
        feeds_dir: root.join(feeds_dir),
        sources: root.join(sources),
        store: root.join(store.unwrap_or_else(|| "state/headwater.db".into())),
        catalog: build::Settings { site: site?, permalink: permalink?, taxonomies },
        feeds: feeds?,
        fetch,
        limits,
        suggest: suggest?,
        schedule: schedule?,
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8787))),
        stale_after,
        idle,
        root,
    })
}

fn site(keys: &Keys<'_>) -> Option<Site> {
    let title = keys.text("title");
    if title.is_none() && !keys.has("title") {
        keys.missing("title", "the name of your site");
    }
    let url = keys.parse("url", public_url);
    if !keys.has("url") {
        keys.missing("url", "for example https://example.org/");
    }
    let author = keys.section("author");
    let who =
        Author { name: author.text("name"), email: author.text("email"), url: author.text("url") };
    author.finish();
    let (description, language) = (keys.text("description"), keys.text("language"));
    let zone = keys.parse("timezone", |text| {
        text.parse::<Tz>().map_err(|_| format!("`{text}` is not a time zone such as Asia/Shanghai"))
    });
    let id = keys.text("id");
    keys.finish();
    let title = title?;
    Some(Site {
        url: url?,
        description: description.unwrap_or_default(),
        language: language.unwrap_or_else(|| "zh-CN".into()),
        timezone: zone.unwrap_or(Tz::UTC),
        author: who,
        id: id.unwrap_or_else(|| title.clone()),
        title,
    })
}

fn articles(keys: &Keys<'_>) -> (String, String, Option<Permalink>, Vec<TaxonomySettings>) {
    let dir = keys.text("dir").unwrap_or_else(|| "articles".into());
    let vocabulary = keys.text("vocabulary").unwrap_or_else(|| "config/vocabulary.yaml".into());
    let permalink = if keys.has("permalink") {
        keys.parse("permalink", Permalink::new)
    } else {
        Permalink::new("/{section}/{slug}/").ok()
    };
    let taxonomy = |field: &str, path: &str, title: &str| TaxonomySettings {
        field: field.into(),
        path: path.into(),
        title: title.into(),
    };
    let mut taxonomies =
        vec![taxonomy("tags", "tags", "标签"), taxonomy("main_topics", "topics", "主题")];
    if let Some(list) = keys.elements("taxonomies") {
        taxonomies = list.iter().filter_map(taxonomy_of).collect();
    }
    keys.finish();
    (dir, vocabulary, permalink, taxonomies)
}

fn taxonomy_of(keys: &Keys<'_>) -> Option<TaxonomySettings> {
    let field = keys.text("field");
    if field.is_none() {
        keys.missing("field", "the key in the front matter, such as tags");
    }
    let path = keys.parse("path", |text| {
        let slug = crate::catalog::slug::slug(text);
        if slug == text && !text.contains('/') {
            Ok(slug)
        } else {
            Err(format!("`{text}` cannot be one folder's name; `{}` can", slug.replace('/', "-")))
        }
    });
    let title = keys.text("title");
    keys.finish();
    let field = field?;
    let path = path.unwrap_or_else(|| field.clone());
    Some(TaxonomySettings { title: title.unwrap_or_else(|| field.clone()), field, path })
}

fn feeds(
    keys: &Keys<'_>,
    site: Option<&Url>,
    idle: &mut Vec<&'static str>,
) -> (String, Option<feed::Settings>) {
    let dir = keys.text("dir").unwrap_or_else(|| "feeds".into());
    let url = keys.parse("url", public_url);
    let mut formats = Vec::new();
    for name in
        keys.words("formats").unwrap_or_else(|| vec!["rss".into(), "atom".into(), "json".into()])
    {
        let format = match name.as_str() {
            "rss" => Format::Rss,
            "atom" => Format::Atom,
            "json" => Format::Json,
            other => {
                keys.problem(
                    "formats",
                    format!("feeds.formats: `{other}` is not one of rss, atom, json"),
                );
                continue;
            }
        };
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    let limit = keys.count("limit", 1).unwrap_or(20);
    let content = keys.parse("content", |text| match text {
        "full" => Ok(ContentMode::Full),
        "summary" => Ok(ContentMode::Summary),
        _ => Err(format!("`{text}` is not full or summary")),
    });
    let min_articles = keys.count("min_articles", 1).unwrap_or(1);
    if keys.flag("archive") == Some(true) {
        idle.push("feeds.archive");
    }
    let hub =
        keys.parse("hub", |text| Url::parse(text).map_err(|error| format!("`{text}`: {error}")));
    keys.finish();
    let base = url.or_else(|| site?.join("feeds/").ok());
    let settings = base.map(|base| feed::Settings {
        base,
        formats,
        limit,
        content: content.unwrap_or(ContentMode::Full),
        min_articles,
        hub,
        only: Vec::new(),
    });
    (dir, settings)
}

fn fetch(keys: &Keys<'_>, root: &Path) -> (fetch::Settings, Limits) {
    let duration = |key, default: u64| {
        keys.parse(key, units::duration).unwrap_or(Duration::from_secs(default))
    };
    let address = |key| {
        keys.parse(key, |text| Url::parse(text).map_err(|error| format!("`{text}`: {error}")))
    };
    let settings = fetch::Settings {
        contact: keys.parse("contact", contact),
        concurrency: keys.count("concurrency", 1).unwrap_or(16),
        per_host: keys.count("per_host", 1).unwrap_or(1),
        host_pause: duration("host_pause", 1),
        timeout: duration("timeout", 30),
        max_body: keys.parse("max_body", units::size).unwrap_or(10 << 20),
        allow_private: keys.flag("allow_private").unwrap_or(false),
        rsshub: address("rsshub"),
        proxy: address("proxy"),
        root: root.to_owned(),
    };
    let min_interval = duration("min_interval", 3_600);
    let max_interval = duration("max_interval", 24 * 3_600);
    if max_interval < min_interval {
        keys.problem("max_interval", "fetch.max_interval is shorter than fetch.min_interval");
    }
    keys.finish();
    (settings, Limits { min_interval, max_interval })
}

fn suggest(keys: &Keys<'_>, chinese: bool) -> Option<Suggest> {
    let window =
        keys.parse("window", units::duration).unwrap_or(Duration::from_secs(14 * 24 * 3_600));
    let limit = keys.count("limit", 1).unwrap_or(10);
    let per_source = keys.count("per_source", 1).unwrap_or(3);
    let weights = weights(&keys.section("weights"));
    let citation = if keys.has("citation") {
        keys.parse("citation", Template::new)
    } else {
        Template::new(HOUSE_STYLE).ok()
    };
    keys.finish();
    let rank = rank::Settings { weights, limit, per_source, chinese };
    Some(Suggest { window, rank, citation: citation? })
}

fn weights(keys: &Keys<'_>) -> rank::Weights {
    let usual = rank::Weights::default();
    let weight = |key, default| keys.parse(key, weight).unwrap_or(default);
    let weights = rank::Weights {
        title: weight("title", usual.title),
        summary: weight("summary", usual.summary),
        tags: weight("tags", usual.tags),
        topics: weight("topics", usual.topics),
        body: weight("body", usual.body),
        names: weight("names", usual.names),
        likeness: weight("likeness", usual.likeness),
        time: weight("time", usual.time),
        first_party: weight("first_party", usual.first_party),
    };
    keys.finish();
    weights
}

fn weight(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|weight| (0.0..=100.0).contains(weight))
        .ok_or_else(|| format!("`{text}` is not a number from 0 to 100"))
}

fn schedule(keys: &Keys<'_>) -> Option<Schedule> {
    let cron = |key, usual: &str| {
        if keys.has(key) { keys.parse(key, str::parse::<Cron>) } else { usual.parse().ok() }
    };
    let (regen, fetch) = (cron("regen", "0 */10 * * * *"), cron("fetch", "0 * * * * *"));
    keys.finish();
    Some(Schedule { regen: regen?, fetch: fetch? })
}

/// An address that feeds may carry: with a host, and a folder that paths can be joined to.
fn public_url(text: &str) -> Result<Url, String> {
    let mut url =
        Url::parse(text).map_err(|error| format!("`{text}` is not an address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{text}` must begin with https:// or http://"));
    }
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// What stands in a request's header must fit into one.
fn contact(text: &str) -> Result<String, String> {
    let fits = text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '(' | ')'));
    if fits { Ok(text.to_owned()) } else { Err(format!("`{text}` must be a mail or web address")) }
}

fn store(text: &str) -> Result<PathBuf, String> {
    match text.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Ok(PathBuf::from(path)),
        Some(("postgres" | "postgresql", _)) => {
            Err("PostgreSQL is not supported by this version; use sqlite:state/headwater.db".into())
        }
        _ => Err(format!("`{text}` is not a store such as sqlite:state/headwater.db")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "site: {title: T, url: 'https://example.org/blog'}\n";

    fn problems(text: &str) -> Vec<String> {
        let problems = Config::parse("h.yaml", text, &[]).unwrap_err();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_title_and_an_address_are_enough() {
        let config = Config::parse("h.yaml", LEAST, &[]).unwrap();
        assert_eq!(config.catalog.site.url.as_str(), "https://example.org/blog/");
        assert_eq!(config.feeds.base.as_str(), "https://example.org/blog/feeds/");
        assert_eq!(config.store, PathBuf::from("state/headwater.db"));
        assert_eq!((config.feeds.limit, config.limits.min_interval.as_secs()), (20, 3_600));
        assert_eq!(config.catalog.taxonomies.len(), 2);
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let text = "site:\n  titel: T\n  url: example.org\n  timezone: Mars/Base\nfeeds:\n  formats: [rss, rdf]\n  \
                    limit: 0\nfetch:\n  timeout: 30\n  max_interval: 1m\nschedule:\n  regen: \"0 0 30 2 *\"\nserver: x\nsotre: y\n";
        assert_eq!(
            problems(text),
            [
                "h.yaml:1:1: site.title is missing (the name of your site)",
                "h.yaml:2:3: unknown key site.titel (did you mean site.title?)",
                "h.yaml:3:3: site.url: `example.org` is not an address: relative URL without a base",
                "h.yaml:4:3: site.timezone: `Mars/Base` is not a time zone such as Asia/Shanghai",
                "h.yaml:6:3: feeds.formats: `rdf` is not one of rss, atom, json",
                "h.yaml:7:3: feeds.limit: `0` is not a whole number of at least 1",
                "h.yaml:9:3: fetch.timeout: `30` is not a duration such as 30s, 15m, 2h or 7d",
                "h.yaml:10:3: fetch.max_interval is shorter than fetch.min_interval",
                "h.yaml:12:3: schedule.regen: `0 0 30 2 *` never comes",
                "h.yaml:13:1: server must be keys with values, found a word",
                "h.yaml:14:1: unknown key sotre (did you mean store?)",
            ]
        );
    }

    #[test]
    fn broken_yaml_has_a_place_and_a_schedule_without_quotes_a_hint() {
        assert!(problems("site: [\n")[0].contains("not valid YAML"));
        let unquoted = "schedule:\n  regen: * * * * *\n";
        assert!(
            problems(unquoted)[0].contains("put a schedule in quotes"),
            "{:?}",
            problems(unquoted)
        );
    }

    #[test]
    fn the_command_line_overrides_any_key() {
        let set = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
        let config =
            Config::parse("h.yaml", LEAST, &set("site.url", "https://other.example/")).unwrap();
        assert_eq!(config.catalog.site.url.as_str(), "https://other.example/");
        let config = Config::parse("h.yaml", LEAST, &set("feeds.formats", "[json]")).unwrap();
        assert_eq!(config.feeds.formats, [Format::Json]);
        let problem = &Config::parse("h.yaml", LEAST, &set("feeds.limt", "3")).unwrap_err()[0];
        assert_eq!(
            problem.to_string(),
            "--set:1:1: unknown key feeds.limt (did you mean feeds.limit?)"
        );
    }
}
