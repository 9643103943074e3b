use std::slice::from_ref;

use proptest::prelude::*;

use super::*;
use crate::source::Tier;
use crate::suggest::rank::tests::candidate;

fn grouped(items: &[Candidate]) -> Vec<Story> {
    group(items, &Lexicon::new(&[]))
}

fn items_of(story: &Story) -> Vec<&str> {
    story.items.iter().map(String::as_str).collect()
}

#[test]
fn reports_of_one_event_are_one_story() {
    // Each in a house of its own.
    let items = [
        candidate("a", "Meta to invest billions in Scale AI", "2025-06-08"),
        candidate("bb", "Meta invests billions in Scale AI", "2025-06-10"),
        candidate("ccc", "Walmart opens a new store in Texas", "2025-06-10"),
        candidate("dddd", "Meta to invest billions in Scale AI", "2025-07-30"),
    ];
    let stories = grouped(&items);
    assert_eq!(items_of(&stories[0]), ["a", "bb"]);
    assert_eq!(stories.len(), 3);
}

#[test]
fn one_event_is_one_story_in_two_languages() {
    let mut items = [
        candidate("a", "Reddit sues Anthropic over scraping of user data", "2025-06-04"),
        candidate("b", "Reddit起诉Anthropic，指控其抓取用户数据", "2025-06-05"),
        candidate("c", "Anthropic融资35亿美元", "2025-06-05"),
    ];
    for (item, house) in items.iter_mut().zip(["A", "B", "C"]) {
        item.publication = Some(house.to_owned());
    }
    assert_eq!(items_of(&grouped(&items)[0]), ["a", "b"]);
}

#[test]
fn two_events_of_one_company_on_one_day_are_two_stories() {
    for (one, other) in [
        ("OpenAI to buy io for $6.5 billion", "OpenAI sued over ChatGPT privacy in Italy"),
        ("xAI releases Grok 3", "xAI releases Grok 4"),
        ("Microsoft to cut 9,000 jobs", "Microsoft cuts 300 jobs in Washington"),
        ("腾讯发布混元3D模型", "腾讯第一季度营收增长13%"),
    ] {
        let items = [candidate("a", one, "2025-06-10"), candidate("b", other, "2025-06-10")];
        assert_eq!(grouped(&items).len(), 2, "{one} {other}");
    }
}

#[test]
fn what_happens_every_year_is_another_event_each_time() {
    let mut items = [
        candidate("a", "Apple reports fourth quarter results", "2024-10-31"),
        candidate("bb", "Apple Reports Fourth Quarter Results", "2025-10-30"),
    ];
    // Both are seen at once, when a source with an archive is new.
    for item in &mut items {
        item.first_seen = chrono::DateTime::from_timestamp(1_762_000_000, 0).unwrap();
    }
    assert_eq!(grouped(&items).len(), 2);
}

#[test]
fn a_summary_tells_what_a_title_does_not() {
    let headline = candidate("a", "Figma files for a listing on the NYSE", "2025-07-01");
    let mut riddle = candidate("bb", "曾让Adobe豪掷千亿，如今要独立上市了", "2025-07-02");
    assert_eq!(grouped(&[headline.clone(), riddle.clone()]).len(), 2);
    riddle.summary = "设计软件公司Figma已提交招股书，计划在纽约证券交易所上市。".to_owned();
    assert_eq!(grouped(&[headline.clone(), riddle.clone()]).len(), 1);
    // A title word for word is a copy, whatever the houses put below it.
    let mut copy = candidate("ccc", &headline.title, "2025-07-02");
    copy.summary =
        "A look at the week in design, with a quiz and three letters to the editor".into();
    assert_eq!(grouped(&[headline, copy]).len(), 1);
}

#[test]
fn a_new_item_leaves_the_identifiers_of_old_stories() {
    let mut items = vec![candidate("b", "Meta invests billions in Scale AI", "2025-06-10")];
    let before = grouped(&items)[0].id.clone();
    items.push(candidate("c", "Meta invests billions in Scale AI, says report", "2025-06-11"));
    assert_eq!(grouped(&items)[0].id, before);
    assert_eq!(items_of(&grouped(&items)[0]), ["b", "c"]);
}

