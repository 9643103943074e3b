//! Finds pairs of terms that are likely one.
//!
//! Takes the terms of a taxonomy; gives [`Link`]s. Each kind of likeness has an index of its own
//! (names that read alike, names with one letter less, …), and only names that meet in one are
//! compared. Evidence in the letters of the names stands alone where it is certain; where names
//! that differ so may as well mean two things, the articles must use them alike.

use std::collections::HashMap;
use std::hash::Hash;

use super::Used;
use super::equal::{EqualNames, Reading, Token, are_initials};
use super::evidence::{Evidence, Support};
use super::form::{self, Piece};
use super::usage::Usage;

/// Words that make no other name of a name. `Transformer模型` is Transformer, `苹果公司` is Apple.
const HOLLOW: &[&str] = &["技术", "模型", "公司", "集团", "系统", "行业", "领域", "框架", "算法"];

/// How much likeness is asked of names that differ in such a word, as a share of the usual demand.
const HOLLOW_EASE: f64 = 0.7;

/// A token that begins one name in so many says little on this site, as `AI` does where all is
/// about AI…
const COMMON_SHARE: usize = 25;

/// …and at least so many of them do.
const COMMON_NAMES: usize = 20;

/// Most names that are compared with one another because they agree in something.
const CROWD: usize = 24;

/// A rarer spelling with more articles than this share of the other's is no slip.
const SLIP_SHARE: f64 = 0.2;

/// Two terms that are likely one, by their positions in the list of used terms.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) evidence: Evidence,
}

/// All pairs of `used` that are likely one.
pub(super) fn links(used: &[Used], equal: &EqualNames, usage: &Usage) -> Vec<Link> {
    let readings: Vec<Reading> = used.iter().map(|term| equal.read(term.name)).collect();
    let finder = Finder { used, equal, usage, readings };
    let mut links = Vec::new();
    let mut take = |a: usize, b: usize, evidence: Option<Evidence>| {
        if let Some(evidence) = evidence
            && form::squeezed(used[a].name) != form::squeezed(used[b].name)
        {
            links.push(Link { a, b, evidence });
        }
    };
    let alike = meet(finder.readings.iter().map(|reading| vec![reading.tokens.clone()]));
    pairs(&alike, |a, b| take(a, b, finder.read_alike(a, b)));
    let plain = meet(used.iter().map(|term| vec![form::unaccented(term.name)]));
    pairs(&plain, |a, b| take(a, b, Some(Evidence::Accents)));
    let joined = meet(used.iter().map(|term| {
        let mut parts = form::joined(term.name);
        parts.sort();
        if parts.is_empty() { Vec::new() } else { vec![parts] }
    }));
    pairs(&joined, |a, b| take(a, b, Some(Evidence::Order)));
    let letters = meet(used.iter().map(|term| form::with_a_letter_less(term.name)));
    pairs(&letters, |a, b| take(a, b, finder.slip(a, b)));
    let shorter = meet(used.iter().map(|term| {
        let whole = form::squeezed(term.name);
        let less = form::without_a_character(term.name).into_iter().map(|(rest, _)| rest);
        less.chain([whole]).collect()
    }));
    pairs(&shorter, |a, b| take(a, b, finder.character(a, b)));
    let sorted = meet(finder.readings.iter().map(|reading| {
        let tokens = reading.sorted().tokens;
        if tokens.len() > 1 { vec![tokens] } else { Vec::new() }
    }));
    pairs(&sorted, |a, b| take(a, b, finder.rearranged(a, b)));
    finder.parentheses(&mut take);
    finder.surnames(&alike, &mut take);
    finder.affixes(&alike, &mut take);
    links
}

/// Terms by what they have; what only one term has is of no use.
fn meet<K: Hash + Eq>(keys: impl Iterator<Item = Vec<K>>) -> HashMap<K, Vec<usize>> {
    let mut index: HashMap<K, Vec<usize>> = HashMap::new();
    for (term, keys) in keys.enumerate() {
        for key in keys {
            let terms = index.entry(key).or_default();
            if terms.last() != Some(&term) {
                terms.push(term);
            }
        }
    }
    index
}

fn pairs<K>(index: &HashMap<K, Vec<usize>>, mut take: impl FnMut(usize, usize)) {
    for terms in index.values() {
        for (at, &b) in terms.iter().enumerate() {
            for &a in terms[..at].iter().take(CROWD) {
                take(a, b);
            }
        }
    }
}

struct Finder<'a> {
    used: &'a [Used<'a>],
    equal: &'a EqualNames,
    usage: &'a Usage<'a>,
    readings: Vec<Reading>,
}

