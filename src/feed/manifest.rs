//! Which files in the feeds' folder are ours, and what they were made of.
//!
//! The folder may hold files of other people. Only what the manifest names is ever removed, and of
//! that only what has a name that we give. It is written before the first new file and again after
//! the last, so that a run that dies in between leaves no file of ours unknown.
//!
//! With each name stand two numbers: the [fingerprint](super::fingerprint) of what the file was made
//! of, and the [`Stamp`] that it had then. A file for which both still hold is right without being
//! rendered or read. What a run that died had written has none, and is compared by its bytes.

use std::collections::HashMap;
use std::path::Path;
use std::{fs, io};

use rayon::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use super::path;
use crate::stamp::Stamp;

/// Name of the manifest in the feeds' folder.
pub(super) const FILE_NAME: &str = ".headwater-manifest.json";

/// Our files by relative path, with `/` on every system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    #[serde(serialize_with = "in_order")]
    files: HashMap<String, Option<Made>>,
    /// Whether it says something else than when it was last written or read.
    #[serde(skip)]
    changed: bool,
}

/// Of what a file was made, and how it looked when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Made(pub(super) u64, pub(super) Stamp);

impl Manifest {
    /// What the bytes of a manifest say. Names that we would not give are passed over: the file
    /// may have been edited, and must not make us remove anything else.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut manifest: Self = serde_json::from_slice(bytes)?;
        manifest.files.retain(|file, _| path::is_ours(file));
        Ok(manifest)
    }

    /// The bytes to write, where it says something new since it was last asked for them.
    pub(super) fn news(&mut self) -> io::Result<Option<Vec<u8>>> {
        if !std::mem::take(&mut self.changed) {
            return Ok(None);
        }
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        Ok(Some(bytes))
    }

    /// Our files, in no order.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// How many files are ours.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether `file` is ours.
    pub(super) fn names(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// The stamp that `file` had when it was made of what has this fingerprint.
    pub(super) fn stamp(&self, file: &str, fingerprint: u64) -> Option<Stamp> {
        let Made(of, stamp) = (*self.files.get(file)?)?;
        (of == fingerprint).then_some(stamp)
    }

    /// Names `file` as ours, whatever it is made of.
    pub(super) fn announce(&mut self, file: &str) {
        if !self.names(file) {
            self.files.insert(file.to_owned(), None);
            self.changed = true;
        }
    }

    /// Notes of what `file` was made; nothing where that is not known.
    pub(super) fn note(&mut self, file: &str, made: Option<Made>) {
        let before = self.files.insert(file.to_owned(), made);
        self.changed |= before != Some(made);
    }

    /// Forgets `file`, which is there no more.
    pub(super) fn forget(&mut self, file: &str) {
        self.changed |= self.files.remove(file).is_some();
    }
}

/// The same files give the same bytes.
fn in_order<S: Serializer>(
    files: &HashMap<String, Option<Made>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut files: Vec<(&String, &Option<Made>)> = files.iter().collect();
    files.par_sort_unstable_by_key(|(file, _)| *file);
    serializer.collect_map(files)
}

/// The files below the feeds' folder `root` that are ours, and that should be there.
///
/// # Errors
///
/// There is no manifest, or none that can be read.
pub fn listed(root: &Path) -> io::Result<Vec<String>> {
    let manifest = Manifest::parse(&fs::read(root.join(FILE_NAME))?)?;
    let mut files: Vec<String> = manifest.files.into_keys().collect();
    files.sort_unstable();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp() -> Stamp {
        Stamp::of(&std::fs::metadata(env!("CARGO_MANIFEST_DIR")).unwrap())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut manifest = Manifest::default();
        manifest.note("tags/智能体/feed.json", None);
        manifest.note("index.xml", Some(Made(u64::MAX, stamp())));
        let bytes = manifest.news().unwrap().unwrap();
        assert_eq!(Manifest::parse(&bytes).unwrap(), manifest);
        assert_eq!(manifest.stamp("index.xml", u64::MAX), Some(stamp()));
        assert_eq!(manifest.stamp("index.xml", 1), None);
        assert_eq!(manifest.stamp("tags/智能体/feed.json", 1), None);
        assert_eq!(manifest.stamp("atom.xml", 1), None);
    }

    #[test]
    fn the_same_files_give_the_same_bytes_and_only_news_give_any() {
        let files: Vec<String> = (0..100).map(|number| format!("tags/{number}/atom.xml")).collect();
        let (mut one, mut other) = (Manifest::default(), Manifest::default());
        for (file, last) in files.iter().zip(files.iter().rev()) {
            one.announce(file);
            other.note(last, None);
        }
        let bytes = one.news().unwrap();
        assert!(bytes.is_some());
        assert_eq!(bytes, other.news().unwrap());

        one.announce("tags/1/atom.xml");
        one.note("tags/1/atom.xml", None);
        one.forget("tags/none/atom.xml");
        assert_eq!(one.news().unwrap(), None);
        one.forget("tags/1/atom.xml");
        assert!(one.news().unwrap().is_some());
    }

    #[test]
    fn a_forged_manifest_names_no_foreign_file() {
        let forged = br#"{"files":{"../index.xml":null,"/etc/passwd":null,"README.md":[1,2],
            "tags/a/atom.xml":null}}"#;
        let manifest = Manifest::parse(forged).unwrap();
        assert_eq!(manifest.files().collect::<Vec<_>>(), ["tags/a/atom.xml"]);
    }

    #[test]
    fn a_broken_manifest_is_an_error() {
        assert!(Manifest::parse(b"{\"files\":{").is_err());
    }
}
