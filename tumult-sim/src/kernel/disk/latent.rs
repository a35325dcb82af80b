//! The disk when something goes wrong that nobody reports: what checksums and second copies are for.
//!
//! May: flip a stored bit, found at a read; flip a bit of what a read gives; give a sector of another place, or as it
//! was before it was last written; report a write as done that was not, or put a sector of it elsewhere. All of it as
//! if the page cache had been given up: what is wrong on the platter is seen at once.
//!
//! Must never: touch anything outside its zone, change a file's length or any name, or go unnoticed by the one who
//! asks: each sector that is not as it was written is in the list of [`Damage`] until it is written again.
//!
//! Why survivable: a checksum tells, and the zone leaves another copy whole. See [`Zone`].
//!
//! Each kind is drawn for each operation, by the file's key, the operation's number and a slot of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut, Range};

use crate::base::{Counter, DiskChange, Latent, Probability, Time, Zone, scale_draw};

use super::content::SECTOR;
use super::error::Cause;
use super::memory::Memory;
use super::nodes::{Kind, NodeId};
use super::op::{At, Class, Fd};
use super::pages::pieces;

/// So many former sectors are kept for stale reads at the most.
const FORMER_MAX: usize = 4096;

/// A disk on which things go wrong unreported. What this layer does not touch goes straight to the memory below.
#[derive(Debug)]
pub(crate) struct LatentLayer {
    below: Memory,
    settings: [(Probability, Zone); Latent::ALL.len()],
    felt: [u64; Latent::ALL.len()],
    /// Sectors that are not as they were written: inode and number.
    damaged: BTreeSet<(u64, u64)>,
    /// Those that were written anew, which a power loss may undo.
    mending: BTreeSet<(u64, u64)>,
    /// Sectors as they were before they were last written, while stale reads are possible.
    former: BTreeMap<(u64, u64), Vec<u8>>,
}

/// A sector of a file that is not as it was written, as far as is known: the fault may also have hit bytes that were
/// lost anyway.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Damage {
    /// A name of the file.
    pub path: String,
    /// Where the sector begins; it has 512 bytes.
    pub offset: u64,
}

/// A sector of an operation: its number, where in it the operation begins, and which of the caller's bytes it has.
type Piece = (u64, usize, Range<usize>);

impl Deref for LatentLayer {
    type Target = Memory;
    fn deref(&self) -> &Memory {
        &self.below
    }
}

impl DerefMut for LatentLayer {
    fn deref_mut(&mut self) -> &mut Memory {
        &mut self.below
    }
}

impl LatentLayer {
    pub(crate) fn new(below: Memory) -> Self {
        let sound = || (Probability::NEVER, Zone::WHOLE);
        let settings = std::array::from_fn(|_| sound());
        Self {
            below,
            settings,
            felt: [0; 6],
            damaged: BTreeSet::new(),
            mending: BTreeSet::new(),
            former: BTreeMap::new(),
        }
    }

    /// Makes a change and gives the one that puts back what was before.
    pub(crate) fn apply(&mut self, latent: Latent, p: Probability, zone: Zone) -> DiskChange {
        let (p, zone) = std::mem::replace(&mut self.settings[latent as usize], (p, zone));
        DiskChange::Latent(latent, p, zone)
    }

    /// How many operations were given or left something wrong by faults of this kind.
    pub(crate) const fn felt(&self, latent: Latent) -> u64 {
        self.felt[latent as usize]
    }

    /// The sectors that are not as they were written, by path.
    pub(crate) fn damage(&self) -> Vec<Damage> {
        let mut found = vec![];
        for (path, id) in self.below.entries() {
            let (ino, len) = (self.at(id).ino, self.metadata_at(id).len);
            let sectors = self.damaged.range((ino, 0)..=(ino, u64::MAX)).map(|(_, sector)| sector * SECTOR);
            found.extend(sectors.filter(|at| *at < len).map(|offset| Damage { path: path.clone(), offset }));
        }
        found.sort();
        found
    }

