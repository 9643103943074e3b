//! When two things are one: cited and suggested, title and title, suggestion and suggestion.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::{Cited, Target};
use crate::address::canonical;

/// What is cited already, ready to be asked.
pub(super) struct Known {
    keys: HashSet<String>,
    titles: HashSet<String>,
    /// Titles of what is cited without an address.
    alone: Vec<String>,
}

impl Known {
    pub(super) fn of<'a>(cited: impl IntoIterator<Item = &'a Cited>) -> Self {
        let mut known = Self { keys: HashSet::new(), titles: HashSet::new(), alone: Vec::new() };
        for one in cited {
            let key = one.url.as_deref().and_then(canonical);
            let title = one.title.as_deref().map(title_key).filter(|title| !title.is_empty());
            if key.is_none() {
                known.alone.extend(title.clone());
            }
            known.keys.extend(key);
            known.titles.extend(title);
        }
        known
    }

    /// Whether an item of this canonical address and this title, as titles are compared, is cited.
    pub(super) fn has(&self, key: Option<&str>, title: &str) -> bool {
        key.is_some_and(|key| self.keys.contains(key))
            || self.titles.contains(title)
            || self.alone.iter().any(|known| is_one(known, title))
    }
}

/// Fewest letters and digits of a title that is looked for within another: a shorter one may well stand in
/// the title of something else.
const LONG: usize = 16;

/// Whether two titles, as they are compared, are one. A reference without an address may have its title and
/// its publication in one piece; where there is one, a longer title is another's: `GPT-4o mini` is not `GPT-4`.
pub(super) fn is_one(known: &str, title: &str) -> bool {
    !title.is_empty() && known == title
        || title.chars().nth(LONG - 1).is_some() && known.contains(title)
}

/// A title as it is compared: letters and digits only, folded.
pub(super) fn title_key(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The identifier of a suggestion: the same for the same pair, short enough to be typed.
pub(super) fn suggestion_id(target: &Target, item: &str) -> String {
    let target = match target {
        Target::Article(path) => format!("article\n{path}"),
        Target::Topic(name) => format!("topic\n{name}"),
        Target::Everything => "everything\n".to_owned(),
    };
    let digest = Sha256::digest(format!("{target}\n{item}"));
    let head = digest[..5].iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    format!("{head:010x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cited_is_known_by_its_address_or_its_title() {
        let cite = |title: &str, url: Option<&str>| Cited {
            title: Some(title.to_owned()),
            url: url.map(str::to_owned),
            publication: None,
        };
        let known = Known::of(&[
            cite("OpenAI launches GPT-4o mini", Some("https://a.example/mini?utm_source=x")),
            cite("某记者 Meta invests billions in Scale AI 某报", None),
            cite("", None),
        ]);
        for (title, url, expected) in [
            ("Anything", Some("https://a.example/mini"), true),
            ("OpenAI Launches GPT-4o Mini", None, true),
            ("OpenAI launches GPT-4", Some("https://b.example/4"), false),
            ("Meta invests billions in Scale AI", Some("https://b.example/5"), true),
            ("", None, false),
        ] {
            let key = url.and_then(canonical);
            assert_eq!(known.has(key.as_deref(), &title_key(title)), expected, "{title}");
        }
    }

    #[test]
    fn a_long_title_is_found_within_another_and_a_short_one_is_not() {
        for (known, title, expected) in [
            ("英伟达发布 Rubin 新一代 GPU 。某报", "英伟达发布 Rubin 新一代 GPU", true),
            (
                "Reuters. Meta invests billions in Scale AI",
                "Meta invests billions in Scale AI",
                true,
            ),
            ("Meta invests billions in Scale AI", "Meta invests", false),
            ("Grok", "Grok", true),
            ("Grok 4 is out", "Grok", false),
            ("Meta invests", "Meta invests billions in Scale AI", false),
            ("", "", false),
        ] {
            assert_eq!(is_one(&title_key(known), &title_key(title)), expected, "{known} {title}");
        }
    }
}
