//! Copies of the database: made while others use it, and put back in its place.
//!
//! A copy is of one moment, checked, and one file without a log beside it. What is written, is written
//! beside its place and renamed, so that there is a whole file or none; and the database that another
//! one replaces is kept.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{StoreError, hold, sound, sql, sqlite};

/// Pages copied between two looks at the progress: 4 MiB.
const STEP: i32 = 1_024;

/// A copy that was made or put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Bytes of the file.
    pub bytes: u64,
    /// Version of the schema that it had.
    pub version: i64,
    /// Items in it.
    pub items: u64,
    /// Verdicts in it.
    pub verdicts: u64,
    /// Where the database lies that it replaced.
    pub replaced: Option<PathBuf>,
}

/// How far a copy is: pages done, and pages in all.
pub(super) type Progress<'a> = &'a dyn Fn(u64, u64);

/// Copies the database at `path`, which others may use meanwhile, to `target`. `replace` allows that
/// there is such a file.
///
/// # Errors
///
/// There is no database, it is damaged, `target` exists, or it cannot be written; then nothing is left
/// beside it.
pub fn backup(
    path: &Path,
    target: &Path,
    replace: bool,
    progress: Progress<'_>,
) -> Result<Copied, StoreError> {
    if !path.exists() {
        return Err(StoreError::copy(path, "there is no database to copy; see `store`"));
    }
    if target.exists() && !replace {
        let reason = "there is a file already; give another name, or --force to replace it";
        return Err(StoreError::copy(target, reason));
    }
    if same_file(path, target) {
        return Err(StoreError::copy(target, "this is the database itself; give another name"));
    }
    let _hold = hold::together(path);
    beside(target, |beside| {
        copy(path, beside, target, progress)?;
        let copied = inspect(path, beside)?;
        // The database may hold what only its owner may read, such as the secrets of subscriptions.
        let permissions = fs::metadata(path).map(|known| known.permissions());
        permissions
            .and_then(|permissions| fs::set_permissions(beside, permissions))
            .and_then(|()| finish(beside, target))
            .map_err(|error| StoreError::copy(target, format!("cannot be written: {error}")))?;
        Ok(copied)
    })
}

/// Puts a copy of `source`, which is a sound database of this program, in the place of the database at
/// `path`. That one is kept beside, under a name with `stamp` in it.
///
/// # Errors
///
/// `source` is not such a database, somebody uses the one at `path`, or nothing can be written there;
/// then that one is as it was.
pub fn restore(
    path: &Path,
    source: &Path,
    stamp: &str,
    progress: Progress<'_>,
) -> Result<Copied, StoreError> {
    if !source.is_file() {
        return Err(StoreError::copy(source, "there is no such file"));
    }
    if same_file(path, source) {
        return Err(StoreError::copy(source, "this is the database itself"));
    }
    let unwritten =
        |error: io::Error| StoreError::copy(path, format!("cannot be written: {error}"));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(unwritten)?;
    }
    let Some(_hold) = hold::alone(path).map_err(unwritten)? else {
        let reason = "headwater is at work with this database; stop it first \
                      (`systemctl stop headwater.socket headwater.service`)";
        return Err(StoreError::copy(path, reason));
    };
    beside(path, |beside| {
        copy(source, beside, path, progress)?;
        let copied = inspect(source, beside)?;
        // What cannot be brought up to date must not replace what can be used.
        drop(sqlite::open(beside)?);
        hand_over(beside);
        let replaced = set_aside(path, stamp).map_err(unwritten)?;
        finish(beside, path).map_err(unwritten)?;
        Ok(Copied { replaced, ..copied })
    })
}

/// Gives the file to who owns its folder: root restores, and the service works with it.
fn hand_over(file: &Path) {
    if let Some(Ok(folder)) = file.parent().map(fs::metadata) {
        // Who is not root may not, and need not.
        drop(chown(file, Some(folder.uid()), Some(folder.gid())));
    }
}