impl Finder<'_> {
    fn support(&self, a: usize, b: usize) -> Support {
        self.usage.support(self.used[a].at, self.used[b].at)
    }

    /// Names with the same tokens.
    fn read_alike(&self, a: usize, b: usize) -> Option<Evidence> {
        let (one, other) = (&self.readings[a], &self.readings[b]);
        if one.tokens.is_empty() {
            return None;
        }
        let (mut parts, sure) = self.equal.difference(one, other);
        match parts.len() {
            0 => Some(Evidence::Plural),
            1 if !sure => {
                let (one, other) = parts.remove(0);
                let support = self.support(a, b);
                support.is_strong_apart().then_some(Evidence::Near(one, other, support))
            }
            1 if one.tokens.len() == 1 => {
                let (name, equals) = parts.remove(0);
                Some(Evidence::Listed { name, equals })
            }
            _ => sure.then_some(Evidence::Parts(parts)),
        }
    }

    /// A slip is rare, and never stands beside the right spelling.
    fn slip(&self, a: usize, b: usize) -> Option<Evidence> {
        let (one, other) = form::one_letter_apart(self.used[a].name, self.used[b].name)?;
        let (few, many) = ordered(self.used[a].articles, self.used[b].articles);
        let rare = few == 1 || few as f64 <= SLIP_SHARE * many as f64;
        (rare && self.support(a, b).together == 0)
            .then(|| Evidence::Letter(one.to_owned(), other.to_owned()))
    }

    fn character(&self, a: usize, b: usize) -> Option<Evidence> {
        let (one, other) = (form::squeezed(self.used[a].name), form::squeezed(self.used[b].name));
        let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
        let (_, character) =
            form::without_a_character(&long).into_iter().find(|(rest, _)| *rest == short)?;
        let support = self.support(a, b);
        support.is_strong_apart().then_some(Evidence::Character(character, support))
    }

    fn rearranged(&self, a: usize, b: usize) -> Option<Evidence> {
        let (one, other) = (&self.readings[a], &self.readings[b]);
        let (_, sure) = self.equal.difference(&one.sorted(), &other.sorted());
        if one.tokens == other.tokens || !sure {
            return None;
        }
        let support = self.support(a, b);
        support.is_strong_apart().then_some(Evidence::Rearranged(support))
    }

    /// `智能体（Agent）` is 智能体, and Agent too where that is no mere remark.
    fn parentheses(&self, take: &mut impl FnMut(usize, usize, Option<Evidence>)) {
        let names: HashMap<String, usize> = self
            .used
            .iter()
            .enumerate()
            .map(|(at, term)| (form::squeezed(term.name), at))
            .collect();
        for (at, term) in self.used.iter().enumerate() {
            let Some((outer, inner)) = form::parenthesised(term.name) else { continue };
            if form::is_chinese(outer) == form::is_chinese(inner) && !are_initials(inner, outer) {
                continue;
            }
            let evidence = || Some(Evidence::Parentheses(term.name.to_owned()));
            if let Some(&other) = names.get(&form::squeezed(outer)) {
                take(at, other, evidence());
            }
            let latin = if form::is_chinese(inner) { outer } else { inner };
            let capitals = latin.len() > 1 && latin.bytes().all(|byte| byte.is_ascii_uppercase());
            let listed = self.equal.read(outer).tokens == self.equal.read(inner).tokens;
            if let Some(&other) = names.get(&form::squeezed(inner))
                && (capitals || listed || latin.contains(' '))
            {
                take(at, other, evidence());
            }
        }
    }

    /// `埃隆·马斯克` is 马斯克 where no other 马斯克 is in use and the surname is a listed name.
    fn surnames(
        &self,
        alike: &HashMap<Vec<Token>, Vec<usize>>,
        take: &mut impl FnMut(usize, usize, Option<Evidence>),
    ) {
        let mut bearers: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, term) in self.used.iter().enumerate() {
            let surname = form::surname(term.name).map(|surname| self.equal.read(surname).tokens);
            if let Some([Token::Group(group)]) = surname.as_deref() {
                bearers.entry(*group).or_default().push(at);
            }
        }
        let mut latin: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, reading) in self.readings.iter().enumerate() {
            if let [first @ .., Token::Group(group)] = reading.tokens.as_slice()
                && !first.is_empty()
                && first.iter().all(|token| matches!(token, Token::Piece(Piece::Word(_))))
            {
                latin.entry(*group).or_default().push(at);
            }
        }
        for (group, bearers) in bearers {
            let [whole] = bearers.as_slice() else { continue };
            let evidence = || Some(Evidence::Surname(self.used[*whole].name.to_owned()));
            for &short in alike.get(&vec![Token::Group(group)]).into_iter().flatten() {
                take(*whole, short, evidence());
            }
            if let Some([other]) = latin.get(&group).map(Vec::as_slice) {
                take(*whole, *other, evidence());
            }
        }
    }

    /// Names that differ in a part that says little.
    fn affixes(
        &self,
        alike: &HashMap<Vec<Token>, Vec<usize>>,
        take: &mut impl FnMut(usize, usize, Option<Evidence>),
    ) {
        let mut begins: HashMap<&Token, usize> = HashMap::new();
        for first in self.readings.iter().filter_map(|reading| reading.tokens.first()) {
            *begins.entry(first).or_default() += 1;
        }
        let enough = COMMON_NAMES.max(self.used.len() / COMMON_SHARE);
        for (at, reading) in self.readings.iter().enumerate() {
            let Some((first, rest)) = reading.tokens.split_first() else { continue };
            // A character alone is no name.
            let named = rest.len() > 1 || matches!(rest, [Token::Group(_)]);
            if named && begins.get(first).is_some_and(|count| *count >= enough) {
                let part = match first {
                    Token::Group(_) => reading.listed[0].clone(),
                    Token::Piece(Piece::Word(word)) => word.clone(),
                    Token::Piece(Piece::Han(c) | Piece::Sign(c)) => c.to_string(),
                };
                self.affix(at, rest, (&part, 1.0), alike, take);
            }
            for hollow in HOLLOW {
                let Some(stem) = self.used[at].name.strip_suffix(hollow) else { continue };
                if stem.chars().count() > 1 {
                    self.affix(
                        at,
                        &self.equal.read(stem).tokens,
                        (hollow, HOLLOW_EASE),
                        alike,
                        take,
                    );
                }
            }
        }
    }

    fn affix(
        &self,
        at: usize,
        rest: &[Token],
        (part, ease): (&str, f64),
        alike: &HashMap<Vec<Token>, Vec<usize>>,
        take: &mut impl FnMut(usize, usize, Option<Evidence>),
    ) {
        for &other in alike.get(rest).into_iter().flatten() {
            let support = self.support(at, other);
            if support.is_strong(ease) {
                take(at, other, Some(Evidence::Affix(part.to_owned(), support)));
            }
        }
    }
}

fn ordered(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}
