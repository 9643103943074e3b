//! Where a body's references stand, and where a new one would go.
//!
//! Works on raw text with any line ends, and gives byte offsets into it, because whoever appends a
//! footnote must leave every other byte alone.

use std::ops::Range;

use super::heading::{heading, names_references};
use super::{html, list};

/// A footnote's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    /// What stands in `[^…]`.
    pub(super) label: String,
    /// What it says, on one line.
    pub(super) text: String,
    /// Its lines in the body, in bytes, line ends among them.
    pub(super) range: Range<usize>,
    /// Whether it stands below a heading for references.
    pub(super) in_section: bool,
}

/// The references of a body as a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Bytes of the heading's line, where there is one.
    pub heading: Option<Range<usize>>,
    /// Where the next definition would be written: behind the last one, or at the end of the
    /// section that has none yet, or at the end of the body.
    pub end: usize,
    /// Whether a definition ends there, so that the next one may follow on the next line.
    pub follows_definition: bool,
    /// The highest number that a footnote has, defined or only referred to.
    pub last_number: u32,
    /// The line that ends a code block or a comment which is open where the body ends.
    pub unclosed: Option<String>,
}

/// All definitions among the lines of a body, in order.
pub(super) fn definitions(lines: &[Line<'_>]) -> Vec<Definition> {
    let mut found: Vec<Definition> = Vec::new();
    let mut state = State::Outside;
    for line in lines {
        let blank = line.text.trim().is_empty();
        if state != State::Outside && !blank && is_indented(line.text) {
            // A further paragraph, or code, of the definition; an indented line at once is of the
            // first paragraph.
            if let Some(last) = found.last_mut() {
                if state == State::Paragraph {
                    last.text.push(' ');
                    last.text.push_str(line.text.trim());
                }
                last.range.end = line.range.end;
            }
        } else if line.opaque || line.heading.is_some() {
            state = State::Outside;
        } else if let Some((label, text)) = definition(line.text) {
            let (label, text) = (label.to_owned(), text.trim().to_owned());
            let in_section = line.section.is_some();
            found.push(Definition { label, text, range: line.range.clone(), in_section });
            state = State::Paragraph;
        } else if blank {
            state = if state == State::Outside { state } else { State::Behind };
        } else if html::interrupts(line.text) {
            state = State::Outside;
        } else if let Some(last) = found.last_mut().filter(|_| state == State::Paragraph) {
            last.text.push(' ');
            last.text.push_str(line.text.trim());
            last.range.end = line.range.end;
        } else {
            state = State::Outside;
        }
    }
    found
}

/// What a line may go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No definition.
    Outside,
    /// The first paragraph of a definition.
    Paragraph,
    /// A definition, behind a blank line: it goes on where a line is indented.
    Behind,
}

/// Where the references of a body stand.
pub fn find(body: &str) -> Section {
    let (lines, unclosed) = lines(body);
    let definitions = definitions(&lines);
    let of_section = definitions.iter().rfind(|definition| definition.in_section);
    // Several sections and no note in any: lists of sources within the text.
    let section = lines.iter().rev().find_map(|line| line.section);
    let section = section.filter(|number| of_section.is_some() || *number == 0);
    let own = || lines.iter().filter(|line| section.is_some() && line.section == section);
    let last = of_section.or(definitions.last().filter(|_| section.is_none()));
    let end = last.map_or_else(
        || {
            // Not behind the blank lines at the section's end.
            let written = own().rfind(|line| !line.text.trim().is_empty());
            written.map_or(body.len(), |line| line.range.end)
        },
        |last| last.range.end,
    );
    Section {
        heading: own().next().map(|heading| heading.range.clone()),
        end,
        follows_definition: last.is_some(),
        last_number: numbers(body).max().unwrap_or(0),
        unclosed,
    }
}

