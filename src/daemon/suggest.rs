//! The job that brings both streams together: items for articles and topics.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use thiserror::Error;

use crate::article::{Reference, markdown, reference, scan};
use crate::catalog::{Catalog, Page, Standing, Term};
use crate::config::Config;
use crate::feed::{About, Content, Entry, Feed, FeedPath, Group, Part, Text, id};
use crate::problem::Problem;
use crate::source::Source;
use crate::store::{Shown, Store, StoreError, StoredItem};
use crate::suggest::lexicon::Lexicon;
use crate::suggest::rank::{self, Index};
use crate::suggest::{Candidate, Cited, Query, Suggestion, Target, cite};

/// How many of the newest articles are "everything recent".
const RECENT: usize = 20;

/// How many articles say what a topic is about.
const OF_TOPIC: usize = 10;

/// Most suggestions for one article in a list for all of them.
const EACH: usize = 5;

/// Why there are no suggestions.
#[derive(Debug, Error)]
pub enum SuggestError {
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Source list or vocabulary are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Lists(Vec<Problem>),
    /// No article lies at this path.
    #[error("there is no article {0} below the article folder")]
    NoSuchArticle(String),
    /// No article has this topic.
    #[error("no article has the topic {0}")]
    NoSuchTopic(String),
}

/// What suggestions are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The article at this path below the article folder.
    Article(String),
    /// The topic of this name.
    Topic(String),
    /// The newest articles.
    Everything,
}

