//! Where a body's references stand, and where a new one would go.
//!
//! Works on raw text with any line ends, and gives byte offsets into it, because whoever appends a
//! footnote must leave every other byte alone.

use std::ops::Range;

/// What editors call the section, without marks, case and punctuation.
const HEADINGS: &[&str] = &[
    "引用",
    "引文",
    "引文部分",
    "引用部分",
    "引用来源",
    "引用文献",
    "参考",
    "参考文献",
    "参考资料",
    "参考链接",
    "参考来源",
    "参考与引用",
    "資料來源",
    "资料来源",
    "来源",
    "信息来源",
    "注释",
    "脚注",
    "references",
    "reference",
    "sources",
    "source",
    "bibliography",
    "footnotes",
    "notes",
    "citations",
    "works cited",
];

/// A footnote's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What stands in `[^…]`.
    pub label: String,
    /// What it says, on one line.
    pub text: String,
    /// Its lines in the body, in bytes, line ends among them.
    pub range: Range<usize>,
    /// Whether it stands below a heading for references.
    pub in_section: bool,
}

/// The references of a body as a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Bytes of the heading's line, where there is one.
    pub heading: Option<Range<usize>>,
    /// Where the next definition would be written: behind the last one, or behind the heading, or
    /// at the end.
    pub end: usize,
    /// The highest number that a footnote has, defined or only referred to.
    pub last_number: u32,
}

/// All definitions of a body, in order.
pub fn definitions(body: &str) -> Vec<Definition> {
    let mut found: Vec<Definition> = Vec::new();
    let mut in_section = false;
    // Whether the line before belongs to a definition, which a further line may then go on with.
    let mut open = false;
    for line in lines(body) {
        if line.fenced {
            open = false;
        } else if let Some(heading) = heading(line.text) {
            in_section = names_references(heading);
            open = false;
        } else if let Some((label, text)) = definition(line.text) {
            let text = text.trim().to_owned();
            found.push(Definition { label: label.to_owned(), text, range: line.range, in_section });
            open = true;
        } else if line.text.trim().is_empty() {
            open = false;
        } else if let Some(last) = found.last_mut().filter(|_| open) {
            last.text.push(' ');
            last.text.push_str(line.text.trim());
            last.range.end = line.range.end;
        }
    }
    found
}

/// Where the references of a body stand.
pub fn find(body: &str) -> Section {
    let definitions = definitions(body);
    let heading = lines(body)
        .filter(|line| !line.fenced && heading(line.text).is_some_and(names_references))
        .last()
        .map(|line| line.range);
    let behind_last = definitions.last().map(|last| last.range.end);
    let behind_heading = heading.as_ref().map(|heading| heading.end);
    Section {
        end: behind_last.max(behind_heading).unwrap_or(body.len()),
        heading,
        last_number: numbers(body).max().unwrap_or(0),
    }
}

/// The body without its references section, its definitions and its footnote marks: what the
/// author wrote, and not what the author cites.
pub fn strip(body: &str) -> String {
    let mut kept = String::with_capacity(body.len());
    let definitions = definitions(body);
    let mut next = definitions.iter().peekable();
    for line in lines(body) {
        while next.next_if(|definition| definition.range.end <= line.range.start).is_some() {}
        let defined =
            next.peek().is_some_and(|definition| definition.range.contains(&line.range.start));
        let of_section = !line.fenced && heading(line.text).is_some_and(names_references);
        if !defined && !of_section {
            without_marks(&body[line.range], &mut kept);
        }
    }
    kept
}

fn without_marks(line: &str, kept: &mut String) {
    let mut rest = line;
    while let Some(start) = rest.find("[^") {
        let Some(length) = rest[start..].find(']') else { break };
        kept.push_str(&rest[..start]);
        rest = &rest[start + length + 1..];
    }
    kept.push_str(rest);
}

struct Line<'a> {
    text: &'a str,
    range: Range<usize>,
    fenced: bool,
}

