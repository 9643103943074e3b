//! Which feeds there are, and what they show.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use headwater::feed::plan::{Material, Plan, plan};
use headwater::feed::redirect;
use headwater::feed::write::Options;
use headwater::feed::{ContentMode, Feed, FeedPath, Settings};

use crate::site::{Shelf, article, articles, catalog, now, plan_of, settings, term, write_alone};

fn paths<'a>(plan: &'a Plan) -> Vec<&'a str> {
    plan.feeds.iter().map(|feed| feed.path.as_str()).collect()
}

fn titles(plan: &Plan, path: &str) -> Vec<String> {
    let feed = plan.feeds.iter().find(|feed| feed.path.as_str() == path).unwrap();
    feed.entries.iter().map(|entry| entry.title.to_string()).collect()
}

#[test]
fn home_sections_and_terms_have_feeds() {
    let catalog = catalog(articles());
    let plan = plan_of(&catalog, &settings());
    assert_eq!(paths(&plan), ["", "essays/", "notes/", "tags/c++/", "tags/河流/"]);
    assert_eq!(titles(&plan, "tags/河流/"), ["河流 & 源头：a < b", "旧文"]);
    assert_eq!(titles(&plan, "notes/"), ["Tools", "旧文"]);
    assert_eq!(plan.feeds[4].home.as_str(), "https://example.org/tags/%E6%B2%B3%E6%B5%81/");
}

#[test]
fn a_draft_a_scheduled_and_an_expired_article_appear_nowhere() {
    let mut draft = article("hidden/draft.md", "DRAFT", "2026-01-01T00:00:00Z", &["draft tag"]);
    draft.draft = true;
    let scheduled = article("hidden/next.md", "NEXT", "2026-03-10T12:00:01Z", &["next tag"]);
    let mut expired = article("hidden/past.md", "PAST", "2026-01-01T00:00:00Z", &["past tag"]);
    expired.expiry_date = Some(now().fixed_offset());
    let shown = article("open/shown.md", "SHOWN", "2026-03-10T12:00:00Z", &["shown tag"]);
    let catalog = catalog(vec![scheduled, shown, draft, expired]);
    let settings = Settings { min_articles: 0, ..settings() };
    let plan = plan_of(&catalog, &settings);
    assert_eq!(paths(&plan), ["", "open/", "tags/shown-tag/"]);
    assert_eq!(titles(&plan, ""), ["SHOWN"]);
}

#[test]
fn hidden_terms_and_small_terms_have_no_feed() {
    let mut catalog = catalog(articles());
    let two = Settings { min_articles: 2, ..settings() };
    assert_eq!(paths(&plan_of(&catalog, &two))[3..], ["tags/c++/", "tags/河流/"]);
    let three = Settings { min_articles: 3, ..settings() };
    assert!(paths(&plan_of(&catalog, &three))[3..].is_empty());
    term(&mut catalog, 0).hidden = true;
    let plan = plan_of(&catalog, &settings());
    assert_eq!(paths(&plan)[3..], ["tags/河流/"]);
    let categories = &plan.feeds[0].entries[0].categories;
    assert_eq!(categories.len(), 1, "a hidden term is not shown as a category either");
}

#[test]
fn the_limit_keeps_the_newest_and_the_count_tells_all() {
    let catalog = catalog(articles());
    let plan = plan_of(&catalog, &Settings { limit: 1, ..settings() });
    assert_eq!(titles(&plan, "tags/c++/"), ["河流 & 源头：a < b"]);
    assert_eq!(plan.feeds[0].articles, 3);
}

/// A shelf that counts how often a body is taken from it.
struct Counting(AtomicUsize);

impl Material for Counting {
    fn body(&self, page: &headwater::catalog::Page) -> Result<String, String> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Shelf.body(page)
    }

    fn picture_size(&self, page: &headwater::catalog::Page) -> Option<u64> {
        Shelf.picture_size(page)
    }
}

#[test]
fn each_shown_body_is_rendered_once_and_no_other() {
    let catalog = catalog(articles());
    let counting = Counting(AtomicUsize::new(0));
    let dir = tempfile::tempdir().unwrap();
    for (settings, bodies) in [
        (settings(), 3),
        (Settings { only: vec![FeedPath::new(&["tags", "c++"]).unwrap()], ..settings() }, 2),
        (Settings { content: ContentMode::Summary, ..settings() }, 0),
    ] {
        counting.0.store(0, Ordering::Relaxed);
        let plan = plan(&catalog, &settings, now(), &counting);
        let anew = Options { force: true, ..Options::default() };
        write_alone(&plan, &settings, dir.path(), anew);
        assert_eq!(counting.0.load(Ordering::Relaxed), bodies);
        // What has not changed is not rendered again.
        write_alone(&plan, &settings, dir.path(), Options::default());
        assert_eq!(counting.0.load(Ordering::Relaxed), bodies);
    }
}

#[test]
fn dates_that_lie_ahead_do_not_count_as_changes() {
    let mut ahead = article("notes/a.md", "A", "2026-03-01T00:00:00Z", &[]);
    ahead.lastmod = Some("2031-01-01T00:00:00Z".parse().unwrap());
    let catalog = catalog(vec![ahead]);
    let plan = plan_of(&catalog, &settings());
    let entry = &plan.feeds[0].entries[0];
    assert_eq!(entry.updated, entry.published);
}

