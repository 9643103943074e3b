//! What a headline says, taken apart once so that it can be compared with thousands.
//!
//! Takes a title; gives its terms (words, pairs of Chinese characters, names under one number whatever
//! they are called), its **concepts** (each with the English words that may stand for it, so that
//! 起诉 meets "sues"), its amounts, the versions that it names, what happens in it, who is behind the
//! names and what it is about.

use super::action::{self, Actions};
use super::amount::{self, Amount};
use super::headline::headline;
use super::naming;
use super::world;
use crate::suggest::Candidate;
use crate::suggest::dictionary;
use crate::suggest::identity::title_key;
use crate::suggest::lexicon::{self, Lexicon};
use crate::suggest::term::{Term, number};
use crate::suggest::text::{self, Unit};

/// What a headline says.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    /// Whether it is written in Chinese, mostly.
    pub(super) is_chinese: bool,
    /// Its terms, sorted, each once.
    pub(super) terms: Vec<Term>,
    /// By concept: the term that tells how rare it is.
    pub(super) concepts: Vec<Term>,
    /// English words with the concept that each may stand for, sorted.
    pub(super) senses: Vec<(Term, u8)>,
    /// Figures that count something.
    pub(super) amounts: Vec<Amount>,
    /// Names with the number of their version: `grok`, `4`.
    pub(super) versions: Vec<(Term, Term)>,
    /// Who and what it names, in order, each once.
    pub(super) names: Vec<Term>,
    /// Its Chinese characters, sorted, each once: 涨薪 and 加薪 share one.
    pub(super) characters: Vec<Term>,
    /// Small numbers of people or things: three researchers, 三名研究员.
    pub(super) counts: Vec<u16>,
    /// What happens.
    pub(super) actions: Actions,
    /// Who is behind the names, sorted, each once: `OpenAI` behind `ChatGPT`.
    pub(super) makers: Vec<Term>,
    /// What it is about, sorted, each once.
    pub(super) themes: Vec<Term>,
    /// The title as a whole.
    pub(super) title: Term,
    /// Whether there is more than the title.
    pub(super) has_lead: bool,
}

impl Signature {
    /// Takes a title apart; `lexicon` knows the names in it.
    pub(super) fn new(title: &str, lexicon: &Lexicon) -> Self {
        Self::with_lead(title, "", lexicon)
    }

    /// Takes an item apart: its title, and how its summary begins.
    pub(super) fn of(item: &Candidate, lexicon: &Lexicon) -> Self {
        Self::with_lead(&item.title, lead(&item.summary), lexicon)
    }

    fn with_lead(title: &str, lead: &str, lexicon: &Lexicon) -> Self {
        let head = headline(title);
        let head_number = number(&title_key(&head));
        let text = if lead.is_empty() { head } else { format!("{head}。{}", text::fold(lead)) };
        let written = format!("{title}。{lead}");
        let units = text::units(&text);
        let mut terms = Vec::new();
        let mut concepts = Concepts::default();
        let has_chinese = text::is_chinese(&text);
        text::each_term_of(&units, |term| {
            let known = number(&term);
            terms.push(known);
            if !text::is_chinese(&term) {
                concepts.add(known, [known]);
            }
        });
        let mut rest = text.clone();
        lexicon.each_group(&units, |group| {
            let known = number(&lexicon::term(group));
            terms.push(known);
            let english = || lexicon.names(group).iter().filter(|name| !text::is_chinese(name));
            if has_chinese || english().count() > 1 {
                let mut senses = Vec::new();
                english().for_each(|name| text::each_term(name, |term| senses.push(number(&term))));
                concepts.add(known, senses);
                if let Some(name) = lexicon.name_in(group, &text).filter(|it| text::is_chinese(it))
                {
                    rest = rest.replace(name, " ");
                }
            }
        });
        if has_chinese {
            dictionary::each_word(&rest, |word| {
                concepts.add(number(word.text), word.terms().iter().map(|term| number(term)));
            });
        }
        terms.sort_unstable();
        terms.dedup();
        let mut characters: Vec<Term> = units.iter().filter_map(character).collect();
        characters.sort_unstable();
        characters.dedup();
        concepts.senses.sort_unstable();
        concepts.senses.dedup();
        Self {
            is_chinese: is_mostly_chinese(&units),
            terms,
            concepts: concepts.keys,
            senses: concepts.senses,
            amounts: amount::amounts(&text),
            characters,
            versions: naming::versions(&units),
            names: naming::names(&written, &units, has_chinese, lexicon),
            counts: amount::counts(&units),
            actions: action::actions(&text, &units),
            makers: world::makers(&units),
            themes: world::themes(&units),
            title: head_number,
            has_lead: !lead.is_empty(),
        }
    }

