//! JSON Feed 1.1, by <https://www.jsonfeed.org/version/1.1/>.
//!
//! What an article cites travels as data under the extension key `_headwater`, as the
//! specification's "Extensions" provides for.

use chrono::{DateTime, FixedOffset, SecondsFormat};
use serde::Serialize;
use url::Url;

use super::{Entry, Feed, Format, Frame, Part, RenderError, Settings, Text};
use crate::article::{Reference, ReferenceKind};

const VERSION: &str = "https://jsonfeed.org/version/1.1";

#[derive(Serialize)]
struct Head<'a> {
    version: &'static str,
    title: &'a Text,
    home_page_url: &'a Url,
    feed_url: &'a Url,
    /// What is older than `items`: the page of the feed's history before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<&'a Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<&'a Url>,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    language: &'a Text,
    authors: [Author<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    hubs: Option<[Hub<'a>; 1]>,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a Text>,
}

#[derive(Serialize)]
struct Hub<'a> {
    r#type: &'static str,
    url: &'a Url,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    url: &'a Url,
    title: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_html: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_text: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a Url>,
    date_published: String,
    date_modified: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a Text>,
    language: &'a Text,
    #[serde(rename = "_headwater", skip_serializing_if = "Option::is_none")]
    extension: Option<Extension<'a>>,
}

#[derive(Serialize)]
struct Extension<'a> {
    references: Vec<Cited<'a>>,
}

#[derive(Serialize)]
struct Cited<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publication: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accessed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<&'a str>,
}

impl<'a> From<&'a Reference> for Cited<'a> {
    fn from(reference: &'a Reference) -> Self {
        Self {
            number: reference.number.as_deref(),
            title: reference.title.as_deref(),
            url: reference.url.as_deref().filter(|url| is_page(url)),
            publication: reference.publication.as_deref(),
            author: reference.author.as_deref(),
            published: reference.published.map(|day| day.to_string()),
            accessed: reference.accessed.map(|day| day.to_string()),
            r#type: reference.kind.map(|kind| match kind {
                ReferenceKind::Primary => "primary",
                ReferenceKind::Secondary => "secondary",
            }),
            quote: reference.quote.as_deref(),
        }
    }
}

/// Whether an address leads to a page on the web, and not to a script.
fn is_page(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// An object of `items` with this HTML as its content.
///
/// # Errors
///
/// [`RenderError`] where the library fails.
pub fn entry(entry: &Entry, content: Option<&Text>) -> Result<Vec<u8>, RenderError> {
    // One of the two contents is required; an entry without HTML offers what text it has.
    let text = match content {
        Some(_) => None,
        None => Some(entry.summary.as_ref().unwrap_or(&entry.title)),
    };
    let item = Item {
        id: &entry.id,
        url: &entry.url,
        title: &entry.title,
        content_html: content,
        content_text: text,
        summary: entry.summary.as_ref(),
        image: entry.picture.as_ref().map(|picture| &picture.url),
        date_published: date(entry.published),
        date_modified: date(entry.updated),
        authors: entry.authors.iter().map(|name| Author { name, url: None }).collect(),
        tags: entry.categories.iter().map(|category| &category.name).collect(),
        language: &entry.language,
        extension: (!entry.references.is_empty())
            .then(|| Extension { references: entry.references.iter().map(Cited::from).collect() }),
    };
    Ok(serde_json::to_vec(&item)?)
}

/// The object around `items`.
///
/// # Errors
///
/// [`RenderError`] where the library fails.
pub fn frame(feed: &Feed, settings: &Settings) -> Result<Frame, RenderError> {
    let about = &feed.about;
    let links = feed.links(settings, Format::Json);
    let linked = |wanted: &str| links.iter().find(|(rel, _)| *rel == wanted).map(|(_, url)| url);
    let own = feed.url(settings, Format::Json);
    let hub = settings.hub.as_ref().filter(|_| matches!(feed.part, Part::Current { .. }));
    let mut head = serde_json::to_vec(&Head {
        version: VERSION,
        title: &feed.title,
        home_page_url: &feed.home,
        feed_url: linked("self").unwrap_or(&own),
        next_url: linked("prev-archive"),
        icon: about.image.as_ref(),
        description: &feed.description,
        language: &about.language,
        authors: [Author { name: &about.author.name, url: about.author.url.as_ref() }],
        hubs: hub.map(|url| [Hub { r#type: "WebSub", url }]),
    })?;
    if head.pop() != Some(b'}') {
        return Err(RenderError::Mark(Format::Json));
    }
    head.extend_from_slice(b",\"items\":[\n");
    Ok(Frame { head, between: b",\n", tail: b"\n]}\n" })
}

/// RFC 3339, to the second.
fn date(date: DateTime<FixedOffset>) -> String {
    date.to_rfc3339_opts(SecondsFormat::Secs, false)
}
