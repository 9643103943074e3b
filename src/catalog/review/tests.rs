use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use url::Url;

use super::*;
use crate::article::Article;
use crate::catalog::build::Settings;
use crate::catalog::permalink::Permalink;
use crate::catalog::vocabulary::Kind;
use crate::catalog::{Author, Site, TaxonomySettings};

const NOW: &str = "2025-07-01T00:00:00Z";

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(NOW).unwrap().to_utc()
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn article(path: &str, tags: &[&str], topics: &[&str]) -> Article {
    Article {
        path: path.into(),
        title: path.into(),
        date: DateTime::parse_from_rfc3339("2025-06-01T00:00:00Z").unwrap(),
        taxonomies: BTreeMap::from([
            ("tags".to_owned(), words(tags)),
            ("main_topics".to_owned(), words(topics)),
        ]),
        ..Article::default()
    }
}

fn entry(name: &str, aliases: &[&str], kind: Kind) -> VocabularyEntry {
    VocabularyEntry { name: name.into(), aliases: words(aliases), kind, hidden: false }
}

/// Equal names of these tests.
fn equal() -> Vec<Vec<String>> {
    vec![
        words(&["人工智能", "AI"]),
        words(&["智能体", "AI代理", "agent"]),
        words(&["英伟达", "NVIDIA"]),
        words(&["亚马逊", "Amazon", "AWS"]),
        words(&["马斯克", "Musk"]),
        words(&["大语言模型", "大模型", "LLM", "language model"]),
    ]
}

fn reviewed(articles: Vec<Article>, vocabulary: Vec<VocabularyEntry>) -> Review {
    let taxonomy = |field: &str, path: &str| TaxonomySettings {
        field: field.into(),
        path: path.into(),
        title: path.into(),
    };
    let settings = Settings {
        site: Site {
            title: "站".into(),
            url: Url::parse("https://example.org/").unwrap(),
            description: String::new(),
            language: "zh-CN".into(),
            timezone: chrono_tz::UTC,
            author: Author::default(),
            image: None,
            rights: None,
            id: "站".into(),
        },
        permalink: Permalink::new("/{section}/{slug}/").unwrap(),
        taxonomies: vec![taxonomy("tags", "tags"), taxonomy("main_topics", "topics")],
    };
    let vocabulary = Vocabulary::new(vocabulary);
    let catalog =
        Catalog::build(articles.into_iter().map(Into::into).collect(), &settings, &vocabulary);
    review(&catalog, &vocabulary, &equal(), now())
}

/// A site on which each of `lists` is an article's tags, among others that have nothing to do with them.
fn site(lists: &[&[&str]]) -> Vec<Article> {
    let mut articles: Vec<Article> = (0..40)
        .map(|n| {
            let tags = [format!("甲{n}号"), format!("乙{}号", n / 2), format!("丙{}号", n / 3)];
            let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
            article(&format!("other/{n}.md"), &tags, &[])
        })
        .collect();
    articles
        .extend(lists.iter().enumerate().map(|(n, tags)| article(&format!("a/{n}.md"), tags, &[])));
    articles
}

