//! The page beside a feed: what it is, how to subscribe, what is new in it.

use askama::Template;

use super::super::plan::Plan;
use super::super::{Feed, Format, Settings};
use super::{FILE_NAME, Words, words};

#[derive(Template)]
#[template(path = "feed.html")]
struct View<'a> {
    feed: &'a Feed,
    language: &'a str,
    words: &'static Words,
    links: Vec<Link>,
    up: String,
}

struct Link {
    label: &'static str,
    media_type: &'static str,
    /// Name of the file, which lies beside the page.
    file: &'static str,
    /// Its public address.
    address: String,
    /// The title as it stands in the attribute of a line to paste; escaped again where it is shown.
    escaped_title: String,
}

/// The page about one feed of `plan`.
///
/// # Errors
///
/// None in practice: only what the template library passes through.
pub fn feed(plan: &Plan, feed: &Feed, settings: &Settings) -> Result<Vec<u8>, askama::Error> {
    let link = |format: &Format| Link {
        label: format.label(),
        media_type: format.media_type(),
        file: format.file_name(),
        address: feed.url(settings, *format).to_string(),
        escaped_title: quick_xml::escape::escape(&*feed.title).into_owned(),
    };
    let view = View {
        feed,
        language: &plan.about.language,
        words: words(&plan.about.language),
        links: settings.formats.iter().map(link).collect(),
        up: "../".repeat(feed.path.as_str().matches('/').count()) + FILE_NAME,
    };
    Ok(view.render()?.into_bytes())
}
