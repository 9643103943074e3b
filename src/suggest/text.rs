//! Terms of a text in Chinese, English, or both at once.
//!
//! Compatibility forms, case and width are folded. Latin words are stemmed, unless they carry a
//! digit or a sign: `GPT-4o`, `o3` and `Llama 4` are names, and a name is kept whole beside its
//! parts. Chinese has no blanks; its characters are taken in pairs, which ranks as well as words
//! from a dictionary here, needs none, and knows tomorrow's names too
//! (`docs/decisions/0003-segmentation.md`).

use std::cell::OnceCell;
use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

/// English words that say nothing of a text's subject.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "an", "and", "are", "as", "at", "be", "but", "by", "can", "for",
    "from", "has", "have", "how", "in", "into", "is", "it", "its", "may", "more", "new", "not",
    "of", "on", "or", "says", "that", "the", "their", "this", "to", "was", "we", "what", "when",
    "who", "why", "will", "with", "you", "your", "com", "www",
];

/// Pairs that stand in any Chinese text.
const STOP_PAIRS: &[&str] = &[
    "一个", "这个", "那个", "我们", "他们", "它们", "可以", "不是", "就是", "以及", "如何", "什么",
    "没有", "通过", "进行", "对于", "由于", "因此", "但是", "不仅", "而且", "正在", "已经", "其中",
    "这种", "一种", "这一", "成为", "为了", "更多", "的一", "是一", "了一", "一场",
];

/// How often each term stands in a text.
pub type Terms = HashMap<String, f64>;

/// The terms of `text`, each with `weight` for every time it stands there.
pub fn terms(text: &str, weight: f64) -> Terms {
    let mut terms = Terms::new();
    each_term(text, |term| *terms.entry(term).or_default() += weight);
    terms
}

/// Adds the terms of `text`, saturated: the tenth mention says little that the third did not.
pub fn add_saturated(into: &mut Terms, text: &str, weight: f64) {
    for (term, count) in terms(text, 1.0) {
        *into.entry(term).or_default() += weight * count.ln_1p();
    }
}

/// Calls `take` with each term of `text`, in order.
pub fn each_term(text: &str, mut take: impl FnMut(String)) {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let mut rest = folded.as_str();
    while let Some(first) = rest.chars().next() {
        let length = if is_han(first) {
            let run = run_length(rest, is_han);
            pairs(&rest[..run], &mut take);
            run
        } else if is_word(first) {
            let run =
                run_length(rest, |c| is_word(c) || matches!(c, '-' | '.' | '+' | '_' | '\'' | '’'));
            words(rest[..run].trim_end_matches(['-', '.', '_', '\'', '’']), &mut take);
            run
        } else {
            first.len_utf8()
        };
        rest = &rest[length..];
    }
}

/// Whether a text is Chinese enough that an English reader could not read it.
pub fn is_chinese(text: &str) -> bool {
    text.chars().any(is_han)
}

fn run_length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c)
}

fn pairs(run: &str, take: &mut impl FnMut(String)) {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    if let [start, end] = starts[..] {
        return take(run[start..end].to_owned());
    }
    for pair in starts.windows(3) {
        let pair = &run[pair[0]..pair[2]];
        if !STOP_PAIRS.contains(&pair) {
            take(pair.to_owned());
        }
    }
}

fn words(compound: &str, take: &mut impl FnMut(String)) {
    let parts: Vec<&str> = compound
        .split(['-', '.', '_', '\'', '’'])
        .filter(|part| !part.is_empty() && *part != "s")
        .collect();
    let has_digit = compound.bytes().any(|byte| byte.is_ascii_digit());
    if parts.len() > 1 && has_digit {
        // `gpt-4o` is a name; so is `gpt4o`.
        take(parts.concat());
    }
    for part in parts {
        if STOP_WORDS.contains(&part) || (part.len() == 1 && !has_digit) {
            continue;
        }
        take(stem(part));
    }
}

fn stem(word: &str) -> String {
    thread_local! {
        static STEMMER: OnceCell<Stemmer> = const { OnceCell::new() };
    }
    if word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        STEMMER.with(|stemmer| {
            stemmer.get_or_init(|| Stemmer::create(Algorithm::English)).stem(word).into_owned()
        })
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
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
            ("ＧＰＴ－４ｏ", vec!["gpt4o", "gpt", "4o"]),
            ("Llama 3.1", vec!["llama", "31", "3", "1"]),
            ("models and modelling", vec!["model", "model"]),
            ("OpenAI's C++", vec!["openai", "c++"]),
            ("的", vec!["的"]),
            ("，。！", vec![]),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(list(text), expected, "{text}");
        }
    }
}
