//! Makes proposals of pairs.
//!
//! Takes [`Link`]s; gives [`Duplicate`]s. Links by the letters of names lead on: if 智能体 is Agent
//! and Agent is Agents, all three are one. Links that lean on the articles do not: likeness of use
//! fades with every step, so a name joins by at most one of them, and nothing joins it in turn. No
//! alias is further than two links from the name to keep, and two names of the vocabulary are never
//! made one: their editor has decided.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::duplicate::Link;
use super::{Alias, Duplicate, Used};
use crate::catalog::vocabulary::{Kind, VocabularyEntry, fold};

/// Most links between an alias and the name to keep.
const FAR: usize = 2;

/// A group of terms in the making.
#[derive(Debug, Default)]
struct Cluster {
    terms: Vec<usize>,
    known: bool,
    /// It has joined another one by its use…
    joined: bool,
    /// …or another one has joined it.
    hub: bool,
}

/// The proposals for a taxonomy, those that move the most articles first.
pub(super) fn proposals(
    taxonomy: &str,
    topics: bool,
    used: &[Used],
    links: Vec<Link>,
) -> Vec<Duplicate> {
    let links = strongest(used, links);
    let mut clusters: HashMap<usize, Cluster> = HashMap::new();
    let mut home: Vec<usize> = (0..used.len()).collect();
    let mut kept: BTreeMap<usize, Vec<(usize, &Link)>> = BTreeMap::new();
    for at in links.iter().flat_map(|link| [link.a, link.b]) {
        let known = used[at].known.is_some();
        clusters.entry(at).or_insert_with(|| Cluster {
            terms: vec![at],
            known,
            ..Cluster::default()
        });
    }
    for link in &links {
        let identity = link.evidence.is_identity();
        if home[link.a] == home[link.b] || join(used, &mut clusters, &mut home, link, identity) {
            kept.entry(link.a).or_default().push((link.b, link));
            kept.entry(link.b).or_default().push((link.a, link));
        }
    }
    let mut proposals: Vec<Duplicate> = clusters
        .values()
        .filter(|cluster| cluster.terms.len() > 1)
        .filter_map(|cluster| proposal(taxonomy, topics, used, &cluster.terms, &kept))
        .collect();
    let gain = |of: &Duplicate| of.aliases.iter().map(|alias| alias.articles).sum::<usize>();
    proposals.sort_by(|a, b| gain(b).cmp(&gain(a)).then_with(|| a.name.cmp(&b.name)));
    proposals
}

/// One link for a pair, the strongest; certain ones first, then by strength, then by name.
pub(super) fn strongest(used: &[Used], mut links: Vec<Link>) -> Vec<Link> {
    for link in &mut links {
        if link.a > link.b {
            (link.a, link.b) = (link.b, link.a);
        }
    }
    let names = |link: &Link| (used[link.a].name.to_owned(), used[link.b].name.to_owned());
    links.sort_by(|a, b| {
        let order = b.evidence.is_identity().cmp(&a.evidence.is_identity());
        order
            .then(b.evidence.weight().total_cmp(&a.evidence.weight()))
            .then_with(|| names(a).cmp(&names(b)))
            .then_with(|| a.evidence.to_string().cmp(&b.evidence.to_string()))
    });
    let mut seen = std::collections::HashSet::new();
    links.retain(|link| seen.insert((link.a, link.b)));
    links
}

/// Makes one cluster of a link's two, unless the rules forbid it.
fn join(
    used: &[Used],
    clusters: &mut HashMap<usize, Cluster>,
    home: &mut [usize],
    link: &Link,
    identity: bool,
) -> bool {
    let size = |home: usize| {
        let terms = clusters.get(&home).map_or(&[][..], |cluster| &cluster.terms);
        let known = terms.iter().any(|term| used[*term].known.is_some());
        (known, terms.iter().map(|term| used[*term].articles).max(), std::cmp::Reverse(home))
    };
    let (mut into, mut from) = (home[link.a], home[link.b]);
    if size(into) < size(from) {
        (into, from) = (from, into);
    }
    let (Some(hub), Some(other)) = (clusters.get(&into), clusters.get(&from)) else { return false };
    if hub.known && other.known || !identity && (hub.joined || other.joined || other.hub) {
        return false;
    }
    let Some(moved) = clusters.remove(&from) else { return false };
    for term in &moved.terms {
        home[*term] = into;
    }
    if let Some(hub) = clusters.get_mut(&into) {
        hub.terms.extend(moved.terms);
        hub.hub |= !identity;
    }
    true
}

fn proposal(
    taxonomy: &str,
    topics: bool,
    used: &[Used],
    terms: &[usize],
    kept: &BTreeMap<usize, Vec<(usize, &Link)>>,
) -> Option<Duplicate> {
    let name = *terms.iter().max_by_key(|term| {
        let term = &used[**term];
        let short = std::cmp::Reverse((term.name.chars().count(), term.name));
        (term.known.is_some(), term.articles, short)
    })?;
    let mut aliases = Vec::new();
    let mut steps = HashMap::from([(name, 0)]);
    let mut queue = VecDeque::from([name]);
    while let Some(at) = queue.pop_front() {
        let step = steps[&at] + 1;
        for (next, link) in kept.get(&at).into_iter().flatten().filter(|_| step <= FAR) {
            if steps.contains_key(next) {
                continue;
            }
            steps.insert(*next, step);
            queue.push_back(*next);
            aliases.push(Alias {
                name: used[*next].name.to_owned(),
                articles: used[*next].articles,
                like: used[at].name.to_owned(),
                evidence: link.evidence.clone(),
            });
        }
    }
    aliases.sort_by(|a, b| b.articles.cmp(&a.articles).then_with(|| a.name.cmp(&b.name)));
    let name = &used[name];
    let new = || VocabularyEntry {
        name: name.name.to_owned(),
        aliases: Vec::new(),
        kind: if topics { Kind::Topic } else { Kind::Tag },
        hidden: false,
    };
    let entry = with_aliases(
        name.known.cloned().unwrap_or_else(new),
        aliases.iter().map(|alias| alias.name.as_str()),
    );
    Some(Duplicate {
        taxonomy: taxonomy.to_owned(),
        name: name.name.to_owned(),
        articles: name.articles,
        aliases,
        entry,
    })
}

/// An entry with more aliases, those that it has already left out.
pub(super) fn with_aliases<'a>(
    mut entry: VocabularyEntry,
    aliases: impl Iterator<Item = &'a str>,
) -> VocabularyEntry {
    for alias in aliases {
        let folded = fold(alias);
        if entry.aliases.iter().chain([&entry.name]).all(|known| fold(known) != folded) {
            entry.aliases.push(alias.to_owned());
        }
    }
    entry
}