    pub(crate) fn read_at(&mut self, fd: Fd, offset: u64, buf: &mut [u8]) -> Result<usize, Cause> {
        use Latent::{BitFlip, BitRot, MisdirectedRead, StaleRead};
        if ![BitRot, BitFlip, MisdirectedRead, StaleRead].into_iter().any(|latent| self.possible(latent)) {
            return self.below.read_at(fd, offset, buf);
        }
        let draws = self.draws(fd, Class::Read)?;
        let id = self.node_of(fd)?;
        let n = self.below.read_at(fd, offset, buf)?;
        if let Some((piece, draw)) = self.piece(BitRot, draws, fd, offset, n) {
            let (at, bit) = bit_of(&piece, draw);
            buf[at] ^= bit;
            self.below.scribble(id, offset + at as u64, &[buf[at]]);
            self.damaged.insert((self.at(id).ino, piece.0));
            self.feel(BitRot);
        }
        if let Some(((_, _, range), draw)) = self.piece(MisdirectedRead, draws, fd, offset, n)
            && let Some((other, at)) = self.elsewhere((id, offset + range.start as u64), &Zone::WHOLE, draw)
        {
            let mut bytes = vec![0; range.len()];
            self.content(other)?.read_at(at, &mut bytes);
            self.give(MisdirectedRead, &mut buf[range], &bytes);
        }
        if let Some(((sector, start, range), _)) = self.piece(StaleRead, draws, fd, offset, n)
            && let Some(former) = self.former.get(&(self.at(id).ino, sector))
        {
            let bytes = former[start..start + range.len()].to_vec();
            self.give(StaleRead, &mut buf[range], &bytes);
        }
        if let Some((piece, draw)) = self.piece(BitFlip, draws, fd, offset, n) {
            let (at, bit) = bit_of(&piece, draw);
            buf[at] ^= bit;
            self.feel(BitFlip);
        }
        Ok(n)
    }

    pub(crate) fn write_at(&mut self, fd: Fd, offset: u64, data: &[u8], now: Time) -> Result<usize, Cause> {
        use Latent::{LostWrite, MisdirectedWrite, StaleRead};
        let faults = [LostWrite, MisdirectedWrite, StaleRead].into_iter().any(|latent| self.possible(latent));
        if !faults && self.damaged.is_empty() {
            return self.below.write_at(fd, offset, data, now);
        }
        let (draws, id) = (self.draws(fd, Class::Write)?, self.node_of(fd)?);
        let offset = if self.appends(fd) { self.len(fd)? } else { offset };
        let ino = self.at(id).ino;
        self.remember(id, offset, data.len());
        let mut written = data.to_vec();
        let mut lost = BTreeSet::new();
        let all_lost = self.hits(LostWrite, draws).is_some();
        if all_lost {
            lost.extend(self.pieces_in(LostWrite, fd, offset, data.len()).into_iter().map(|piece| piece.0));
        }
        let goes = self
            .piece(MisdirectedWrite, draws, fd, offset, data.len())
            .filter(|((sector, ..), _)| !lost.contains(sector));
        if let Some(((sector, start, range), draw)) = goes {
            let zone = self.settings[MisdirectedWrite as usize].1.clone();
            if let Some((other, at)) = self.elsewhere((id, offset + range.start as u64), &zone, draw) {
                self.below.scribble(other, at / SECTOR * SECTOR + start as u64, &data[range]);
                self.damaged.insert((self.at(other).ino, at / SECTOR));
                lost.insert(sector);
                self.feel(MisdirectedWrite);
            }
        }
        // What was lost is as it was; past the end that is zeros, as the length is the file system's and not the drive's.
        let mut differs = false;
        for (sector, start, range) in pieces(offset, data.len(), SECTOR) {
            if lost.contains(&sector) {
                written[range.clone()].fill(0);
                self.content(id)?.read_at(sector * SECTOR + start as u64, &mut written[range]);
            }
        }
        for (sector, _, range) in pieces(offset, data.len(), SECTOR) {
            if written[range.clone()] != data[range.clone()] {
                differs = true;
                self.damaged.insert((ino, sector));
            } else if range.len() as u64 == SECTOR && self.damaged.remove(&(ino, sector)) {
                self.mending.insert((ino, sector));
            }
        }
        if all_lost && differs {
            self.feel(LostWrite);
        }
        self.below.write_at(fd, offset, &written, now)
    }

    pub(crate) fn sync(&mut self, fd: Fd) -> Result<(), Cause> {
        self.below.sync(fd)?;
        let ino = self.at(self.node_of(fd)?).ino;
        self.mending.retain(|sector| sector.0 != ino);
        Ok(())
    }

    pub(crate) fn fail_sync(&mut self, fd: Fd, reverts: bool) -> Result<bool, Cause> {
        let lost = self.below.fail_sync(fd, reverts)?;
        let ino = self.at(self.node_of(fd)?).ino;
        let undone = self.mending.range((ino, 0)..=(ino, u64::MAX)).copied();
        self.damaged.extend(undone);
        Ok(lost)
    }

    pub(crate) fn power_loss(&mut self) {
        self.below.power_loss();
        self.damaged.append(&mut self.mending);
    }

