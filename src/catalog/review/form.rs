//! The form of a name: its pieces, and how two names differ in their letters alone.
//!
//! Takes names as people wrote them; gives [`Piece`]s, in which English plurals are singular, and
//! answers to plain questions about one or two names. A piece with a digit is never changed and no
//! question here is answered with yes for names that differ in a number: GPT-4 is not GPT-5.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Shortest word, in letters, in which one wrong letter is more likely than another word: `Meta`
/// and `Beta`, `Stripe` and `Strive` are both names.
const LONG_WORD: usize = 7;

/// The same where the letter is not one that people often get wrong (a vowel, a doubled letter, `s`
/// for `z`): `Learning` and `Leaning`, `Framing` and `Farming` are both words.
const VERY_LONG_WORD: usize = 9;

/// Shortest singular that a plural is folded into. Below stand `iOS`, `AWS`, `GPS`.
const SHORTEST_SINGULAR: usize = 3;

/// Longest name in bytes whose letters are compared: what is longer is a sentence.
const LONGEST_NAME: usize = 120;

/// Characters that turn a Chinese name into another name: numbers, negations, one and many.
const TELLING: &str = "〇零一二三四五六七八九十百千万亿两双非不无反未单多前后新旧上下";

/// An indivisible part of a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Piece {
    /// A word or number that blanks and signs set apart, in lower case and in the singular.
    Word(String),
    /// A Chinese character.
    Han(char),
    /// A sign that tells names apart, such as the `+` of `C++`.
    Sign(char),
}

/// The pieces of a name. What only separates (space, hyphen, interpunct) is none.
pub(super) fn pieces(name: &str) -> Vec<Piece> {
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    let mut pieces = Vec::new();
    let mut rest = folded.as_str();
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        if is_han(first) {
            pieces.push(Piece::Han(first));
        } else if first.is_alphanumeric() {
            length = word_length(rest);
            pieces.push(Piece::Word(singular(&rest[..length])));
        } else if !separates(first) {
            pieces.push(Piece::Sign(first));
        }
        rest = &rest[length..];
    }
    pieces
}

/// Bytes of the word at the beginning of `text`; `3.5` is one.
fn word_length(text: &str) -> usize {
    let mut before = ' ';
    let end = text.char_indices().find(|&(at, c)| {
        let point = c == '.'
            && before.is_ascii_digit()
            && text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        before = c;
        !(c.is_alphanumeric() && !is_han(c) || point)
    });
    end.map_or(text.len(), |(at, _)| at)
}

/// The singular of an English word in lower case; any other word as it is.
fn singular(word: &str) -> String {
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase());
    let kept = ["ss", "us", "is", "ics", "news"].iter().any(|end| word.ends_with(end));
    let Some(stem) = word.strip_suffix('s').filter(|_| plain && !kept) else {
        return word.to_owned();
    };
    let stem = match stem.strip_suffix("ie") {
        Some(short) if short.len() >= SHORTEST_SINGULAR => format!("{short}y"),
        _ => match stem.strip_suffix('e') {
            Some(short) if ["ch", "sh", "ss", "x"].iter().any(|end| short.ends_with(end)) => {
                short.to_owned()
            }
            _ => stem.to_owned(),
        },
    };
    if stem.len() < SHORTEST_SINGULAR { word.to_owned() } else { stem }
}

/// Whether `c` is a Chinese character.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Whether a name has anything in Chinese.
pub(super) fn is_chinese(name: &str) -> bool {
    name.chars().any(is_han)
}

fn separates(c: char) -> bool {
    c.is_whitespace()
        || is_combining_mark(c)
        || is_interpunct(c)
        || matches!(c, '-' | '_' | '‐' | '–')
}

fn is_interpunct(c: char) -> bool {
    matches!(c, '·' | '•' | '・' | '‧' | '･')
}

/// A name without case, width and everything that only separates: the catalog folds names that
/// agree in this by itself.
pub(super) fn squeezed(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).filter(|c| !separates(*c)).collect()
}

/// The same without accents.
pub(super) fn unaccented(name: &str) -> String {
    name.nfkd().flat_map(char::to_lowercase).filter(|c| !separates(*c)).collect()
}

/// The name before the parentheses and the one in them: `智能体（Agent）`.
pub(super) fn parenthesised(name: &str) -> Option<(&str, &str)> {
    let name = name.trim();
    let inner = name.strip_suffix([')', '）'])?;
    let (outer, inner) = inner.split_once(['(', '（'])?;
    let whole = !outer.trim().is_empty()
        && !inner.trim().is_empty()
        && !inner.contains(['(', '（', ')', '）']);
    whole.then(|| (outer.trim(), inner.trim()))
}

