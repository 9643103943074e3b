//! What the site's own articles teach: which words they go with when they cite titles in another
//! language, and whom they cite.
//!
//! A word of an article and a word of a title that it cites belong together when they meet far more
//! often than chance would have it (the log-likelihood ratio of Dunning, 1993). Few articles teach
//! nothing, rather than something wrong: a quick list from a few hundred articles helps those that
//! it is made of, and no others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::identity::title_key;
use super::text::{self, Terms};
use super::{Candidate, Query};

/// Articles in which two words must meet. Twice may be two articles about one event.
const MEETINGS: u32 = 4;

/// Log-likelihood ratio from which on a meeting is no chance: one in a million for a pair (χ² with
/// one degree of freedom), since there are hundreds of thousands of pairs.
const NO_CHANCE: f64 = 23.9;

/// Most words that one word leads to.
const MOST: usize = 4;

/// The newest articles that cite something are learnt from, so many: enough for every word in use, few
/// enough to be counted in a moment.
pub const ARTICLES: usize = 4_000;

/// What the site's articles have taught.
#[derive(Debug, Clone, Default)]
pub struct Habits {
    /// By a word of articles: words of the titles that they cite, with the share of those articles
    /// that do.
    learnt: HashMap<String, Vec<(String, f64)>>,
    /// By publisher: how often it is cited, from 0 to 1 on a logarithmic scale.
    publishers: HashMap<String, f64>,
}

impl Habits {
    /// Learns from articles with what they cite, newest first.
    pub fn of<'a>(articles: impl Iterator<Item = &'a Query>) -> Self {
        let articles: Vec<&Query> =
            articles.filter(|article| !article.cited.is_empty()).take(ARTICLES).collect();
        Self { learnt: learnt(&articles), publishers: publishers(&articles) }
    }

    /// Calls `take` with each word that words of a query lead to, and how strongly.
    pub(super) fn each_learnt(&self, terms: &Terms, mut take: impl FnMut(&str, f64)) {
        // The strongest lead counts; a hundred weak ones for one word are one.
        let mut best = BTreeMap::<&str, f64>::new();
        for (word, strength) in terms.keys().filter_map(|term| self.learnt.get(term)).flatten() {
            let known = best.entry(word).or_default();
            *known = known.max(*strength);
        }
        for (word, strength) in best {
            take(word, strength);
        }
    }

    /// How often the site cites the publisher of a candidate, from 0 (never) to 1 (most of all).
    pub(super) fn publisher(&self, candidate: &Candidate) -> f64 {
        let name = candidate.publication.as_deref().map(title_key);
        name.and_then(|name| self.publishers.get(&name)).copied().unwrap_or(0.0)
    }
}

fn publishers(articles: &[&Query]) -> HashMap<String, f64> {
    let mut counts = HashMap::<String, f64>::new();
    for name in articles.iter().flat_map(|article| &article.cited).filter_map(|cited| {
        cited.publication.as_deref().map(title_key).filter(|name| !name.is_empty())
    }) {
        *counts.entry(name).or_default() += 1.0;
    }
    let most = counts.values().copied().fold(1.0, f64::max).ln_1p();
    for count in counts.values_mut() {
        *count = count.ln_1p() / most;
    }
    counts
}

fn learnt(articles: &[&Query]) -> HashMap<String, Vec<(String, f64)>> {
    let (mut words, mut others) = (Counts::default(), Counts::default());
    let mut meetings = HashMap::<(u32, u32), u32>::new();
    let mut total = 0;
    for article in articles {
        let (asked, found) = both_sides(article);
        if found.is_empty() {
            continue;
        }
        total += 1;
        let found: Vec<u32> = found.into_iter().map(|other| others.count(other)).collect();
        for word in asked {
            let word = words.count(word);
            for &other in &found {
                *meetings.entry((word, other)).or_default() += 1;
            }
        }
    }
    let mut learnt = HashMap::<String, Vec<(String, f64)>>::new();
    for ((word, other), met) in meetings.into_iter().filter(|(_, met)| *met >= MEETINGS) {
        let ((word, of_word), (other, of_other)) = (words.of(word), others.of(other));
        if ratio(met, of_word, of_other, total) >= NO_CHANCE {
            let lead = (other.to_owned(), f64::from(met) / f64::from(of_word));
            learnt.entry(word.to_owned()).or_default().push(lead);
        }
    }
    for list in learnt.values_mut() {
        list.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        list.truncate(MOST);
    }
    learnt
}

