//! What kind of thing a file is: `Content-Type`, always with its character set where it has one.

/// The value of `Content-Type` for the file at `path`.
pub fn content_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.is_empty() {
        return "text/html; charset=utf-8";
    }
    match name.rsplit_once('.').unwrap_or((name, "")) {
        (stem, "xml") if is_numbered(stem, "atom") => "application/atom+xml; charset=utf-8",
        (stem, "xml") if is_numbered(stem, "index") => "application/rss+xml; charset=utf-8",
        (stem, "json") if is_numbered(stem, "feed") => "application/feed+json; charset=utf-8",
        (_, "html") => "text/html; charset=utf-8",
        (_, "opml") => "text/x-opml; charset=utf-8",
        // The rest is not ours: what stands beside feeds that a site serves.
        (_, "css") => "text/css; charset=utf-8",
        (_, "js") => "text/javascript; charset=utf-8",
        (_, "txt") | ("_redirects", "") => "text/plain; charset=utf-8",
        (_, "json") => "application/json",
        (_, "xml") => "application/xml",
        (_, "xsl") => "application/xslt+xml",
        (_, "svg") => "image/svg+xml",
        (_, "png") => "image/png",
        (_, "jpg" | "jpeg") => "image/jpeg",
        (_, "webp") => "image/webp",
        (_, "ico") => "image/x-icon",
        _ => "application/octet-stream",
    }
}

/// Whether the file at `path` is a feed that readers subscribe to, or a page of its archive.
pub fn is_feed(path: &str) -> bool {
    let kind = content_type(path);
    ["application/rss+xml", "application/atom+xml", "application/feed+json"]
        .iter()
        .any(|feed| kind.starts_with(feed))
}

/// Whether the file at `path` is a feed that readers subscribe to: one without a number.
pub fn is_subscribed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "index.xml" | "atom.xml" | "feed.json")
}

/// Whether `stem` is `name`, or one with a number: `index-3` is a page of an archive.
fn is_numbered(stem: &str, name: &str) -> bool {
    stem.strip_prefix(name).is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_file_has_its_content_type() {
        for (path, expected) in [
            ("index.xml", "application/rss+xml; charset=utf-8"),
            ("tags/人工智能/index.xml", "application/rss+xml; charset=utf-8"),
            ("tags/a/index-3.xml", "application/rss+xml; charset=utf-8"),
            ("atom.xml", "application/atom+xml; charset=utf-8"),
            ("a/atom-12.xml", "application/atom+xml; charset=utf-8"),
            ("a/feed.json", "application/feed+json; charset=utf-8"),
            ("subscriptions.opml", "text/x-opml; charset=utf-8"),
            ("index.html", "text/html; charset=utf-8"),
            ("tags/a/", "text/html; charset=utf-8"),
            ("", "text/html; charset=utf-8"),
            ("_redirects", "text/plain; charset=utf-8"),
            ("sitemap.xml", "application/xml"),
            ("atomic.xml", "application/xml"),
            ("data.json", "application/json"),
            ("a/b.bin", "application/octet-stream"),
        ] {
            assert_eq!(content_type(path), expected, "{path}");
            assert_eq!(is_feed(path), expected.contains("+xml;") || expected.contains("feed+"));
        }
    }
}
