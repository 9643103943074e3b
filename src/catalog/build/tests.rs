use super::*;
use crate::catalog::vocabulary::{Kind, VocabularyEntry};
use crate::catalog::{Author, Standing};
use chrono::{DateTime, FixedOffset};
use proptest::prelude::*;
use proptest::sample::select;

fn at(time: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(time).unwrap()
}

fn article(path: &str, date: &str, tags: &[&str]) -> Arc<Article> {
    Arc::new(Article {
        path: path.into(),
        section: path.split_once('/').map(|(section, _)| section.to_owned()),
        title: path.into(),
        date: at(date),
        taxonomies: BTreeMap::from([(
            "tags".to_owned(),
            tags.iter().map(ToString::to_string).collect(),
        )]),
        ..Article::default()
    })
}

fn settings() -> Settings {
    Settings {
        site: Site {
            title: "站".into(),
            url: Url::parse("https://example.org/").unwrap(),
            description: String::new(),
            language: "zh-CN".into(),
            timezone: chrono_tz::Asia::Shanghai,
            author: Author::default(),
            image: None,
            rights: None,
            id: "站".into(),
        },
        permalink: Permalink::new("/{section}/{slug}/").unwrap(),
        taxonomies: vec![TaxonomySettings {
            field: "tags".into(),
            path: "tags".into(),
            title: "标签".into(),
        }],
    }
}

fn vocabulary() -> Vocabulary {
    Vocabulary::new(vec![VocabularyEntry {
        name: "智能体".into(),
        aliases: vec!["AI Agent".into()],
        kind: Kind::Tag,
        hidden: false,
    }])
}

#[test]
fn the_order_of_the_files_does_not_matter() {
    let mut articles = vec![
        article("b/one.md", "2025-06-13T08:00:00+08:00", &["AI Agent", "Meta"]),
        article("a/two.md", "2025-06-14T08:00:00+08:00", &["智能体"]),
        article("a/three.md", "2025-06-13T08:00:00+08:00", &["meta", "META", "Meta"]),
    ];
    let one = Catalog::build(articles.clone(), &settings(), &vocabulary());
    articles.reverse();
    let other = Catalog::build(articles, &settings(), &vocabulary());
    let paths =
        |catalog: &Catalog| catalog.pages.iter().map(|page| page.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&one), ["/a/two/", "/a/three/", "/b/one/"]);
    assert_eq!(paths(&one), paths(&other));
    assert_eq!(one.taxonomies, other.taxonomies);
    assert_eq!(one.sections, other.sections);
}

#[test]
fn aliases_and_spellings_are_one_term_under_the_canonical_name() {
    let catalog = Catalog::build(
        vec![
            article("a/1.md", "2025-06-13T08:00:00Z", &["AI Agent", "智能体", "Meta"]),
            article("a/2.md", "2025-06-12T08:00:00Z", &["meta", "！", "Meta"]),
        ],
        &settings(),
        &vocabulary(),
    );
    let terms: Vec<_> = catalog.taxonomies[0]
        .terms
        .iter()
        .map(|term| (term.name.as_str(), term.slug.as_str(), term.pages.as_slice()))
        .collect();
    assert_eq!(terms, [("Meta", "meta", [0, 1].as_slice()), ("智能体", "智能体", [0].as_slice())]);
    assert_eq!(catalog.term(catalog.pages[0].terms[1]).name, "智能体");
}

