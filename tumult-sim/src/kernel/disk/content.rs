//! A file's content: what the page cache shows, and what of it a power loss would leave.
//!
//! The page cache is kept whole, the durable image only where it differs: an image of each dirty page as it is on
//! the platter, and the changes since in their order. Hence a clean file costs its bytes and nothing more, and a
//! sync is a matter of forgetting.
//!
//! A sector is what the drive writes whole. After a power loss each sector of the file is as it was after some one
//! of the pending changes (the page cache may write it back at any time between two of them), or as it was before
//! them all; the length likewise. Sectors are independent of each other: that is what a torn write is.

use std::collections::BTreeMap;

use crate::base::{Bytes, Counter, Probability, Time};

use super::pages::{PAGE, Pages, pieces};
use super::survivors::Survivors;

/// Bytes that a drive writes whole or not at all: the traditional sector, and the smallest in use.
pub(super) const SECTOR: u64 = 512;

/// What a pending change costs beside its bytes, so that many small ones are written back as well.
const CHANGE_OVERHEAD: u64 = 64;

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pages: Pages,
    len: u64,
    modified: Time,
    dirty: Option<Box<Dirty>>,
    dropped: Option<Box<Dropped>>,
}

/// Where the durable image differs from what the page cache shows.
#[derive(Clone, Debug)]
struct Dirty {
    len: u64,
    modified: Time,
    pages: BTreeMap<u64, Vec<u8>>,
    changes: Vec<Change>,
    bytes: u64,
}

/// Where the durable image differs although the page cache holds it for the same: a sync failed, and what it should
/// have written counts as written. No sync mends that; only writing to the page again does.
#[derive(Clone, Debug, Default)]
struct Dropped {
    len: Option<u64>,
    pages: BTreeMap<u64, Vec<u8>>,
}

#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The operation's number in its file: what its fate is drawn by.
    pub(super) number: u64,
    pub(super) len_before: u64,
    pub(super) len_after: u64,
    /// Where and what was written; `None`: only the length was set.
    pub(super) written: Option<(u64, Box<[u8]>)>,
}

impl Content {
    pub(super) fn new(now: Time) -> Self {
        Self { modified: now, ..Self::default() }
    }

    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    pub(super) const fn modified(&self) -> Time {
        self.modified
    }

    /// Reads up to the end of the file: less than was asked for there, nothing past it.
    pub(super) fn read_at(&self, offset: u64, buf: &mut [u8]) -> usize {
        let n = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(buf.len());
        self.pages.read(offset, &mut buf[..n]);
        n
    }

    /// Writes, pending until a sync; past the end the gap reads as zero.
    pub(super) fn write_at(&mut self, number: u64, offset: u64, data: &[u8], now: Time, limit: Bytes) {
        let len_before = self.len;
        let len_after = len_before.max(offset + data.len() as u64);
        let Self { pages, dropped, .. } = self;
        let dirty = self.dirty.get_or_insert_with(|| Box::new(Dirty::new(len_before, self.modified, dropped)));
        for (page, ..) in pieces(offset, data.len(), PAGE) {
            dirty.pages.entry(page).or_insert_with(|| image(page, pages, dropped));
        }
        dirty.push(Change { number, len_before, len_after, written: Some((offset, data.into())) });
        pages.write(offset, data);
        self.len = len_after;
        self.changed(now, limit);
    }

    /// Cuts or extends (with zeros), pending until a sync.
    pub(super) fn set_len(&mut self, number: u64, len: u64, now: Time, limit: Bytes) {
        let len_before = self.len;
        let Self { pages, dropped, .. } = self;
        let dirty = self.dirty.get_or_insert_with(|| Box::new(Dirty::new(len_before, self.modified, dropped)));
        if len < len_before {
            if !len.is_multiple_of(PAGE) {
                let page = len / PAGE;
                dirty.pages.entry(page).or_insert_with(|| image(page, pages, dropped));
            }
            for (page, bytes) in pages.cut(len) {
                dirty.pages.entry(page).or_insert(bytes);
            }
            if let Some(dropped) = dropped {
                dirty.pages.append(&mut dropped.pages.split_off(&(len / PAGE)));
            }
        }
        dirty.push(Change { number, len_before, len_after: len, written: None });
        self.len = len;
        self.changed(now, limit);
    }

