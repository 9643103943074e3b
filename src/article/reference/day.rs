//! Days in running text: `2025/6/13`, `2025年6月13日`, `June 13, 2025`, `2024, July 22`.

use std::ops::Range;

use chrono::NaiveDate;

/// A day and where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) day: NaiveDate,
    pub(super) range: Range<usize>,
}

/// English months; the first three letters tell them apart.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A number or a word of the text.
#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    start: usize,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    fn number(&self) -> Option<u32> {
        self.text.parse().ok()
    }

    fn year(&self) -> Option<i32> {
        (self.text.len() == 4)
            .then(|| self.text.parse().ok())?
            .filter(|year| (1900..2100).contains(year))
    }

    fn month(&self) -> Option<u32> {
        if let Some(number) = self.number() {
            return (self.text.len() <= 2 && (1..=12).contains(&number)).then_some(number);
        }
        let word = self.text.to_lowercase();
        let index = MONTHS.iter().position(|month| word.len() >= 3 && month.starts_with(&word))?;
        u32::try_from(index + 1).ok()
    }

    fn day(&self) -> Option<u32> {
        self.number().filter(|day| self.text.len() <= 2 && (1..=31).contains(day))
    }
}

/// The first day in `text`. A month without a day is its first; a lone year is no day.
pub(super) fn find(text: &str) -> Option<Found> {
    let tokens = tokens(text);
    (0..tokens.len()).find_map(|at| {
        let [one, two, three] = [tokens.get(at), tokens.get(at + 1), tokens.get(at + 2)];
        let (one, two) = (one?, two?);
        let near = |a: &Token<'_>, b: &Token<'_>| is_joint(&text[a.end()..b.start]);
        if !near(one, two) {
            return None;
        }
        let three = three.filter(|three| near(two, three));
        if let (Some(year), Some(month)) = (one.year(), two.month()) {
            let day = three.and_then(|three| Some((three.day()?, three)));
            if let Some((day, last)) = day
                && let Some(day) = NaiveDate::from_ymd_opt(year, month, day)
            {
                return Some(found(text, day, one, last));
            }
            return Some(found(text, NaiveDate::from_ymd_opt(year, month, 1)?, one, two));
        }
        let three = three?;
        // `June 13, 2025` and `13 June 2025`; a number for the month would be ambiguous.
        let year = three.year()?;
        let pair = |month: &Token<'_>, day: &Token<'_>| {
            if month.number().is_some() { None } else { Some((month.month()?, day.day()?)) }
        };
        let (month, day) = pair(one, two).or_else(|| pair(two, one))?;
        Some(found(text, NaiveDate::from_ymd_opt(year, month, day)?, one, three))
    })
}

fn found(text: &str, day: NaiveDate, first: &Token<'_>, last: &Token<'_>) -> Found {
    let mut end = last.end();
    // The mark that belongs to the last part: `13日`, `2024年7月`.
    if let Some(mark) =
        text[end..].trim_start().chars().next().filter(|c| matches!(c, '日' | '月' | '号'))
    {
        end += text[end..].find(mark).unwrap_or_default() + mark.len_utf8();
    }
    Found { day, range: first.start..end }
}

/// What may stand between two parts of one day.
fn is_joint(between: &str) -> bool {
    between.len() <= 6
        && between
            .chars()
            .all(|c| matches!(c, '/' | '-' | '.' | ',' | '，' | '年' | '月' | ' ' | '／' | '－'))
}

/// Runs of digits and runs of Latin letters.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut start = 0;
    let class = |c: char| match c {
        c if c.is_ascii_digit() => 1,
        c if c.is_ascii_alphabetic() => 2,
        _ => 0,
    };
    let mut current = 0;
    for (at, c) in text.char_indices().chain([(text.len(), '\0')]) {
        let next = class(c);
        if next != current {
            if current != 0 {
                tokens.push(Token { text: &text[start..at], start });
            }
            (start, current) = (at, next);
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_every_form() {
        for (text, day, span) in [
            ("（2025/6/13）", "2025-06-13", "2025/6/13"),
            ("检索日期2025-06-13。", "2025-06-13", "2025-06-13"),
            ("2024年7月29日。", "2024-07-29", "2024年7月29日"),
            ("2024 年 7 月 9 日", "2024-07-09", "2024 年 7 月 9 日"),
            ("Retrieved July 23, 2024.", "2024-07-23", "July 23, 2024"),
            ("(2024, July 22)", "2024-07-22", "2024, July 22"),
            ("22 Sept 2024", "2024-09-22", "22 Sept 2024"),
            ("(2023/5)", "2023-05-01", "2023/5"),
            ("2024年7月", "2024-07-01", "2024年7月"),
            ("GPT-4 于2025.6.3", "2025-06-03", "2025.6.3"),
            ("2025/6/31", "2025-06-01", "2025/6"),
        ] {
            let found = find(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.day.to_string().as_str(), &text[found.range]), (day, span), "{text}");
        }
    }

    #[test]
    fn what_is_no_day() {
        for text in [
            "",
            "2024",
            "n.d.",
            "Date",
            "未知日期",
            "3/4",
            "1234567",
            "2025/13/1",
            "Maybe 13, 2025",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
