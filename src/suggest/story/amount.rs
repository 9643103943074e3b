//! Amounts in a headline, in whatever language: 140亿美元 is $14 billion, 456B参数 is 456B parameters.
//!
//! Takes a folded headline (lower case, half width); gives what its figures count and how much. Small
//! plain numbers are no amounts, since most of them number things; where they count people or things
//! (three researchers, 三名研究员) they are **counts**.

use crate::suggest::term::{self, Term};
use crate::suggest::text::Unit;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Money, of whatever currency.
    Money,
    /// A share of something.
    Percent,
    /// Anything else.
    Count,
}

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amount {
    pub(super) kind: Kind,
    pub(super) value: f64,
    /// What follows it, where it counts something: the jobs in 9,000 jobs.
    counted: Option<Term>,
}

/// How far apart two houses round one figure: $24.6 million is $25 million elsewhere.
const ROUNDING: f64 = 0.05;

/// From here on a plain number is an amount; smaller ones, and years, number things.
const LARGE: f64 = 100.0;

/// Plain numbers that are mostly years.
const YEARS: std::ops::Range<f64> = 1_900.0..2_100.0;

/// What follows a number, and what it multiplies by; longer ones first.
const SCALES: &[(&str, f64)] = &[
    ("万亿", 1e12),
    ("千亿", 1e11),
    ("百亿", 1e10),
    ("千万", 1e7),
    ("百万", 1e6),
    ("亿", 1e8),
    ("万", 1e4),
    ("千", 1e3),
    ("trillion", 1e12),
    ("billion", 1e9),
    ("million", 1e6),
    ("thousand", 1e3),
    ("trn", 1e12),
    ("tn", 1e12),
    ("bln", 1e9),
    ("bn", 1e9),
    ("mln", 1e6),
    ("mn", 1e6),
    ("b", 1e9),
    ("m", 1e6),
    ("k", 1e3),
];

/// What stands after an amount of money, once its scale is read.
const CURRENCIES: &[&str] = &[
    "美元",
    "美金",
    "元",
    "人民币",
    "欧元",
    "英镑",
    "日元",
    "韩元",
    "港元",
    "港币",
    "dollar",
    "yuan",
    "euro",
    "usd",
    "rmb",
];

/// What makes a share of a number.
const PERCENT: &[&str] = &["%", "percent", "per cent", "pct", "个百分点"];

/// The amounts in a folded headline, in order.
pub(super) fn amounts(text: &str) -> Vec<Amount> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|step| at + step) {
        let digits = text[start..].find(|c: char| !(c.is_ascii_digit() || c == ',' || c == '.'));
        let end = digits.map_or(text.len(), |length| start + length);
        at = end;
        let before = &text[..start];
        // `gpt4.5` and `o3` name things.
        if before.ends_with(|c: char| c.is_ascii_alphabetic()) && !before.ends_with("us$") {
            continue;
        }
        let digits = text[start..end].replace(',', "");
        let Ok(number) = digits.trim_end_matches('.').parse::<f64>() else { continue };
        found.extend(amount(number, before, text[end..].trim_start()));
    }
    found
}

/// What a number counts, by what stands around it.
fn amount(number: f64, before: &str, after: &str) -> Option<Amount> {
    let scale = SCALES.iter().find(|(name, _)| {
        after.strip_prefix(name).is_some_and(|rest| !name.is_ascii() || is_word_end(rest))
    });
    let rest = scale.map_or(after, |(name, _)| after[name.len()..].trim_start());
    let value = number * scale.map_or(1.0, |(_, factor)| *factor);
    let is_one_of = |list: &[&str]| list.iter().any(|word| rest.starts_with(word));
    let kind = if before.trim_end().ends_with(['$', '€', '£', '¥']) || is_one_of(CURRENCIES) {
        Kind::Money
    } else if is_one_of(PERCENT) {
        Kind::Percent
    } else if scale.is_some() || value >= LARGE && !YEARS.contains(&value) {
        Kind::Count
    } else {
        return None;
    };
    let counted = if kind == Kind::Count { first_word(rest).map(term::number) } else { None };
    Some(Amount { kind, value, counted })
}

/// The first word, without the ending of its plural, or the first Chinese character.
fn first_word(text: &str) -> Option<&str> {
    let first = text.chars().next().filter(|c| c.is_alphabetic())?;
    if !first.is_ascii() {
        return Some(&text[..first.len_utf8()]);
    }
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).next()?;
    Some(word.strip_suffix('s').unwrap_or(word))
}

fn is_word_end(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
}

impl Amount {
    /// Whether two houses may mean one figure.
    fn is(self, other: Self) -> bool {
        let (low, high) = (self.value.min(other.value), self.value.max(other.value));
        self.kind == other.kind && high - low <= ROUNDING * high
    }
}

