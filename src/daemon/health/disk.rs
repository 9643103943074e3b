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
            };
            disks.push((number, disk));
        }
    }
    disks.into_iter().map(|(_, disk)| disk).collect()
}

/// Whether a disk is nearly full; `known` are the keys of the troubles that there were before. One that
/// was full is not so any more once a quarter more is free, so that it does not come and go.
pub fn trouble(disk: &Disk, known: &BTreeSet<String>) -> Option<Trouble> {
    let what = What::DiskFull {
        holds: disk.holds.clone(),
        folder: disk.folder.clone(),
        free: disk.free,
        size: disk.size,
    };
    let trouble = Trouble::new(what);
    let needed = (disk.size / PART).clamp(LEAST, MOST).min(disk.size / TINY_PART);
    let needed = if known.contains(&trouble.key()) { needed + needed / 4 } else { needed };
    (disk.free < needed).then_some(trouble)
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
            let disk = Disk { holds: "feeds".into(), folder: "/f".into(), free, size };
            let before = if before { known.clone() } else { BTreeSet::new() };
            assert_eq!(trouble(&disk, &before).is_some(), expected, "{free} of {size} {before:?}");
        }
    }
}
