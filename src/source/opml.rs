//! Source lists as OPML 2.0: folders are topics.

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;
use thiserror::Error;

use super::Source;

/// A feed of an OPML list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its address.
    pub url: String,
    /// What the list calls it.
    pub title: Option<String>,
    /// The folders that it lies in, outermost first.
    pub folders: Vec<String>,
}

/// The list cannot be read.
#[derive(Debug, Error)]
#[error("this is no OPML: {0}")]
pub struct OpmlError(String);

/// The feeds of a list.
///
/// # Errors
///
/// The text is no XML, or has no outline in it.
pub fn import(text: &str) -> Result<Vec<Outline>, OpmlError> {
    let mended = super::mend::mend(text);
    let mut reader = Reader::from_str(&mended);
    reader.config_mut().expand_empty_elements = true;
    let mut outlines = Vec::new();
    // The open outlines: the name of a folder, or none for a feed.
    let mut open: Vec<Option<String>> = Vec::new();
    let mut seen = false;
    loop {
        match reader.read_event().map_err(|error| OpmlError(error.to_string()))? {
            Event::Start(start) if start.name().as_ref().eq_ignore_ascii_case(b"outline") => {
                seen = true;
                let attribute = |name: &str| {
                    let found =
                        start.attributes().with_checks(false).flatten().find(|attribute| {
                            attribute.key.as_ref().eq_ignore_ascii_case(name.as_bytes())
                        })?;
                    let raw = String::from_utf8_lossy(&found.value).into_owned();
                    let value = quick_xml::escape::unescape(&raw)
                        .map_or(raw.clone(), std::borrow::Cow::into_owned);
                    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
                };
                let title = attribute("title").or_else(|| attribute("text"));
                match attribute("xmlUrl") {
                    Some(url) => {
                        let folders = open.iter().flatten().cloned().collect();
                        outlines.push(Outline { url, title, folders });
                        open.push(None);
                    }
                    None => open.push(title),
                }
            }
            Event::End(end) if end.name().as_ref().eq_ignore_ascii_case(b"outline") => {
                open.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if seen { Ok(outlines) } else { Err(OpmlError("it has no outline".to_owned())) }
}

/// A list of all sources that have an address of their own.
pub fn export(title: &str, sources: &[Source]) -> String {
    let outlines = sources
        .iter()
        .filter(|source| source.url.starts_with("http"))
        .fold(String::new(), |mut all, source| {
            let (name, url) = (escape(source.name.as_str()), escape(source.url.as_str()));
            let category = escape(source.topics.join(",")).into_owned();
            let category = if category.is_empty() { String::new() } else { format!(" category=\"{category}\"") };
            all.push_str(&format!("    <outline type=\"rss\" text=\"{name}\" title=\"{name}\" xmlUrl=\"{url}\"{category}/>\n"));
            all
        });
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>{}</title>\n  </head>\n  \
         <body>\n{outlines}  </body>\n</opml>",
        escape(title)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_become_topics_and_feeds_are_found() {
        let text = "<opml><body><outline text='AI'><outline text='甲 &amp; 乙' xmlUrl='https://a.example/?b=1&c=2'/>\
                    <outline text='Chips'><outline xmlUrl='https://b.example/'></outline></outline></outline>\
                    <outline text='丙' xmlUrl='https://c.example/'/></body></opml>";
        let outlines = import(text).unwrap();
        let seen: Vec<_> =
            outlines.iter().map(|one| (one.url.as_str(), one.folders.join("/"))).collect();
        assert_eq!(
            seen,
            [
                ("https://a.example/?b=1&c=2", "AI".to_owned()),
                ("https://b.example/", "AI/Chips".to_owned()),
                ("https://c.example/", String::new())
            ]
        );
        assert_eq!(outlines[0].title.as_deref(), Some("甲 & 乙"));
        assert!(import("hello").is_err());
    }
}
