//! Stories: the items that tell of one event.
//!
//! Two items belong together when their titles share enough rare terms and they were published
//! within a few days. Items are taken in order of time, and each joins the story of the earlier item
//! it resembles most, or founds one; so a new item never changes the identifier of an old story.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::Candidate;
use super::identity::suggestion_id;
use super::text;

/// Items that tell of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Made from the item that founded it.
    pub id: String,
    /// Title of the item that founded it.
    pub title: String,
    /// When its first item was first seen.
    pub first_seen: DateTime<Utc>,
    /// Identifiers of its items, in order of time.
    pub items: Vec<String>,
    /// Names of the sources that tell it, in order of time, without doubles.
    pub sources: Vec<String>,
}

/// Likeness of two titles (a cosine, from 0 to 1) from which on they tell of one event.
const ALIKE: f64 = 0.6;

/// Days between two reports of one event.
const APART: i64 = 7;

/// A term in more than one of so many titles tells nothing apart.
const COMMON: usize = 50;

/// Fewest items that make a share meaningful.
const FEW: usize = 50;

/// Groups `items` into stories, largest first, then by time and identifier.
pub fn group(items: &[Candidate]) -> Vec<Story> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&at| (day(&items[at]), items[at].first_seen, &items[at].id));
    let titles: Vec<Vec<(u32, f64)>> = vectors(items);
    let ceiling = (items.len() / COMMON).max(FEW);
    // By rare term: the items before that have it in their titles.
    let mut seen: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for term in titles.iter().flatten().map(|(term, _)| *term) {
        *counts.entry(term).or_default() += 1;
    }
    let mut story_of = vec![usize::MAX; items.len()];
    let mut stories: Vec<Story> = Vec::new();
    for &at in &order {
        let mut likeness: HashMap<usize, f64> = HashMap::new();
        for (term, _) in &titles[at] {
            for &other in seen.get(term).into_iter().flatten() {
                likeness.entry(other).or_insert(0.0);
            }
        }
        let nearest = likeness
            .keys()
            .filter(|&&other| (day(&items[at]) - day(&items[other])).num_days().abs() <= APART)
            .map(|&other| (cosine(&titles[at], &titles[other]), other))
            .filter(|(cosine, _)| *cosine >= ALIKE)
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let number = if let Some((_, other)) = nearest {
            story_of[other]
        } else {
            stories.push(found(&items[at]));
            stories.len() - 1
        };
        story_of[at] = number;
        join(&mut stories[number], &items[at]);
        for (term, _) in titles[at].iter().filter(|(term, _)| counts[term] <= ceiling) {
            seen.entry(*term).or_default().push(at);
        }
    }
    stories.sort_by(|a, b| {
        (b.items.len(), b.first_seen, &a.id).cmp(&(a.items.len(), a.first_seen, &b.id))
    });
    stories
}

fn found(item: &Candidate) -> Story {
    Story {
        id: format!("s{}", suggestion_id(&super::Target::Everything, &item.id)),
        title: item.title.clone(),
        first_seen: item.first_seen,
        items: Vec::new(),
        sources: Vec::new(),
    }
}

fn join(story: &mut Story, item: &Candidate) {
    story.items.push(item.id.clone());
    story.first_seen = story.first_seen.min(item.first_seen);
    if let Some(source) = &item.publication
        && !story.sources.contains(source)
    {
        story.sources.push(source.clone());
    }
}

fn day(item: &Candidate) -> NaiveDate {
    item.published.unwrap_or_else(|| item.first_seen.date_naive())
}

/// Each title as a vector of length one, by rarity of its terms.
fn vectors(items: &[Candidate]) -> Vec<Vec<(u32, f64)>> {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut counts: Vec<f64> = Vec::new();
    let titles: Vec<Vec<u32>> = items
        .iter()
        .map(|item| {
            let mut terms: Vec<u32> = Vec::new();
            text::each_term(&item.title, |term| {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                let number = *numbers.entry(term).or_insert(next);
                if number as usize == counts.len() {
                    counts.push(0.0);
                }
                terms.push(number);
            });
            terms.sort_unstable();
            terms.dedup();
            for &term in &terms {
                counts[term as usize] += 1.0;
            }
            terms
        })
        .collect();
    let total = items.len() as f64;
    titles
        .into_iter()
        .map(|terms| {
            let mut vector: Vec<(u32, f64)> = terms
                .into_iter()
                .map(|term| (term, (1.0 + total / counts[term as usize]).ln()))
                .collect();
            let length = vector.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
            for (_, value) in &mut vector {
                *value /= length.max(f64::MIN_POSITIVE);
            }
            vector
        })
        .collect()
}

fn cosine(a: &[(u32, f64)], b: &[(u32, f64)]) -> f64 {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut sum = 0.0;
    while let (Some(left), Some(right)) = (a.peek(), b.peek()) {
        match left.0.cmp(&right.0) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                sum += left.1 * right.1;
                a.next();
                b.next();
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::rank::tests::candidate;

    #[test]
    fn reports_of_one_event_are_one_story() {
        let items = [
            candidate("a", "Meta to invest billions in Scale AI", "2025-06-08"),
            candidate("b", "Meta invests billions in Scale AI", "2025-06-10"),
            candidate("c", "Walmart opens a new store in Texas", "2025-06-10"),
            candidate("d", "Meta to invest billions in Scale AI", "2025-07-30"),
        ];
        let stories = group(&items);
        let items: Vec<Vec<&str>> =
            stories.iter().map(|story| story.items.iter().map(String::as_str).collect()).collect();
        assert_eq!(items[0], ["a", "b"]);
        assert_eq!(items.len(), 3);
    }

    #[test]
    fn a_new_item_leaves_the_identifiers_of_old_stories() {
        let mut items = vec![candidate("b", "Meta invests billions in Scale AI", "2025-06-10")];
        let before = group(&items)[0].id.clone();
        items.push(candidate("c", "Meta invests billions in Scale AI, says report", "2025-06-11"));
        assert_eq!(group(&items)[0].id, before);
        assert_eq!(group(&items)[0].items, ["b", "c"]);
    }
}
