//! What the published articles say of terms: who carries them, and what goes with them.
//!
//! Takes a catalog and an instant; gives each term's published pages, and [`Usage::support`]
//! compares two terms by the company that they keep. A term is described by the other terms of its
//! pages, the rare ones counting more, as in information retrieval (inverse document frequency).

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use chrono::{DateTime, Utc};

use super::evidence::Support;
use crate::catalog::{Catalog, Standing, TermRef};

/// How many terms tell what likeness is usual.
const PEERS: usize = 20;

/// What goes with a term.
struct Company {
    /// The other terms with their weights, in order.
    weights: Vec<(TermRef, f64)>,
    /// Sum of the weights' squares.
    square: f64,
}

impl Company {
    fn weight(&self, of: TermRef) -> f64 {
        let at = self.weights.binary_search_by_key(&of, |(term, _)| *term);
        at.map_or(0.0, |at| self.weights[at].1)
    }
}

/// The published articles of a catalog, by their terms.
pub(super) struct Usage<'a> {
    catalog: &'a Catalog,
    /// Number of published pages.
    total: usize,
    /// Published pages of each term, by taxonomy.
    pages: Vec<Vec<Vec<usize>>>,
    /// Terms of each taxonomy by the number of their pages.
    by_pages: Vec<Vec<TermRef>>,
    companies: RefCell<HashMap<TermRef, Rc<Company>>>,
}

impl<'a> Usage<'a> {
    /// Looks at what is published at `now`.
    pub(super) fn new(catalog: &'a Catalog, now: DateTime<Utc>) -> Self {
        let published: Vec<bool> =
            catalog.pages.iter().map(|page| page.standing(now) == Standing::Published).collect();
        let total = published.iter().filter(|published| **published).count();
        let seen =
            |pages: &[usize]| pages.iter().copied().filter(|page| published[*page]).collect();
        let pages: Vec<Vec<Vec<usize>>> = catalog
            .taxonomies
            .iter()
            .map(|taxonomy| taxonomy.terms.iter().map(|term| seen(&term.pages)).collect())
            .collect();
        let by_pages = (0..pages.len())
            .map(|taxonomy| {
                let of = &pages[taxonomy];
                let mut terms: Vec<usize> =
                    (0..of.len()).filter(|term| !of[*term].is_empty()).collect();
                terms.sort_by_key(|term| (of[*term].len(), *term));
                terms.into_iter().map(|term| TermRef { taxonomy, term }).collect()
            })
            .collect();
        Self { catalog, total, pages, by_pages, companies: RefCell::default() }
    }

    /// Published pages that carry a term, newest first.
    pub(super) fn pages(&self, at: TermRef) -> &[usize] {
        &self.pages[at.taxonomy][at.term]
    }

    /// Path of the file of a page.
    pub(super) fn path(&self, page: usize) -> String {
        self.catalog.pages[page].article.path.clone()
    }

    /// Compares two terms by their articles.
    pub(super) fn support(&self, a: TermRef, b: TermRef) -> Support {
        let (few, many) = if self.pages(a).len() <= self.pages(b).len() { (a, b) } else { (b, a) };
        let others = self.pages(many);
        // Pages of a term stand in ascending order, as the catalog numbers them.
        let both = |page: &&usize| others.binary_search(page).is_ok();
        let together = self.pages(few).iter().filter(both).count();
        Support {
            together,
            rarer: self.pages(few).len(),
            likeness: self.likeness(a, b),
            usual: self.usual(few, many),
        }
    }

    /// How alike `few` is, on average, to terms used about as often as `many`.
    fn usual(&self, few: TermRef, many: TermRef) -> f64 {
        let terms = &self.by_pages[many.taxonomy];
        let rank = |at: TermRef| (self.pages(at).len(), at.term);
        let place = terms.partition_point(|term| rank(*term) < rank(many));
        let first = place.saturating_sub(PEERS / 2).min(terms.len().saturating_sub(PEERS + 2));
        let peers = terms.iter().skip(first).filter(|peer| **peer != few && **peer != many);
        let likeness: Vec<f64> = peers.take(PEERS).map(|peer| self.likeness(few, *peer)).collect();
        likeness.iter().sum::<f64>() / likeness.len().max(1) as f64
    }

    /// Cosine of what goes with two terms, from 0 to 1; each other does not count.
    fn likeness(&self, a: TermRef, b: TermRef) -> f64 {
        let (one, other) = (self.company(a), self.company(b));
        let (few, many) =
            if one.weights.len() <= other.weights.len() { (&one, &other) } else { (&other, &one) };
        let dot: f64 = few.weights.iter().map(|(term, weight)| weight * many.weight(*term)).sum();
        let square = |company: &Company, except: TermRef| {
            (company.square - company.weight(except).powi(2)).max(0.0)
        };
        let lengths = (square(&one, b) * square(&other, a)).sqrt();
        if lengths > 0.0 { (dot / lengths).min(1.0) } else { 0.0 }
    }

    fn company(&self, of: TermRef) -> Rc<Company> {
        if let Some(known) = self.companies.borrow().get(&of) {
            return Rc::clone(known);
        }
        let mut counts: BTreeMap<TermRef, f64> = BTreeMap::new();
        for &page in self.pages(of) {
            for &term in self.catalog.pages[page].terms.iter().filter(|term| **term != of) {
                *counts.entry(term).or_default() += 1.0;
            }
        }
        let weights: Vec<(TermRef, f64)> = counts
            .into_iter()
            .map(|(term, count)| {
                let rarity = (1.0 + self.total as f64 / self.pages(term).len() as f64).ln();
                (term, (1.0 + count).ln() * rarity)
            })
            .collect();
        let square = weights.iter().map(|(_, weight)| weight * weight).sum();
        let company = Rc::new(Company { weights, square });
        self.companies.borrow_mut().insert(of, Rc::clone(&company));
        company
    }
}
