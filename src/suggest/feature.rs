//! What speaks for a candidate, as numbers, and how much each counts.
//!
//! A [`Feature`] is one thing that can be said of an item and an article or topic; [`Features`] are
//! all of them for one pair. A [`Model`] weighs them: the logistic function of a sum, so that a score
//! is the chance that an editor would take the item, comparable between articles, and every
//! contribution can be read off and written into the configuration. `learn` fits it on verdicts.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

/// One thing that speaks for a candidate. Values are around 0 to 1 unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// Words of the article's title, by rarity.
    Title,
    /// Words of its summary.
    Summary,
    /// Words of its tags.
    Tags,
    /// Words of its topics.
    Topics,
    /// Words of its body.
    Body,
    /// Names that both use, in whatever language.
    Names,
    /// Words that a dictionary translates into the candidate's.
    Words,
    /// Words that the site's articles went with before when they cited such titles.
    Learnt,
    /// 1 where the candidate is in another language than the article, and so shares fewer words.
    Foreign,
    /// Likeness to the best of the first list.
    Likeness,
    /// Likeness to what the article or topic cites already.
    Cited,
    /// Nearness in time to the article's date: 1 on its day, a half a day off, an eighth a week off.
    Time,
    /// 1 for a source that tells of itself.
    FirstParty,
    /// The logarithm of the source's weight: 0 is usual, negative is less.
    Trust,
    /// How many independent sources tell the story.
    Corroboration,
    /// How often the site cites this publisher.
    Publisher,
    /// Nearness of meaning by the user's embedding model; 0 without one.
    Meaning,
}

impl Feature {
    /// All of them, in the order in which they stand in [`Features`].
    pub const ALL: [Self; 17] = [
        Self::Title,
        Self::Summary,
        Self::Tags,
        Self::Topics,
        Self::Body,
        Self::Names,
        Self::Words,
        Self::Learnt,
        Self::Foreign,
        Self::Likeness,
        Self::Cited,
        Self::Time,
        Self::FirstParty,
        Self::Trust,
        Self::Corroboration,
        Self::Publisher,
        Self::Meaning,
    ];

    /// Its name in the configuration, in exports and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Summary => "summary",
            Self::Tags => "tags",
            Self::Topics => "topics",
            Self::Body => "body",
            Self::Names => "names",
            Self::Words => "words",
            Self::Learnt => "learnt",
            Self::Foreign => "foreign",
            Self::Likeness => "likeness",
            Self::Cited => "cited",
            Self::Time => "time",
            Self::FirstParty => "first_party",
            Self::Trust => "trust",
            Self::Corroboration => "corroboration",
            Self::Publisher => "publisher",
            Self::Meaning => "meaning",
        }
    }

    /// The feature of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.name() == name)
    }
}

/// A number for each feature: what is true of a pair, or how much it counts.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(into = "BTreeMap<String, f64>", from = "BTreeMap<String, f64>")]
pub struct Features([f64; Feature::ALL.len()]);

impl Features {
    /// Each feature with its value.
    pub fn iter(&self) -> impl Iterator<Item = (Feature, f64)> {
        Feature::ALL.into_iter().zip(self.0)
    }

    /// The sum of products.
    pub fn dot(&self, other: &Self) -> f64 {
        self.0.iter().zip(other.0).map(|(a, b)| a * b).sum()
    }
}

impl Index<Feature> for Features {
    type Output = f64;

    fn index(&self, feature: Feature) -> &f64 {
        &self.0[feature as usize]
    }
}

impl IndexMut<Feature> for Features {
    fn index_mut(&mut self, feature: Feature) -> &mut f64 {
        &mut self.0[feature as usize]
    }
}

impl From<Features> for BTreeMap<String, f64> {
    fn from(features: Features) -> Self {
        features.iter().map(|(feature, value)| (feature.name().to_owned(), value)).collect()
    }
}

/// A name that is no longer known says nothing, one that is new is 0: what was kept stays readable.
impl From<BTreeMap<String, f64>> for Features {
    fn from(named: BTreeMap<String, f64>) -> Self {
        let mut features = Self::default();
        for (name, value) in named {
            if let Some(feature) = Feature::named(&name) {
                features[feature] = value;
            }
        }
        features
    }
}

/// What each feature counts; readable, and the whole of what is learnt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// What is added whatever the features are: the lower, the more sceptical.
    pub bias: f64,
    /// What each feature counts; 0 switches it off.
    pub weights: Features,
}

impl Model {
    /// The chance, from 0 to 1, that an editor would take an item with these features.
    pub fn score(&self, features: &Features) -> f64 {
        logistic(self.bias + self.weights.dot(features))
    }

    /// How much each feature adds to the sum.
    pub fn contributions(&self, features: &Features) -> Features {
        let mut parts = Features::default();
        for (feature, value) in features.iter() {
            parts[feature] = value * self.weights[feature];
        }
        parts
    }
}

/// The usual weights, in the configuration's own words; `docs/ranking.md` tells where they come from.
const USUAL: [(Feature, f64); 17] = [
    (Feature::Title, 14.0),
    (Feature::Summary, 7.0),
    (Feature::Tags, 4.0),
    (Feature::Topics, 1.0),
    (Feature::Body, 10.0),
    (Feature::Names, 5.0),
    (Feature::Words, 4.0),
    (Feature::Learnt, 2.0),
    (Feature::Foreign, 0.3),
    (Feature::Likeness, 8.0),
    (Feature::Cited, 3.0),
    (Feature::Time, 0.5),
    (Feature::FirstParty, 0.5),
    (Feature::Trust, 1.0),
    (Feature::Corroboration, 0.2),
    (Feature::Publisher, 0.3),
    (Feature::Meaning, 4.0),
];

impl Default for Model {
    fn default() -> Self {
        let mut weights = Features::default();
        for (feature, weight) in USUAL {
            weights[feature] = weight;
        }
        Self { bias: -6.2, weights }
    }
}

/// The logistic function.
pub fn logistic(sum: f64) -> f64 {
    1.0 / (1.0 + (-sum).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_keep_their_names_when_they_are_written_and_read() {
        let mut features = Features::default();
        for (at, feature) in Feature::ALL.into_iter().enumerate() {
            assert_eq!(feature as usize, at);
            assert_eq!(Feature::named(feature.name()), Some(feature));
            features[feature] = at as f64;
        }
        let text = serde_json::to_string(&features).unwrap();
        assert_eq!(serde_json::from_str::<Features>(&text).unwrap(), features);
        let old = r#"{"title": 1.0, "gone_since": 2.0}"#;
        assert!(
            (serde_json::from_str::<Features>(old).unwrap()[Feature::Title] - 1.0).abs() < 1e-9
        );
    }

    #[test]
    fn a_score_is_a_chance_and_its_parts_add_up() {
        let mut model = Model { bias: -1.0, weights: Features::default() };
        model.weights[Feature::Title] = 2.0;
        model.weights[Feature::Foreign] = -0.5;
        let mut features = Features::default();
        features[Feature::Title] = 0.5;
        assert!((model.score(&features) - 0.5).abs() < 1e-9);
        features[Feature::Foreign] = 1.0;
        let parts: f64 = model.contributions(&features).iter().map(|(_, part)| part).sum();
        assert!((model.score(&features) - logistic(-1.0 + parts)).abs() < 1e-9);
    }
}
