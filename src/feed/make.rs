//! Makes the files of feeds: renders, fills the frames, puts them into the folder.
//!
//! Feeds are worked on by as many threads as there are processors; an entry is rendered once for all
//! of them (see `fragments`), and a file is written from the entries where they lie.

use std::borrow::Cow;
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::HashMap;
use rayon::prelude::*;

use super::folder::{Folder, Put};
use super::fragments::{Fragment, Fragments};
use super::manifest::{Batch, Manifest};
use super::plan::Plan;
use super::render::RenderError;
use super::write::{Report, WriteError};
use super::{Entry, Feed, FeedPath, Format, Part, Settings, fingerprint, page};

/// What all files of a run are made with.
pub(super) struct Workshop<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) settings: &'a Settings,
    pub(super) folder: &'a Folder,
    /// Asked before each feed whether it is enough.
    pub(super) stop: &'a (dyn Fn() -> bool + Sync),
}

/// A feed, or a page of its history, with the files that it is to have.
pub(super) struct Work<'a> {
    pub(super) feed: &'a Feed,
    pub(super) files: Batch,
    /// What they are made of.
    pub(super) fingerprint: u64,
}

/// What a file of a feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The feed in a format, by its place in the settings.
    Document(usize, Format),
    /// The page about it.
    Page,
}

/// Everything that `plan` wants made.
pub(super) fn works<'a>(plan: &'a Plan, settings: &Settings, program: u64) -> Vec<Work<'a>> {
    let feeds: Vec<&Feed> = plan.feeds.iter().chain(&plan.archives).collect();
    // An entry stands in many feeds, and is the same in all of them: its place in memory names it.
    let place = |entry: &Arc<Entry>| Arc::as_ptr(entry).addr();
    let mut entries: HashMap<usize, u64> = HashMap::default();
    let mut distinct: Vec<&Arc<Entry>> = Vec::new();
    for entry in feeds.iter().flat_map(|feed| &feed.entries) {
        if entries.insert(place(entry), 0).is_none() {
            distinct.push(entry);
        }
    }
    let prints: Vec<u64> =
        distinct.par_iter().map(|entry| fingerprint::of_entry(plan, entry)).collect();
    for (entry, print) in distinct.into_iter().zip(prints) {
        entries.insert(place(entry), print);
    }
    let work = |feed: &'a Feed| {
        let prints: Vec<u64> = feed.entries.iter().map(|entry| entries[&place(entry)]).collect();
        Work {
            feed,
            files: files(feed, settings),
            fingerprint: fingerprint::of_feed(feed, settings, &prints, program),
        }
    };
    feeds.into_par_iter().map(work).collect()
}

fn files(feed: &Feed, settings: &Settings) -> Batch {
    let name = |kind: Kind| match kind {
        Kind::Document(_, format) => format.file_of(feed.part),
        Kind::Page => Cow::Borrowed(page::FILE_NAME),
    };
    let names: Vec<Cow<str>> = kinds(feed, settings).map(name).collect();
    Batch::new(feed.path.as_str(), &names)
}

/// What the files of a feed are, in their order.
fn kinds(feed: &Feed, settings: &Settings) -> impl Iterator<Item = Kind> {
    let formats = settings.formats.iter().enumerate();
    let documents = formats.map(|(nth, format)| Kind::Document(nth, *format));
    // The page of the feeds' folder itself is the list of all feeds.
    let has_page = matches!(feed.part, Part::Current { .. }) && feed.path != FeedPath::root();
    documents.chain(has_page.then_some(Kind::Page))
}

/// Makes the files of `works`, until it is told to stop. What became of them is noted in `report`, and in
/// `manifest` what those are made of that are as they should be.
pub(super) fn make(
    shop: &Workshop,
    works: &[&Work],
    report: &mut Report,
    manifest: &mut Manifest,
) -> Result<(), WriteError> {
    if report.stopped {
        return Ok(());
    }
    let feeds: Vec<&Feed> = works.iter().map(|work| work.feed).collect();
    let fragments = Fragments::new(shop.plan, &shop.settings.formats, &feeds);
    let turns = fragments.turns();
    let next = AtomicUsize::new(0);
    let shared = Mutex::new((report, manifest, None));
    // Threads take the next turn, not a half of them each, to keep to the order.
    rayon::broadcast(|_| {
        let mut old = Vec::new();
        let taken = || turns.get(next.fetch_add(1, Ordering::Relaxed));
        for at in iter::from_fn(taken).flatten() {
            let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
            if (shop.stop)() {
                lock().0.stopped = true;
                return;
            }
            let work = works[*at];
            let entries = fragments.of(*at);
            let outcomes = put(shop, work, entries.as_deref(), &mut old);
            let mut shared = lock();
            let (report, manifest, full) = &mut *shared;
            let noted = report.note(&work.files, work.fingerprint, outcomes, manifest);
            if let Err(error) = noted {
                full.get_or_insert(error);
                next.store(turns.len(), Ordering::Relaxed);
                return;
            }
        }
    });
    let (_, _, full) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    full.map_or(Ok(()), Err)
}

/// Makes the files of one feed of these entries, and tells of each what became of it. `old` is room to
/// read present files into.
fn put(
    shop: &Workshop,
    work: &Work,
    entries: Result<&[Fragment], &RenderError>,
    old: &mut Vec<u8>,
) -> Vec<Result<Put, WriteError>> {
    let Workshop { plan, settings, folder, .. } = *shop;
    let mut fresh = None;
    let put = |(file, kind): (String, Kind)| {
        let refused = |error| WriteError::io(folder.place(&file), "write it", error);
        let unmade = |reason: String| WriteError::Render { path: folder.place(&file), reason };
        let entries = entries.map_err(|error| unmade(error.to_string()))?;
        let fresh = match fresh {
            Some(known) => known,
            None => *fresh.insert(folder.make_room(&file).map_err(refused)?),
        };
        match kind {
            Kind::Document(nth, format) => {
                let frame = format.frame(work.feed, settings);
                let frame = frame.map_err(|error| unmade(error.to_string()))?;
                let parts = frame.around(entries.iter().map(|entry| entry[nth].as_slice()));
                folder.put_parts(&file, &parts, fresh, old)
            }
            Kind::Page => {
                let page = page::feed(plan, work.feed, settings);
                let page = page.map_err(|error| unmade(error.to_string()))?;
                folder.put_parts(&file, &[&page], fresh, old)
            }
        }
        .map_err(refused)
    };
    work.files.files().zip(kinds(work.feed, settings)).map(put).collect()
}
