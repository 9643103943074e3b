//! Whether two headlines tell of one event.
//!
//! Takes two headlines with the weights of what they say; gives the logarithm of the odds, by a small
//! logistic model: how much of their rare terms they share (in English senses, where they are in two
//! languages), who is behind their names and what they are about, whether amounts, versions and what
//! happens agree or contradict, how many days lie between them, whether one house would tell it twice.
//! `docs/stories.md` says what the weights were fitted on.

use std::cmp::Ordering;

use chrono::NaiveDate;

use super::amount::{Agreement, agreement};
use super::rarity::Rarity;
use super::signature::Signature;
use crate::suggest::term::Term;

/// A headline with the weights of what it says, and when and where it stood.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) signature: Signature,
    terms: Weighed,
    characters: Weighed,
    concepts: Weighed,
    makers: Weighed,
    themes: Weighed,
    pub(super) when: When,
    /// Number of the house's name, if known.
    pub(super) house: Option<Term>,
}

/// When an item was published, and when it was first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    pub(super) published: NaiveDate,
    pub(super) seen: NaiveDate,
}

impl When {
    /// Days between the publications of two reports. What is told again next year, in the same words, is
    /// another event, however late both are seen.
    pub(super) fn days_from(self, other: Self) -> i64 {
        (self.published - other.published).num_days().abs()
    }
}

/// What is compared, in the order of [`WEIGHTS`].
pub(super) const FEATURES: usize = 18;

/// Odds of two headlines of which nothing is known, as a logarithm.
const BIAS: f64 = -2.57;

/// What is taken off where both have more than a title: longer texts have more in common by chance. By hand.
const LEADS: f64 = -0.6;

/// How much each feature counts. Fitted (`docs/stories.md`).
const WEIGHTS: [f64; FEATURES] = [
    1.96,  // terms shared (cosine), in one language
    0.29,  // Chinese characters shared (cosine)
    1.52,  // weight of the concepts shared
    0.80,  // in two languages
    0.34,  // names shared, of all names
    0.99,  // those behind the names shared (cosine)
    -0.92, // others behind all names
    1.93,  // themes shared (cosine)
    1.45,  // one version of one thing
    -5.00, // another version of one thing (by hand: it is rare among the pairs)
    -0.43, // other things happen
    0.59,  // an amount shared
    -1.11, // amounts differ
    -5.00, // other numbers of one thing (by hand: they are rare among the pairs)
    1.69,  // a count of people or things shared
    -0.85, // days between publications (logarithm)
    -0.49, // days between first sights (logarithm)
    -0.76, // in one house
];

/// Likeness of two headlines that are one, word for word.
const REPRINT: f64 = 6.0;

/// From this cosine on two headlines are one, word for word or nearly.
const SAME_WORDS: f64 = 0.9;

/// Fewest terms that make a headline its own: two houses may well call two things `Market Talk`.
const OWN_WORDS: usize = 5;

/// Shared weight that is as much as a headline ever needs.
const MUCH: f64 = 30.0;

/// In which share of headlines somebody is behind a name, and in which one theme is found: a guess,
/// beside which is counted.
const MAKER: f64 = 0.003;
const THEME: f64 = 0.01;

/// Days beyond which a date is wrong rather than early.
const FAR: f64 = 40.0;

