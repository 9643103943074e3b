//! What happens in a headline: a launch, a purchase, a lawsuit.
//!
//! Takes a folded headline and its units; gives the kinds of event that its words name, out of a
//! small table in both languages (`actions.tsv`). Two reports of one event may use other words for it
//! (`unveils`, `发布`); two events of one company on one day are mostly of different kinds.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::suggest::text::{self, Unit};

const TABLE: &str = include_str!("actions.tsv");

/// The kinds of event that a headline names, one bit for each line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Actions(u64);

impl Actions {
    /// Whether both name one kind at least.
    pub(super) fn share(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether each names some, and none of the other's.
    pub(super) fn differ(self, other: Self) -> bool {
        self.0 != 0 && other.0 != 0 && !self.share(other)
    }
}

/// The table, ready to be searched.
struct Words {
    /// By their first word: the rest of each phrase, and its kind.
    phrases: HashMap<Unit, Vec<(Vec<Unit>, u64)>>,
    chinese: Vec<(&'static str, u64)>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words { phrases: HashMap::new(), chinese: Vec::new() };
    for (number, line) in TABLE.lines().filter(|line| !line.starts_with('#')).enumerate() {
        let kind = 1 << number;
        for word in line.split('\t').skip(1) {
            if text::is_chinese(word) {
                words.chinese.push((word, kind));
            } else if let Some((first, rest)) = text::units(word).split_first() {
                words.phrases.entry(first.clone()).or_default().push((rest.to_vec(), kind));
            }
        }
    }
    words
});

/// The kinds of event in a headline.
pub(super) fn actions(headline: &str, units: &[Unit]) -> Actions {
    let mut found = 0;
    for (at, unit) in units.iter().enumerate() {
        let phrases = WORDS.phrases.get(unit).into_iter().flatten();
        let fitting = phrases.filter(|(rest, _)| units[at + 1..].starts_with(rest));
        found |= fitting.fold(0, |all, (_, kind)| all | kind);
    }
    if text::is_chinese(headline) {
        let fitting = WORDS.chinese.iter().filter(|(word, _)| headline.contains(word));
        found |= fitting.fold(0, |all, (_, kind)| all | kind);
    }
    Actions(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Actions {
        actions(text, &text::units(text))
    }

    #[test]
    fn one_kind_of_event_has_words_in_both_languages() {
        for (one, other) in [
            ("openai unveils a model", "openai发布新模型"),
            ("reddit sues anthropic", "reddit起诉anthropic"),
            ("microsoft lays off thousands", "微软裁员数千人"),
            ("meta poached three researchers", "meta挖走三名研究员"),
        ] {
            assert!(of(one).share(of(other)), "{one} {other}");
        }
        assert!(of("meta buys a start-up").differ(of("meta遭起诉")));
        assert!(!of("meta buys a start-up").differ(of("an afternoon at meta")));
    }

    #[test]
    fn the_table_has_a_bit_for_each_kind() {
        let kinds = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert!(kinds <= 64, "{kinds}");
    }
}