    /// What is counted to know how rare it is.
    pub(super) fn counted(&self) -> impl Iterator<Item = Term> {
        let own = |concept: &&Term| self.terms.binary_search(concept).is_err();
        let told =
            self.terms.iter().chain(&self.characters).chain(&self.makers).chain(&self.themes);
        told.chain(self.concepts.iter().filter(own)).copied()
    }

    /// Whether it names or says `name`.
    pub(super) fn has(&self, name: Term) -> bool {
        self.names.contains(&name) || self.terms.binary_search(&name).is_ok()
    }

    /// Whether both name one thing in one version.
    pub(super) fn names_one_version(&self, other: &Self) -> bool {
        self.versions.iter().any(|version| other.versions.contains(version))
    }

    /// Whether both name one thing in different versions only.
    pub(super) fn names_another_version(&self, other: &Self) -> bool {
        let of = |signature: &Self, name: Term| -> Vec<Term> {
            let versions = signature.versions.iter().filter(|(known, _)| *known == name);
            versions.map(|(_, version)| *version).collect()
        };
        self.versions.iter().any(|(name, _)| {
            let (ours, theirs) = (of(self, *name), of(other, *name));
            !theirs.is_empty() && ours.iter().all(|version| !theirs.contains(version))
        })
    }
}

/// How much of a summary is read, in letters. What happened stands at its beginning, and what follows is
/// context that other events share.
const LEAD: usize = 150;

/// As many letters say what one Chinese character does.
const LETTERS: usize = 3;

/// The beginning of a summary, up to a whole word.
fn lead(summary: &str) -> &str {
    let summary = summary.trim();
    let mut room = LEAD;
    let mut end = 0;
    for (at, c) in summary.char_indices() {
        let cost = if c.is_ascii() { 1 } else { LETTERS };
        if cost > room {
            return &summary[..end];
        }
        room -= cost;
        if !c.is_ascii_alphanumeric() {
            end = at + c.len_utf8();
        }
    }
    summary
}

/// Whether there are more Chinese characters than words in letters: `AlphaWrite GitHub 仓库` is read
/// beside English titles.
fn is_mostly_chinese(units: &[Unit]) -> bool {
    let characters = units.iter().filter(|unit| matches!(unit, Unit::Han(_))).count();
    let words = units.iter().filter(|unit| matches!(unit, Unit::Word(_))).count();
    characters > words
}

/// Most concepts of a headline: as many as a mask has bits. Longer titles are no headlines.
const MOST: u8 = 128;

/// Concepts while they are gathered.
#[derive(Default)]
struct Concepts {
    keys: Vec<Term>,
    senses: Vec<(Term, u8)>,
}

impl Concepts {
    /// Adds a concept, unless it is there already or has no sense.
    fn add(&mut self, key: Term, senses: impl IntoIterator<Item = Term>) {
        let Some(place) = u8::try_from(self.keys.len()).ok().filter(|place| *place < MOST) else {
            return;
        };
        let before = self.senses.len();
        if !self.keys.contains(&key) {
            self.senses.extend(senses.into_iter().map(|sense| (sense, place)));
        }
        if self.senses.len() > before {
            self.keys.push(key);
        }
    }
}

/// A Chinese character as a term, which no word looks like.
fn character(unit: &Unit) -> Option<Term> {
    match unit {
        Unit::Han(c) => Some(number(&format!("~{c}"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(title: &str) -> Signature {
        Signature::new(title, &Lexicon::new(&[]))
    }

    #[test]
    fn versions_are_told_apart() {
        for (one, other, expected) in [
            ("Grok 3 is out", "Grok 4 is out", true),
            ("GPT-4o", "GPT-4.5", true),
            ("o3-pro", "o3", false),
            ("DeepSeek beats o3 and o4", "o3", false),
            ("Qwen3发布", "Qwen 2.5", true),
            ("in 2024", "in 2025", false),
            ("a 7B model", "a 72B model", false),
            ("Grok 3", "Llama 4", false),
        ] {
            assert_eq!(of(one).names_another_version(&of(other)), expected, "{one} {other}");
        }
    }

    #[test]
    fn chinese_words_have_english_senses() {
        let chinese = of("监管机构起诉英伟达");
        let has = |word: &str| {
            let mut stem = String::new();
            text::each_term(word, |term| stem = term);
            chinese.senses.iter().any(|(sense, _)| *sense == number(&stem))
        };
        for word in ["nvidia", "sue", "regulator"] {
            assert!(has(word), "{word}");
        }
        assert!(!has("apple"));
    }
}
