use proptest::prelude::*;

use super::*;
use crate::article::{markdown, reference};
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

/// The citation of an item of which only these parts are known, in order of the letters: author,
/// date, url, publication.
fn cited(template: &str, known: &str, title: &str) -> String {
    let given = |letter: char, value: &str| known.contains(letter).then(|| value.to_owned());
    let item = Candidate {
        title: title.to_owned(),
        author: given('a', "李明"),
        publication: given('p', "周报"),
        url: given('u', "https://example.org/a"),
        published: known.contains('d').then(|| NaiveDate::from_ymd_opt(2025, 6, 3).unwrap()),
        ..candidate("a", "", "2025-06-03")
    };
    Template::new(template).unwrap().fill(&item, read_on())
}

/// Every subset of what can be missing.
const SUBSETS: &[&str] = &[
    "adup", "dup", "aup", "adp", "adu", "up", "dp", "du", "ap", "au", "ad", "a", "d", "u", "p", "",
];

#[test]
fn each_style_is_right_whatever_is_missing() {
    for (style, expected) in [
        (
            "house",
            [
                "李明（2025/6/3）。[小模型](https://example.org/a)。周报。检索日期2025/6/13。",
                "（2025/6/3）。[小模型](https://example.org/a)。周报。检索日期2025/6/13。",
                "李明。[小模型](https://example.org/a)。周报。检索日期2025/6/13。",
                "李明（2025/6/3）。小模型。周报。检索日期2025/6/13。",
                "李明（2025/6/3）。[小模型](https://example.org/a)。检索日期2025/6/13。",
                "[小模型](https://example.org/a)。周报。检索日期2025/6/13。",
                "（2025/6/3）。小模型。周报。检索日期2025/6/13。",
                "（2025/6/3）。[小模型](https://example.org/a)。检索日期2025/6/13。",
                "李明。小模型。周报。检索日期2025/6/13。",
                "李明。[小模型](https://example.org/a)。检索日期2025/6/13。",
                "李明（2025/6/3）。小模型。检索日期2025/6/13。",
                "李明。小模型。检索日期2025/6/13。",
                "（2025/6/3）。小模型。检索日期2025/6/13。",
                "[小模型](https://example.org/a)。检索日期2025/6/13。",
                "小模型。周报。检索日期2025/6/13。",
                "小模型。检索日期2025/6/13。",
            ],
        ),
        (
            "gbt7714",
            [
                "李明. 小模型[EB/OL]. (2025-06-03)[2025-06-13]. <https://example.org/a>.",
                "周报. 小模型[EB/OL]. (2025-06-03)[2025-06-13]. <https://example.org/a>.",
                "李明. 小模型[EB/OL]. [2025-06-13]. <https://example.org/a>.",
                "李明. 小模型[EB/OL]. (2025-06-03)[2025-06-13].",
                "李明. 小模型[EB/OL]. (2025-06-03)[2025-06-13]. <https://example.org/a>.",
                "周报. 小模型[EB/OL]. [2025-06-13]. <https://example.org/a>.",
                "周报. 小模型[EB/OL]. (2025-06-03)[2025-06-13].",
                "小模型[EB/OL]. (2025-06-03)[2025-06-13]. <https://example.org/a>.",
                "李明. 小模型[EB/OL]. [2025-06-13].",
                "李明. 小模型[EB/OL]. [2025-06-13]. <https://example.org/a>.",
                "李明. 小模型[EB/OL]. (2025-06-03)[2025-06-13].",
                "李明. 小模型[EB/OL]. [2025-06-13].",
                "小模型[EB/OL]. (2025-06-03)[2025-06-13].",
                "小模型[EB/OL]. [2025-06-13]. <https://example.org/a>.",
                "周报. 小模型[EB/OL]. [2025-06-13].",
                "小模型[EB/OL]. [2025-06-13].",
            ],
        ),
        (
            "apa",
            [
                "李明. (2025, June 3). *小模型*. 周报. <https://example.org/a>",
                "*小模型*. (2025, June 3). 周报. <https://example.org/a>",
                "李明. (n.d.). *小模型*. 周报. Retrieved June 13, 2025, from <https://example.org/a>",
                "李明. (2025, June 3). *小模型*. 周报.",
                "李明. (2025, June 3). *小模型*. <https://example.org/a>",
                "*小模型*. (n.d.). 周报. Retrieved June 13, 2025, from <https://example.org/a>",
                "*小模型*. (2025, June 3). 周报.",
                "*小模型*. (2025, June 3). <https://example.org/a>",
                "李明. (n.d.). *小模型*. 周报.",
                "李明. (n.d.). *小模型*. Retrieved June 13, 2025, from <https://example.org/a>",
                "李明. (2025, June 3). *小模型*.",
                "李明. (n.d.). *小模型*.",
                "*小模型*. (2025, June 3).",
                "*小模型*. (n.d.). Retrieved June 13, 2025, from <https://example.org/a>",
                "*小模型*. (n.d.). 周报.",
                "*小模型*. (n.d.).",
            ],
        ),
    ] {
        for (known, expected) in SUBSETS.iter().zip(expected) {
            assert_eq!(cited(style, known, "小模型"), expected, "{style} with {known}");
        }
    }
}

