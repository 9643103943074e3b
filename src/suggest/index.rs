//! Candidates, ready to be ranked for any number of articles and topics.
//!
//! Takes candidates with the story that each tells, at once or little by little: what is new, what has
//! changed and what is gone costs the time of its own words, and the index is the same as one that is
//! made anew of what there is then. `search` ranks it.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::embedding::Embeddings;
use super::identity::{Known, title_key};
use super::lexicon::{self, Lexicon};
use super::meaning::Meaning;
use super::postings::Postings;
use super::story::{self, Stories, Story};
use super::term::{Counted, Counts};
use super::text;
use super::vectors::{Vector, Vectors};
use super::{Candidate, Cited, Query, StoryBrief, Told, dictionary, matched};
use crate::address::canonical;
use crate::source::Tier;

/// What a term of the summary, or of the source's name, counts beside a title's: who tells of itself is
/// worth hearing.
const SUMMARY: f32 = 0.4;

/// Other reports of a story that a suggestion lists.
const OTHERS: usize = 8;

/// How many candidates are read at once, before their words are put in their places: enough for every
/// core, few enough to take no room.
const AT_ONCE: usize = 1_024;

/// Candidates, ready to be ranked.
#[derive(Debug)]
pub struct Index {
    /// By number, without gaps. The numbers change as candidates go, and so nothing may depend on them.
    pub(super) entries: Vec<Entry>,
    /// By number: whether the title is in Chinese; side by side, since all are asked.
    pub(super) chinese: Vec<bool>,
    pub(super) postings: Postings,
    /// Titles in no language: names, and words as the dictionary translates them.
    pub(super) neutral: Vectors,
    pub(super) meaning: Option<Meaning>,
    pub(super) lexicon: Lexicon,
    /// By a candidate's identifier: its number.
    places: HashMap<String, usize>,
    /// By a story's identifier: the numbers of those that tell it, in no order.
    stories: HashMap<String, Vec<usize>>,
}

/// A candidate with what is compared of it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) candidate: Candidate,
    /// Identifier of the story that it tells.
    pub(super) story: String,
    /// Its canonical address.
    pub(super) key: Option<String>,
    /// Its title, as titles are compared.
    pub(super) title: String,
}

/// A candidate that has been read.
struct Read {
    entry: Entry,
    terms: Counted,
    neutral: Counted,
    meaning: Option<Vec<f32>>,
}

impl Index {
    /// Indexes `candidates`, in which `lexicon` finds names and by which their stories are found.
    pub fn new(candidates: Vec<Candidate>, lexicon: Lexicon) -> Self {
        let stories = Stories::default().join(&candidates, &HashMap::new(), &lexicon);
        let mut this = Self::empty(lexicon, None);
        this.put(candidates.into_iter().zip(stories));
        this
    }

    /// An index of nothing. `lexicon` finds names in what will come, and a model what it means.
    pub fn empty(lexicon: Lexicon, embeddings: Option<Embeddings>) -> Self {
        Self {
            entries: Vec::new(),
            chinese: Vec::new(),
            postings: Postings::default(),
            neutral: Vectors::default(),
            meaning: embeddings.map(Meaning::new),
            lexicon,
            places: HashMap::new(),
            stories: HashMap::new(),
        }
    }

    /// The same index, which also knows what its candidates mean; without a model it does not.
    #[must_use]
    pub fn with_embeddings(self, embeddings: Option<Embeddings>) -> Self {
        let mut this = Self::empty(self.lexicon, embeddings);
        this.put(self.entries.into_iter().map(|entry| (entry.candidate, entry.story)));
        this
    }

    /// Takes in candidates, each with the identifier of its story. One that is there under its identifier
    /// already is replaced where it has changed.
    pub fn put(&mut self, candidates: impl IntoIterator<Item = (Candidate, String)>) {
        let mut rest = candidates.into_iter();
        loop {
            let next: Vec<_> = rest.by_ref().take(AT_ONCE).collect();
            if next.is_empty() {
                return;
            }
            let read = next.into_par_iter().filter(|(one, story)| !self.has(one, story));
            let read: Vec<Read> = read.map(|(one, story)| self.read(one, story)).collect();
            for one in read {
                self.take_in(one);
            }
        }
    }

