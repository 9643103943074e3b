//! The items of a feed while it is read: as many as any real feed has, and never much of little.

use crate::source::ParsedItem;

/// So many items are read of any feed; of more only if the feed has so many bytes for each.
const ITEMS: usize = 50_000;
const BYTES_OF_ITEM: usize = 128;

/// How large the items of any feed may become before their addresses are made absolute no more,
/// beside four times the feed: a long base and many short links to it would make much of little.
const BYTES: usize = 4 << 20;

/// Items that have been read, and room for more.
#[derive(Default)]
pub(super) struct Items {
    read: Vec<ParsedItem>,
    most: usize,
    room: usize,
}

impl Items {
    /// For a feed of `length` bytes.
    pub(super) fn of(length: usize) -> Self {
        let most = ITEMS.max(length / BYTES_OF_ITEM);
        Self { read: Vec::new(), most, room: BYTES + 4 * length }
    }

    pub(super) fn push(&mut self, item: ParsedItem) {
        let texts = [&item.url, &item.summary, &item.content];
        let bytes: usize = texts.into_iter().flatten().map(String::len).sum();
        self.room = self.room.saturating_sub(bytes);
        if !self.is_full() {
            self.read.push(item);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.read.len() >= self.most
    }

    /// Whether relative addresses may still be made absolute.
    pub(super) fn may_grow(&self) -> bool {
        self.room > 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.read.is_empty()
    }

    pub(super) fn into_vec(self) -> Vec<ParsedItem> {
        self.read
    }
}
