//! A small site made by hand, and the settings that the tests start from.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use headwater::article::{Article, Reference, ReferenceKind};
use headwater::catalog::{
    Author, Catalog, Page, Section, Site, Taxonomy, TaxonomySettings, Term, TermRef,
};
use headwater::feed::plan::{self, Material, Plan};
use headwater::feed::write::{Options, Report, write_all};
use headwater::feed::{ContentMode, Format, Ledger, Settings};
use url::Url;

/// Bodies and pictures as if they lay on a disk.
pub(crate) struct Shelf;

impl Material for Shelf {
    fn body(&self, page: &Page) -> Result<String, String> {
        Ok(match page.article.path.as_str() {
            "essays/rivers.md" => {
                "<p>水 &amp; <strong>石</strong>，🙂 <code>a]]&gt;b ]]></code></p>\n".into()
            }
            _ => format!("<p>{}</p>", page.article.title),
        })
    }

    fn picture_size(&self, page: &Page) -> Option<u64> {
        page.article.image.as_ref().filter(|image| image.ends_with("river.png")).map(|_| 4321)
    }
}

/// The time at which the tests take place.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-03-10T12:00:00Z".parse().unwrap()
}

pub(crate) fn site() -> Site {
    Site {
        title: "源头笔记".into(),
        url: Url::parse("https://example.org/").unwrap(),
        description: "关于河流与工具的短文 & 笔记".into(),
        language: "zh-CN".into(),
        timezone: Tz::Asia__Shanghai,
        author: Author {
            name: Some("林溪".into()),
            email: Some("lin@example.org".into()),
            url: Some("https://example.org/about/".into()),
        },
        image: Some(Url::parse("https://example.org/images/logo.png").unwrap()),
        rights: Some("© 源头笔记，CC BY 4.0".into()),
        id: "example-notes".into(),
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        base: Url::parse("https://example.org/feeds/").unwrap(),
        formats: Format::ALL.to_vec(),
        limit: 20,
        max_age: None,
        archive: false,
        ttl: 60,
        content: ContentMode::Full,
        min_articles: 1,
        hub: None,
        only: Vec::new(),
    }
}

/// A published article with the given tags.
pub(crate) fn article(path: &str, title: &str, date: &str, tags: &[&str]) -> Article {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    Article {
        path: path.into(),
        section: path.split_once('/').map(|(section, _)| section.to_owned()),
        title: title.into(),
        date: date.parse().unwrap(),
        taxonomies: [("tags".to_owned(), tags)].into(),
        ..Article::default()
    }
}

/// The articles that the golden files show.
pub(crate) fn articles() -> Vec<Article> {
    let mut rivers = article(
        "essays/rivers.md",
        "河流 & 源头：a < b",
        "2026-03-01T08:30:00.250+08:00",
        &["河流", "C++"],
    );
    rivers.lastmod = Some("2026-03-05T21:00:00+08:00".parse().unwrap());
    rivers.summary = Some("一条河从哪里来？<源头> & 支流。".into());
    rivers.authors = vec!["林溪".into(), "Ada Brook".into()];
    rivers.image = Some("/images/river.png".into());
    rivers.references = [
        Reference {
            number: Some("1".into()),
            title: Some("长江源的水文观测".into()),
            url: Some("https://news.example/yangtze?a=1&b=2".into()),
            publication: Some("水文报".into()),
            author: Some("周明".into()),
            published: NaiveDate::from_ymd_opt(2026, 2, 27),
            accessed: NaiveDate::from_ymd_opt(2026, 3, 1),
            ..Reference::default()
        },
        Reference {
            title: Some("Field notes".into()),
            kind: Some(ReferenceKind::Primary),
            quote: Some("The spring moved uphill.".into()),
            ..Reference::default()
        },
    ]
    .into();
    let mut tools = article("notes/tools.md", "Tools", "2026-02-10T00:00:00+00:00", &["C++"]);
    tools.summary = Some("What is on the desk".into());
    vec![rivers, tools, article("notes/old.md", "旧文", "2025-12-31T23:59:59+08:00", &["河流"])]
}

/// A catalog of `articles`, which are given newest first. Terms are sorted by slug.
pub(crate) fn catalog(articles: Vec<Article>) -> Catalog {
    let site = site();
    let slug = |name: &str| name.to_lowercase().replace(' ', "-");
    let mut tags: Vec<Term> = Vec::new();
    let mut sections: Vec<Section> = Vec::new();
    for (page, article) in articles.iter().enumerate() {
        if let Some(name) = &article.section {
            match sections.iter_mut().find(|section| section.name == *name) {
                Some(section) => section.pages.push(page),
                None => sections.push(Section {
                    name: name.clone(),
                    slug: slug(name),
                    pages: vec![page],
                }),
            }
        }
        for name in &article.taxonomies["tags"] {
            match tags.iter_mut().find(|tag| tag.name == *name) {
                Some(tag) => tag.pages.push(page),
                None => tags.push(Term {
                    name: name.clone(),
                    slug: slug(name),
                    former: Vec::new(),
                    hidden: false,
                    pages: vec![page],
                }),
            }
        }
    }
    sections.sort_by(|a, b| a.name.cmp(&b.name));
    tags.sort_by(|a, b| a.slug.cmp(&b.slug));
    let pages = articles
        .into_iter()
        .map(|article| {
            let path = format!("/{}/", article.path.trim_end_matches(".md"));
            let terms = article.taxonomies["tags"]
                .iter()
                .filter_map(|name| tags.iter().position(|tag| tag.name == *name))
                .map(|term| TermRef { taxonomy: 0, term })
                .collect();
            Page { url: site.url.join(&path).unwrap(), path, terms, article: article.into() }
        })
        .collect();
    let settings =
        TaxonomySettings { field: "tags".into(), path: "tags".into(), title: "标签".into() };
    Catalog { site, pages, sections, taxonomies: [Taxonomy { settings, terms: tags }].into() }
}

/// The tag at this place, to be changed.
pub(crate) fn term(catalog: &mut Catalog, at: usize) -> &mut Term {
    &mut Arc::make_mut(&mut catalog.taxonomies)[0].terms[at]
}

/// The plan of a catalog whose bodies are on the [`Shelf`].
pub(crate) fn plan_of<'a>(catalog: &'a Catalog, settings: &Settings) -> Plan<'a> {
    plan::plan(catalog, settings, now(), &Shelf)
}

/// What a run by itself does to `dir`.
pub(crate) fn write_alone(
    plan: &Plan,
    settings: &Settings,
    dir: &Path,
    options: Options,
) -> Report {
    write_all(plan, settings, dir, options, &mut Ledger::default(), &|| false).unwrap()
}
