//! Feeds that there were: readers of a feed that was taken away are told that it is gone for good
//! (410), and stop asking, while those of an address that never was learn that they are mistaken (404).
//!
//! A run that removes files of ours first writes their names with the day into [`FILE_NAME`] beside
//! them; one that writes a file again takes its name out. So the list outlives the process, and holds
//! for whoever serves the folder. After a year a name is forgotten: no reader asks for so long.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::folder::Folder;
use super::path;
use super::write::WriteError;
use crate::stamp::Stamp;

/// Name of the list in the feeds' folder.
const FILE_NAME: &str = ".headwater-removed.json";

/// How long a name is kept, in days.
const KEPT: Days = Days::new(365);

/// Most names that are kept, the newest of them: some megabytes.
const MOST: usize = 50_000;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct List {
    files: BTreeMap<String, NaiveDate>,
}

impl List {
    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut list: Self = serde_json::from_slice(bytes)?;
        list.files.retain(|file, _| path::is_ours(file));
        Ok(list)
    }

    /// The list after a run of `today` that removes the files `gone` and leaves those that are `here`.
    fn after<'a>(
        &self,
        gone: impl Iterator<Item = &'a str>,
        here: impl Fn(&str) -> bool,
        today: NaiveDate,
    ) -> Self {
        let mut files = self.files.clone();
        files.extend(gone.map(|file| (file.to_owned(), today)));
        let oldest = today.checked_sub_days(KEPT).unwrap_or_default();
        files.retain(|file, day| *day >= oldest && !here(file));
        if files.len() > MOST {
            let mut newest: Vec<_> = files.into_iter().collect();
            newest.sort_by_key(|(_, day)| std::cmp::Reverse(*day));
            newest.truncate(MOST);
            files = newest.into_iter().collect();
        }
        Self { files }
    }
}

/// Notes in `folder` that the files `gone` are about to be removed, and that those that are `here` are
/// not.
pub(super) fn note<'a>(
    folder: &Folder,
    gone: impl Iterator<Item = &'a str>,
    here: impl Fn(&str) -> bool,
    today: NaiveDate,
) -> Result<(), WriteError> {
    let old = match folder.read(FILE_NAME) {
        // A broken list is begun anew: it is a courtesy, and no feed must wait for it.
        Ok(bytes) => bytes.and_then(|bytes| List::parse(&bytes).ok()).unwrap_or_default(),
        Err(error) => return Err(WriteError::io(folder.place(FILE_NAME), "read it", error)),
    };
    let new = old.after(gone, here, today);
    if new == old {
        return Ok(());
    }
    serde_json::to_vec(&new)
        .map_err(io::Error::from)
        .and_then(|bytes| folder.put(FILE_NAME, &bytes))
        .map(drop)
        .map_err(|error| WriteError::io(folder.place(FILE_NAME), "write it", error))
}

/// The list of a folder, read again when somebody has changed it.
#[derive(Debug)]
pub struct Removed {
    file: PathBuf,
    read: Mutex<Option<(Stamp, List)>>,
}

impl Removed {
    /// The list of the feeds' folder `dir`.
    pub fn of(dir: &Path) -> Self {
        Self { file: dir.join(FILE_NAME), read: Mutex::default() }
    }

    /// The folders that removed files were in, each ending in `/`.
    pub fn folders(&self) -> BTreeSet<String> {
        let list = std::fs::read(&self.file).and_then(|bytes| List::parse(&bytes));
        let folder = |file: &String| Some(file[..=file.rfind('/')?].to_owned());
        list.unwrap_or_default().files.keys().filter_map(folder).collect()
    }

    /// Whether there was a file of ours at this path below the folder and it was removed.
    pub fn knows(&self, path: &str) -> bool {
        let stamp = || std::fs::metadata(&self.file).map(|file| Stamp::of(&file));
        let Ok(seen) = stamp() else { return false };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.as_ref().is_none_or(|(stamp, _)| *stamp != seen) {
            let list = std::fs::read(&self.file).and_then(|bytes| List::parse(&bytes));
            *read = list.ok().map(|list| (seen, list));
        }
        read.as_ref().is_some_and(|(_, list)| list.files.contains_key(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2025, 6, 13).unwrap() + Days::new(number)
    }

    #[test]
    fn a_name_is_kept_for_a_year_or_until_it_is_back() {
        let [one, two] = ["a/atom.xml", "b/atom.xml"].map(str::to_owned);
        let list = List::default().after([one.as_str()].into_iter(), |_| false, day(0));
        let list = list.after([two.as_str()].into_iter(), |_| false, day(10));
        assert_eq!(list.files.keys().collect::<Vec<_>>(), [&one, &two]);
        let later = |days| list.after([].into_iter(), |_| false, day(days));
        assert_eq!(later(365), list);
        assert_eq!(later(366).files.keys().collect::<Vec<_>>(), [&two]);
        let back = list.after([].into_iter(), |file| file == two, day(11));
        assert_eq!(back.files.keys().collect::<Vec<_>>(), [&one]);
    }

    #[test]
    fn the_number_of_names_is_bounded_and_the_newest_stay() {
        let names: Vec<String> = (0..MOST).map(|number| format!("t{number}/atom.xml")).collect();
        let last = "z/atom.xml".to_owned();
        let list = List::default().after(names.iter().map(String::as_str), |_| false, day(0));
        let list = list.after([last.as_str()].into_iter(), |_| false, day(1));
        assert!(list.files.len() == MOST && list.files.contains_key(&last));
    }

    #[test]
    fn what_another_process_notes_is_known_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let removed = Removed::of(dir.path());
        let file = "a/atom.xml".to_owned();
        assert!(!removed.knows(&file));
        let folder = Folder::open(dir.path(), false, false).unwrap();
        note(&folder, [file.as_str()].into_iter(), |_| false, day(0)).unwrap();
        assert!(removed.knows(&file) && !removed.knows("b/atom.xml"));
        note(&folder, [].into_iter(), |here| here == file, day(1)).unwrap();
        assert!(!removed.knows(&file));
        std::fs::write(dir.path().join(FILE_NAME), "{").unwrap();
        assert!(!removed.knows(&file));
        // A broken list is mended by the next run.
        note(&folder, [file.as_str()].into_iter(), |_| false, day(2)).unwrap();
        assert!(removed.knows(&file));
    }
}
