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

use crate::base::{Bytes, Counter, Probability, Time, scale_draw};

use super::pages::{PAGE, Pages, pieces};

/// Bytes that a drive writes whole or not at all: the traditional sector, and the smallest in use.
const SECTOR: u64 = 512;

/// What a pending change costs beside its bytes, so that many small ones are written back as well.
const CHANGE_OVERHEAD: u64 = 64;

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Content {
    pages: Pages,
    len: u64,
    modified: Time,
    dirty: Option<Box<Dirty>>,
}

/// Where the durable image differs from what the page cache shows.
#[derive(Debug)]
struct Dirty {
    len: u64,
    modified: Time,
    pages: BTreeMap<u64, Vec<u8>>,
    changes: Vec<Change>,
    bytes: u64,
}

#[derive(Debug)]
struct Change {
    /// The operation's number in its file: what its fate is drawn by.
    number: u64,
    len_before: u64,
    len_after: u64,
    /// Where and what was written; `None`: only the length was set.
    written: Option<(u64, Box<[u8]>)>,
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
        let Self { pages, dirty, .. } = self;
        let dirty = dirty.get_or_insert_with(|| Box::new(Dirty::new(len_before, self.modified)));
        for (page, ..) in pieces(offset, data.len(), PAGE) {
            dirty.pages.entry(page).or_insert_with(|| pages.copy(page));
        }
        dirty.push(Change { number, len_before, len_after, written: Some((offset, data.into())) });
        pages.write(offset, data);
        self.len = len_after;
        self.changed(now, limit);
    }

    /// Cuts or extends (with zeros), pending until a sync.
    pub(super) fn set_len(&mut self, number: u64, len: u64, now: Time, limit: Bytes) {
        let len_before = self.len;
        let dirty = self.dirty.get_or_insert_with(|| Box::new(Dirty::new(len_before, self.modified)));
        if len < len_before {
            if !len.is_multiple_of(PAGE) {
                let page = len / PAGE;
                dirty.pages.entry(page).or_insert_with(|| self.pages.copy(page));
            }
            for (page, bytes) in self.pages.cut(len) {
                dirty.pages.entry(page).or_insert(bytes);
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

    /// What is left after a power loss, by draws from `fates`.
    pub(super) fn power_loss(&mut self, fates: Counter, survival: Probability) {
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
    fn new(len: u64, modified: Time) -> Self {
        Self { len, modified, pages: BTreeMap::new(), changes: Vec::new(), bytes: 0 }
    }

    fn push(&mut self, change: Change) {
        self.bytes += CHANGE_OVERHEAD + change.written.as_ref().map_or(0, |(_, data)| data.len() as u64);
        self.changes.push(change);
    }
}

/// What survives of a file's pending changes.
struct Survivors {
    /// For each sector the last change to have reached the platter.
    sectors: BTreeMap<u64, usize>,
    len: u64,
    len_survived: bool,
}

impl Survivors {
    fn draw(
        fates: Counter,
        survival: Probability,
        changes: &[Change],
        images: &BTreeMap<u64, Vec<u8>>,
        len: u64,
    ) -> Self {
        let mut it = Self { sectors: BTreeMap::new(), len, len_survived: false };
        for (i, change) in changes.iter().enumerate() {
            let fate = Fate { draws: fates.below(change.number), survival };
            if let Some((offset, data)) = &change.written {
                for (sector, ..) in pieces(*offset, data.len(), SECTOR) {
                    if fate.keeps_sector(sector) {
                        it.sectors.insert(sector, i);
                    }
                }
            }
            if change.len_before == change.len_after || !fate.keeps_length() {
                continue;
            }
            it.len_survived = true;
            it.len = if change.written.is_some() {
                fate.reach(change.len_before, change.len_after)
            } else {
                change.len_after
            };
            if change.len_after < change.len_before {
                // A cut also zeroes what lies past it, of which there is an image for every page.
                let first = change.len_after / SECTOR;
                for page in images.range(change.len_after / PAGE..).map(|(page, _)| page) {
                    let sectors = page * (PAGE / SECTOR)..(page + 1) * (PAGE / SECTOR);
                    it.sectors.extend(sectors.filter(|s| *s >= first).map(|s| (s, i)));
                }
            }
        }
        it
    }

    fn any(&self) -> bool {
        self.len_survived || !self.sectors.is_empty()
    }

    /// Redoes a change where it, or a later one to the same sector, reached the platter: the sector then is as the
    /// page cache had it after the last such change.
    fn replay(&self, i: usize, change: &Change, pages: &mut Pages) {
        if let Some((offset, data)) = &change.written {
            for (sector, start, range) in pieces(*offset, data.len(), SECTOR) {
                if self.sectors.get(&sector).is_some_and(|last| *last >= i) {
                    pages.write(sector * SECTOR + start as u64, &data[range]);
                }
            }
        } else if change.len_after < change.len_before {
            let len = change.len_after;
            for (sector, _) in self.sectors.range(len / SECTOR..).filter(|(_, last)| **last >= i) {
                pages.zero(len.max(sector * SECTOR), (sector + 1) * SECTOR);
            }
        }
    }
}

/// The fate of one change: a function of the file's key, the operation's number and the sector, and of nothing else.
struct Fate {
    draws: Counter,
    survival: Probability,
}

impl Fate {
    const TORN: u64 = 0;
    const WHOLE: u64 = 1;
    const LENGTH: u64 = 2;
    const SHORT: u64 = 3;
    const REACH: u64 = 4;
    const SECTORS: u64 = 5;

    /// Half of the changes are torn; of the other half, all or nothing survives, which is what small disks do most
    /// and what independent sectors alone would hardly ever give for a long write.
    fn keeps(&self, part: u64) -> bool {
        let torn = self.draws.draw(0, Self::TORN) & 1 == 1;
        self.survival.hit(if torn { part } else { self.draws.draw(0, Self::WHOLE) })
    }

    fn keeps_sector(&self, sector: u64) -> bool {
        self.keeps(self.draws.draw(sector, Self::SECTORS))
    }

    fn keeps_length(&self) -> bool {
        self.keeps(self.draws.draw(0, Self::LENGTH))
    }

    /// How far an extending write got: mostly to its end, else to a sector's (a long write moves the length in
    /// steps). Never short where everything survives.
    fn reach(&self, before: u64, after: u64) -> u64 {
        let steps = (after - 1) / SECTOR - before / SECTOR;
        let short = self.survival < Probability::ALWAYS && self.draws.draw(0, Self::SHORT).is_multiple_of(4);
        if short && steps > 0 {
            (before / SECTOR + 1 + scale_draw(self.draws.draw(0, Self::REACH), steps)) * SECTOR
        } else {
            after
        }
    }
}

#[cfg(test)]
#[path = "tests/content.rs"]
mod tests;
