//! Chinese words and what they mean in English; traditional characters and their simplified form.
//!
//! Both come from CC-CEDICT (`dictionary/README.md` names its authors and licence) by
//! `dictionary/make.py`, and stand in the program itself. Where words begin at one place the longest
//! holds, which cuts a text into words well enough to look them up.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use super::text;

/// Word, tab, meanings with semicolons between; a word on each line.
const WORDS: &str = include_str!("dictionary/words.tsv");

/// A traditional character and the simplified one, a pair on each line; sorted.
const TRADITIONAL: &str = include_str!("dictionary/traditional.txt");

/// Characters of the longest and the shortest word.
const LONGEST: usize = 6;
const SHORTEST: usize = 2;

/// A Chinese word.
#[derive(Debug)]
pub struct Word {
    /// The word, in simplified characters.
    pub text: &'static str,
    /// What it means in English, semicolons between the meanings.
    pub meanings: &'static str,
    terms: OnceLock<Vec<String>>,
}

impl Word {
    /// The terms of its meanings.
    pub fn terms(&self) -> &[String] {
        self.terms.get_or_init(|| {
            let mut terms = Vec::new();
            text::each_term(self.meanings, |term| terms.push(term));
            terms.sort_unstable();
            terms.dedup();
            terms
        })
    }

    /// What each of its terms counts: a word of many meanings says less by each. The root, so that
    /// all of them together have the length of one term.
    pub fn share(&self) -> f64 {
        1.0 / (self.terms().len().max(1) as f64).sqrt()
    }
}

/// Calls `take` with each word in `text` (folded, in simplified characters), in order.
pub fn each_word(text: &str, mut take: impl FnMut(&'static Word)) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut step = first.len_utf8();
        if is_common_han(first)
            && let Some(word) = longest(rest)
        {
            step = word.text.len();
            take(word);
        }
        rest = &rest[step..];
    }
}

/// The longest word that `text` begins with.
fn longest(text: &str) -> Option<&'static Word> {
    static ALL: LazyLock<HashMap<&str, Word>> = LazyLock::new(|| {
        let lines = WORDS.lines().filter_map(|line| line.split_once('\t'));
        lines
            .map(|(text, meanings)| (text, Word { text, meanings, terms: OnceLock::new() }))
            .collect()
    });
    let mut ends = [0; LONGEST];
    let mut count = 0;
    for (at, c) in text.char_indices().take(LONGEST).take_while(|(_, c)| is_common_han(*c)) {
        ends[count] = at + c.len_utf8();
        count += 1;
    }
    ends[..count].iter().skip(SHORTEST - 1).rev().find_map(|&end| ALL.get(&text[..end]))
}

/// The simplified form of a character; itself where it has none.
pub fn simplified(c: char) -> char {
    static PAIRS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
        let pair = |line: &str| {
            let mut chars = line.chars();
            Some((chars.next()?, chars.next()?))
        };
        TRADITIONAL.lines().filter_map(pair).collect()
    });
    if !is_common_han(c) {
        return c;
    }
    PAIRS.binary_search_by_key(&c, |(traditional, _)| *traditional).map_or(c, |at| PAIRS[at].1)
}

/// What the dictionary has words of: the characters of the basic block and its first extension.
fn is_common_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_at_a_place_holds() {
        let mut words = Vec::new();
        each_word("美国监管机构起诉AI公司，人工智能停建", |word| words.push(word));
        let found: Vec<&str> = words.iter().map(|word| word.text).collect();
        assert_eq!(found, ["美国", "监管", "机构", "起诉", "公司", "人工智能"]);
        assert_eq!(words[5].meanings, "artificial intelligence");
    }

    #[test]
    fn every_line_is_found() {
        for line in WORDS.lines() {
            let (word, meanings) = line.split_once('\t').unwrap();
            let found = longest(word).unwrap();
            assert_eq!((found.text, found.meanings), (word, meanings));
        }
        for missing in ["", "一", "Z", "龘龘龘", "\u{3400}\u{3400}"] {
            assert!(longest(missing).is_none(), "{missing}");
        }
    }

    #[test]
    fn traditional_characters_become_simplified() {
        let fold = |text: &str| text.chars().map(simplified).collect::<String>();
        assert_eq!(fold("輝達發佈新一代晶片，OpenAI應對"), "辉达发布新一代晶片，OpenAI应对");
        assert_eq!(fold("皇后乾"), "皇后乾", "a character that is also a simplified one stays");
    }
}
