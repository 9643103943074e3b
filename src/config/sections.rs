//! Reads the configuration's sections, key by key, each with its default.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use url::Url;

use super::alerts;
use super::cron::Cron;
use super::headers;
use super::read::Keys;
use super::{Config, Keep, Schedule, Suggest, units};
use crate::catalog::build;
use crate::catalog::permalink::Permalink;
use crate::catalog::{Author, Site, TaxonomySettings};
use crate::feed::{self, ContentMode, Format};
use crate::language::is_chinese;
use crate::source::fetch;
use crate::source::politeness::Limits;
use crate::suggest::cite::Template;
use crate::suggest::feature::{Feature, Model};
use crate::suggest::rank;

/// Fewest and most requests at once: each takes memory and a file of the process, of which it has about a
/// thousand.
const REQUESTS: (usize, usize) = (1, 1_000);

/// Reads every key, so that every mistake is found, before it gives up for want of one.
pub(super) fn config(keys: &Keys<'_>) -> Option<Config> {
    let root = PathBuf::from(keys.text("root").unwrap_or_default());
    let site = site(&keys.section("site"));
    let base = site.as_ref().map(|site| site.url.clone());
    let articles = articles(&keys.section("articles"));
    let mut idle = Vec::new();
    let (feeds_dir, feeds) = feeds(&keys.section("feeds"), base.as_ref());
    let sources = keys.text("sources").unwrap_or_else(|| "config/sources.yaml".into());
    let (fetch, limits, raw_days) = fetch(&keys.section("fetch"), &root);
    let chinese = site.as_ref().is_none_or(|site| is_chinese(&site.language));
    let suggest = suggest(&keys.section("suggest"), &root, chinese);
    let schedule = schedule(&keys.section("schedule"));
    let server = keys.section("server");
    let listen = server.parse("listen", |text| {
        text.parse::<SocketAddr>()
            .map_err(|_| format!("`{text}` is not an address such as 127.0.0.1:8787"))
    });
    let public = server.parse("public_url", public_url);
    let memory = server.parse("memory", units::size);
    let token = headers::secret(&server, "token", "server.token");
    server.finish();
    let store = keys.parse("store", store);
    let keep = keep(&keys.section("keep"));
    let cache = keys.text("cache").unwrap_or_else(|| "state/cache".into());
    if keys.has("publish") {
        idle.push("publish");
    }
    let alerts = alerts::read(&keys.section("alerts"));
    keys.finish();
    Some(Config {
        articles: root.join(articles.dir),
        statics: root.join(articles.statics),
        vocabulary: root.join(articles.vocabulary),
        feeds_dir: root.join(feeds_dir),
        sources: root.join(sources),
        store: root.join(store.unwrap_or_else(|| "state/headwater.db".into())),
        cache: root.join(cache),
        keep,
        catalog: build::Settings {
            site: site?,
            permalink: articles.permalink?,
            taxonomies: articles.taxonomies,
        },
        feeds: feeds?,
        fetch,
        limits,
        raw_days,
        suggest: suggest?,
        schedule: schedule?,
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8787))),
        public_url: public,
        token,
        memory: memory.unwrap_or(128 << 20),
        alerts,
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
    let (description, language) = (keys.text("description"), keys.parse("language", language));
    let zone = keys.parse("timezone", |text| {
        text.parse::<Tz>().map_err(|_| format!("`{text}` is not a time zone such as Asia/Shanghai"))
    });
    let id = keys.text("id");
    let rights = keys.text("rights");
    let image = keys.text("image").map(|image| {
        let base = url.as_ref().map(|url| url.join(&image));
        base.unwrap_or_else(|| Url::parse(&image))
    });
    if let Some(Err(error)) = &image {
        keys.problem("image", format!("site.image is no address: {error}"));
    }
    keys.finish();
    let title = title?;
    Some(Site {
        image: image.and_then(Result::ok),
        rights,
        url: url?,
        description: description.unwrap_or_default(),
        language: language.unwrap_or_else(|| "zh-CN".into()),
        timezone: zone.unwrap_or(Tz::UTC),
        author: who,
        id: id.unwrap_or_else(|| title.clone()),
        title,
    })
}

