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