#[test]
fn a_kept_story_stays_whatever_comes() {
    let lexicon = Lexicon::new(&[]);
    let old = candidate("b", "Meta invests billions in Scale AI", "2025-06-10");
    let kept = HashMap::from([("b".to_owned(), "s-kept".to_owned())]);
    // The item that founded the story is not loaded any more, and one of an earlier day comes late.
    let items = [candidate("a", "Meta to invest billions in Scale AI", "2025-06-09"), old.clone()];
    let stories = group_kept(&items, &lexicon, &kept);
    assert_eq!(stories.len(), 1);
    assert_eq!(stories[0].id, "s-kept");
    assert_eq!(items_of(&stories[0]), ["a", "b"]);

    let mut stories = Stories::default();
    let mut join = |item: &Candidate, kept| stories.join(from_ref(item), kept, &lexicon).remove(0);
    let none = HashMap::new();
    assert_eq!(join(&old, &kept), "s-kept");
    assert_eq!(join(&items[0], &none), "s-kept");
    let other = candidate("c", "Walmart opens a new store", "2025-06-10");
    assert_ne!(join(&other, &none), "s-kept");
}

#[test]
fn an_item_that_is_handed_in_again_keeps_the_story_that_it_founded() {
    let lexicon = Lexicon::new(&[]);
    let item = candidate("a", "Meta invests billions in Scale AI", "2025-06-10");
    let mut stories = Stories::default();
    let mut join =
        |item: &Candidate| stories.join(from_ref(item), &HashMap::new(), &lexicon).remove(0);
    let founded = join(&item);
    // Its title was changed to that of another story.
    let other = candidate("b", "Walmart opens a new store in Texas", "2025-06-10");
    join(&other);
    let edited = Candidate { title: other.title, ..item };
    assert_eq!(join(&edited), founded);
}

#[test]
fn new_reports_are_told_apart_by_what_is_likest_not_by_what_came_first() {
    let items = [
        candidate("a", "Meta hires researchers", "2025-06-10"),
        candidate("bb", "Meta hires three OpenAI researchers in Zurich", "2025-06-11"),
        candidate("ccc", "OpenAI's three Zurich researchers join Meta", "2025-06-11"),
    ];
    let stories = grouped(&items);
    assert!(items_of(&stories[0]).ends_with(&["bb", "ccc"]), "{stories:?}");
}

#[test]
fn the_primary_source_is_first_party_then_a_house_then_the_first() {
    let of = |id: &str, day: &str, tier: Tier| Candidate { tier, ..candidate(id, "A title", day) };
    let late = of("late", "2025-06-12", Tier::FirstParty);
    let house = of("house", "2025-06-11", Tier::Media);
    let first_house = of("first house", "2025-06-10", Tier::Media);
    let early = of("early", "2025-06-08", Tier::Aggregator);
    for (items, expected) in [
        (vec![&early, &house, &late], "late"),
        (vec![&early, &house, &first_house], "first house"),
        (vec![&early], "early"),
    ] {
        assert_eq!(primary(&items).unwrap().id, expected);
    }
    assert_eq!(primary(&[]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_the_items_changes_nothing(order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle()) {
        const TITLES: [&str; 6] = [
            "Meta to invest billions in Scale AI",
            "Meta invests $14 billion in Scale AI",
            "Meta斥资140亿美元投资Scale AI",
            "Reddit sues Anthropic over scraping",
            "Reddit起诉Anthropic",
            "Nvidia becomes first company worth $4 trillion",
        ];
        let items: Vec<Candidate> = (0..12)
            .map(|at| {
                let title = TITLES[at % TITLES.len()];
                let day = format!("2025-06-{:02}", 8 + at / 3);
                candidate(&format!("item {at}"), title, &day)
            })
            .collect();
        let shuffled: Vec<Candidate> = order.iter().map(|at| items[*at].clone()).collect();
        prop_assert_eq!(grouped(&items), grouped(&shuffled));
    }

    #[test]
    fn any_titles_can_be_grouped(one in any::<String>(), other in "[ -~一-十亿万美元%$0-9|_]{0,60}") {
        let items = [
            candidate("a", &one, "2025-06-10"),
            candidate("b", &other, "2025-06-10"),
            candidate("c", &format!("{one}{other}"), "2025-06-11"),
        ];
        let told: usize = grouped(&items).iter().map(|story| story.items.len()).sum();
        prop_assert_eq!(told, 3);
    }
}
