//! Names that mean one thing: 英伟达 is NVIDIA, 奥特曼 is Altman.
//!
//! An article in Chinese and a report in English share hardly a word but names. A group of equal
//! names comes from the site's vocabulary or from the list that ships with the program; each group
//! is a term of its own, which a text has as soon as it has one name of the group. A name is found by
//! its units, so `self-driving` is found in "Self driving", and `meta` is not found in "metal". Where
//! two names begin at one place the longer one holds: 机器人出租车 is a robotaxi, not a robot.

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
                let units = text::units(name);
                if let Some((first, rest)) = units.split_first() {
                    let entry = this.names.entry(first.clone()).or_default();
                    entry.push((rest.to_vec(), this.groups.len()));
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

    /// The name of a group that stands in `text`.
    pub(super) fn name_in(&self, group: usize, text: &str) -> Option<&str> {
        let text = text.to_lowercase();
        let mut names = self.groups[group].iter();
        names.find(|name| text.contains(&name.to_lowercase())).map(String::as_str)
    }
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