struct Articles {
    dir: String,
    statics: String,
    vocabulary: String,
    permalink: Option<Permalink>,
    taxonomies: Vec<TaxonomySettings>,
}

fn articles(keys: &Keys<'_>) -> Articles {
    let taxonomy = |field: &str, path: &str, title: &str| TaxonomySettings {
        field: field.into(),
        path: path.into(),
        title: title.into(),
    };
    let articles = Articles {
        dir: keys.text("dir").unwrap_or_else(|| "articles".into()),
        statics: keys.text("static").unwrap_or_else(|| "static".into()),
        vocabulary: keys.text("vocabulary").unwrap_or_else(|| "config/vocabulary.yaml".into()),
        permalink: if keys.has("permalink") {
            keys.parse("permalink", Permalink::new)
        } else {
            Permalink::new("/{section}/{slug}/").ok()
        },
        taxonomies: keys.elements("taxonomies").map_or_else(
            || vec![taxonomy("tags", "tags", "标签"), taxonomy("main_topics", "topics", "主题")],
            |list| list.iter().filter_map(taxonomy_of).collect(),
        ),
    };
    keys.finish();
    articles
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

/// The formats of feeds, each once.
fn formats(keys: &Keys<'_>) -> Vec<Format> {
    const ALL: [(&str, Format); 3] =
        [("rss", Format::Rss), ("atom", Format::Atom), ("json", Format::Json)];
    let Some(names) = keys.words("formats") else { return ALL.map(|(_, format)| format).to_vec() };
    let mut formats = Vec::new();
    for name in &names {
        match ALL.iter().find(|(known, _)| known == name) {
            Some((_, format)) if formats.contains(format) => {}
            Some((_, format)) => formats.push(*format),
            None => keys.problem(
                "formats",
                format!("feeds.formats: `{name}` is not one of rss, atom, json"),
            ),
        }
    }
    if names.is_empty() {
        keys.problem("formats", "feeds.formats is empty; name one of rss, atom, json");
    }
    formats
}

fn feeds(keys: &Keys<'_>, site: Option<&Url>) -> (String, Option<feed::Settings>) {
    let dir = keys.text("dir").unwrap_or_else(|| "feeds".into());
    let url = keys.parse("url", public_url);
    let formats = formats(keys);
    let limit = keys.count("limit", 1).unwrap_or(20);
    let content = keys.parse("content", |text| match text {
        "full" => Ok(ContentMode::Full),
        "summary" => Ok(ContentMode::Summary),
        _ => Err(format!("`{text}` is not full or summary")),
    });
    let min_articles = keys.count("min_articles", 1).unwrap_or(1);
    let archive = keys.flag("archive").unwrap_or(false);
    let max_age = keys.parse("max_age", units::duration);
    let ttl = keys.parse("ttl", units::duration).unwrap_or(Duration::from_hours(1));
    let hub = keys.parse("hub", alerts::web_address);
    keys.finish();
    let base = url.or_else(|| site?.join("feeds/").ok());
    let settings = base.map(|base| feed::Settings {
        base,
        formats,
        limit,
        max_age: max_age.and_then(|age| TimeDelta::from_std(age).ok()),
        archive,
        ttl: ttl.as_secs().div_ceil(60),
        content: content.unwrap_or(ContentMode::Full),
        min_articles,
        hub,
        only: Vec::new(),
    });
    (dir, settings)
}

fn fetch(keys: &Keys<'_>, root: &Path) -> (fetch::Settings, Limits, u16) {
    let duration = |key, default: u64| {
        keys.parse(key, units::duration).unwrap_or(Duration::from_secs(default))
    };
    let settings = fetch::Settings {
        contact: keys.parse("contact", contact),
        concurrency: keys.count_within("concurrency", REQUESTS).unwrap_or(16),
        per_host: keys.count_within("per_host", REQUESTS).unwrap_or(1),
        host_pause: duration("host_pause", 1),
        timeout: keys.parse("timeout", units::some_duration).unwrap_or(Duration::from_secs(30)),
        max_body: keys.parse("max_body", units::some_size).unwrap_or(10 << 20),
        allow_private: keys.flag("allow_private").unwrap_or(false),
        // It may hold a key, so it is not repeated.
        rsshub: keys.parse("rsshub", alerts::web_address),
        proxy: keys.parse("proxy", proxy),
        root: root.to_owned(),
    };
    let min_interval = duration("min_interval", 3_600);
    let max_interval = duration("max_interval", 24 * 3_600);
    if max_interval < min_interval {
        keys.problem("max_interval", "fetch.max_interval is shorter than fetch.min_interval");
    }
    let days = |text: &str| {
        text.parse().map_err(|_| format!("`{text}` is not a number of days such as 7"))
    };
    let raw_days = keys.parse("raw_days", days).unwrap_or(7);
    keys.finish();
    (settings, Limits { min_interval, max_interval, share: 0 }, raw_days)
}

fn suggest(keys: &Keys<'_>, root: &Path, chinese: bool) -> Option<Suggest> {
    let window = keys.parse("window", units::duration).unwrap_or(Duration::from_hours(336));
    let limit = keys.count("limit", 1).unwrap_or(10);
    let per_source = keys.count("per_source", 1).unwrap_or(3);
    let model = model(&keys.section("weights"));
    let citation = if keys.has("citation") {
        keys.parse("citation", Template::new)
    } else {
        Some(Template::default())
    };
    let embeddings = keys.text("embeddings").map(|folder| root.join(folder));
    keys.finish();
    let rank = rank::Settings { model, limit, per_source, chinese };
    Some(Suggest { window, rank, citation: citation?, embeddings })
}

/// The model: what the configuration says of it, and the usual where it says nothing.
fn model(keys: &Keys<'_>) -> Model {
    let mut model = Model::default();
    model.bias = keys.parse("bias", weight).unwrap_or(model.bias);
    for feature in Feature::ALL {
        if let Some(weight) = keys.parse(feature.name(), weight) {
            model.weights[feature] = weight;
        }
    }
    keys.finish();
    model
}

fn weight(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|weight| (-100.0..=100.0).contains(weight))
        .ok_or_else(|| format!("`{text}` is not a number from -100 to 100"))
}

