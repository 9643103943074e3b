//! Names that are listed as equal, found within longer names.
//!
//! Takes groups of equal names and the vocabulary; [`EqualNames::read`] gives a name as
//! [`Token`]s, in which every listed name is its group, so that `人工智能安全` and `AI Safety` read
//! alike. What a list made for searching puts in one group is not always one thing (a company and
//! its product, a verb and its noun); so of such a group all Chinese names count, but of the others
//! only the first, its initials and what it is the initials of. The vocabulary's groups count whole.

use std::collections::{HashMap, HashSet};

use super::form::{Piece, is_chinese, pieces};
use crate::catalog::vocabulary::{Kind, Vocabulary};

/// A part of a name: a listed name stands for its whole group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Token {
    /// As it is.
    Piece(Piece),
    /// Any name of this group.
    Group(usize),
}

/// A name as tokens, with the listed name behind each group.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// The tokens: names that read alike have the same.
    pub(super) tokens: Vec<Token>,
    /// For each group among the tokens, in order, the name that stood there, as it is listed.
    pub(super) listed: Vec<String>,
}

impl Reading {
    /// The same tokens in an order of their own.
    pub(super) fn sorted(&self) -> Self {
        let mut listed = self.listed.iter();
        let with_names = self.tokens.iter().map(|token| {
            let name = matches!(token, Token::Group(_)).then(|| listed.next().cloned()).flatten();
            (token.clone(), name)
        });
        let mut pairs: Vec<(Token, Option<String>)> = with_names.collect();
        pairs.sort();
        let (tokens, names): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        Self { tokens, listed: names.into_iter().flatten().collect() }
    }
}

/// All listed names.
#[derive(Debug, Default)]
pub(super) struct EqualNames {
    /// By its first piece: the rest of each name, longest first, its group, and the name.
    names: HashMap<Piece, Vec<(Vec<Piece>, usize, String)>>,
    /// The names that the editors listed.
    editors: HashSet<String>,
}

impl EqualNames {
    /// Indexes the vocabulary's tags and entities, then `groups`. The first to list a name keeps it;
    /// a group that shares a name with an entry of the vocabulary adds to that entry.
    pub(super) fn new(groups: &[Vec<String>], vocabulary: &Vocabulary) -> Self {
        let mut this = Self::default();
        let mut taken: HashMap<Vec<Piece>, usize> = HashMap::new();
        let own = vocabulary.entries().iter().filter(|entry| entry.kind != Kind::Topic);
        for (group, entry) in own.enumerate() {
            for name in std::iter::once(&entry.name).chain(&entry.aliases) {
                this.add(name, group, &mut taken);
                this.editors.insert(name.clone());
            }
        }
        let entries = vocabulary.entries().len();
        for (at, group) in groups.iter().enumerate() {
            let names = telling(group);
            let known = names.iter().filter_map(|name| taken.get(&pieces(name)).copied());
            let group = known.filter(|group| *group < entries).min().unwrap_or(entries + at);
            for name in names {
                this.add(name, group, &mut taken);
            }
        }
        for list in this.names.values_mut() {
            list.sort_by_key(|(rest, ..)| std::cmp::Reverse(rest.len()));
        }
        this
    }

    fn add(&mut self, name: &str, group: usize, taken: &mut HashMap<Vec<Piece>, usize>) {
        let pieces = pieces(name);
        if let Some((first, rest)) = pieces.split_first()
            && !taken.contains_key(&pieces)
        {
            let list = self.names.entry(first.clone()).or_default();
            list.push((rest.to_vec(), group, name.to_owned()));
            taken.insert(pieces, group);
        }
    }

