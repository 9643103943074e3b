//! Terms of a text in Chinese, English, or both at once.
//!
//! Compatibility forms, case and width are folded, traditional characters simplified. A text falls into [`Unit`]s: words in letters,
//! stemmed unless they carry a digit or a sign, and Chinese characters. Terms are made of units: a
//! word is one; a name with its number is one more (`GPT-4o`, `Llama 4`), beside its parts. Chinese
//! has no blanks; its characters are taken in pairs, which ranks as well as words from a dictionary
//! here, needs none, and knows tomorrow's names too (`docs/decisions/0003-segmentation.md`). A number is
//! one word, whether or not commas part its thousands.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use super::dictionary::simplified;

/// English words that say nothing of a text's subject, sorted.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "an", "and", "are", "as", "at", "be", "but", "by", "can", "com",
    "for", "from", "has", "have", "how", "in", "into", "is", "it", "its", "may", "more", "new",
    "not", "of", "on", "or", "says", "that", "the", "their", "this", "to", "was", "we", "what",
    "when", "who", "why", "will", "with", "www", "you", "your",
];

/// Pairs that stand in any Chinese text, sorted.
const STOP_PAIRS: &[&str] = &[
    "一个", "一场", "一种", "不仅", "不是", "为了", "了一", "什么", "他们", "以及", "但是", "其中",
    "可以", "因此", "如何", "它们", "对于", "就是", "已经", "成为", "我们", "是一", "更多", "正在",
    "没有", "由于", "的一", "而且", "这一", "这个", "这种", "进行", "通过", "那个",
];

/// How often each term stands in a text.
pub type Terms = HashMap<String, f64>;

/// The terms of `text`, each with `weight` for every time it stands there.
pub fn terms(text: &str, weight: f64) -> Terms {
    let mut terms = Terms::new();
    each_term(text, |term| *terms.entry(term).or_default() += weight);
    terms
}

/// An indivisible piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A word or number that blanks set apart, folded and stemmed.
    Word(String),
    /// A Chinese character.
    Han(char),
    /// A mark that no name goes across; blanks and hyphens are none.
    Gap,
}

/// A text in one form: compatibility forms, case and width folded, traditional characters simplified.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).map(simplified).collect()
}

/// The units of `text`, in order.
pub fn units(text: &str) -> Vec<Unit> {
    let folded = fold(&with_clauses(text));
    let mut units = Vec::new();
    let mut rest = folded.as_str();
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        if is_han(first) {
            units.push(Unit::Han(first));
        } else if let Some(letters) = initials(rest) {
            length = 2 * letters.len();
            units.push(Unit::Word(letters));
        } else if is_word(first) {
            length = word_length(rest);
            units.push(Unit::Word(stem(&rest[..length])));
            length += possessive(&rest[length..]);
        } else if !matches!(first, ' ' | '-' | '_') && units.last() != Some(&Unit::Gap) {
            units.push(Unit::Gap);
        }
        rest = &rest[length..];
    }
    units
}

/// The text with its full-width commas as marks that do not fold into narrow ones: they part clauses,
/// with no blank behind them, and never thousands (`iPhone 16，256GB`).
fn with_clauses(text: &str) -> Cow<'_, str> {
    if text.contains('，') { text.replace('，', "、").into() } else { text.into() }
}

/// `u.s.` at the beginning of `text`, as `us`.
fn initials(text: &str) -> Option<String> {
    let pairs = text.as_bytes().chunks_exact(2);
    let letters: String = pairs
        .take_while(|pair| pair[0].is_ascii_lowercase() && pair[1] == b'.')
        .map(|pair| char::from(pair[0]))
        .collect();
    (letters.len() > 1).then_some(letters)
}

/// Bytes of the word at the beginning of `text`: `3.5` is one, and so are `c++` and `14,000`.
fn word_length(text: &str) -> usize {
    let mut before = ' ';
    let end = text.char_indices().find(|&(at, c)| {
        let point = c == '.'
            && before.is_ascii_digit()
            && text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        before = c;
        !(is_word(c) || c == '+' || point || parts_thousands(text, at))
    });
    end.map_or(text.len(), |(at, _)| at)
}

/// Whether the byte `at` is the comma between a digit and exactly three more, as in `14,000`.
pub(super) fn parts_thousands(text: &str, at: usize) -> bool {
    let (before, after) = text.as_bytes().split_at(at);
    let Some((b',', after)) = after.split_first() else { return false };
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit());
    before.last().is_some_and(u8::is_ascii_digit) && digits.take(4).count() == 3
}

/// Bytes of an English genitive at the beginning of `text`.
fn possessive(text: &str) -> usize {
    ["'s", "’s"]
        .into_iter()
        .find(|mark| text.strip_prefix(mark).is_some_and(|after| !after.starts_with(is_word)))
        .map_or(0, str::len)
}

/// Calls `take` with each term of `text`, in order.
pub fn each_term(text: &str, take: impl FnMut(String)) {
    each_term_of(&units(text), take);
}

