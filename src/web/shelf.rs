//! The feeds in memory, bounded in bytes, and always those of the disk.
//!
//! A file is read when it is first asked for, once however many ask, and kept until room is wanted
//! for others that are asked for more. At most once a second somebody who asks looks whether the file
//! is still the one that was read ([`Stamp`]), so what any program writes into the folder is noticed
//! by itself; who has just written says so ([`Shelf::look_again`]). Files are renamed into place and
//! read through one descriptor, so what is read is whole; a file that changes while it is read is
//! read again.
//!
//! Only what lies below the folder, by plain names, is found here: no hidden file, nothing that a link
//! leads out to.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::task::spawn_blocking;

use super::volume::Volume;
use crate::stamp::Stamp;

/// A larger file is no feed, and would crowd out a thousand that are.
const LARGEST: u64 = 64 << 20;

/// How often a file that changes under the reading is read again; ours never does.
const TRIES: usize = 3;

/// Files are taken to be of this size to guess how many there will be room for.
const USUAL: u64 = 64 << 10;

/// Who knows which feeds there were. Calls may block.
pub trait Removed: std::fmt::Debug + Send + Sync {
    /// Whether there was a feed of ours at this path, and it was taken away.
    fn knows(&self, path: &str) -> bool;
}

/// Why there is nothing to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// There is no such file.
    Never,
    /// There was one.
    Gone,
    /// The file cannot be read.
    Broken,
}

/// The feeds' folder in memory.
#[derive(Debug)]
pub struct Shelf {
    folder: Arc<Path>,
    removed: Option<Arc<dyn Removed>>,
    volumes: Cache<String, Arc<Volume>, Weight>,
    /// How long a volume is trusted without a look, in nanoseconds.
    trust: u64,
    /// When the time of [`Volume::looked`] began.
    start: Instant,
    /// Volumes that were looked at before this are not trusted.
    written: AtomicU64,
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<String, Arc<Volume>> for Weight {
    fn weight(&self, path: &String, volume: &Arc<Volume>) -> u64 {
        volume.weight() + path.len() as u64
    }
}

impl Shelf {
    /// A shelf for the files of `folder` that takes at most `memory` bytes, and looks at a file that is
    /// asked for again when `trust` has passed.
    pub fn new(
        folder: PathBuf,
        removed: Option<Arc<dyn Removed>>,
        memory: u64,
        trust: Duration,
    ) -> Self {
        let guess = usize::try_from(memory / USUAL).unwrap_or(usize::MAX).max(16);
        Self {
            folder: folder.into(),
            removed,
            volumes: Cache::with_weighter(guess, memory, Weight),
            trust: u64::try_from(trust.as_nanos()).unwrap_or(u64::MAX),
            start: Instant::now(),
            written: AtomicU64::new(0),
        }
    }

    /// Files have been written: whoever asks next looks.
    pub fn look_again(&self) {
        self.written.store(self.now(), Ordering::Release);
    }

    /// The file at `path` as it is now. The empty path is the front door, and a path that ends in `/`
    /// the page of a folder.
    ///
    /// # Errors
    ///
    /// [`Missing`] says why there is none.
    pub async fn get(&self, path: &str) -> Result<Arc<Volume>, Missing> {
        let now = self.now();
        if let Some(volume) = self.volumes.get(path) {
            return if self.is_trusted(&volume, now) {
                Ok(volume)
            } else {
                self.look(volume, now).await
            };
        }
        if !is_plain(path) {
            return Err(Missing::Never);
        }
        match self.volumes.get_value_or_guard_async(path).await {
            Ok(volume) => Ok(volume),
            Err(place) => {
                let volume = self.load(path, None, now).await?;
                // Where the place was taken away meanwhile, the next one reads again.
                drop(place.insert(Arc::clone(&volume)));
                Ok(volume)
            }
        }
    }

