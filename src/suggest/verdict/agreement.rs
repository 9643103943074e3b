//! How far editors agree: Cohen's kappa (Cohen, 1960), the agreement beyond what chance would bring.
//!
//! Only what both have judged counts, each suggestion once by the last word of each editor. What an
//! article cites is no editor's verdict here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Labelled, Verdict};
use crate::suggest::Target;

/// Fewest suggestions in common of which anything is said: with fewer, one verdict more or less
/// moves kappa by a fifth and more.
pub const FEWEST: usize = 10;

/// What two editors think of the same suggestions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Who, in order of the alphabet.
    pub editors: [String; 2],
    /// How many suggestions both have judged.
    pub suggestions: usize,
    /// Share of these of which both said the same.
    pub agreement: f64,
    /// Agreement beyond chance: 1 is all, 0 is what chance would bring, below is less than that.
    /// None where both always said the same one thing, which chance does as well.
    pub kappa: Option<f64>,
    /// The same in words.
    pub meaning: &'static str,
}

/// Every pair of editors that have at least `fewest` suggestions in common.
pub fn pairs(lines: &[Labelled], fewest: usize) -> Vec<Pair> {
    let mut latest: Vec<&Labelled> =
        lines.iter().filter(|line| line.verdict != Verdict::Cited).collect();
    latest.sort_by_key(|line| line.judged);
    let mut editors: BTreeMap<&str, BTreeMap<(&Target, &str), bool>> = BTreeMap::new();
    for line in latest {
        let said = editors.entry(&line.editor).or_default();
        said.insert((&line.target, &line.item), line.verdict.is_for());
    }
    let editors: Vec<_> = editors.into_iter().collect();
    let mut pairs = Vec::new();
    for (at, (one, of_one)) in editors.iter().enumerate() {
        for (other, of_other) in &editors[at + 1..] {
            // Rows: the one accepts or rejects; columns: the other.
            let mut table = [[0_usize; 2]; 2];
            for (suggestion, said) in of_one {
                if let Some(answer) = of_other.get(suggestion) {
                    table[usize::from(!said)][usize::from(!answer)] += 1;
                }
            }
            let suggestions = table.iter().flatten().sum();
            if suggestions < fewest.max(1) {
                continue;
            }
            let (agreement, kappa) = kappa(table);
            pairs.push(Pair {
                editors: [(*one).to_owned(), (*other).to_owned()],
                suggestions,
                agreement,
                kappa,
                meaning: meaning(kappa),
            });
        }
    }
    pairs
}

/// Observed agreement and kappa of a table that is not empty.
fn kappa(table: [[usize; 2]; 2]) -> (f64, Option<f64>) {
    let [[a, b], [c, d]] = table.map(|row| row.map(|count| count as f64));
    let all = a + b + c + d;
    let observed = (a + d) / all;
    let chance = ((a + b) * (a + c) + (c + d) * (b + d)) / (all * all);
    // 1 exactly where both always said one and the same thing.
    let kappa = (chance < 1.0).then(|| (observed - chance) / (1.0 - chance));
    (observed, kappa)
}

/// The words of Landis and Koch (1977), which everybody uses.
fn meaning(kappa: Option<f64>) -> &'static str {
    match kappa {
        None => "not to be told: both always said the same",
        Some(kappa) if kappa < 0.0 => "less than by chance",
        Some(kappa) if kappa <= 0.2 => "slight",
        Some(kappa) if kappa <= 0.4 => "fair",
        Some(kappa) if kappa <= 0.6 => "moderate",
        Some(kappa) if kappa <= 0.8 => "substantial",
        Some(_) => "almost perfect",
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Accept, Cited, Reject};
    use super::*;

    #[test]
    fn kappa_is_what_the_textbooks_say() {
        for (table, observed, expected) in [
            // Fifty grant proposals; two tables of equal agreement and unequal kappa.
            ([[20, 5], [10, 15]], 0.7, Some(0.4)),
            ([[45, 15], [25, 15]], 0.6, Some(0.130_434_782_6)),
            ([[25, 35], [5, 35]], 0.6, Some(0.259_259_259_3)),
            // Cohen (1960): agreement of a half where chance brings a half is none.
            ([[1, 1], [1, 1]], 0.5, Some(0.0)),
            ([[5, 0], [0, 5]], 1.0, Some(1.0)),
            ([[0, 5], [5, 0]], 0.0, Some(-1.0)),
            ([[9, 0], [0, 0]], 1.0, None),
        ] {
            let (agreement, kappa) = kappa(table);
            assert!((agreement - observed).abs() < 1e-9, "{table:?}");
            assert_eq!(kappa.is_some(), expected.is_some(), "{table:?}");
            let (got, want) = (kappa.unwrap_or(0.0), expected.unwrap_or(0.0));
            assert!((got - want).abs() < 1e-9, "{table:?}: {got}");
        }
    }

    #[test]
    fn only_what_both_editors_judged_counts_and_only_their_last_word() {
        let said = |editor: &str, item: usize, verdict, minute: i64| Labelled {
            suggestion: String::new(),
            target: Target::Topic("AI".into()),
            item: item.to_string(),
            title: String::new(),
            url: None,
            source: None,
            verdict,
            reason: None,
            editor: editor.into(),
            judged: chrono::DateTime::from_timestamp(minute * 60, 0).unwrap(),
            features: None,
            fingerprint: None,
        };

        let mut lines = vec![said("anna", 0, Accept, 9), said("anna", 0, Reject, 1)];
        lines.extend((0..4).map(|item| said("bert", item, Accept, 2)));
        lines.extend((1..3).map(|item| said("anna", item, Reject, 3)));
        lines.extend((0..4).map(|item| said("", item, Cited, 4)));
        lines.push(said("carl", 9, Accept, 5));
        let found = pairs(&lines, 3);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].editors, ["anna", "bert"]);
        assert_eq!((found[0].suggestions, found[0].kappa), (3, Some(0.0)));
        assert!((found[0].agreement - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(pairs(&lines, 4), []);
    }
}