/// Ranked suggestions for `scope`, drafts among the articles.
///
/// # Errors
///
/// [`SuggestError`].
pub fn suggest(
    config: &Config,
    catalog: &Catalog,
    store: &Store,
    scope: &Scope,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Suggestion>, SuggestError> {
    let desk = Desk::new(config, store, now)?;
    let rank = rank::Settings { limit, ..config.suggest.rank.clone() };
    match scope {
        Scope::Article(path) => {
            let page = catalog
                .pages
                .iter()
                .find(|page| page.article.path == *path)
                .ok_or_else(|| SuggestError::NoSuchArticle(path.clone()))?;
            Ok(desk.for_query(&desk.query(catalog, page), &rank))
        }
        Scope::Topic(name) => {
            let vocabulary = config.load_vocabulary().map_err(SuggestError::Lists)?;
            let canonical = vocabulary.find(name, true).map_or(name.as_str(), |entry| &entry.name);
            let wanted = crate::catalog::slug::slug(canonical);
            let term = topics(catalog)
                .find(|term| term.slug == wanted)
                .ok_or_else(|| SuggestError::NoSuchTopic(name.clone()))?;
            Ok(desk.for_query(&topic_query(catalog, term, &|_| true), &rank))
        }
        Scope::Everything => Ok(desk.everything(catalog, &rank, &|_| true)),
    }
}

/// The public feeds of suggestions: one of all, one for each topic that has any. Drafts and what is
/// not yet due have no part in them.
///
/// # Errors
///
/// [`SuggestError`].
pub fn feeds(
    config: &Config,
    catalog: &Catalog,
    store: &Store,
    now: DateTime<Utc>,
) -> Result<Vec<Feed>, SuggestError> {
    let desk = Desk::new(config, store, now)?;
    let published = |page: &Page| page.standing(now) == Standing::Published;
    let rank = rank::Settings { limit: config.feeds.limit, ..config.suggest.rank.clone() };
    let all = desk.everything(catalog, &rank, &published);
    let chinese = rank.chinese;
    let title = if chinese { "参考建议" } else { "Suggested references" };
    let mut feeds: Vec<Feed> =
        feed(config, catalog, &["suggestions"], title, &all, now).into_iter().collect();
    if desk.is_empty() {
        return Ok(feeds);
    }
    // A topic that only drafts have is as secret as they are.
    let public = |term: &&Term| {
        !term.hidden && term.pages.iter().any(|page| published(&catalog.pages[*page]))
    };
    for term in topics(catalog).filter(public) {
        let suggestions = desk.for_query(&topic_query(catalog, term, &published), &rank);
        if suggestions.is_empty() {
            continue;
        }
        let parts: Vec<&str> =
            ["suggestions", "topics"].into_iter().chain(term.slug.split('/')).collect();
        let title = format!("{title}: {}", term.name);
        feeds.extend(feed(config, catalog, &parts, &title, &suggestions, now));
    }
    Ok(feeds)
}

/// [`feeds`], or none where they cannot be made: better yesterday's suggestions missing for a while
/// than today's articles.
pub fn feeds_or_none(
    config: &Config,
    catalog: &Catalog,
    store: &Store,
    now: DateTime<Utc>,
) -> Vec<Feed> {
    feeds(config, catalog, store, now).unwrap_or_else(|error| {
        tracing::error!(%error, "no suggestions in the feeds");
        Vec::new()
    })
}

/// Remembers suggestions that an editor has seen, so that a verdict can name them.
///
/// # Errors
///
/// The database fails.
pub fn remember(
    store: &Store,
    suggestions: &[Suggestion],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let shown = suggestions.iter().map(|one| Shown {
        id: one.id.clone(),
        target: one.target.clone(),
        item: one.item.id.clone(),
        score: one.score,
        reasons: one.reasons.clone(),
        at: now,
    });
    store.remember(shown.collect())
}

/// Turns what the store keeps of an item into a candidate.
pub fn candidate(stored: &StoredItem, sources: &HashMap<String, Source>, zone: Tz) -> Candidate {
    let item = &stored.item;
    let source = sources.get(&item.source);
    let mut topics = item.categories.clone();
    topics.extend(source.into_iter().flat_map(|source| source.topics.iter().cloned()));
    Candidate {
        id: item.id.clone(),
        title: item.title.clone(),
        url: item.url.clone(),
        publication: Some(source.map_or_else(|| item.source.clone(), |source| source.name.clone())),
        author: Some(item.authors.join("、")).filter(|names| !names.is_empty()),
        // The day that the editors would write, which is not Greenwich's.
        published: Some(item.published.with_timezone(&zone).date_naive()),
        first_seen: item.first_seen,
        summary: item.summary.clone(),
        topics,
        tier: source.map(|source| source.tier).unwrap_or_default(),
        weight: source.map_or(1.0, |source| source.weight),
    }
}

/// The article at `path`, which may be given from the folder of start or from the article folder.
pub fn article_path(config: &Config, path: &str) -> String {
    let below = std::path::Path::new(path).strip_prefix(&config.articles);
    let path = below.map_or_else(|_| path.to_owned(), |below| below.display().to_string());
    path.trim_start_matches("./").replace('\\', "/")
}

/// What an article with this body asks for.
pub fn article_query(catalog: &Catalog, page: &Page, body: &str) -> Query {
    let article = &page.article;
    let body = reference::section::strip(body);
    Query {
        target: Target::Article(article.path.clone()),
        title: article.title.clone(),
        summary: article.summary.clone().unwrap_or_default(),
        tags: names(catalog, page, false),
        topics: names(catalog, page, true),
        body: markdown::to_text(&body),
        date: Some(article.date.date_naive()),
        cited: article.references.iter().map(cited).collect(),
    }
}

fn topic_query(catalog: &Catalog, term: &Term, counts: &dyn Fn(&Page) -> bool) -> Query {
    let pages: Vec<&Page> = term
        .pages
        .iter()
        .map(|page| &catalog.pages[*page])
        .filter(|page| counts(page))
        .take(OF_TOPIC)
        .collect();
    let titles: Vec<&str> = pages.iter().map(|page| page.article.title.as_str()).collect();
    let mut tags: BTreeMap<String, usize> = BTreeMap::new();
    for name in pages.iter().flat_map(|page| names(catalog, page, false)) {
        *tags.entry(name).or_default() += 1;
    }
    let mut tags: Vec<(String, usize)> = tags.into_iter().collect();
    tags.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Query {
        target: Target::Topic(term.name.clone()),
        title: term.name.clone(),
        summary: titles.join("\n"),
        tags: tags.into_iter().take(OF_TOPIC).map(|(name, _)| name).collect(),
        topics: vec![term.name.clone()],
        body: String::new(),
        date: pages.first().map(|page| page.article.date.date_naive()),
        cited: pages.iter().flat_map(|page| page.article.references.iter().map(cited)).collect(),
    }
}

fn topics(catalog: &Catalog) -> impl Iterator<Item = &Term> {
    let of_topics = |taxonomy: &&crate::catalog::Taxonomy| taxonomy.settings.holds_topics();
    catalog.taxonomies.iter().filter(of_topics).flat_map(|taxonomy| &taxonomy.terms)
}

fn names(catalog: &Catalog, page: &Page, of_topics: bool) -> Vec<String> {
    page.terms
        .iter()
        .filter(|at| catalog.taxonomies[at.taxonomy].settings.holds_topics() == of_topics)
        .map(|at| catalog.term(*at).name.clone())
        .collect()
}

fn cited(reference: &Reference) -> Cited {
    Cited { title: reference.title.clone(), url: reference.url.clone() }
}

/// Items, ready for any number of queries.
struct Desk<'a> {
    config: &'a Config,
    index: Index,
    window: TimeDelta,
    now: DateTime<Utc>,
}

impl<'a> Desk<'a> {
    fn new(config: &'a Config, store: &Store, now: DateTime<Utc>) -> Result<Self, SuggestError> {
        let sources = config.load_sources().map_err(SuggestError::Lists)?;
        let sources: HashMap<String, Source> =
            sources.into_iter().map(|source| (source.id.clone(), source)).collect();
        let vocabulary = config.load_vocabulary().map_err(SuggestError::Lists)?;
        let names: Vec<Vec<String>> = vocabulary
            .entries()
            .iter()
            .map(|entry| [vec![entry.name.clone()], entry.aliases.clone()].concat())
            .collect();
        let items = store.items_since(DateTime::UNIX_EPOCH)?;
        let candidates =
            items.iter().map(|item| candidate(item, &sources, config.zone())).collect();
        Ok(Self {
            config,
            index: Index::new(candidates, Lexicon::new(&names)),
            window: TimeDelta::from_std(config.suggest.window).unwrap_or(TimeDelta::MAX),
            now,
        })
    }

