//! Changes a file that people edit too: an article, the configuration, the source list.
//!
//! The new text is written beside the file and renamed into place, so that a crash leaves the old
//! text or the new one. Who saved the file since it was read is not overwritten; two commands that
//! change the same one take turns ([`turn`]). A link to the file stays a link; owner, group and
//! permissions stay where the system lets us keep them.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::config::Config;
use crate::daemon::lock::{self, Lock};

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edited {
    /// The file has the new text.
    Written,
    /// Somebody else changed it meanwhile; it is as they left it.
    Changed,
}

/// Waits until no other command changes what goes by this name, and keeps them waiting until what it
/// gives is dropped.
pub(super) fn turn(config: &Config, what: &str) -> Result<Lock> {
    let path = config.store.with_extension(format!("{what}.lock"));
    let refused = || format!("{}: cannot be locked; may you write there?", path.display());
    lock::acquire(&path, || {}).with_context(refused)
}

/// Gives the file's text to `change`, and the file what comes out.
pub(super) fn edit(file: &Path, change: impl FnOnce(&str) -> Result<String>) -> Result<Edited> {
    let name = file.display();
    let unread = || format!("{name}: cannot be read");
    // Through a link: the file itself is changed, on whichever disk it lies.
    let real = fs::canonicalize(file).with_context(unread)?;
    let metadata = fs::metadata(&real).with_context(unread)?;
    if !metadata.is_file() {
        bail!("{name}: is no regular file");
    }
    let bytes = fs::read(&real).with_context(unread)?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        bail!("{name}: not UTF-8 (save the file in UTF-8)");
    };
    let new = change(text)?;
    if new == text {
        return Ok(Edited::Written);
    }
    // A rename would not ask.
    if metadata.permissions().readonly() {
        bail!("{name}: is read-only (make it writable first)");
    }
    replace(&real, &metadata, &bytes, new.as_bytes())
        .with_context(|| format!("{name}: cannot be written"))
}

/// The same of a file that need not be there yet: then it is made of what comes out of an empty text.
pub(super) fn edit_or_create(
    file: &Path,
    change: impl FnOnce(&str) -> Result<String>,
) -> Result<Edited> {
    // A link that leads nowhere is there, and its file may be on a disk that is not.
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = change("")?;
            create(file, text.as_bytes())
                .with_context(|| format!("{}: cannot be written", file.display()))?;
            Ok(Edited::Written)
        }
        _ => edit(file, change),
    }
}

fn create(file: &Path, text: &[u8]) -> io::Result<()> {
    let beside = beside(file);
    let written = File::create(&beside)
        .and_then(|mut written| written.write_all(text).and_then(|()| written.sync_all()))
        .and_then(|()| fs::rename(&beside, file));
    written.inspect_err(|_| drop(fs::remove_file(&beside)))
}

/// Where the new text is written first.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.headwater-{}", std::process::id()))
}

fn replace(file: &Path, metadata: &Metadata, old: &[u8], new: &[u8]) -> io::Result<Edited> {
    let beside = beside(file);
    let prepared = (|| {
        let mut written = File::create(&beside)?;
        written.write_all(new)?;
        keep_owner(&written, metadata);
        written.set_permissions(metadata.permissions())?;
        written.sync_all()?;
        // As late as can be: what is saved between here and the rename would be lost.
        if fs::read(file)? == old { Ok(Edited::Written) } else { Ok(Edited::Changed) }
    })();
    let edited = match prepared {
        Ok(Edited::Written) if has_other_names(metadata) => {
            // A rename would part the names. The whole text lies beside until it is in place.
            overwrite(file, new).map_err(|error| {
                let beside = beside.display();
                io::Error::new(error.kind(), format!("{error}; the whole text lies in {beside}"))
            })?;
            Ok(Edited::Written)
        }
        Ok(Edited::Written) => fs::rename(&beside, file).map(|()| Edited::Written),
        other => other,
    };
    // Gone after a rename; else of no use to anybody.
    drop(fs::remove_file(&beside));
    edited
}

