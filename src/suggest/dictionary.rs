//! Chinese words and what they mean in English; traditional characters and their simplified form.
//!
//! Both come from CC-CEDICT (`dictionary/README.md` names its authors and licence) by
//! `dictionary/make.py`. The words stand sorted in the program itself and are searched where they
//! stand: nothing is loaded, nothing is built. Where words begin at one place the longest holds.

use std::sync::LazyLock;

/// Word, tab, meanings with semicolons between; sorted by word.
const WORDS: &str = include_str!("dictionary/words.tsv");

/// A traditional character and the simplified one, a pair on each line; sorted.
const TRADITIONAL: &str = include_str!("dictionary/traditional.txt");

/// Characters of the longest and the shortest word.
const LONGEST: usize = 6;
const SHORTEST: usize = 2;

/// Calls `take` with each word in `text` (in simplified characters) and its meanings, in order.
pub fn each_word(text: &str, mut take: impl FnMut(&'static str, &'static str)) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut step = first.len_utf8();
        if is_common_han(first) {
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
            let ends: Vec<usize> = ends.take(LONGEST).skip(SHORTEST - 1).collect();
            let longest = ends.into_iter().rev().find_map(|end| entry(&rest[..end]));
            if let Some((word, meanings)) = longest {
                step = word.len();
                take(word, meanings);
            }
        }
        rest = &rest[step..];
    }
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

/// The line of `word`, found by halving the text at the ends of lines.
fn entry(word: &str) -> Option<(&'static str, &'static str)> {
    let (mut low, mut high) = (0, WORDS.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let bytes = WORDS.as_bytes();
        let start = memchr::memrchr(b'\n', &bytes[low..middle]).map_or(low, |at| low + at + 1);
        let end = memchr::memchr(b'\n', &bytes[start..high]).map_or(high, |at| start + at);
        let (found, meanings) = WORDS[start..end].split_once('\t')?;
        match found.cmp(word) {
            std::cmp::Ordering::Equal => return Some((found, meanings)),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_at_a_place_holds() {
        let mut words = Vec::new();
        each_word("美国监管机构起诉AI公司，数据中心停建", |word, meanings| {
            words.push((word, meanings.split(';').next().unwrap()));
        });
        let found: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        assert_eq!(found, ["美国", "监管", "机构", "起诉", "公司", "数据中心"]);
        assert_eq!(words[5].1, "data center");
    }

    #[test]
    fn every_line_is_found() {
        for line in WORDS.lines() {
            let (word, meanings) = line.split_once('\t').unwrap();
            assert_eq!(entry(word), Some((word, meanings)));
        }
        for missing in ["", "一", "Z", "龘龘龘", "\u{3400}\u{3400}"] {
            assert_eq!(entry(missing), None, "{missing}");
        }
    }

    #[test]
    fn traditional_characters_become_simplified() {
        let fold = |text: &str| text.chars().map(simplified).collect::<String>();
        assert_eq!(fold("輝達發佈新一代晶片，OpenAI應對"), "辉达发布新一代晶片，OpenAI应对");
        assert_eq!(fold("皇后乾"), "皇后乾", "a character that is also a simplified one stays");
    }
}