    /// What an article asks for. One whose file has just gone asks with what is known of it.
    fn query(&self, catalog: &Catalog, page: &Page) -> Query {
        let body = scan::read_body(&self.config.articles, &page.article.path);
        article_query(catalog, page, &body.unwrap_or_default())
    }

    fn is_empty(&self) -> bool {
        self.index.candidates().is_empty()
    }

    /// What was published from a window before the query's date until now.
    fn for_query(&self, query: &Query, rank: &rank::Settings) -> Vec<Suggestion> {
        let today = self.now.date_naive();
        let since = query.date.unwrap_or(today).min(today).checked_sub_signed(self.window);
        let since = since.unwrap_or(NaiveDate::MIN);
        self.index
            .suggest(query, rank, |candidate| candidate.published.is_none_or(|day| day >= since))
    }

    /// The best for the newest articles; an item stands once, for the article that it fits best.
    fn everything(
        &self,
        catalog: &Catalog,
        rank: &rank::Settings,
        counts: &dyn Fn(&Page) -> bool,
    ) -> Vec<Suggestion> {
        let each = rank::Settings { limit: EACH.min(rank.limit), ..rank.clone() };
        let pages = catalog.pages.iter().filter(|page| counts(page)).take(RECENT);
        let mut all: Vec<Suggestion> =
            pages.flat_map(|page| self.for_query(&self.query(catalog, page), &each)).collect();
        all.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        let mut seen = HashSet::new();
        all.retain(|suggestion| seen.insert(suggestion.item.id.clone()));
        all.truncate(rank.limit);
        all
    }
}

fn feed(
    config: &Config,
    catalog: &Catalog,
    parts: &[&str],
    name: &str,
    suggestions: &[Suggestion],
    now: DateTime<Utc>,
) -> Option<Feed> {
    let site = &catalog.site;
    let path = FeedPath::new(parts).ok()?;
    let mut entries: Vec<Arc<Entry>> = suggestions
        .iter()
        .filter_map(|suggestion| entry(config, catalog, suggestion, now))
        .map(Arc::new)
        .collect();
    entries.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.id.cmp(&b.id)));
    Some(Feed {
        id: id::feed(site, &path),
        part: Part::Current { archives: 0 },
        group: Group::Suggestions,
        name: Text::line(name),
        title: Text::line(&format!("{name} · {}", site.title)),
        description: Text::line(&format!("{}: {name}", site.title)),
        home: site.url.clone(),
        about: Arc::new(About::new(site)),
        articles: entries.len(),
        entries,
        path,
    })
}

fn entry(
    config: &Config,
    catalog: &Catalog,
    suggestion: &Suggestion,
    now: DateTime<Utc>,
) -> Option<Entry> {
    let site = &catalog.site;
    let item = &suggestion.item;
    let chinese = config.suggest.rank.chinese;
    let (for_what, told_by) = if chinese { ("用于", "同一报道") } else { ("for", "told by") };
    let target = match &suggestion.target {
        Target::Article(path) => catalog
            .pages
            .iter()
            .find(|page| page.article.path == *path)
            .map_or_else(|| path.clone(), |page| page.article.title.clone()),
        Target::Topic(name) => name.clone(),
        Target::Everything => site.title.clone(),
    };
    let zone = config.zone();
    let seen = item.first_seen.min(now).with_timezone(&zone);
    let citation = config.suggest.citation.fill(item, seen.date_naive());
    let escape = |text: &str| quick_xml::escape::escape(text).into_owned();
    let content = format!(
        "<p>{for_what}: {}</p><p>{}</p><p>{told_by}: {}</p><pre>{}</pre>",
        escape(&target),
        escape(&suggestion.reasons.join(" · ")),
        escape(&suggestion.story.sources.join("、")),
        escape(&cite::footnote(1, &citation)),
    );
    Some(Entry {
        id: id::urn(site, "suggestion", &suggestion.id),
        url: url::Url::parse(item.url.as_deref()?).ok()?,
        title: Text::line(&item.title),
        published: seen.fixed_offset(),
        updated: seen.fixed_offset(),
        authors: item.publication.iter().map(|name| Text::line(name)).collect(),
        summary: Some(Text::line(&format!("{target}: {}", suggestion.reasons.join(" · ")))),
        content: Content::Html(Text::from(content)),
        // The address is the item's, and may be suggested for another article as well.
        permalink: false,
        picture: None,
        language: Text::line(&site.language),
        categories: Vec::new(),
        references: Arc::default(),
    })
}
