//! The `Link` field of an answer (RFC 8288).

use url::Url;

use super::Links;

/// The links of ours in the values of `Link` fields; relative addresses start from `base`. What is
/// broken ends the value that it stands in.
pub fn links<'a>(values: impl IntoIterator<Item = &'a str>, base: &Url) -> Links {
    let mut links = Links::default();
    for mut rest in values {
        while let Some((address, parameters, more)) = one(rest) {
            let target = base.join(address.trim()).map(String::from).unwrap_or_default();
            if let Some(rel) = relation(&parameters) {
                links.add(rel, &target);
            }
            rest = more;
        }
    }
    links
}

/// The relation, where the link leads from this answer and from nothing else: the first `rel`
/// counts (§3.3), and `anchor` names another thing that it leads from (§3.2).
fn relation(parameters: &[Parameter]) -> Option<&str> {
    let value = |name: &str| parameters.iter().find(|(key, _)| key == name);
    let (_, rel) = value("rel").filter(|_| value("anchor").is_none())?;
    Some(rel)
}

/// A parameter of a link: its name in lower case, and its value.
type Parameter = (String, String);

/// The first link of a list: its address, its parameters, and what follows.
fn one(text: &str) -> Option<(&str, Vec<Parameter>, &str)> {
    let text = text.trim_start_matches([',', ' ', '\t']).strip_prefix('<')?;
    let (address, mut rest) = text.split_once('>')?;
    let mut parameters = Vec::new();
    loop {
        rest = rest.trim_start();
        let Some(parameter) = rest.strip_prefix(';') else { break };
        let end = parameter.find(['=', ';', ',']).unwrap_or(parameter.len());
        let name = parameter[..end].trim().to_ascii_lowercase();
        rest = &parameter[end..];
        let value = match rest.strip_prefix('=') {
            Some(value) => {
                let (value, more) = word(value.trim_start());
                rest = more;
                value
            }
            None => String::new(),
        };
        parameters.push((name, value));
    }
    Some((address, parameters, rest))
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

    fn read(values: &[&str]) -> (Option<String>, Option<String>) {
        let base = Url::parse("https://a.example/blog/feed").unwrap();
        let links = links(values.iter().copied(), &base);
        (links.hub, links.topic)
    }

    #[test]
    fn links_are_read_in_all_their_forms() {
        let (hub, topic) = ("https://hub.example/", "https://a.example/feed");
        for (values, expected) in [
            (
                &["<https://hub.example/>; rel=\"hub\", <https://a.example/feed>; rel=\"self\""][..],
                (Some(hub), Some(topic)),
            ),
            (
                &[
                    "<https://hub.example/>;rel=hub",
                    "</feed>;title=\"a, \\\"b\\\"; c\" ; REL = Self",
                ],
                (Some(hub), Some(topic)),
            ),
            (&["<https://hub.example/>; rel=\"preload hub\""], (Some(hub), None)),
            (&["</s>; rel=style, ,<../feed>; crossorigin; rel=self"], (None, Some(topic))),
            (&["<https://hub.example/>; rel=next; rel=hub"], (None, None)),
            (&["<https://hub.example/>; rel=hub; anchor=\"/other\""], (None, None)),
            (&["<mailto:a@example.org>; rel=hub"], (None, None)),
            (&["https://hub.example/; rel=hub"], (None, None)),
            (&["<https://hub.example/>; rel=\"hub"], (Some(hub), None)),
            (&["<https://hub.example/"], (None, None)),
            (&[""], (None, None)),
        ] {
            let expected = (expected.0.map(str::to_owned), expected.1.map(str::to_owned));
            assert_eq!(read(values), expected, "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_too_broken_to_be_read(value in "[<>;,=\"\\\\ a-zé]{0,40}") {
            read(&[&value]);
        }
    }
}
