//! The extra headers of a source: what they say, or where that is kept.

use std::collections::BTreeMap;
use std::path::PathBuf;

use reqwest::header::{HeaderName, HeaderValue};

use super::read::{Entry, Keys};
use crate::source::{Place, Secret};

/// Header fields that Headwater sets itself: who wrote them here would break conditional requests,
/// decompression or the connection.
const OURS: &[&str] = &[
    "a-im",
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
    "referer",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// A header's value stands in the list, or `{env: NAME}` or `{file: PATH}` says where it stands.
pub(super) fn read(keys: &Keys<'_>) -> BTreeMap<String, Secret> {
    let mut headers = BTreeMap::new();
    for (name, value) in keys.all() {
        match HeaderName::try_from(&name) {
            Ok(known) if OURS.contains(&known.as_str()) => {
                keys.problem(&name, format!("{name} is set by Headwater itself; leave it out"));
                continue;
            }
            Ok(_) => {}
            Err(_) => {
                keys.problem(&name, format!("`{name}` is not the name of a header"));
                continue;
            }
        }
        let secret = match value {
            Entry::Text(text) if HeaderValue::try_from(&text).is_ok() => Some(Secret::Text(text)),
            Entry::Text(_) => {
                let message = "has characters that no header may have";
                keys.problem(&name, format!("the value of {name} {message}"));
                None
            }
            Entry::Keys(from) => {
                let secret = elsewhere(&from);
                if secret.is_none() {
                    let forms = "a value, {env: VARIABLE} or {file: PATH}";
                    keys.problem(&name, format!("the header {name} must be {forms}"));
                }
                secret
            }
        };
        headers.extend(secret.map(|secret| (name, secret)));
    }
    headers
}

/// A secret that stands under `key`, here or elsewhere; `name` is the whole name of the key.
pub(super) fn secret(keys: &Keys<'_>, key: &'static str, name: &str) -> Option<Secret> {
    match keys.entry(key)? {
        Entry::Text(text) => Some(Secret::Text(text)),
        Entry::Keys(from) => secret_elsewhere(keys, key, name, &from),
    }
}

/// A secret that stands elsewhere.
pub(super) fn secret_elsewhere(
    keys: &Keys<'_>,
    key: &str,
    name: &str,
    from: &Keys<'_>,
) -> Option<Secret> {
    let secret = elsewhere(from);
    if secret.is_none() {
        keys.problem(key, format!("{name} must be a value, {{env: VARIABLE}} or {{file: PATH}}"));
    }
    secret
}

/// Where a value stands that does not stand here; none where `from` names no place, or two.
pub(super) fn elsewhere(from: &Keys<'_>) -> Option<Secret> {
    let (env, file) = (from.text("env"), from.text("file"));
    from.finish();
    let (path, line, column) = from.place();
    let place = Place { path, line, column };
    match (env, file) {
        (Some(name), None) => Some(Secret::Env { name, place }),
        (None, Some(path)) => Some(Secret::File { path: PathBuf::from(path), place }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sources::parse;
    use super::*;

    #[test]
    fn a_value_stands_in_the_list_or_where_the_list_says() {
        let text = "- id: a\n  url: https://a.example/\n  headers:\n    X-Plain: 12\n    \
                    Authorization: {env: TOKEN}\n    X-Key:\n      file: /run/secrets/key\n";
        let source = parse("s.yaml", text).unwrap().remove(0);
        let place = |line| Place { path: "s.yaml".into(), line, column: 5 };
        assert_eq!(
            source.headers,
            BTreeMap::from([
                ("X-Plain".to_owned(), Secret::from("12")),
                ("Authorization".to_owned(), Secret::Env { name: "TOKEN".into(), place: place(5) }),
                (
                    "X-Key".to_owned(),
                    Secret::File { path: "/run/secrets/key".into(), place: place(6) }
                ),
            ])
        );
    }

    #[test]
    fn every_mistake_is_named_with_its_place_and_without_the_value() {
        let text = "- id: a\n  url: https://a.example/\n  headers:\n    \
                    If-None-Match: hush\n    \"X Y\": hush\n    X-A: {env: A, file: hush}\n    \
                    X-B: {enf: hush}\n    X-C: [hush]\n    X-D:\n    X-E: \"hush\\nhush\"\n";
        let problems = parse("s.yaml", text).unwrap_err();
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        for (index, begin) in [
            "s.yaml:4:5: If-None-Match is set by Headwater itself",
            "s.yaml:5:5: `X Y` is not the name of a header",
            "s.yaml:6:5: the header X-A must be a value, {env: VARIABLE} or {file: PATH}",
            "s.yaml:7:5: the header X-B must be",
            "s.yaml:7:11: unknown key 0.headers.X-B.enf (did you mean 0.headers.X-B.env?)",
            "s.yaml:8:5: 0.headers.X-C must be keys with values, found a list",
            "s.yaml:8:5: the header X-C must be",
            "s.yaml:9:5: the header X-D must be",
            "s.yaml:10:5: the value of X-E has characters that no header may have",
        ]
        .iter()
        .enumerate()
        {
            assert!(problems[index].starts_with(begin), "{index} {problems:#?}");
        }
        assert!(problems.iter().all(|problem| !problem.contains("hush")), "{problems:#?}");
    }
}
