//! Articles as they should not be, and now and then as they should.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::select;

/// Stands in every draft, and must stand in no feed.
pub(crate) const SECRET: &str = "S3CRET";

/// A file below the article folder.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?}: {:?}", self.path, String::from_utf8_lossy(&self.bytes))
    }
}

/// Any file.
pub(crate) fn files() -> impl Strategy<Value = File> {
    (paths(), contents()).prop_map(|(path, bytes)| File { path, bytes })
}

fn paths() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => select(vec!["notes", "essays", "Notes", "数据 标注", "tags", "topics"]).prop_map(str::to_owned),
        1 => select(vec![
            "a b", "C++", "100%", "%2e%2e", "a?b#c", "a&b", "<i>", "'\"", "...", "-", "index", "_index",
            "suggestions", "page", ".hidden", "copy~", "#lock#", "e\u{301}", "é", "\u{202E}cod", "👩‍👩‍👧",
            "a\\b", "CON", "index.xml", "a\nb",
        ]).prop_map(str::to_owned),
        1 => Just("长".repeat(80)),
        1 => "[a-z]{1,3}",
    ];
    let name = prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"));
    (name, select(vec![".md", ".md", ".md", ".markdown", ".MD", ".txt", ".zh.md"]))
        .prop_map(|(name, ending)| name + ending)
}

fn contents() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        12 => article().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => (article(), any::<prop::sample::Index>()).prop_map(|(text, cut)| {
            let bytes = text.into_bytes();
            bytes[..cut.index(bytes.len())].to_vec()
        }),
    ]
}

fn article() -> impl Strategy<Value = String> {
    let keys = (
        prop_oneof![4 => odd_text().prop_map(|text| quoted(&text)), 1 => odd_value()],
        prop_oneof![5 => date(), 1 => odd_value()],
        terms(),
        terms(),
        prop::collection::vec(other_key(), 0..4),
    );
    (keys, body(), prop::bool::weighted(0.15), select(vec!["\n", "\r\n"])).prop_map(
        |((title, date, tags, topics, others), body, draft, end)| {
            let mut lines = vec!["---".to_owned()];
            if draft {
                lines.push(format!("title: {}", quoted(SECRET)));
                lines.push("draft: true".into());
            } else {
                lines.push(format!("title: {title}"));
            }
            lines.push(format!("date: {date}"));
            lines.push(format!("tags: {tags}"));
            lines.push(format!("main_topics: {topics}"));
            lines.extend(others);
            lines.push("---".into());
            lines.push(String::new());
            lines.push(if draft { format!("{SECRET} {body}") } else { body });
            lines.join(end)
        },
    )
}

/// As YAML reads it back.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn date() -> impl Strategy<Value = String> {
    select(vec![
        "2026-03-01T08:00:00+08:00",
        "2026-03-01T08:00:00+08:00",
        "2026-02-28",
        "2026-02-28 07:30",
        "2025-12-31T23:59:60Z",
        "2024-02-29T00:00:00-12:00",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "2026-03-10T12:00:00Z",
        "2026-03-11",
        "2025年6月13日",
        "'2026-03-01T08:00:00.123456789+05:45'",
        "2026-02-30",
        "20260301",
        "tomorrow",
    ])
    .prop_map(str::to_owned)
}

fn odd_value() -> impl Strategy<Value = String> {
    select(vec![
        "",
        "~",
        "null",
        "[]",
        "{}",
        "{a: b}",
        "[[1]]",
        "-1",
        "1e400",
        ".nan",
        "true",
        "&a [*a]",
        "*a",
        "!!binary x",
        "|",
        ">-",
        "\"",
        "'",
        "@",
        "99999999999999999999",
        "[1, 2",
        "\t",
    ])
    .prop_map(str::to_owned)
}

fn terms() -> impl Strategy<Value = String> {
    let usual = select(vec![
        "AI",
        "ai",
        "ＡＩ",
        "AI Agent",
        "AI-Agent",
        "智能体",
        "C++",
        "C#",
        "c",
        "/",
        ".",
        "..",
        "a/b",
        "#",
        "?",
        "%",
        "<b>",
        "index.xml",
        "page",
    ]);
    let term = prop_oneof![3 => usual.prop_map(str::to_owned), 1 => odd_text()];
    let list = prop::collection::vec(term, 0..5).prop_map(|terms| {
        format!("[{}]", terms.iter().map(|term| quoted(term)).collect::<Vec<_>>().join(", "))
    });
    prop_oneof![5 => list, 1 => odd_value()]
}

fn other_key() -> impl Strategy<Value = String> {
    let names = select(vec![
        "summary",
        "description",
        "slug",
        "url",
        "lastmod",
        "publishDate",
        "expiryDate",
        "author",
        "authors",
        "image",
        "images",
        "cover",
        "weight",
        "aliases",
        "sources",
        "draft",
        "title",
        "nothing",
    ]);
    let values = prop_oneof![
        2 => odd_text().prop_map(|text| quoted(&text)),
        1 => date(),
        1 => odd_value(),
        1 => select(vec![
            "/a b.png", "../x.jpg", "//other.example/i.webp", "javascript:alert(1)", "data:image/png;base64,AA",
            "https://example.org/a?b=1&c=2", "http://[::1", "mailto:a@b", "[a, b]", "{name: x, email: y@z}",
        ]).prop_map(str::to_owned),
    ];
    (names, values).prop_map(|(name, value)| format!("{name}: {value}"))
}

fn body() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => odd_text(),
        1 => any::<String>(),
        3 => select(vec![
            "\n\n", "\n", "# 标题\n", "**“重点”**强调", "- a\n  - b\n", "> ", "```rust\nlet x = \"]]>\";\n```\n",
            "| a | b |\n|---|---|\n| 1 | `|` |\n", "$$x < y$$", "[^1]", "\n[^1]: 作者（2025/6/13）。[标题](https://a.example/x)。\n",
            "[^never]", "\n[^loop]: [^loop]\n", "![图](a.png)", "![](../b c.png \"t\")", "[x](#fn:1)", "[x](./y.md)",
            "<img src=x srcset='a.png 1x, /b.png 2x' onerror=alert(1)>", "<script>alert('x')</script>",
            "<SCRIPT SRC=//e.example></SCRIPT>", "<a href='java\tscript:x'>", "<svg onload=x>", "<style>*{}</style>",
            "<iframe src=//v.example></iframe>", "<details open><summary>x", "<!-- ", "-->", "<![CDATA[", "&nbsp;&#0;&#x1F;",
            "<base href=//e.example>", "<p id=\"fn:1\">", "<math><mi>x</mi></math>", "{{< figure src=\"/a.png\" >}}", "<!--more-->",
        ]).prop_map(str::to_owned),
        1 => Just("> ".repeat(300)),
        1 => Just("[".repeat(400)),
        1 => Just("<b><i>".repeat(300)),
        1 => Just("*a **b ".repeat(300)),
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// Text with what has broken feeds before.
fn odd_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        1 => "\\PC{0,6}",
        1 => "[\\x00-\\x20]{0,3}",
        3 => select(vec![
            "AI", "标题", " ", "]]>", "&", "&amp;", "&#0;", "<", "</item>", "<![CDATA[", "\u{FFFE}", "\u{D7FF}", "🙂",
            "\"", "'", "\\", "\u{202E}", "\u{FEFF}", "\u{2028}", "\u{0}", "%", "#", "?", "/", ": ", "- ", "👨‍👩‍👧",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}
