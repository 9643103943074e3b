use proptest::prelude::*;

use super::*;

fn article(text: &str) -> Article {
    read("insights/a.md", text, chrono_tz::Asia::Shanghai).unwrap()
}

fn problem(text: &str) -> String {
    read("insights/a.md", text, chrono_tz::Asia::Shanghai).unwrap_err().to_string()
}

#[test]
fn three_syntaxes_say_the_same() {
    let yaml = "---\ntitle: 标题\ndate: 2025-06-13T20:30:04+08:00\ntags: [Meta, Scale AI]\nauthor: 甲\n\
                draft: true\n---\n正文\n";
    let toml = "+++\ntitle = \"标题\"\ndate = 2025-06-13T20:30:04+08:00\ntags = [\"Meta\", \"Scale AI\"]\n\
                author = \"甲\"\ndraft = true\n+++\n正文\n";
    let json = "{\"title\": \"标题\", \"date\": \"2025-06-13T20:30:04+08:00\", \
                \"tags\": [\"Meta\", \"Scale AI\"], \"author\": \"甲\", \"draft\": true}\n正文\n";
    let expected = article(yaml);
    assert_eq!(expected.title, "标题");
    assert_eq!(expected.taxonomies["tags"], ["Meta", "Scale AI"]);
    assert_eq!((expected.section.as_deref(), expected.draft), (Some("insights"), true));
    for text in [toml, json] {
        assert_eq!(body(text).trim(), "正文");
        assert_eq!(Article { print: expected.print, ..article(text) }, expected, "{text}");
    }
}

#[test]
fn what_hugo_forgives_is_forgiven() {
    for text in [
        "\u{feff}---\ntitle: T\ndate: 2025-06-13\n---\nB",
        "---\r\ntitle: T\r\ndate: 2025-06-13\r\n---\r\nB",
        "--- \ntitle: T\ndate: 2025-06-13\n---\t\nB",
        "---\nTitle: T\nDATE: 2025-06-13\n---\nB",
        "---\ntitle: T\npublishDate: 2025-06-13\n---\nB",
        "---\ntitle: T\ndate: 2025-06-13\ntags:\nmain_topics: []\n---\nB",
        "---\ntitle: T\ndate: 2025-06-13\ntags: [\"\", \"--\", \"[栏目名]\", {a: b}]\n---\nB",
    ] {
        let article = article(text);
        assert_eq!((article.title.as_str(), body(text).as_str()), ("T", "B"), "{text}");
        assert_eq!(article.date.to_rfc3339(), "2025-06-13T00:00:00+08:00", "{text}");
        assert!(article.taxonomies.is_empty(), "{text}");
    }
    assert_eq!(body("---\ntitle: T\ndate: 2025-06-13\n---"), "", "no newline at the end");
}

#[test]
fn any_list_is_a_taxonomy_and_a_lone_word_is_a_list_of_one() {
    let article = article(
        "---\ntitle: T\ndate: 2025-06-13\ntags: AI\nSeries: [甲, 2025, true, 甲]\n\
         main_topics: [\"[日报]\"]\n---\n",
    );
    assert_eq!(article.taxonomies["tags"], ["AI"]);
    assert_eq!(article.taxonomies["Series"], ["甲", "2025", "true"]);
    assert_eq!(article.taxonomies["main_topics"], ["日报"]);
}

#[test]
fn pictures_authors_and_summaries_have_several_names() {
    for (front, image) in [
        ("featured_image: a.png", "a.png"),
        ("cover: {image: a.png}", "a.png"),
        ("images: [a.png, b.png]", "a.png"),
        ("image: a.png", "a.png"),
        ("cover: {image: b.png}\nfeatured_image: a.png", "a.png"),
    ] {
        let article = article(&format!("---\ntitle: T\ndate: 2025-06-13\n{front}\n---\n"));
        assert_eq!(article.image.as_deref(), Some(image), "{front}");
    }
    let article = article(
        "---\ntitle: T\ndate: 2025-06-13\nauthors: [甲, {name: 乙}]\ndescription: \"**重**点\"\n---\n",
    );
    assert_eq!(article.authors, ["甲", "乙"]);
    assert_eq!(article.summary.as_deref(), Some("重点"));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, expected) in [
        (
            "no fence",
            "1:1: no front matter (an article begins with `---`, `title:`, `date:` and `---`)",
        ),
        ("---\ntitle: T\n", "1:1: the front matter is not closed (a line `---` ends it)"),
        ("---\ndate: 2025-06-13\n---\n", "1:1: no title (add a line `title:` to the front matter)"),
        (
            "---\ntitle: \"\"\ndate: 2025-06-13\n---\n",
            "2:1: no title (add a line `title:` to the front matter)",
        ),
        ("---\ntitle: T\n---\n", "1:1: no date (add a line `date:` to the front matter)"),
        (
            "---\ntitle: T\ndate: soon\n---\n",
            "3:1: date: `soon` is not a date (for example 2025-06-13T20:30:04+08:00)",
        ),
        ("---\ndate: 2025-06-13\ntitle: [a]\n---\n", "3:1: title must be a word, found a list"),
        (
            "---\ntitle: T\ndate: 2025-06-13\ndraft: maybe\n---\n",
            "4:1: draft: `maybe` is not true or false",
        ),
        ("---\n- a\n---\n", "2:1: the front matter must be keys with values, found a list"),
        (
            "+++\ntitle = 'T'\ndate = 'soon'\n+++\n",
            "3:1: date: `soon` is not a date (for example 2025-06-13T20:30:04+08:00)",
        ),
    ] {
        assert_eq!(problem(text), format!("insights/a.md:{expected}"), "{text}");
    }
    for (text, place) in [
        ("---\ntitle: T\n  bad: [\n---\n", "insights/a.md:3:"),
        ("+++\ntitle = T\n+++\n", "insights/a.md:2:9: not valid TOML"),
        ("{\"title\": }", "insights/a.md:1:"),
    ] {
        assert!(problem(text).starts_with(place), "{text}: {}", problem(text));
    }
}

#[test]
fn a_front_matter_without_end_in_sight_is_refused() {
    let text = format!("---\ntitle: {}\n---\n", "[".repeat(LONGEST));
    assert!(problem(&text).contains("longer than 64 KiB"));
}

#[test]
fn the_body_begins_behind_the_front_matter_of_the_raw_text() {
    for (text, body) in [
        ("\u{feff}---\r\ntitle: T\r\n---\r\nB\r\n", "B\r\n"),
        ("{\"title\": \"T\"}\nB", "\nB"),
        ("+++\n+++\n", ""),
    ] {
        assert_eq!(&text[body_offset(text).unwrap()..], body);
    }
    assert_eq!(body_offset("nothing"), None);
}

proptest! {
    #[test]
    fn no_text_can_make_reading_panic(text in "(---|\\+\\+\\+|\\{)?\n?(title: |date: |tags: )?\\PC{0,80}\n(---|\\+\\+\\+|\\})?") {
        let _ = read("a.md", &text, chrono_tz::UTC);
    }
}
