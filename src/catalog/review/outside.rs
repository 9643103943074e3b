//! Topics outside the closed list.
//!
//! As soon as the vocabulary has one topic, its topics are the site's, and every other one is a
//! slip. Takes the topics in use; gives each that the list does not have, with the topics of the
//! list that it most likely means: by the names, in which what all topics have in common counts
//! little, and by the tags and topics that go with both.

use std::collections::{BTreeSet, HashMap};

use unicode_normalization::UnicodeNormalization;

use super::duplicate::Link;
use super::equal::{EqualNames, Token};
use super::evidence::{Evidence, Support};
use super::form::Piece;
use super::group::{strongest, with_aliases};
use super::usage::Usage;
use super::{Candidate, Outside, Used};
use crate::catalog::vocabulary::{Kind, Vocabulary, VocabularyEntry};

/// How many articles are named for a topic.
const PATHS: usize = 3;

/// How many topics of the list are named for one outside.
const CANDIDATES: usize = 3;

/// What the names count beside the articles.
const NAMES: f64 = 0.6;

/// Least sum of both that makes a candidate for an alias. Read off 327 topics outside a list of
/// twelve: 91 reach it, and 85 of these stand best where they are put first.
const LEAST: f64 = 0.1;

/// Least likeness of the articles that is worth a hint, though nothing in the names speaks for it…
const LIKE: f64 = 0.05;

/// …and how many times the usual likeness that must be.
const UNUSUAL: f64 = 1.5;

/// Characters that bind words and say nothing themselves.
const BINDING: &str = "的与和及在对之于中";

/// Whether the list of topics is closed.
pub(super) fn is_closed(vocabulary: &Vocabulary) -> bool {
    listed(vocabulary).next().is_some()
}

fn listed(vocabulary: &Vocabulary) -> impl Iterator<Item = &VocabularyEntry> {
    vocabulary.entries().iter().filter(|entry| entry.kind == Kind::Topic)
}

/// The topics in use that the list does not have, the most used first.
pub(super) fn find(
    taxonomy: &str,
    used: &[Used],
    links: Vec<Link>,
    vocabulary: &Vocabulary,
    equal: &EqualNames,
    usage: &Usage,
) -> Vec<Outside> {
    let entries: Vec<&VocabularyEntry> = listed(vocabulary).filter(|entry| !entry.hidden).collect();
    let place: HashMap<&str, usize> =
        used.iter().enumerate().map(|(at, term)| (term.name, at)).collect();
    let linked: HashMap<(usize, usize), Evidence> =
        strongest(used, links).into_iter().map(|link| ((link.a, link.b), link.evidence)).collect();
    let names = Names::new(used, &entries, equal);
    let mut outside = Vec::new();
    // For each entry the topics that would be its aliases.
    let mut takes: HashMap<String, Vec<&str>> = HashMap::new();
    for (at, term) in used.iter().enumerate().filter(|(_, term)| term.known.is_none()) {
        let mut candidates: Vec<Likely> = entries
            .iter()
            .filter_map(|entry| {
                let carried = place.get(entry.name.as_str()).copied();
                let link = carried.and_then(|other| linked.get(&(at.min(other), at.max(other))));
                let by_name = link.map(|found| (found.weight(), found.clone()));
                let by_name = by_name.or_else(|| names.compare(term.name, entry));
                let support = carried.map(|other| usage.support(term.at, used[other].at));
                weigh(&entry.name, by_name, support.unwrap_or_default())
            })
            .collect();
        candidates.sort_by(|a, b| {
            let order = b.named.cmp(&a.named).then(b.sum.total_cmp(&a.sum));
            order.then_with(|| a.candidate.name.cmp(&b.candidate.name))
        });
        candidates.truncate(CANDIDATES);
        if let Some(best) = candidates.first().filter(|best| best.named) {
            takes.entry(best.candidate.name.clone()).or_default().push(term.name);
        }
        outside.push(Outside {
            taxonomy: taxonomy.to_owned(),
            name: term.name.to_owned(),
            articles: term.articles,
            paths: usage.pages(term.at).iter().take(PATHS).map(|at| usage.path(*at)).collect(),
            candidates: candidates.into_iter().map(|likely| likely.candidate).collect(),
            entry: None,
        });
    }
    for topic in &mut outside {
        let Some(best) = topic.candidates.first() else { continue };
        let Some(aliases) = takes.get(&best.name) else { continue };
        let entry = entries.iter().find(|entry| entry.name == best.name);
        topic.entry = entry
            .filter(|_| aliases.contains(&topic.name.as_str()))
            .map(|entry| with_aliases((*entry).clone(), aliases.iter().copied()));
    }
    outside.sort_by(|a, b| b.articles.cmp(&a.articles).then_with(|| a.name.cmp(&b.name)));
    outside
}

/// A candidate with what speaks for it.
struct Likely {
    /// The names speak for it, not the articles alone.
    named: bool,
    sum: f64,
    candidate: Candidate,
}

