//! Stories as they grow: each item joins the story that it tells of, or founds one.
//!
//! Takes items, some at a time, those that have their story already with its identifier; gives the
//! identifier of each item's story, made from the item that founded it. Pure: who calls keeps what was
//! given, and hands it in again after a restart.

use std::collections::HashMap;

use rayon::prelude::*;

use super::groups::Groups;
use super::likeness::{Report, When};
use super::signature::Signature;
use crate::suggest::identity::{suggestion_id, title_key};
use crate::suggest::lexicon::Lexicon;
use crate::suggest::term::{self, Term};
use crate::suggest::{Candidate, Target};

/// The stories of the items that were handed in.
#[derive(Debug, Default)]
pub struct Stories {
    groups: Groups,
    /// Identifiers, by the numbers that `groups` gives.
    ids: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Stories {
    /// The story of each of `items`, in their order; `kept` has the stories of some already. What
    /// comes out is the same in whatever order the items stand.
    pub fn join(
        &mut self,
        items: &[Candidate],
        kept: &HashMap<String, String>,
        lexicon: &Lexicon,
    ) -> Vec<String> {
        let read = |item: &Candidate| Signature::of(item, lexicon);
        let signatures: Vec<Signature> = items.par_iter().map(read).collect();
        for signature in &signatures {
            self.groups.rarity.count(signature.counted());
        }
        let mut all: Vec<(usize, Signature)> = signatures.into_iter().enumerate().collect();
        all.sort_by_key(|(at, _)| (items[*at].day(), items[*at].first_seen, &items[*at].id));
        let mut stories = vec![String::new(); items.len()];
        // What has its story says what that is before others ask for it.
        let (old, new): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(at, _)| kept.contains_key(&items[*at].id));
        for (at, signature) in old {
            let number = self.place(&items[at], signature, &kept[&items[at].id]);
            stories[at].clone_from(&self.ids[number]);
        }
        // An item that is handed in again founded its story long ago.
        let (again, new): (Vec<_>, Vec<_>) =
            new.into_iter().partition(|(at, _)| self.numbers.contains_key(&id(&items[*at])));
        for (at, signature) in again {
            let number = self.place(&items[at], signature, &id(&items[at]));
            stories[at].clone_from(&self.ids[number]);
        }
        let (places, reports): (Vec<usize>, Vec<Report>) =
            new.into_iter().map(|(at, signature)| (at, self.report(&items[at], signature))).unzip();
        for (at, number) in places.into_iter().zip(self.groups.place_all(reports)) {
            self.name(number, || id(&items[at]));
            stories[at].clone_from(&self.ids[number]);
        }
        stories
    }

    fn report(&self, item: &Candidate, signature: Signature) -> Report {
        let when = When { published: item.day(), seen: item.first_seen.date_naive() };
        Report::new(signature, when, house(item), &self.groups.rarity)
    }

    /// Puts an item into the story of this identifier.
    fn place(&mut self, item: &Candidate, signature: Signature, story: &str) -> usize {
        let known = self.numbers.get(story).copied();
        let number = self.groups.place(self.report(item, signature), known);
        self.name(number, || story.to_owned());
        number
    }

    /// Gives the story of this number its identifier, if it is new.
    fn name(&mut self, number: usize, id: impl FnOnce() -> String) {
        if number == self.ids.len() {
            let id = id();
            self.ids.push(id.clone());
            self.numbers.insert(id, number);
        }
    }
}

/// The identifier of the story that an item founds.
fn id(item: &Candidate) -> String {
    format!("s{}", suggestion_id(&Target::Everything, &item.id))
}

/// The number of the house that an item stands in, if it is named.
fn house(item: &Candidate) -> Option<Term> {
    let key = title_key(item.publication.as_deref()?);
    (!key.is_empty()).then(|| term::number(&key))
}
