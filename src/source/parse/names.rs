//! What the elements of all dialects mean to us, whatever a document calls their namespaces.

use std::borrow::Cow;

/// Namespaces, without scheme and last mark, and the prefix that stands for each. RSS, Atom and what
/// came before them have none: their names differ enough, and people mix them.
const NAMESPACES: &[(&str, &str)] = &[
    ("www.w3.org/2005/atom", ""),
    ("purl.org/atom/ns", ""),
    ("purl.org/atom", ""),
    ("purl.org/echo", ""),
    ("purl.org/pie", ""),
    ("purl.org/rss/1.0", ""),
    ("purl.org/rss/1.0/modules/rss091", ""),
    ("purl.org/net/rss1.1", ""),
    ("my.netscape.com/rdf/simple/0.9", ""),
    ("channel.netscape.com/rdf/simple/0.9", ""),
    ("backend.userland.com/rss", ""),
    ("backend.userland.com/rss2", ""),
    ("blogs.law.harvard.edu/tech/rss", ""),
    ("cyber.law.harvard.edu/rss", ""),
    ("purl.org/dc/elements/1.1", "dc"),
    ("purl.org/dc/elements/1.0", "dc"),
    ("purl.org/dc/terms", "dcterms"),
    ("purl.org/rss/1.0/modules/content", "content"),
    ("purl.org/rss/1.0/modules/syndication", "sy"),
    ("purl.org/rss/1.0/modules/slash", "slash"),
    ("www.w3.org/1999/02/22-rdf-syntax-ns", "rdf"),
    ("search.yahoo.com/mrss", "media"),
    ("www.itunes.com/dtds/podcast-1.0.dtd", "itunes"),
    ("www.w3.org/1999/xhtml", "xhtml"),
];

/// The prefix that stands for a namespace, if it is one that we know.
pub(super) fn prefix(namespace: &str) -> Option<&'static str> {
    let name = namespace.trim().to_ascii_lowercase();
    let name = name.strip_prefix("http://").or_else(|| name.strip_prefix("https://"))?;
    let name = name.trim_end_matches(['/', '#']);
    NAMESPACES.iter().find(|(known, _)| *known == name).map(|(_, prefix)| *prefix)
}

/// A name in lower case.
pub(super) fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// What an element tells of the entry, or of the feed, that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// `guid` and its like.
    Id,
    /// An address.
    Link,
    /// The title.
    Title,
    /// When it was published.
    Published,
    /// When it was last changed.
    Updated,
    /// When it was begun, which may be long before anybody could read it.
    Created,
    /// A summary.
    Summary,
    /// The whole text.
    Content,
    /// Who wrote it.
    Author,
    /// What it is about.
    Category,
    /// What it is about, with commas between.
    Keywords,
    /// The language of the feed.
    Language,
    /// How long a copy of the feed may be kept, in minutes.
    Ttl,
    /// In what period the feed is published, and how often in it (RSS 1.0 `mod_syndication`).
    Period,
    Frequency,
    /// An hour, or a day of the week, in which it is not to be fetched.
    SkipHour,
    SkipDay,
}

/// What an element means, and its rank among those that tell the same: the lowest one is believed.
/// None where it means nothing to us.
pub(super) fn part(prefix: &str, name: &str) -> Option<(Part, u8)> {
    Some(match (prefix, name) {
        ("", "guid" | "id") => (Part::Id, 0),
        ("dc", "identifier") => (Part::Id, 1),
        ("", "link") => (Part::Link, 0),
        ("", "title") => (Part::Title, 0),
        ("dc", "title") => (Part::Title, 1),
        ("media", "title") => (Part::Title, 2),
        ("itunes", "title") => (Part::Title, 3),
        ("", "pubdate" | "published" | "issued") => (Part::Published, 0),
        ("dcterms", "issued") => (Part::Published, 1),
        ("dc", "date") => (Part::Published, 2),
        ("", "date") => (Part::Published, 3),
        ("" | "dcterms", "created") => (Part::Created, 0),
        ("", "updated" | "modified" | "lastbuilddate") | ("dcterms", "modified") => {
            (Part::Updated, 0)
        }
        ("", "description") => (Part::Summary, 0),
        ("", "summary") => (Part::Summary, 1),
        ("", "abstract") => (Part::Summary, 2),
        ("dc", "description") => (Part::Summary, 3),
        ("itunes", "summary") => (Part::Summary, 4),
        ("media", "description") => (Part::Summary, 5),
        ("content", "encoded") => (Part::Content, 0),
        ("", "content") => (Part::Content, 1),
        ("xhtml" | "", "body") => (Part::Content, 2),
        ("", "fullitem") => (Part::Content, 3),
        ("" | "dc" | "itunes", "author") | ("dc", "creator") => (Part::Author, 0),
        ("" | "itunes", "category") | ("dc", "subject") | ("slash", "section") => {
            (Part::Category, 0)
        }
        ("itunes" | "media", "keywords") => (Part::Keywords, 0),
        ("" | "dc", "language") => (Part::Language, 0),
        ("", "ttl") => (Part::Ttl, 0),
        ("", "hour") => (Part::SkipHour, 0),
        ("", "day") => (Part::SkipDay, 0),
        ("sy", "updateperiod") => (Part::Period, 0),
        ("sy", "updatefrequency") => (Part::Frequency, 0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_known_in_every_spelling() {
        for (namespace, expected) in [
            ("http://www.w3.org/2005/Atom", Some("")),
            ("https://www.w3.org/2005/Atom/", Some("")),
            ("http://purl.org/atom/ns#", Some("")),
            ("http://purl.org/dc/elements/1.1/", Some("dc")),
            (" http://search.yahoo.com/mrss ", Some("media")),
            ("http://www.itunes.com/DTDs/PodCast-1.0.dtd", Some("itunes")),
            ("urn:somebody", None),
            ("http://example.org/", None),
            ("", None),
        ] {
            assert_eq!(prefix(namespace), expected, "{namespace}");
        }
    }
}