/// Words, numbered as they come, and in how many articles each stands.
#[derive(Default)]
struct Counts {
    numbers: HashMap<String, u32>,
    words: Vec<(String, u32)>,
}

impl Counts {
    /// Counts a word of an article, and gives its number.
    fn count(&mut self, word: String) -> u32 {
        let next = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(word.clone()).or_insert(next);
        if number == next {
            self.words.push((word, 0));
        }
        self.words[number as usize].1 += 1;
        number
    }

    /// A word, and its articles.
    fn of(&self, number: u32) -> (&str, u32) {
        let (word, count) = &self.words[number as usize];
        (word, *count)
    }
}

/// The words of an article, and those of the titles in another language that it cites.
fn both_sides(article: &Query) -> (BTreeSet<String>, BTreeSet<String>) {
    let chinese = text::is_chinese(&article.title);
    let (mut asked, mut found) = (BTreeSet::new(), BTreeSet::new());
    let titles = article.cited.iter().filter_map(|cited| cited.title.as_deref());
    for title in titles.filter(|title| text::is_chinese(title) != chinese) {
        text::each_term(title, |term| {
            found.insert(term);
        });
    }
    if !found.is_empty() {
        // A word that both have needs no lesson.
        let mut add = |term: String| {
            if !found.contains(&term) {
                asked.insert(term);
            }
        };
        text::each_term(&article.title, &mut add);
        text::each_term(&article.tags.join("\n"), &mut add);
    }
    (asked, found)
}

/// The log-likelihood ratio of two words that meet in `met` of `total` articles, where they stand in
/// `a` and `b`; 0 where they avoid each other.
fn ratio(met: u32, a: u32, b: u32, total: u32) -> f64 {
    let [met, a, b, total] = [met, a, b, total].map(f64::from);
    if met * total <= a * b {
        return 0.0;
    }
    let part = |seen: f64, row: f64, column: f64| {
        if seen > 0.0 { seen * (seen * total / (row * column)).ln() } else { 0.0 }
    };
    2.0 * (part(met, a, b)
        + part(a - met, a, total - b)
        + part(b - met, total - a, b)
        + part(total - a - b + met, total - a, total - b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::Cited;

    fn article(title: &str, cites: &str, publisher: &str) -> Query {
        Query {
            title: title.into(),
            cited: vec![Cited {
                title: Some(cites.into()),
                url: None,
                publication: Some(publisher.into()),
            }],
            ..Query::default()
        }
    }

    #[test]
    fn words_that_keep_meeting_lead_to_each_other() {
        let mut articles = Vec::new();
        for _ in 0..8 {
            articles.push(article("机器狗上岗", "A quadruped at work", "甲报"));
            articles.push(article("天气转凉", "Autumn arrives early", "乙报"));
            articles.push(article("股市收高", "Stocks close higher", "乙报"));
        }
        let habits = Habits::of(articles.iter());
        let mut found = Vec::new();
        habits.each_learnt(&text::terms("机器狗", 1.0), |word, strength| {
            found.push((word.to_owned(), strength));
        });
        assert!(found.contains(&("quadrup".into(), 1.0)), "{found:?}");
        assert!(found.iter().all(|(word, _)| word != "autumn"), "{found:?}");
        let few = Habits::of(articles[..9].iter());
        few.each_learnt(&text::terms("机器狗", 1.0), |word, _| panic!("learnt {word} from 3"));
    }

    #[test]
    fn who_is_cited_most_is_known() {
        let articles =
            [article("一", "a", "甲报"), article("二", "b", "甲 报"), article("三", "c", "乙报")];
        let habits = Habits::of(articles.iter());
        let of = |name: &str| {
            let mut item = crate::suggest::rank::tests::candidate("x", "x", "2025-06-01");
            item.publication = Some(name.into());
            habits.publisher(&item)
        };
        assert!((of("甲报") - 1.0).abs() < 1e-9);
        assert!(of("乙报") > 0.5 && of("乙报") < 1.0);
        assert!(of("丙报") == 0.0);
    }

    #[test]
    fn the_ratio_is_dunnings() {
        // Meets in 10 of 100, and neither stands elsewhere.
        assert!((ratio(10, 10, 10, 100) - 65.0166).abs() < 1e-3);
        assert!(ratio(1, 10, 10, 100).abs() < 1e-9, "chance alone");
        assert!(ratio(0, 10, 10, 100).abs() < 1e-9);
    }
}
