use chrono::DateTime;

use super::*;
use crate::suggest::feature::{Feature, logistic};
use crate::suggest::verdict::{ARTICLE, Verdict};

fn line(query: &str, item: usize, verdict: Verdict, features: Features) -> Labelled {
    Labelled {
        suggestion: String::new(),
        target: Target::Article(query.into()),
        item: format!("i{item:03}"),
        title: String::new(),
        url: None,
        source: None,
        verdict,
        reason: None,
        editor: "anna".into(),
        judged: DateTime::UNIX_EPOCH,
        features: Some(features),
        fingerprint: None,
    }
}

fn present() -> Model {
    let mut model = Model { bias: 0.0, weights: Features::default() };
    model.weights[Feature::Title] = 2.0;
    model
}

/// Verdicts of an editor who looks at the body, while the present model looks at the title.
fn site(queries: usize, each: usize) -> Vec<Labelled> {
    let number = |at: usize, step: usize| (at * step % 101) as f64 / 101.0;
    let mut lines = Vec::new();
    for query in 0..queries {
        for item in 0..each {
            let at = query * each + item;
            let mut features = Features::default();
            features[Feature::Title] = number(at, 37);
            features[Feature::Body] = number(at, 59);
            let good = logistic(8.0 * features[Feature::Body] - 4.0) > number(at, 83);
            let verdict = if good { Verdict::Accept } else { Verdict::Reject };
            lines.push(line(&format!("{query}.md"), item, verdict, features));
        }
    }
    lines
}

#[test]
fn what_editors_look_at_is_learnt_and_measured_on_articles_that_were_not_seen() {
    let lesson = learn(&Lines::of(&site(20, 8)), &present()).unwrap();
    assert!(lesson.is_better(), "{lesson:?}");
    assert!(lesson.after.auc > 0.8 && lesson.before.auc < 0.7, "{lesson:?}");
    assert!(lesson.improved > lesson.worsened);
    assert!(lesson.model.weights[Feature::Body] > 2.0, "{lesson:?}");
    let unvaried = lesson.model.weights[Feature::FirstParty];
    assert!(unvaried.abs() < 1e-12, "what was never seen to vary stays");
}

#[test]
fn the_order_of_the_lines_makes_no_difference() {
    let lines = site(8, 6);
    let mut turned = lines.clone();
    turned.reverse();
    turned.rotate_left(17);
    assert_eq!(Lines::of(&lines), Lines::of(&turned));
    let lesson = learn(&Lines::of(&lines), &present());
    assert_eq!(lesson, learn(&Lines::of(&turned), &present()));
    assert_eq!(lesson, learn(&Lines::of(&lines), &present()));
}

#[test]
fn verdicts_that_agree_with_the_present_weights_change_little_and_are_no_reason_to_write() {
    let mut lines = site(10, 6);
    for line in &mut lines {
        let good = line.features.unwrap()[Feature::Title] > 0.5;
        line.verdict = if good { Verdict::Accept } else { Verdict::Reject };
    }
    let lesson = learn(&Lines::of(&lines), &present()).unwrap();
    assert!((lesson.before.auc - 1.0).abs() < 1e-9);
    assert!(!lesson.is_better(), "nothing is better than all in order: {lesson:?}");
}

#[test]
fn a_query_is_in_one_part_and_orders_to_be_learnt_are_in_every_part() {
    let mut lines = site(7, 8);
    for query in 0..30 {
        lines.push(line(&format!("lone-{query}.md"), 0, Verdict::Accept, Features::default()));
    }
    let lines = Lines::of(&lines);
    let parts = parts(&lines);
    assert_eq!(parts.len(), lines.queries.len());
    let mixed = measure::mixed(&lines.examples);
    assert_eq!(mixed.len(), 7);
    for part in 0..PARTS {
        let of = |queries: &mut dyn Iterator<Item = usize>| {
            queries.filter(|q| parts[*q] == part).count()
        };
        assert!(of(&mut mixed.iter().copied()) >= 1, "{part}");
        assert!((7..=8).contains(&of(&mut (0..parts.len()))), "{part}");
    }
}

#[test]
fn too_few_verdicts_are_refused_with_what_is_missing() {
    let some = site(8, 6);
    let learn = |lines: &[Labelled]| learn(&Lines::of(lines), &present()).unwrap_err();
    assert_eq!(learn(&some[..19]), TooFew::Verdicts { found: 19 });
    for (verdict, word) in [(Verdict::Cited, "accepted"), (Verdict::Reject, "rejected")] {
        let all = some.iter().map(|line| Labelled { verdict, ..line.clone() });
        let error = learn(&all.collect::<Vec<_>>());
        assert_eq!(error, TooFew::OneKind { found: 48, word });
        assert!(error.to_string().starts_with("all 48 suggestions have been "));
    }
    assert_eq!(learn(&some[..24]), TooFew::Queries { found: 4 });
}

#[test]
fn a_suggestion_counts_once_by_the_last_words_of_most_editors() {
    let mut features = Features::default();
    features[Feature::Title] = 0.5;
    let said = |item, editor: &str, verdict, minute: i64| Labelled {
        editor: editor.into(),
        judged: DateTime::from_timestamp(60 * minute, 0).unwrap(),
        ..line("a.md", item, verdict, features)
    };
    let lines = [
        // Changed her mind.
        said(1, "anna", Verdict::Accept, 1),
        said(1, "anna", Verdict::Reject, 2),
        // Two to one, the article being one of the two.
        said(2, "anna", Verdict::Reject, 5),
        said(2, "bert", Verdict::Accept, 1),
        said(2, ARTICLE, Verdict::Cited, 2),
        // One to one.
        said(3, "anna", Verdict::Reject, 1),
        said(3, "bert", Verdict::Accept, 1),
        // Nobody knows why it was shown.
        Labelled { features: None, ..said(4, "anna", Verdict::Accept, 1) },
    ];
    let lines = Lines::of(&lines);
    let labels: Vec<bool> = lines.examples.iter().map(|one| one.accepted).collect();
    assert_eq!(labels, [false, true]);
    assert_eq!((lines.disputed, lines.without_features), (1, 1));
}
