//! How long it takes to index candidates, to add a few, and to find suggestions for one article among
//! them.
//!
//! ```text
//! cargo bench --bench suggest -- [--items 100000] [--queries 25] [--seed 1]
//! ```
//!
//! Titles, summaries and articles are drawn from the dictionary's words, common ones often and rare
//! ones rarely (Zipf), half of the titles in English. The same arguments give the same texts.

use std::error::Error;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate, NaiveTime};
use clap::Parser;
use headwater::source::Tier;
use headwater::suggest::habits::Habits;
use headwater::suggest::index::Index;
use headwater::suggest::lexicon::Lexicon;
use headwater::suggest::rank::Settings;
use headwater::suggest::{Candidate, Query};

#[path = "corpus/draw.rs"]
mod draw;

use draw::Draw;

/// Words that a language's news is made of; the rest of the dictionary hardly occurs in it.
const WORDS: usize = 20_000;

/// Days over which the items are spread.
const DAYS: usize = 30;

/// Items that a round of visits brings.
const NEWS: usize = 50;

/// Names of sources.
const SOURCES: &[&str] = &["Daily", "Courier", "Observer", "晚报", "观察", "周刊", "Lab", "Wire"];

#[derive(Parser)]
struct Arguments {
    /// How many candidates
    #[arg(long, default_value_t = 100_000)]
    items: usize,
    /// For how many articles suggestions are sought
    #[arg(long, default_value_t = 25)]
    queries: usize,
    /// Another number gives other texts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What `cargo bench` adds to the arguments
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut texts = Texts::read(arguments.seed)?;
    // A story each: how they are found is for another bench.
    let told = |candidate: Candidate| (candidate.clone(), candidate.id);
    let candidates: Vec<_> =
        (0..arguments.items).map(|number| told(texts.candidate(number))).collect();
    let started = Instant::now();
    let mut index = Index::empty(Lexicon::new(&[]), None);
    index.put(candidates);
    println!("{} items indexed in {:.2} s", arguments.items, started.elapsed().as_secs_f64());
    let news: Vec<_> =
        (0..NEWS).map(|number| told(texts.candidate(arguments.items + number))).collect();
    let ids: Vec<String> = news.iter().map(|(candidate, _)| candidate.id.clone()).collect();
    let started = Instant::now();
    index.put(news);
    let added = started.elapsed();
    let started = Instant::now();
    for id in &ids {
        index.remove(id);
    }
    let removed = started.elapsed();
    println!(
        "{NEWS} more: added in {:.1} ms, taken out in {:.1} ms",
        1_000.0 * added.as_secs_f64(),
        1_000.0 * removed.as_secs_f64()
    );
    let (settings, habits) = (Settings::default(), Habits::default());
    let mut times: Vec<Duration> = Vec::new();
    let mut found = 0;
    for _ in 0..arguments.queries.max(1) {
        let query = texts.article();
        let started = Instant::now();
        found += index.suggest(&query, &settings, &habits, |_| true).len();
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let milliseconds = |time: Duration| 1_000.0 * time.as_secs_f64();
    println!(
        "suggestions for one article: median {:.1} ms, slowest {:.1} ms ({} articles, {found} found)",
        milliseconds(times[times.len() / 2]),
        milliseconds(times[times.len() - 1]),
        times.len(),
    );
    Ok(())
}

/// Draws texts.
struct Texts {
    /// A word and its first meaning.
    words: Vec<(String, String)>,
    draw: Draw,
}

impl Texts {
    fn read(seed: u64) -> Result<Self, Box<dyn Error>> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/suggest/dictionary/words.tsv");
        let text = std::fs::read_to_string(file)?;
        let lines = text.lines().filter_map(|line| line.split_once('\t'));
        let mut words: Vec<(String, String)> = lines
            .map(|(word, meanings)| {
                let first = meanings.split(';').next().unwrap_or_default();
                (word.to_owned(), first.to_owned())
            })
            .collect();
        let mut draw = Draw::new(seed);
        for at in (1..words.len()).rev() {
            words.swap(at, draw.below(at + 1));
        }
        words.truncate(WORDS);
        Ok(Self { words, draw })
    }

    /// Words in one language; the n-th most common one comes 1/n as often as the first.
    fn text(&mut self, words: usize, chinese: bool) -> String {
        let mut text = String::new();
        for _ in 0..words {
            let rank = (WORDS as f64).powf(self.draw.share()) - 1.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
            let (word, meaning) = &self.words[(rank as usize).min(self.words.len() - 1)];
            if chinese {
                text.push_str(word);
            } else {
                text.push_str(meaning);
                text.push(' ');
            }
        }
        text
    }

    fn candidate(&mut self, number: usize) -> Candidate {
        let chinese = number.is_multiple_of(2);
        let day = self.day();
        Candidate {
            id: format!("i{number}"),
            title: self.text(8, chinese),
            url: Some(format!("https://example.org/{number}")),
            publication: Some((*self.draw.one_of(SOURCES)).to_owned()),
            author: None,
            published: Some(day),
            first_seen: day.and_time(NaiveTime::MIN).and_utc(),
            summary: self.text(30, chinese),
            topics: Vec::new(),
            tier: Tier::Media,
            weight: 1.0,
        }
    }

    fn article(&mut self) -> Query {
        Query {
            title: self.text(8, true),
            summary: self.text(40, true),
            tags: (0..6).map(|_| self.text(1, true)).collect(),
            body: self.text(1_200, true),
            date: Some(self.day()),
            ..Query::default()
        }
    }

    fn day(&mut self) -> NaiveDate {
        let days = self.draw.below(DAYS) as u64;
        NaiveDate::default().checked_add_days(Days::new(20_000 + days)).unwrap_or_default()
    }
}
