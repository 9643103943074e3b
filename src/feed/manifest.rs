//! Which files in the feeds' folder are ours, and what they were made of.
//!
//! The folder may hold files of other people. Only what the manifest names is ever removed, and of
//! that only what has a name that we give. It is written before the first new file and again after
//! the last, so that a run that dies in between leaves no file of ours unknown.
//!
//! Files that are made together stand there together, as a [`Batch`], with one number for the
//! [fingerprint](super::fingerprint) of what they were made of and the [`Stamp`]s that they had then. A
//! batch for which it still holds is right without being rendered or read. What a run that died had
//! written has none, and is compared by its bytes.

use std::hash::{Hash, Hasher};
use std::path::Path;
use std::{fs, io};

use foldhash::HashMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use super::path;
use crate::stamp::{self, Stamp};

/// Name of the manifest in the feeds' folder.
pub(super) const FILE_NAME: &str = ".headwater-manifest.json";

/// Files of one folder that are made together: the folder, and after the last slash their names with
/// commas between them, `tags/ai/index.xml,atom.xml`. No name that we give has a comma in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Batch(String);

impl Batch {
    /// Files of these names in `folder`, which is empty or ends in `/`.
    pub(super) fn new(folder: &str, names: &[impl AsRef<str>]) -> Self {
        let mut batch = folder.to_owned();
        for (nth, name) in names.iter().enumerate() {
            if nth > 0 {
                batch.push(',');
            }
            batch.push_str(name.as_ref());
        }
        Self(batch)
    }

    /// One file alone.
    pub(super) fn of(file: String) -> Self {
        Self(file)
    }

    /// The files, by path below the feeds' folder, with `/` on every system.
    pub(super) fn files(&self) -> impl Iterator<Item = String> {
        let (folder, names) = self.0.split_at(self.0.rfind('/').map_or(0, |slash| slash + 1));
        names.split(',').map(move |name| [folder, name].concat())
    }

    /// Whether the files are in the folder of this name below the feeds' folder, or deeper in it.
    pub(super) fn is_below(&self, folder: &str) -> bool {
        self.0.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// A number for what files were made of and how they looked when they were.
pub(super) fn made(fingerprint: u64, stamps: &[Stamp]) -> u64 {
    let mut hasher = stamp::hasher();
    (fingerprint, stamps).hash(&mut hasher);
    hasher.finish()
}

/// Our files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    #[serde(serialize_with = "in_order")]
    batches: HashMap<Batch, Option<u64>>,
    /// Whether it says something else than when it was last written or read.
    #[serde(skip)]
    changed: bool,
}

/// What an earlier version wrote: each file by itself, with numbers that say nothing to this one.
#[derive(Deserialize)]
struct Former {
    files: HashMap<Batch, serde_json::Value>,
}

impl Manifest {
    /// What the bytes of a manifest say.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Self> {
        serde_json::from_slice(bytes).or_else(|error| {
            let former: Former = serde_json::from_slice(bytes).map_err(|_| error)?;
            let batches = former.files.into_keys().map(|file| (file, None)).collect();
            Ok(Self { batches, changed: false })
        })
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

    /// What is ours, in no order.
    pub(super) fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.batches.keys()
    }

    /// Our files, in no order. Names that we would not give are passed over: the manifest may have been
    /// edited, and must not make us remove anything else.
    pub(super) fn files(&self) -> impl Iterator<Item = String> {
        self.batches().flat_map(Batch::files).filter(|file| path::is_ours(file))
    }

    /// How many batches are ours.
    pub(super) fn len(&self) -> usize {
        self.batches.len()
    }

    /// Whether `batch` is ours.
    pub(super) fn names(&self, batch: &Batch) -> bool {
        self.batches.contains_key(batch)
    }

    /// What `batch` was [made] of, as far as that is known.
    pub(super) fn made(&self, batch: &Batch) -> Option<u64> {
        *self.batches.get(batch)?
    }

    /// Names `batch` as ours, whatever it is made of.
    pub(super) fn announce(&mut self, batch: &Batch) {
        if !self.names(batch) {
            self.note(batch, None);
        }
    }

    /// Notes of what `batch` was [made]; nothing where that is not known.
    pub(super) fn note(&mut self, batch: &Batch, made: Option<u64>) {
        self.changed |= match self.batches.get_mut(batch) {
            Some(known) => std::mem::replace(known, made) != made,
            None => self.batches.insert(batch.clone(), made).is_none(),
        };
    }