/// Whether a mark at `at` would stand in a definition, a listed reference, or the references' heading.
pub(super) fn is_apparatus(body: &str, at: usize) -> bool {
    let (lines, _) = lines(body);
    cited(&lines).iter().any(|range| range.contains(&at))
        || lines.iter().any(|line| line.range.contains(&at) && line.names_references())
}

/// The body without its references' heading, its definitions, what is listed there and its footnote marks: what the
/// author wrote, and not what the author cites.
pub fn strip(body: &str) -> String {
    let mut kept = String::with_capacity(body.len());
    let (lines, _) = lines(body);
    let cited = cited(&lines);
    let mut next = cited.iter().peekable();
    for line in lines {
        while next.next_if(|range| range.end <= line.range.start).is_some() {}
        let is_cited = next.peek().is_some_and(|range| range.contains(&line.range.start));
        if !is_cited && !line.names_references() {
            without_marks(&body[line.range], &mut kept);
        }
    }
    kept
}

/// Where references stand, as definitions or listed, in order.
fn cited(lines: &[Line<'_>]) -> Vec<Range<usize>> {
    let definitions = definitions(lines);
    let listed = list::entries(lines, &definitions);
    let mut cited: Vec<Range<usize>> = definitions.into_iter().map(|one| one.range).collect();
    cited.extend(listed.into_iter().map(|one| one.range));
    cited.sort_by_key(|range| range.start);
    cited
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

/// A line of a body.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) range: Range<usize>,
    /// Of a code block or a comment.
    pub(super) opaque: bool,
    pub(super) heading: Option<Heading>,
    /// The section of references that it is of, heading and all, by its number in the body.
    pub(super) section: Option<usize>,
}

impl Line<'_> {
    fn names_references(&self) -> bool {
        self.heading.is_some_and(|heading| heading.names_references)
    }
}

/// That a line is a heading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heading {
    /// 1 is the highest.
    level: usize,
    names_references: bool,
}

impl Heading {
    fn of(line: &str) -> Option<Self> {
        let text = heading(line)?;
        let level = match line.trim().bytes().take_while(|&byte| byte == b'#').count() {
            // A bold line within a note or a list parts that, and no section.
            0 if is_indented(line) => BOLD + 1,
            0 => BOLD,
            hashes => hashes,
        };
        Some(Self { level, names_references: names_references(text) })
    }
}

/// The level of a line that is bold as a whole, below all that have marks of their own.
const BOLD: usize = 7;

/// What a line begins with that is, or ends, a block of code, a comment or a heading; most lines are
/// prose.
const MARKS: [char; 7] = ['`', '~', '<', '#', '*', '=', '-'];

/// The lines of a body, and what would close the block that is open at its end.
pub(super) fn lines(body: &str) -> (Vec<Line<'_>>, Option<String>) {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut open: Option<Block> = None;
    let mut at = 0;
    for whole in body.split_inclusive('\n') {
        let range = at..at + whole.len();
        at = range.end;
        let text = whole.trim_end_matches(['\n', '\r']);
        if open.is_none() && !text.trim_start().starts_with(MARKS) {
            lines.push(Line { text, range, opaque: false, heading: None, section: None });
            continue;
        }
        let before = open;
        open = match before {
            Some(block) => Some(block).filter(|block| !block.ends_with(text)),
            None => Block::begun_by(text),
        };
        let one_line_comment = text.trim_start().starts_with("<!--");
        let opaque = before.is_some() || open.is_some() || one_line_comment;
        // The line above a rule is a heading too (CommonMark §4.3).
        if let Some(above) = lines.last_mut().filter(|_| !opaque && is_underline(text))
            && !above.opaque
            && names_references(above.text)
        {
            let level = if text.contains('=') { 1 } else { 2 };
            above.heading = Some(Heading { level, names_references: true });
        }
        let heading = if opaque { None } else { Heading::of(text) };
        lines.push(Line { text, range, opaque, heading, section: None });
    }
    number_sections(&mut lines);
    (lines, open.map(Block::closing))
}

