//! Dates in other scripts, written with Latin digits and marks.

/// Words and what they mean in a date; longer ones before their beginnings.
const WORDS: &[(&str, &str)] = &[
    // Chinese, Japanese and Korean.
    ("年", "-"),
    ("년", "-"),
    ("月", "-"),
    ("월", "-"),
    ("日", " "),
    ("号", " "),
    ("號", " "),
    ("일", " "),
    ("凌晨", " am "),
    ("早上", " am "),
    ("清晨", " am "),
    ("上午", " am "),
    ("午前", " am "),
    ("오전", " am "),
    ("中午", " noon "),
    ("下午", " pm "),
    ("午后", " pm "),
    ("午後", " pm "),
    ("傍晚", " pm "),
    ("晚上", " pm "),
    ("오후", " pm "),
    ("点钟", ":00"),
    ("點鐘", ":00"),
    ("时", ":"),
    ("時", ":"),
    ("点", ":"),
    ("點", ":"),
    ("시", ":"),
    ("分", ":"),
    ("분", ":"),
    ("秒", " "),
    ("초", " "),
    ("：", ":"),
    ("，", " "),
    ("／", "/"),
    ("－", "-"),
    ("．", "."),
    ("\u{3000}", " "),
    ("\u{a0}", " "),
    // Greek.
    ("Ιαν", "Jan"),
    ("Φεβ", "Feb"),
    ("Μάώ", "Mar"),
    ("Μαώ", "Mar"),
    ("Μάρ", "Mar"),
    ("Μαρ", "Mar"),
    ("Απρ", "Apr"),
    ("Μάι", "May"),
    ("Μαϊ", "May"),
    ("Μαι", "May"),
    ("Ιούν", "Jun"),
    ("Ιον", "Jun"),
    ("Ιούλ", "Jul"),
    ("Ιολ", "Jul"),
    ("Αύγ", "Aug"),
    ("Αυγ", "Aug"),
    ("Σεπ", "Sep"),
    ("Οκτ", "Oct"),
    ("Νοέ", "Nov"),
    ("Νοε", "Nov"),
    ("Δεκ", "Dec"),
    // Hungarian, as far as it is not written like English.
    ("január", "01"),
    ("februári", "02"),
    ("február", "02"),
    ("március", "03"),
    ("április", "04"),
    ("május", "05"),
    ("június", "06"),
    ("július", "07"),
    ("október", "10"),
];

/// What stands behind an hour.
const HOURS: [&str; 5] = ["时", "時", "点", "點", "시"];

/// A date with its words translated, and the zone in which it is meant where it names none, in
/// minutes from UTC: those who write these signs live there.
pub(super) fn translate(text: &str) -> (String, i32) {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let zone = if has(&["년", "월", "오전", "오후", "午前", "午後"]) {
        9 * 60
    } else if has(&["年", "月", "上午", "下午", "晚上", "凌晨"]) {
        8 * 60
    } else {
        0
    };
    let mut translated = String::with_capacity(text.len());
    let digits = numerals(text);
    let mut rest = digits.as_str();
    while let Some(c) = rest.chars().next() {
        if let Some((word, meaning)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
            // Blanks around the year and the month say nothing.
            if *meaning == "-" {
                translated.truncate(translated.trim_end().len());
            }
            translated.push_str(meaning);
            rest = &rest[word.len()..];
            // An hour by itself is a full one.
            let is_minute = |c: char| c.is_numeric();
            if HOURS.contains(word) && !rest.trim_start().starts_with(is_minute) {
                translated.push_str("00 ");
            }
            if *meaning == "-" {
                rest = rest.trim_start();
            }
            continue;
        }
        match c {
            '０'..='９' => translated.extend(char::from_digit(u32::from(c) - 0xff10, 10)),
            // A weekday, or a word that says nothing.
            c => translated.push(if c.is_ascii() { c } else { ' ' }),
        }
        rest = &rest[c.len_utf8()..];
    }
    (translated.replace(": ", " ").trim_end_matches(':').to_owned(), zone)
}

/// Chinese numerals before a sign of the calendar or the clock as digits: 二〇二五年六月十三日.
fn numerals(text: &str) -> String {
    const SIGNS: [char; 10] = ['年', '月', '日', '号', '號', '时', '時', '点', '點', '分'];
    let mut written = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars() {
        if value(c).is_some() || c == '十' {
            run.push(c);
            continue;
        }
        let number = if SIGNS.contains(&c) { number(&run) } else { None };
        written.push_str(number.as_deref().unwrap_or(&run));
        run.clear();
        written.push(c);
    }
    written + &run
}

/// The digits that a numeral stands for: one by one, or with tens.
fn number(numeral: &str) -> Option<String> {
    let Some((tens, units)) = numeral.split_once('十') else {
        let digits: Option<String> =
            numeral.chars().map(|c| char::from_digit(value(c)?, 10)).collect();
        return digits.filter(|digits| !digits.is_empty());
    };
    let digit = |text: &str, blank: u32| match text.chars().next() {
        Some(c) => value(c),
        None => Some(blank),
    };
    Some((digit(tens, 1)? * 10 + digit(units, 0)?).to_string())
}

fn value(c: char) -> Option<u32> {
    let place = "〇一二三四五六七八九".chars().position(|digit| digit == c);
    let place = place.or_else(|| matches!(c, '零' | '○').then_some(0));
    place.and_then(|place| u32::try_from(place).ok())
}
