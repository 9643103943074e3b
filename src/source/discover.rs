//! Finds the feeds that a web page names.
//!
//! What is found is a candidate until somebody has visited and parsed it. Nothing here knows a
//! publisher: a page says where its feed is in its head, in the head of the answer, or in a link;
//! else there are the paths under which feeds usually lie.

use quick_xml::escape::unescape;
use url::Url;

mod header;
mod tag;

pub use header::feeds as named_in_header;

/// Most feeds that one page can name: more are a directory and no choice.
const MOST: usize = 50;

/// A feed that a page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLink {
    /// Its address.
    pub url: String,
    /// What the page calls it.
    pub title: Option<String>,
    /// What tells that it may be a feed.
    pub sign: Sign,
}

/// What tells that something may be a feed, most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// The `Link` field of the answer names it.
    Header,
    /// A `<link>` names it.
    Named,
    /// A link in the text leads to it.
    Linked,
    /// Feeds usually lie there.
    Usual,
}

impl Sign {
    /// How it was found, as part of a sentence.
    pub fn told(self) -> &'static str {
        match self {
            Self::Header => "named in the answer's Link header",
            Self::Named => "named in a <link> of the page",
            Self::Linked => "linked in the page's text",
            Self::Usual => "at a usual path",
        }
    }
}

/// Media types of feeds.
const TYPES: &[&str] = &[
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/x-rss+xml",
    "application/x.atom+xml",
    "application/xml",
    "text/xml",
    "text/rss+xml",
    "text/atom+xml",
];

/// Paths under which feeds usually lie, likeliest first.
const USUAL_PATHS: &[&str] = &[
    "feed",
    "feed/",
    "rss",
    "rss/",
    "rss.xml",
    "atom.xml",
    "index.xml",
    "feed.xml",
    "feed.json",
    "feeds/",
    "feeds",
    "atom",
    "index.rdf",
];

/// What a link to a feed says.
const WORDS: &[&str] =
    &["rss", "atom", "feed", "rss feed", "atom feed", "json feed", "rss 订阅", "rss订阅"];

/// The feeds of `<link rel="alternate">`, in the page's order, then links in its text that look
/// like feeds. Relative addresses start from the page's `<base>`, else from `base`.
pub fn feeds(html: &str, base: Option<&Url>) -> Vec<FeedLink> {
    let mut found: Vec<FeedLink> = Vec::new();
    let mut own_base: Option<Url> = None;
    for tag in tag::tags(html) {
        let base = own_base.as_ref().or(base);
        let sign = match tag.name() {
            "base" if own_base.is_none() => {
                own_base = tag.attribute("href").and_then(|href| resolve(&plain(&href), base));
                continue;
            }
            "link" if names_feed(&tag) => Sign::Named,
            "a" if links_feed(&tag) => Sign::Linked,
            _ => continue,
        };
        let Some(url) = tag.attribute("href").and_then(|href| resolve(&plain(&href), base)) else {
            continue;
        };
        let title = tag.attribute("title").map(|title| plain(&title));
        add(&mut found, url, title, sign);
    }
    found.sort_by_key(|link| link.sign);
    found.truncate(MOST);
    found
}

/// The usual paths: in the folder of `page`, then at the root of its host.
pub fn usual(page: &Url) -> Vec<FeedLink> {
    let mut found = Vec::new();
    let mut folder = page.clone();
    // A page's address is a folder's, as a rule, whether it ends in a slash or not.
    let last = page.path().rsplit('/').next().unwrap_or_default();
    if !last.is_empty() && !last.contains('.') {
        folder.set_path(&format!("{}/", page.path()));
    }
    for base in [folder.join("."), folder.join("/")].into_iter().flatten() {
        for path in USUAL_PATHS {
            if let Some(url) = resolve(path, Some(&base)) {
                add(&mut found, url, None, Sign::Usual);
            }
        }
    }
    found
}

