//! What everybody who follows the news knows: who is behind a name, and what words are about.
//!
//! Takes the units of a headline; gives numbers of those who are behind the names in it
//! (`makers.tsv`: `ChatGPT` and 奥特曼 are `OpenAI`) and of its themes (`themes.tsv`: 法官 and "piracy" may
//! belong to one affair). Two reports of one event often name it by other names and in other words,
//! and above all so in two languages.

use std::sync::LazyLock;

use crate::suggest::lexicon::Lexicon;
use crate::suggest::term::{Term, number};
use crate::suggest::text::Unit;

/// An organisation on each line, and what it makes and who speaks for it.
static MAKERS: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::of(lines(include_str!("makers.tsv")).map(|line| names(line, 0))));

/// A theme on each line: its name, which is not searched for, and words for it.
static THEMES: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::of(lines(include_str!("themes.tsv")).map(|line| names(line, 1))));

/// Who is behind the names in a headline, sorted, each once.
pub(super) fn makers(units: &[Unit]) -> Vec<Term> {
    found(&MAKERS, units, "maker")
}

/// What a headline is about, sorted, each once.
pub(super) fn themes(units: &[Unit]) -> Vec<Term> {
    found(&THEMES, units, "theme")
}

fn found(lexicon: &Lexicon, units: &[Unit], kind: &str) -> Vec<Term> {
    let mut found = Vec::new();
    // No word of a title has a sign of equality in it.
    lexicon.each_group(units, |line| found.push(number(&format!("{kind}={line}"))));
    found.sort_unstable();
    found.dedup();
    found
}

fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.starts_with('#'))
}

fn names(line: &str, skipped: usize) -> Vec<String> {
    line.split('\t').skip(skipped).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::text;

    #[test]
    fn one_house_is_behind_its_products_and_its_people_in_both_languages() {
        let of = |title: &str| makers(&text::units(title));
        for (one, other) in [
            ("Sam Altman on the road", "ChatGPT用户过亿"),
            ("小扎抢人", "Llama 4 is out"),
            ("老黄：芯片不愁卖", "Nvidia sells out"),
        ] {
            assert!(of(one).iter().any(|maker| of(other).contains(maker)), "{one} {other}");
        }
        assert!(!of("Claude is out").iter().any(|maker| of("GPT-5 is out").contains(maker)));
        assert!(of("An afternoon in the park").is_empty());
    }

    #[test]
    fn one_theme_has_words_in_both_languages() {
        let of = |title: &str| themes(&text::units(title));
        for (one, other) in [
            ("Judge rules on books", "作家败诉"),
            ("Robotaxis roll in Austin", "无人驾驶上路"),
            ("A paper on the genome", "蛋白质结构"),
        ] {
            assert!(of(one).iter().any(|theme| of(other).contains(theme)), "{one} {other}");
        }
        assert!(of("Quarterly revenue").iter().all(|theme| !of("足球比赛").contains(theme)));
    }

    #[test]
    fn every_line_of_the_tables_has_names_each_once_and_no_line_begins_as_another() {
        for (table, skipped) in [(include_str!("makers.tsv"), 0), (include_str!("themes.tsv"), 1)] {
            let mut heads = std::collections::HashSet::new();
            for line in lines(table) {
                assert!(heads.insert(line.split('\t').next()), "{line}");
                let mut names = names(line, skipped);
                assert!(names.iter().all(|name| !name.is_empty() && name == name.trim()), "{line}");
                let all = names.len();
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), all, "{line}");
            }
        }
    }
}
