use std::fs;
use std::time::SystemTime;

use chrono::TimeDelta;

use super::*;
use crate::article::memory::Memory;
use crate::catalog::vocabulary::Vocabulary;
use crate::source::Item;
use crate::source::item::Sighting;
use crate::store::Judgement;
use crate::suggest::verdict::Verdict;

/// A folder with articles, lists and a store.
struct World {
    folder: tempfile::TempDir,
    config: Config,
    store: Store,
}

const ARTICLE: &str = "insights/a.md";

impl World {
    fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).display().to_string();
        let text = format!(
            "site: {{title: t, url: 'https://example.org/', timezone: Asia/Shanghai}}\n\
             sources: {}\narticles: {{dir: {}, vocabulary: {}}}\n{settings}",
            place("sources.yaml"),
            place("articles"),
            place("vocabulary.yaml")
        );
        fs::create_dir_all(folder.path().join("articles/insights")).unwrap();
        let list = "- {id: paper, name: Paper, url: 'https://p.example/'}\n\
                    - {id: daily, name: Daily, url: 'https://d.example/'}\n\
                    - {id: maker, name: Maker, url: 'https://m.example/', tier: first_party}\n";
        fs::write(folder.path().join("sources.yaml"), list).unwrap();
        let config = Config::parse("headwater.yaml", &text, &[]).unwrap();
        let store = Store::open(&folder.path().join("headwater.db")).unwrap();
        let world = Self { folder, config, store };
        // Among headlines about other things, so that a word in common says something.
        for number in 0..30 {
            world.item(
                "daily",
                -number,
                &format!("Report {number} on apples, weather and noodles"),
            );
        }
        world
    }

    fn article(&self, path: &str, date: &str, title: &str, rest: &str) {
        let text = format!("---\ntitle: {title}\ndate: {date}\n---\n{rest}\n");
        fs::write(self.folder.path().join("articles").join(path), text).unwrap();
    }

    /// Keeps an item that was published, and first seen, on a day of June 2025, at 8 o'clock UTC.
    fn item(&self, source: &str, day: i64, title: &str) {
        let id = format!("https://{source}.example/{day}");
        let sighting = Sighting::sample(&id, title, moment(day));
        let item = Item {
            source: source.to_owned(),
            url: Some(id.clone()),
            published: moment(day) - TimeDelta::hours(1),
            ..sighting.item
        };
        self.store.keep_items(source, vec![Sighting { item, ..sighting }]).unwrap();
    }

    fn catalog(&self) -> Catalog {
        let config = &self.config;
        let mut memory = Memory::default();
        let now = SystemTime::now();
        let found =
            scan::scan(&config.articles, config.zone(), &mut memory, now, &|_| {}, &|| false);
        let vocabulary = Vocabulary::default();
        Catalog::build(found.unwrap().articles, &config.catalog, &vocabulary)
    }

    fn list(&self, scope: &Scope, when: When) -> Vec<Suggestion> {
        let (config, catalog) = (&self.config, self.catalog());
        suggest(config, &catalog, &self.store, &mut Kept::default(), scope, 10, when).unwrap()
    }

    fn titles(&self, day: i64) -> Vec<String> {
        let list = self.list(&Scope::Article(ARTICLE.into()), When::Now(moment(day)));
        list.into_iter().map(|one| one.item.title).collect()
    }

    /// Shows the list of a day and judges the first suggestion in it, on that day.
    fn judge(&self, day: i64, verdict: Verdict) {
        let list = self.list(&Scope::Article(ARTICLE.into()), When::Now(moment(day)));
        remember(&self.config, &self.store, &list, moment(day)).unwrap();
        let judgement = Judgement {
            suggestion: list[0].id.clone(),
            verdict,
            reason: None,
            editor: "anna".into(),
            judged: moment(day),
        };
        self.store.judge(vec![judgement]).unwrap();
    }
}

fn moment(day: i64) -> DateTime<Utc> {
    "2025-06-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(day - 1)
}

#[test]
fn a_judged_story_opens_again_for_news_and_for_who_did_it() {
    for verdict in [Verdict::Accept, Verdict::Reject] {
        let world = World::new("");
        world.article(ARTICLE, "2025-06-10", "Meta invests in Scale AI", "Meta, Scale AI.");
        world.item("paper", 8, "Meta in talks to invest billions in Scale AI");
        world.judge(10, verdict);
        assert!(world.titles(10).is_empty());
        world.item("daily", 11, "Meta in talks for Scale AI investment of billions");
        assert!(world.titles(11).is_empty(), "a rewrite is nothing new");
        let deal =
            "Scale AI founder Wang leaves to lead a superintelligence lab in $14.3 billion deal";
        world.item("daily", 12, deal);
        assert_eq!(world.titles(12), [deal]);
        let own = "Meta in talks to invest billions in Scale AI";
        world.item("maker", 13, own);
        assert!(world.titles(13).contains(&own.to_owned()), "{:?}", world.titles(13));
    }
}

