//! Feeds that the `Link` field of an answer names (RFC 8288).

use url::Url;

use super::{FeedLink, MOST, Sign, add, is_feed, resolve};

/// The feeds in the values of `Link` fields; relative addresses start from `base`. What is broken
/// ends the value that it stands in.
pub fn feeds<'a>(values: impl IntoIterator<Item = &'a str>, base: &Url) -> Vec<FeedLink> {
    let mut found = Vec::new();
    for mut rest in values {
        while let Some((href, parameters, more)) = link(rest) {
            rest = more;
            let value = |name: &str| {
                let found = parameters.iter().find(|(key, _)| key == name);
                found.map(|(_, value)| value.clone())
            };
            let (rel, kind) = (value("rel").unwrap_or_default(), value("type").unwrap_or_default());
            // `anchor` says that the link leads from something else (§3.2).
            let is_feed = is_feed(&rel, &kind, href) && value("anchor").is_none();
            if let Some(url) = resolve(href.trim(), Some(base)).filter(|_| is_feed) {
                add(&mut found, url, value("title"), Sign::Header);
            }
        }
    }
    found.truncate(MOST);
    found
}

/// Name and value.
type Parameter = (String, String);

/// The first link of a list: its address, its parameters, and what follows.
fn link(text: &str) -> Option<(&str, Vec<Parameter>, &str)> {
    let text = text.trim_start_matches([',', ' ', '\t']).strip_prefix('<')?;
    let (address, mut rest) = text.split_once('>')?;
    let mut parameters = Vec::new();
    while let Some(parameter) = rest.trim_start().strip_prefix(';') {
        let end = parameter.find(['=', ';', ',']).unwrap_or(parameter.len());
        let name = parameter[..end].trim().to_ascii_lowercase();
        rest = &parameter[end..];
        let mut value = String::new();
        if let Some(given) = rest.strip_prefix('=') {
            (value, rest) = word(given.trim_start());
        }
        parameters.push((name, value));
    }
    Some((address, parameters, rest.trim_start()))
}

/// A token or a quoted string (RFC 9110 §5.6), and what follows.
fn word(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, next)| next)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(values: &[&str]) -> Vec<String> {
        let base = Url::parse("https://a.example/blog/").unwrap();
        feeds(values.iter().copied(), &base).into_iter().map(|link| link.url).collect()
    }

    #[test]
    fn an_answer_names_its_feeds_in_its_head() {
        let feed = "https://a.example/blog/feed";
        for (value, expected) in [
            ("<feed>; rel=\"alternate\"; type=\"application/rss+xml\"; title=\"a, b\"", Some(feed)),
            (
                "</style>; rel=style, </blog/feed>; REL=alternate; Type=application/atom+xml",
                Some(feed),
            ),
            ("<feed>; rel=\"feed\"", Some(feed)),
            ("</wp-json/>; rel=\"https://api.w.org/\"", None),
            ("<feed>; rel=alternate; type=application/rss+xml; anchor=\"/other\"", None),
            ("<mailto:a@example.org>; rel=feed", None),
            ("<feed", None),
        ] {
            assert_eq!(found(&[value]), Vec::from_iter(expected), "{value}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_too_broken_to_be_read(value in "[<>;,=\"\\\\ a-zé]{0,40}") {
            found(&[&value]);
        }
    }
}
