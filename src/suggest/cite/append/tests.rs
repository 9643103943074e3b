use proptest::prelude::*;

use super::*;
use crate::suggest::rank::tests::candidate;

const FRONT: &str = "---\ntitle: T\ndate: 2025-06-13\n---\n";

fn one() -> Candidate {
    Candidate {
        url: Some("https://example.org/one".into()),
        ..candidate("one", "甲", "2025-06-03")
    }
}

fn two() -> Candidate {
    Candidate {
        url: Some("https://example.org/two".into()),
        ..candidate("two", "乙二", "2025-06-04")
    }
}

fn tried(text: &str, items: &[Candidate], mark: Option<&str>) -> Result<Appended, CiteError> {
    let template = Template::new("[{title}]({url})。").unwrap();
    let accessed = NaiveDate::from_ymd_opt(2025, 6, 13).unwrap();
    append(text, &Request { items, template: &template, accessed, english: false, mark })
}

fn cite(text: &str, items: &[Candidate]) -> Appended {
    tried(text, items, None).unwrap()
}

fn note(number: u32) -> String {
    format!("[^{number}]: [甲](https://example.org/one)。")
}

#[test]
fn a_footnote_goes_behind_the_last_one_and_nothing_else_changes() {
    for (body, before, inserted) in [
        ("文[^2]\n\n## References\n\n[^1]: 乙\n[^2]: 丙\n", "丙\n", format!("{}\n", note(3))),
        ("文\n\n## 引用\n\n[^1]: 乙\n\n## 附录\n", "乙\n", format!("{}\n", note(2))),
        ("文\n", "文\n", format!("\n## 引用\n\n{}\n", note(1))),
        ("文\n\n", "文\n\n", format!("## 引用\n\n{}\n", note(1))),
        ("文", "文", format!("\n\n## 引用\n\n{}", note(1))),
        ("", "", format!("\n## 引用\n\n{}\n", note(1))),
        ("文\n\n[^1]: 乙", "乙", format!("\n{}", note(2))),
        // Line ends as they are where the note goes.
        ("文\r\n\r\n## 引用\r\n\r\n[^1]: 乙\r\n", "乙\r\n", format!("{}\r\n", note(2))),
        ("文\r\n\n## 引用\n\n[^1]: 乙\n丙\r\n", "丙\r\n", format!("{}\r\n", note(2))),
        ("文\r\n\r\n## 引用\r\n\n[^1]: 乙\n", "乙\n", format!("{}\n", note(2))),
        ("文\r\n文", "文\r\n文", format!("\r\n\r\n## 引用\r\n\r\n{}", note(1))),
        // A heading without a note: at the end of its section.
        ("文\n\n**参考资料**\n", "资料**\n", format!("\n{}\n", note(1))),
        ("文\n\n### Notes\n\n", "Notes\n\n", format!("{}\n", note(1))),
        ("文\n\n# 參考文獻\n\n# 附录\n", "文獻\n", format!("\n{}\n", note(1))),
        (
            "文\n\n## 引用 / References {#refs}\n- 甲二\n## 附录\n",
            "甲二\n",
            format!("\n{}\n\n", note(1)),
        ),
        ("文\n\n参考文献\n----\n\n附\n", "附\n", format!("\n{}\n", note(1))),
        (
            "**【信息来源】**\n甲二\n\n**【信息来源】**\n乙\n\n## 尾\n",
            "尾\n",
            format!("\n## 引用\n\n{}\n", note(1)),
        ),
        // Headings within the section part it; one of its level, or a higher one, ends it.
        (
            "## 引用\n\n### 中文\n\n[^1]: 乙\n\n### English\n\n[^2]: 丙\n\n## 附录\n\n尾\n",
            "丙\n",
            format!("{}\n", note(3)),
        ),
        (
            "## 引用\n\n**中文**\n\n[^1]: 乙\n\n# 附录\n\n[^2]: 丙\n",
            "乙\n",
            format!("{}\n", note(3)),
        ),
        ("**引用**\n\n[^1]: 乙\n\n**附录**\n\n[^2]: 丙\n", "乙\n", format!("{}\n", note(3))),
        ("引用\n====\n\n## 中文\n\n[^1]: 乙\n", "乙\n", format!("{}\n", note(2))),
        ("引用\n----\n\n### 中文\n\n[^1]: 乙\n\n## 尾\n", "乙\n", format!("{}\n", note(2))),
        (
            "## 引用\n\n### 来源\n\n- 甲二\n\n### English\n\n- 乙二\n\n## 附录\n",
            "乙二\n",
            format!("\n{}\n", note(1)),
        ),
        (
            "**引用**\n\n[^1]: 乙\n\n    **丙**\n\n[^2]: 丁\n\n**附录**\n\n[^3]: 戊\n",
            "丁\n",
            format!("{}\n", note(4)),
        ),
        // Labels that are no numbers, gaps, and marks without a note.
        ("文[^a]\n\n[^a]: 乙\n", "乙\n", format!("{}\n", note(1))),
        ("文[^9]\n\n[^2]: 乙\n[^5]: 丙\n", "丙\n", format!("{}\n", note(10))),
        // A note of several paragraphs is one note.
        ("文\n\n[^1]: 乙\n\n    丙\n\n    丁\n\n尾\n", "丁\n", format!("{}\n", note(2))),
        ("文\n\n[^1]: 乙\n  丙\n\n尾\n", "丙\n", format!("{}\n", note(2))),
        // What only looks like references.
        ("```\n## 引用\n[^1]: 乙\n```\n", "```\n", format!("\n## 引用\n\n{}\n", note(2))),
        ("````\n```\n[^1]: 乙\n````\n", "````\n", format!("\n## 引用\n\n{}\n", note(2))),
        ("<!--\n## 引用\n[^1]: 乙\n-->\n文\n", "文\n", format!("\n## 引用\n\n{}\n", note(2))),
        ("文 ```x``` 文\n\n## 引用\n\n[^1]: 乙\n", "乙\n", format!("{}\n", note(2))),
        // A block that is open to the end is closed first.
        ("文\n\n~~~~\n代码\n", "代码\n", format!("~~~~\n\n## 引用\n\n{}\n", note(1))),
        ("文\n\n```\n代码", "代码", format!("\n```\n\n## 引用\n\n{}", note(1))),
        ("- 文\n  ```\n  代码\n", "代码\n", format!("\n## 引用\n\n{}\n", note(1))),
        ("文\n\n<!-- 注\n", "注\n", format!("-->\n\n## 引用\n\n{}\n", note(1))),
    ] {
        let text = format!("{FRONT}{body}");
        let at = text.rfind(before).unwrap() + before.len();
        let at = if before.is_empty() { FRONT.len() } else { at };
        let appended = cite(&text, &[one()]);
        assert_eq!(appended.text, format!("{}{inserted}{}", &text[..at], &text[at..]), "{body:?}");
    }
}

