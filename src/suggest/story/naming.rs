//! Who and what a headline names, and in which version.
//!
//! Takes a title with its units; gives its names in order, since the first one is mostly who acts, and
//! the versions of things (`grok`, `4`), since what is told of one version is no news of another.

use super::rarity::{is_common, is_known_name};
use crate::suggest::lexicon::{self, Lexicon};
use crate::suggest::term::{Term, number};
use crate::suggest::text::{self, Unit};

/// From this number on it is a year, and no version.
const FIRST_YEAR: f64 = 100.0;

/// The names in a title, in order. A name is one that the lexicon or everybody knows; beside these, in
/// Chinese any Latin word that is no common one, in English a word with a capital where most have none.
pub(super) fn names(title: &str, units: &[Unit], is_chinese: bool, lexicon: &Lexicon) -> Vec<Term> {
    let capitals = if is_chinese { Vec::new() } else { capitals(title) };
    let mut names = Vec::new();
    let mut at = 0;
    while at < units.len() {
        let mut step = 1;
        let mut name = None;
        if let Some((group, length)) = lexicon.group_at_start(&units[at..]) {
            step = length;
            let is_name = |name: &String| name.starts_with(|c: char| c.is_ascii_uppercase());
            if lexicon.names(group).iter().any(is_name) {
                name = Some(number(&lexicon::term(group)));
            }
        } else if let Unit::Word(word) = &units[at] {
            let known = number(word);
            let is_word = word.len() > 1 && word.starts_with(|c: char| c.is_alphabetic());
            let is_name = is_known_name(known)
                || is_word && !is_common(known) && (is_chinese || capitals.contains(word));
            name = is_name.then_some(known);
        }
        if let Some(name) = name.filter(|name| !names.contains(name)) {
            names.push(name);
        }
        at += step;
    }
    names
}

/// The words of an English title that have a capital, where most words have none; those with a capital
/// inside in any title. As they stand in its units.
fn capitals(title: &str) -> Vec<String> {
    let words: Vec<&str> = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 1 && word.starts_with(|c: char| c.is_ascii_alphabetic()))
        .collect();
    let begins = |word: &&&str| word.starts_with(|c: char| c.is_ascii_uppercase());
    let is_sentence = 2 * words.iter().filter(begins).count() <= words.len();
    let inside = |word: &&str| word[1..].bytes().any(|byte| byte.is_ascii_uppercase());
    let chosen = words
        .iter()
        .enumerate()
        .filter(|(place, word)| is_sentence && begins(word) && *place > 0 || inside(word));
    let mut found = Vec::new();
    chosen.for_each(|(_, word)| {
        found.extend(text::units(word).into_iter().filter_map(|unit| match unit {
            Unit::Word(word) => Some(word),
            _ => None,
        }));
    });
    found
}

/// Names with the number that follows them, or that they end with: `gpt 4o`, `o3`, `qwen3`.
pub(super) fn versions(units: &[Unit]) -> Vec<(Term, Term)> {
    let mut found = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let Unit::Word(word) = unit else { continue };
        let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (name, version) = word.split_at(letters);
        let name = match at.checked_sub(1).map(|before| &units[before]) {
            Some(Unit::Word(before)) if name.is_empty() => before.as_str(),
            _ => name,
        };
        if is_version(version)
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphabetic())
        {
            found.push((number(name), number(version)));
        }
    }
    found
}

/// Whether a word numbers a version: `4`, `4o`, `3.5`, but not `2025` nor `456b`.
fn is_version(word: &str) -> bool {
    let end = word.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(word.len());
    let (digits, rest) = word.split_at(end);
    digits.parse::<f64>().is_ok_and(|number| number < FIRST_YEAR)
        && rest.len() < 2
        && !matches!(rest, "b" | "m" | "k")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_order_and_in_both_languages() {
        let lexicon = Lexicon::new(&[]);
        let of = |title: &str| {
            let text = super::super::headline::headline(title);
            names(title, &text::units(&text), text::is_chinese(&text), &lexicon)
        };
        for (one, other) in [
            ("OpenAI敲定收购Windsurf", "OpenAI agrees to buy Windsurf, a start-up for coders"),
            ("英伟达投资软银", "Nvidia invests in SoftBank"),
            ("AI芯片", "A chip for AI"),
        ] {
            assert_eq!(of(one), of(other), "{one} {other}");
        }
        assert!(of("A Chip For Everybody And Nobody").is_empty());
    }
}
