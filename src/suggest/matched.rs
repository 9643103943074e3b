//! What an article and a candidate have in common, in words that an editor would use.
//!
//! Ranking looks at pairs of characters and stems; a person wants names and words. What the editors
//! thought worth naming comes first, tags and names in Latin letters; then names of one meaning in two
//! languages and words of the dictionary; the rarest first, and all as the article writes them.

use std::collections::HashSet;

use super::dictionary;
use super::lexicon::{self, Lexicon};
use super::text::{self, Terms, Unit};
use super::{Candidate, Query};

/// Most names and words that a person takes in at a glance.
const MOST: usize = 3;

/// Share of the greatest rarity below which a word of the dictionary says nothing: among thousands of
/// texts, it stands in one of ten.
const TELLING: f64 = 0.3;

/// Share of the greatest rarity below which a name says nothing beside others: among thousands of texts,
/// it stands in one of five, as AI does.
const NAMING: f64 = 0.2;

/// What `query` (but for its body) and `candidate` share, in the query's words. `rarity` tells how rare a
/// term is among all candidates, none where no candidate has it; `rarest_of_all` is the rarity of a term
/// that one candidate has.
pub(super) fn matched(
    query: &Query,
    candidate: &Candidate,
    lexicon: &Lexicon,
    rarity: &dyn Fn(&str) -> Option<f64>,
    rarest_of_all: f64,
) -> Vec<String> {
    let theirs = text::units(&format!("{}\n{}", candidate.title, candidate.summary));
    let mut terms = terms_of(&theirs);
    lexicon.each_group(&theirs, |group| {
        terms.insert(lexicon::term(group), 1.0);
    });
    let ours = format!("{}\n{}\n{}", query.title, query.tags.join("\n"), query.summary);
    let mut names: Vec<(f64, String)> = Vec::new();
    let mut words: Vec<(f64, String)> = Vec::new();

    let tags = query.tags.iter().map(|tag| (tag.as_str(), lexicon::sought(tag)));
    for (name, units) in tags.chain(latin_names(&query.title).map(|name| (name, text::units(name))))
    {
        if contains(&theirs, &units) {
            names.push((rarest(&terms_of(&units), rarity), name.trim().to_owned()));
        }
    }
    let mut groups = HashSet::new();
    lexicon.each_group(&text::units(&ours), |group| {
        groups.insert(group);
    });
    for group in groups.into_iter().filter(|group| terms.contains_key(&lexicon::term(*group))) {
        if let Some(name) = lexicon.name_in(group, &ours) {
            words.push((rarity(&lexicon::term(group)).unwrap_or(0.0), name.to_owned()));
        }
    }
    let chinese = text::is_chinese(&candidate.title);
    dictionary::each_word(&text::fold(&ours), |word| {
        let units = text::units(word.text);
        // A word that stands everywhere in its own language names nothing in the other one either.
        let own = rarest(&terms_of(&units), rarity);
        let rare = if chinese {
            if contains(&theirs, &units) { own } else { 0.0 }
        } else {
            let shared = word.terms().iter().filter(|term| terms.contains_key(*term));
            shared.filter_map(|term| rarity(term)).fold(0.0, f64::max).min(own)
        };
        if rare >= TELLING * rarest_of_all {
            words.push((rare, word.text.to_owned()));
        }
    });

    let by_rarity =
        |a: &(f64, String), b: &(f64, String)| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1));
    names.sort_by(by_rarity);
    words.sort_by(by_rarity);
    let telling = names.iter().take_while(|(rarity, _)| *rarity >= NAMING * rarest_of_all).count();
    if telling + words.len() > 0 {
        names.truncate(telling);
    }
    let found = [names, words].concat();
    let lower: Vec<String> = found.iter().map(|(_, name)| name.to_lowercase()).collect();
    // Of two names that say one thing the longer one says it better, of equal ones the first.
    let said = |at: usize| {
        let mut others = lower.iter().enumerate();
        others.any(|(other, name)| {
            name.contains(&lower[at]) && (name.len() > lower[at].len() || other < at)
        })
    };
    let kept: Vec<bool> = (0..found.len()).map(|at| !said(at)).collect();
    let names = found.into_iter().zip(kept).filter(|(_, kept)| *kept);
    names.map(|((_, name), _)| name).take(MOST).collect()
}

fn terms_of(units: &[Unit]) -> Terms {
    let mut terms = Terms::new();
    text::each_term_of(units, |term| {
        terms.insert(term, 1.0);
    });
    terms
}

/// The rarest of some terms; one that no candidate has is as rare as can be.
fn rarest(terms: &Terms, rarity: &dyn Fn(&str) -> Option<f64>) -> f64 {
    terms.keys().map(|term| rarity(term).unwrap_or(f64::INFINITY)).fold(0.0, f64::max)
}

/// Whether `units` has `name` in one piece.
fn contains(units: &[Unit], name: &[Unit]) -> bool {
    !name.is_empty() && units.windows(name.len()).any(|window| window == name)
}

/// Runs of capitalised Latin words (`Scale AI`), then the words of each alone.
fn latin_names(title: &str) -> impl Iterator<Item = &str> {
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+' | ' ');
    let named = |word: &&str| word.len() > 2 && word.starts_with(|c: char| c.is_ascii_uppercase());
    let runs = move || {
        let between =
            move |(at, c): &(usize, char)| !belongs(*c) && !text::parts_thousands(title, *at);
        let ends = title.char_indices().filter(between).chain([(title.len(), ' ')]);
        ends.scan(0, |start, (end, mark)| {
            let run = &title[*start..end];
            *start = end + mark.len_utf8();
            Some(run.trim())
        })
    };
    runs().filter(named).chain(runs().flat_map(str::split_whitespace).filter(named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::rank::tests::candidate;

    fn shared(title: &str, tags: &[&str], theirs: &str) -> Vec<String> {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let query = Query { title: title.into(), tags, ..Query::default() };
        let item = candidate("a", theirs, "2025-06-12");
        let rarity =
            |term: &str| (term != "实现").then_some(3.0 + term.len() as f64 / 100.0).or(Some(1.0));
        matched(&query, &item, &Lexicon::new(&[]), &rarity, 7.0)
    }

    #[test]
    fn names_and_words_are_given_as_the_article_writes_them() {
        for (title, tags, theirs, expected) in [
            ("Meta重注押宝Scale AI", vec![], "Meta bets on Scale AI", vec!["Scale AI", "Meta"]),
            ("标注员的一天", vec!["数据标注"], "数据标注行业现状", vec!["数据标注"]),
            ("投资Meta", vec!["数据标注"], "投资数据标注", vec!["数据标注", "投资"]),
            ("英伟达新品", vec![], "Nvidia ships", vec!["英伟达"]),
            ("诉讼了结", vec![], "The lawsuit ends", vec!["诉讼"]),
            ("实现诉讼", vec![], "A lawsuit brings about change", vec!["诉讼"]),
            ("讼案", vec!["metal"], "Meta and others", vec![]),
            // A comma within a number is no end of a name.
            ("Acme fields 14,000 teams", vec![], "Acme fields 14 players", vec!["Acme"]),
            (
                "Acme fields 14,000 teams, again",
                vec![],
                "Acme fields 14000 teams",
                vec!["Acme fields 14,000 teams"],
            ),
            ("讼案", vec!["C#"], "Plan C: how a bakery survived", vec![]),
            ("讼案", vec!["Yahoo!"], "Yahoo buys AOL", vec!["Yahoo!"]),
        ] {
            assert_eq!(shared(title, &tags, theirs), expected, "{title} / {theirs}");
        }
    }
}