#[test]
fn pictures_have_whole_addresses() {
    for (path, image, url) in [
        ("notes/a.md", "/images/x.png", Some("https://example.org/images/x.png")),
        ("notes/a.md", "images/x.png", Some("https://example.org/images/x.png")),
        ("notes/a/index.md", "x.png", Some("https://example.org/notes/a/index/x.png")),
        ("notes/a.md", "https://cdn.example/x.png", Some("https://cdn.example/x.png")),
        ("notes/a.md", "data:image/png;base64,AAAA", None),
        ("notes/a.md", "https://[", None),
    ] {
        let mut article = article(path, "A", "2026-03-01T00:00:00Z", &[]);
        article.image = Some(image.into());
        let catalog = catalog(vec![article]);
        let plan = plan_of(&catalog, &settings());
        let picture = plan.feeds[0].entries[0].picture.as_ref();
        let found = picture.map(|picture| picture.url.as_str());
        assert_eq!(found, url, "{path} {image}");
    }
}

#[test]
fn a_name_that_cannot_be_a_folder_is_refused_and_the_rest_goes_on() {
    let mut catalog = catalog(articles());
    term(&mut catalog, 0).slug = "..".into();
    catalog.sections[1].slug = catalog.sections[0].slug.clone();
    let plan = plan_of(&catalog, &settings());
    assert_eq!(paths(&plan), ["", "essays/", "tags/河流/"]);
    let refused: Vec<String> = plan.refused.iter().map(ToString::to_string).collect();
    assert!(refused[0].contains("\"essays\": another feed has it"), "{refused:?}");
    assert!(refused[1].contains("\"tags/..\": it would lead out"), "{refused:?}");
}

#[test]
fn the_age_of_an_entry_counts_from_the_newest_of_its_feed() {
    let days = |days| Settings { max_age: chrono::TimeDelta::try_days(days), ..settings() };
    let catalog = catalog(articles());
    assert_eq!(titles(&plan_of(&catalog, &days(30)), "").len(), 2);
    assert_eq!(titles(&plan_of(&catalog, &days(5)), "").len(), 1);
    let ever = Settings { max_age: Some(chrono::TimeDelta::MAX), ..settings() };
    assert_eq!(
        titles(&plan_of(&catalog, &ever), "notes/").len(),
        titles(&plan_of(&catalog, &settings()), "notes/").len()
    );
    // A feed of old articles only is not emptied by the years.
    assert_eq!(titles(&plan_of(&catalog, &days(5)), "notes/"), ["Tools"]);
}

#[test]
fn who_asks_for_a_spelling_that_nobody_has_any_more_is_led_on() {
    let catalog = catalog(articles());
    let plan = plan_of(&catalog, &settings());
    let removed = ["essays/", "Tags/C++/", "tags/river/", "no·tes/", "../x/"];
    let removed = removed.map(str::to_owned).into_iter().collect();
    let moved = redirect::respelled(&removed, &plan.feeds);
    let moved: Vec<(&str, &str)> =
        moved.iter().map(|moved| (moved.from.as_str(), moved.to.as_str())).collect();
    assert_eq!(moved, [("Tags/C++/", "tags/c++/"), ("no·tes/", "notes/")]);
    assert!(redirect::respelled(&BTreeSet::new(), &plan.feeds).is_empty());
}

#[test]
fn a_feed_that_is_added_takes_nobody_s_folder() {
    let catalog = catalog(articles());
    let mut plan = plan_of(&catalog, &settings());
    let before = plan.feeds.len();
    let same = plan.feeds[1].clone();
    let other = Feed { path: FeedPath::new(&["suggestions"]).unwrap(), ..same.clone() };
    plan.add(vec![same, other.clone()]);
    assert_eq!(plan.feeds.len(), before + 1);
    assert_eq!(plan.feeds.last(), Some(&other));
    assert_eq!(plan.refused.len(), 1);
    assert!(plan.refused[0].to_string().contains("another feed has it already"));
}

#[test]
fn former_slugs_lead_to_the_feed_unless_another_has_them() {
    let mut catalog = catalog(articles());
    term(&mut catalog, 1).former = vec!["river".into(), "c++".into(), "ci/cd".into()];
    let plan = plan_of(&catalog, &settings());
    let moved: Vec<(&str, &str)> =
        plan.redirects.iter().map(|moved| (moved.from.as_str(), moved.to.as_str())).collect();
    assert_eq!(moved, [("tags/ci/cd/", "tags/河流/"), ("tags/river/", "tags/河流/")]);
    // A term without a feed has no address to lead to.
    term(&mut catalog, 1).hidden = true;
    assert!(plan_of(&catalog, &settings()).redirects.is_empty());
}

#[test]
fn of_two_articles_with_one_address_the_older_is_shown() {
    let old = article("notes/a.md", "Old", "2026-03-01T00:00:00Z", &[]);
    let new = article("notes/b.md", "New", "2026-03-02T00:00:00Z", &[]);
    let mut catalog = catalog(vec![new, old]);
    catalog.pages[0].url = catalog.pages[1].url.clone();
    let plan = plan_of(&catalog, &settings());
    assert_eq!(plan.clashes, [(0, 1)]);
    assert_eq!((titles(&plan, ""), plan.feeds[0].articles), (vec!["Old".to_owned()], 1));
}

#[test]
fn of_two_files_that_differ_in_the_extension_only_one_is_shown() {
    let old = article("notes/a.md", "Old", "2026-03-01T00:00:00Z", &[]);
    let new = article("notes/a.markdown", "New", "2026-03-02T00:00:00Z", &[]);
    let plan_of = |catalog| plan_of(catalog, &settings()).clashes;
    let mut catalog = catalog(vec![new, old]);
    catalog.pages[0].url = catalog.site.url.join("elsewhere/").unwrap();
    assert_eq!(plan_of(&catalog), [(0, 1)]);
}
