//! Finds the feeds that a web page names.

use url::Url;

/// A feed that a page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLink {
    /// Its address.
    pub url: String,
    /// What the page calls it.
    pub title: Option<String>,
}

/// Media types of feeds.
const TYPES: &[&str] = &[
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
];

/// Ends of the paths under which feeds usually lie, best first.
pub const USUAL_PATHS: &[&str] =
    &["feed", "rss", "atom.xml", "feed.xml", "rss.xml", "index.xml", "feed.json"];

/// The feeds of `<link rel="alternate">`, in the page's order, then links in its text that look
/// like feeds.
pub fn feeds(html: &str, base: Option<&Url>) -> Vec<FeedLink> {
    let mut found: Vec<FeedLink> = Vec::new();
    let mut add = |href: &str, title: Option<String>| {
        let url = match base {
            Some(base) => base.join(href).ok(),
            None => Url::parse(href).ok(),
        };
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https")).map(String::from);
        if let Some(url) = url.filter(|url| found.iter().all(|link| link.url != *url)) {
            found.push(FeedLink { url, title });
        }
    };
    for tag in tags(html, "link") {
        let kind = attribute(tag, "type").unwrap_or_default().to_lowercase();
        let rel = attribute(tag, "rel").unwrap_or_default().to_lowercase();
        let href = attribute(tag, "href");
        if TYPES.contains(&kind.trim())
            && rel.split_whitespace().any(|rel| rel == "alternate")
            && let Some(href) = href
        {
            add(&href, attribute(tag, "title"));
        }
    }
    for tag in tags(html, "a") {
        if let Some(href) = attribute(tag, "href").filter(|href| looks_like_feed(href)) {
            add(&href, attribute(tag, "title"));
        }
    }
    found
}

fn looks_like_feed(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or(href).trim_end_matches('/').to_lowercase();
    USUAL_PATHS.iter().any(|usual| path.ends_with(&format!("/{usual}")) || path == *usual)
}

/// The insides of all start tags called `name`.
fn tags<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    html.split('<').skip(1).filter_map(move |rest| {
        let head = rest.get(..name.len())?;
        let after = rest.as_bytes().get(name.len())?;
        (head.eq_ignore_ascii_case(name) && after.is_ascii_whitespace())
            .then(|| rest.split('>').next().unwrap_or_default())
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower[from..].find(name).map(|at| from + at) {
        from = at + name.len();
        let begins = lower[..at].ends_with(|c: char| c.is_whitespace());
        let Some(value) = tag[from..].trim_start().strip_prefix('=').filter(|_| begins) else {
            continue;
        };
        let value = value.trim_start();
        let raw = match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next()?,
            _ => value.split(|c: char| c.is_whitespace() || c == '>').next()?,
        };
        return Some(raw.trim().replace("&amp;", "&"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_feeds() {
        let html = "<html><head><LINK rel=\"alternate\" type='application/rss+xml' title=\"新闻\" href=/feed.xml>\
                    <link rel=stylesheet href=a.css><link rel=\"alternate\" hreflang=\"en\" href=\"/en\">\
                    </head><body><a href=\"https://other.example/rss\">RSS</a><a href=\"/feed.xml\">x</a>";
        let base = Url::parse("https://example.org/news/").unwrap();
        let found: Vec<_> =
            feeds(html, Some(&base)).into_iter().map(|link| (link.url, link.title)).collect();
        assert_eq!(
            found,
            [
                ("https://example.org/feed.xml".to_owned(), Some("新闻".to_owned())),
                ("https://other.example/rss".to_owned(), None),
            ]
        );
        assert!(feeds("<p>nothing", None).is_empty());
    }
}