    /// Takes out the candidate of this identifier, if it is there.
    pub fn remove(&mut self, id: &str) {
        let Some(at) = self.places.remove(id) else { return };
        let last = self.entries.len() - 1;
        self.unlist(at);
        if at != last {
            self.unlist(last);
        }
        self.entries.swap_remove(at);
        self.chinese.swap_remove(at);
        self.neutral.swap_remove(at);
        self.postings.shorten();
        if let Some(meaning) = &mut self.meaning {
            meaning.swap_remove(at);
        }
        if at != last {
            self.list(at, &terms(&self.entries[at].candidate, &self.lexicon));
        }
    }

    /// Takes out all candidates but those with these identifiers.
    pub fn retain(&mut self, ids: &HashSet<String>) {
        let known = self.entries.iter().map(|entry| &entry.candidate.id);
        let gone: Vec<String> = known.filter(|id| !ids.contains(*id)).cloned().collect();
        for id in &gone {
            self.remove(id);
        }
    }

    /// The indexed candidates, in no order.
    pub fn candidates(&self) -> impl ExactSizeIterator<Item = &Candidate> {
        self.entries.iter().map(|entry| &entry.candidate)
    }

    /// The candidate of this number.
    pub(super) fn candidate(&self, at: usize) -> &Candidate {
        &self.entries[at].candidate
    }

    /// The names that are found in candidates.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The candidate of this identifier.
    pub fn get(&self, id: &str) -> Option<&Candidate> {
        self.places.get(id).map(|at| self.candidate(*at))
    }

    /// The identifier of the story that the candidate of this identifier tells.
    pub fn story_of(&self, id: &str) -> Option<&str> {
        self.places.get(id).map(|at| self.story(*at))
    }

    /// The candidates that tell a story.
    pub fn telling(&self, story: &str) -> impl Iterator<Item = &Candidate> {
        self.numbers_telling(story).iter().map(|at| self.candidate(*at))
    }