    /// Reads a name. Where two listed names begin at one place, the longer one holds.
    pub(super) fn read(&self, name: &str) -> Reading {
        let pieces = pieces(name);
        let mut reading = Reading::default();
        let mut rest = pieces.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let mut known = self.names.get(first).into_iter().flatten();
            if let Some((name, group, listed)) = known.find(|(name, ..)| after.starts_with(name)) {
                reading.tokens.push(Token::Group(*group));
                reading.listed.push(listed.clone());
                rest = &after[name.len()..];
            } else {
                reading.tokens.push(Token::Piece(first.clone()));
                rest = after;
            }
        }
        reading
    }

    /// In which listed names two readings with the same tokens differ, and whether each of these
    /// pairs says one thing in two languages (or in an editor's own list).
    pub(super) fn difference(&self, a: &Reading, b: &Reading) -> (Vec<(String, String)>, bool) {
        let by_editor = |name: &str| self.editors.contains(name);
        let mut sure = true;
        let mut pairs = Vec::new();
        for (one, other) in a.listed.iter().zip(&b.listed).filter(|(one, other)| one != other) {
            sure &= is_chinese(one) != is_chinese(other) || by_editor(one) && by_editor(other);
            pairs.push((one.clone(), other.clone()));
        }
        (pairs, sure)
    }
}

/// The names of a group that name the same thing for certain.
fn telling(group: &[String]) -> Vec<&String> {
    let usual = group.iter().find(|name| !is_chinese(name));
    group
        .iter()
        .filter(|name| {
            is_chinese(name)
                || usual.is_some_and(|usual| {
                    *name == usual || are_initials(name, usual) || are_initials(usual, name)
                })
        })
        .collect()
}

/// Whether `short` is made of the first letters of the words of `long`: RAG, LLM.
pub(super) fn are_initials(short: &str, long: &str) -> bool {
    let words = long.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let initials: String = words.filter_map(|word| word.chars().next()).collect();
    initials.len() > 1 && initials.eq_ignore_ascii_case(short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::vocabulary::VocabularyEntry;

    fn names() -> EqualNames {
        let group = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let vocabulary = Vocabulary::new(vec![VocabularyEntry {
            name: "数据标注".into(),
            aliases: vec!["数据标记".into()],
            kind: Kind::Tag,
            hidden: false,
        }]);
        EqualNames::new(
            &[
                group(&["人工智能", "AI", "artificial intelligence"]),
                group(&["智能体", "AI代理", "agent", "agentic"]),
                group(&["安全", "security", "safety"]),
                group(&["亚马逊", "Amazon", "AWS"]),
            ],
            &vocabulary,
        )
    }

    #[test]
    fn names_that_say_the_same_read_alike() {
        let names = names();
        for (one, other, alike, sure) in [
            ("人工智能安全", "AI安全", true, true),
            ("AI Security", "人工智能安全", true, true),
            ("AI Agents", "AI智能体", true, true),
            ("Artificial Intelligence", "人工智能", true, true),
            ("AI代理", "智能体", true, false),
            ("数据标记", "数据标注", true, true),
            ("Agentic", "智能体", false, true),
            ("亚马逊", "AWS", false, true),
            ("AI Safety", "AI Security", false, true),
        ] {
            let (a, b) = (names.read(one), names.read(other));
            assert_eq!(a.tokens == b.tokens, alike, "{one}, {other}");
            if alike {
                assert_eq!(names.difference(&a, &b).1, sure, "{one}, {other}");
            }
        }
    }

    #[test]
    fn the_difference_is_told_in_listed_names() {
        let names = names();
        let (pairs, _) = names.difference(&names.read("AI Agents"), &names.read("人工智能智能体"));
        let pairs: Vec<_> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(pairs, [("AI", "人工智能"), ("agent", "智能体")]);
    }

    #[test]
    fn initials_are_those_of_all_words() {
        for (short, long, expected) in [
            ("RAG", "retrieval-augmented generation", true),
            ("rag", "Retrieval Augmented Generation", true),
            ("AWS", "Amazon", false),
            ("A", "Amazon", false),
        ] {
            assert_eq!(are_initials(short, long), expected, "{short}, {long}");
        }
    }
}
