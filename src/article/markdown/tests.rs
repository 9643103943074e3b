use proptest::prelude::*;

use super::*;

fn html(body: &str) -> String {
    let base = Url::parse("https://example.org/insights/a/").unwrap();
    to_html(body, &Context { base: &base, prefix: "a-" })
}

#[test]
fn emphasis_works_beside_chinese_punctuation() {
    for (markdown, expected) in [
        ("**“超智能”**的", "<strong>“超智能”</strong>的"),
        ("即**中文（强调）**后", "即<strong>中文（强调）</strong>后"),
        ("这是*“着重”*号", "这是<em>“着重”</em>号"),
        ("**燃料。**Meta", "<strong>燃料。</strong>Meta"),
    ] {
        assert_eq!(html(markdown), format!("<p>{expected}</p>\n"));
    }
}

#[test]
fn the_forms_that_articles_use() {
    for (markdown, part) in [
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", "<table>"),
        ("~~旧~~", "<del>旧</del>"),
        ("- [x] 完成\n", "<input type=\"checkbox\" checked=\"\" disabled=\"\" />"),
        ("```rust\nfn a() {}\n```\n", "<code class=\"language-rust\">"),
        ("$E=mc^2$ 与 $a_1 * b_1 * c$", "$E=mc^2$ 与 $a_1 * b_1 * c$"),
        ("$10亿和$20亿", "$10亿和$20亿"),
        ("a\\[b\\]", "a[b]"),
    ] {
        assert!(html(markdown).contains(part), "{markdown}: {}", html(markdown));
    }
}

#[test]
fn links_and_pictures_are_absolute() {
    for (markdown, part) in [
        ("[a](/b)", "href=\"https://example.org/b\""),
        ("[a](b)", "href=\"https://example.org/insights/a/b\""),
        ("[a](#b)", "href=\"https://example.org/insights/a/#b\""),
        ("![a](../c.png)", "src=\"https://example.org/insights/c.png\""),
        ("<img src=\"c.png\">", "src=\"https://example.org/insights/a/c.png\""),
        (
            "<img srcset=\"c.png 1x, /d.png 2x\">",
            "srcset=\"https://example.org/insights/a/c.png 1x, https://example.org/d.png 2x\"",
        ),
        (
            "<img srcset=\"https://c.example/w_400,h_300/a.jpg 400w, data:image/png;base64,AA 2x,/d.png\">",
            "srcset=\"https://c.example/w_400,h_300/a.jpg 400w, https://example.org/d.png\"",
        ),
    ] {
        assert!(html(markdown).contains(part), "{markdown}: {}", html(markdown));
    }
}

#[test]
fn footnotes_have_anchors_of_their_own_and_lead_to_the_page() {
    let html = html("甲[^1]。\n\n[^1]: 乙\n");
    for part in [
        "id=\"fn-a-1\"",
        "id=\"fnref-a-1\"",
        "href=\"https://example.org/insights/a/#fn-a-1\"",
        "href=\"https://example.org/insights/a/#fnref-a-1\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(super::tests::html("甲[^9]。").contains("[^9]"), "an undefined note stays readable");
}

#[test]
fn nothing_that_acts_comes_out() {
    for markdown in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "<a href=\"javascript:alert(1)\">a</a>",
        "<a href=\"JaVaScRiPt:alert(1)\">a</a> [b](data:text/html;base64,x)",
        "<iframe src=\"https://example.org\"></iframe>",
        "<style>body{}</style><p style=\"color:red\">",
        "![a](javascript:alert(1))",
        "<form><input type=password></form>",
    ] {
        let html = html(markdown).to_lowercase();
        for bad in [
            "<script",
            "javascript:",
            "onerror",
            "<iframe",
            "<style",
            "style=",
            "data:text",
            "<form",
            "password",
        ] {
            assert!(!html.contains(bad), "{markdown}: {html}");
        }
    }
}

#[test]
fn what_leads_to_no_page_is_no_link_with_or_without_raw_html() {
    for markdown in [
        "[a](javascript:x) ![b](data:image/png;base64,AA) [c](blob:x)",
        "<b>x</b> [a](javascript:x) ![b](data:image/png;base64,AA)",
    ] {
        let html = html(markdown);
        assert!(!html.contains("href") && !html.contains("src=") && html.contains('a'), "{html}");
    }
    for tag in ["blockquote", "q", "del", "ins"] {
        let html = html(&format!("<{tag} cite=\"javascript:x\">甲</{tag}>"));
        assert!(html.contains(&format!("<{tag}>甲</{tag}>")), "{html}");
    }
}

