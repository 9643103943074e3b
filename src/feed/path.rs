//! The folder of a feed below the feeds' folder.
//!
//! Takes parts that were made of names in articles, and refuses what would lead out of the folder,
//! collide with a file of ours, or not be a name on a common file system. It mends nothing: slugs
//! are made in the catalog.

use std::fmt;

use thiserror::Error;
use url::Url;

use super::{Format, opml, page, redirect};

/// What the names of files and folders begin with that hold our state and are no feed.
pub(super) const HIDDEN: &str = ".headwater";

/// The longest name that the usual file systems take, in bytes.
const MAX_NAME: usize = 255;

/// A relative folder: empty for the feeds' folder itself, else parts that each end in `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedPath(String);

/// A name that cannot be a folder of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no feed can be written to the folder {path:?}: {reason}; give it another name")]
pub struct BadPath {
    /// The parts as given, joined with `/`.
    pub path: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl FeedPath {
    /// The feeds' folder itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The folder below the feeds' folder that is reached through `parts`.
    ///
    /// # Errors
    ///
    /// [`BadPath`] where a part is no plain name of a folder.
    pub fn new(parts: &[&str]) -> Result<Self, BadPath> {
        let mut path = String::new();
        for part in parts {
            if let Some(reason) = objection(part) {
                return Err(BadPath { path: parts.join("/"), reason });
            }
            path.push_str(part);
            path.push('/');
        }
        Ok(Self(path))
    }

    /// The path, empty or ending in `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The relative path of a file in the folder.
    pub fn file(&self, name: &str) -> String {
        format!("{}{name}", self.0)
    }

    /// The address of a file in the folder, or of the folder where `name` is empty; `base` is the
    /// address of the feeds' folder.
    pub fn url(&self, base: &Url, name: &str) -> Url {
        let parts: Vec<&str> = self.0.split_terminator('/').collect();
        address(base, &parts, name)
    }
}

impl fmt::Display for FeedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address `base` + `parts` + `name`, each escaped as one segment. (`Url::join` would read a
/// name such as `c:` as a scheme.)
pub(super) fn address(base: &Url, parts: &[&str], name: &str) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(parts).push(name);
    }
    url
}

/// Whether a relative path is one that we could have written: the test for what a manifest says.
pub(super) fn is_ours(file: &str) -> bool {
    match file.rsplit_once('/') {
        Some((folder, name)) => {
            is_file_name(name) && folder.split('/').all(|part| objection(part).is_none())
        }
        None => is_file_name(file),
    }
}

/// Every name that we give to a file, but for the numbers of archives.
const FILE_NAMES: [&str; 6] =
    [opml::FILE_NAME, page::FILE_NAME, redirect::FILE_NAME, "index.xml", "atom.xml", "feed.json"];

/// Whether we give this name to a file: `index.xml`, or `index-3.xml` for an archive.
fn is_file_name(name: &str) -> bool {
    let current = |(stem, extension): (&str, &str)| {
        let (stem, number) = stem.rsplit_once('-')?;
        number.parse::<usize>().ok()?;
        Some(format!("{stem}.{extension}"))
    };
    let archive_of = name.split_once('.').and_then(current);
    let is_feed = |name: &str| Format::ALL.iter().any(|format| format.file_name() == name);
    FILE_NAMES.contains(&name) || archive_of.is_some_and(|name| is_feed(&name))
}

fn objection(part: &str) -> Option<&'static str> {
    if part.is_empty() {
        Some("a name is empty")
    } else if part == "." || part == ".." {
        Some("it would lead out of the feeds' folder")
    } else if part.contains(['/', '\\']) {
        Some("a name contains a path separator")
    } else if part.contains(char::is_control) {
        Some("a name contains a control character")
    } else if part.len() > MAX_NAME {
        Some("a name is longer than 255 bytes")
    } else if part.starts_with(HIDDEN) || is_file_name(part) {
        Some("the name is taken by a file of the feeds' folder")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_never_leaves_the_folder() {
        let long = "长".repeat(86);
        for part in [
            "",
            ".",
            "..",
            "/",
            "/etc",
            "a/b",
            "..\\x",
            "a\0b",
            "a\nb",
            "index.xml",
            "feed.json",
            "index.html",
            "index-1.xml",
            "_redirects",
            ".headwater-tmp",
            &long,
        ] {
            assert!(FeedPath::new(&["tags", part]).is_err(), "{part:?}");
        }
    }

    #[test]
    fn odd_but_honest_names_are_folders() {
        let base = Url::parse("https://example.org/feeds/").unwrap();
        for (part, address) in [
            ("ai", "tags/ai/"),
            ("智能体", "tags/%E6%99%BA%E8%83%BD%E4%BD%93/"),
            (".net", "tags/.net/"),
            ("c:", "tags/c:/"),
            ("50%?#x", "tags/50%25%3F%23x/"),
            ("...", "tags/.../"),
        ] {
            let path = FeedPath::new(&["tags", part]).unwrap();
            assert_eq!(path.as_str(), format!("tags/{part}/"));
            assert_eq!(
                path.url(&base, "atom.xml").as_str(),
                format!("https://example.org/feeds/{address}atom.xml")
            );
        }
    }

    #[test]
    fn only_our_own_names_are_ours() {
        for (file, ours) in [
            ("index.xml", true),
            ("tags/智能体/feed.json", true),
            ("subscriptions.opml", true),
            ("_redirects", true),
            ("tags/ai/index-12.xml", true),
            ("tags/ai/feed-1.json", true),
            ("tags/ai/index-1.html", false),
            ("tags/ai/index-.xml", false),
            ("README.md", false),
            ("tags/ai/notes.txt", false),
            ("../index.xml", false),
            ("/index.xml", false),
            ("tags//index.xml", false),
        ] {
            assert_eq!(is_ours(file), ours, "{file}");
        }
    }

    #[test]
    fn every_format_is_among_the_file_names() {
        for format in Format::ALL {
            assert!(FILE_NAMES.contains(&format.file_name()));
        }
    }
}
