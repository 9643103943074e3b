use proptest::prelude::*;

use super::*;

/// Numbers from 0 to 1 without pattern and without chance.
pub(in crate::suggest::learn) fn noise(at: usize, of: usize) -> f64 {
    let mixed = (at as u64 * 131 + of as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11) as f64
        / (1_u64 << 53) as f64
}

fn model(bias: f64, weights: &[f64]) -> Model {
    let mut model = Model { bias, weights: Features::default() };
    for (feature, weight) in Feature::ALL.into_iter().zip(weights) {
        model.weights[feature] = *weight;
    }
    model
}

/// Eight suggestions for each of `queries` articles, each judged twelve times by editors who follow
/// `truth`; but some articles have more to offer than others, whatever the features.
fn judged(truth: &Model, queries: usize, used: usize) -> Vec<Example> {
    let mut examples = Vec::new();
    for query in 0..queries {
        let level = 2.0 * noise(query, 99) - 1.0;
        for at in query * 8..query * 8 + 8 {
            let mut features = Features::default();
            for (of, feature) in Feature::ALL.into_iter().take(used).enumerate() {
                features[feature] = noise(at, of);
            }
            let chance = logistic(truth.bias + level + truth.weights.dot(&features));
            let is_good = |n: u8| f64::from(n) + 0.5 < chance * 12.0;
            examples.extend((0..12).map(|n| Example { query, accepted: is_good(n), features }));
        }
    }
    examples
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn the_weights_that_editors_follow_are_found_whatever_each_article_has_to_offer(
        weights in proptest::collection::vec(0.0_f64..2.5, 3),
    ) {
        let truth = model(-weights.iter().sum::<f64>() / 2.0, &weights);
        let found = train(&judged(&truth, 30, 3), &model(0.0, &[]), 1e-3);
        for (feature, weight) in truth.weights.iter() {
            // What is left is the rounding to whole verdicts.
            let off = (found.weights[feature] - weight).abs();
            prop_assert!(off < 0.3, "{} {weight} {}", feature.name(), found.weights[feature]);
        }
    }
}

#[test]
fn without_verdicts_or_under_a_strong_prior_weights_stay_as_they_are() {
    let present = model(-1.0, &[2.0, -0.5, 1.0]);
    assert_eq!(train(&[], &present, 16.0).weights, present.weights);
    let against = judged(&model(1.0, &[0.0, 3.0, 0.0]), 4, 3);
    let held = train(&against, &present, 1e12);
    for (feature, weight) in held.weights.iter() {
        assert!((weight - present.weights[feature]).abs() < 1e-6, "{}", feature.name());
    }
}

#[test]
fn verdicts_that_a_line_divides_lead_to_no_infinite_weight() {
    let mut examples = judged(&model(0.0, &[]), 5, 2);
    for one in &mut examples {
        one.accepted = one.features[Feature::Title] > 0.5;
    }
    let found = train(&examples, &model(0.0, &[1.0]), 1.0);
    let title = found.weights[Feature::Title];
    assert!((1.0..30.0).contains(&title) && found.bias.is_finite(), "{title}");
}

#[test]
fn what_can_only_speak_for_an_item_never_counts_against_it() {
    // Editors who reject what shares words with the title and is in another language.
    let mut examples = judged(&model(1.0, &[-3.0]), 10, 1);
    for one in &mut examples {
        one.features[Feature::Foreign] = one.features[Feature::Title];
    }
    let found = train(&examples, &model(0.0, &[0.5]), 0.1);
    assert!(found.weights[Feature::Title].abs() < 1e-9);
    assert!(found.weights[Feature::Foreign] < -1.0);
    // Who has set it below 0 means it.
    let found = train(&examples, &model(0.0, &[-0.5]), 0.1);
    assert!((-0.6..-0.4).contains(&found.weights[Feature::Title]));
}

#[test]
fn a_feature_that_never_varies_keeps_its_weight_and_chances_are_right_on_the_whole() {
    let mut examples = judged(&model(0.0, &[2.0]), 6, 1);
    for one in &mut examples {
        one.features[Feature::Meaning] = 0.1 + 0.2;
    }
    let mut present = model(0.0, &[1.0]);
    present.weights[Feature::Meaning] = 0.7;
    let found = train(&examples, &present, 1.0);
    assert!((found.weights[Feature::Meaning] - 0.7).abs() < 1e-12);
    let chances: f64 = examples.iter().map(|one| found.score(&one.features)).sum();
    let accepted = examples.iter().filter(|one| one.accepted).count() as f64;
    assert!((chances - accepted).abs() < 1e-6);
}

#[test]
fn no_weight_is_larger_than_a_configuration_takes() {
    // Features that vary little between suggestions, and tell everything.
    let mut examples = judged(&model(0.0, &[]), 20, 1);
    for one in &mut examples {
        let value = one.features[Feature::Title];
        one.accepted = value > 0.5;
        one.features[Feature::Topics] = 0.01 * value;
        one.features[Feature::Foreign] = -0.01 * value;
        one.features[Feature::Title] = 0.0;
        one.features[Feature::Meaning] = 3.0;
    }
    let mut present = model(0.0, &[]);
    present.weights[Feature::Meaning] = LARGEST;
    let found = train(&examples, &present, 1e-3);
    let is = |number: f64, expected: f64| (number - expected).abs() < 1e-9;
    assert!(is(found.weights[Feature::Topics], LARGEST), "{found:?}");
    assert!(is(found.weights[Feature::Foreign], -LARGEST), "{found:?}");
    assert!(is(found.weights[Feature::Meaning], LARGEST), "{found:?}");
    // It takes -300 to make up for the last one.
    assert!(is(found.bias, -LARGEST), "{found:?}");
}
