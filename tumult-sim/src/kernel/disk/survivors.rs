//! What a power loss leaves of a file's pending changes.

use std::collections::BTreeMap;

use crate::base::{Counter, Probability, scale_draw};

use super::content::{Change, SECTOR};
use super::pages::{PAGE, Pages, pieces};

/// What survives of a file's pending changes.
pub(super) struct Survivors {
    /// For each sector the last change to have reached the platter.
    sectors: BTreeMap<u64, usize>,
    pub(super) len: u64,
    len_survived: bool,
}

impl Survivors {
    pub(super) fn draw(
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

    pub(super) fn any(&self) -> bool {
        self.len_survived || !self.sectors.is_empty()
    }

    /// Redoes a change where it, or a later one to the same sector, reached the platter: the sector then is as the
    /// page cache had it after the last such change.
    pub(super) fn replay(&self, i: usize, change: &Change, pages: &mut Pages) {
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