#[test]
fn spellings_that_differ_in_nothing_are_one_term_with_its_former_addresses() {
    let catalog = Catalog::build(
        vec![
            article("a/1.md", "2025-06-13T08:00:00Z", &["Scale AI", "AI-Agent"]),
            article("a/2.md", "2025-06-12T08:00:00Z", &["ScaleAI", "Ｍｅｔａ"]),
            article("a/3.md", "2025-06-11T08:00:00Z", &["Scale AI", "meta", "meta"]),
            article("a/4.md", "2025-06-10T08:00:00Z", &["scale·ai", "AI&Agent"]),
        ],
        &settings(),
        &vocabulary(),
    );
    let taxonomy = &catalog.taxonomies[0];
    let terms: Vec<(&str, &str, Vec<&str>, &[usize])> = taxonomy
        .terms
        .iter()
        .map(|term| {
            let former = term.former.iter().map(String::as_str).collect();
            (term.name.as_str(), term.slug.as_str(), former, term.pages.as_slice())
        })
        .collect();
    assert_eq!(
        terms,
        [
            // Hugo drops the `&`, so this is no variant of the alias, but of its slug.
            ("AI&Agent", "aiagent", vec![], [3].as_slice()),
            ("meta", "meta", vec!["ｍｅｔａ"], &[1, 2]),
            ("Scale AI", "scale-ai", vec!["scaleai"], &[0, 1, 2, 3]),
            ("智能体", "智能体", vec!["ai-agent"], &[0]),
        ]
    );
    for (spelling, slug) in [("scale AI", "scale-ai"), ("AI Agent", "智能体"), ("META", "meta")]
    {
        let found = taxonomy.find(spelling, &vocabulary()).map(|term| term.slug.as_str());
        assert_eq!(found, Some(slug), "{spelling}");
    }
    assert_eq!(taxonomy.find("Beta", &vocabulary()), None);
}

#[test]
fn a_mark_of_full_width_tells_terms_apart_as_its_half_does() {
    let tags = ["Ｃ＋＋", "Ｃ＃", "C", "．ＮＥＴ", "NET", "Llama３．１", "llama 3.1", "ＣＩ／ＣＤ"];
    let catalog = Catalog::build(
        vec![article("a/1.md", "2025-06-13T08:00:00Z", &tags)],
        &settings(),
        &vocabulary(),
    );
    let slugs: Vec<&str> =
        catalog.taxonomies[0].terms.iter().map(|term| term.slug.as_str()).collect();
    assert_eq!(slugs, [".net", "c", "c#", "c++", "ci/cd", "llama3.1", "net"]);
}

#[test]
fn what_drafts_alone_say_names_no_public_term() {
    let draft = |path, tags: &[&str]| {
        let article = Article::clone(&article(path, "2025-06-13T08:00:00Z", tags));
        Arc::new(Article { draft: true, ..article })
    };
    let public = article("a/1.md", "2025-06-13T08:00:00Z", &["Scale AI"]);
    let drafts = [draft("a/2.md", &["SCALEAI", "Secret"]), draft("a/3.md", &["SCALEAI"])];
    let articles = [&[public][..], &drafts].concat();
    let catalog = Catalog::build(articles, &settings(), &vocabulary());
    let terms = &catalog.taxonomies[0].terms;
    let term = terms.iter().find(|term| term.pages.len() == 3).unwrap();
    assert_eq!((term.name.as_str(), term.slug.as_str()), ("Scale AI", "scale-ai"));
    assert!(term.former.is_empty(), "{:?}", term.former);
    // A term of drafts alone has the name that they give it, which no feed shows.
    assert!(terms.iter().any(|term| term.name == "Secret"));
}

#[test]
fn a_mark_in_a_name_ends_no_address() {
    for (path, expected) in [
        ("n/c#-intro.md", "https://example.org/n/c%23-intro/"),
        ("n/why?.md", "https://example.org/n/why/"),
        ("b & #1/x.md", "https://example.org/b--%231/x/"),
    ] {
        let article = article(path, "2025-06-13T08:00:00Z", &[]);
        let catalog = Catalog::build(vec![article], &settings(), &vocabulary());
        assert_eq!(catalog.pages[0].url.as_str(), expected);
    }
}

#[test]
fn an_address_of_its_own_stays_on_the_web() {
    for (url, expected) in [
        ("/old/place/", "https://example.org/old/place/"),
        ("https://elsewhere.example/a", "https://elsewhere.example/a"),
        ("javascript:alert(1)", "https://example.org/javascript:alert(1)"),
    ] {
        let mut given = Article::clone(&article("a/1.md", "2025-06-13T08:00:00Z", &[]));
        given.url = Some(url.into());
        let catalog = Catalog::build(vec![Arc::new(given)], &settings(), &vocabulary());
        assert_eq!(catalog.pages[0].url.as_str(), expected);
    }
}