/// Tells each line which section of references it is of. A deeper heading parts a section, one of
/// the same level or a higher one ends it.
fn number_sections(lines: &mut [Line<'_>]) {
    let mut begun = 0;
    let mut section = None;
    for line in lines {
        if let Some(Heading { level, names_references }) = line.heading
            && section.is_none_or(|(_, own)| level <= own)
        {
            section = names_references.then_some((begun, level));
            begun += usize::from(names_references);
        }
        line.section = section.map(|(number, _)| number);
    }
}

/// A block in which nothing is Markdown, up to the line that ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    /// Code between fences of this many such marks.
    Fence(char, usize),
    /// An HTML comment.
    Comment,
}

impl Block {
    /// The block that a line begins and does not end. A fence may stand deep in a list.
    fn begun_by(line: &str) -> Option<Self> {
        let line = line.trim_start();
        if let Some(comment) = line.strip_prefix("<!--") {
            return (!comment.contains("-->")).then_some(Self::Comment);
        }
        let (mark, length) = fence(line)?;
        // Text between backticks on one line is code within it (CommonMark §4.5).
        (mark == '~' || !line[length..].contains('`')).then_some(Self::Fence(mark, length))
    }

    fn ends_with(self, line: &str) -> bool {
        match self {
            Self::Comment => line.contains("-->"),
            Self::Fence(mark, length) => {
                let line = line.trim();
                fence(line).is_some_and(|(own, marks)| {
                    own == mark && marks >= length && marks == line.len()
                })
            }
        }
    }

    fn closing(self) -> String {
        match self {
            Self::Comment => "-->".to_owned(),
            Self::Fence(mark, length) => mark.to_string().repeat(length),
        }
    }
}

/// The mark of a fence and how often it stands.
fn fence(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.bytes().take_while(|byte| char::from(*byte) == mark).count();
    (length >= 3).then_some((mark, length))
}

fn is_underline(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 2 && (line.bytes().all(|b| b == b'=') || line.bytes().all(|b| b == b'-'))
}

/// Four blanks, or a tab: what a line of a definition begins with behind a blank line.
fn is_indented(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with('\t')
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
        let found = definitions(&lines(body).0);
        let seen: Vec<_> = found
            .iter()
            .map(|one| (one.label.as_str(), one.text.as_str(), one.in_section))
            .collect();
        assert_eq!(seen, [("0", "早", false), ("1", "甲 接着", true), ("2", "乙", true)]);
        assert_eq!(&body[found[1].range.clone()], "[^1]: 甲\n  接着\n");
    }

    #[test]
    fn a_new_definition_goes_behind_the_last_one() {
        for (body, before, number) in [
            ("正文[^7]\n\n## 引用\n\n[^1]: 甲\n[^2]: 乙\n\n## 附录\n", "乙\n", 7),
            ("正文\r\n\r\n## References\r\n", "## References\r\n", 0),
            ("正文", "正文", 0),
            // A note ends where HTML begins.
            ("正文[^1]\n\n[^1]: 甲\n<hr>\n", "甲\n", 1),
            ("正文[^1]\n\n[^1]: 甲\n<em>乙</em>\n", "</em>\n", 1),
        ] {
            let section = find(body);
            assert!(body[..section.end].ends_with(before), "{body}");
            assert_eq!(section.last_number, number, "{body}");
        }
    }

    #[test]
    fn what_is_cited_is_not_what_is_written() {
        for (body, expected) in [
            (
                "甲[^1]乙。\n\n## 引用\n\n[^1]: 丙\n  丁\n\n## 附录\n戊\n",
                "甲乙。\n\n\n\n## 附录\n戊\n",
            ),
            (
                "甲。\n## 引用\n### 中文\n- [乙](https://a.example/1)\n### 声明\n丙\n## 附录\n- [丁](https://a.example/2)\n",
                "甲。\n### 中文\n### 声明\n丙\n## 附录\n- [丁](https://a.example/2)\n",
            ),
        ] {
            assert_eq!(strip(body), expected);
        }
    }
}
