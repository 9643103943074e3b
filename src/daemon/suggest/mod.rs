//! The job that brings both streams together: items for articles and topics.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rayon::prelude::*;
use thiserror::Error;

use super::stories;
use crate::article::{Reference, markdown, reference, scan};
use crate::catalog::{Catalog, Page, Term};
use crate::config::Config;
use crate::problem::Problem;
use crate::source::Tier;
use crate::store::{Store, StoreError};
use crate::suggest::habits::{self, Habits};
use crate::suggest::index::Index;
use crate::suggest::rank;
use crate::suggest::story::coverage::{self, Coverage};
use crate::suggest::{Candidate, Cited, Query, Suggestion, Target, verdict};

mod candidate;
mod feeds;
mod kept;
pub mod object;
mod verdicts;

pub use candidate::candidate;
pub use feeds::{FOLDER, Published, feeds_or_none};
pub(super) use kept::Frame;
pub use kept::Kept;
use verdicts::Judged;
pub use verdicts::{labelled, note_cited, record_cited, remember, remember_published};

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
    /// Source list, vocabulary or embedding model are wrong.
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

/// When suggestions are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Now: every article, also what is still to be published.
    Now(DateTime<Utc>),
    /// Then: the items, verdicts and articles of that time, under today's settings and with today's
    /// texts. Always the same answer.
    Then(DateTime<Utc>),
}

impl When {
    /// The moment itself.
    pub fn moment(self) -> DateTime<Utc> {
        match self {
            Self::Now(moment) | Self::Then(moment) => moment,
        }
    }

    /// The moment, where it is not now.
    fn then(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Now(_) => None,
            Self::Then(then) => Some(then),
        }
    }
}

/// Ranked suggestions for `scope`, drafts among the articles. `kept` saves the next round work.
///
/// # Errors
///
/// [`SuggestError`].
pub fn suggest(
    config: &Config,
    catalog: &Catalog,
    store: &Store,
    kept: &mut Kept,
    scope: &Scope,
    limit: usize,
    when: When,
) -> Result<Vec<Suggestion>, SuggestError> {
    let known = |page: &Page| when.then().is_none_or(|then| page.article.date.to_utc() <= then);
    let desk = Desk::new(config, catalog, store, kept, when, &known)?;
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
            Ok(desk.for_query(&topic_query(catalog, term, &known), &rank))
        }
        Scope::Everything => Ok(desk.everything(catalog, &rank, &known)),
    }
}

/// The article at `path`, which may be given whole, from the folder of start or from the article folder.
/// Whether there is one is not asked.
pub fn article_path(config: &Config, path: &str) -> String {
    let given = path.replace('\\', "/");
    let whole = |path: &Path| std::path::absolute(path).map(|path| without_dots(&path)).ok();
    let from_start = whole(Path::new(&given)).zip(whole(&config.articles));
    let below = from_start.as_ref().and_then(|(path, folder)| path.strip_prefix(folder).ok());
    let path = below.map_or_else(|| without_dots(Path::new(&given)), Path::to_owned);
    path.display().to_string()
}

/// A path without `.` and, as far as it does not begin with them, without `..`; links are not followed.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            _ => plain.push(part),
        }
    }
    plain
}

/// The day of an article as the site's readers see it, whatever zone its author wrote in.
fn day(catalog: &Catalog, page: &Page) -> NaiveDate {
    page.article.date.with_timezone(&catalog.site.timezone).date_naive()
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
        date: Some(day(catalog, page)),
        cited: article.references.iter().map(cited).collect(),
    }
}

fn topic_query(catalog: &Catalog, term: &Term, counts: &(dyn Fn(&Page) -> bool + Sync)) -> Query {
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
        date: pages.first().map(|page| day(catalog, page)),
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

pub(super) fn cited(reference: &Reference) -> Cited {
    Cited {
        title: reference.title.clone(),
        url: reference.url.clone(),
        publication: reference.publication.clone(),
    }
}

/// Items, ready for any number of queries.
struct Desk<'a> {
    config: &'a Config,
    index: &'a Index,
    /// What the articles that count teach.
    habits: Habits,
    judged: Judged,
    /// Items of stories that the site has written of, but for those that bring news.
    covered: HashSet<String>,
    window: TimeDelta,
    today: NaiveDate,
}

impl<'a> Desk<'a> {
    fn new(
        config: &'a Config,
        catalog: &Catalog,
        store: &Store,
        kept: &'a mut Kept,
        when: When,
        counts: &(dyn Fn(&Page) -> bool + Sync),
    ) -> Result<Self, SuggestError> {
        let index = kept.index(config, store, when.then())?;
        // Without items there is nothing that articles could tell of.
        let none = index.candidates().len() == 0;
        let pages = || catalog.pages.iter().filter(|page| !none && counts(page));
        let citing = pages().filter(|page| !page.article.references.is_empty());
        let lessons: Vec<Query> =
            citing.take(habits::ARTICLES).map(|page| article_query(catalog, page, "")).collect();
        let references: Vec<Cited> =
            pages().flat_map(|page| page.article.references.iter().map(cited)).collect();
        Ok(Self {
            config,
            covered: covered(index, &references, &stories::coverage(pages(), config.zone())),
            index,
            habits: Habits::of(lessons.iter()),
            judged: Judged::by(store, when)?,
            window: TimeDelta::from_std(config.suggest.window).unwrap_or(TimeDelta::MAX),
            today: when.moment().with_timezone(&config.zone()).date_naive(),
        })
    }

