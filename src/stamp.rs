//! Stamps: what tells, without reading it, that a file is the one that was seen before.
//!
//! A stamp is the file's length, inode, and times of modification and of change as the file system
//! keeps them. The time of change cannot be set by a program, so an edit that restores the old
//! modification time is noticed as well.

use std::fs::Metadata;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// File systems count time in steps, some in steps of two seconds: what was written so shortly before
/// it was looked at may be written again without a trace.
const STEP: Duration = Duration::from_secs(2);

/// How a file looked from outside, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(u64);

impl Stamp {
    /// The stamp of a file.
    pub fn of(file: &Metadata) -> Self {
        let mut hasher = DefaultHasher::new();
        (file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()).hash(&mut hasher);
        (file.ino(), file.len()).hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// Hashes what one build of the program compares with what it hashed before: [`program`] goes into all
/// that outlives the process, since another build may hash otherwise. Texts and files are too many for
/// `SipHash`, and nobody gains by two that hash alike.
pub fn hasher() -> impl Hasher {
    foldhash::quality::FixedState::default().build_hasher()
}

/// Whether a file was left alone long enough before `seen` that any later change gives it another
/// stamp.
pub fn settled(file: &Metadata, seen: SystemTime) -> bool {
    let since_1970 = |seconds: i64| u64::try_from(seconds).map(Duration::from_secs);
    match (since_1970(file.mtime().max(file.ctime())), seen.duration_since(UNIX_EPOCH)) {
        // The rest of the file's last second is left out, which only makes this stricter.
        (Ok(changed), Ok(seen)) => changed + STEP + Duration::from_secs(1) <= seen,
        _ => false,
    }
}

/// A number that changes whenever the running program does: what one version has read or written
/// is no news to another, which may read and write differently.
pub fn program() -> u64 {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    let file = std::env::current_exe().and_then(std::fs::metadata);
    file.ok().map(|file| Stamp::of(&file)).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_changed_file_has_another_stamp_even_where_its_time_was_set_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.md");
        let stamp = || Stamp::of(&fs::metadata(&file).unwrap());
        fs::write(&file, "one").unwrap();
        let first = stamp();
        assert_eq!(stamp(), first);
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        // An editor that writes beside and renames, as most do.
        let beside = folder.path().join("b");
        fs::write(&beside, "two").unwrap();
        fs::File::open(&beside).unwrap().set_modified(modified).unwrap();
        fs::rename(&beside, &file).unwrap();
        assert_ne!(stamp(), first);
    }

    #[test]
    fn a_file_is_settled_when_it_was_left_alone_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.md");
        fs::write(&file, "one").unwrap();
        let written = fs::metadata(&file).unwrap();
        let at = written.modified().unwrap();
        for (seconds, expected) in [(0, false), (1, false), (2, false), (4, true), (60, true)] {
            let seen = at + Duration::from_secs(seconds);
            assert_eq!(settled(&written, seen), expected, "{seconds}");
        }
        assert!(!settled(&written, at - Duration::from_mins(1)));
        // A modification time that lies ahead: nothing can be said.
        fs::File::open(&file).unwrap().set_modified(at + Duration::from_mins(10)).unwrap();
        assert!(!settled(&fs::metadata(&file).unwrap(), at + Duration::from_mins(1)));
    }
}
