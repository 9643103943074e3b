//! From where a feed was to where it is.
//!
//! When spellings of a term are folded into one, the feeds of the others are gone, but not their
//! subscribers. The server answers their addresses with a permanent redirect; on a disk that some
//! other server serves, there are a page for people in each old folder and, for servers that read
//! it, [`FILE_NAME`]: a line `FROM TO 301` for each folder, as several hosts of static sites take.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use quick_xml::escape::escape;
use url::Url;

use super::{About, Feed, FeedPath, Settings};
use crate::catalog::vocabulary::fold;

/// Name in the feeds' folder of the list of all redirects.
pub const FILE_NAME: &str = "_redirects";

/// A feed that has moved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Redirect {
    /// Folder in which it was.
    pub from: FeedPath,
    /// Folder in which it is.
    pub to: FeedPath,
}

/// Where feeds were and where they are, by folder.
pub fn folders(redirects: &[Redirect]) -> BTreeMap<String, String> {
    let pair = |moved: &Redirect| (moved.from.as_str().to_owned(), moved.to.as_str().to_owned());
    redirects.iter().map(pair).collect()
}

/// From the folders that were `removed` to those of `feeds` that differ in spelling only: all articles write
/// the term in another way now. The server alone knows of these, since other servers see the folder
/// as the articles of today make it.
pub fn respelled(removed: &BTreeSet<String>, feeds: &[Feed]) -> Vec<Redirect> {
    if removed.is_empty() {
        return Vec::new();
    }
    let now: HashMap<String, &FeedPath> =
        feeds.iter().map(|feed| (fold(feed.path.as_str()), &feed.path)).collect();
    let moved = |folder: &String| {
        let parts: Vec<&str> = folder.split_terminator('/').collect();
        let (from, to) = (FeedPath::new(&parts).ok()?, *now.get(&fold(folder))?);
        (from != *to).then(|| Redirect { from, to: to.clone() })
    };
    removed.iter().filter_map(moved).collect()
}

/// The list of `redirects`: paths from the root of the host that `settings.base` is on.
pub fn list(redirects: &[Redirect], settings: &Settings) -> Vec<u8> {
    let mut text = String::new();
    for Redirect { from, to } in redirects {
        let path = |folder: &FeedPath| folder.url(&settings.base, "").path().to_owned();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}* {}:splat 301", path(from), path(to));
    }
    text.into_bytes()
}

/// The page in the old folder, which leads a person on.
pub fn page(redirect: &Redirect, about: &About, settings: &Settings) -> Vec<u8> {
    let target = relative(redirect, settings);
    let canonical = redirect.to.url(&settings.base, "");
    let (language, target) = (escape(&*about.language), escape(&target));
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<meta charset=\"utf-8\">\n\
         <title>{target}</title>\n<link rel=\"canonical\" href=\"{}\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={target}\">\n\
         <p><a href=\"{target}\">{target}</a></p>\n</html>\n",
        escape(canonical.as_str())
    )
    .into_bytes()
}

/// The new folder as it is reached from the old one, whatever host serves both.
fn relative(redirect: &Redirect, settings: &Settings) -> String {
    let up = "../".repeat(redirect.from.as_str().matches('/').count());
    let to: Url = redirect.to.url(&settings.base, "");
    let below = to.as_str().strip_prefix(settings.base.as_str()).unwrap_or_default();
    format!("{up}{below}")
}
