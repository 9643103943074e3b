//! Notices changes of the articles, the vocabulary and the source list.
//!
//! An editor that saves makes a burst of events, and makes files that are not articles; a burst is
//! told once, after it has settled, and temporary files are not told at all. The article folder is
//! watched by the system (inotify on Linux). Where the system refuses (no watches left, a network
//! file system), the folder is looked through again and again instead, and watched as soon as the
//! system lets us.
//!
//! The system watches a folder, not its name. So we also look every moment whether the name still
//! leads to the folder that is watched: a link that is set to another folder, and a folder that is
//! moved away, removed or made anew, is a change like any other. The two single files are only looked
//! at, through any links, which costs less than to watch the folders that they and their links lie in.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{CreateKind, EventKind, ModifyKind, RemoveKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::article::scan;
use crate::config::Config;
use crate::stamp::Stamp;

/// How long it must be quiet after a change before it is told.
const SETTLE: Duration = Duration::from_millis(250);

/// Longest wait for that quiet: a copy of a whole site is told in parts.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the two files and the folder's name are looked at: three calls to the system, for a
/// change that is noticed before the editor has turned to the browser.
const LOOK: Duration = Duration::from_secs(1);

/// How often a folder is looked through that cannot be watched: ten thousand articles take a
/// processor 50 ms.
const LOOK_THROUGH: Duration = Duration::from_secs(5);

/// Most changes that wait to be told: there is one of each kind.
const KINDS: usize = 3;

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Something in the article folder, or the folder itself.
    Articles,
    /// The vocabulary's file.
    Vocabulary,
    /// The source list's file.
    Sources,
}

/// Tells of changes until it is dropped.
#[derive(Debug)]
pub struct Changes {
    told: mpsc::Receiver<Change>,
    _task: AbortOnDropHandle<()>,
}

/// How a folder is watched by the system; the result ends the watching when it is dropped.
type Watch = fn(&Path, mpsc::Sender<()>) -> notify::Result<RecommendedWatcher>;

impl Changes {
    /// Watches what `config` names, from what it looks like now.
    pub fn of(config: &Config) -> Self {
        Self::with(config, watch)
    }

    fn with(config: &Config, watch: Watch) -> Self {
        let (tell, told) = mpsc::channel(KINDS);
        let files = [
            (Change::Vocabulary, File::new(&config.vocabulary)),
            (Change::Sources, File::new(&config.sources)),
        ];
        let articles = Folder::new(&config.articles, watch);
        let task = AbortOnDropHandle::new(tokio::spawn(work(articles, files, tell)));
        Self { told, _task: task }
    }

    /// Waits for the next change and for the quiet after it. Whoever gives up waiting is told by the
    /// next call.
    pub async fn next(&mut self) -> Change {
        match self.told.recv().await {
            Some(change) => change,
            // The task has died, which has been reported; the schedule goes on.
            None => std::future::pending().await,
        }
    }
}

/// Tells of changes until nobody listens.
async fn work(mut articles: Folder, mut files: [(Change, File); 2], tell: mpsc::Sender<Change>) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut changed = Vec::new();
        tokio::select! {
            () = articles.event() => changed.push(Change::Articles),
            _ = look.tick() => {
                changed.extend(files.iter_mut().filter_map(|(kind, file)| file.look().then_some(*kind)));
                if articles.look().await {
                    articles.noticed.get_or_insert_with(Instant::now);
                }
            }
        }
        for change in changed {
            if tell.send(change).await.is_err() {
                return;
            }
        }
    }
}

/// A file that is looked at.
struct File {
    path: PathBuf,
    told: Option<Stamp>,
    seen: Option<Stamp>,
}

impl File {
    fn new(path: &Path) -> Self {
        let stamp = stamp(path);
        Self { path: path.to_owned(), told: stamp, seen: stamp }
    }

    /// Whether the file has changed, and then been left alone since the last look.
    fn look(&mut self) -> bool {
        let before = std::mem::replace(&mut self.seen, stamp(&self.path));
        let settled = self.seen == before && self.seen != self.told;
        if settled {
            self.told = self.seen;
        }
        settled
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().as_ref().map(Stamp::of)
}

/// The article folder.
struct Folder {
    path: PathBuf,
    watch: Watch,
    /// One place is enough: what counts is that something changed, not how often.
    events: (mpsc::Sender<()>, mpsc::Receiver<()>),
    /// Since when a change waits to be told.
    noticed: Option<Instant>,
    watched: Option<Watched>,
    /// What it looked like, where it cannot be watched, and when that was seen.
    outline: Option<(u64, Instant)>,
    /// Whether the operator has been told that the system refuses.
    refused: bool,
}

/// A watch, and the folder that it is on, as the system knows it.
struct Watched {
    identity: (u64, u64),
    _watcher: RecommendedWatcher,
}

impl Folder {
    fn new(path: &Path, watch: Watch) -> Self {
        let path = path.to_owned();
        let events = mpsc::channel(1);
        let (noticed, watched, outline) = (None, None, None);
        let mut this = Self { path, watch, events, noticed, watched, outline, refused: false };
        this.try_to_watch();
        if this.watched.is_none() {
            this.outline = Some((self::outline(&this.path), Instant::now()));
        }
        this
    }

