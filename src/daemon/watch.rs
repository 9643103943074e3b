//! Notices changes in the article folder and in the files of the configuration.
//!
//! An editor that saves makes a burst of events, and makes files that are not articles; a burst is
//! told once, after it has settled, and temporary files are not told at all. Where the system
//! refuses to watch (no inotify instances left, a network file system), the daemon's schedule still
//! scans the folder, so a refusal is a warning and no failure.

use std::path::Path;
use std::time::Duration;

use notify::event::{EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// How long it must be quiet after a change before it is told.
const SETTLE: Duration = Duration::from_millis(250);

/// Tells of changes until it is dropped.
#[derive(Debug)]
pub struct Changes {
    _watcher: RecommendedWatcher,
    events: mpsc::Receiver<()>,
    /// A change has been noticed and not been told yet.
    noticed: bool,
}

impl Changes {
    /// Watches `folder` and everything below it.
    ///
    /// # Errors
    ///
    /// The system refuses; its reason is in the error.
    pub fn of(folder: &Path) -> notify::Result<Self> {
        // One place is enough: what counts is that something changed, not how often.
        let (tell, events) = mpsc::channel(1);
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // An error here is an overflow of the queue: then anything may have changed.
                let counts = event.as_ref().map_or(true, matters);
                if counts {
                    // Full means that a change is waiting to be told already.
                    let _ = tell.try_send(());
                }
            })?;
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(Self { _watcher: watcher, events, noticed: false })
    }

    /// Waits for the next change and for the quiet after it. Whoever gives up waiting is told by the
    /// next call.
    pub async fn next(&mut self) {
        if !self.noticed && self.events.recv().await.is_none() {
            // The watcher died; the schedule goes on.
            return std::future::pending().await;
        }
        self.noticed = true;
        while tokio::time::timeout(SETTLE, self.events.recv())
            .await
            .is_ok_and(|event| event.is_some())
        {}
        self.noticed = false;
    }
}

fn matters(event: &notify::Event) -> bool {
    let kind =
        !matches!(event.kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)));
    kind && (event.paths.is_empty() || event.paths.iter().any(|path| is_ours(path)))
}

/// Whether a path can be an article or a folder of articles, not an editor's temporary file
/// (`.a.md.swp`, `a.md~`, `#a.md#`, `4913`).
fn is_ours(path: &Path) -> bool {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy()) else { return true };
    let temporary = name.starts_with(['.', '#']) || name.ends_with('~');
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let article = match extension.as_deref() {
        Some("md" | "markdown") => true,
        Some(_) => false,
        // A folder, perhaps one that is no more.
        None => name.parse::<u32>().is_err(),
    };
    !temporary && article
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{AccessKind, CreateKind, MetadataKind};

    #[test]
    fn editors_temporary_files_are_no_change() {
        for (path, expected) in [
            ("articles/a.md", true),
            ("articles/中文 名.markdown", true),
            ("articles/new-section", true),
            ("articles/.a.md.swp", false),
            ("articles/a.md~", false),
            ("articles/#a.md#", false),
            ("articles/.#a.md", false),
            ("articles/4913", false),
            ("articles/picture.png", false),
            ("articles/a.md.tmp", false),
        ] {
            assert_eq!(is_ours(Path::new(path)), expected, "{path}");
        }
    }

    #[tokio::test]
    async fn a_change_is_told_although_something_else_was_due_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let mut changes = Changes::of(folder.path()).unwrap();
        std::fs::write(folder.path().join("a.md"), "---\ntitle: A\n---\n").unwrap();
        // Long enough to notice it, too short for the quiet after it.
        let given_up = tokio::time::timeout(SETTLE * 4 / 5, changes.next()).await;
        assert!(given_up.is_err());
        tokio::time::timeout(SETTLE * 20, changes.next()).await.unwrap();
    }

    #[test]
    fn reading_is_no_change() {
        let event = |kind| notify::Event::new(kind).add_path("articles/a.md".into());
        for (kind, expected) in [
            (EventKind::Access(AccessKind::Read), false),
            (EventKind::Modify(ModifyKind::Metadata(MetadataKind::AccessTime)), false),
            (EventKind::Create(CreateKind::File), true),
            (EventKind::Modify(ModifyKind::Any), true),
            (EventKind::Any, true),
        ] {
            assert_eq!(matters(&event(kind)), expected, "{kind:?}");
        }
    }
}
