//! When two things are one: cited and suggested, title and title, suggestion and suggestion.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::{Query, Target};
use crate::address::canonical;

/// What a query cites already.
pub(super) struct Cited {
    keys: HashSet<String>,
    titles: HashSet<String>,
}

impl Cited {
    pub(super) fn of(query: &Query) -> Self {
        let keys = query.cited.iter().filter_map(|cited| canonical(cited.url.as_deref()?));
        let titles = query.cited.iter().filter_map(|cited| cited.title.as_deref().map(title_key));
        Self { keys: keys.collect(), titles: titles.filter(|title| !title.is_empty()).collect() }
    }

    pub(super) fn has(&self, key: Option<&str>, title: &str) -> bool {
        key.is_some_and(|key| self.keys.contains(key)) || self.titles.contains(title)
    }

    /// The same, where a title may also be a part of one that is cited.
    pub(super) fn has_within(&self, key: Option<&str>, title: &str) -> bool {
        self.has(key, title) || self.titles.iter().any(|known| is_one(known, title))
    }
}

/// Fewest letters and digits of a title that is looked for within another: a shorter one may well stand in
/// the title of something else.
const LONG: usize = 16;

/// Whether two titles, as they are compared, are one. A reference without a link may have its title and its
/// publication in one piece.
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