#[test]
fn a_template_of_ones_own_loses_what_is_missing_with_its_marks() {
    let dotted = "[{title}]({url})·{publication}·{author}（{date}）·检索日期{accessed}";
    for (template, known, expected) in [
        (dotted, "adup", "[小模型](https://example.org/a)·周报·李明（2025/6/3）·检索日期2025/6/13"),
        (dotted, "dup", "[小模型](https://example.org/a)·周报·（2025/6/3）·检索日期2025/6/13"),
        (dotted, "up", "[小模型](https://example.org/a)·周报·检索日期2025/6/13"),
        (dotted, "au", "[小模型](https://example.org/a)·李明·检索日期2025/6/13"),
        (dotted, "", "小模型·检索日期2025/6/13"),
        ("{title}（{author}，{date}）。", "d", "小模型（2025/6/3）。"),
        ("{title}（{author}，{date}）。", "a", "小模型（李明）。"),
        ("{title}（{author}，{date}）。", "", "小模型。"),
        ("{author}, {date}: {title}, {publication}", "", "小模型"),
        ("{author}, {date}: {title}, {publication}", "a", "李明, 小模型"),
        ("{author}, {date}: {title}. {publication}.", "d", "2025/6/3: 小模型."),
        ("{title} ({date}) {publication}", "p", "小模型 周报"),
        ("{title} **{publication}** {url}", "u", "小模型 https://example.org/a"),
        ("“{title}” by {author}", "", "“小模型” by"),
        ("“{title}”{ by {author}}.", "", "“小模型”."),
        ("{{date:%B %-d, %Y}|undated}: {title}", "", "undated: 小模型"),
        ("{{date:%B %-d, %Y}|undated}: {title}", "d", "June 3, 2025: 小模型"),
        ("{title}{, {{author}|{publication}}}", "p", "小模型, 周报"),
        ("{title}{, {{author}|{publication}}}", "", "小模型"),
        ("{title}{, {publication}{ ({date})|}}", "p", "小模型, 周报"),
    ] {
        assert_eq!(cited(template, known, "小模型"), expected, "{template} with {known}");
    }
}

#[test]
fn a_full_stop_is_not_doubled() {
    for (style, title, expected) in [
        ("apa", "谁会赢？", "李明. (2025, June 3). *谁会赢？* 周报. <https://example.org/a>"),
        ("{title}. {publication}.", "Big Co.", "Big Co. 周报."),
        ("{title}。{publication}。", "谁会赢？", "谁会赢？周报。"),
        (
            "gbt7714",
            "谁会赢？",
            "李明. 谁会赢？[EB/OL]. (2025-06-03)[2025-06-13]. <https://example.org/a>.",
        ),
    ] {
        assert_eq!(cited(style, "adup", title), expected, "{style}");
    }
}

