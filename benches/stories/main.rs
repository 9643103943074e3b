//! How fast items are grouped into stories.
//!
//! Makes a stream of reports in two languages, a hundred sources for a hundred days: events of a few
//! hundred companies, each told by one to a dozen houses in words of their own, and as many reports
//! that stand alone. Groups all at once, then hands in a thousand more one by one; then lets a daemon's
//! round, which brings fifty, find those of the last 14 days in its memory and in the store.
//! `cargo bench --bench stories` (100,000 items), `-- 20000` for fewer.

#![expect(clippy::unwrap_used, reason = "in a bench, a panic is the report")]

use std::collections::HashMap;
use std::time::Instant;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use headwater::config::Config;
use headwater::daemon::stories::Kept;
use headwater::source::item::Sighting;
use headwater::source::{Item, Tier};
use headwater::store::Store;
use headwater::suggest::lexicon::{Lexicon, shipped};
use headwater::suggest::story::Stories;
use headwater::suggest::{Candidate, dictionary};

/// How many days' items may belong to a new one's story.
const DAYS: usize = 14;

/// How many items a round brings.
const NEWS: usize = 50;

/// Numbers that look like chance and are the same each time (Knuth's MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// As in life: a few are frequent, most are rare.
    fn skewed(&mut self, end: usize) -> usize {
        let highest = self.below(end) + 1;
        self.below(highest)
    }
}

/// What happens, in both languages.
const ACTS: &[(&str, &str)] = &[
    ("launches", "发布"),
    ("acquires", "收购"),
    ("sues", "起诉"),
    ("invests in", "投资"),
    ("lays off staff at", "裁员"),
    ("partners with", "携手"),
    ("delays", "推迟"),
    ("open-sources", "开源"),
];