    fn now(&self) -> u64 {
        // Lasts for five centuries.
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Whether nobody needs to look at the file; for one who asks when it is time, the answer is no, and
    /// those after it go on with what there is until it has looked.
    fn is_trusted(&self, volume: &Volume, now: u64) -> bool {
        let looked = volume.looked.load(Ordering::Acquire);
        let written = self.written.load(Ordering::Acquire);
        if looked >= written && now.saturating_sub(looked) < self.trust {
            return true;
        }
        volume.looked.compare_exchange(looked, now, Ordering::AcqRel, Ordering::Acquire).is_err()
    }

    async fn look(&self, volume: Arc<Volume>, now: u64) -> Result<Arc<Volume>, Missing> {
        let file = self.folder.join(file_of(&volume.path));
        let seen = spawn_blocking(move || fs::metadata(file).map(|file| Stamp::of(&file))).await;
        if matches!(seen, Ok(Ok(stamp)) if stamp == volume.stamp) {
            return Ok(volume);
        }
        let path = Arc::clone(&volume.path);
        match self.load(&path, Some(volume), now).await {
            Ok(next) => {
                self.volumes.insert(path.to_string(), Arc::clone(&next));
                Ok(next)
            }
            Err(missing) => {
                self.volumes.remove(&*path);
                Err(missing)
            }
        }
    }

    async fn load(
        &self,
        path: &str,
        before: Option<Arc<Volume>>,
        now: u64,
    ) -> Result<Arc<Volume>, Missing> {
        let (folder, removed) = (Arc::clone(&self.folder), self.removed.clone());
        let path: Arc<str> = path.into();
        let job = spawn_blocking(move || {
            let name = file_of(&path);
            match read(&folder, &name) {
                Ok(found) => {
                    let bytes = if path.is_empty() { door(found.bytes) } else { found.bytes };
                    let (stamp, at) = (found.stamp, found.modified);
                    Ok(Volume::new(&path, bytes, stamp, at, before.as_deref()))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let was = removed.is_some_and(|removed| removed.knows(&name));
                    Err(if was { Missing::Gone } else { Missing::Never })
                }
                Err(error) => {
                    tracing::error!(feed = &*path, "a feed could not be read: {error}");
                    Err(Missing::Broken)
                }
            }
        });
        let volume = job.await.unwrap_or(Err(Missing::Broken))?;
        volume.looked.store(now, Ordering::Release);
        Ok(Arc::new(volume))
    }
}

/// The file that is behind a path.
fn file_of(path: &str) -> String {
    if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.into() }
}

/// Whether every part of a path is the plain name of a file that is not hidden.
fn is_plain(path: &str) -> bool {
    let inner = path.strip_suffix('/').unwrap_or(path);
    let is_name = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\0');
    path.is_empty() || inner.split('/').all(is_name)
}

struct Found {
    bytes: Vec<u8>,
    stamp: Stamp,
    modified: SystemTime,
}

/// The whole of one version of a file below `folder`.
fn read(folder: &Path, name: &str) -> io::Result<Found> {
    let folder = folder.canonicalize()?;
    // Where links lead to. Only the owner of the folder can make one, but one that leads out by
    // mistake must not show the rest of the disk.
    let file = folder.join(name).canonicalize().map_err(nowhere)?;
    let inside = file.strip_prefix(&folder).is_ok_and(|inner| {
        inner.components().all(|part| match part {
            Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
            _ => false,
        })
    });
    // A pipe would be waited for.
    if !inside || !fs::metadata(&file)?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    for _ in 0..TRIES {
        let mut open = File::open(&file)?;
        let before = open.metadata()?;
        if before.len() > LARGEST {
            return Err(io::Error::other(format!("it is larger than {LARGEST} bytes")));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or_default());
        open.read_to_end(&mut bytes)?;
        let stamp = Stamp::of(&before);
        if Stamp::of(&open.metadata()?) == stamp {
            // A clock that was wrong when the file was written must not promise the future.
            let modified = before.modified()?.min(SystemTime::now());
            return Ok(Found { bytes, stamp, modified });
        }
    }
    Err(io::Error::other("it changes while it is read; write it beside and rename it"))
}

/// A path that leads nowhere (too long, through a file, in circles) is one of no file.
fn nowhere(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied => error,
        _ => io::ErrorKind::NotFound.into(),
    }
}

/// The page of all feeds as the front door shows it: its links are relative to the folder, one step
/// down.
fn door(page: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(page) {
        Ok(page) => page.replacen("<head>", "<head><base href=\"/feeds/\">", 1).into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

#[cfg(test)]
mod tests;