/// The parts of a name that joins equals, `无代码/低代码` or `AI与数据`; empty for any other.
pub(super) fn joined(name: &str) -> Vec<String> {
    let name = name.replace(" and ", "/");
    let parts: Vec<String> = name
        .split(['/', '／', '&', '＆', '+', '＋', '、', '与', '和', '及'])
        .map(squeezed)
        .collect();
    if parts.len() > 1 && parts.iter().all(|part| !part.is_empty()) { parts } else { Vec::new() }
}

/// The last part of a foreigner's name in Chinese, `马斯克` of `埃隆·马斯克`.
pub(super) fn surname(name: &str) -> Option<&str> {
    let (first, last) = name.rsplit_once(is_interpunct)?;
    let written = |part: &str| {
        part.chars().filter(|c| !is_interpunct(*c)).all(is_han) && part.chars().count() > 1
    };
    (written(first) && written(last)).then_some(last)
}

/// Long words of a name with one letter left out, each with the rest of the name: names that are
/// one letter apart share one.
pub(super) fn with_a_letter_less(name: &str) -> Vec<String> {
    let folded = name.nfkc().flat_map(char::to_lowercase).collect::<String>();
    let mut found = Vec::new();
    if folded.len() > LONGEST_NAME {
        return found;
    }
    let long = |word: &str| word.len() + 1 >= LONG_WORD && is_plain(word);
    for (at, word) in words(&folded).filter(|(_, word)| long(word)) {
        let (before, after) = (&folded[..at], &folded[at + word.len()..]);
        found.push(folded.clone());
        found.extend(
            (1..word.len())
                .map(|cut| format!("{before}{}{}{after}", &word[..cut], &word[cut + 1..])),
        );
    }
    found
}

/// The words of a name, each with its place in bytes.
fn words(name: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends = |c: char| !c.is_alphanumeric() || is_han(c);
    let mut next = 0;
    name.split_inclusive(ends)
        .map(move |part| {
            let at = next;
            next += part.len();
            (at, part.trim_end_matches(ends))
        })
        .filter(|(_, word)| !word.is_empty())
}

fn is_plain(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The two words in which two names differ by one letter, where that is likely a slip: in a long
/// word, not at its first letter, not in its ending, and not among capitals (`OpenAI`, `OpenAL`).
pub(super) fn one_letter_apart<'a>(a: &'a str, b: &'a str) -> Option<(&'a str, &'a str)> {
    let list = |name: &'a str| words(name).map(|(_, word)| word).collect::<Vec<_>>();
    let (left, right) = (list(a), list(b));
    if left.len() != right.len() {
        return None;
    }
    let mut differing =
        left.into_iter().zip(right).filter(|(one, other)| !one.eq_ignore_ascii_case(other));
    let (one, other) = differing.next()?;
    (differing.next().is_none() && is_slip(one, other)).then_some((one, other))
}

fn is_slip(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if !is_plain(one) || !is_plain(other) || long.len() < LONG_WORD || long.len() > short.len() + 1
    {
        return false;
    }
    let (short, long) = (short.as_bytes(), long.as_bytes());
    let same = |(a, b): &(&u8, &u8)| a.eq_ignore_ascii_case(b);
    let begin = short.iter().zip(long).take_while(same).count();
    let left = short.len() - begin;
    let end = short.iter().rev().zip(long.iter().rev()).take(left).take_while(same).count();
    let (cut, grown) = (&short[begin..short.len() - end], &long[begin..long.len() - end]);
    let usual = |a: u8, b: u8| {
        let vowel = |c: u8| b"aeiouy".contains(&c);
        vowel(a) && vowel(b) || matches!((a, b), (b's', b'z') | (b'z', b's'))
    };
    let doubled = matches!((cut, grown), ([], [c]) if long[begin.saturating_sub(1)] == *c);
    let likely = match (cut, grown) {
        ([], [_]) => doubled || long.len() >= VERY_LONG_WORD,
        ([a], [b]) => usual(*a, *b),
        ([a, b], [c, d]) => a == d && b == c && long.len() >= VERY_LONG_WORD,
        _ => false,
    };
    let small = cut.iter().chain(grown).all(u8::is_ascii_lowercase);
    likely && small && begin > 0 && (end > 0 || doubled)
}

