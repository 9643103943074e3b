//! Names that mean one thing: 英伟达 is NVIDIA, 奥特曼 is Altman.
//!
//! An article in Chinese and a report in English share hardly a word but names. A group of equal
//! names comes from the site's vocabulary or from the list that ships with the program; a text that
//! has one name of a group is taken to have the others too.

use super::text::{Terms, add_saturated};

/// Names of companies, people, products and ideas of this field, one group a line.
const SHIPPED: &str = include_str!("entities.tsv");

/// Groups of equal names.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    groups: Vec<Vec<String>>,
}

impl Lexicon {
    /// The shipped names and the site's own.
    pub fn new(own: &[Vec<String>]) -> Self {
        let shipped = SHIPPED
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split('\t').map(str::to_owned).collect());
        let lower = |group: Vec<String>| {
            let names = group.iter().map(|name| name.trim().to_lowercase());
            names.filter(|name| name.chars().count() > 1).collect::<Vec<_>>()
        };
        let groups = shipped.chain(own.iter().cloned()).map(lower);
        Self { groups: groups.filter(|group| group.len() > 1).collect() }
    }

    /// Adds the other names of everything that `text` names.
    pub fn expand(&self, text: &str, into: &mut Terms, weight: f64) {
        let text = text.to_lowercase();
        for group in &self.groups {
            if !group.iter().any(|name| contains(&text, name)) {
                continue;
            }
            for name in group.iter().filter(|name| !contains(&text, name)) {
                add_saturated(into, name, weight);
            }
        }
    }
}

/// Whether `text` has `name`, as a whole word where it is in Latin letters.
fn contains(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let edge = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_alphanumeric());
        !name.is_ascii()
            || edge(text[..at].chars().next_back()) && edge(text[at + name.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_brings_its_others() {
        let lexicon = Lexicon::new(&[vec!["源头".into(), "Headwater".into()]]);
        for (text, term) in
            [("英伟达的芯片", "nvidia"), ("源头发布", "headwat"), ("NVIDIA ships", "英伟")]
        {
            let mut terms = Terms::new();
            lexicon.expand(text, &mut terms, 1.0);
            assert!(terms.contains_key(term), "{text}: {terms:?}");
        }
        let mut terms = Terms::new();
        lexicon.expand("metal works", &mut terms, 1.0);
        assert!(terms.is_empty(), "`meta` is no part of `metal`: {terms:?}");
    }
}
