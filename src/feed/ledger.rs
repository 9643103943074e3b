//! The manifest between two runs of one process.
//!
//! To read the manifest of a large site takes longer than to write the feeds that one article stands
//! in. A process that writes again and again keeps what it wrote, with the [`Stamp`] of the file that
//! it wrote it to: where the file still has it, nobody else wrote in between. All writers hold a lock
//! and rename a new file into place, so another's manifest never has the stamp of ours.

use std::io;

use super::folder::Folder;
use super::manifest::{self, Manifest};
use super::write::WriteError;
use crate::stamp::Stamp;

/// What the last run of this process left in the feeds' folder; nothing before the first.
#[derive(Debug, Default)]
pub struct Ledger(Option<(Stamp, Manifest)>);

impl Ledger {
    /// The manifest that lies in `folder`, an empty one where there is none. The ledger is empty until
    /// it is [kept](Self::keep) again.
    pub(super) fn take(&mut self, folder: &Folder) -> Result<Manifest, WriteError> {
        if let Some((stamp, manifest)) = self.0.take()
            && folder.stamp(manifest::FILE_NAME) == Some(stamp)
        {
            return Ok(manifest);
        }
        let read = folder.read(manifest::FILE_NAME).and_then(|bytes| match bytes {
            Some(bytes) => Manifest::parse(&bytes),
            None => Ok(Manifest::default()),
        });
        let doing = "tell from it which old files to remove";
        read.map_err(|error| failed(folder, doing, error))
    }

    /// Remembers `manifest`, which is what lies in `folder` now.
    pub(super) fn keep(&mut self, folder: &Folder, manifest: Manifest) {
        self.0 = folder.stamp(manifest::FILE_NAME).map(|stamp| (stamp, manifest));
    }
}

/// Puts `manifest` into `folder`, where it says something new.
pub(super) fn write(folder: &Folder, manifest: &mut Manifest) -> Result<(), WriteError> {
    let written = manifest.news().and_then(|bytes| match bytes {
        Some(bytes) => folder.put(manifest::FILE_NAME, &bytes).map(drop),
        None => Ok(()),
    });
    written.map_err(|error| failed(folder, "write it", error))
}

fn failed(folder: &Folder, doing: &'static str, error: io::Error) -> WriteError {
    WriteError::io(folder.place(manifest::FILE_NAME), doing, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::manifest::Batch;
    use std::path::Path;

    fn manifest(file: &str) -> Manifest {
        let mut manifest = Manifest::default();
        manifest.announce(&Batch::of(file.to_owned()));
        manifest
    }

    fn taken(ledger: &mut Ledger, folder: &Folder) -> Vec<String> {
        ledger.take(folder).unwrap().files().collect()
    }

    fn open(root: &Path) -> Folder {
        Folder::open(root, false, false).unwrap()
    }

    #[test]
    fn what_this_process_wrote_is_not_read_again() {
        let root = tempfile::tempdir().unwrap();
        let (folder, mut ledger) = (open(root.path()), Ledger::default());
        write(&folder, &mut manifest("atom.xml")).unwrap();
        // Not what lies there, to tell which of the two is given.
        ledger.keep(&folder, manifest("index.xml"));
        assert_eq!(taken(&mut ledger, &folder), ["index.xml"]);
        assert_eq!(taken(&mut ledger, &folder), ["atom.xml"]);
    }

    #[test]
    fn what_another_wrote_or_removed_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        let (folder, mut ledger) = (open(root.path()), Ledger::default());
        write(&folder, &mut manifest("atom.xml")).unwrap();
        ledger.keep(&folder, manifest("atom.xml"));
        write(&open(root.path()), &mut manifest("tags/a/atom.xml")).unwrap();
        assert_eq!(taken(&mut ledger, &folder), ["tags/a/atom.xml"]);

        ledger.keep(&folder, manifest("tags/a/atom.xml"));
        std::fs::remove_file(folder.place(manifest::FILE_NAME)).unwrap();
        assert!(taken(&mut ledger, &folder).is_empty());
    }
}
