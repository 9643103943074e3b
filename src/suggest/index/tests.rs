use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::suggest::embedding::tests::of_words;
use crate::suggest::feature::{Features, Model};
use crate::suggest::habits::Habits;
use crate::suggest::rank::Settings;
use crate::suggest::rank::tests::candidate;
use crate::suggest::search::Hit;
use crate::suggest::{Query, Suggestion};

const WORDS: &[&str] = &[
    "Meta",
    "英伟达",
    "Nvidia",
    "Scale AI",
    "数据标注",
    "chips",
    "诉讼",
    "lawsuit",
    "的",
    "上市",
    "2025",
];

/// What becomes of an item: its title, summary, house, day and story; none where it goes.
type Change = (usize, Option<(Vec<usize>, Vec<usize>, usize, u32, usize)>);

fn change() -> impl Strategy<Value = Change> {
    let words = |most| prop::collection::vec(0..WORDS.len(), 0..most);
    // Short ones, so that many are alike: of equals, too, the first must always be the same.
    let text = (words(3), words(3), 0..3_usize, 1..28_u32, 0..4_usize);
    (0..14_usize, prop::option::weighted(0.75, text))
}

fn told((id, text): &Change) -> Option<(Candidate, String)> {
    let (title, summary, house, day, story) = text.as_ref()?;
    let line = |words: &[usize]| words.iter().map(|at| WORDS[*at]).collect::<Vec<_>>().join(" ");
    let mut one = candidate(&format!("i{id}"), &line(title), &format!("2025-06-{day:02}"));
    one.summary = line(summary);
    one.publication = Some(format!("报{house}"));
    Some((one, format!("s{story}")))
}

fn queries() -> Vec<Query> {
    let cites = |title: &str| super::Cited { title: Some(title.into()), ..Default::default() };
    vec![
        Query {
            title: "Meta重注押宝Scale AI".into(),
            summary: "英伟达 诉讼".into(),
            tags: vec!["数据标注".into()],
            date: "2025-06-13".parse().ok(),
            cited: vec![cites("chips 2025"), cites("Nvidia lawsuit")],
            ..Query::default()
        },
        Query {
            title: "A lawsuit on chips".into(),
            body: "2025 Nvidia".into(),
            ..Query::default()
        },
    ]
}

/// All that can be seen of an index for a query.
#[derive(Debug, PartialEq)]
struct Seen {
    ranked: Vec<(String, f64, Features)>,
    suggested: Vec<Suggestion>,
    rarities: Vec<Option<f64>>,
}

fn seen(index: &Index) -> Vec<Seen> {
    let mut rarities = vec![Some(index.postings.greatest_rarity())];
    for word in WORDS {
        text::each_term(word, |term| rarities.push(index.postings.rarity(&term)));
    }
    let of = |query: &Query| {
        let hits = index.rank(query, &Model::default(), &Habits::default(), |_| true);
        let named = |hit: &Hit| (index.candidate(hit.at).id.clone(), hit.score, hit.features);
        Seen {
            ranked: hits.iter().map(named).collect(),
            suggested: index.suggest(query, &Settings::default(), &Habits::default(), |_| true),
            rarities: rarities.clone(),
        }
    };
    queries().iter().map(of).collect()
}

fn empty(with_meaning: bool) -> Index {
    let model = || of_words(&[("chips", [1.0, 0.0, 0.0, 0.0]), ("诉", [0.4, 1.0, 0.0, 0.0])]);
    Index::empty(Lexicon::new(&[]), with_meaning.then(model))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However it came to be, an index is the one that is made anew of what there is.
    #[test]
    fn an_index_is_what_is_in_it_and_not_how_it_came_there(
        rounds in prop::collection::vec((prop::collection::vec(change(), 0..20), any::<bool>()), 1..6),
        with_meaning: bool,
    ) {
        let mut index = empty(with_meaning);
        let mut present: BTreeMap<usize, Change> = BTreeMap::new();
        for (changes, at_once) in &rounds {
            for one in changes {
                present.insert(one.0, one.clone());
                if !at_once {
                    match told(one) {
                        Some(told) => index.put([told]),
                        None => index.remove(&format!("i{}", one.0)),
                    }
                }
            }
            let all: Vec<_> = present.values().filter_map(told).collect();
            if *at_once {
                let ids: HashSet<String> = all.iter().map(|(one, _)| one.id.clone()).collect();
                index.retain(&ids);
                index.put(all.clone());
            }
            let mut anew = empty(with_meaning);
            anew.put(all);
            prop_assert_eq!(seen(&index), seen(&anew));
        }
    }
}

#[test]
fn a_story_is_known_by_whoever_tells_it() {
    let mut index = empty(false);
    let told =
        |id: &str, title: &str, story: &str| (candidate(id, title, "2025-06-12"), story.to_owned());
    index.put([told("a", "Meta", "s1"), told("bb", "Nvidia", "s1"), told("c", "chips", "s2")]);
    assert_eq!((index.story_of("bb"), index.story_of("?")), (Some("s1"), None));
    let title = |title: &str| Cited { title: Some(title.into()), ..Cited::default() };
    let cited = ["NVIDIA!", "Meta", "noodles"].map(title);
    assert_eq!(index.stories_among(&cited), ["s1"]);
    index.put([told("a", "Meta", "s2")]);
    let mut telling: Vec<&str> = index.telling("s2").map(|one| one.id.as_str()).collect();
    telling.sort_unstable();
    assert_eq!((telling, index.stories_among(&cited)), (vec!["a", "c"], vec!["s1", "s2"]));
    index.remove("bb");
    assert_eq!((index.telling("s1").count(), index.candidates().len()), (0, 2));
}
