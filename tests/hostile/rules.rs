//! What the specifications of the formats demand of a file, for as much of them as feeds use.

use std::collections::HashSet;

use chrono::DateTime;
use roxmltree::{Document, Node};
use serde_json::Value;
use url::Url;

const ATOM: &str = "http://www.w3.org/2005/Atom";
const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";

type Found = Result<(), String>;

/// Whether a file of the feeds' folder keeps the rules of its format.
///
/// # Errors
///
/// The rule that it breaks.
pub(crate) fn check(name: &str, bytes: &[u8]) -> Found {
    let text = str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let file = name.rsplit('/').next().unwrap_or(name);
    let ending = file.rsplit('.').next().unwrap_or_default();
    match (file, ending) {
        (_, "json") => json_feed(&serde_json::from_str(text).map_err(|error| error.to_string())?),
        (_, "xml" | "opml") => {
            let document = Document::parse(text).map_err(|error| error.to_string())?;
            match document.root_element().tag_name().name() {
                "rss" => rss(document.root_element()),
                "feed" => atom(document.root_element()),
                "opml" => opml(document.root_element()),
                other => Err(format!("the root is {other}")),
            }
        }
        (_, "html") => page(text),
        ("_redirects", _) => redirects(text),
        _ => Err("nobody asked for this file".into()),
    }
}

fn demand(holds: bool, rule: &str, what: impl std::fmt::Debug) -> Found {
    if holds { Ok(()) } else { Err(format!("{rule}: {what:?}")) }
}

fn children<'a>(node: Node<'a, 'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(move |child| {
        child.tag_name().name() == name
            && child.tag_name().namespace() == node.tag_name().namespace()
    })
}

/// The text of the only child of this name.
fn one<'a>(node: Node<'a, 'a>, name: &'static str) -> Result<&'a str, String> {
    let mut found = children(node, name);
    let first = found.next().ok_or_else(|| format!("{name} is missing"))?;
    demand(found.next().is_none(), "only one is allowed", name)?;
    Ok(first.text().unwrap_or_default())
}

fn rss(root: Node) -> Found {
    demand(root.attribute("version") == Some("2.0"), "version", root.attribute("version"))?;
    let channel = children(root, "channel").next().ok_or("no channel")?;
    demand(!one(channel, "title")?.is_empty(), "a channel has a title", "")?;
    demand(!one(channel, "description")?.is_empty(), "a channel has a description", "")?;
    absolute(one(channel, "link")?)?;
    let own = channel
        .children()
        .find(|node| node.has_tag_name((ATOM, "link")) && node.attribute("rel") == Some("self"));
    absolute(own.and_then(|own| own.attribute("href")).ok_or("no link to itself")?)?;
    let mut seen = HashSet::new();
    for item in children(channel, "item") {
        let guid = one(item, "guid")?;
        demand(seen.insert(guid), "identifiers are unique", guid)?;
        absolute(one(item, "link")?)?;
        let date = one(item, "pubDate")?;
        DateTime::parse_from_rfc2822(date).map_err(|error| format!("pubDate {date}: {error}"))?;
        let named = children(item, "title")
            .chain(children(item, "description"))
            .any(|node| node.text().is_some());
        demand(named, "an item has a title or a description", guid)?;
        for content in item.children().filter(|node| node.has_tag_name((CONTENT, "encoded"))) {
            html(content.text().unwrap_or_default())?;
        }
        for enclosure in children(item, "enclosure") {
            absolute(enclosure.attribute("url").unwrap_or_default())?;
            let length = enclosure.attribute("length").unwrap_or_default();
            demand(length.parse::<u64>().is_ok(), "an enclosure has a length", length)?;
            demand(enclosure.has_attribute("type"), "an enclosure has a type", "")?;
        }
    }
    Ok(())
}

fn atom(root: Node) -> Found {
    demand(root.tag_name().namespace() == Some(ATOM), "name space", root.tag_name())?;
    atom_part(root)?;
    let mut seen = HashSet::new();
    for entry in children(root, "entry") {
        atom_part(entry)?;
        let id = one(entry, "id")?;
        demand(seen.insert(id), "identifiers are unique", id)?;
        let alternate = children(entry, "link")
            .any(|link| link.attribute("rel").unwrap_or("alternate") == "alternate");
        demand(alternate, "an entry has an address", id)?;
        let authors = children(entry, "author").chain(children(root, "author")).count();
        demand(authors > 0, "an entry or its feed has an author", id)?;
        for content in
            children(entry, "content").filter(|node| node.attribute("type") == Some("html"))
        {
            html(content.text().unwrap_or_default())?;
        }
    }
    Ok(())
}

/// What a feed and an entry both have.
fn atom_part(node: Node) -> Found {
    absolute(one(node, "id")?)?;
    one(node, "title")?;
    rfc_3339(one(node, "updated")?)?;
    for author in children(node, "author") {
        demand(!one(author, "name")?.trim().is_empty(), "an author has a name", "")?;
    }
    for link in children(node, "link") {
        absolute(link.attribute("href").unwrap_or_default())?;
    }
    Ok(())
}

