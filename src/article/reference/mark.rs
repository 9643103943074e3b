//! Where a footnote's mark may be set in a body.
//!
//! Markdown itself is asked: a place is good where a mark set there is read as one and nothing else
//! changes its meaning. So code, addresses, HTML, formulas, pictures, and whatever else marks mean
//! nothing in, need no rules of their own. The references themselves are no text to be marked.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, parse_document};

use super::section;
use crate::article::markdown::{options, too_deep};

/// A label that no article has.
const PROBE: &str = "headwater-probe";

/// Most places that are tried; a text that stands more often says nothing about where.
const MOST: usize = 64;

/// Where a text stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// Where a mark can be set for it.
    pub open: Vec<Place>,
    /// Where the text begins and no mark can be set.
    pub closed: Vec<usize>,
}

/// One place, in bytes of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Where the text begins.
    pub text: usize,
    /// Where the mark goes: behind the text, and behind the link that the text ends in.
    pub mark: usize,
}

/// Finds `text` in a body. Where it stands more than [`MOST`] times, every place counts as open; in a
/// body that is nested too deep to be asked, none.
pub fn places(body: &str, text: &str) -> Places {
    let starts = body.char_indices().map(|(at, _)| at);
    let starts: Vec<usize> =
        starts.filter(|at| !text.is_empty() && body[*at..].starts_with(text)).collect();
    if starts.len() > MOST {
        let open = starts.into_iter().map(|at| Place { text: at, mark: at + text.len() });
        return Places { open: open.collect(), closed: Vec::new() };
    }
    if too_deep(body) {
        return Places { open: Vec::new(), closed: starts };
    }
    let meaning = parsed(body, meaning);
    let mut places = Places::default();
    for start in starts {
        match place_behind(body, start + text.len(), &meaning) {
            Some(mark) => places.open.push(Place { text: start, mark }),
            None => places.closed.push(start),
        }
    }
    places
}

/// Whether a body ends within code or a comment, so that what is put behind it would be of that.
pub fn ends_open(body: &str) -> bool {
    let is_read = |node: &AstNode<'_>| matches!(&node.data.borrow().value, NodeValue::Text(text) if text == PROBE);
    !too_deep(body)
        && parsed(&format!("{body}\n\n{PROBE}\n"), |root| !root.descendants().any(is_read))
}

/// The marks that stand at `at` already: their labels, and where the last one ends.
pub fn marks_at(body: &str, at: usize) -> (Vec<&str>, usize) {
    let (mut labels, mut end) = (Vec::new(), at);
    while let Some((label, rest)) =
        body[end..].strip_prefix("[^").and_then(|rest| rest.split_once(']'))
    {
        if label.is_empty() || label.contains(char::is_whitespace) {
            break;
        }
        labels.push(label);
        end = body.len() - rest.len();
    }
    (labels, end)
}

/// Where the mark goes for a text that ends at `at`; none where there can be none.
fn place_behind(body: &str, at: usize, meaning: &[String]) -> Option<usize> {
    if section::is_apparatus(body, at - 1) || in_bare_address(body, at) || in_shortcode(body, at) {
        return None;
    }
    let good = |at: usize| probe(body, at).is_some_and(|one| !one.linked && one.meaning == meaning);
    let here = probe(body, at)?;
    if here.linked {
        // A link holds no second one: behind it.
        let ends = body[at..].match_indices([')', ']', '>']).take(LINK_ENDS);
        return ends.map(|(end, mark)| at + end + mark.len()).find(|end| good(*end));
    }
    if here.meaning == meaning {
        return Some(at);
    }
    // Emphasis before Chinese text closes behind a letter and not behind a bracket: behind it.
    let rest = body[at..].trim_start_matches(['*', '_', '~']);
    Some(body.len() - rest.len()).filter(|end| good(*end))
}

/// How many brackets a link may have from its text on.
const LINK_ENDS: usize = 16;

/// What a mark at one place comes to.
struct Probed {
    meaning: Vec<String>,
    /// Whether it stands in a link.
    linked: bool,
}

