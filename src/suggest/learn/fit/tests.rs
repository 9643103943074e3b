use proptest::prelude::*;

use super::*;

/// Numbers from 0 to 1 without pattern and without chance.
pub(in crate::suggest::learn) fn noise(at: usize, of: usize) -> f64 {
    let mixed = (at as u64 * 31 + of as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11) as f64
        / (1_u64 << 53) as f64
}

fn features(at: usize, used: usize) -> Features {
    let mut features = Features::default();
    for (of, feature) in Feature::ALL.into_iter().take(used).enumerate() {
        features[feature] = noise(at, of);
    }
    features
}

fn model(bias: f64, weights: &[f64]) -> Model {
    let mut model = Model { bias, weights: Features::default() };
    for (feature, weight) in Feature::ALL.into_iter().zip(weights) {
        model.weights[feature] = *weight;
    }
    model
}

fn assert_near(a: &Model, b: &Model, off: f64) {
    assert!((a.bias - b.bias).abs() < off, "bias {} {}", a.bias, b.bias);
    for (feature, weight) in a.weights.iter() {
        let other = b.weights[feature];
        assert!((weight - other).abs() < off, "{} {weight} {other}", feature.name());
    }
}

/// Every suggestion judged a hundred times by editors who follow `truth`.
fn judged(truth: &Model, count: usize, used: usize) -> Vec<Example> {
    (0..count)
        .flat_map(|at| {
            let features = features(at, used);
            let good = truth.score(&features) * 100.0;
            let says = move |n: u8| Example {
                query: at / 10,
                accepted: f64::from(n) + 0.5 < good,
                features,
            };
            (0..100).map(says)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_weights_that_verdicts_follow_are_found(
        weights in proptest::collection::vec(0.0_f64..2.0, 4),
        bias in -3.0_f64..-1.0,
    ) {
        let truth = model(bias, &weights);
        let nothing = model(0.0, &[]);
        let recipe = Recipe { taken: Taken::OneByOne, strength: 1e-3 };
        let found = train(&judged(&truth, 80, 4), &nothing, recipe);
        // What is left is the rounding to whole verdicts.
        assert_near(&found, &truth, 0.2);
    }
}

#[test]
fn pairs_find_the_same_weights_whatever_each_article_has_to_offer() {
    let truth = model(-1.0, &[3.0, 1.0]);
    let mut examples = Vec::new();
    for query in 0..40 {
        // Each article has a level of its own, which is none of the features.
        let level = 6.0 * noise(query, 99) - 3.0;
        for at in query * 8..query * 8 + 8 {
            let features = features(at, 2);
            let chance = logistic(truth.bias + level + truth.weights.dot(&features));
            let is_good = |n: u8| f64::from(n) + 0.5 < chance * 12.0;
            examples.extend((0..12).map(|n| Example { query, accepted: is_good(n), features }));
        }
    }
    let recipe = Recipe { taken: Taken::InPairs, strength: 1e-3 };
    let found = train(&examples, &model(0.0, &[]), recipe);
    for (feature, weight) in [(Feature::Title, 3.0), (Feature::Summary, 1.0)] {
        assert!((found.weights[feature] - weight).abs() < 0.3, "{}", found.weights[feature]);
    }
}

#[test]
fn without_verdicts_or_under_a_strong_prior_weights_stay_as_they_are() {
    let present = model(-1.0, &[2.0, -0.5, 1.0]);
    let against = judged(&model(1.0, &[0.0, 3.0, 0.0]), 20, 3);
    for taken in [Taken::OneByOne, Taken::InPairs] {
        let kept = train(&[], &present, Recipe { taken, strength: 1.0 });
        assert_eq!(kept.weights, present.weights);
        let held = train(&against, &present, Recipe { taken, strength: 1e12 });
        for (feature, weight) in held.weights.iter() {
            assert!((weight - present.weights[feature]).abs() < 1e-6);
        }
    }
}

#[test]
fn verdicts_that_a_line_divides_lead_to_no_infinite_weight() {
    let examples: Vec<Example> = (0..40)
        .map(|at| {
            let features = features(at, 2);
            Example { query: at / 8, accepted: features[Feature::Title] > 0.5, features }
        })
        .collect();
    for taken in [Taken::OneByOne, Taken::InPairs] {
        let found = train(&examples, &model(0.0, &[1.0]), Recipe { taken, strength: 1.0 });
        let title = found.weights[Feature::Title];
        assert!((1.0..30.0).contains(&title) && found.bias.is_finite(), "{title}");
    }
}

#[test]
fn what_can_only_speak_for_an_item_never_counts_against_it() {
    // Editors who reject what shares words, is first-hand, and is in their own language.
    let truth = model(1.0, &[-3.0]);
    let mut examples = judged(&truth, 40, 1);
    for one in &mut examples {
        one.features[Feature::Foreign] = one.features[Feature::Title];
    }
    let found =
        train(&examples, &model(0.0, &[0.5]), Recipe { taken: Taken::OneByOne, strength: 0.1 });
    assert!(found.weights[Feature::Title].abs() < 1e-9);
    assert!(found.weights[Feature::Foreign] < -1.0);
    // Who has set it below 0 means it.
    let wanted = model(0.0, &[-0.5]);
    let found = train(&examples, &wanted, Recipe { taken: Taken::OneByOne, strength: 1e-3 });
    assert!((found.weights[Feature::Title] + 0.5).abs() < 0.5);
}

#[test]
fn a_feature_that_never_varies_keeps_its_weight() {
    let mut examples = judged(&model(0.0, &[2.0]), 20, 1);
    for one in &mut examples {
        one.features[Feature::Meaning] = 0.1 + 0.2;
    }
    let mut present = model(0.0, &[1.0]);
    present.weights[Feature::Meaning] = 0.7;
    let found = train(&examples, &present, Recipe { taken: Taken::OneByOne, strength: 1.0 });
    assert!((found.weights[Feature::Meaning] - 0.7).abs() < 1e-12);
    let mean: f64 = examples.iter().map(|one| found.score(&one.features)).sum::<f64>() / 2_000.0;
    let share = examples.iter().filter(|one| one.accepted).count() as f64 / 2_000.0;
    assert!((mean - share).abs() < 1e-9, "chances are right on the whole");
}
