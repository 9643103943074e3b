//! The two lists of all feeds: for people and for programs.

use headwater::feed::{Settings, opml, page};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::site::{article, articles, catalog, plan_of, settings, term};

#[test]
fn the_page_shows_every_feed_in_every_format_and_asks_nobody_else() {
    let catalog = catalog(articles());
    let plan = plan_of(&catalog, &settings());
    let html = String::from_utf8(page::page(&plan, &settings()).unwrap()).unwrap();
    for feed in &plan.feeds {
        for format in settings().formats {
            // Relative, so that a copied link is of the host that the person sees.
            let url = feed.url(&settings(), format);
            let path = url.as_str().strip_prefix(settings().base.as_str()).unwrap();
            let link = format!("href=\"./{path}\"");
            assert!(html.contains(&link), "{link}");
        }
    }
    for request in [" src=", "@import", "url(", "fetch(", "rel=\"stylesheet\""] {
        assert!(!html.contains(request), "{request}");
    }
}

#[test]
fn a_name_cannot_become_markup() {
    let name = "<script>alert(1)</script>\"'&";
    let mut catalog = catalog(vec![article("a/b.md", "A", "2026-03-01T00:00:00Z", &[name])]);
    term(&mut catalog, 0).slug = "odd".into();
    let plan = plan_of(&catalog, &settings());
    let html = String::from_utf8(page::page(&plan, &settings()).unwrap()).unwrap();
    assert!(!html.contains("<script>alert"));

    let xml = opml::opml(&plan, &settings()).unwrap();
    let mut reader = Reader::from_reader(&xml[..]);
    let mut texts = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Empty(outline) => {
                let text = outline.try_get_attribute("text").unwrap().unwrap();
                texts.push(
                    quick_xml::escape::unescape(str::from_utf8(&text.value).unwrap())
                        .unwrap()
                        .into_owned(),
                );
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(texts, ["源头笔记", "a", name]);
}

#[test]
fn terms_stand_by_size_on_the_page() {
    let date = "2026-03-01T00:00:00Z";
    let catalog = catalog(vec![
        article("a/1.md", "1", date, &["alpha", "omega"]),
        article("a/2.md", "2", date, &["omega"]),
    ]);
    let settings = Settings { formats: Vec::new(), ..settings() };
    let plan = plan_of(&catalog, &settings);
    let html = String::from_utf8(page::page(&plan, &settings).unwrap()).unwrap();
    assert!(html.find(">omega<").unwrap() < html.find(">alpha<").unwrap());
}