/// Sets a mark; none where it is not read as one, or not in the text.
fn probe(body: &str, at: usize) -> Option<Probed> {
    let (before, after) = (body.get(..at)?, body.get(at..)?);
    parsed(&format!("{before}[^{PROBE}]{after}"), |root| {
        let found = root.descendants().find(|node| {
            matches!(&node.data.borrow().value,
                NodeValue::FootnoteReference(note) if note.name == PROBE)
        })?;
        let above = |is: fn(&NodeValue) -> bool| {
            found.ancestors().any(|node| is(&node.data.borrow().value))
        };
        if above(|value| matches!(value, NodeValue::Image(_) | NodeValue::FootnoteDefinition(_))) {
            return None;
        }
        let linked = above(|value| matches!(value, NodeValue::Link(_)));
        Some(Probed { meaning: meaning(root), linked })
    })
}

/// Parses a body in which the probe is defined.
fn parsed<T>(body: &str, read: impl for<'a> FnOnce(&'a AstNode<'a>) -> T) -> T {
    let arena = Arena::new();
    let mut options = options();
    // As the strictest renderer reads it.
    options.extension.cjk_friendly_emphasis = false;
    let text = format!("[^{PROBE}]: x\n\n{body}");
    read(parse_document(&arena, &text, &options))
}

/// What a text means, without its words and the probe.
fn meaning<'a>(root: &'a AstNode<'a>) -> Vec<String> {
    // Definitions come last, and only those that are in use.
    let text = root
        .children()
        .filter(|block| !matches!(block.data.borrow().value, NodeValue::FootnoteDefinition(_)));
    text.flat_map(AstNode::descendants)
        .filter_map(|node| match &node.data.borrow().value {
            NodeValue::Text(_) => None,
            NodeValue::FootnoteReference(note) => {
                (note.name != PROBE).then(|| format!("note {}", note.name))
            }
            NodeValue::Link(link) | NodeValue::Image(link) => {
                Some(format!("link {} {}", link.url, link.title))
            }
            NodeValue::Code(code) => Some(format!("code {}", code.literal)),
            NodeValue::HtmlInline(html) => Some(format!("html {html}")),
            NodeValue::Math(math) => Some(format!("math {}", math.literal)),
            value => Some(value.xml_node_name().to_owned()),
        })
        .collect()
}

/// Whether a bare address stands directly before `at`; many renderers make a link of it, mark and
/// all.
fn in_bare_address(body: &str, at: usize) -> bool {
    let ends = |c: char| {
        c.is_whitespace()
            || matches!(c, '(' | ')' | '（' | '）' | '<' | '>' | '[' | ']' | '"' | '“')
            || matches!(c, '”' | '。' | '，' | '；' | '：' | '、' | '·')
    };
    body[..at].rsplit(ends).next().is_some_and(|word| word.contains("://"))
}

