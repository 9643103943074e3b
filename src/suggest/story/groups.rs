//! Which story a report tells of, among a hundred thousand.
//!
//! A report is compared with what shares its rarest terms, through an inverted index, so that the work
//! for one is bounded however many there are. It is as like a story as its likest member says, tempered
//! by what all say on average: one that resembles only one of many does not join, so that no chain of
//! likenesses makes one story of two. Reports that come at once are grouped among themselves too
//! (`together`). Stories never merge, and a report stays where it was put.

use super::likeness::{Report, When};
use super::rarity::Rarity;
use super::together::Together;
use crate::suggest::term::{ByTerm, Term};

/// How many of a report's rarest terms, and twice as many senses of its concepts, find what it may
/// belong to: of a title, and of a title with the beginning of a summary.
const PROBES: usize = 12;
const PROBES_OF_LEAD: usize = 30;

/// How many of the latest reports that have a term are looked at: more have only common ones.
const LATEST: usize = 300;

/// How many of the nearest reports are compared in full.
const NEAREST: usize = 40;

/// Days between two reports of one event.
const APART: i64 = 14;

/// How far one member's likeness counts, in logarithms of odds: a copy of one report is no proof that
/// the item tells what the others do.
const CERTAIN: f64 = 3.0;

/// How much the likest pair of reports counts beside all together.
const LIKEST: f64 = 0.5;

/// From which likeness on a report joins a story, in logarithms of odds. Below 0, since among the
/// pairs that the weights were fitted on hard negatives are more frequent than they are in life.
const JOINS: f64 = -0.4;

/// Reports and the stories that they make.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) rarity: Rarity,
    reports: Vec<Report>,
    /// By report: when it stood, side by side since thousands are asked.
    whens: Vec<When>,
    /// By report: its story.
    story_of: Vec<usize>,
    /// By story: its reports.
    members: Vec<Vec<usize>>,
    /// By term or English sense: the reports that have it, in order of arrival.
    postings: ByTerm<Vec<u32>>,
    /// By report: the weight that it shares with the one that is being placed; 0 between.
    shared: Vec<f64>,
}

impl Groups {
    /// Puts a report into the story of this number, or into a new one, whose number is the next.
    pub(super) fn place(&mut self, report: Report, story: Option<usize>) -> usize {
        let story = story.unwrap_or(self.members.len());
        if story == self.members.len() {
            self.members.push(Vec::new());
        }
        self.members[story].push(self.reports.len());
        self.story_of.push(story);
        self.enter(report);
        story
    }

    /// Puts reports into the stories that they tell of, among those that there are and those that they
    /// make; gives each one's story. The earliest report of a new story is the first that gets it.
    pub(super) fn place_all(&mut self, reports: Vec<Report>) -> Vec<usize> {
        let (first, stories) = (self.reports.len(), self.members.len());
        let mut together = Together::new(&linkage, -CERTAIN, JOINS);
        for members in &self.members {
            together.add(members.len(), true);
        }
        for report in reports {
            let group = together.add(1, false);
            for place in self.similar(&report) {
                let likeness = report.likeness(&self.reports[place]).clamp(-CERTAIN, CERTAIN);
                let other = place
                    .checked_sub(first)
                    .map_or_else(|| self.story_of[place], |new| stories + new);
                together.link(other, group, likeness);
            }
            self.enter(report);
        }
        for (group, whole) in together.settle().into_iter().enumerate().skip(stories) {
            let story = match whole.checked_sub(stories) {
                None => whole,
                Some(_) if whole == group => {
                    self.members.push(Vec::new());
                    self.members.len() - 1
                }
                Some(founder) => self.story_of[first + founder],
            };
            self.members[story].push(self.story_of.len());
            self.story_of.push(story);
        }
        self.story_of[first..].to_vec()
    }

    /// Lets a report be found by what it says.
    fn enter(&mut self, report: Report) {
        let place = self.reports.len();
        if let Ok(place) = u32::try_from(place) {
            for term in keys(&report) {
                self.postings.entry(term).or_default().push(place);
            }
        }
        self.whens.push(report.when);
        self.reports.push(report);
    }

    /// The reports that share most weight of the rarest terms, in no order.
    fn similar(&mut self, report: &Report) -> Vec<usize> {
        let mut touched: Vec<u32> = Vec::new();
        self.shared.resize(self.reports.len(), 0.0);
        let most = if report.signature.has_lead { PROBES_OF_LEAD } else { PROBES };
        for (term, weight) in report.probes(most, &self.rarity) {
            let known = self.postings.get(&term).into_iter().flatten().rev().take(LATEST);
            for place in known {
                let shared = &mut self.shared[*place as usize];
                if *shared == 0.0 {
                    touched.push(*place);
                }
                *shared += weight;
            }
        }
        let weigh = |place: u32| (place, std::mem::take(&mut self.shared[place as usize]));
        let mut similar: Vec<(u32, f64)> = touched.into_iter().map(weigh).collect();
        similar.retain(|(place, _)| report.when.days_from(self.whens[*place as usize]) <= APART);
        let most = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if similar.len() > NEAREST {
            similar.select_nth_unstable_by(NEAREST, most);
            similar.truncate(NEAREST);
        }
        similar.into_iter().map(|(place, _)| place as usize).collect()
    }
}

/// How like a report and a story are, or two groups of reports.
fn linkage(likest: f64, mean: f64) -> f64 {
    LIKEST * likest + (1.0 - LIKEST) * mean
}

/// What a report is found by: its terms and the English senses of its concepts.
fn keys(report: &Report) -> Vec<Term> {
    let signature = &report.signature;
    let mut keys = signature.terms.clone();
    keys.extend(signature.senses.iter().map(|(sense, _)| *sense));
    keys.sort_unstable();
    keys.dedup();
    keys
}