/// Calls `take` with each term made of `units`, in order.
pub fn each_term_of(units: &[Unit], mut take: impl FnMut(String)) {
    for (at, unit) in units.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| &units[at]);
        match unit {
            Unit::Gap => {}
            Unit::Word(word) => {
                if let Some(Unit::Word(name)) = before
                    && word.starts_with(|c: char| c.is_ascii_digit())
                    && name.bytes().all(|byte| byte.is_ascii_alphabetic())
                    && !is_common(name)
                {
                    take(format!("{name}{word}"));
                }
                if !is_common(word) {
                    take(word.clone());
                }
            }
            Unit::Han(second) => match before {
                Some(Unit::Han(first)) => {
                    let pair = String::from_iter([*first, *second]);
                    if STOP_PAIRS.binary_search(&pair.as_str()).is_err() {
                        take(pair);
                    }
                }
                _ if matches!(units.get(at + 1), Some(Unit::Han(_))) => {}
                _ => take(second.to_string()),
            },
        }
    }
}

/// Whether a word says nothing of a text's subject. A lone letter does not; a lone digit may.
fn is_common(word: &str) -> bool {
    matches!(word.as_bytes(), [letter] if !letter.is_ascii_digit())
        || STOP_WORDS.binary_search(&word).is_ok()
}

/// Whether a text has anything in Chinese.
pub fn is_chinese(text: &str) -> bool {
    text.chars().any(is_han)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c)
}

/// How many stems a thread remembers: most words of any text are among the few thousand that come again
/// and again, and looking one up takes a tenth of the time of stemming it.
const REMEMBERED: usize = 20_000;

/// The stem of a word in letters; anything else as it is, but for the commas of a number, which some
/// houses write and others do not.
fn stem(word: &str) -> String {
    thread_local! {
        static STEMMER: Stemmer = Stemmer::create(Algorithm::English);
        static KNOWN: RefCell<HashMap<String, String>> = RefCell::default();
    }
    if !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return word.replace(',', "");
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(stem) = known.get(word) {
            return stem.clone();
        }
        let stem = STEMMER.with(|stemmer| stemmer.stem(word).into_owned());
        if known.len() == REMEMBERED {
            known.clear();
        }
        known.insert(word.to_owned(), stem.clone());
        stem
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        each_term(text, |term| terms.push(term));
        terms
    }

    #[test]
    fn texts_fall_into_terms() {
        for (text, expected) in [
            ("超智能", vec!["超智", "智能"]),
            ("Meta押注Scale AI", vec!["meta", "押注", "scale", "ai"]),
            ("ＧＰＴ－４ｏ", vec!["gpt", "gpt4o", "4o"]),
            ("o3-mini", vec!["o3", "mini"]),
            ("輝達發表新晶片", vec!["辉达", "达发", "发表", "表新", "新晶", "晶片"]),
            ("Llama 4", vec!["llama", "llama4", "4"]),
            ("Llama 3.1.", vec!["llama", "llama3.1", "3.1"]),
            ("models and modelling", vec!["model", "model"]),
            ("OpenAI's C++", vec!["openai", "c++"]),
            ("OpenAI’s 4 shops", vec!["openai", "openai4", "4", "shop"]),
            ("U.S. law, the A.I. Act", vec!["us", "law", "ai", "act"]),
            ("in 2025", vec!["2025"]),
            ("的", vec!["的"]),
            ("，。！", vec![]),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(list(text), expected, "{text}");
        }
    }

    #[test]
    fn a_number_is_one_word_with_and_without_commas() {
        for (text, expected) in [
            ("14,000 jobs", vec!["14000", "job"]),
            ("14000 jobs", vec!["14000", "job"]),
            ("裁员14,000人", vec!["裁员", "14000", "人"]),
            ("$1,234,567.89", vec!["1234567.89"]),
            ("over 14,000, and 300", vec!["over", "over14000", "14000", "300"]),
            ("1,2", vec!["1", "2"]),
            ("1,2345", vec!["1", "2345"]),
            ("1, 234", vec!["1", "234"]),
            ("a,000", vec!["000"]),
            ("GPT-4,o3", vec!["gpt", "gpt4", "4", "o3"]),
            ("GPT-4,100x", vec!["gpt", "gpt4100x", "4100x"]),
            ("iPhone 16，256GB", vec!["iphon", "iphon16", "16", "256gb"]),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(list(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_searched_is_sorted() {
        assert!(STOP_WORDS.is_sorted() && STOP_PAIRS.is_sorted());
    }

    proptest! {
        #[test]
        fn any_text_has_terms_without_blanks_or_capitals(text in any::<String>()) {
            for term in list(&text) {
                prop_assert!(!term.is_empty());
                prop_assert!(!term.contains(char::is_whitespace) && !term.contains('='), "{term:?}");
                prop_assert!(!term.bytes().any(|byte| byte.is_ascii_uppercase()), "{term:?}");
            }
        }
    }
}