fn weigh(name: &str, by_name: Option<(f64, Evidence)>, support: Support) -> Option<Likely> {
    let likeness = by_name.as_ref().map_or(0.0, |(likeness, _)| *likeness);
    let sum = NAMES * likeness + (1.0 - NAMES) * support.likeness;
    let named = by_name.is_some() && sum >= LEAST;
    let alike = support.likeness >= LIKE && support.likeness >= UNUSUAL * support.usual;
    let together = (support.likeness > 0.0).then_some(Evidence::Together(support));
    let by_name = by_name.map(|(_, evidence)| evidence).filter(|_| named);
    (named || alike).then(|| {
        let evidence = by_name.into_iter().chain(together).collect();
        Likely { named, sum, candidate: Candidate { name: name.to_owned(), evidence } }
    })
}

/// Compares names; what most names have says little.
struct Names<'a> {
    rarity: HashMap<Vec<Token>, f64>,
    usual: f64,
    equal: &'a EqualNames,
}

impl<'a> Names<'a> {
    fn new(used: &[Used], entries: &[&VocabularyEntry], equal: &'a EqualNames) -> Self {
        let mut counts: HashMap<Vec<Token>, f64> = HashMap::new();
        let names = used.iter().map(|term| term.name);
        let names: Vec<&str> =
            names.chain(entries.iter().map(|entry| entry.name.as_str())).collect();
        for name in &names {
            for gram in grams(name, equal) {
                *counts.entry(gram).or_default() += 1.0;
            }
        }
        let total = names.len() as f64;
        let rarity = counts.into_iter().map(|(gram, n)| (gram, (1.0 + total / n).ln())).collect();
        Self { rarity, usual: (1.0 + total).ln(), equal }
    }

    /// How alike a name is to the nearest name of an entry, from 0 to 1, and in what.
    fn compare(&self, name: &str, entry: &VocabularyEntry) -> Option<(f64, Evidence)> {
        let own = grams(name, self.equal);
        let weigh = |grams: &BTreeSet<Vec<Token>>| {
            let weights = grams.iter().map(|gram| self.rarity.get(gram).unwrap_or(&self.usual));
            weights.map(|weight| weight * weight).sum::<f64>()
        };
        let names = std::iter::once(&entry.name).chain(&entry.aliases);
        let (likeness, nearest) = names
            .map(|other| {
                let theirs = grams(other, self.equal);
                let common = weigh(&own.intersection(&theirs).cloned().collect());
                (common / (weigh(&own) * weigh(&theirs)).sqrt(), other)
            })
            .filter(|(likeness, _)| *likeness > 0.0)
            .max_by(|a, b| a.0.total_cmp(&b.0))?;
        Some((likeness, Evidence::Names { likeness, shared: shared(name, nearest) }))
    }
}

/// Words, listed names, and pairs of neighbours of a name.
fn grams(name: &str, equal: &EqualNames) -> BTreeSet<Vec<Token>> {
    let tokens = equal.read(name).tokens;
    let words = tokens
        .iter()
        .filter(|token| !matches!(token, Token::Piece(Piece::Han(_) | Piece::Sign(_))));
    let binds =
        |token: &Token| matches!(token, Token::Piece(Piece::Han(c)) if BINDING.contains(*c));
    let pairs = tokens.windows(2).filter(|pair| !pair.iter().any(binds));
    words.map(|word| vec![word.clone()]).chain(pairs.map(<[Token]>::to_vec)).collect()
}

/// What two names have in common, the longest first, as the first one writes it.
fn shared(one: &str, other: &str) -> Vec<String> {
    let mut left: Vec<Option<char>> = one.nfkc().map(Some).collect();
    let mut right: Vec<Option<char>> = other.nfkc().map(Some).collect();
    let mut found = Vec::new();
    loop {
        let (length, a, b) = longest_run(&left, &right);
        if length < 2 {
            return found;
        }
        let run: String = left[a..a + length].iter().flatten().collect();
        let run = run.trim_matches(|c: char| !c.is_alphanumeric() || BINDING.contains(c));
        if run.chars().count() > 1 {
            found.push(run.to_owned());
        }
        left[a..a + length].fill(None);
        right[b..b + length].fill(None);
    }
}

/// Length and places of the longest run that two names have in common, whatever its case.
fn longest_run(one: &[Option<char>], other: &[Option<char>]) -> (usize, usize, usize) {
    let same = |a: Option<char>, b: Option<char>| {
        a.zip(b).is_some_and(|(a, b)| a == b || a.to_lowercase().eq(b.to_lowercase()))
    };
    let mut best = (0, 0, 0);
    let mut lengths = vec![0; other.len() + 1];
    for (at, a) in one.iter().enumerate() {
        for (index, b) in other.iter().enumerate().rev() {
            let length = if same(*a, *b) { lengths[index] + 1 } else { 0 };
            lengths[index + 1] = length;
            if length > best.0 {
                best = (length, at + 1 - length, index + 1 - length);
            }
        }
    }
    best
}