/// What stands around it.
const FRAMES: &[(&str, &str)] = &[
    ("{who} {act} {what} as {why} grows", "{who}{act}{what}，{why}升温"),
    ("{who} {act} {what} in {sum} deal", "{who}{act}{what}，涉及{sum}"),
    ("Report: {who} {act} {what}", "消息称{who}{act}{what}"),
    (
        "Why {who} {act} {what} now, and what {why} has to do with it",
        "{who}为何{act}{what}？{why}背后",
    ),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let items = stream(count + 1_000);
    let (all, late) = items.split_at(count);
    let lexicon = Lexicon::new(&[]);

    let started = Instant::now();
    let mut stories = Stories::default();
    let assigned = stories.join(all, &HashMap::new(), &lexicon);
    let took = started.elapsed();
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for story in &assigned {
        *sizes.entry(story).or_default() += 1;
    }
    println!(
        "{count} items at once: {:.1} s, {} stories, the largest of {} items",
        took.as_secs_f64(),
        sizes.len(),
        sizes.values().max().unwrap_or(&0),
    );

    let mut each: Vec<f64> = late
        .iter()
        .map(|item| {
            let started = Instant::now();
            stories.join(std::slice::from_ref(item), &HashMap::new(), &lexicon);
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    each.sort_by(f64::total_cmp);
    println!(
        "one more among {count}: {:.2} ms (median), {:.2} ms (95th of 100), {:.2} ms (longest)",
        each[each.len() / 2],
        each[each.len() * 95 / 100],
        each[each.len() - 1],
    );
    daemon(&all[count - count * DAYS / 100..], &late[..2 * NEWS]);
}

/// How long a round takes, with the stories of `stored` in memory and without.
fn daemon(stored: &[Candidate], news: &[Candidate]) {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("sources.yaml"), "[]").unwrap();
    let config = format!(
        "site: {{title: t, url: 'https://example.org/'}}\nsources: {}\n",
        place("sources.yaml").display()
    );
    let config = Config::parse("headwater.yaml", &config, &[]).unwrap();
    let store = Store::open(&place("headwater.db")).unwrap();
    let round = |items: &[Candidate], kept: &mut Kept| {
        store.keep_items("one", items.iter().map(sighting).collect()).unwrap();
        let started = Instant::now();
        kept.assign(&config, &store).unwrap();
        started.elapsed().as_secs_f64() * 1e3
    };
    let mut kept = Kept::default();
    round(stored, &mut kept);
    let (one, other) = news.split_at(NEWS);
    println!("a round that brings {NEWS}, with {} of {DAYS} days:", stored.len());
    println!("  in memory:         {:.0} ms", round(one, &mut kept));
    println!("  in the store only: {:.0} ms", round(other, &mut Kept::default()));
}

fn sighting(item: &Candidate) -> Sighting {
    Sighting {
        keys: vec![item.id.clone()],
        item: Item {
            id: item.id.clone(),
            source: "one".to_owned(),
            url: None,
            canonical_url: None,
            title: item.title.clone(),
            published: item.first_seen,
            updated: None,
            summary: String::new(),
            authors: Vec::new(),
            categories: Vec::new(),
            first_seen: item.first_seen,
        },
    }
}

/// Reports in order of time.
fn stream(count: usize) -> Vec<Candidate> {
    let mut chance = Chance(7);
    let names: Vec<(String, String)> = shipped()
        .filter_map(|group| {
            Some((group.iter().find(|name| name.is_ascii())?.clone(), group[0].clone()))
        })
        .collect();
    let mut words: Vec<(String, String)> = Vec::new();
    let vocabulary = "芯片模型监管版权搜索浏览器自动驾驶机器人数据中心电力融资估值医院教育广告游戏音乐电影翻译代码安全隐私选举关税出口法院工厂电池卫星望远镜疫苗基因天气地震航班铁路港口保险银行股票债券房屋租金工资就业移民签证护照";
    dictionary::each_word(vocabulary, |word| {
        let meaning = word.meanings.split(';').next().unwrap_or_default();
        words.push((meaning.to_owned(), word.text.to_owned()));
    });
    let first: NaiveDate = "2025-01-01".parse().unwrap();
    let mut items = Vec::with_capacity(count);
    while items.len() < count {
        let day = first + Days::new((items.len() * 100 / count) as u64);
        let event = Event {
            who: names[chance.skewed(names.len())].clone(),
            what: names[chance.below(names.len())].clone(),
            why: words[chance.below(words.len())].clone(),
            act: ACTS[chance.below(ACTS.len())],
            sum: 1 + chance.below(900),
        };
        let reports = if chance.below(2) == 0 { 1 } else { 1 + chance.skewed(12) };
        for _ in 0..reports.min(count - items.len()) {
            let title = event.told(&mut chance);
            let day = day + Days::new(chance.skewed(4) as u64);
            items.push(item(items.len(), title, day, chance.below(100)));
        }
    }
    items
}

struct Event {
    who: (String, String),
    what: (String, String),
    why: (String, String),
    act: (&'static str, &'static str),
    sum: usize,
}

impl Event {
    fn told(&self, chance: &mut Chance) -> String {
        let frame = FRAMES[chance.below(FRAMES.len())];
        let is_chinese = chance.below(2) == 0;
        let (frame, who, act, what, why, sum) = if is_chinese {
            let sum = format!("{}亿美元", self.sum * 10);
            (frame.1, &self.who.1, self.act.1, &self.what.1, &self.why.1, sum)
        } else {
            (
                frame.0,
                &self.who.0,
                self.act.0,
                &self.what.0,
                &self.why.0,
                format!("${} billion", self.sum),
            )
        };
        frame
            .replace("{who}", who)
            .replace("{act}", act)
            .replace("{what}", what)
            .replace("{why}", why)
            .replace("{sum}", &sum)
    }
}

fn item(number: usize, title: String, day: NaiveDate, house: usize) -> Candidate {
    Candidate {
        id: format!("{number:06}"),
        title,
        url: None,
        publication: Some(format!("House {house}")),
        author: None,
        published: Some(day),
        first_seen: DateTime::<Utc>::from_naive_utc_and_offset(day.and_time(NaiveTime::MIN), Utc),
        summary: String::new(),
        topics: Vec::new(),
        tier: Tier::Media,
        weight: 1.0,
    }
}