impl Report {
    /// Weighs what a headline says.
    pub(super) fn new(
        signature: Signature,
        when: When,
        house: Option<Term>,
        rarity: &Rarity,
    ) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "a weight needs no precision")]
        let weigh = |terms: &[Term]| -> Vec<f32> {
            terms.iter().map(|term| rarity.of(*term) as f32).collect()
        };
        #[expect(clippy::cast_possible_truncation, reason = "a weight needs no precision")]
        let beside = |terms: &[Term], share: f64| -> Vec<f32> {
            terms.iter().map(|term| rarity.beside(*term, share) as f32).collect()
        };
        Self {
            terms: Weighed::new(weigh(&signature.terms)),
            characters: Weighed::new(weigh(&signature.characters)),
            concepts: Weighed::new(weigh(&signature.concepts)),
            makers: Weighed::new(beside(&signature.makers, MAKER)),
            themes: Weighed::new(beside(&signature.themes, THEME)),
            signature,
            when,
            house,
        }
    }

    /// How likely two reports tell of one event, in logarithms of odds.
    pub(super) fn likeness(&self, other: &Self) -> f64 {
        let features = self.compare(other);
        let is_same_title = self.signature.title == other.signature.title;
        let is_reprint = (features[0] >= SAME_WORDS || is_same_title)
            && self.signature.terms.len().min(other.signature.terms.len()) >= OWN_WORDS
            // A house's column has one title each week.
            && (!self.is_of_one_house(other) || self.when.days_from(other.when) <= 1);
        if is_reprint {
            return REPRINT;
        }
        let both = self.signature.has_lead && other.signature.has_lead;
        let bias = if both { BIAS + LEADS } else { BIAS };
        bias + features.iter().zip(WEIGHTS).map(|(feature, weight)| feature * weight).sum::<f64>()
    }

    /// The rarest terms and the English senses of the rarest concepts, with what each tells.
    pub(super) fn probes(&self, most: usize, rarity: &Rarity) -> Vec<(Term, f64)> {
        let weigh = |term: Term| (term, rarity.of(term));
        let rarest = |a: &(Term, f64), b: &(Term, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let mut terms: Vec<(Term, f64)> = self.signature.terms.iter().copied().map(weigh).collect();
        terms.sort_by(rarest);
        terms.truncate(most);
        if self.signature.is_chinese {
            let mut senses: Vec<(Term, f64)> =
                self.signature.senses.iter().map(|(sense, _)| weigh(*sense)).collect();
            senses.sort_by(rarest);
            senses.dedup();
            senses.truncate(2 * most);
            terms.extend(senses);
        }
        terms.sort_by_key(|(term, _)| *term);
        terms.dedup_by_key(|(term, _)| *term);
        terms
    }

    /// What two headlines have in common, as numbers.
    pub(super) fn compare(&self, other: &Self) -> [f64; FEATURES] {
        let (ours, theirs) = (&self.signature, &other.signature);
        let yes = |holds: bool| f64::from(u8::from(holds));
        let is_same_language = ours.is_chinese == theirs.is_chinese;
        let cosine = if is_same_language {
            self.terms.cosine(&ours.terms, &other.terms, &theirs.terms)
        } else {
            0.0
        };
        let amounts = agreement(&ours.amounts, &theirs.amounts);
        let shared_names = ours.names.iter().filter(|name| theirs.has(**name)).count()
            + theirs
                .names
                .iter()
                .filter(|name| ours.has(**name) && !ours.names.contains(name))
                .count();
        let all_names = (ours.names.len() + theirs.names.len()).saturating_sub(shared_names).max(1);
        let makers = self.makers.cosine(&ours.makers, &other.makers, &theirs.makers);
        let have_makers = !ours.makers.is_empty() && !theirs.makers.is_empty();
        let published = (self.when.published - other.when.published).num_days().abs() as f64;
        let seen = (self.when.seen - other.when.seen).num_days().abs() as f64;
        [
            cosine,
            self.characters.cosine(&ours.characters, &other.characters, &theirs.characters),
            (self.shared_concepts(other) / MUCH).min(1.5),
            yes(!is_same_language),
            shared_names as f64 / all_names as f64,
            makers,
            yes(have_makers && makers == 0.0),
            self.themes.cosine(&ours.themes, &other.themes, &theirs.themes),
            yes(ours.names_one_version(theirs)),
            yes(ours.names_another_version(theirs)),
            yes(ours.actions.differ(theirs.actions)),
            yes(amounts == Agreement::Shared),
            yes(amounts == Agreement::Contrary),
            yes(amounts == Agreement::Opposed),
            yes(ours.counts.iter().any(|count| theirs.counts.contains(count))),
            published.min(FAR).ln_1p(),
            seen.min(FAR).ln_1p(),
            yes(self.is_of_one_house(other)),
        ]
    }

    fn is_of_one_house(&self, other: &Self) -> bool {
        self.house.is_some() && self.house == other.house
    }

    /// The weight of what both say, in English senses where they are in two languages.
    fn shared_concepts(&self, other: &Self) -> f64 {
        let (mut ours, mut theirs) = (0_u128, 0_u128);
        let (own, foreign) = (&self.signature.senses, &other.signature.senses);
        let (mut at, mut to) = (0, 0);
        while at < own.len() && to < foreign.len() {
            let sense = own[at].0;
            match sense.cmp(&foreign[to].0) {
                Ordering::Less => at += 1,
                Ordering::Greater => to += 1,
                Ordering::Equal => {
                    while at < own.len() && own[at].0 == sense {
                        ours |= 1 << own[at].1;
                        at += 1;
                    }
                    while to < foreign.len() && foreign[to].0 == sense {
                        theirs |= 1 << foreign[to].1;
                        to += 1;
                    }
                }
            }
        }
        f64::midpoint(self.concepts.chosen(ours), other.concepts.chosen(theirs))
    }
}

/// Weights of what a headline says.
#[derive(Debug, Clone)]
struct Weighed {
    weights: Vec<f32>,
    /// Length of the vector that they are.
    length: f64,
}

impl Weighed {
    fn new(weights: Vec<f32>) -> Self {
        let squares = weights.iter().map(|weight| f64::from(*weight) * f64::from(*weight));
        Self { length: squares.sum::<f64>().sqrt(), weights }
    }

    /// The cosine between two headlines' terms, which are sorted.
    fn cosine(&self, ours: &[Term], other: &Self, theirs: &[Term]) -> f64 {
        let mut squares = 0.0;
        let (mut at, mut to) = (0, 0);
        while at < ours.len() && to < theirs.len() {
            match ours[at].cmp(&theirs[to]) {
                Ordering::Less => at += 1,
                Ordering::Greater => to += 1,
                Ordering::Equal => {
                    squares += f64::from(self.weights[at]) * f64::from(other.weights[to]);
                    at += 1;
                    to += 1;
                }
            }
        }
        share(squares, self.length * other.length)
    }

    /// The sum of the chosen weights, one bit for each.
    fn chosen(&self, mut chosen: u128) -> f64 {
        let mut sum = 0.0;
        while chosen != 0 {
            sum += f64::from(self.weights[chosen.trailing_zeros() as usize]);
            chosen &= chosen - 1;
        }
        sum
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 }
}
