use super::*;
use crate::source::Tier;
use crate::suggest::Target;
use crate::suggest::embedding::tests::of_words;
use crate::suggest::feature::Feature;
use crate::suggest::lexicon::Lexicon;
use chrono::{DateTime, NaiveDate};

pub(in crate::suggest) fn candidate(id: &str, title: &str, day: &str) -> Candidate {
    Candidate {
        id: id.into(),
        title: title.into(),
        url: Some(format!("https://www.example.org/{id}?utm_source=feed")),
        publication: Some(format!("报{}", id.len())),
        author: None,
        published: Some(day.parse().unwrap()),
        first_seen: DateTime::parse_from_rfc3339(&format!("{day}T08:00:00Z")).unwrap().to_utc(),
        summary: String::new(),
        topics: Vec::new(),
        tier: Tier::Media,
        weight: 1.0,
    }
}

fn query() -> Query {
    Query {
        target: Target::Article("insights/a.md".into()),
        title: "Meta重注押宝Scale AI".into(),
        tags: vec!["Meta".into(), "数据标注".into()],
        date: NaiveDate::from_ymd_opt(2025, 6, 13),
        ..Query::default()
    }
}

fn suggest(items: Vec<Candidate>, query: &Query, settings: &Settings) -> Vec<Suggestion> {
    Index::new(items, Lexicon::new(&[])).suggest(query, settings, &Habits::default(), |_| true)
}

fn ids(suggestions: &[Suggestion]) -> Vec<&str> {
    suggestions.iter().map(|one| one.item.id.as_str()).collect()
}

#[test]
fn what_shares_more_and_rarer_terms_comes_first() {
    let items = vec![
        candidate("far", "A recipe for noodles", "2025-06-13"),
        candidate("some", "Meta opens an office", "2025-06-13"),
        candidate("best", "Meta bets billions on Scale AI", "2025-06-12"),
        candidate("label", "数据标注行业的现状", "2025-06-10"),
    ];
    let suggestions = suggest(items, &query(), &Settings::default());
    assert_eq!(suggestions[0].item.id, "best");
    assert!(!ids(&suggestions).contains(&"far"));
    assert!(suggestions.iter().all(|one| (0.0..=1.0).contains(&one.score)));
    assert_eq!(suggestions[0].reason_texts(), ["命中 Scale AI、Meta", "早于文章 1 天"]);
    let shares: f64 = suggestions[0].reasons.iter().map(|reason| reason.share).sum();
    assert!(shares > 0.3 && shares <= 1.0, "{:?}", suggestions[0].reasons);
}

#[test]
fn what_is_cited_already_is_never_suggested() {
    let items = vec![
        candidate("one", "Meta bets billions on Scale AI", "2025-06-12"),
        candidate("two", "Scale AI and Meta: a deal", "2025-06-12"),
    ];
    let cited = |title: Option<&str>, url: Option<&str>| Query {
        cited: vec![super::super::Cited {
            title: title.map(Into::into),
            url: url.map(Into::into),
            publication: None,
        }],
        ..query()
    };
    for (query, expected) in [
        (cited(None, Some("http://example.org/one/")), vec!["two"]),
        (cited(Some("Scale AI and Meta — a deal!"), None), vec!["one"]),
    ] {
        assert_eq!(ids(&suggest(items.clone(), &query, &Settings::default())), expected);
    }
}

#[test]
fn one_source_does_not_fill_the_list_and_one_story_stands_once() {
    let mut items: Vec<Candidate> = (0..6)
        .map(|number| {
            candidate(
                &format!("a{number}"),
                &format!("Scale AI 的第 {number}{number}7 个故事"),
                "2025-06-12",
            )
        })
        .collect();
    for (number, item) in items.iter_mut().enumerate() {
        item.title = [
            "Scale AI 上市传闻",
            "Meta 招聘",
            "数据标注工厂",
            "Meta 新眼镜发布",
            "Scale 创始人专访",
            "标注员的一天",
        ][number]
            .into();
        item.publication = Some("一报".into());
    }
    let settings = Settings { per_source: 2, ..Settings::default() };
    assert_eq!(suggest(items, &query(), &settings).len(), 2);
    let twins = vec![
        candidate("x", "Meta bets billions on Scale AI", "2025-06-12"),
        candidate("yy", "Meta bets billions on Scale AI", "2025-06-13"),
    ];
    let suggestions = suggest(twins, &query(), &Settings::default());
    assert_eq!(suggestions.len(), 1);
    assert_eq!(suggestions[0].story.size, 2);
    assert!(suggestions[0].reasons.iter().any(|reason| reason.text == "2 家独立来源"));
}

