//! The vocabulary: one canonical name for each tag, topic and entity.
//!
//! Takes entries as the operator listed them; answers which canonical name a spelling stands for.
//! Spellings are compared after folding case, width, white space, hyphens and interpuncts, so that
//! an entry need not list what differs in nothing else. Entries of kind `topic` hold for the taxonomy of topics,
//! the others for every other taxonomy: twelve topics have hundreds of aliases that are good tags.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// What an entry of the vocabulary names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One of the site's few topics.
    Topic,
    /// A tag.
    Tag,
    /// A company, person, product or place, which is also a tag.
    Entity,
}

/// One canonical name with the spellings that stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VocabularyEntry {
    /// As people should read it.
    pub name: String,
    /// Other spellings, other languages, former names.
    pub aliases: Vec<String>,
    /// What it names.
    pub kind: Kind,
    /// Known, but without a feed.
    pub hidden: bool,
}

/// All entries, found by spelling.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    entries: Vec<VocabularyEntry>,
    topics: HashMap<String, usize>,
    others: HashMap<String, usize>,
}

impl Vocabulary {
    /// A vocabulary of `entries`. Where two claim one spelling, the first one keeps it.
    pub fn new(entries: Vec<VocabularyEntry>) -> Self {
        let mut this = Self { entries, ..Self::default() };
        // Names before aliases: an entry's own name is never another's alias.
        for (index, entry) in this.entries.iter().enumerate() {
            let map = if entry.kind == Kind::Topic { &mut this.topics } else { &mut this.others };
            map.entry(fold(&entry.name)).or_insert(index);
        }
        for (index, entry) in this.entries.iter().enumerate() {
            let map = if entry.kind == Kind::Topic { &mut this.topics } else { &mut this.others };
            for alias in &entry.aliases {
                map.entry(fold(alias)).or_insert(index);
            }
        }
        this
    }

    /// The entry that `spelling` stands for, among the topics or among the tags and entities.
    pub fn find(&self, spelling: &str, topic: bool) -> Option<&VocabularyEntry> {
        let map = if topic { &self.topics } else { &self.others };
        // Without entries there is nothing to fold for.
        (!map.is_empty()).then(|| map.get(&fold(spelling)))?.map(|&index| &self.entries[index])
    }

    /// All entries, as listed.
    pub fn entries(&self) -> &[VocabularyEntry] {
        &self.entries
    }
}

/// What two spellings of one name have in common: case and compatibility forms (width) folded; white
/// space, hyphens and interpuncts left out, but one kept between two digits, where it tells `3-5`
/// from `35`.
pub fn fold(spelling: &str) -> String {
    // Nearly every spelling is in its compatibility form already, and to see it is much quicker than
    // to bring it there.
    if is_nfkc_quick(spelling.chars()) == IsNormalized::Yes {
        fold_normal(spelling.chars(), spelling.len())
    } else {
        fold_normal(spelling.nfkc(), spelling.len())
    }
}

fn fold_normal(normal: impl Iterator<Item = char>, length: usize) -> String {
    let mut folded = String::with_capacity(length);
    let mut gap = false;
    for c in normal.flat_map(char::to_lowercase) {
        if is_gap(c) {
            gap = true;
            continue;
        }
        if gap && c.is_ascii_digit() && folded.ends_with(|last: char| last.is_ascii_digit()) {
            folded.push('-');
        }
        gap = false;
        folded.push(c);
    }
    folded
}

/// White space, the hyphens and dashes of Unicode, and the dots that stand between the parts of a
/// name.
fn is_gap(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '\u{ad}' | '\u{2010}'
                ..='\u{2015}' | '\u{2212}' | '·' | '•' | '‧' | '∙' | '⋅' | '・'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, aliases: &[&str], kind: Kind) -> VocabularyEntry {
        let aliases = aliases.iter().map(ToString::to_string).collect();
        VocabularyEntry { name: name.into(), aliases, kind, hidden: false }
    }

    #[test]
    fn spellings_find_their_entry() {
        let vocabulary = Vocabulary::new(vec![
            entry("智能体", &["AI Agent", "AI智能体"], Kind::Tag),
            entry("智能体与应用", &["AI智能体"], Kind::Topic),
            entry("英伟达", &["NVIDIA"], Kind::Entity),
        ]);
        for (spelling, topic, expected) in [
            ("智能体", false, Some("智能体")),
            ("ai  agent", false, Some("智能体")),
            ("ＡＩ智能体", false, Some("智能体")),
            ("AI-Agent", false, Some("智能体")),
            ("aiagent", false, Some("智能体")),
            ("AI・Agent", false, Some("智能体")),
            ("AI智能体", true, Some("智能体与应用")),
            ("Nvidia", false, Some("英伟达")),
            ("NVIDIA", true, None),
            ("机器人", false, None),
        ] {
            let found = vocabulary.find(spelling, topic).map(|entry| entry.name.as_str());
            assert_eq!(found, expected, "{spelling}");
        }
    }

    #[test]
    fn a_name_is_never_anothers_alias() {
        let vocabulary =
            Vocabulary::new(vec![entry("甲", &["乙"], Kind::Tag), entry("乙", &[], Kind::Tag)]);
        assert_eq!(vocabulary.find("乙", false).map(|entry| entry.name.as_str()), Some("乙"));
    }

    #[test]
    fn only_what_is_no_difference_is_folded() {
        for (one, other, same) in [
            ("Scale AI", "scale-ai", true),
            ("Scale AI", "ScaleAI", true),
            ("ＧＰＴ－４", "GPT-4", true),
            ("GPT 4", "GPT4", true),
            ("萨姆·奥特曼", "萨姆奥特曼", true),
            ("萨姆・奥特曼", "萨姆•奥特曼", true),
            ("AI 智能体", "AI智能体", true),
            ("e\u{301}", "é", true),
            ("Web 3.0", "Web 30", false),
            ("3-5", "35", false),
            ("3-5", "3 5", true),
            ("C++", "C", false),
            ("C#", "C", false),
            (".NET", "NET", false),
            ("GPT-4", "GPT-4o", false),
            ("snake_case", "snakecase", false),
        ] {
            assert_eq!(fold(one) == fold(other), same, "{one} {other}");
        }
    }
}