#[test]
fn a_replay_knows_nothing_of_what_was_taken_up_later() {
    let world = World::new("");
    let article =
        |rest: &str| world.article(ARTICLE, "2025-06-10", "Meta invests in Scale AI", rest);
    article("Meta, Scale AI, a data center in Ohio.");
    world.item("paper", 8, "Meta in talks to invest billions in Scale AI");
    world.item("daily", 9, "Meta builds a data center in Ohio");
    let replay = || world.list(&Scope::Article(ARTICLE.into()), When::Then(moment(10)));
    let before = replay();
    assert_eq!(before.len(), 2, "{before:?}");
    world.judge(11, Verdict::Cited);
    let url = before[0].item.url.clone().unwrap();
    article(&format!(
        "Meta, Scale AI, a data center in Ohio.[^1]\n\n## 引用\n\n[^1]: [x]({url})。"
    ));
    assert_eq!(replay(), before);
}

#[test]
fn in_the_list_of_everything_a_story_stands_once_and_no_source_too_often() {
    let world = World::new("suggest: {per_source: 2}\n");
    world.article(ARTICLE, "2025-06-10", "Figma files for a listing", "Figma, New York.");
    world.article("insights/b.md", "2025-06-12", "Figma listing in New York", "Figma files.");
    world.article(
        "insights/c.md",
        "2025-06-12",
        "Walmart, Reddit and Intel",
        "Stores, lawsuits, chips.",
    );
    world.item("maker", 9, "Figma files for a listing in New York, founders say");
    world.item("paper", 11, "Figma files for a listing in New York, founders say");
    world.item("daily", 8, "Walmart opens a new store in Texas");
    world.item("daily", 9, "Reddit lawsuits over scraping go on");
    world.item("daily", 10, "Intel cuts jobs in its chips division");
    let list = world.list(&Scope::Everything, When::Now(moment(12)));
    let of = |text: &str| list.iter().filter(|one| one.item.title.contains(text)).count();
    assert_eq!(of("Figma"), 1, "{list:?}");
    let daily = list.iter().filter(|one| one.item.publication.as_deref() == Some("Daily"));
    assert_eq!(daily.count(), 2, "{list:?}");
}

#[test]
fn an_article_s_day_is_the_site_s() {
    for date in ["2025-06-09T20:00:00Z", "2025-06-10T04:00:00+08:00", "2025-06-10"] {
        let world = World::new("");
        world.article(ARTICLE, date, "Meta invests in Scale AI", "Meta, Scale AI.");
        world.item("paper", 10, "Meta in talks to invest billions in Scale AI");
        let list = world.list(&Scope::Article(ARTICLE.into()), When::Now(moment(11)));
        let reasons = list[0].reason_texts().join(" ");
        assert!(reasons.contains("与文章同日"), "{date}: {reasons}");
    }
}

#[test]
fn what_a_feed_shows_is_logged_once_and_known_when_it_is_taken_up() {
    let world = World::new("");
    let article =
        |rest: &str| world.article(ARTICLE, "2025-06-10", "Meta invests in Scale AI", rest);
    article("Meta, Scale AI.");
    world.item("paper", 8, "Meta in talks to invest billions in Scale AI");
    let publish = |day: i64| {
        let (config, store, now) = (&world.config, &world.store, moment(day));
        let made = feeds_or_none(config, &world.catalog(), store, &mut Kept::default(), now);
        let shown = made.unwrap().suggestions;
        remember_published(config, store, &shown, now);
        shown
    };
    let shown = publish(11);
    assert_eq!(shown.len(), 1);
    assert_eq!(publish(12), shown);
    let logged = world.store.shown(&shown[0].id).unwrap().unwrap();
    assert_eq!(logged.at, moment(11), "it stays in sight, and that is one showing");
    article(&format!("文[^1]\n\n[^1]: [x]({})。", shown[0].item.url.as_deref().unwrap()));
    assert_eq!(record_cited(&world.catalog(), &world.store, moment(12)).unwrap(), 1);
}