fn overwrite(file: &Path, new: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(file)?;
    file.write_all(new)?;
    file.sync_all()
}

/// Colleagues who share a folder by its group keep the file.
#[cfg(unix)]
fn keep_owner(file: &File, metadata: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    // Only the administrator may give files away; for the others, the group is what matters.
    if fchown(file, Some(metadata.uid()), Some(metadata.gid())).is_err() {
        drop(fchown(file, None, Some(metadata.gid())));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

/// Whether the file has further names (hard links).
#[cfg(unix)]
fn has_other_names(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.nlink() > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(file: &Path) -> Result<Edited> {
        edit(file, |text| Ok(format!("{text}新")))
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_somebody_else_saves_meanwhile_is_never_lost() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.md");
        fs::write(&file, "旧").unwrap();
        let edited = edit(&file, |text| {
            fs::write(&file, "别人的")?;
            Ok(format!("{text}新"))
        });
        assert_eq!(edited.unwrap(), Edited::Changed);
        assert_eq!(fs::read_to_string(&file).unwrap(), "别人的");
        assert_eq!(add(&file).unwrap(), Edited::Written);
        assert_eq!(fs::read_to_string(&file).unwrap(), "别人的新");
        assert_eq!(names(folder.path()), ["a.md"], "nothing is left beside it");
    }

    #[test]
    fn a_failed_change_leaves_the_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.md");
        fs::write(&file, "旧").unwrap();
        assert!(edit(&file, |_| bail!("no")).is_err());
        fs::write(folder.path().join("b.md"), b"caf\xe9").unwrap();
        let error = format!("{:#}", add(&folder.path().join("b.md")).unwrap_err());
        assert!(error.ends_with("b.md: not UTF-8 (save the file in UTF-8)"), "{error}");
        let error = format!("{:#}", add(&folder.path().join("c.md")).unwrap_err());
        assert!(error.contains("c.md: cannot be read"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "旧");
        assert_eq!(names(folder.path()), ["a.md", "b.md"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_permissions_and_other_names_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        let real = folder.path().join("real/a.md");
        fs::write(&real, "旧").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link.md");
        symlink("real/a.md", &link).unwrap();
        assert_eq!(add(&link).unwrap(), Edited::Written);
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("real/a.md"));
        assert_eq!(fs::read_to_string(&real).unwrap(), "旧新");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);

        let other = folder.path().join("real/b.md");
        fs::hard_link(&real, &other).unwrap();
        assert_eq!(add(&real).unwrap(), Edited::Written);
        assert_eq!(fs::read_to_string(&other).unwrap(), "旧新新");
        assert_eq!(names(&folder.path().join("real")), ["a.md", "b.md"]);
    }

    #[test]
    fn a_file_that_is_not_there_is_made_and_a_link_to_nowhere_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yaml");
        assert!(edit_or_create(&file, |_| bail!("no")).is_err());
        assert_eq!(names(folder.path()), [""; 0], "of nothing, nothing is made");
        for expected in ["新", "新新"] {
            let edited = edit_or_create(&file, |text| Ok(format!("{text}新")));
            assert_eq!(edited.unwrap(), Edited::Written);
            assert_eq!(fs::read_to_string(&file).unwrap(), expected);
        }
        let link = folder.path().join("link.yaml");
        std::os::unix::fs::symlink("away/b.yaml", &link).unwrap();
        let error = edit_or_create(&link, |_| Ok("新".to_owned())).unwrap_err().to_string();
        assert!(error.ends_with("link.yaml: cannot be read"), "{error}");
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("away/b.yaml"));
        assert_eq!(names(folder.path()), ["a.yaml", "link.yaml"]);
    }

    #[test]
    fn a_read_only_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.md");
        fs::write(&file, "旧").unwrap();
        let mut permissions = fs::metadata(&file).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&file, permissions).unwrap();
        let error = add(&file).unwrap_err().to_string();
        assert!(error.ends_with("a.md: is read-only (make it writable first)"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "旧");
    }
}
