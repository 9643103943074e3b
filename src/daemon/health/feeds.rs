//! The feeds as they lie on the disk, read back as a reader would.
//!
//! To read all of a large site's feeds takes longer than to write them, so what is read are the feeds
//! that most people have (the whole site's, and each that lies directly below it) and those that were
//! written last. That all files are there is looked at for every feed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde::de::IgnoredAny;

use super::{Facts, Trouble, What};
use crate::config::Config;
use crate::feed::{self, Format};
use crate::source::parse;
use crate::store::{JobName, Store, StoreError};

/// How many feeds are read beside the main ones.
const RECENT: usize = 12;

/// How many regenerations are asked whether there have been articles.
const ASKED: usize = 50;

/// The folder below the feeds' folder whose feeds may be empty: there may be nothing to suggest.
const MAY_BE_EMPTY: &str = "suggestions/";

/// The files of feeds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fact {
    /// Whether the folder holds a whole set of feeds.
    pub written: bool,
    /// How many files of feeds there should be.
    pub files: usize,
    /// Those that are not there.
    pub missing: Vec<String>,
    /// What is wrong with those that were read.
    pub faults: Vec<(String, Fault)>,
}

/// What is wrong with the file of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No reader can make sense of it.
    Invalid(String),
    /// It has no entries.
    Empty,
}

/// Looks at the folder.
pub(super) fn fact(config: &Config) -> Fact {
    let root = &config.feeds_dir;
    let written = root.join("index.html").exists();
    let files = if written { feed::listed(root).unwrap_or_default() } else { Vec::new() };
    let names = Format::ALL.map(Format::file_name);
    let is_feed = |file: &&String| names.contains(&file.rsplit('/').next().unwrap_or_default());
    let mut fact = Fact { written, ..Fact::default() };
    let (mut main, mut others): (Vec<String>, Vec<(SystemTime, String)>) = Default::default();
    for file in files.iter().filter(is_feed) {
        fact.files += 1;
        match fs::metadata(root.join(file)) {
            Ok(_) if file.matches('/').count() < 2 => main.push(file.clone()),
            Ok(there) => {
                others.push((there.modified().unwrap_or(SystemTime::UNIX_EPOCH), file.clone()));
            }
            Err(_) => fact.missing.push(file.clone()),
        }
    }
    others.sort_unstable_by(|a, b| b.cmp(a));
    main.extend(others.into_iter().take(RECENT).map(|(_, file)| file));
    fact.faults =
        main.into_iter().filter_map(|file| Some((file.clone(), fault(root, &file)?))).collect();
    fact
}

fn fault(root: &Path, file: &str) -> Option<Fault> {
    let bytes = match fs::read(root.join(file)) {
        Ok(bytes) => bytes,
        Err(error) => return Some(Fault::Invalid(error.to_string())),
    };
    fault_of(&bytes).filter(|fault| *fault != Fault::Empty || !file.starts_with(MAY_BE_EMPTY))
}

/// What is wrong with the bytes of a feed of ours. Our parser mends what others write; what we write
/// must be well-formed without.
pub fn fault_of(bytes: &[u8]) -> Option<Fault> {
    let sound = if bytes.starts_with(b"{") {
        serde_json::from_slice::<IgnoredAny>(bytes).map(drop).map_err(|error| error.to_string())
    } else {
        well_formed(bytes)
    };
    if let Err(reason) = sound {
        return Some(Fault::Invalid(reason));
    }
    match parse::parse(bytes, None, None) {
        Ok(parsed) if parsed.items.is_empty() => Some(Fault::Empty),
        Ok(_) => None,
        Err(error) => Some(Fault::Invalid(error.to_string())),
    }
}

fn well_formed(bytes: &[u8]) -> Result<(), String> {
    let mut reader = Reader::from_reader(bytes);
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) if depth > 0 => return Err("it breaks off in the middle".to_owned()),
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                return Err(format!("{error} (at byte {})", reader.error_position()));
            }
        }
    }
}

/// What is wrong with the feeds. `known` are the keys of the troubles that there were before;
/// `had_articles`, whether some regeneration has found any.
pub(super) fn troubles(
    config: &Config,
    facts: &Facts,
    known: &BTreeSet<String>,
    had_articles: bool,
) -> Vec<Trouble> {
    let fact = &facts.feeds;
    if !fact.written {
        let lost = facts.jobs.good.iter().any(|job| job.name == JobName::Regen);
        let folder = config.feeds_dir.display().to_string();
        return vec![Trouble::new(What::NoFeeds { folder, lost })];
    }
    let mut troubles = Vec::new();
    if let Some(file) = fact.missing.first().cloned() {
        troubles.push(Trouble::new(What::FeedsMissing { file, count: fact.missing.len() }));
    }
    // A site without any article may be new.
    let is_new = !had_articles && facts.articles.as_ref().is_none_or(|it| it.published == 0);
    for (file, fault) in &fact.faults {
        let file = file.clone();
        let trouble = Trouble::new(match fault {
            Fault::Invalid(reason) => What::FeedInvalid { file, reason: reason.clone() },
            Fault::Empty => What::FeedEmpty { file },
        });
        if *fault != Fault::Empty || known.contains(&trouble.key()) || !is_new {
            troubles.push(trouble);
        }
    }
    troubles
}

/// Whether some regeneration has found articles.
pub(super) fn had_articles(store: &Store) -> Result<bool, StoreError> {
    let runs = store.jobs(Some(JobName::Regen), ASKED)?;
    Ok(runs.iter().any(|run| run.report["articles"].as_u64().is_some_and(|count| count > 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_no_reader_can_read_is_told_from_an_empty_one() {
        let rss = |items: &str| {
            format!("<rss version=\"2.0\"><channel><title>T</title>{items}</channel></rss>")
        };
        let item = "<item><title>A</title><guid>a</guid></item>";
        for (text, expected) in [
            (rss(item), "none"),
            (rss(""), "empty"),
            (rss(item).replace("</channel></rss>", ""), "breaks off"),
            (rss(item).replace("</item>", "</itm>"), "at byte"),
            (
                "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"a\"}]}"
                    .into(),
                "none",
            ),
            ("{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[]}".into(), "empty"),
            ("{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[".into(), "EOF"),
            ("<html><body>502</body></html>".into(), "web page"),
            (String::new(), "empty"),
            ("\0\0\0\0".into(), ""),
        ] {
            let found = match fault_of(text.as_bytes()) {
                None => "none".to_owned(),
                Some(Fault::Empty) => "empty".to_owned(),
                Some(Fault::Invalid(reason)) => reason,
            };
            assert!(found.contains(expected) && !found.is_empty(), "{text} {found}");
        }
    }
}
