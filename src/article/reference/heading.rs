//! The heading under which an article lists what it cites, by whatever name.

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
    "参考书目",
    "引用资料",
    "引用链接",
    "資料來源",
    "资料来源",
    "来源",
    "信息来源",
    "出处",
    "注释",
    "脚注",
    "尾注",
    "參考",
    "參考文獻",
    "參考資料",
    "引用來源",
    "參考來源",
    "註釋",
    "references",
    "reference",
    "sources",
    "source",
    "bibliography",
    "footnotes",
    "endnotes",
    "notes",
    "notes and references",
    "references and notes",
    "sources and references",
    "citations and references",
    "citations",
    "works cited",
];

/// The text of a heading line: `## 引用`, or a line that is bold as a whole.
pub(super) fn heading(line: &str) -> Option<&str> {
    let is_code = line.starts_with("    ") || line.starts_with('\t');
    let line = line.trim();
    let hashes = line.bytes().take_while(|&byte| byte == b'#').count();
    if (1..=6).contains(&hashes) && !is_code {
        return Some(line[hashes..].trim().trim_end_matches('#'));
    }
    ["**", "__"].into_iter().find_map(|mark| {
        let bold = line.strip_prefix(mark)?.trim_end_matches([':', '：']).strip_suffix(mark)?;
        (!bold.contains(mark)).then_some(bold)
    })
}

/// Whether a heading names the section; each of its names where it has several: `引用 / References`.
///
/// A number before it (`六、`) or that it stands behind the text (`附录：`) names nothing.
pub(super) fn names_references(heading: &str) -> bool {
    // `{#id .class}` is Hugo's.
    let heading = heading.split('{').next().unwrap_or_default();
    let names_nothing = |name: &str| {
        name.is_empty()
            || name.chars().all(|c| "一二三四五六七八九十".contains(c))
            || ["附", "附录", "附錄"].contains(&name)
    };
    let mut names = heading
        .split(['/', '|', '(', ')', '（', '）', '·', '、', ':', '：'])
        .map(|name| name.trim_matches(|c: char| !c.is_alphabetic()))
        .filter(|name| !names_nothing(name))
        .peekable();
    let is_known = |name: &str| HEADINGS.iter().any(|known| known.eq_ignore_ascii_case(name));
    names.peek().is_some() && names.all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_many_names() {
        for (line, expected) in [
            ("## 引用", true),
            ("### References", true),
            ("**参考文献**", true),
            ("**引用：**", true),
            ("## 5. Sources:", true),
            ("## 六、参考文献", true),
            ("## （六）参考文献", true),
            ("## 附录：参考资料", true),
            ("## 參考來源 {.small}", true),
            ("__References__", true),
            ("    ## References", false),
            ("## 附录", false),
            ("## 一、二", false),
            ("## 引用与争议", false),
            ("引用", false),
        ] {
            assert_eq!(heading(line).is_some_and(names_references), expected, "{line}");
        }
    }
}
