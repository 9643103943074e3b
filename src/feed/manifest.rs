//! Which files in the feeds' folder are ours.
//!
//! The folder may hold files of other people. Only what the manifest names is ever removed, and of
//! that only what has a name that we give. It is written before the first new file and again after
//! the last, so that a run that dies in between leaves no file of ours unknown.

use std::collections::BTreeSet;
use std::io;

use serde::{Deserialize, Serialize};

use super::path;

/// Name of the manifest in the feeds' folder.
pub(super) const FILE_NAME: &str = ".headwater-manifest.json";

/// Relative paths of our files, with `/` on every system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) files: BTreeSet<String>,
}

impl Manifest {
    /// What the bytes of a manifest say. Names that we would not give are passed over: the file
    /// may have been edited, and must not make us remove anything else.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut manifest: Self = serde_json::from_slice(bytes)?;
        manifest.files.retain(|file| path::is_ours(file));
        Ok(manifest)
    }

    /// The bytes to write.
    pub(super) fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let files = ["index.xml", "tags/智能体/feed.json"].map(String::from).into();
        let manifest = Manifest { files };
        assert_eq!(Manifest::parse(&manifest.bytes().unwrap()).unwrap(), manifest);
    }

    #[test]
    fn a_forged_manifest_names_no_foreign_file() {
        let forged = br#"{"files":["../index.xml","/etc/passwd","README.md","tags/a/atom.xml"]}"#;
        let files = BTreeSet::from(["tags/a/atom.xml".to_owned()]);
        assert_eq!(Manifest::parse(forged).unwrap(), Manifest { files });
    }

    #[test]
    fn a_broken_manifest_is_an_error() {
        assert!(Manifest::parse(b"{\"files\":[").is_err());
    }
}