    /// The identifiers of the stories of which one report is among `cited`, each once, in order.
    pub fn stories_among<'a>(&self, cited: impl IntoIterator<Item = &'a Cited>) -> Vec<&str> {
        let cited = Known::of(cited);
        let known = |entry: &&Entry| cited.has(entry.key.as_deref(), &entry.title);
        let mut stories: Vec<&str> =
            self.entries.iter().filter(known).map(|entry| entry.story.as_str()).collect();
        stories.sort_unstable();
        stories.dedup();
        stories
    }

    /// The identifier of a candidate's story.
    pub(super) fn story(&self, at: usize) -> &str {
        &self.entries[at].story
    }

    /// How many houses tell the story of a candidate. Who collects what others wrote is none of them.
    pub(super) fn tellers(&self, at: usize) -> usize {
        let own = self.telling(self.story(at)).filter(|one| one.tier != Tier::Aggregator);
        own.filter_map(|one| one.publication.as_deref()).collect::<HashSet<_>>().len().max(1)
    }

    /// The candidate to cite first of those that tell what this one tells.
    pub(super) fn primary(&self, at: usize) -> Option<usize> {
        let items: Vec<&Candidate> = self.telling(self.story(at)).collect();
        story::primary(&items).and_then(|primary| self.places.get(&primary.id)).copied()
    }

    /// What a suggestion says of the story of a candidate.
    pub(super) fn story_brief(&self, at: usize) -> StoryBrief {
        let id = self.story(at);
        let Some(Story { id, items, sources, .. }) = story::story(id, self.telling(id).collect())
        else {
            return StoryBrief::default();
        };
        let resemblance = self.resemblance(at);
        let numbers = items.iter().filter_map(|id| self.places.get(id).copied());
        let mut others: Vec<(f64, usize)> =
            numbers.filter(|other| *other != at).map(|other| (resemblance(other), other)).collect();
        // A story may have taken in what belongs to another: what is surely of this one stands first.
        others.sort_by(|a, b| b.0.total_cmp(&a.0));
        let told = |(_, at): (f64, usize)| {
            let item = self.candidate(at);
            Told {
                title: item.title.clone(),
                url: item.url.clone(),
                source: item.publication.clone(),
            }
        };
        StoryBrief {
            id,
            size: items.len(),
            houses: self.tellers(at),
            sources,
            others: others.into_iter().take(OTHERS).map(told).collect(),
        }
    }

    /// How much each candidate resembles one of them, from 0 to 1.
    pub(super) fn resemblance(&self, one: usize) -> impl Fn(usize) -> f64 {
        let vector = self.neutral.of(one);
        move |other| vector.likeness(&self.neutral.of(other))
    }

    /// The titles that a query cites, as vectors.
    pub(super) fn cited_vectors<'a>(
        &self,
        query: &'a Query,
    ) -> impl Iterator<Item = (&'a str, Vector)> {
        let titles = query.cited.iter().filter_map(|cited| cited.title.as_deref());
        titles.map(|title| (title, self.neutral.vector(&neutral(title, &self.lexicon))))
    }

    /// What a query and a candidate have in common, in the query's words.
    pub(super) fn matched(&self, query: &Query, at: usize) -> Vec<String> {
        let rarity = |term: &str| self.postings.rarity(term);
        let rarest = self.postings.greatest_rarity();
        matched::matched(query, self.candidate(at), &self.lexicon, &rarity, rarest)
    }

    fn numbers_telling(&self, story: &str) -> &[usize] {
        self.stories.get(story).map_or(&[], Vec::as_slice)
    }

    /// Whether a candidate is there, and just so.
    fn has(&self, candidate: &Candidate, story: &str) -> bool {
        let known = self.places.get(&candidate.id).map(|at| &self.entries[*at]);
        known.is_some_and(|known| known.candidate == *candidate && known.story == story)
    }

    fn read(&self, candidate: Candidate, story: String) -> Read {
        Read {
            terms: terms(&candidate, &self.lexicon),
            neutral: neutral(&candidate.title, &self.lexicon),
            meaning: self.meaning.as_ref().map(|meaning| meaning.of(&candidate)),
            entry: Entry {
                story,
                key: candidate.url.as_deref().and_then(canonical),
                title: title_key(&candidate.title),
                candidate,
            },
        }
    }

    fn take_in(&mut self, read: Read) {
        let is_chinese = text::is_chinese(&read.entry.candidate.title);
        let known = self.places.get(&read.entry.candidate.id).copied();
        let at = known.unwrap_or(self.entries.len());
        if known.is_some() {
            self.unlist(at);
            self.entries[at] = read.entry;
            self.chinese[at] = is_chinese;
            self.neutral.replace(at, read.neutral);
        } else {
            self.entries.push(read.entry);
            self.chinese.push(is_chinese);
            self.neutral.push(read.neutral);
        }
        if let (Some(meaning), Some(vector)) = (&mut self.meaning, read.meaning) {
            meaning.set(at, vector);
        }
        self.list(at, &read.terms);
    }

    /// Lists the entry of this number under its terms, its identifier and its story.
    fn list(&mut self, at: usize, terms: &Counted) {
        let Entry { candidate, story, .. } = &self.entries[at];
        self.postings.insert(at, terms);
        self.places.insert(candidate.id.clone(), at);
        self.stories.entry(story.clone()).or_default().push(at);
    }

    /// Takes the entry of this number out of the lists of its terms and of its story.
    fn unlist(&mut self, at: usize) {
        let Entry { candidate, story, .. } = &self.entries[at];
        self.postings.remove(at, &terms(candidate, &self.lexicon));
        if let Some(numbers) = self.stories.get_mut(story) {
            numbers.retain(|number| *number != at);
            if numbers.is_empty() {
                self.stories.remove(story);
            }
        }
    }
}

/// What a candidate is found by.
fn terms(candidate: &Candidate, lexicon: &Lexicon) -> Counted {
    let mut counts = Counts::default();
    let topics = candidate.topics.join("\n");
    let teller = candidate.publication.as_deref().unwrap_or_default();
    for (text, weight) in [
        (candidate.title.as_str(), 1.0),
        (&candidate.summary, SUMMARY),
        (&topics, SUMMARY),
        (teller, SUMMARY),
    ] {
        let units = text::units(text);
        text::each_term_of(&units, |term| counts.add(&term, weight));
        lexicon.each_group(&units, |group| counts.add(&lexicon::term(group), weight));
    }
    counts.done()
}

/// A title in no language, so that titles in two can be compared.
fn neutral(title: &str, lexicon: &Lexicon) -> Counted {
    let mut counts = Counts::default();
    let units = text::units(title);
    lexicon.each_group(&units, |group| counts.add(&lexicon::term(group), 1.0));
    text::each_term_of(&units, |term| {
        if !text::is_chinese(&term) {
            counts.add(&term, 1.0);
        }
    });
    dictionary::each_word(&text::fold(title), |word| {
        #[expect(clippy::cast_possible_truncation, reason = "a share needs no more")]
        let share = word.share() as f32;
        for term in word.terms() {
            counts.add(term, share);
        }
    });
    counts.done()
}

#[cfg(test)]
mod tests;