fn lines(body: &str) -> impl Iterator<Item = Line<'_>> {
    let (mut at, mut fenced) = (0, false);
    body.split_inclusive('\n').map(move |whole| {
        let range = at..at + whole.len();
        at = range.end;
        let text = whole.trim_end_matches(['\n', '\r']);
        let fence = text.trim_start().starts_with("```") || text.trim_start().starts_with("~~~");
        let line = Line { text, range, fenced: fenced || fence };
        fenced ^= fence;
        line
    })
}

/// The text of a heading line: `## 引用`, or a line that is bold as a whole.
fn heading(line: &str) -> Option<&str> {
    let line = line.trim();
    let hashes = line.bytes().take_while(|&byte| byte == b'#').count();
    if (1..=6).contains(&hashes) {
        return Some(line[hashes..].trim().trim_end_matches('#'));
    }
    let bold = line.strip_prefix("**")?.trim_end_matches([':', '：']).strip_suffix("**")?;
    (!bold.contains("**")).then_some(bold)
}

fn names_references(heading: &str) -> bool {
    let name = heading.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    HEADINGS.contains(&name.as_str())
}

/// Label and text of a line that begins a definition.
fn definition(line: &str) -> Option<(&str, &str)> {
    let indented = line.len() - line.trim_start_matches(' ').len();
    // Four blanks make it code.
    let rest = line.trim_start_matches(' ').strip_prefix("[^").filter(|_| indented < 4)?;
    let (label, rest) = rest.split_once(']')?;
    let text = rest.strip_prefix(':').or_else(|| rest.strip_prefix('：'))?;
    (!label.is_empty() && !label.contains(char::is_whitespace)).then_some((label, text))
}

fn numbers(body: &str) -> impl Iterator<Item = u32> + '_ {
    body.match_indices("[^").filter_map(|(at, mark)| {
        let (label, _) = body[at + mark.len()..].split_once(']')?;
        label.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_found_wherever_editors_put_them() {
        let body = "正文[^1]。\n[^0]: 早\n\n## 引用：\n\n[^1]: 甲\n  接着\n[^2]:乙\n\n```\n[^3]: 不是\n```\n    [^4]: 代码\n";
        let found = definitions(body);
        let seen: Vec<_> = found
            .iter()
            .map(|one| (one.label.as_str(), one.text.as_str(), one.in_section))
            .collect();
        assert_eq!(seen, [("0", "早", false), ("1", "甲 接着", true), ("2", "乙", true)]);
        assert_eq!(&body[found[1].range.clone()], "[^1]: 甲\n  接着\n");
    }

    #[test]
    fn headings_have_many_names() {
        for (line, expected) in [
            ("## 引用", true),
            ("### References", true),
            ("**参考文献**", true),
            ("**引用：**", true),
            ("## 5. Sources:", true),
            ("## 引用与争议", false),
            ("引用", false),
        ] {
            assert_eq!(heading(line).is_some_and(names_references), expected, "{line}");
        }
    }

    #[test]
    fn a_new_definition_goes_behind_the_last_one() {
        for (body, before, number) in [
            ("正文[^7]\n\n## 引用\n\n[^1]: 甲\n[^2]: 乙\n\n## 附录\n", "乙\n", 7),
            ("正文\r\n\r\n## References\r\n", "## References\r\n", 0),
            ("正文", "正文", 0),
        ] {
            let section = find(body);
            assert!(body[..section.end].ends_with(before), "{body}");
            assert_eq!(section.last_number, number, "{body}");
        }
    }

    #[test]
    fn what_is_cited_is_not_what_is_written() {
        let body = "甲[^1]乙。\n\n## 引用\n\n[^1]: 丙\n  丁\n\n## 附录\n戊\n";
        assert_eq!(strip(body), "甲乙。\n\n\n\n## 附录\n戊\n");
    }
}