/// A Chinese name without each of its inner characters in turn, with that character. Characters
/// that make another name of it, such as numbers and negations, stay.
pub(super) fn without_a_character(name: &str) -> Vec<(String, char)> {
    let characters: Vec<char> = squeezed(name).chars().take(LONGEST_NAME).collect();
    if characters.len() < 5
        || characters.len() == LONGEST_NAME
        || !characters.iter().all(|c| is_han(*c))
    {
        return Vec::new();
    }
    (1..characters.len() - 1)
        .filter(|at| !TELLING.contains(characters[*at]))
        .map(|at| {
            let rest = characters[..at].iter().chain(&characters[at + 1..]).collect();
            (rest, characters[at])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn english_plurals_are_one_with_their_singular() {
        for (one, other, alike) in [
            ("AI Agents", "AI Agent", true),
            ("LLMs", "LLM", true),
            ("Companies", "company", true),
            ("Search Boxes", "search box", true),
            ("iOS", "io", false),
            ("AWS", "AW", false),
            ("News", "New", false),
            ("Physics", "Physic", false),
            ("Status", "Statu", false),
            ("GPT-4s", "GPT-4", false),
            ("C++", "C", false),
            ("Llama 3.1", "Llama 31", false),
        ] {
            assert_eq!(pieces(one) == pieces(other), alike, "{one}, {other}");
        }
    }

    #[test]
    fn a_slip_is_one_small_letter_within_a_long_word() {
        for (one, other, expected) in [
            ("Anthropic", "Antropic", true),
            ("Perplexity", "Preplexity AI", false),
            ("Perplexity AI", "Perlpexity AI", true),
            ("data labeling", "data labelling", true),
            ("Hoffman", "Hoffmann", true),
            ("DeepSeek", "Deepseak", true),
            ("OpenAI", "OpenAL", false),
            ("Meta", "Beta", false),
            ("GPT-4", "GPT-5", false),
            ("o1", "o3", false),
            ("Llama 3", "Llama 4", false),
            ("Anthropic 3", "Antropic 4", false),
            ("optimisation", "optimization", true),
            ("computing", "commuting", false),
            ("learning", "leaning", false),
            ("framing", "farming", false),
            ("protection", "projection", false),
            ("Automated", "Automate", false),
            ("automated", "automates", false),
            ("effectively", "affectively", false),
            ("ChatGPT", "ChatGTP", false),
            ("Stripe", "Strive", false),
            ("计算机视觉", "计算机听觉", false),
        ] {
            assert_eq!(one_letter_apart(one, other).is_some(), expected, "{one}, {other}");
            let shared = with_a_letter_less(other);
            let found = with_a_letter_less(one).iter().any(|name| shared.contains(name));
            assert!(found || !expected, "{one} and {other} do not meet");
        }
    }

    #[test]
    fn a_sentence_is_no_name_to_look_for_slips_in() {
        assert!(with_a_letter_less(&"letters".repeat(100)).is_empty());
        assert!(without_a_character(&"字".repeat(1000)).is_empty());
    }

    #[test]
    fn names_fall_into_their_parts() {
        for (name, expected) in [
            ("智能体（Agent）", Some(("智能体", "Agent"))),
            ("检索增强生成 (RAG)", Some(("检索增强生成", "RAG"))),
            ("(Agent)", None),
            ("智能体（Agent", None),
            ("f(x) (y)", None),
        ] {
            assert_eq!(parenthesised(name), expected, "{name}");
        }
        for (name, expected) in [
            ("埃隆·马斯克", Some("马斯克")),
            ("奥利弗·温德尔·霍姆斯", Some("霍姆斯")),
            ("亚历山大·王", None),
            ("AI·芯片", None),
        ] {
            assert_eq!(surname(name), expected, "{name}");
        }
        assert_eq!(joined("无代码/低代码"), ["无代码", "低代码"]);
        assert_eq!(joined("AI 与数据"), ["ai", "数据"]);
        assert!(joined("C++").is_empty() && joined("人工智能").is_empty());
    }

    #[test]
    fn an_inner_character_may_be_one_too_many() {
        let shorter = |name: &str| {
            without_a_character(name).into_iter().map(|(rest, _)| rest).collect::<Vec<_>>()
        };
        assert!(shorter("大型语言模型").contains(&"大语言模型".to_owned()));
        assert!(!shorter("第十五次会议").contains(&"第五次会议".to_owned()));
        assert!(!shorter("自然非监督学习").contains(&"自然监督学习".to_owned()));
        assert!(shorter("智能体").is_empty() && shorter("GPT大模型").is_empty());
    }

    proptest! {
        #[test]
        fn any_two_names_can_be_compared(a in "\\PC{0,20}", b in "\\PC{0,20}") {
            prop_assert_eq!(one_letter_apart(&a, &b).is_some(), one_letter_apart(&b, &a).is_some());
            prop_assert!(one_letter_apart(&a, &a).is_none());
            let _ = (pieces(&a), parenthesised(&a), joined(&a), surname(&a));
            let _ = (with_a_letter_less(&a), without_a_character(&b), unaccented(&a));
        }
    }
}
