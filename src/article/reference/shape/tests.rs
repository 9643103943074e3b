use super::*;

/// Text, then title, address, publication, author, published, accessed; `-` for none.
const SHAPES: &[(&str, [&str; 6])] = &[
    (
        "李明（2025/6/13）。[模型为何变小](https://example.org/a)。源头周报。检索日期2025/6/14。",
        ["模型为何变小", "https://example.org/a", "源头周报", "李明", "2025-06-13", "2025-06-14"],
    ),
    (
        "[模型为何变小](https://example.org/a)·源头周报·李明（2025/6/13）·检索日期2025/6/14",
        ["模型为何变小", "https://example.org/a", "源头周报", "李明", "2025-06-13", "2025-06-14"],
    ),
    (
        "[模型为何变小](https://example.org/a) · 源头周报 · 李明 (2025/6/13) · 检索日期2025/6/14",
        ["模型为何变小", "https://example.org/a", "源头周报", "李明", "2025-06-13", "2025-06-14"],
    ),
    (
        "[模型为何变小](https://example.org/a)·源头周报·（2025/6/13）·检索日期2025/6/14",
        ["模型为何变小", "https://example.org/a", "源头周报", "-", "2025-06-13", "2025-06-14"],
    ),
    (
        "[模型为何变小](https://example.org/a)·源头周报（未知日期）·检索日期2025/6/14",
        ["模型为何变小", "https://example.org/a", "源头周报", "-", "-", "2025-06-14"],
    ),
    (
        "[模型为何变小](https://example.org/a) · 源头周报 · 2025/6/13 · 检索日期2025/6/14",
        ["模型为何变小", "https://example.org/a", "源头周报", "-", "2025-06-13", "2025-06-14"],
    ),
    (
        "模型为何变小·源头周报·李明（2025/6/13）·检索日期2025/6/14",
        ["模型为何变小", "-", "源头周报", "李明", "2025-06-13", "2025-06-14"],
    ),
    (
        "模型为何变小·源头周报·（2025/6/13）·检索日期2025/6/14",
        ["模型为何变小", "-", "源头周报", "-", "2025-06-13", "2025-06-14"],
    ),
    (
        "模型为何变小·源头周报（无日期）·检索日期2025/6/14",
        ["模型为何变小", "-", "源头周报", "-", "-", "2025-06-14"],
    ),
    (
        "（2024年7月22日）。“[Small models](https://example.org/a)”。Example News。检索日期 2024 年 7 月 26 日。",
        ["Small models", "https://example.org/a", "Example News", "-", "2024-07-22", "2024-07-26"],
    ),
    (
        "(2024, July 22). \"[Small models](https://example.org/a)\". Example News. Retrieved July 23, 2024.",
        ["Small models", "https://example.org/a", "Example News", "-", "2024-07-22", "2024-07-23"],
    ),
    (
        "Ann Lee and Bo Chen (Date). \"[Small models](https://example.org/a)\". Example News. Retrieved June 1, 2024.",
        [
            "Small models",
            "https://example.org/a",
            "Example News",
            "Ann Lee and Bo Chen",
            "-",
            "2024-06-01",
        ],
    ),
    (
        "Ann Lee et al. (2025/1/1). [Open problems](https://example.org/abs/1). arXiv. Retrieved 2025/6/17.",
        [
            "Open problems",
            "https://example.org/abs/1",
            "arXiv",
            "Ann Lee et al",
            "2025-01-01",
            "2025-06-17",
        ],
    ),
    (
        "(n.d.). \"[Small models](https://example.org/a)\". Example News. 检索日期 2024年7月29日。",
        ["Small models", "https://example.org/a", "Example News", "-", "-", "2024-07-29"],
    ),
    (
        "模型变小对行业有哪些影响？(2025/2/24)。[问答](https://example.org/q/1)。检索日期2025/6/17。",
        [
            "模型变小对行业有哪些影响？",
            "https://example.org/q/1",
            "问答",
            "-",
            "2025-02-24",
            "2025-06-17",
        ],
    ),
    (
        "模型又变小了（2025/6/16）。源头周报。检索日期2025/6/16。",
        ["模型又变小了", "-", "源头周报", "-", "2025-06-16", "2025-06-16"],
    ),
    (
        "李明（2025/6/19）。<a href=\"https://example.org/s/1\">小模型</a>。源头周报。检索日期2025/6/19。",
        ["小模型", "https://example.org/s/1", "源头周报", "李明", "2025-06-19", "2025-06-19"],
    ),
    (
        "模型为何变小·源头周报·（2025/6/30）·检索日期2025/6/30 [https://example.org/a](https://example.org/a)",
        ["模型为何变小", "https://example.org/a", "源头周报", "-", "2025-06-30", "2025-06-30"],
    ),
    (
        "模型为何变小 (https://example.org/a?b=c)·源头周报·(2025/7/9)·检索日期2025/7/9",
        ["模型为何变小", "https://example.org/a?b=c", "源头周报", "-", "2025-07-09", "2025-07-09"],
    ),
    (
        "[模型（小）的[新]时代](https://example.org/wiki/A_(b))·源头周报（2025/6/13）·检索日期2025/6/14",
        [
            "模型（小）的[新]时代",
            "https://example.org/wiki/A_(b)",
            "源头周报",
            "-",
            "2025-06-13",
            "2025-06-14",
        ],
    ),
    (
        "（2023/12/28）。[谁投了谁？](https://example.org/1) 源头周报。检索日期2025/6/17。",
        ["谁投了谁？", "https://example.org/1", "源头周报", "-", "2023-12-28", "2025-06-17"],
    ),
    (
        "[Small models](https://example.org/a). Example News. Retrieved May 29, 2024.",
        ["Small models", "https://example.org/a", "Example News", "-", "-", "2024-05-29"],
    ),
    (
        "李明, 王芳. 模型为何变小[EB/OL]. (2025-06-13)[2025-06-14]. <https://example.org/a_(b)>.",
        [
            "模型为何变小",
            "https://example.org/a_(b)",
            "-",
            "李明, 王芳",
            "2025-06-13",
            "2025-06-14",
        ],
    ),
    (
        "李明. https://example.org/b/[EB/OL]. (2025-06-13)[2025-06-14]. <https://example.org/a>.",
        [
            "https://example.org/b/",
            "https://example.org/a",
            "-",
            "李明",
            "2025-06-13",
            "2025-06-14",
        ],
    ),
    (
        "模型为何变小[N/OL]. 源头日报, 2025-06-13(1)[2025-06-14]. https://example.org/a.",
        ["模型为何变小", "https://example.org/a", "源头日报", "-", "2025-06-13", "2025-06-14"],
    ),
    (
        "Ann Lee, & Bo Chen. (2025, June 13). *Small models: a_b*. Example News. <https://example.org/a>",
        [
            "Small models: a_b",
            "https://example.org/a",
            "Example News",
            "Ann Lee, & Bo Chen",
            "2025-06-13",
            "-",
        ],
    ),
    (
        "*Data accessed by nobody?* (n.d.). Example News. Retrieved June 14, 2025, from <https://example.org/a>",
        [
            "Data accessed by nobody?",
            "https://example.org/a",
            "Example News",
            "-",
            "-",
            "2025-06-14",
        ],
    ),
    (
        "[佚名]（2025/6/17）。_小模型的「新时代」_。<https://example.org/1>。源头周报。检索日期2025/6/20。",
        [
            "小模型的「新时代」",
            "https://example.org/1",
            "源头周报",
            "-",
            "2025-06-17",
            "2025-06-20",
        ],
    ),
    (
        "https://example.org/a",
        ["https://example.org/a", "https://example.org/a", "-", "-", "-", "-"],
    ),
    ("", ["-", "-", "-", "-", "-", "-"]),
];

#[test]
fn every_shape_in_use_is_read() {
    for (text, expected) in SHAPES {
        let reference = read(text);
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let seen = [
            reference.title,
            reference.url,
            reference.publication,
            reference.author,
            day(reference.published),
            day(reference.accessed),
        ]
        .map(|field| field.unwrap_or_else(|| "-".into()));
        assert_eq!(seen.each_ref().map(String::as_str), *expected, "{text}");
    }
}

#[test]
fn what_comes_before_a_retrieval_is_found_by_its_first_letter() {
    for word in RETRIEVED {
        assert!(word.starts_with(BEGINNINGS), "{word}");
    }
}
