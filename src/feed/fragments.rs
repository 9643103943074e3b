//! The bytes of entries, made once and shared by the feeds that show them.
//!
//! All fragments of a large site do not fit into the memory that we allow ourselves, and need not:
//! one is made when its first feed asks and dropped when its last feed has it. Feeds are worked
//! through from recent to old, so that the fragments of one time live together.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;

use super::plan::Plan;
use super::render::{self, RenderError};
use super::{Entry, Feed, Format};

/// The bytes of one entry, in each of the formats.
pub(super) type Fragment = Arc<[Vec<u8>]>;

/// The entries of a plan's feeds in some formats.
pub(super) struct Fragments<'a> {
    plan: &'a Plan<'a>,
    formats: &'a [Format],
    slots: Vec<Slot<'a>>,
    /// For each of the feeds the slots of its entries.
    shows: Vec<Vec<usize>>,
}

struct Slot<'a> {
    entry: &'a Entry,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bytes: Option<Fragment>,
    /// Feeds that have yet to ask.
    waiting: usize,
}

impl<'a> Fragments<'a> {
    /// The entries of `feeds`, which are some of `plan`. Nothing is rendered yet.
    pub(super) fn new(plan: &'a Plan<'a>, formats: &'a [Format], feeds: &[&'a Feed]) -> Self {
        let mut slots: Vec<Slot> = Vec::new();
        let mut known: HashMap<*const Entry, usize> = HashMap::default();
        let shows = feeds
            .iter()
            .map(|feed| {
                let slot_of = |entry: &'a Arc<Entry>| {
                    let slot = *known.entry(Arc::as_ptr(entry)).or_insert_with(|| {
                        slots.push(Slot { entry, state: Mutex::default() });
                        slots.len() - 1
                    });
                    let state = &mut slots[slot].state;
                    state.get_mut().unwrap_or_else(PoisonError::into_inner).waiting += 1;
                    slot
                };
                feed.entries.iter().map(slot_of).collect()
            })
            .collect();
        Self { plan, formats, slots, shows }
    }

    /// The entries of the feed at this index. To be asked once for each feed.
    pub(super) fn of(&self, feed: usize) -> Result<Vec<Fragment>, RenderError> {
        let slots = || self.shows[feed].iter().map(|slot| &self.slots[*slot]);
        // What another thread is rendering is asked for last: by then it is there.
        let at_once = slots().map(|slot| match slot.state.try_lock() {
            Ok(state) => self.take(slot, state).map(Some),
            Err(_) => Ok(None),
        });
        let at_once = at_once.collect::<Result<Vec<Option<Fragment>>, RenderError>>()?;
        let waited = |(slot, fragment): (&Slot, Option<Fragment>)| match fragment {
            Some(fragment) => Ok(fragment),
            None => self.take(slot, slot.state.lock().unwrap_or_else(PoisonError::into_inner)),
        };
        slots().zip(at_once).map(waited).collect()
    }

    /// Renders under the lock, so that a second feed waits instead of rendering again.
    fn take(&self, slot: &Slot, mut state: MutexGuard<'_, State>) -> Result<Fragment, RenderError> {
        state.waiting = state.waiting.saturating_sub(1);
        let bytes = match state.bytes.take() {
            Some(bytes) => bytes,
            None => render::entry(self.plan, slot.entry, self.formats)?.into(),
        };
        if state.waiting > 0 {
            state.bytes = Some(Arc::clone(&bytes));
        }
        Ok(bytes)
    }
    /// The feeds by their oldest entry, most recent first. Those of one turn have the same: whoever
    /// renders it is to work on them all, and nobody waits for it.
    pub(super) fn turns(&self) -> Vec<Vec<usize>> {
        let mut turns: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (feed, shows) in self.shows.iter().enumerate() {
            let oldest = shows.iter().map(|slot| (self.slots[*slot].entry.published, *slot)).min();
            turns.entry(Reverse(oldest)).or_default().push(feed);
        }
        turns.into_values().collect()
    }
}
