//! Permalinks: an article's address path from a pattern such as `/{section}/{slug}/`.
//!
//! The default is Hugo's: the folders of the file, then `slug` or the file's name. A front matter
//! `url` overrides the pattern.

use chrono::Datelike;
use thiserror::Error;

use super::slug::slug;
use crate::article::Article;

/// A checked pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permalink(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// All folders of the file.
    Section,
    /// `slug`, else the file's name.
    Slug,
    Year,
    Month,
    Day,
}

/// Why a pattern is refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PermalinkError {
    /// A placeholder that no article can fill.
    #[error("{{{0}}} is not one of {{section}}, {{slug}}, {{year}}, {{month}}, {{day}}")]
    Unknown(String),
    /// An opening brace without its closing one.
    #[error("a {{ is not closed")]
    Open,
    /// Every article would have the same address.
    #[error("it must contain {{slug}}, else all articles share an address")]
    NoSlug,
}

impl Permalink {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// A placeholder is unknown or unclosed, or `{slug}` is missing.
    pub fn new(pattern: &str) -> Result<Self, PermalinkError> {
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while let Some((text, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(PermalinkError::Open)?;
            pieces.push(Piece::Text(text.to_owned()));
            pieces.push(match name {
                "section" => Piece::Section,
                "slug" => Piece::Slug,
                "year" => Piece::Year,
                "month" => Piece::Month,
                "day" => Piece::Day,
                other => return Err(PermalinkError::Unknown(other.to_owned())),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        if pieces.contains(&Piece::Slug) { Ok(Self(pieces)) } else { Err(PermalinkError::NoSlug) }
    }

    /// The address path of an article: with a leading slash and without doubled ones.
    pub fn path(&self, article: &Article) -> String {
        let raw = match &article.url {
            Some(url) => url.clone(),
            None => self.fill(article),
        };
        let mut path = String::from("/");
        for part in raw.split('/').filter(|part| !part.is_empty() && *part != "." && *part != "..")
        {
            path.push_str(part);
            path.push('/');
        }
        if !raw.ends_with('/') && path.len() > 1 {
            path.pop();
        }
        path
    }

    fn fill(&self, article: &Article) -> String {
        let (folders, file) = article.path.rsplit_once('/').unwrap_or(("", &article.path));
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        // A leaf bundle `a/index.md` is the page `a`.
        let (folders, stem) = match stem {
            "index" => folders.rsplit_once('/').unwrap_or(("", folders)),
            stem => (folders, stem),
        };
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Section => slug(folders),
                Piece::Slug => slug(article.slug.as_deref().unwrap_or(stem)),
                Piece::Year => format!("{:04}", article.date.year()),
                Piece::Month => format!("{:02}", article.date.month()),
                Piece::Day => format!("{:02}", article.date.day()),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_follow_the_pattern() {
        let with = |path: &str, slug: Option<&str>, url: Option<&str>| Article {
            path: path.into(),
            slug: slug.map(Into::into),
            url: url.map(Into::into),
            ..Article::default()
        };
        for (pattern, article, expected) in [
            ("/{section}/{slug}/", with("insights/a.md", None, None), "/insights/a/"),
            ("/{section}/{slug}/", with("insights/2025/A b.md", None, None), "/insights/2025/a-b/"),
            ("/{section}/{slug}/", with("about.md", None, None), "/about/"),
            ("/{section}/{slug}/", with("insights/a/index.md", None, None), "/insights/a/"),
            ("/{section}/{slug}/", with("insights/a.md", Some("新 址"), None), "/insights/新-址/"),
            ("/{year}/{month}/{slug}.html", with("x/a.md", None, None), "/1970/01/a.html"),
            ("/{section}/{slug}/", with("x/a.md", None, Some("old/page.html")), "/old/page.html"),
            ("/{section}/{slug}/", with("x/a.md", None, Some("/../b/")), "/b/"),
        ] {
            assert_eq!(Permalink::new(pattern).unwrap().path(&article), expected, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_work_is_refused() {
        for (pattern, error) in [
            ("/{sections}/{slug}/", PermalinkError::Unknown("sections".into())),
            ("/{slug", PermalinkError::Open),
            ("/{year}/", PermalinkError::NoSlug),
        ] {
            assert_eq!(Permalink::new(pattern), Err(error), "{pattern}");
        }
    }
}
