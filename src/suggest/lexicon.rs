//! Names that mean one thing: 英伟达 is NVIDIA, 奥特曼 is Altman.
//!
//! An article in Chinese and a report in English share hardly a word but names. A group of equal
//! names comes from the site's vocabulary or from the list that ships with the program; each group
//! is a term of its own, which a text has as soon as it has one name of the group. A name is found by
//! its units, so `self-driving` is found in "Self driving", and `meta` is not found in "metal"; `Yahoo!`
//! is found without its sign, as most write it. Where two names begin at one place the longer one
//! holds: 机器人出租车 is a robotaxi, not a robot.

use std::collections::HashMap;

use super::text::{self, Unit};

/// Names of companies, people, products, places and ideas, one group a line.
const SHIPPED: &str = include_str!("entities.tsv");

/// The groups of equal names that ship with the program, the usual name of each first.
pub fn shipped() -> impl Iterator<Item = Vec<String>> {
    let lines = SHIPPED.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(str::to_owned).collect())
}

/// Groups of equal names.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    groups: Vec<Vec<String>>,
    /// By its first unit: the rest of each name, longest first, and its group.
    names: HashMap<Unit, Vec<(Vec<Unit>, usize)>>,
}

impl Lexicon {
    /// The shipped names and the site's own.
    pub fn new(own: &[Vec<String>]) -> Self {
        Self::of(shipped().chain(own.iter().cloned()).filter(|group| group.len() > 1))
    }

    /// These groups of names and no others.
    pub(super) fn of(groups: impl IntoIterator<Item = Vec<String>>) -> Self {
        let mut this = Self::default();
        for group in groups {
            for name in &group {
                if let Some((first, rest)) = sought(name).split_first() {
                    let entry = this.names.entry(first.clone()).or_default();
                    let found = (rest.to_vec(), this.groups.len());
                    // `Yahoo` and `Yahoo!` are found by one another, and count once.
                    if !entry.contains(&found) {
                        entry.push(found);
                    }
                }
            }
            this.groups.push(group);
        }
        for list in this.names.values_mut() {
            list.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
        }
        this
    }

    /// Calls `take` with the group of each name in `units`, in order.
    pub fn each_group(&self, units: &[Unit], mut take: impl FnMut(usize)) {
        let mut rest = units;
        while let Some((first, after)) = rest.split_first() {
            let known = self.names.get(first).into_iter().flatten();
            let mut fitting = known.filter(|(name, _)| after.starts_with(name));
            let mut length = 0;
            if let Some((name, group)) = fitting.next() {
                length = name.len();
                take(*group);
                // A name may stand in several groups.
                fitting
                    .filter(|(name, _)| name.len() == length)
                    .for_each(|(_, group)| take(*group));
            }
            rest = &after[length..];
        }
    }

    /// The group of the longest name that `units` begin with, and how many units that is.
    pub(super) fn group_at_start(&self, units: &[Unit]) -> Option<(usize, usize)> {
        let (first, after) = units.split_first()?;
        let known = self.names.get(first)?;
        let (name, group) = known.iter().find(|(name, _)| after.starts_with(name))?;
        Some((*group, name.len() + 1))
    }

    /// The names of a group.
    pub(super) fn names(&self, group: usize) -> &[String] {
        &self.groups[group]
    }

    /// The name of a group that stands in `text`, with its signs where it stands there with them.
    pub(super) fn name_in(&self, group: usize, text: &str) -> Option<&str> {
        let text = text.to_lowercase();
        let stands = |name: &&str| text.contains(&name.to_lowercase());
        let names = || self.groups[group].iter().map(String::as_str);
        names().find(stands).or_else(|| names().filter_map(bare).find(stands))
    }
}

/// The units by which a name is found in texts; none where it is not looked for. Signs around it are
/// left out, since writers leave them out; but not the one that makes a share of a number (`over 40%`), nor
/// the one without which a name is a common word (`.NET`).
/// Where they leave a lone letter it would be found in any text: `C#` in "Plan C".
pub(super) fn sought(name: &str) -> Vec<Unit> {
    let mut units = text::units(name);
    let all = units.len();
    if !name.ends_with(['%', '％']) && units.last() == Some(&Unit::Gap) {
        units.pop();
    }
    if !name.starts_with('.') && units.first() == Some(&Unit::Gap) {
        units.remove(0);
    }
    let is_letter =
        |word: &str| matches!(word.as_bytes(), [letter] if letter.is_ascii_alphabetic());
    if units.len() < all && matches!(units.as_slice(), [Unit::Word(word)] if is_letter(word)) {
        units.clear();
    }
    units
}