fn schedule(keys: &Keys<'_>) -> Option<Schedule> {
    let cron = |key, usual: &str| {
        if keys.has(key) { keys.parse(key, str::parse::<Cron>) } else { usual.parse().ok() }
    };
    let (regen, fetch) = (cron("regen", "0 */10 * * * *"), cron("fetch", "0 * * * * *"));
    keys.finish();
    Some(Schedule { regen: regen?, fetch: fetch? })
}

fn keep(keys: &Keys<'_>) -> Keep {
    let days = |key, usual: u64| {
        keys.parse(key, units::duration).unwrap_or(Duration::from_hours(24 * usual))
    };
    // A year of news, and what came just before it; a quarter of what nobody judged.
    let (items, history) = (days("items", 400), days("history", 90));
    let most_items = keys.count("most_items", 1).unwrap_or(200_000);
    keys.finish();
    Keep { items, most_items, history }
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

/// A tag of the form that feeds may carry (BCP 47; XML Schema's `language`).
fn language(text: &str) -> Result<String, String> {
    let fits = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric())
    };
    let mut parts = text.split('-');
    let is_name =
        parts.next().is_some_and(|name| fits(name) && !name.contains(|c: char| c.is_ascii_digit()));
    if is_name && parts.all(fits) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is no language tag such as zh-CN or en"))
}

fn proxy(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url)
            if url.has_host()
                && matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") =>
        {
            Ok(url)
        }
        // It may hold a password, so it is not repeated.
        _ => Err("this is not a proxy such as http://host:3128 or socks5://host:1080".to_owned()),
    }
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