fn proposed(review: &Review) -> Vec<(String, Vec<(String, &'static str)>)> {
    let alias = |of: &Alias| (of.name.clone(), of.evidence.kind());
    let of = |of: &Duplicate| (of.name.clone(), of.aliases.iter().map(alias).collect());
    review.duplicates.iter().map(of).collect()
}

#[test]
fn names_that_are_one_are_proposed_with_the_evidence() {
    for (keep, other, kind) in [
        ("英伟达", "NVIDIA", "listed"),
        ("AI伦理", "人工智能伦理", "parts"),
        ("AI Agent", "AI智能体", "parts"),
        ("AI Agent", "AI Agents", "plural"),
        ("Perplexity", "Perplexty", "letter"),
        ("Data labeling", "Data labelling", "letter"),
        ("Cooragent", "Coóragent", "accents"),
        ("智能体", "智能体（Agent）", "parentheses"),
        ("RAG", "检索增强生成(RAG)", "parentheses"),
        ("无代码/低代码", "低代码/无代码", "order"),
        ("马斯克", "埃隆·马斯克", "surname"),
        ("Elon Musk", "埃隆·马斯克", "surname"),
    ] {
        let review = reviewed(site(&[&[keep], &[keep], &[other]]), Vec::new());
        let expected = vec![(keep.to_owned(), vec![(other.to_owned(), kind)])];
        assert_eq!(proposed(&review), expected, "{keep}, {other}");
    }
}

#[test]
fn names_that_differ_in_meaning_are_never_proposed_however_alike_their_articles_are() {
    for (one, other) in [
        ("GPT-4", "GPT-5"),
        ("GPT-4o", "GPT-4"),
        ("o1", "o3"),
        ("Llama 3", "Llama 4"),
        ("Llama 3", "Llama 3.1"),
        ("Gemini 2.5", "Gemini 25"),
        ("Claude 3.7 Sonnet", "Claude 3.5 Sonnet"),
        ("Meta", "Beta"),
        ("OpenAI", "OpenAL"),
        ("WWDC 2024", "WWDC 2025"),
        ("AWS", "Amazon"),
        ("C", "C++"),
        ("iOS", "IO"),
        ("Groq", "Grok"),
        ("Computing", "Commuting"),
        ("监督学习方法", "无监督学习方法"),
        ("自然监督学习", "自然无监督学习"),
        ("第十五次会议", "第五次会议"),
        ("豆包（ByteDance）", "ByteDance"),
        ("比尔·盖茨", "盖茨基金会"),
    ] {
        let with: [&[&str]; 4] =
            [&[one, "同伴"], &[one, "同伴", "朋友"], &[other, "同伴"], &[other, "同伴", "朋友"]];
        let review = reviewed(site(&with), Vec::new());
        assert_eq!(proposed(&review), [], "{one}, {other}");
    }
}

#[test]
fn what_letters_leave_open_the_articles_decide() {
    for (keep, other, kind) in [
        ("推荐算法", "推荐", "affix"),
        ("Llama", "Llama模型", "affix"),
        ("智能穿戴设备", "智能可穿戴设备", "character"),
        ("混合专家", "专家混合", "rearranged"),
        ("大语言模型", "大模型", "near"),
    ] {
        let alike: [&[&str]; 4] = [
            &[keep, "同伴", "朋友"],
            &[keep, "同伴", "邻居"],
            &[keep, "朋友", "邻居"],
            &[other, "同伴", "朋友"],
        ];
        let expected = vec![(keep.to_owned(), vec![(other.to_owned(), kind)])];
        assert_eq!(proposed(&reviewed(site(&alike), Vec::new())), expected, "{keep}, {other}");
        let apart: [&[&str]; 3] = [&[keep, "同伴"], &[keep, "朋友"], &[other, "生人", "路人"]];
        assert_eq!(proposed(&reviewed(site(&apart), Vec::new())), [], "{keep}, {other}");
    }
}

#[test]
fn a_slip_never_stands_beside_the_right_spelling() {
    let both: [&[&str]; 3] = [&["Anthropic", "Antropic"], &["Anthropic"], &["Anthropic"]];
    assert_eq!(proposed(&reviewed(site(&both), Vec::new())), []);
    let often: [&[&str]; 5] =
        [&["Anthropic"], &["Anthropic"], &["Anthropic"], &["Antropic"], &["Antropic"]];
    assert_eq!(proposed(&reviewed(site(&often), Vec::new())), []);
}

#[test]
fn aliases_lead_to_one_name_by_evidence_of_their_own() {
    let tags: [&[&str]; 6] =
        [&["LLM"], &["大模型"], &["大模型"], &["大语言模型"], &["LLMs"], &["language models"]];
    let review = reviewed(site(&tags), Vec::new());
    let [duplicate] = review.duplicates.as_slice() else { panic!("{:?}", review.duplicates) };
    let aliases: Vec<_> = duplicate
        .aliases
        .iter()
        .map(|alias| (alias.name.as_str(), alias.like.as_str(), alias.articles))
        .collect();
    assert_eq!((duplicate.name.as_str(), duplicate.articles), ("大模型", 2));
    // A language model is an LLM to the list, but by a name that it has only beside the usual one.
    assert_eq!(aliases, [("LLM", "大模型", 1), ("LLMs", "大模型", 1), ("大语言模型", "LLM", 1)]);
    assert_eq!(duplicate.entry, entry("大模型", &["LLM", "LLMs", "大语言模型"], Kind::Tag));
}

#[test]
fn a_known_name_is_kept_and_two_known_names_stay_two() {
    let tags: [&[&str]; 4] = [&["NVIDIA"], &["英伟达"], &["英伟达"], &["AI Agents"]];
    let known = vec![
        entry("NVIDIA", &["英伟達"], Kind::Entity),
        entry("智能体", &["AI Agent"], Kind::Tag),
        entry("AI Agents", &[], Kind::Tag),
    ];
    let review = reviewed(site(&tags), known);
    assert_eq!(proposed(&review), [("NVIDIA".to_owned(), vec![("英伟达".to_owned(), "listed")])]);
    let expected = entry("NVIDIA", &["英伟達", "英伟达"], Kind::Entity);
    assert_eq!(review.duplicates[0].entry, expected);
}

#[test]
fn what_is_not_published_or_hidden_is_not_reviewed() {
    let mut articles = vec![
        article("a.md", &["NVIDIA", "内部"], &[]),
        article("draft.md", &["英伟达"], &[]),
        article("later.md", &["Nvidia Corp"], &[]),
    ];
    articles[1].draft = true;
    articles[2].publish_date = Some(DateTime::parse_from_rfc3339("2099-01-01T00:00:00Z").unwrap());
    let hidden = VocabularyEntry { hidden: true, ..entry("内部", &[], Kind::Tag) };
    let review = reviewed(articles, vec![hidden]);
    assert_eq!(proposed(&review), []);
    let expected = SingleUse {
        taxonomy: "tags".into(),
        name: "NVIDIA".into(),
        slug: "nvidia".into(),
        article: "a.md".into(),
    };
    assert_eq!(review.single_use, [expected]);
}

fn topics() -> Vec<Article> {
    vec![
        article("1.md", &["芯片", "英伟达"], &["算力与芯片"]),
        article("2.md", &["芯片", "电力"], &["算力与芯片"]),
        article("3.md", &["法规", "版权"], &["AI伦理与治理"]),
        article("4.md", &["法规", "隐私"], &["人工智能伦理", "AI伦理与治理"]),
        article("5.md", &["芯片", "英伟达", "电力"], &["硬件观察"]),
        article("6.md", &["园艺"], &["周末"]),
        article("7.md", &["芯片"], &["算力与芯片 (Compute & Chips)"]),
    ]
}

#[test]
fn topics_outside_the_closed_list_are_reported_with_the_likeliest_of_it() {
    let list = vec![entry("算力与芯片", &[], Kind::Topic), entry("AI伦理与治理", &[], Kind::Topic)];
    let review = reviewed(topics(), list);
    assert!(review.duplicates.is_empty(), "{:?}", review.duplicates);
    let found: Vec<_> = review
        .outside
        .iter()
        .map(|topic| {
            let best = topic.candidates.first().map(|best| {
                (best.name.as_str(), best.evidence.iter().map(Evidence::kind).collect::<Vec<_>>())
            });
            (topic.name.as_str(), topic.paths.join(" "), best, topic.entry.is_some())
        })
        .collect();
    assert_eq!(
        found,
        [
            (
                "人工智能伦理",
                "4.md".into(),
                Some(("AI伦理与治理", vec!["names", "together"])),
                true
            ),
            ("周末", "6.md".into(), None, false),
            ("硬件观察", "5.md".into(), Some(("算力与芯片", vec!["together"])), false),
            (
                "算力与芯片 (Compute & Chips)",
                "7.md".into(),
                Some(("算力与芯片", vec!["parentheses", "together"])),
                true
            ),
        ]
    );
    let expected = entry("AI伦理与治理", &["人工智能伦理"], Kind::Topic);
    assert_eq!(review.outside[0].entry, Some(expected));
}

#[test]
fn without_a_topic_in_the_vocabulary_the_list_is_open() {
    let review = reviewed(topics(), vec![entry("芯片", &[], Kind::Tag)]);
    assert!(review.outside.is_empty());
    let expected =
        ("算力与芯片".to_owned(), vec![("算力与芯片 (Compute & Chips)".to_owned(), "parentheses")]);
    assert_eq!(proposed(&review), [expected]);
    assert_eq!(review.duplicates[0].entry.kind, Kind::Topic);
}

#[test]
fn the_review_does_not_depend_on_the_order_of_the_articles() {
    let lists: [&[&str]; 6] = [
        &["AI Agent", "NVIDIA", "LLM"],
        &["AI Agents", "英伟达", "大模型"],
        &["AI智能体", "Llama模型", "大语言模型"],
        &["人工智能", "Llama", "大模型"],
        &["AI", "Llama", "LLM"],
        &["AI", "人工智能伦理", "AI伦理"],
    ];
    let mut articles = site(&lists);
    let one = reviewed(articles.clone(), Vec::new());
    articles.reverse();
    let other = reviewed(articles, Vec::new());
    assert!(one.duplicates.len() > 3);
    assert_eq!(one, other);
}
