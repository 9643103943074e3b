use proptest::prelude::*;

use super::*;
use crate::suggest::rank::tests::candidate;

fn item(author: Option<&str>, publication: Option<&str>, url: Option<&str>) -> Candidate {
    Candidate {
        author: author.map(Into::into),
        publication: publication.map(Into::into),
        url: url.map(Into::into),
        ..candidate("a", "小模型[上]", "2025-06-03")
    }
}

fn read_on() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 6, 13).unwrap()
}

#[test]
fn missing_parts_drop_out_with_their_punctuation() {
    let url = Some("https://example.org/a (b)");
    for (template, item, expected) in [
        (
            HOUSE_STYLE,
            item(Some("李明"), Some("周报"), url),
            "李明（2025/6/3）。[小模型\\[上\\]](https://example.org/a%20%28b%29)。周报。检索日期2025/6/13。",
        ),
        (
            HOUSE_STYLE,
            item(None, Some("周报"), Some("https://example.org/a")),
            "（2025/6/3）。[小模型\\[上\\]](https://example.org/a)。周报。检索日期2025/6/13。",
        ),
        (
            HOUSE_STYLE,
            Candidate {
                published: None,
                ..item(Some("李明"), None, Some("https://example.org/a"))
            },
            "李明。[小模型\\[上\\]](https://example.org/a)。检索日期2025/6/13。",
        ),
        (
            "[{title}]({url})·{publication}·{author}（{date}）·检索日期{accessed}",
            item(None, Some("周报"), Some("https://example.org/a")),
            "[小模型\\[上\\]](https://example.org/a)·周报·（2025/6/3）·检索日期2025/6/13",
        ),
        (
            HOUSE_STYLE,
            item(Some("李明"), Some("周报"), None),
            "李明（2025/6/3）。小模型[上]。周报。检索日期2025/6/13。",
        ),
    ] {
        assert_eq!(Template::new(template).unwrap().fill(&item, read_on()), expected);
    }
}

#[test]
fn a_template_that_cannot_work_is_refused() {
    for (text, error) in [
        ("{titel}", TemplateError::Unknown("titel".into())),
        ("{title", TemplateError::Open),
        ("{url}", TemplateError::NoTitle),
    ] {
        assert_eq!(Template::new(text), Err(error), "{text}");
    }
}

fn cite(text: &str, items: &[Candidate]) -> Appended {
    append(text, items, &Template::new("[{title}]({url})。").unwrap(), read_on(), false)
}

fn one() -> Candidate {
    Candidate {
        url: Some("https://example.org/one".into()),
        ..candidate("one", "甲", "2025-06-03")
    }
}

#[test]
fn a_footnote_goes_behind_the_last_one_and_nothing_else_changes() {
    let new = |number: u32| format!("[^{number}]: [甲](https://example.org/one)。");
    let front = "---\ntitle: T\n---\n";
    for (body, expected) in [
        (
            "文[^2]\n\n## References\n\n[^1]: 乙\n[^2]: 丙\n",
            format!("文[^2]\n\n## References\n\n[^1]: 乙\n[^2]: 丙\n{}\n", new(3)),
        ),
        (
            "文\n\n## 引用\n\n[^1]: 乙\n\n## 附录\n",
            format!("文\n\n## 引用\n\n[^1]: 乙\n{}\n\n## 附录\n", new(2)),
        ),
        ("文\n", format!("文\n\n## 引用\n\n{}\n", new(1))),
        ("文", format!("文\n\n## 引用\n\n{}", new(1))),
        (
            "文\r\n\r\n## 引用\r\n\r\n[^1]: 乙\r\n",
            format!("文\r\n\r\n## 引用\r\n\r\n[^1]: 乙\r\n{}\r\n", new(2)),
        ),
        ("文\n\n[^1]: 乙", format!("文\n\n[^1]: 乙\n{}", new(2))),
    ] {
        let appended = cite(&format!("{front}{body}"), &[one()]);
        assert_eq!(appended.text, format!("{front}{expected}"), "{body:?}");
    }
}

#[test]
fn a_second_copy_is_refused() {
    let text = "---\ntitle: T\n---\n文\n\n## 引用\n\n[^1]: [他题](http://www.example.org/one/)。\n";
    let appended = cite(text, &[one()]);
    assert_eq!(
        (appended.text.as_str(), appended.refused.as_slice()),
        (text, ["甲".to_owned()].as_slice())
    );
    let twice = cite("文\n", &[one(), one()]);
    assert_eq!((twice.added.len(), twice.refused.len()), (1, 1));
}

proptest! {
    #[test]
    fn what_was_there_stays_byte_for_byte(body in "([甲乙a-z# \\[\\]^:1-9]|\n|\r\n){0,40}") {
        let before = body.as_bytes();
        let after = cite(&body, &[one()]).text.into_bytes();
        let kept = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
        prop_assert!(kept + tail >= before.len());
    }

    #[test]
    fn an_appended_reference_is_read_back(title in "[甲-癸a-zA-Z0-9 ]{1,20}甲") {
        let item = Candidate { title: title.clone(), ..one() };
        let appended = append("文\n", &[item], &Template::new(HOUSE_STYLE).unwrap(), read_on(), false);
        let read = reference::in_body(&appended.text);
        prop_assert_eq!(read.len(), 1);
        prop_assert_eq!(read[0].url.as_deref(), Some("https://example.org/one"));
        prop_assert_eq!(read[0].accessed, Some(read_on()));
    }
}