#[test]
fn the_next_change_is_what_becomes_due_or_expires_first() {
    let mut coming = Article::clone(&article("a/1.md", "2025-06-13T08:00:00Z", &[]));
    coming.publish_date = Some(at("2025-06-20T08:00:00Z"));
    let mut going = Article::clone(&article("a/2.md", "2025-06-13T08:00:00Z", &[]));
    going.expiry_date = Some(at("2025-06-19T08:00:00Z"));
    let mut draft = Article::clone(&article("a/3.md", "2025-06-18T08:00:00Z", &[]));
    draft.draft = true;
    let articles = [coming, going, draft].map(Arc::new).to_vec();
    let catalog = Catalog::build(articles, &settings(), &Vocabulary::default());
    for (now, next) in [
        ("2025-06-14T00:00:00Z", Some("2025-06-19T08:00:00Z")),
        ("2025-06-19T08:00:00Z", Some("2025-06-20T08:00:00Z")),
        ("2025-06-20T08:00:00Z", None),
    ] {
        let next = next.map(|next| at(next).to_utc());
        assert_eq!(catalog.next_change(at(now).to_utc()), next, "{now}");
    }
}

#[test]
fn an_article_at_the_top_has_no_section() {
    let catalog = Catalog::build(
        vec![article("about.md", "2025-06-13T08:00:00Z", &[])],
        &settings(),
        &Vocabulary::default(),
    );
    assert!(catalog.sections.is_empty());
    assert_eq!(catalog.pages[0].url.as_str(), "https://example.org/about/");
}

#[test]
fn a_page_is_published_when_due_and_until_it_expires() {
    let page = |draft: bool, publish: Option<&str>, expiry: Option<&str>| Page {
        article: Arc::new(Article {
            draft,
            date: at("2025-06-13T08:00:00+08:00"),
            publish_date: publish.map(at),
            expiry_date: expiry.map(at),
            ..Article::default()
        }),
        path: String::new(),
        url: Url::parse("https://example.org/").unwrap(),
        terms: Vec::new(),
    };
    let now = at("2025-06-13T00:00:00Z").to_utc();
    for (page, standing) in [
        (page(false, None, None), Standing::Published),
        (page(true, None, None), Standing::Draft),
        (page(false, Some("2025-06-13T08:00:01+08:00"), None), Standing::Scheduled),
        (page(false, Some("2025-06-13T08:00:00+08:00"), None), Standing::Published),
        (page(false, None, Some("2025-06-13T08:00:00+08:00")), Standing::Expired),
        (page(false, None, Some("2025-06-13T08:00:01+08:00")), Standing::Published),
    ] {
        assert_eq!(page.standing(now), standing);
    }
}

proptest! {
    #[test]
    fn what_was_built_before_does_not_show(
        before in prop::collection::vec(some_article(), 0..8),
        after in prop::collection::vec((some_article(), 0_usize..3), 0..8),
    ) {
        let mut articles: BTreeMap<String, Arc<Article>> =
            before.into_iter().map(|article| (article.path.clone(), article)).collect();
        let before = articles.values().cloned().collect();
        let before = Catalog::build(before, &settings(), &vocabulary());
        for (article, what) in after {
            match (what, articles.get_mut(&article.path)) {
                (0, Some(there)) => Arc::make_mut(there).title.clone_from(&article.title),
                (1, Some(_)) => drop(articles.remove(&article.path)),
                _ => drop(articles.insert(article.path.clone(), article)),
            }
        }
        let articles: Vec<Arc<Article>> = articles.into_values().collect();
        let after = Catalog::build_after(&before, articles.clone(), &settings(), &vocabulary());
        let alone = Catalog::build(articles, &settings(), &vocabulary());
        prop_assert_eq!(format!("{after:?}"), format!("{alone:?}"));
    }
}

/// Few of everything, so that much meets.
fn some_article() -> impl Strategy<Value = Arc<Article>> {
    let tags = prop::collection::vec(
        select(vec![
            "AI Agent",
            "智能体",
            "meta",
            "Meta",
            "Ｍｅｔａ",
            "me ta",
            "AI&Agent",
            "！",
            "c",
        ]),
        0..4,
    );
    let dates = select(vec!["2025-06-13T08:00:00Z", "2025-06-14T08:00:00+08:00"]);
    (
        select(vec!["a/1.md", "a/2.md", "B c/1.md", "b-c/2.md", "3.md"]),
        dates,
        tags,
        "[xyz]",
        any::<bool>(),
    )
        .prop_map(|(path, date, tags, title, draft)| {
            let article = Article::clone(&article(path, date, &tags));
            Arc::new(Article { title, draft, ..article })
        })
}