#[test]
fn a_byte_order_mark_and_every_front_matter_stay() {
    for front in [
        format!("\u{feff}{FRONT}"),
        FRONT.replace('\n', "\r\n"),
        "+++\ntitle = \"T\"\ndate = 2025-06-13\n+++\n".to_owned(),
        "{\"title\": \"T\", \"date\": \"2025-06-13\"}\n".to_owned(),
        "\u{feff}".to_owned(),
        String::new(),
    ] {
        let appended = cite(&format!("{front}文"), &[one()]);
        assert!(appended.text.starts_with(&format!("{front}文")), "{}", appended.text);
        assert!(appended.text.ends_with(&note(1)));
    }
}

#[test]
fn an_english_site_has_an_english_heading() {
    let template = Template::default();
    let accessed = NaiveDate::from_ymd_opt(2025, 6, 13).unwrap();
    let items = [one()];
    let request =
        Request { items: &items, template: &template, accessed, english: true, mark: None };
    assert!(
        append("Text\n", &request).unwrap().text.starts_with("Text\n\n## References\n\n[^1]: ")
    );
}

#[test]
fn a_second_copy_is_refused() {
    for notes in [
        "[^1]: [他题](http://www.example.org/one/)。",
        "[^1]: 甲·报·（2025/6/3）",
        "[^1]: <https://example.org/one?utm_source=x>",
    ] {
        let text = format!("{FRONT}文\n\n## 引用\n\n{notes}\n");
        let appended = cite(&text, &[one()]);
        let refused = [Refused { title: "甲".into(), label: Some("1".into()) }];
        assert_eq!((appended.text.as_str(), appended.refused.as_slice()), (&*text, &refused[..]));
    }
    let twice = cite("文\n", &[one(), one()]);
    assert_eq!((twice.added.len(), twice.refused.len()), (1, 1));
    // A title of marks only is the title of nothing.
    let marks = |url: &str| Candidate { title: "！".into(), url: Some(url.into()), ..one() };
    let several = cite("文\n", &[marks("https://example.org/1"), marks("https://example.org/2")]);
    assert_eq!(several.refused, []);
}