#[test]
fn a_name_in_another_language_is_found() {
    let items = vec![
        candidate("a", "Nvidia ships a new accelerator", "2025-06-12"),
        candidate("b", "Weather in June", "2025-06-12"),
    ];
    let query = Query { title: "英伟达发布新品".into(), ..Query::default() };
    let suggestions = suggest(items, &query, &Settings::default());
    assert_eq!(ids(&suggestions), ["a"]);
    assert!(
        suggestions[0].reasons[0].text.starts_with("命中 英伟达"),
        "{:?}",
        suggestions[0].reasons
    );
}

#[test]
fn the_same_input_gives_the_same_list() {
    let items: Vec<Candidate> = (0..40)
        .map(|number| {
            candidate(&format!("i{number}"), &format!("Meta Scale AI 数据 {number}"), "2025-06-12")
        })
        .collect();
    let once = suggest(items.clone(), &query(), &Settings::default());
    assert_eq!(once, suggest(items, &query(), &Settings::default()));
}

#[test]
fn weights_change_the_order_and_not_what_is_said_of_an_item() {
    let items = vec![
        candidate("title", "Scale AI", "2025-06-02"),
        candidate("near", "Meta的数据", "2025-06-13"),
        candidate("both", "Meta bets billions on Scale AI", "2025-06-12"),
    ];
    let index = Index::new(items, Lexicon::new(&[]));
    let ranked = |change: &[(Feature, f64)]| {
        let mut model = Model::default();
        for (feature, weight) in change {
            model.weights[*feature] = *weight;
        }
        let hits = index.rank(&query(), &model, &Habits::default(), |_| true);
        let ids: Vec<String> = hits.iter().map(|hit| index.candidate(hit.at).id.clone()).collect();
        let mut said: Vec<_> =
            hits.iter().map(|hit| (&index.candidate(hit.at).id, hit.features)).collect();
        said.sort_by_key(|(id, _)| *id);
        (ids, format!("{said:?}"))
    };
    let (usual, said) = ranked(&[]);
    let (other, said_then) =
        ranked(&[(Feature::Title, 0.0), (Feature::Likeness, 0.0), (Feature::Time, 9.0)]);
    assert_eq!((usual[0].as_str(), other[0].as_str()), ("both", "near"));
    assert_eq!(said, said_then);
}

#[test]
fn a_suggestions_identifier_is_the_pairs_own() {
    let article = Target::Article("a".into());
    assert_eq!(suggestion_id(&article, "x"), suggestion_id(&article, "x"));
    assert_ne!(suggestion_id(&article, "x"), suggestion_id(&Target::Topic("a".into()), "x"));
}

#[test]
fn what_shares_no_word_is_found_by_what_it_means() {
    let items = || {
        vec![
            candidate("near", "Zorbing qux", "2025-06-12"),
            candidate("far", "Foo bar", "2025-06-12"),
            candidate("word", "鲸鱼保护区", "2025-06-12"),
        ]
    };
    let model = || {
        of_words(&[
            ("鲸", [1.0, 0.0, 0.0, 0.0]),
            ("zorbing", [1.0, 0.2, 0.0, 0.0]),
            ("foo", [0.3, 1.0, 0.0, 0.0]),
        ])
    };
    let query = Query { title: "鲸鱼".into(), ..Query::default() };
    let index = |embeddings| Index::new(items(), Lexicon::new(&[])).with_embeddings(embeddings);
    let suggest = |index: &Index, chinese: bool| {
        let settings = Settings { chinese, ..Settings::default() };
        index.suggest(&query, &settings, &Habits::default(), |_| true)
    };
    let without = suggest(&index(None), true);
    assert_eq!(ids(&without), ["word"]);
    let with = suggest(&index(Some(model())), true);
    assert_eq!(ids(&with), ["word", "near"]);
    assert_eq!(with[1].reason_texts(), ["语义相近"]);
    assert!((with[1].features[Feature::Meaning] - 1.0 / 1.04_f64.sqrt()).abs() < 1e-6);
    assert!(with[0].score > without[0].score, "what means the same as well is surer");
    assert_eq!(with[0].reason_texts(), without[0].reason_texts());
    let english = suggest(&index(Some(model())), false);
    assert_eq!(english[1].reason_texts(), ["similar in meaning"]);

    // A model that knows nothing of it changes nothing.
    assert_eq!(suggest(&index(Some(of_words(&[("bar", [1.0; 4])]))), true), without);
}