/// A name without the signs around it, unless that leaves a lone letter.
fn bare(name: &str) -> Option<&str> {
    let bare = name.trim_matches(|c: char| !(c.is_alphanumeric() || c == '+'));
    (bare.len() > 1).then_some(bare)
}

/// The term that stands for a group. No word of a text looks like it.
pub(super) fn term(group: usize) -> String {
    format!("={group}")
}

/// Whether a term stands for a group of names.
pub(super) fn is_group(term: &str) -> bool {
    term.starts_with('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(lexicon: &Lexicon, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        lexicon.each_group(&text::units(text), |group| {
            found.extend(lexicon.groups[group].iter().find(|name| name.is_ascii()).cloned());
        });
        found
    }

    #[test]
    fn a_name_is_found_in_any_language_and_form() {
        let lexicon = Lexicon::new(&[vec!["源头".into(), "Headwater".into()]]);
        for (text, expected) in [
            ("英伟达的芯片", vec!["NVIDIA", "chip"]),
            ("Nvidia's chips", vec!["NVIDIA", "chip"]),
            ("ＮＶＩＤＩＡ", vec!["NVIDIA"]),
            ("源头", vec!["Headwater"]),
            ("Self driving and self-driving", vec!["autonomous driving", "autonomous driving"]),
            ("metal works", vec![]),
            ("Open. Source", vec![]),
        ] {
            assert_eq!(names(&lexicon, text), expected, "{text}");
        }
    }

    #[test]
    fn the_longer_name_holds() {
        let lexicon = Lexicon::new(&[]);
        for (text, expected) in
            [("机器人出租车", "robotaxi"), ("聊天机器人", "chatbot"), ("机器人", "robot")]
        {
            assert_eq!(names(&lexicon, text), [expected], "{text}");
        }
    }

    #[test]
    fn a_name_is_found_without_the_signs_around_it_unless_only_a_letter_is_left() {
        let groups = [
            ["CSharp语言", "C#"],
            ["雅虎", "Yahoo!"],
            ["三体", "《The Three-Body Problem》"],
            ["超四成", "over 40%"],
            ["X平台", "X"],
            ["美国", "U.S."],
            ["什么", "?!"],
        ];
        let own = groups.map(|names| names.map(str::to_owned).to_vec());
        let lexicon = Lexicon::of(own);
        for (text, expected) in [
            ("Plan C: how a bakery survived", None),
            ("CSharp语言的新版本", Some(0)),
            ("Yahoo buys", Some(1)),
            ("“Yahoo!” buys", Some(1)),
            ("The three body problem", Some(2)),
            ("Over 40% of projects", Some(3)),
            ("Over 40 projects", None),
            ("X sues", Some(4)),
            ("U.S. law", Some(5)),
            ("Really?! Yes!", None),
        ] {
            let mut found = Vec::new();
            lexicon.each_group(&text::units(text), |group| found.push(group));
            assert_eq!(found, Vec::from_iter(expected), "{text}");
        }
        assert_eq!(lexicon.names(0), ["CSharp语言", "C#"], "it stays a name of its group");
    }

    #[test]
    fn a_name_is_shown_as_the_text_has_it() {
        let group = ["C#", "CSharp", "Yahoo!", "雅虎"].map(str::to_owned).to_vec();
        let lexicon = Lexicon::of([group]);
        for (text, expected) in [
            ("Yahoo! sells", Some("Yahoo!")),
            ("yahoo sells", Some("Yahoo")),
            ("卖掉雅虎", Some("雅虎")),
            ("C# 14", Some("C#")),
            ("Plan C", None),
        ] {
            assert_eq!(lexicon.name_in(0, text), expected, "{text}");
        }
    }

    #[test]
    fn names_that_are_found_alike_count_once() {
        let group = ["Yahoo", "Yahoo!", "YAHOO", "雅虎"].map(str::to_owned).to_vec();
        let lexicon = Lexicon::of([group]);
        let mut count = 0;
        lexicon.each_group(&text::units("Yahoo buys"), |_| count += 1);
        assert_eq!(count, 1);
    }

    #[test]
    fn every_shipped_line_has_names_in_two_languages_and_none_begins_twice() {
        let mut heads = std::collections::HashSet::new();
        for line in SHIPPED.lines().filter(|line| !line.starts_with('#')) {
            let names: Vec<&str> = line.split('\t').collect();
            assert!(names.iter().any(|name| text::is_chinese(name)), "{line}");
            assert!(names.iter().any(|name| !text::is_chinese(name)), "{line}");
            assert!(names.iter().all(|name| *name == name.trim() && !name.is_empty()), "{line}");
            assert!(heads.insert(names[0]), "{} begins two lines", names[0]);
        }
    }
}