#[test]
fn an_address_that_is_written_in_another_way_is_known_again() {
    for url in [
        "https://example.org/{{% x %}}",
        "https://example.org/a?q={{< b >}}",
        "https://example.org/a\u{202e}b?c=\u{200b}",
    ] {
        let item = Candidate { url: Some(url.into()), ..one() };
        let appended = cite("文\n", std::slice::from_ref(&item));
        assert!(!appended.text.contains("{{"), "{}", appended.text);
        let renamed = Candidate { title: "他题".into(), ..item };
        let again = cite(&appended.text, &[renamed]);
        assert_eq!((again.added.len(), again.refused.len()), (0, 1), "{url}");
    }
}

#[test]
fn what_stands_in_sources_only_is_refused_until_a_mark_needs_its_note() {
    let front = "---\ntitle: T\ndate: 2025-06-13\nsources:\n  - {title: x, url: https://example.org/one}\n---\n";
    let text = format!("{front}文\n");
    let appended = cite(&text, &[one()]);
    assert_eq!(appended.refused, [Refused { title: "甲".into(), label: None }]);
    assert_eq!(appended.text, text);
    let marked = tried(&text, &[one()], Some("文")).unwrap();
    assert_eq!(marked.text, format!("{front}文[^1]\n\n## 引用\n\n{}\n", note(1)));
}

#[test]
fn marks_stand_behind_the_text_and_bear_the_notes_numbers() {
    let notes = "\n## 引用\n\n[^5]: 丙\n";
    let with = |first: &str| format!("{FRONT}{first}{notes}");
    let appended = tried(&with("他说了。\n"), &[one(), two()], Some("他说了")).unwrap();
    assert!(appended.text.starts_with(&format!("{FRONT}他说了[^6][^7]。\n{notes}[^6]: ")));
    assert_eq!(appended.marked, ["6", "7"]);
    // Behind what stands there, and no mark twice.
    let there = tried(&with("他说了[^5]。\n"), &[one()], Some(" 他说了 ")).unwrap();
    assert!(there.text.starts_with(&format!("{FRONT}他说了[^5][^6]。\n")), "{}", there.text);
    let known = format!("{FRONT}他说了。\n\n[^a]: [甲](https://example.org/one)\n");
    let marked = tried(&known, &[one()], Some("他说了")).unwrap();
    assert_eq!(marked.text, known.replacen("他说了", "他说了[^a]", 1));
    assert_eq!((marked.added.len(), marked.marked.as_slice()), (0, &["a".to_owned()][..]));
    assert_eq!(tried(&marked.text, &[one()], Some("他说了")).unwrap().text, marked.text);
    // Behind the references, and at the very end of the file.
    let behind = format!("{FRONT}文{notes}\n## 附录\n\n他说了");
    let marked = tried(&behind, &[one()], Some("他说了")).unwrap();
    assert_eq!(marked.text, format!("{FRONT}文{notes}{}\n\n## 附录\n\n他说了[^6]", note(6)));
    let last = tried("他说了", &[one()], Some("他说了")).unwrap();
    assert_eq!(last.text, format!("他说了[^1]\n\n## 引用\n\n{}", note(1)));
}

