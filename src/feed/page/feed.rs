//! The page beside a feed: what it is, how to subscribe, what is new in it.

use askama::Template;

use super::super::plan::Plan;
use super::super::{Feed, Settings};
use super::{Address, FILE_NAME, Words, addresses, words};

#[derive(Template)]
#[template(path = "feed.html")]
struct View<'a> {
    feed: &'a Feed,
    language: &'a str,
    words: &'static Words,
    links: Vec<Address>,
    up: String,
}

/// The page about one feed of `plan`.
///
/// # Errors
///
/// None in practice: only what the template library passes through.
pub fn feed(plan: &Plan, feed: &Feed, settings: &Settings) -> Result<Vec<u8>, askama::Error> {
    let view = View {
        feed,
        language: &plan.about.language,
        words: words(&plan.about.language),
        links: addresses(feed, settings),
        up: "../".repeat(feed.path.as_str().matches('/').count()) + FILE_NAME,
    };
    Ok(view.render()?.into_bytes())
}
