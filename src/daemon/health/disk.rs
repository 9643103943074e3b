//! The disks that we write to: feeds, database and cache may lie on one or on three.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{Trouble, What};
use crate::config::Config;

/// Of a whole disk, this part must stay free: the twentieth that file systems themselves begin to
/// suffer from.
const PART: u64 = 20;
/// On a small disk a twentieth is soon written: a database that is brought up to date, or a whole set of
/// feeds that is written beside the old one, needs about this much.
const LEAST: u64 = 64 << 20;
/// On a large disk a twentieth is more than we ever write.
const MOST: u64 = 2 << 30;
/// So many files a large site's feeds need beside the old ones, and no more.
const MOST_FILES: u64 = 10_000;
/// But on a tiny one, such as a container's, no more than this part.
const TINY_PART: u64 = 4;

/// A disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// What we keep there, `feeds+store` for instance.
    pub holds: String,
    /// A folder on it.
    pub folder: String,
    /// Bytes that we may still write.
    pub free: u64,
    /// Bytes of the whole.
    pub size: u64,
    /// Files that we may still make, and files of the whole; none where the file system has no limit.
    pub inodes: Option<(u64, u64)>,
}

/// The disks of a configuration's folders; one that cannot be asked is left out.
pub(super) fn disks(config: &Config) -> Vec<Disk> {
    let store = config.store.parent().unwrap_or(Path::new(""));
    let mut disks: Vec<(u64, Disk)> = Vec::new();
    for (what, folder) in
        [("feeds", config.feeds_dir.as_path()), ("store", store), ("cache", &config.cache)]
    {
        // What is not there yet will be made in the folder above.
        let above = folder.ancestors().find(|folder| folder.exists());
        let folder = above.filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let Ok(number) = fs::metadata(folder).map(|there| there.dev()) else { continue };
        if let Some((_, disk)) = disks.iter_mut().find(|(known, _)| *known == number) {
            disk.holds = format!("{}+{what}", disk.holds);
        } else if let Ok(there) = rustix::fs::statvfs(folder) {
            let disk = Disk {
                holds: what.to_owned(),
                folder: folder.display().to_string(),
                free: there.f_bavail.saturating_mul(there.f_frsize),
                size: there.f_blocks.saturating_mul(there.f_frsize),
                inodes: (there.f_files > 0).then_some((there.f_favail, there.f_files)),
            };
            disks.push((number, disk));
        }
    }
    disks.into_iter().map(|(_, disk)| disk).collect()
}

/// Whether room for bytes or for files is nearly used up; `known` are the keys of the troubles that there were before. One that
/// was full is not so any more once a quarter more is free, so that it does not come and go.
pub fn troubles(disk: &Disk, known: &BTreeSet<String>) -> impl Iterator<Item = Trouble> {
    let (holds, folder) = (disk.holds.clone(), disk.folder.clone());
    let needed = (disk.size / PART).clamp(LEAST, MOST).min(disk.size / TINY_PART);
    let full = What::DiskFull { holds, folder, free: disk.free, size: disk.size };
    let (holds, folder) = (disk.holds.clone(), disk.folder.clone());
    let files = disk.inodes.and_then(|(free, size)| {
        let low = What::InodesLow { holds, folder, free };
        short(low, free, MOST_FILES.min(size / PART), known)
    });
    short(full, disk.free, needed, known).into_iter().chain(files)
}

/// The trouble `what`, where less than `needed` is free.
fn short(what: What, free: u64, needed: u64, known: &BTreeSet<String>) -> Option<Trouble> {
    let trouble = Trouble::new(what);
    let needed = if known.contains(&trouble.key()) { needed + needed / 4 } else { needed };
    (free < needed).then_some(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_nearly_full_by_its_size() {
        const MIB: u64 = 1 << 20;
        const GIB: u64 = 1 << 30;
        let known = BTreeSet::from(["disk:feeds:full".to_owned()]);
        for (free, size, before, expected) in [
            (3 * GIB, 4000 * GIB, false, false),
            (2 * GIB - 1, 4000 * GIB, false, true),
            (600 * MIB, 10 * GIB, false, false),
            (500 * MIB, 10 * GIB, false, true),
            (600 * MIB, 10 * GIB, true, true),
            (650 * MIB, 10 * GIB, true, false),
            (65 * MIB, GIB, false, false),
            (60 * MIB, GIB, false, true),
            (5 * MIB, 16 * MIB, false, false),
            (3 * MIB, 16 * MIB, false, true),
            (0, 0, false, false),
        ] {
            let disk = disk(free, size, None);
            let before = if before { known.clone() } else { BTreeSet::new() };
            let found = troubles(&disk, &before).next().is_some();
            assert_eq!(found, expected, "{free} of {size} {before:?}");
        }
    }

    fn disk(free: u64, size: u64, inodes: Option<(u64, u64)>) -> Disk {
        Disk { holds: "feeds".into(), folder: "/f".into(), free, size, inodes }
    }

    #[test]
    fn a_disk_may_be_full_of_small_files() {
        let known = BTreeSet::from(["disk:feeds:inodes".to_owned()]);
        for (inodes, before, expected) in [
            (None, false, false),
            (Some((9_999, 10_000_000)), false, true),
            (Some((10_000, 10_000_000)), false, false),
            (Some((10_000, 10_000_000)), true, true),
            (Some((12_500, 10_000_000)), true, false),
            (Some((600, 10_000)), false, false),
            (Some((400, 10_000)), false, true),
        ] {
            let before = if before { known.clone() } else { BTreeSet::new() };
            let found: Vec<_> =
                troubles(&disk(1 << 40, 1 << 41, inodes), &before).map(|it| it.key()).collect();
            let expected: &[&str] = if expected { &["disk:feeds:inodes"] } else { &[] };
            assert_eq!(found, expected, "{inodes:?} {before:?}");
        }
    }
}
