//! Which of many new reports tell of one event.
//!
//! Takes how like pairs of reports are; gives groups. The two groups that are likest of all become one
//! first, and so on while any two are like enough: so what is certain is settled before what is not,
//! and does not depend on which report came first. Two groups are as like as their two likest reports
//! say, tempered by what all pairs say on average. A story that was given out before is a group from
//! the start, and no two of these ever become one.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

/// How like two groups are, by the pairs of their reports that were compared.
#[derive(Debug, Clone, Copy)]
struct Link {
    likest: f64,
    sum: f64,
    pairs: usize,
}

impl Link {
    fn and(self, other: Self) -> Self {
        Self {
            likest: self.likest.max(other.likest),
            sum: self.sum + other.sum,
            pairs: self.pairs + other.pairs,
        }
    }
}

/// Groups of reports that become fewer.
pub(super) struct Together<'a> {
    /// How like two groups are: the likest pair of reports, and all pairs on average.
    linkage: &'a dyn Fn(f64, f64) -> f64,
    /// How like two reports are that have too little in common to be compared.
    unlike: f64,
    /// From which likeness on two groups become one.
    joins: f64,
    /// By group: how many reports it has; 0 once it is part of another.
    sizes: Vec<usize>,
    /// By group: whether it is a story that was given out.
    is_story: Vec<bool>,
    /// By group: how like it is to others; in order, so that the same comes out each time.
    links: Vec<BTreeMap<usize, Link>>,
    /// By group: the one that it became part of.
    part_of: Vec<usize>,
    /// Pairs of groups that may become one, with their sizes when they were compared.
    waiting: BinaryHeap<Candidates>,
}

/// Two groups that may become one: the likest first, then the earliest.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidates {
    likeness: f64,
    groups: [usize; 2],
    sizes: [usize; 2],
}

impl Eq for Candidates {}

impl Ord for Candidates {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_likeness = self.likeness.total_cmp(&other.likeness);
        by_likeness.then_with(|| Reverse(self.groups).cmp(&Reverse(other.groups)))
    }
}

impl PartialOrd for Candidates {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<'a> Together<'a> {
    /// No groups yet.
    pub(super) fn new(linkage: &'a dyn Fn(f64, f64) -> f64, unlike: f64, joins: f64) -> Self {
        Self {
            linkage,
            unlike,
            joins,
            sizes: Vec::new(),
            is_story: Vec::new(),
            links: Vec::new(),
            part_of: Vec::new(),
            waiting: BinaryHeap::new(),
        }
    }

    /// Adds a group of `size` reports: a story that was given out, or a new report.
    pub(super) fn add(&mut self, size: usize, is_story: bool) -> usize {
        self.sizes.push(size);
        self.is_story.push(is_story);
        self.links.push(BTreeMap::new());
        self.part_of.push(self.part_of.len());
        self.part_of.len() - 1
    }

    /// Notes how like a report of one group is to a report of another.
    pub(super) fn link(&mut self, one: usize, other: usize, likeness: f64) {
        let link = Link { likest: likeness, sum: likeness, pairs: 1 };
        for (from, to) in [(one, other), (other, one)] {
            self.links[from].entry(to).and_modify(|known| *known = known.and(link)).or_insert(link);
        }
    }

    /// Lets groups become one while any two are like enough; gives what each of them is part of then,
    /// by its earliest member, but for a story always that story.
    pub(super) fn settle(mut self) -> Vec<usize> {
        for one in 0..self.links.len() {
            let later: Vec<usize> = self.links[one].range(one + 1..).map(|(to, _)| *to).collect();
            for other in later {
                self.consider(one, other);
            }
        }
        while let Some(best) = self.waiting.pop() {
            let sizes = best.groups.map(|group| self.sizes[group]);
            if sizes == best.sizes {
                self.unite(best.groups);
            }
        }
        // A group became part of an earlier one or of a story, so that the last link is found by
        // following them.
        let whole = |mut group: usize| {
            while self.part_of[group] != group {
                group = self.part_of[group];
            }
            group
        };
        (0..self.part_of.len()).map(whole).collect()
    }

    fn consider(&mut self, one: usize, other: usize) {
        if self.is_story[one] && self.is_story[other] {
            return;
        }
        let Some(link) = self.links[one].get(&other) else { return };
        let sizes = [self.sizes[one], self.sizes[other]];
        let all = (sizes[0] * sizes[1]).max(link.pairs);
        let unlike = (all - link.pairs) as f64 * self.unlike;
        let likeness = (self.linkage)(link.likest, (link.sum + unlike) / all as f64);
        if likeness > self.joins {
            self.waiting.push(Candidates { likeness, groups: [one, other], sizes });
        }
    }

    /// Makes one group of two: the story, else the earlier one, takes the other in.
    fn unite(&mut self, [one, other]: [usize; 2]) {
        let (whole, part) = if self.is_story[other] { (other, one) } else { (one, other) };
        self.part_of[part] = whole;
        self.sizes[whole] += std::mem::take(&mut self.sizes[part]);
        for (to, link) in std::mem::take(&mut self.links[part]) {
            self.links[to].remove(&part);
            if to != whole {
                for (from, to) in [(whole, to), (to, whole)] {
                    let known = self.links[from].entry(to);
                    known.and_modify(|known| *known = known.and(link)).or_insert(link);
                }
            }
        }
        let others: Vec<usize> = self.links[whole].keys().copied().collect();
        for to in others {
            self.consider(whole.min(to), whole.max(to));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups `count` reports by the likeness of pairs; the first `stories` of them are stories.
    fn settled(count: usize, stories: usize, pairs: &[(usize, usize, f64)]) -> Vec<usize> {
        let linkage = |likest: f64, mean: f64| f64::midpoint(likest, mean);
        let mut together = Together::new(&linkage, -3.0, 0.0);
        for report in 0..count {
            together.add(1, report < stories);
        }
        for (one, other, likeness) in pairs {
            together.link(*one, *other, *likeness);
        }
        together.settle()
    }

    #[test]
    fn the_likest_become_one_first() {
        // 1 is like both, but more so like 2, and 0 is not like 2.
        assert_eq!(settled(3, 0, &[(0, 1, 1.0), (1, 2, 2.0)]), [0, 1, 1]);
        assert_eq!(settled(3, 0, &[(0, 1, 1.0), (1, 2, 2.0), (0, 2, 1.0)]), [0, 0, 0]);
        assert_eq!(settled(2, 0, &[(0, 1, -1.0)]), [0, 1]);
        assert!(settled(0, 0, &[]).is_empty());
    }

    #[test]
    fn two_stories_never_become_one() {
        assert_eq!(settled(3, 2, &[(0, 1, 3.0), (1, 2, 2.0), (0, 2, 1.0)]), [0, 1, 1]);
    }

    #[test]
    fn a_story_takes_in_what_came_before_it() {
        let linkage = |likest: f64, mean: f64| f64::midpoint(likest, mean);
        let mut together = Together::new(&linkage, -3.0, 0.0);
        let (report, story) = (together.add(1, false), together.add(1, true));
        together.link(report, story, 1.0);
        assert_eq!(together.settle(), [story, story]);
    }
}