#[test]
fn several_authors_are_joined_as_the_style_wants() {
    let three = item(Some("Ann Lee、Bo Chen、Di Wu、Ed Yu"), None, None);
    for (style, expected) in [
        ("house", "Ann Lee、Bo Chen、Di Wu、Ed Yu（"),
        ("gbt7714", "Ann Lee, Bo Chen, Di Wu, et al. "),
        ("apa", "Ann Lee, Bo Chen, Di Wu, & Ed Yu. ("),
    ] {
        let citation = Template::new(style).unwrap().fill(&three, read_on());
        assert!(citation.starts_with(expected), "{citation}");
    }
    let own = item(Some("OpenAI"), Some("OpenAI"), Some("https://example.org/a"));
    assert_eq!(
        Template::new("apa").unwrap().fill(&own, read_on()),
        "OpenAI. (2025, June 3). *小模型\\[上\\]*. <https://example.org/a>"
    );
}

/// The citation of an item by these authors that has this title, and an address.
fn cited_by(template: &str, author: &str, title: &str) -> String {
    let item = Candidate {
        title: title.to_owned(),
        published: None,
        ..item(Some(author), None, Some("https://example.org/a"))
    };
    Template::new(template).unwrap().fill(&item, read_on())
}

#[test]
fn an_exclamation_mark_before_a_link_makes_no_picture_of_it() {
    for (template, author, title, expected) in [
        ("house", "Yahoo!", "甲", "Yahoo\\![甲](https://example.org/a)。检索日期2025/6/13。"),
        ("{title}[EB/OL]. {author}.", "李明", "Yahoo!", "Yahoo\\![EB/OL]. 李明."),
        ("{author}{date}[{title}]", "A\\!", "甲", "A\\\\\\![甲]"),
        ("{author}{publication}·[{title}]", "A!", "甲", "A!·[甲]"),
        ("{author}。[{title}]", "A!", "甲", "A\\![甲]"),
        ("{author}[{date}][{title}]", "A!", "甲", "A\\![甲]"),
        ("“{author}” [{title}]!", "A!", "B!", "“A!” [B!]!"),
        // A picture that the template wants, and an address that must stay one.
        ("{author} ![{title}]({url})", "A!", "甲", "A! ![甲](https://example.org/a)"),
        ("{title} {url}!", "A", "甲!", "甲! https://example.org/a!"),
    ] {
        assert_eq!(cited_by(template, author, title), expected, "{template}");
    }
    let item = item(None, None, Some("https://example.org/Yahoo!"));
    let bare = Template::new("{title} {url}[1]").unwrap().fill(&item, read_on());
    assert!(bare.ends_with(" https://example.org/Yahoo![1]"), "{bare}");
}

#[test]
fn marks_that_would_pair_across_parts_are_escaped() {
    for (template, author, title, expected) in [
        ("{author}。{title}", "~A$AP Rocky、Ke$ha~", "甲", "\\~A\\$AP Rocky、Ke\\$ha\\~。甲"),
        ("{author}。{title}", "A$AP", "投资$5", "A\\$AP。投资\\$5"),
        ("{author}。{title}", "甲", "投资$5, ~6%", "甲。投资$5, ~6%"),
        ("{title} / {title}", "甲", "投资$5", "投资\\$5 / 投资\\$5"),
        ("${author}: {title}", "甲", "投资$5", "$甲: 投资\\$5"),
        ("~~{author}~~ {title}", "甲~", "乙", "~~甲\\~~~ 乙"),
    ] {
        assert_eq!(cited_by(template, author, title), expected, "{template}");
    }
    // An address cannot be escaped so; what it would pair with can.
    let item = item(Some("A$AP~"), None, Some("https://example.org/~a$"));
    let note = Template::new("{author}. [{title}]({url})").unwrap().fill(&item, read_on());
    assert!(note.starts_with("A\\$AP\\~. ["), "{note}");
    assert!(note.ends_with("](https://example.org/~a$)"), "{note}");
}