#[test]
fn a_text_that_does_not_stand_once_changes_nothing_and_says_where_it_stands() {
    for (body, mark, expected) in [
        ("一\n", "二", "`二` does not stand in the text"),
        ("一\n", "  ", "`` does not stand in the text"),
        ("一\n\n一和一\n", "一", "`一` stands 3 times, on lines 5, 7; give more of the text"),
        ("`一`\n", "一", "`一` stands only where no mark can be set, on line 5: in code"),
        ("文\n", "title", "stands only where no mark can be set, on line 2"),
        ("文\n\n[^1]: 一\n", "一", "on line 7"),
        ("文\n\n## 引用\n\n- [一](https://x.example/1)\n", "一", "on line 9"),
    ] {
        let error = tried(&format!("{FRONT}{body}"), &[one()], Some(mark)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let full = tried("文[^4294967295]\n", &[one()], None).unwrap_err();
    assert!(full.to_string().contains("no number is left"), "{full}");
}

/// Lines that articles are made of.
fn article() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "文甲乙",
        "text[^3] 文",
        "## 引用",
        "### References",
        "### 中文",
        "**参考**",
        "## 附录",
        "[^1]: 报·甲",
        "[^a]: x",
        "    深",
        "```",
        "~~~",
        "<!-- 注",
        "-->",
        "",
        "",
        "- 条",
        "> 引",
        "---",
        "| a | b |",
        "\u{feff}",
        "{{< x >}}",
    ]);
    let end = prop::sample::select(vec!["\n", "\n", "\r\n", "\n\n"]);
    let lines = prop::collection::vec((line, end), 0..14);
    (prop::bool::ANY, lines, prop::bool::ANY).prop_map(|(front, lines, ended)| {
        let mut text = if front { FRONT.to_owned() } else { String::new() };
        for (line, end) in &lines {
            text.push_str(line);
            text.push_str(end);
        }
        if ended { text } else { text.trim_end_matches(['\n', '\r']).to_owned() }
    })
}

proptest! {
    #[test]
    fn nothing_changes_but_what_is_inserted_and_the_second_time_nothing_at_all(text in article()) {
        let before = text.as_bytes();
        let appended = cite(&text, &[one(), two()]);
        let after = appended.text.as_bytes();
        let kept = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
        prop_assert!(kept + tail >= before.len());
        prop_assert_eq!(appended.added.len() + appended.refused.len(), 2);
        let again = cite(&appended.text, &[one(), two()]);
        prop_assert_eq!(again.added.len(), 0, "{}", appended.text);
        prop_assert_eq!(&again.text, &appended.text);
        // The note is there for our reader, and for every other.
        let body = &appended.text[body_start(&appended.text)..];
        let (number, _) = &appended.added[0];
        let read = reference::in_body(body);
        let note = read.iter().find(|one| one.number == Some(number.to_string()));
        prop_assert_eq!(note.and_then(|note| note.url.as_deref()), Some("https://example.org/one"));
        let mark = format!("[^{number}]");
        prop_assert!(!text[body_start(&text)..].contains(&mark));
        if section::find(body).unclosed.is_some() {
            // A comment that the author left open hides what a renderer puts behind the text.
            return Ok(());
        }
        let marked = format!("见[^{number}]。\n\n{body}");
        let html = crate::article::markdown::to_html(&marked, &crate::article::markdown::Context {
            base: &"https://example.org/".parse().unwrap(),
            prefix: "",
        });
        let anchor = format!("id=\"fn-{number}\"");
        prop_assert!(html.contains(&anchor), "{}\n{}", marked, html);
    }

    #[test]
    fn with_its_mark_taken_out_the_text_is_what_it_was(text in article(), at in 0..10_usize) {
        let marked = format!("{}独此", ["", "**", "甲", "- ", "> ", "`", "[", "x ", "| ", "#"][at]);
        let text = format!("{text}\n\n{marked}尾\n");
        let Ok(appended) = tried(&text, &[one()], Some("独此")) else { return Ok(()) };
        let plain = cite(&text, &[one()]);
        prop_assert_eq!(appended.text.matches("独此[^").count(), 1);
        let mark = format!("[^{}]", appended.marked[0]);
        prop_assert_eq!(appended.text.replacen(&format!("独此{mark}"), "独此", 1), plain.text);
    }
}