/// Whether `at` lies in a shortcode of Hugo's, `{{< … >}}` or `{{% … %}}`.
fn in_shortcode(body: &str, at: usize) -> bool {
    let opened = ["{{<", "{{%"].iter().filter_map(|open| body[..at].rfind(open)).max();
    opened.is_some_and(|open| !body[open..at].contains("}}") && body[at..].contains("}}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A body in which `‸` shows where the mark goes for 甲乙; none where it can go nowhere.
    const BODIES: &[&str] = &[
        "他说甲乙‸。然后\n",
        "甲乙‸",
        "甲乙‸, and so on\n",
        "**甲乙‸** 丙\n",
        "**甲乙**‸丙\n",
        "见[甲乙](https://example.org/a_(b))‸丙\n",
        "见[甲乙丙](https://example.org/a)‸丙\n",
        "见[甲乙][1]‸丙\n\n[1]: https://example.org/\n",
        "| 甲乙‸ | 丙 |\n|---|---|\n| 丁 | 戊 |\n",
        "- 一\n  - 甲乙‸\n",
        "> 甲乙‸\n",
        "## 甲乙‸\n\n丙\n",
        "甲乙‸[^1]丙\n\n[^1]: 丁\n",
        "<b>甲乙‸</b>\n",
        "一\r\n二甲乙‸\r\n",
        "`x` 甲乙‸ `y`\n",
        "`甲乙`\n",
        "```\n甲乙\n```\n",
        "丙\n\n    甲乙\n",
        "[丙](https://example.org/甲乙/)\n",
        "[丙](https://example.org/甲乙)\n",
        "[丙](https://example.org \"甲乙\")\n",
        "![甲乙](a.png)\n",
        "<https://example.org/甲乙>\n",
        "https://example.org/甲乙\n",
        "https://example.org/甲乙/丙\n",
        "<img alt=\"甲乙\">\n",
        "<div>\n甲乙\n</div>\n",
        "<!-- 甲乙 -->\n",
        "{{< figure title=\"甲乙\" >}}\n",
        "$甲乙$\n",
        "丙[^1]\n\n[^1]: 甲乙\n",
        "丙\n\n[^1]: 甲乙\n",
        "丙\n\n[^1]: 丁\n\n    甲乙\n",
        "丙\n\n## 引用\n\n- [甲乙](https://a.example/1)\n",
        "丙\n\n## 引用\n\n### 中文\n\n1. [丁](https://a.example/1)\n   甲乙\n",
        "丙\n\n## 引用\n\n- 本文甲乙‸不构成建议\n",
        "丙\n\n## 引用\n\n- [丁](https://a.example/1)\n\n## 附录\n\n- [甲乙](https://a.example/2)‸\n",
        "甲乙(2025)丙\n",
        "[甲乙]: https://example.org/\n",
        "丙[^甲乙]\n\n[^甲乙]: 丁\n",
    ];

    #[test]
    fn a_mark_stands_where_it_is_read_as_one_and_nowhere_else() {
        for shown in BODIES {
            let body = shown.replace('‸', "");
            let seen = places(&body, "甲乙");
            let expected = shown.find('‸');
            let marks: Vec<usize> = seen.open.iter().map(|place| place.mark).collect();
            assert_eq!(marks, expected.into_iter().collect::<Vec<_>>(), "{shown}");
            let others = body.matches("甲乙").count() - marks.len();
            assert_eq!(seen.closed.len(), others, "{shown}");
        }
        let heading = "丙[^1]\n\n## 引用\n\n[^1]: 丁\n";
        assert_eq!(
            (places(heading, "引用").open, places(heading, "引用").closed.len()),
            (vec![], 1)
        );
    }

    #[test]
    fn a_text_that_overlaps_itself_stands_twice() {
        assert_eq!(places("哈哈哈", "哈哈").open.len(), 2);
        assert_eq!(places("甲", "").open, []);
        assert_eq!(places(&"的".repeat(500), "的").open.len(), 500);
    }

    #[test]
    fn a_block_that_is_open_at_the_end_is_seen() {
        for (body, open) in [
            ("甲\n", false),
            ("", false),
            ("```\n甲\n", true),
            ("```\n甲\n```\n", false),
            ("<!-- 甲\n", true),
            ("<div>\n甲\n", false),
            // What ends with its list, or is no fence.
            ("- 甲\n  ```\n  乙\n", false),
            ("甲\n\n    ```\n", false),
            ("   ```\n甲\n", true),
        ] {
            assert_eq!(ends_open(body), open, "{body:?}");
        }
    }

    #[test]
    fn marks_that_stand_there_are_seen() {
        assert_eq!(marks_at("甲[^1][^a]乙", 3), (vec!["1", "a"], 11));
        assert_eq!(marks_at("甲[^ ]", 3), (vec![], 3));
        assert_eq!(marks_at("甲", 3), (vec![], 3));
    }

    proptest! {
        #[test]
        fn no_body_can_make_it_panic(body in "([甲乙a\\[\\]()<>`*_~$#|{}%^:/. \n-]|https://|\\[\\^1\\]){0,60}") {
            let seen = places(&body, "甲");
            prop_assert_eq!(seen.open.len() + seen.closed.len(), body.matches('甲').count());
        }
    }
}