proptest! {
    #[test]
    fn nothing_dangles_in_any_style(
        parts in prop::array::uniform4(prop::option::of("[甲-癸A-Za-z]{1,8}( [甲-癸A-Za-z]{1,8}){0,2}")),
        dated: bool,
        style in 0..PRESETS.len(),
    ) {
        let [title, author, publication, path] = parts;
        let item = Candidate {
            title: title.unwrap_or_else(|| "甲".into()),
            author,
            publication,
            url: path.map(|path| format!("https://example.org/{path}")),
            published: dated.then(read_on),
            ..candidate("a", "", "2025-06-03")
        };
        let citation = Template::new(PRESETS[style].0).unwrap().fill(&item, read_on());
        for wrong in [
            "()", "（）", "[]", "<>", "**", "。。", "..", ". .", "。.", "，，", ", ,", ",.", "·.", ".,",
            "  ", "( ", " )", "（。", "。）",
        ] {
            prop_assert!(!citation.contains(wrong), "{}: {:?}", citation, wrong);
        }
        prop_assert!(!citation.starts_with(['.', '。', ',', '，', ' ', ')', '）', '·']), "{}", citation);
        prop_assert!(!citation.ends_with([',', '，', ' ', '(', '（', '[', '<', '·', ':']), "{}", citation);
        for (open, close) in [('(', ')'), ('（', '）'), ('[', ']'), ('<', '>')] {
            prop_assert_eq!(citation.matches(open).count(), citation.matches(close).count());
        }
    }

    #[test]
    fn what_an_item_says_is_one_footnote_and_reads_the_same(
        title in "[甲乙a0 \\[\\]()（）*_`<>|#&;$~^\\\\!\r\n{}%.。:-]{0,24}甲",
        author in prop::option::of("[甲a1 \\[\\]*_`<>.\n#>$~!-]{1,12}"),
        dated: bool,
        style in 0..PRESETS.len(),
    ) {
        let item = Candidate {
            title: title.clone(),
            author,
            published: dated.then(read_on),
            url: Some("https://example.org/a_(b)?c=甲".into()),
            ..candidate("a", "", "2025-06-03")
        };
        let citation = Template::new(PRESETS[style].0).unwrap().fill(&item, read_on());
        prop_assert!(!citation.contains(['\n', '\r']));
        let shown = markdown::to_text(&citation);
        let words: String = title.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert!(shown.contains(&words), "{:?} in {:?}", words, shown);
        let html = markdown::to_html(&citation, &markdown::Context {
            base: &"https://example.org/".parse().unwrap(),
            prefix: "",
        });
        prop_assert!(!html.contains("<img"), "{}", citation);
        let note = reference::in_body(&format!("{}\n", footnote(1, &citation))).remove(0);
        prop_assert_eq!(note.url, item.url);
    }

    #[test]
    fn a_footnote_is_read_back(
        title in "[甲-癸a-zA-Z0-9]{1,8}( [甲-癸a-zA-Z]{1,8}){0,3}甲",
        author in prop::option::of("[A-Z][a-z]{2,8} [A-Z][a-z]{2,8}"),
        signed_by_all: bool,
        style in 0..PRESETS.len(),
    ) {
        let both = |name: String| if signed_by_all { format!("{name}、Bo Chen") } else { name };
        let item = Candidate {
            title: title.clone(),
            author: author.map(both),
            publication: Some("Example News".into()),
            url: Some("https://example.org/a".into()),
            ..candidate("a", "", "2025-06-03")
        };
        let citation = Template::new(PRESETS[style].0).unwrap().fill(&item, read_on());
        let note = reference::in_body(&footnote(1, &citation)).remove(0);
        prop_assert_eq!(note.title.as_deref(), Some(title.as_str()), "{}", citation);
        prop_assert_eq!(note.url, item.url);
        prop_assert_eq!(note.published, item.published);
        prop_assert_eq!(note.accessed, (PRESETS[style].0 != "apa").then(read_on));
        prop_assert_eq!(note.author.is_some(), item.author.is_some() || PRESETS[style].0 == "gbt7714");
    }
}
