//! Words of a taxonomy as authors and templates leave them: blanks, placeholders and brackets.

/// What templates leave behind when nobody fills them in.
const PLACEHOLDERS: &[&str] = &[
    "n/a",
    "na",
    "none",
    "null",
    "nil",
    "undefined",
    "unknown",
    "tbd",
    "todo",
    "tag name",
    "topic name",
    "无",
    "暂无",
    "未知",
    "待定",
    "空",
    "栏目名",
    "栏目名称",
    "主题名",
    "主题名称",
    "标签名",
    "标签名称",
];

/// The term that `word` names; none for a blank or a placeholder. A name in square brackets is the
/// name.
pub(super) fn clean(word: &str) -> Option<String> {
    let mut name = word.trim();
    while let Some(inner) = bracketed(name) {
        name = inner.trim();
    }
    // A name needs a letter or a digit: `--` and `……` have none.
    let says_something = name.chars().any(char::is_alphanumeric);
    let placeholder = PLACEHOLDERS.contains(&name.to_lowercase().as_str());
    (says_something && !placeholder).then(|| name.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn bracketed(name: &str) -> Option<&str> {
    [('[', ']'), ('【', '】'), ('［', '］')].into_iter().find_map(|(open, close)| {
        let inner = name.strip_prefix(open)?.strip_suffix(close)?;
        (!inner.contains([open, close])).then_some(inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_become_terms() {
        for (word, expected) in [
            ("Scale AI", Some("Scale AI")),
            ("  Scale \t AI ", Some("Scale AI")),
            ("[AI内参日报]", Some("AI内参日报")),
            ("【早报】", Some("早报")),
            ("【[早报]】", Some("早报")),
            ("[AI] 与 [芯片]", Some("[AI] 与 [芯片]")),
            ("[栏目名]", None),
            ("栏目名", None),
            ("--", None),
            ("", None),
            (" ", None),
            ("……", None),
            ("N/A", None),
            ("None", None),
            ("C++", Some("C++")),
            ("无人驾驶", Some("无人驾驶")),
            ("2025", Some("2025")),
        ] {
            assert_eq!(clean(word).as_deref(), expected, "{word}");
        }
    }
}