#[test]
fn chinese_emphasis_may_touch_latin_letters() {
    for (markdown, expected) in [
        ("让Agent**“真能用、真落地”**。好", "让Agent<strong>“真能用、真落地”</strong>。好"),
        ("他说**“智能体”**AI", "他说<strong>“智能体”</strong>AI"),
        ("**“AI”**2025年", "<strong>“AI”</strong>2025年"),
        ("**约10%**2025年", "<strong>约10%</strong>2025年"),
        (
            "GPT**（新）**4 与 x**（乙）**",
            "GPT<strong>（新）</strong>4 与 x<strong>（乙）</strong>",
        ),
        ("`a**“b”**c`", "<code>a**“b”**c</code>"),
        ("**重要**的 **a** b", "<strong>重要</strong>的 <strong>a</strong> b"),
    ] {
        assert_eq!(html(markdown).trim(), format!("<p>{expected}</p>"), "{markdown}");
        assert!(!to_text(markdown).contains('\u{FAFF}'));
    }
    assert_eq!(to_text("让Agent**“真能用”**。"), "让Agent“真能用”。");
}

#[test]
fn a_line_of_marks_is_no_nesting() {
    let (stars, dashes) = ("*".repeat(70), "-".repeat(70));
    let text = format!(
        "## 题\n\n```c\n/{stars}\n * frob\n {stars}/\n```\n\n```\n{dashes} Users\n```\n\n{dashes}\n"
    );
    assert!(html(&text).contains("<h2>题</h2>"), "{}", html(&text));
}

#[test]
fn deep_nesting_is_harmless() {
    for deep in [
        ">".repeat(50_000),
        "- ".repeat(20_000) + "a",
        "[".repeat(50_000),
        "*".repeat(50_001) + "a",
        "![".repeat(20_000),
        (0..2_000).map(|level| " ".repeat(level * 2) + "- a\n").collect(),
    ] {
        // A stack that overflows ends the process, and so the test.
        assert!(html(&deep).len() < 40 * deep.len());
        assert!(to_text(&deep).len() <= 2 * deep.len());
    }
}

#[test]
fn an_identifier_stands_once() {
    let given =
        html("甲[^1]\n\n<p id=\"x\">一</p>\n<p id=\"x\">二</p>\n\n[^1]: 一\n\n[^1]: 二[^1]\n");
    assert_eq!(given.matches("id=\"x\"").count(), 1);
    assert!(given.contains("<p id=\"x\">一"), "{given}");
    assert_eq!(given.matches("id=\"fn-").count(), 1, "{given}");
    // Also where nothing but the renderer wrote it, and where a note is about itself.
    let given = html("[^loop]: [^loop]\n\n[^loop]: [^loop]\n");
    assert_eq!(given.matches("id=\"fn-").count(), 1, "{given}");
    assert_eq!(given.matches("<li>").count(), 1, "{given}");
}

#[test]
fn text_is_what_a_person_reads() {
    assert_eq!(
        to_text("# 标题\n\n**“超智能”**的 [链接](https://a.example)\n\n- 一\n- 二\n"),
        "标题\n“超智能”的 链接\n一\n二"
    );
}

#[test]
fn links_are_those_that_a_reader_could_follow() {
    let body = "[甲](https://a.example/1 \"题\") <https://a.example/2> 见 https://a.example/3 。\n\n\
        [乙][b] [内](/about/) [信](mailto:a@a.example) ![图](https://a.example/p.png)\n\n\
        `https://a.example/code`\n\n[b]: https://a.example/4\n";
    let expected = [1, 2, 3, 4].map(|number| format!("https://a.example/{number}"));
    assert_eq!(links(body), expected);
    assert_eq!(links("没有"), Vec::<String>::new());
}

#[test]
fn notes_without_definition_are_told() {
    let body = "甲[^1]乙[^2]\n丙[^2]\n```\n[^3]\n```\n\n[^1]: 有\n";
    assert_eq!(undefined_notes(body), [(1, "2".to_owned())]);
}

proptest! {
    #[test]
    fn no_text_can_make_it_panic_or_act(text in "(<script>|<img |onerror=|\\]\\(javascript:|[\\[\\]*_`$<>^:!#|~\\n -]|\\PC){0,40}") {
        let html = html(&text).to_lowercase();
        prop_assert!(!html.contains("<script"));
        prop_assert!(!html.contains("href=\"javascript:"));
        to_text(&text);
        undefined_notes(&text);
        links(&text);
    }
}