fn opml(root: Node) -> Found {
    demand(root.attribute("version") == Some("2.0"), "version", root.attribute("version"))?;
    one(root, "head")?;
    let body = children(root, "body").next().ok_or("no body")?;
    demand(children(body, "outline").next().is_some(), "a body has an outline", "")?;
    for outline in body.descendants().filter(|node| node.has_tag_name("outline")) {
        demand(outline.has_attribute("text"), "an outline has a text", outline)?;
        if outline.attribute("type") == Some("rss") {
            absolute(outline.attribute("xmlUrl").unwrap_or_default())?;
        }
    }
    Ok(())
}

/// JSON Feed 1.1.
fn json_feed(feed: &Value) -> Found {
    demand(feed["version"] == "https://jsonfeed.org/version/1.1", "version", &feed["version"])?;
    demand(
        feed["title"].as_str().is_some_and(|title| !title.is_empty()),
        "a feed has a title",
        &feed["title"],
    )?;
    for key in ["home_page_url", "feed_url"] {
        absolute(feed[key].as_str().ok_or(key)?)?;
    }
    let mut seen = HashSet::new();
    for item in feed["items"].as_array().ok_or("items is no array")? {
        let id = item["id"].as_str().ok_or("an identifier is no string")?;
        demand(seen.insert(id), "identifiers are unique", id)?;
        let (html_given, text) = (item["content_html"].as_str(), item["content_text"].as_str());
        demand(html_given.is_some() || text.is_some(), "an item has a content", id)?;
        html(html_given.unwrap_or_default())?;
        absolute(item["url"].as_str().ok_or("url")?)?;
        rfc_3339(item["date_published"].as_str().ok_or("date_published")?)?;
        for key in ["title", "summary", "image", "date_modified", "language"] {
            demand(item.get(key).is_none_or(Value::is_string), "a string", (key, &item[key]))?;
        }
        for author in item["authors"].as_array().into_iter().flatten() {
            let known = ["name", "url", "avatar"].iter().any(|key| author[*key].is_string());
            demand(known, "an author has a name, a url or an avatar", author)?;
        }
        for tag in item["tags"].as_array().into_iter().flatten() {
            demand(tag.as_str().is_some_and(|tag| !tag.is_empty()), "a tag is a string", tag)?;
        }
        for attachment in item["attachments"].as_array().into_iter().flatten() {
            absolute(attachment["url"].as_str().unwrap_or_default())?;
            demand(attachment["mime_type"].is_string(), "an attachment has a type", attachment)?;
        }
        let own = item.as_object().into_iter().flatten().filter(|(key, _)| key.starts_with('_'));
        for (key, value) in own {
            demand(value.is_object(), "an extension is an object", key)?;
        }
    }
    Ok(())
}

fn absolute(address: &str) -> Found {
    demand(Url::parse(address).is_ok(), "an address is absolute", address)
}

fn rfc_3339(date: &str) -> Found {
    DateTime::parse_from_rfc3339(date).map(drop).map_err(|error| format!("{date}: {error}"))
}

/// The content of an entry: what readers show of it is safe, and leads where it says.
fn html(content: &str) -> Found {
    let lower = content.to_lowercase();
    for name in ["<script", "<style", "<iframe", "<base", "<form", "<object", "<embed"] {
        demand(!lower.contains(name), "no such element", name)?;
    }
    let mut ids = HashSet::new();
    for (name, value) in attributes(content) {
        demand(!name.starts_with("on"), "no handlers", &name)?;
        match &*name {
            "href" | "src" => {
                let url =
                    Url::parse(value.trim()).map_err(|error| format!("{name}={value}: {error}"))?;
                demand(
                    !["javascript", "data", "vbscript"].contains(&url.scheme()),
                    "no such address",
                    value,
                )?;
            }
            "srcset" => {
                for candidate in value.split(", ") {
                    absolute(candidate.split(' ').next().unwrap_or_default())?;
                }
            }
            "id" => demand(ids.insert(value.clone()), "identifiers are unique", value)?,
            _ => {}
        }
    }
    Ok(())
}

/// Names and values of all attributes of what a serialiser of HTML wrote: quoted with `"`, `<` and
/// `>` nowhere but around tags, or within values.
fn attributes(content: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = content;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        while let Some(end) = rest.find(['>', '"']) {
            if rest[end..].starts_with('>') {
                rest = &rest[end..];
                break;
            }
            let name =
                rest[..end].trim_end_matches('=').rsplit([' ', '\n']).next().unwrap_or_default();
            let Some((value, after)) = rest[end + 1..].split_once('"') else { return found };
            found.push((
                name.to_lowercase(),
                value.replace("&amp;", "&").replace("&nbsp;", "\u{a0}"),
            ));
            rest = after;
        }
    }
    found
}

/// A page for people asks nobody else for anything.
fn page(text: &str) -> Found {
    demand(text.starts_with("<!doctype html>"), "a page says what it is", text.lines().next())?;
    for (name, value) in attributes(text) {
        demand(name != "src", "a page loads nothing", value)?;
    }
    Ok(())
}

fn redirects(text: &str) -> Found {
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        demand(line.split(' ').count() == 3, "from, to, status", line)?;
    }
    Ok(())
}
