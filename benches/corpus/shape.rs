//! How a site grows: sizes, dates, and tags of which most are used once.

use std::collections::HashSet;
use std::fmt::Write;

use chrono::{DateTime, TimeDelta};

use crate::draw::Draw;
use crate::vocabulary::Vocabulary;

/// Bytes of an article: on average, and how far the usual ones lie from it. Those of 521 articles of a
/// Chinese news site.
const SIZE: (f64, f64) = (8_500.0, 5_000.0);
/// Tags of an article, at least and below.
const TAGS: (usize, usize) = (5, 12);
/// Notes of an article, at least and below.
const NOTES: (usize, usize) = (1, 8);
/// Topics that the site knows.
const TOPICS: usize = 12;
/// First second of the site, and how long it has been there.
const FIRST: i64 = 1_704_067_200;
const DAYS: i64 = 700;

/// How new tags come up, as a Pitman–Yor process has it.
#[derive(clap::Args)]
pub(crate) struct Growth {
    /// Share of the tags that are used once, on a large site
    #[arg(long, default_value_t = 0.66)]
    discount: f64,
    /// How readily new tags are invented; this one makes 16,000 for 10,000 articles
    #[arg(long, default_value_t = 230.0)]
    strength: f64,
}

/// A file below the article folder.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A site that grows by one article at a time.
pub(crate) struct Site<'a> {
    vocabulary: &'a Vocabulary,
    articles: usize,
    growth: &'a Growth,
    draw: Draw,
    /// Every tag by its number, with how often it was used.
    tags: Vec<(String, usize)>,
    names: HashSet<String>,
    /// Every use of a tag, by its number.
    uses: Vec<usize>,
}

impl<'a> Site<'a> {
    pub(crate) fn new(
        vocabulary: &'a Vocabulary,
        articles: usize,
        growth: &'a Growth,
        draw: Draw,
    ) -> Self {
        Self {
            vocabulary,
            articles,
            growth,
            draw,
            tags: Vec::new(),
            names: HashSet::new(),
            uses: Vec::new(),
        }
    }

    /// How many tags there are, and how many of them stand in one article.
    pub(crate) fn tags(&self) -> (usize, usize) {
        (self.tags.len(), self.tags.iter().filter(|(_, uses)| *uses == 1).count())
    }

    /// The article of this number, the first being the oldest.
    pub(crate) fn article(&mut self, number: usize) -> File {
        let section = self.draw.one_of(&self.vocabulary.sections).clone();
        let title = self.title();
        let date = self.date(number);
        let summary = self.draw.one_of(&self.vocabulary.summaries);
        let mut text = format!("---\ntitle: {}\ndate: {date}\ndraft: false\n", quoted(&title));
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "summary: {}", quoted(summary));
        self.list(&mut text, "tags");
        self.list(&mut text, "main_topics");
        text.push_str("---\n\n");
        self.body(&mut text);
        File { path: format!("{section}/article-{number:05}.md"), text }
    }

    /// The beginning of one title with the end of another.
    fn title(&mut self) -> String {
        let mut part = |last: bool| {
            let title = self.draw.one_of(&self.vocabulary.titles);
            let (first, rest) = title.split_once(['：', '，', ':']).unwrap_or((title, title));
            if last { rest.trim().to_owned() } else { first.trim().to_owned() }
        };
        format!("{}：{}", part(false), part(true))
    }

    fn date(&mut self, number: usize) -> String {
        let span = DAYS * 86_400;
        let share = number as f64 / self.articles as f64;
        #[expect(clippy::cast_possible_truncation, reason = "a share of two years in seconds")]
        let seconds = (share * span as f64) as i64;
        let date = DateTime::from_timestamp(FIRST, 0).unwrap_or_default()
            + TimeDelta::seconds(seconds - seconds % 60 + 28_800);
        date.format("%Y-%m-%dT%H:%M:%S+08:00").to_string()
    }

    fn list(&mut self, text: &mut String, field: &str) {
        let _ = writeln!(text, "{field}:");
        let (least, end) = if field == "tags" { TAGS } else { (1, 4) };
        let mut given = HashSet::new();
        for _ in 0..least + self.draw.below(end - least) {
            let term = if field == "tags" { self.tag() } else { self.topic() };
            if given.insert(term.clone()) {
                let _ = writeln!(text, "  - {}", quoted(&term));
            }
        }
    }

    fn topic(&mut self) -> String {
        let topics = &self.vocabulary.topics;
        let topics = &topics[..topics.len().min(TOPICS)];
        // The first ones are taken more often, as on any site.
        let at = self.draw.below(topics.len()).min(self.draw.below(topics.len()));
        topics[at].clone()
    }

    /// A tag as the Pitman–Yor process gives it: a new one, or one that is used, the more often the
    /// likelier.
    fn tag(&mut self) -> String {
        let Growth { discount, strength } = self.growth;
        let new =
            (strength + discount * self.tags.len() as f64) / (strength + self.uses.len() as f64);
        let tag = if self.draw.share() < new { self.invent() } else { self.again() };
        self.tags[tag].1 += 1;
        self.uses.push(tag);
        self.tags[tag].0.clone()
    }

    fn again(&mut self) -> usize {
        loop {
            let tag = *self.draw.one_of(&self.uses);
            let uses = self.tags[tag].1 as f64;
            if self.draw.share() < (uses - self.growth.discount) / uses {
                return tag;
            }
        }
    }

    fn invent(&mut self) -> usize {
        let words = &self.vocabulary.tags;
        let mut name = self.draw.one_of(words).clone();
        while !self.names.insert(name.clone()) {
            if name.chars().count() > 12 {
                name = format!("{} {}", self.draw.one_of(words), self.names.len());
            } else {
                name += self.draw.one_of::<String>(words);
            }
        }
        self.tags.push((name, 0));
        self.tags.len() - 1
    }

    fn body(&mut self, text: &mut String) {
        let spread = (0..3).map(|_| self.draw.share() - 0.5).sum::<f64>() * 2.0 / 3.0;
        let size = SIZE.0 + SIZE.1 * spread;
        let notes = NOTES.0 + self.draw.below(NOTES.1 - NOTES.0);
        let mut marked = 0;
        while (text.len() as f64) < size {
            *text += self.draw.one_of::<String>(&self.vocabulary.blocks);
            if marked < notes && text.ends_with('。') {
                marked += 1;
                let _ = write!(text, "[^{marked}]");
            }
            text.push_str("\n\n");
        }
        text.push_str("## 参考文献\n\n");
        for note in 1..=notes {
            let cited = self.draw.one_of(&self.vocabulary.notes);
            let _ = writeln!(text, "[^{note}]: {cited}");
        }
    }
}

/// As YAML reads it back.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
