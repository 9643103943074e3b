//! References that are a list below their heading, without footnotes.

use std::ops::Range;

use super::section::{Definition, Line};
use super::shape;
use crate::article::Reference;

/// One entry of the list.
pub(super) struct Listed {
    pub(super) reference: Reference,
    /// Its lines in the body, in bytes.
    pub(super) range: Range<usize>,
}

/// The entries below headings for references that name a source: an address, or a title with its
/// publication or a date. Other lists there (a disclaimer, an index) are the author's own words.
pub(super) fn entries(lines: &[Line<'_>], notes: &[Definition]) -> Vec<Listed> {
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    let mut goes_on = false;
    let mut notes = notes.iter().peekable();
    for line in lines {
        while notes.next_if(|note| note.range.end <= line.range.start).is_some() {}
        let of_note = notes.peek().is_some_and(|note| note.range.contains(&line.range.start));
        let text = line.text.trim();
        let lists = line.section.is_some() && line.heading.is_none() && !line.opaque;
        if !lists || of_note || text.is_empty() {
            goes_on = false;
        } else if let Some(text) = entry(text) {
            found.push((text.to_owned(), line.range.clone()));
            goes_on = true;
        } else if let Some((whole, range)) = found.last_mut().filter(|_| goes_on) {
            whole.push(' ');
            whole.push_str(text);
            range.end = line.range.end;
        }
    }
    let read =
        |(text, range): (String, Range<usize>)| Listed { reference: shape::read(&text), range };
    found.into_iter().map(read).filter(|one| names_source(&one.reference)).collect()
}

fn names_source(reference: &Reference) -> bool {
    let told = reference.publication.is_some()
        || reference.published.is_some()
        || reference.accessed.is_some();
    reference.url.is_some() || reference.title.is_some() && told
}

/// What follows the mark of an entry: `-`, `*`, `+`, `1.`, `1)`, `1、` or `[1]`.
fn entry(line: &str) -> Option<&str> {
    if let Some(text) = ["- ", "* ", "+ "].iter().find_map(|mark| line.strip_prefix(mark)) {
        return Some(text.trim_start());
    }
    let bracket = line.strip_prefix(['[', '［', '【']);
    let number = bracket.unwrap_or(line);
    let text = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = number.len() - text.len();
    let closing: &[char] =
        if bracket.is_some() { &[']', '］', '】'] } else { &['.', '．', ')', '）', '、'] };
    let behind = text.strip_prefix(closing).filter(|_| (1..=3).contains(&digits))?;
    // `1.5 million` is a sentence.
    let separate = bracket.is_some() || !behind.starts_with(|c: char| c.is_ascii_digit());
    separate.then(|| behind.trim_start_matches([':', '：', ' ']))
}

#[cfg(test)]
mod tests {
    use super::super::{in_body, section};

    #[test]
    fn a_list_below_the_heading_names_what_is_cited() {
        let body = "正文。\n\n- [不在其中](https://a.example/0)\n\n## 参考资料\n\n\
            - [甲](https://a.example/1)·某报·（2025/6/8）\n\
            * 李四（2025/6/9）。乙的报道。某网。\n  检索日期2025/6/10\n\
            1. https://a.example/3\n\
            2、[丁](https://a.example/4)\n\
            [5] [戊](https://a.example/5)\n\
            - 本文不构成投资建议\n\n\
            1.5 亿美元见 https://a.example/6\n\n## 附录\n\n- [己](https://a.example/7)\n";
        let found = in_body(body);
        let seen: Vec<_> =
            found.iter().map(|one| (one.title.as_deref(), one.url.as_deref())).collect();
        assert_eq!(
            seen,
            [
                (Some("甲"), Some("https://a.example/1")),
                (Some("乙的报道"), None),
                (Some("https://a.example/3"), Some("https://a.example/3")),
                (Some("丁"), Some("https://a.example/4")),
                (Some("戊"), Some("https://a.example/5")),
            ]
        );
        assert!(found.iter().all(|one| one.number.is_none()));
        assert_eq!(found[1].accessed.map(|day| day.to_string()).as_deref(), Some("2025-06-10"));
    }

    #[test]
    fn what_stands_below_a_heading_within_the_section_is_listed() {
        for (body, expected) in [
            ("## 引用\n\n### 中文\n\n- [甲](https://a.example/1)\n", 1),
            (
                "## 引用\n\n**中文**\n\n- [甲](https://a.example/1)\n\n### En\n- https://a.example/2\n",
                2,
            ),
            ("## 引用\n\n## 附录\n\n- [甲](https://a.example/1)\n", 0),
            ("### 引用\n\n## 附录\n\n### 甲\n\n- [甲](https://a.example/1)\n", 0),
            ("**引用**\n- https://a.example/2\n**附录**\n\n- [甲](https://a.example/1)\n", 1),
        ] {
            assert_eq!(in_body(body).len(), expected, "{body}");
        }
    }

    #[test]
    fn a_source_that_is_noted_and_listed_is_one_reference() {
        let body = "文[^1]\n\n## 引用\n\n[^1]: [甲](https://a.example/1)·某报\n    - 附言\n\n\
            - [甲](https://a.example/1?utm_source=x)\n- [乙](https://a.example/2)\n";
        let found = in_body(body);
        let numbers: Vec<_> = found.iter().map(|one| one.number.as_deref()).collect();
        assert_eq!(numbers, [Some("1"), None]);
    }

    #[test]
    fn what_is_listed_is_not_what_is_written() {
        let body =
            "甲。\n\n## 来源\n\n- [乙](https://a.example/1)\n  接着\n- 声明\n\n## 附录\n戊\n";
        assert_eq!(section::strip(body), "甲。\n\n\n- 声明\n\n## 附录\n戊\n");
    }
}
