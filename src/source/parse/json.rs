//! JSON Feed 1.0 and 1.1 (<https://www.jsonfeed.org/version/1.1/>).

use serde_json::Value;
use url::Url;

use super::{ParseError, links, plain, text};
use crate::date;
use crate::source::politeness::Wishes;
use crate::source::{Dialect, Parsed, ParsedItem};

pub(super) fn parse(text: &str, base: Option<&Url>) -> Result<Parsed, ParseError> {
    let unknown = |reason: String| ParseError::Unknown(reason);
    // Bytes behind the object, such as a second newline-delimited one, do no harm.
    let feed = serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .next()
        .ok_or(ParseError::Empty)?
        .map_err(|error| unknown(format!("the JSON is broken: {error}")))?;
    let is_feed = string(&feed, "version").is_some_and(|version| version.contains("jsonfeed"));
    let items = feed.get("items").and_then(Value::as_array);
    let (true, Some(items)) = (is_feed || items.is_some(), items) else {
        return Err(unknown("the JSON has no list `items`".to_owned()));
    };
    Ok(Parsed {
        format: Dialect::Json,
        title: string(&feed, "title").and_then(|title| plain(&title)),
        link: string(&feed, "home_page_url"),
        wishes: Wishes::default(),
        links: links::of_json(&feed, base),
        items: items.iter().filter(|item| item.is_object()).map(|one| item(one, base)).collect(),
    })
}

fn item(item: &Value, base: Option<&Url>) -> ParsedItem {
    let address = |key: &str| {
        let address = string(item, key)?;
        super::resolve(&address, base)
    };
    let url = address("url").or_else(|| address("external_url"));
    let page = url.as_deref().and_then(|url| Url::parse(url).ok());
    let day =
        |key: &str| date::parse(&string(item, key)?, chrono_tz::UTC).map(|date| date.to_utc());
    let written = string(item, "content_text").map(|text| ammonia::clean_text(&text));
    let content = string(item, "content_html").or(written);
    ParsedItem {
        guid: string(item, "id"),
        title: string(item, "title").and_then(|title| plain(&title)),
        published: day("date_published"),
        updated: day("date_modified"),
        summary: string(item, "summary").map(|summary| ammonia::clean_text(&summary)),
        content: content.and_then(|html| text::sanitise(&html, page.as_ref().or(base))),
        authors: authors(item),
        categories: item
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|tag| plain(tag.as_str()?))
            .collect(),
        url,
    }
}

fn authors(item: &Value) -> Vec<String> {
    let one = item.get("author").into_iter();
    let many = item.get("authors").and_then(Value::as_array).into_iter().flatten();
    let mut names: Vec<String> = Vec::new();
    for name in many.chain(one).filter_map(|author| string(author, "name")) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A word or a number; identifiers are both in the wild.
fn string(value: &Value, key: &str) -> Option<String> {
    let text = match value.get(key)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}
