//! What the feeds are made of besides the catalog: the articles' bodies and pictures, from the disk.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::article::{markdown, scan};
use crate::catalog::Page;
use crate::config::Config;
use crate::feed::id;
use crate::feed::plan::Material;

/// How much of an article's identifier tells its footnotes apart from those of the feed's other
/// articles: 48 bits, of which one in a million pairs of sites would ever see two alike.
const PREFIX: usize = 12;

/// The files of a site.
pub(super) struct Files<'a> {
    config: &'a Config,
    /// Sizes of pictures: many articles share one.
    sizes: Mutex<HashMap<PathBuf, Option<u64>>>,
}

impl<'a> Files<'a> {
    /// The files that the configuration names.
    pub(super) fn new(config: &'a Config) -> Self {
        Self { config, sizes: Mutex::default() }
    }

    /// Where the file of a page's picture would lie.
    fn picture(&self, page: &Page) -> Option<PathBuf> {
        let image = page.article.image.as_deref()?.trim();
        let site = &self.config.catalog.site.url;
        let below = image.strip_prefix(site.as_str()).unwrap_or(image);
        if below.contains("://") {
            return None;
        }
        let relative = Path::new(below.trim_start_matches('/'));
        // What climbs out of the folder is no picture of ours.
        let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
        let beside = Path::new(&page.article.path).parent().unwrap_or(Path::new(""));
        let folder = if page.is_bundle() && !below.starts_with('/') {
            self.config.articles.join(beside)
        } else {
            self.config.statics.clone()
        };
        plain.then(|| folder.join(relative))
    }
}

impl Material for Files<'_> {
    fn body(&self, page: &Page) -> Result<String, String> {
        let path = &page.article.path;
        let body = scan::read_body(&self.config.articles, path);
        let body =
            body.map_err(|problem| format!("{}/{problem}", self.config.articles.display()))?;
        let id = id::article(&self.config.catalog.site, path);
        let digits = id.rsplit(':').next().unwrap_or_default().chars().filter(|c| *c != '-');
        let prefix: String = digits.take(PREFIX).chain(['-']).collect();
        Ok(markdown::to_html(&body, &markdown::Context { base: &page.url, prefix: &prefix }))
    }

    fn picture_size(&self, page: &Page) -> Option<u64> {
        let file = self.picture(page)?;
        let mut sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        let look = |file: &PathBuf| {
            std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file).map(|file| file.len())
        };
        *sizes.entry(file).or_insert_with_key(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Article;
    use std::fs;

    #[test]
    fn the_size_of_a_picture_is_that_of_its_file() {
        let root = tempfile::tempdir().unwrap();
        let text = "site: {title: T, url: 'https://example.org/'}\nroot: ROOT\n";
        let text = text.replace("ROOT", &root.path().display().to_string());
        let config = Config::parse("h.yaml", &text, &[]).unwrap();
        for (file, bytes) in
            [("static/images/a.png", "12345"), ("articles/x/b.png", "123"), ("secret.png", "1")]
        {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        let files = Files::new(&config);
        for (path, image, expected) in [
            ("n/a.md", "/images/a.png", Some(5)),
            ("n/a.md", "images/a.png", Some(5)),
            ("n/a.md", "https://example.org/images/a.png", Some(5)),
            ("n/a.md", "https://elsewhere.example/images/a.png", None),
            ("x/index.md", "b.png", Some(3)),
            ("x/index.md", "/images/a.png", Some(5)),
            ("n/a.md", "/images/none.png", None),
            ("n/a.md", "/images", None),
            ("n/a.md", "../secret.png", None),
            ("n/a.md", "", None),
        ] {
            let article =
                Article { path: path.into(), image: Some(image.into()), ..Article::default() };
            let page = Page {
                article: article.into(),
                path: String::new(),
                url: config.catalog.site.url.clone(),
                terms: Vec::new(),
            };
            assert_eq!(files.picture_size(&page), expected, "{path} {image}");
        }
    }
}