    /// Forgets `batch`, which is there no more.
    pub(super) fn forget(&mut self, batch: &Batch) {
        self.changed |= self.batches.remove(batch).is_some();
    }
}

/// The same files give the same bytes.
fn in_order<S: Serializer>(
    batches: &HashMap<Batch, Option<u64>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut batches: Vec<(&Batch, &Option<u64>)> = batches.iter().collect();
    batches.par_sort_unstable();
    serializer.collect_map(batches)
}

/// The files below the feeds' folder `root` that are ours, and that should be there.
///
/// # Errors
///
/// There is no manifest, or none that can be read.
pub fn listed(root: &Path) -> io::Result<Vec<String>> {
    let mut files: Vec<String> =
        Manifest::parse(&fs::read(root.join(FILE_NAME))?)?.files().collect();
    files.sort_unstable();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(batch: &str) -> Batch {
        Batch::of(batch.to_owned())
    }

    #[test]
    fn a_batch_is_the_files_of_one_folder() {
        for (folder, names, whole) in [
            ("", &["index.xml"][..], "index.xml"),
            ("tags/a,b/", &["index.xml"], "tags/a,b/index.xml"),
            ("tags/a,b/", &["atom.xml", "index.html"], "tags/a,b/atom.xml,index.html"),
        ] {
            assert_eq!(Batch::new(folder, names), batch(whole));
            let files = names.iter().map(|name| format!("{folder}{name}"));
            assert!(batch(whole).files().eq(files), "{whole}");
        }
        assert!(batch("tags/a/index.xml").is_below("tags"));
        assert!(!batch("tags-and-more/index.xml").is_below("tags"));
        assert!(!batch("index.xml").is_below("tags"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut manifest = Manifest::default();
        let [one, other, none] =
            ["tags/智能体/feed.json", "index.xml,atom.xml", "atom.xml"].map(batch);
        manifest.note(&one, None);
        manifest.note(&other, Some(u64::MAX));
        let bytes = manifest.news().unwrap().unwrap();
        assert_eq!(Manifest::parse(&bytes).unwrap(), manifest);
        let made = [&one, &other, &none].map(|batch| manifest.made(batch));
        assert_eq!(made, [None, Some(u64::MAX), None]);
    }

    #[test]
    fn the_same_files_give_the_same_bytes_and_only_news_give_any() {
        let batches: Vec<Batch> =
            (0..100).map(|number| batch(&format!("tags/{number}/atom.xml"))).collect();
        let (mut one, mut other) = (Manifest::default(), Manifest::default());
        for (first, last) in batches.iter().zip(batches.iter().rev()) {
            one.announce(first);
            other.note(last, None);
        }
        let bytes = one.news().unwrap();
        assert!(bytes.is_some());
        assert_eq!(bytes, other.news().unwrap());

        one.announce(&batches[1]);
        one.note(&batches[1], None);
        one.forget(&batch("tags/none/atom.xml"));
        assert_eq!(one.news().unwrap(), None);
        one.forget(&batches[1]);
        assert!(one.news().unwrap().is_some());
    }

    #[test]
    fn a_forged_manifest_names_no_foreign_file() {
        let forged = br#"{"batches":{"../index.xml":null,"/etc/passwd":null,"README.md":1,"":2,
            "tags/a/notes.txt,atom.xml,,/../x":null,"tags/a/..,atom.xml":3}}"#;
        let manifest = Manifest::parse(forged).unwrap();
        assert_eq!(manifest.files().collect::<Vec<_>>(), ["tags/a/atom.xml"]);
    }

    #[test]
    fn an_earlier_version_s_files_are_ours() {
        let former = br#"{"files":{"index.xml":[1,2],"tags/a/atom.xml":null}}"#;
        let manifest = Manifest::parse(former).unwrap();
        let mut files: Vec<String> = manifest.files().collect();
        files.sort_unstable();
        assert_eq!(files, ["index.xml", "tags/a/atom.xml"]);
        assert_eq!(manifest.made(&batch("index.xml")), None);
    }

    #[test]
    fn a_broken_manifest_is_an_error() {
        assert!(Manifest::parse(b"{\"batches\":{").is_err());
    }
}
