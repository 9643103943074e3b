//! What of a title tells the event: without markup, without the name of the house that printed it.
//!
//! Takes a title as a feed or a search engine gives it: `…，该怎么办？_腾讯新闻`, `… - MSN`, an address
//! in a title's place; gives the words that the reporter wrote, in simplified characters. A tail is
//! cut only where it is short beside what stands before it, so that `Codium is now Qodo | Coding
//! platform` stays whole.

use std::borrow::Cow;

use crate::suggest::text::{self, Unit};

/// What stands between a title and the name of a house, or a label.
const SEPARATORS: &[&str] = &["|", "_", " - ", " – ", " — ", "--", " · "];

/// How much of a title is read, in characters: a pool may hold whole texts for titles.
const LONGEST: usize = 1_000;

/// Most words or characters of a house's name: 人人都是产品经理 has eight.
const LONGEST_NAME: usize = 8;

/// Fewest words or characters of what is still a headline.
const SHORTEST_HEADLINE: usize = 4;

/// The words that tell the event, folded: in lower case, half width and simplified characters.
pub(super) fn headline(title: &str) -> String {
    let beginning: String = title.chars().take(LONGEST).collect();
    let text = text::fold(&without_markup(&beginning));
    if let Some(words) = words_of_address(&text) {
        return words;
    }
    let mut rest = text.trim();
    while let Some(shorter) = without_tail(rest) {
        rest = shorter;
    }
    rest.to_owned()
}

/// `<a href="…">Title</a>` as `Title`.
fn without_markup(title: &str) -> Cow<'_, str> {
    if !title.contains('<') {
        return Cow::Borrowed(title);
    }
    let mut text = String::new();
    let mut is_inside = false;
    for c in title.chars() {
        match c {
            '<' => is_inside = true,
            '>' if is_inside => is_inside = false,
            _ if !is_inside => text.push(c),
            _ => {}
        }
    }
    if text.trim().is_empty() { Cow::Borrowed(title) } else { Cow::Owned(text) }
}

/// The words in an address: those of the part of its path that has most of them.
fn words_of_address(text: &str) -> Option<String> {
    let text = text.trim();
    let address = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    if address.contains(char::is_whitespace) {
        return None;
    }
    let path = address.split(['?', '#']).next()?;
    let words = |part: &str| -> Vec<String> {
        let words = part.split(['-', '_', '.']).filter(|word| !is_number_of_record(word));
        words.filter(|word| !matches!(*word, "html" | "htm" | "")).map(str::to_owned).collect()
    };
    let parts = path.split('/').skip(1).map(words);
    Some(parts.max_by_key(Vec::len).unwrap_or_default().join(" "))
}

/// Whether a word in an address numbers a page: `955685`, `20250604`, `a0775fa2c7570`.
fn is_number_of_record(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits > 4 || digits > 2 && word.len() > 8
}

fn without_tail(text: &str) -> Option<&str> {
    let (at, separator) = SEPARATORS
        .iter()
        .filter_map(|separator| text.rfind(separator).map(|at| (at, separator.len())))
        .chain(hyphen_in_chinese(text))
        .max()?;
    let (head, tail) = (text[..at].trim_end(), &text[at + separator..]);
    let (head_length, tail_length) = (length(head), length(tail));
    let is_name = tail_length <= LONGEST_NAME
        && head_length >= SHORTEST_HEADLINE
        && 2 * tail_length <= head_length.max(2 * SHORTEST_HEADLINE - 2);
    is_name.then_some(head)
}

/// A hyphen in a Chinese title that joins no Latin words: `…创业板-36氪`, but not `GPT-4`.
fn hyphen_in_chinese(text: &str) -> Option<(usize, usize)> {
    let at = text.rfind('-').filter(|_| text::is_chinese(text))?;
    let is_latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let (before, after) = (text[..at].chars().next_back(), text[at + 1..].chars().next());
    (!is_latin(before) || !is_latin(after)).then_some((at, 1))
}

fn length(text: &str) -> usize {
    text::units(text).iter().filter(|unit| **unit != Unit::Gap).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_has_no_house_and_no_markup() {
        for (title, expected) in [
            (
                "50岁程序员被公司开除：全靠Copilot写代码_腾讯新闻",
                "50岁程序员被公司开除:全靠copilot写代码",
            ),
            ("Reid Hoffman Raises $24.6 Million - MSN", "reid hoffman raises $24.6 million"),
            (
                "全球AI人才一半是中国人，中国为何还缺人？-36氪",
                "全球ai人才一半是中国人,中国为何还缺人?",
            ),
            (
                "在中国做AI难，做AI Agent容易|调用|工作流|agent_网易订阅",
                "在中国做ai难,做ai agent容易",
            ),
            ("MiniMax開源首個推理模型", "minimax开源首个推理模型"),
            (
                "Codium is now Qodo | Quality-first AI coding",
                "codium is now qodo | quality-first ai coding",
            ),
            ("GPT-4", "gpt-4"),
            (
                r#"<a href="https://a.example/">OpenAI, Meta and a Rivalry</a>"#,
                "openai, meta and a rivalry",
            ),
            (
                "https://www.reuters.example/world/italy-opens-probe-into-deepseek-2025-06-16/",
                "italy opens probe into deepseek 2025 06 16",
            ),
            ("FT.com", "ft.com"),
            ("", ""),
        ] {
            assert_eq!(headline(title), expected, "{title}");
        }
    }
}