/// Calls `work` with a name beside `place`, and removes what is left there.
fn beside<T>(
    place: &Path,
    work: impl FnOnce(&Path) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let beside = place.with_file_name(format!(".{name}.headwater-{}", std::process::id()));
    let done = work(&beside);
    for end in ["", "-wal", "-shm", "-journal"] {
        // Gone after success; else of no use to anybody.
        drop(fs::remove_file(with_end(&beside, end)));
    }
    done
}

/// Copies the database `from` as it is now to the new file `to`, which needs no log beside it, and will
/// be called `name`.
fn copy(from: &Path, to: &Path, name: &Path, progress: Progress<'_>) -> Result<(), StoreError> {
    let source = sound::open(from)?;
    let read = |error: rusqlite::Error| {
        if sound::is_damage(&error) {
            return damaged(from, error);
        }
        StoreError::while_opening(from, error.into())
    };
    // One moment for the whole copy, however much others write meanwhile.
    source.execute_batch("begin; select 1 from sqlite_master limit 1").map_err(read)?;
    let written = |error: rusqlite::Error| {
        if sound::is_damage(&error) {
            return damaged(from, error);
        }
        StoreError::copy(name, format!("cannot be written: {error}"))
    };
    let mut copy = Connection::open(to).map_err(written)?;
    {
        let backup = Backup::new(&source, &mut copy).map_err(written)?;
        while backup.step(STEP).map_err(written)? == StepResult::More {
            let now = backup.progress();
            let pages = |count: i32| u64::try_from(count).unwrap_or_default();
            progress(pages(now.pagecount - now.remaining), pages(now.pagecount));
        }
    }
    copy.pragma_update(None, "journal_mode", "delete").map_err(written)
}

fn damaged(path: &Path, fault: impl std::fmt::Display) -> StoreError {
    StoreError::copy(path, format!("this is no sound database ({fault}); restore an older copy"))
}

/// What the copy holds; `of` is what it was made of.
fn inspect(of: &Path, copy: &Path) -> Result<Copied, StoreError> {
    let connection = sound::open(copy)?;
    let known = i64::try_from(sql::MIGRATIONS.len()).unwrap_or(i64::MAX);
    let foreign = |_| StoreError::copy(of, "this is not a database of headwater");
    let found: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(foreign)?;
    let ours: i64 = connection.query_row(sql::IS_OURS, [], |row| row.get(0)).map_err(foreign)?;
    if found < 1 || ours == 0 {
        return Err(StoreError::copy(of, "this is not a database of headwater"));
    }
    if found > known {
        return Err(StoreError::Newer { path: of.display().to_string(), found, known });
    }
    if let Some(fault) = sound::fault_of(&connection)? {
        return Err(damaged(of, fault));
    }
    let count = |statement| -> rusqlite::Result<u64> {
        let count: i64 = connection.query_row(statement, [], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    };
    let bytes = fs::metadata(copy).map_err(|error| StoreError::copy(copy, error))?.len();
    Ok(Copied {
        bytes,
        version: found,
        items: count(sql::COUNT_ITEMS)?,
        verdicts: count(sql::COUNT_VERDICTS)?,
        replaced: None,
    })
}

/// Gives the database at `path` a second name, under which it stays when another one takes its place;
/// there is a whole database at `path` all the while. Where it is sound enough its log is in it.
fn set_aside(path: &Path, stamp: &str) -> io::Result<Option<PathBuf>> {
    if !path.exists() {
        return Ok(None);
    }
    let aside = with_end(path, &format!(".before-restore-{stamp}"));
    // The last one who closes a database brings its log into it, if both are sound.
    drop(Connection::open(path).and_then(|it| it.pragma_update(None, "journal_mode", "delete")));
    let log = with_end(path, "-wal");
    if log.exists() {
        // Another database would take this log for its own.
        fs::rename(&log, with_end(&aside, "-wal"))?;
    }
    drop(fs::remove_file(with_end(path, "-shm")));
    fs::hard_link(path, &aside).or_else(|_| fs::copy(path, &aside).map(drop))?;
    Ok(Some(aside))
}

/// Brings `beside` to the disk and to its name.
fn finish(beside: &Path, target: &Path) -> io::Result<()> {
    File::open(beside)?.sync_all()?;
    fs::rename(beside, target)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}
