//! Suggestions as feeds, which anybody may read: nothing of a draft or of what is not yet due.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rayon::prelude::*;
use url::Url;

use super::{Desk, Kept, SuggestError, When, topic_query, topics};
use crate::catalog::{Catalog, Page, Standing, Term};
use crate::config::Config;
use crate::feed::{About, Content, Entry, Feed, FeedPath, Group, Part, Text, id};
use crate::store::Store;
use crate::suggest::{Suggestion, Target, cite, rank};

/// Where they lie in the feeds' folder.
pub const FOLDER: &str = "suggestions";

/// What anybody may read of suggestions.
#[derive(Debug)]
pub struct Published {
    /// The feeds.
    pub feeds: Vec<Feed>,
    /// The suggestions that stand in them, feed by feed, in order.
    pub suggestions: Vec<Suggestion>,
}

/// The public feeds of suggestions: one of all, one for each topic that has any. Drafts and what is
/// not yet due have no part in them. `kept` saves the next round work.
fn feeds(
    config: &Config,
    catalog: &Catalog,
    store: &Store,
    kept: &mut Kept,
    now: DateTime<Utc>,
) -> Result<Published, SuggestError> {
    let published = |page: &Page| page.standing(now) == Standing::Published;
    let desk = Desk::new(config, catalog, store, kept, When::Now(now), &published)?;
    let rank = rank::Settings { limit: config.feeds.limit, ..config.suggest.rank.clone() };
    let all = desk.everything(catalog, &rank, &published);
    let chinese = rank.chinese;
    let title = if chinese { "参考建议" } else { "Suggested references" };
    let feed_of_all = feed(config, catalog, &[FOLDER], title, &all, now);
    let mut made = Published { feeds: feed_of_all.into_iter().collect(), suggestions: all };
    if desk.is_empty() {
        return Ok(made);
    }
    // A topic that only drafts have is as secret as they are.
    let public = |term: &&Term| {
        !term.hidden && term.pages.iter().any(|page| published(&catalog.pages[*page]))
    };
    let terms: Vec<&Term> = topics(catalog).filter(public).collect();
    let of_term = |term: &&Term| {
        let suggestions = desk.for_query(&topic_query(catalog, term, &published), &rank);
        if suggestions.is_empty() {
            return None;
        }
        let parts: Vec<&str> = [FOLDER, "topics"].into_iter().chain(term.slug.split('/')).collect();
        let name = format!("{title}: {}", term.name);
        Some((feed(config, catalog, &parts, &name, &suggestions, now)?, suggestions))
    };
    let of_terms: Vec<(Feed, Vec<Suggestion>)> = terms.par_iter().filter_map(of_term).collect();
    for (feed, suggestions) in of_terms {
        made.feeds.push(feed);
        made.suggestions.extend(suggestions);
    }
    Ok(made)
}

/// [`feeds`], or none where they cannot be made: better yesterday's suggestions for a while than no
/// articles of today.
pub fn feeds_or_none(
    config: &Config,
    catalog: &Catalog,
    store: &Store,
    kept: &mut Kept,
    now: DateTime<Utc>,
) -> Option<Published> {
    feeds(config, catalog, store, kept, now)
        .inspect_err(|error| {
            tracing::error!("suggestions cannot be made: {error}; their feeds stay as they are");
        })
        .ok()
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
    let sources = &suggestion.story.sources;
    let told = format!("<p>{told_by}: {}</p>", escape(&sources.join("、")));
    let content = format!(
        "<p>{for_what}: {}</p><p>{}</p>{}<pre>{}</pre>",
        escape(&target),
        escape(&suggestion.reason_texts().join(" · ")),
        if sources.len() > 1 { told } else { String::new() },
        escape(&cite::footnote(1, &citation)),
    );
    Some(Entry {
        id: id::urn(site, "suggestion", &suggestion.id),
        // Whatever an item of an earlier version has: only a page on the web is a link of ours.
        url: Url::parse(item.url.as_deref()?)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))?,
        title: Text::line(&item.title),
        published: seen.fixed_offset(),
        updated: seen.fixed_offset(),
        authors: item.publication.iter().map(|name| Text::line(name)).collect(),
        summary: Some(Text::line(&format!("{target}: {}", suggestion.reason_texts().join(" · ")))),
        content: Content::Html(Text::from(content)),
        // The address is the item's, and may be suggested for another article as well.
        permalink: false,
        picture: None,
        language: Text::line(&site.language),
        categories: Vec::new(),
        references: Arc::default(),
    })
}