/// What the amounts of two headlines say of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    /// One amount at least is in both.
    Shared,
    /// Both count the same kind of thing, and differ.
    Contrary,
    /// Both count one thing, and differ: 9,000 jobs are not 300 jobs.
    Opposed,
    /// One is without amounts, or they count different things.
    Silent,
}

/// Compares the amounts of two headlines.
pub(super) fn agreement(ours: &[Amount], theirs: &[Amount]) -> Agreement {
    let pairs = || ours.iter().flat_map(|own| theirs.iter().map(move |other| (*own, *other)));
    if pairs().any(|(own, other)| own.is(other)) {
        Agreement::Shared
    } else if pairs().any(|(own, other)| own.counted.is_some() && own.counted == other.counted) {
        Agreement::Opposed
    } else if pairs().any(|(own, other)| own.kind == other.kind) {
        Agreement::Contrary
    } else {
        Agreement::Silent
    }
}

/// Words for small numbers.
const NUMBERS: &[(&str, u16)] = &[
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
];

/// Chinese digits, each at the place of its number.
const DIGITS: &str = "零一二三四五六七八九十";

/// What is counted in Chinese, one by one.
const MEASURES: &str = "名人位个款家项台大员所";

/// Small numbers of people or things.
pub(super) fn counts(units: &[Unit]) -> Vec<u16> {
    let mut found = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let count = match unit {
            Unit::Word(word) => {
                let named = at > 0 && matches!(&units[at - 1], Unit::Word(_));
                let spelt = NUMBERS.iter().find(|(name, _)| name == word).map(|(_, count)| *count);
                let measured = match units.get(at + 1) {
                    Some(Unit::Han(measure)) => MEASURES.contains(*measure),
                    Some(Unit::Word(_)) => !named,
                    _ => false,
                };
                spelt.or_else(|| word.parse().ok().filter(|_| measured))
            }
            Unit::Han(digit) => DIGITS.chars().position(|c| c == *digit).and_then(|count| {
                let measured =
                    matches!(units.get(at + 1), Some(Unit::Han(c)) if MEASURES.contains(*c));
                let alone = !matches!(at.checked_sub(1).map(|at| &units[at]),
                    Some(Unit::Han(c)) if DIGITS.contains(*c) || *c == '第');
                (measured && alone).then(|| u16::try_from(count).unwrap_or_default())
            }),
            Unit::Gap => None,
        };
        found.extend(count.filter(|count| (2..2_000).contains(count)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_both_languages() {
        use Kind::{Count, Money, Percent};
        for (text, expected) in [
            ("$14.3 billion for scale ai", vec![(Money, 14.3e9)]),
            ("斥资143亿美元", vec![(Money, 143e8)]),
            ("us$500mn", vec![(Money, 5e8)]),
            ("raises 500 million dollars", vec![(Money, 5e8)]),
            ("1.5万亿韩元", vec![(Money, 1.5e12)]),
            ("持股49%", vec![(Percent, 49.0)]),
            ("49 percent", vec![(Percent, 49.0)]),
            ("456b参数", vec![(Count, 456e9)]),
            ("100万台机器人", vec![(Count, 1e6)]),
            ("9,000 jobs", vec![(Count, 9e3)]),
            ("300 jobs", vec![(Count, 3e2)]),
            ("gpt4.5 and o3 in 2025, top 5", vec![]),
            ("5 big bets", vec![]),
            ("1.2.3", vec![]),
        ] {
            let found = amounts(text).into_iter().map(|amount| (amount.kind, amount.value));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn rounded_figures_agree_and_others_do_not() {
        for (one, other, expected) in [
            ("$24.6m", "$25 million", Agreement::Shared),
            ("$14 billion", "140亿美元", Agreement::Shared),
            ("$2bn", "$14bn", Agreement::Contrary),
            ("49%", "$14bn", Agreement::Silent),
            ("9,000 jobs", "300 jobs", Agreement::Opposed),
            ("裁员9000人", "裁员300人", Agreement::Opposed),
            ("9,000 jobs", "9000人", Agreement::Shared),
            ("9,000 jobs", "300 offices", Agreement::Contrary),
            ("", "$14bn", Agreement::Silent),
        ] {
            assert_eq!(agreement(&amounts(one), &amounts(other)), expected, "{one} {other}");
        }
    }

    #[test]
    fn people_and_things_are_counted_in_both_languages() {
        for (text, expected) in [
            ("meta hires four researchers", vec![4]),
            ("meta挖走四名研究员", vec![4]),
            ("连挖8人", vec![8]),
            ("76 bids", vec![76]),
            ("第三名", vec![]),
            ("claude 4 is out", vec![]),
            ("一个", vec![]),
        ] {
            assert_eq!(counts(&crate::suggest::text::units(text)), expected, "{text}");
        }
    }
}