    /// What an article asks for; what its text links to is cited as well, and what it took up later is not
    /// yet. One whose file has just gone asks with what is known of it.
    fn query(&self, catalog: &Catalog, page: &Page) -> Query {
        let body = scan::read_body(&self.config.articles, &page.article.path).unwrap_or_default();
        let mut query = article_query(catalog, page, &body);
        let linked = |url| Cited { url: Some(url), ..Cited::default() };
        query.cited.extend(markdown::links(&body).into_iter().map(linked));
        verdict::without(&mut query.cited, self.judged.later(&query.target));
        query
    }

    fn is_empty(&self) -> bool {
        self.index.candidates().len() == 0
    }

    /// What was published from a window before the query's date until now, and is not answered.
    fn for_query(&self, query: &Query, rank: &rank::Settings) -> Vec<Suggestion> {
        let since = query.date.unwrap_or(self.today).min(self.today);
        let since = since.checked_sub_signed(self.window).unwrap_or(NaiveDate::MIN);
        let answered = self.answered(&query.target);
        // A source that served one article may serve another; a list of what is new has no use for it.
        let new =
            |item: &str| matches!(query.target, Target::Article(_)) || !self.covered.contains(item);
        self.index.suggest(query, rank, &self.habits, |candidate| {
            candidate.day() >= since
                && !answered.contains(candidate.id.as_str())
                && new(&candidate.id)
        })
    }

    /// What has been judged for a target, and what else tells of these stories, but for news since and for a
    /// report that came later and is nearer to what happened.
    fn answered(&self, target: &Target) -> HashSet<&str> {
        let mut answered = HashSet::new();
        let mut stories: BTreeMap<&str, (NaiveDate, Tier)> = BTreeMap::new();
        for (item, day) in self.judged.of(target, self.config.zone()) {
            answered.insert(item);
            let Some((story, judged)) = self.index.story_of(item).zip(self.index.get(item)) else {
                continue;
            };
            let (last, tier) = stories.entry(story).or_insert((day, judged.tier));
            (*last, *tier) = (day.max(*last), judged.tier.min(*tier));
        }
        for (story, (day, tier)) in stories {
            let items: Vec<&Candidate> = self.index.telling(story).collect();
            let news = coverage::news(&items, day, self.index.lexicon());
            let is_news = |item: &Candidate| news.iter().any(|news| news.item.id == item.id);
            let is_nearer = |item: &Candidate| item.tier < tier && item.day() > day;
            let closed = items.iter().filter(|item| !is_news(item) && !is_nearer(item));
            answered.extend(closed.map(|item| item.id.as_str()));
        }
        answered
    }

    /// The best for the newest articles; a story stands once, for the article that it fits best, and no source
    /// too often.
    fn everything(
        &self,
        catalog: &Catalog,
        rank: &rank::Settings,
        counts: &(dyn Fn(&Page) -> bool + Sync),
    ) -> Vec<Suggestion> {
        if self.is_empty() {
            return Vec::new();
        }
        let each = rank::Settings { limit: EACH.min(rank.limit), ..rank.clone() };
        let pages: Vec<&Page> =
            catalog.pages.iter().filter(|page| counts(page)).take(RECENT).collect();
        let suggest = |page: &&Page| self.for_query(&self.query(catalog, page), &each);
        let mut all: Vec<Suggestion> = pages.par_iter().flat_map_iter(suggest).collect();
        all.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        let mut stories = HashSet::new();
        let mut of_source: HashMap<String, usize> = HashMap::new();
        all.retain(|one| {
            if self.covered.contains(&one.item.id) || !stories.insert(one.story.id.clone()) {
                return false;
            }
            let count =
                of_source.entry(one.item.publication.clone().unwrap_or_default()).or_default();
            *count += 1;
            *count <= rank.per_source
        });
        all.truncate(rank.limit);
        all
    }
}

/// The items of stories that the site has written of, but for those that bring something new since.
fn covered(index: &Index, references: &[Cited], coverage: &Coverage) -> HashSet<String> {
    let mut covered = HashSet::new();
    for story in index.stories_among(references) {
        let items: Vec<&Candidate> = index.telling(story).collect();
        let Some(written) = coverage.written(items.iter().copied()) else { continue };
        let news = coverage::news(&items, written, index.lexicon());
        let is_news = |item: &Candidate| news.iter().any(|news| news.item.id == item.id);
        covered.extend(items.iter().filter(|item| !is_news(item)).map(|item| item.id.clone()));
    }
    covered
}

#[cfg(test)]
mod tests;
