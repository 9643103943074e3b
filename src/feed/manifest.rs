//! Which files in the feeds' folder are ours, and what they were made of.
//!
//! The folder may hold files of other people. Only what the manifest names is ever removed, and of
//! that only what has a name that we give. It is written before the first new file and again after
//! the last, so that a run that dies in between leaves no file of ours unknown.
//!
//! With each name stand two numbers: the [fingerprint](super::fingerprint) of what the file was made
//! of, and the [`Stamp`] that it had then. A file for which both still hold is right without being
//! rendered or read. What a run that died had written has none, and is compared by its bytes.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::path;
use crate::stamp::Stamp;

/// Name of the manifest in the feeds' folder.
pub(super) const FILE_NAME: &str = ".headwater-manifest.json";

/// Our files by relative path, with `/` on every system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) files: BTreeMap<String, Option<Made>>,
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

    /// The bytes to write.
    pub(super) fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The stamp that `file` had when it was made of what has this fingerprint.
    pub(super) fn stamp(&self, file: &str, fingerprint: u64) -> Option<Stamp> {
        let Made(of, stamp) = (*self.files.get(file)?)?;
        (of == fingerprint).then_some(stamp)
    }
}

/// The files below the feeds' folder `root` that are ours, and that should be there.
///
/// # Errors
///
/// There is no manifest, or none that can be read.
pub fn listed(root: &Path) -> io::Result<Vec<String>> {
    let manifest = Manifest::parse(&fs::read(root.join(FILE_NAME))?)?;
    Ok(manifest.files.into_keys().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp() -> Stamp {
        Stamp::of(&std::fs::metadata(env!("CARGO_MANIFEST_DIR")).unwrap())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let made = Some(Made(u64::MAX, stamp()));
        let files =
            [("index.xml".to_owned(), made), ("tags/智能体/feed.json".to_owned(), None)].into();
        let manifest = Manifest { files };
        assert_eq!(Manifest::parse(&manifest.bytes().unwrap()).unwrap(), manifest);
        assert_eq!(manifest.stamp("index.xml", u64::MAX), Some(stamp()));
        assert_eq!(manifest.stamp("index.xml", 1), None);
        assert_eq!(manifest.stamp("tags/智能体/feed.json", 1), None);
        assert_eq!(manifest.stamp("atom.xml", 1), None);
    }

    #[test]
    fn a_forged_manifest_names_no_foreign_file() {
        let forged = br#"{"files":{"../index.xml":null,"/etc/passwd":null,"README.md":[1,2],
            "tags/a/atom.xml":null}}"#;
        let files = BTreeMap::from([("tags/a/atom.xml".to_owned(), None)]);
        assert_eq!(Manifest::parse(forged).unwrap(), Manifest { files });
    }

    #[test]
    fn a_broken_manifest_is_an_error() {
        assert!(Manifest::parse(b"{\"files\":{").is_err());
    }
}