/// Why a page cannot be read as a feed, and what to do: for people who follow `address`.
pub fn page(address: &str, named: Option<&str>) -> String {
    match named {
        Some(feed) => format!(
            "{address} is a web page; it names the feed {feed}; `headwater sources add {feed}` \
             follows that"
        ),
        None => format!(
            "{address} is a web page and names no feed; `headwater sources add {address}` looks \
             for one at the usual paths"
        ),
    }
}

fn add(found: &mut Vec<FeedLink>, url: Url, title: Option<String>, sign: Sign) {
    let url = String::from(url);
    let title = title.filter(|title| !title.is_empty());
    match found.iter_mut().find(|link| link.url == url) {
        Some(known) if sign < known.sign => *known = FeedLink { url, title, sign },
        Some(_) => {}
        None => found.push(FeedLink { url, title, sign }),
    }
}

/// The address that `href` means; a name and password in `base` are not passed on.
fn resolve(href: &str, base: Option<&Url>) -> Option<Url> {
    let mut url = match base {
        Some(base) => base.join(href).ok()?,
        None => Url::parse(href).ok()?,
    };
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// An attribute's text: references resolved where they are well-formed, blanks made one.
fn plain(raw: &str) -> String {
    let text = unescape(raw).map_or_else(|_| raw.replace("&amp;", "&"), Into::into);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn names_feed(tag: &tag::Tag<'_>) -> bool {
    let rel = tag.attribute("rel").unwrap_or_default().to_lowercase();
    let kind = tag.attribute("type").unwrap_or_default();
    is_feed(&rel, &kind, tag.attribute("href").as_deref().unwrap_or_default())
}

/// Whether a link of these relations and this media type is one to a feed.
fn is_feed(rel: &str, kind: &str, href: &str) -> bool {
    let has = |name: &str| rel.split_whitespace().any(|rel| rel.eq_ignore_ascii_case(name));
    let kind = kind.split(';').next().unwrap_or_default().trim().to_lowercase();
    let is_known = TYPES.contains(&kind.as_str());
    let is_unsaid = matches!(kind.as_str(), "" | "application/json") && looks_like_feed(href);
    has("feed") && kind != "text/html" || has("alternate") && (is_known || is_unsaid)
}

fn links_feed(tag: &tag::Tag<'_>) -> bool {
    let kind = tag.attribute("type").unwrap_or_default().to_lowercase();
    let text = tag.text().trim().to_lowercase();
    kind.contains("rss+xml")
        || kind.contains("atom+xml")
        || kind.contains("feed+json")
        || WORDS.contains(&text.as_str())
        || tag.attribute("href").is_some_and(|href| looks_like_feed(&href))
}

fn looks_like_feed(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or(href).to_lowercase();
    let path = path.trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = last.rsplit_once('.').unwrap_or((last, ""));
    let is_below = ["rss", "feed", "feeds"].iter().any(|name| path.contains(&format!("/{name}/")));
    let is_usual = USUAL_PATHS.iter().any(|usual| usual.trim_end_matches('/') == last);
    is_usual
        || matches!(extension, "rss" | "atom" | "rdf") && !stem.is_empty()
        || is_below && extension == "xml"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Vec<(String, Sign)> {
        let base = Url::parse("https://anna:hush@example.org/news/").unwrap();
        feeds(html, Some(&base)).into_iter().map(|link| (link.url, link.sign)).collect()
    }

    #[test]
    fn a_page_names_its_feeds() {
        let html = "<html><head><LINK rel=\"alternate\" type='application/rss+xml' title=\"新闻 &amp; mehr\" href=/feed.xml>\
                    <link rel=stylesheet href=a.css><link rel=\"alternate\" hreflang=\"en\" href=\"/en\">\
                    </head><body><a href=\"https://other.example/rss\">RSS</a><a href=\"/feed.xml\">x</a>";
        let base = Url::parse("https://example.org/news/").unwrap();
        let found: Vec<_> = feeds(html, Some(&base))
            .into_iter()
            .map(|link| (link.url, link.title, link.sign))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "https://example.org/feed.xml".to_owned(),
                    Some("新闻 & mehr".to_owned()),
                    Sign::Named
                ),
                ("https://other.example/rss".to_owned(), None, Sign::Linked),
            ]
        );
        assert!(feeds("<p>nothing", None).is_empty());
    }

    #[test]
    fn links_are_found_in_all_their_forms() {
        for (html, expected) in [
            (
                "<link rel='home alternate' type='application/atom+xml; charset=utf-8' href=a>",
                Some(("https://example.org/news/a", Sign::Named)),
            ),
            (
                "<link rel=alternate type=application/feed+json href='/f?a=1&amp;b=2'>",
                Some(("https://example.org/f?a=1&b=2", Sign::Named)),
            ),
            (
                "<link rel=alternate type=text/xml href='/f?a=1&b=2#c'>",
                Some(("https://example.org/f?a=1&b=2", Sign::Named)),
            ),
            ("<link rel=feed href=../all>", Some(("https://example.org/all", Sign::Named))),
            (
                "<link title='a > b' rel=alternate type=application/rss+xml href=//cdn.example/f>",
                Some(("https://cdn.example/f", Sign::Named)),
            ),
            (
                "<base href='https://b.example/x/'><link rel=alternate type=application/rss+xml href=f>",
                Some(("https://b.example/x/f", Sign::Named)),
            ),
            (
                "<base href='/y/'><link rel=alternate type=application/rss+xml href=f>",
                Some(("https://example.org/y/f", Sign::Named)),
            ),
            ("<a href='/news/7'>RSS</a>", Some(("https://example.org/news/7", Sign::Linked))),
            (
                "<a class=x href='/rss/world.xml'><img></a>",
                Some(("https://example.org/rss/world.xml", Sign::Linked)),
            ),
            ("<a href='/blog.atom'>all</a>", Some(("https://example.org/blog.atom", Sign::Linked))),
            ("<link rel=alternate type=application/json href=/wp-json/wp/v2/pages/1>", None),
            ("<link rel=alternate type=text/html href=/feed>", None),
            ("<!-- <link rel=alternate type=application/rss+xml href=f> -->", None),
            ("<script>'<a href=/feed>'</script><style><a href=/feed></style>", None),
            ("<a href='javascript:rss'>RSS</a><a href='mailto:a@b/feed'>x</a>", None),
            ("<a href='/sitemap.xml'>x</a><a href='/feeding-cats'>x</a>", None),
            ("<link rel=alternate type=application/rss+xml href='f", None),
            ("<link rel=alternate type=application/rss+xml>", None),
        ] {
            let expected: Vec<_> =
                expected.into_iter().map(|(url, sign)| (url.to_owned(), sign)).collect();
            assert_eq!(found(html), expected, "{html}");
        }
    }

    #[test]
    fn what_the_head_names_comes_before_what_the_text_links_to_and_there_is_an_end() {
        let html = "<a href=/rss>a</a><link rel=alternate type=application/rss+xml href=/rss>\
                    <a href=/atom>b</a><link rel=alternate type=application/rss+xml href=/c>";
        let urls: Vec<_> = found(html).into_iter().map(|(url, _)| url).collect();
        assert_eq!(
            urls,
            ["https://example.org/rss", "https://example.org/c", "https://example.org/atom"]
        );
        let many: Vec<String> = (0..1_000).map(|at| format!("<a href=/{at}/feed>x</a>")).collect();
        assert_eq!(found(&many.concat()).len(), MOST);
    }

    #[test]
    fn usual_paths_are_looked_for_beside_the_page_and_at_the_root() {
        let urls = |page: &str| -> Vec<String> {
            usual(&Url::parse(page).unwrap()).into_iter().map(|link| link.url).collect()
        };
        let root = urls("https://example.org/?lang=en");
        assert_eq!(root[..2], ["https://example.org/feed", "https://example.org/feed/"]);
        assert_eq!(root.len(), USUAL_PATHS.len());
        for page in ["https://example.org/blog", "https://example.org/blog/"] {
            let below = urls(page);
            assert_eq!(below[0], "https://example.org/blog/feed");
            assert_eq!(below[USUAL_PATHS.len()], "https://example.org/feed");
        }
        assert_eq!(urls("https://example.org/blog/index.html")[0], "https://example.org/blog/feed");
    }
}