    fn changed(&mut self, now: Time, limit: Bytes) {
        self.modified = now;
        if self.dirty.as_ref().is_some_and(|dirty| dirty.bytes > limit.0) {
            self.sync();
        }
    }

    /// Data and length are durable from here on.
    pub(super) fn sync(&mut self) {
        self.dirty = None;
    }

    /// Whether a sync has something to do.
    pub(super) const fn is_dirty(&self) -> bool {
        self.dirty.is_some()
    }

    /// A sync fails, and what was pending counts as written from here on. False when nothing was.
    pub(super) fn drop_pending(&mut self) -> bool {
        let Some(dirty) = self.dirty.take() else { return false };
        let dropped = self.dropped.get_or_insert_default();
        if dirty.len != self.len {
            dropped.len.get_or_insert(dirty.len);
        }
        for (page, image) in dirty.pages {
            dropped.pages.entry(page).or_insert(image);
        }
        true
    }

    /// A sync fails, and what was pending is gone. False when nothing was.
    pub(super) fn revert_pending(&mut self) -> bool {
        let Some(dirty) = self.dirty.take() else { return false };
        self.put_back(dirty.pages, dirty.len);
        self.modified = dirty.modified;
        true
    }

    fn put_back(&mut self, images: BTreeMap<u64, Vec<u8>>, len: u64) {
        for (page, image) in images {
            self.pages.put(page, image);
        }
        self.len = len;
        self.pages.cut(len);
    }

    /// Changes bytes that are stored, in the page cache and below it, without a write. What lies past the end is left.
    pub(super) fn scribble(&mut self, offset: u64, bytes: &[u8]) {
        let fits = self.len.saturating_sub(offset).min(bytes.len() as u64) as usize;
        let bytes = &bytes[..fits];
        self.pages.write(offset, bytes);
        let Self { dirty, dropped, .. } = self;
        let below = [dirty.as_mut().map(|d| &mut d.pages), dropped.as_mut().map(|d| &mut d.pages)];
        for images in below.into_iter().flatten() {
            for (page, start, range) in pieces(offset, bytes.len(), PAGE) {
                if let Some(image) = images.get_mut(&page) {
                    let end = (start + range.len()).max(image.len());
                    image.resize(end, 0);
                    image[start..start + range.len()].copy_from_slice(&bytes[range]);
                }
            }
        }
    }

    /// What is left after a power loss, by draws from `fates`.
    pub(super) fn power_loss(&mut self, fates: Counter, survival: Probability) {
        if let Some(dropped) = self.dropped.take() {
            self.put_back(dropped.pages, dropped.len.unwrap_or(self.len));
        }
        let Some(dirty) = self.dirty.take() else { return };
        let Dirty { len, modified, pages: images, changes, .. } = *dirty;
        let survivors = Survivors::draw(fates, survival, &changes, &images, len);
        if !survivors.any() {
            self.modified = modified;
        }
        for (page, image) in images {
            self.pages.put(page, image);
        }
        self.len = survivors.len;
        for (i, change) in changes.iter().enumerate() {
            survivors.replay(i, change, &mut self.pages);
        }
        // What was written past the surviving end must not show when the file grows again.
        self.pages.cut(self.len);
    }
}

impl Dirty {
    fn new(len: u64, modified: Time, dropped: &mut Option<Box<Dropped>>) -> Self {
        let len = dropped.as_mut().and_then(|dropped| dropped.len.take()).unwrap_or(len);
        Self { len, modified, pages: BTreeMap::new(), changes: Vec::new(), bytes: 0 }
    }

    fn push(&mut self, change: Change) {
        self.bytes += CHANGE_OVERHEAD + change.written.as_ref().map_or(0, |(_, data)| data.len() as u64);
        self.changes.push(change);
    }
}

/// A page as it is on the platter, when a change makes it dirty.
fn image(page: u64, pages: &Pages, dropped: &mut Option<Box<Dropped>>) -> Vec<u8> {
    dropped.as_mut().and_then(|dropped| dropped.pages.remove(&page)).unwrap_or_else(|| pages.copy(page))
}

#[cfg(test)]
#[path = "tests/content.rs"]
mod tests;