    fn possible(&self, latent: Latent) -> bool {
        self.settings[latent as usize].0.possible()
    }

    fn feel(&mut self, latent: Latent) {
        self.felt[latent as usize] += 1;
    }

    /// The draws of the next operation of this class: apart from all others of the file.
    fn draws(&self, fd: Fd, class: Class) -> Result<(Counter, u64), Cause> {
        let (key, number) = self.ticket(At::File(fd), class)?;
        Ok((key.below(u64::MAX), number))
    }

    /// Whether the operation is hit; then a draw that says how.
    fn hits(&self, latent: Latent, (draws, number): (Counter, u64)) -> Option<u64> {
        let slot = latent as u64;
        let hit = self.settings[latent as usize].0.hit(draws.draw(number, slot));
        hit.then(|| draws.below(number).draw(0, slot))
    }

    /// The sector of an operation that is hit, if one is; and a draw that says how.
    fn piece(&self, latent: Latent, draws: (Counter, u64), fd: Fd, offset: u64, len: usize) -> Option<(Piece, u64)> {
        let draw = self.hits(latent, draws)?;
        let mut pieces = self.pieces_in(latent, fd, offset, len);
        let n = scale_draw(draw, pieces.len() as u64) as usize;
        (n < pieces.len()).then(|| (pieces.swap_remove(n), draw.rotate_left(32)))
    }

    /// The sectors of an operation that a fault may touch.
    fn pieces_in(&self, latent: Latent, fd: Fd, offset: u64, len: usize) -> Vec<Piece> {
        let zone = &self.settings[latent as usize].1;
        if zone.under.is_some() && !self.has_file(zone, fd) {
            return vec![];
        }
        pieces(offset, len, SECTOR).filter(|(sector, ..)| zone.has_offset(sector * SECTOR)).collect()
    }

    /// Whether an open file is in a zone by one of its names; one that has none any more, by the name it had.
    fn has_file(&self, zone: &Zone, fd: Fd) -> bool {
        let Ok(id) = self.node_of(fd) else { return false };
        let names: Vec<_> = self.entries().into_iter().filter(|(_, other)| *other == id).collect();
        names.iter().any(|(path, _)| zone.has_path(path))
            || (names.is_empty() && self.path(fd).is_some_and(|path| zone.has_path(path)))
    }

    /// Another sector of some file within the zone: the file and the offset.
    fn elsewhere(&self, here: (NodeId, u64), zone: &Zone, draw: u64) -> Option<(NodeId, u64)> {
        let mut files: Vec<(String, NodeId)> = self.entries();
        files.retain(|(path, id)| matches!(self.at(*id).kind, Kind::File(_)) && zone.has_path(path));
        let mut seen = BTreeSet::new();
        files.retain(|(_, id)| seen.insert(*id));
        let sectors = files.iter().flat_map(|(_, id)| {
            let sectors = self.metadata_at(*id).len.div_ceil(SECTOR);
            (0..sectors).map(|sector| (*id, sector * SECTOR))
        });
        let others = sectors
            .filter(|(id, at)| zone.has_offset(*at) && (*id, *at / SECTOR) != (here.0, here.1 / SECTOR))
            .collect::<Vec<_>>();
        others.get(scale_draw(draw, others.len() as u64) as usize).copied()
    }

    /// Gives a read other bytes than are there; felt when they differ.
    fn give(&mut self, latent: Latent, buf: &mut [u8], bytes: &[u8]) {
        if *buf != *bytes {
            buf.copy_from_slice(bytes);
            self.feel(latent);
        }
    }

    /// Keeps what a write is about to replace, for stale reads.
    fn remember(&mut self, id: NodeId, offset: u64, len: usize) {
        if !self.possible(Latent::StaleRead) {
            self.former.clear();
            return;
        }
        let ino = self.at(id).ino;
        for (sector, ..) in pieces(offset, len, SECTOR) {
            let mut bytes = vec![0; SECTOR as usize];
            if let Ok(content) = self.content(id) {
                content.read_at(sector * SECTOR, &mut bytes);
            }
            if self.former.len() < FORMER_MAX || self.former.contains_key(&(ino, sector)) {
                self.former.insert((ino, sector), bytes);
            }
        }
    }
}

/// Which byte of the caller's and which bit of it.
fn bit_of((_, _, range): &Piece, draw: u64) -> (usize, u8) {
    let bit = scale_draw(draw, range.len() as u64 * 8) as usize;
    (range.start + bit / 8, 1 << (bit % 8))
}

#[cfg(test)]
#[path = "tests/latent.rs"]
mod tests;