    /// Waits until the system tells of a change, and for the quiet after it. Whoever gives up
    /// waiting is told by the next call.
    async fn event(&mut self) {
        if self.noticed.is_none() {
            // A sender is ours: there is always one more event to wait for.
            self.events.1.recv().await;
        }
        let since = *self.noticed.get_or_insert_with(Instant::now);
        while since.elapsed() < PATIENCE
            && timeout(SETTLE, self.events.1.recv()).await.is_ok_and(|event| event.is_some())
        {
        }
        self.noticed = None;
    }

    /// Whether the name leads to another folder than before, or the folder, where it cannot be
    /// watched, looks other than before.
    async fn look(&mut self) -> bool {
        let now = identity(&self.path);
        if let Some(watched) = &self.watched {
            if now == Some(watched.identity) {
                return false;
            }
            tracing::info!("{}: the article folder is another one now", self.path.display());
            self.watched = None;
            self.outline = None;
        }
        let due = self.outline.is_none_or(|(_, seen)| seen.elapsed() >= LOOK_THROUGH);
        if !due {
            return false;
        }
        // Watched first and looked at then: what changes in between is told twice, not never.
        self.try_to_watch();
        let path = self.path.clone();
        let Ok(outline) = spawn_blocking(move || outline(&path)).await else { return true };
        let before = self.outline.replace((outline, Instant::now()));
        if self.watched.is_some() {
            self.outline = None;
        }
        before.is_none_or(|(before, _)| before != outline)
    }

    fn try_to_watch(&mut self) {
        // A folder that is not there has nothing to watch, and the regeneration tells of it.
        let Some(identity) = identity(&self.path) else { return };
        match (self.watch)(&self.path, self.events.0.clone()) {
            Ok(watcher) => {
                self.watched = Some(Watched { identity, _watcher: watcher });
                self.refused = false;
            }
            Err(error) => {
                if !std::mem::replace(&mut self.refused, true) {
                    let (folder, seconds) = (self.path.display(), LOOK_THROUGH.as_secs());
                    tracing::warn!(
                        "{folder}: cannot be watched, so it is looked through every {seconds} seconds: {error}"
                    );
                }
            }
        }
    }
}

/// What tells a folder from another one that has its name later.
fn identity(folder: &Path) -> Option<(u64, u64)> {
    let found = fs::metadata(folder).ok()?;
    Some((found.dev(), found.ino()))
}

/// A number that changes with any article; a folder that cannot be read has one as well.
fn outline(folder: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    scan::files(folder)
        .ok()
        .map(|files| {
            files.into_iter().map(|file| (stamp(&folder.join(&file)), file)).collect::<Vec<_>>()
        })
        .hash(&mut hasher);
    hasher.finish()
}

/// Has the system watch `folder` and everything below it.
fn watch(folder: &Path, tell: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // An error here is an overflow of the queue: then anything may have changed.
        let counts = event.as_ref().map_or(true, matters);
        if counts {
            // Full means that a change is waiting to be told already.
            let _ = tell.try_send(());
        }
    })?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    Ok(watcher)
}

fn matters(event: &notify::Event) -> bool {
    let kind =
        !matches!(event.kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)));
    let is_ours = if may_be_folder(event.kind) { |path| !is_temporary(path) } else { is_ours };
    kind && (event.paths.is_empty() || event.paths.iter().any(|path| is_ours(path)))
}

/// Whether it may have happened to a folder, which may have any name, `v1.2` too. Of what is renamed or
/// gone the system does not always say what it was.
fn may_be_folder(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Create(CreateKind::File)
            | EventKind::Remove(RemoveKind::File)
            | EventKind::Modify(ModifyKind::Data(_))
    )
}

/// Whether a name is that of an editor's temporary file (`.a.md.swp`, `a.md~`, `#a.md#`).
fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.starts_with(['.', '#']) || name.ends_with('~')
}

/// Whether a path can be an article or a folder of articles, not an editor's temporary file
/// (`4913` is one of those, too).
fn is_ours(path: &Path) -> bool {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy()) else { return true };
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let article = match extension.as_deref() {
        Some("md" | "markdown") => true,
        Some(_) => false,
        // A folder, perhaps one that is no more.
        None => name.parse::<u32>().is_err(),
    };
    !is_temporary(path) && article
}

#[cfg(test)]
mod tests;
