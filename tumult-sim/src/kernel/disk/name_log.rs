//! Pending changes to directories: entries made, moved and removed since their directory was synced.
//!
//! May: after a power loss any of them may be undone, each by a draw of its own.
//!
//! Must never: leave a tree that no file system would. What stands on an undone change is undone with it, so
//! * changes to one entry are kept in their order, up to the first that is lost;
//! * a move is one change: after it the file is at its old or at its new place, never at both or neither, and what it
//!   replaced is there exactly if the move is not (journaling file systems commit a rename as one transaction, and
//!   every program that replaces a file by renaming a new one over it relies on that);
//! * nothing survives within a directory whose own making was lost;
//! * moving or removing a directory, or a file that has several names, survives only if every earlier pending change
//!   does (a journal is in order; so no loops, no directory goes before what was moved out of it, and no file loses its
//!   old name before it has the new one).
//!
//! Why survivable: a program that syncs the directory after a change finds it there, whatever happens.

use std::collections::BTreeSet;

use crate::base::Probability;

use super::nodes::NodeId;

/// So many pending changes fill the journal, which commits them all; bounds memory for programs that never sync.
pub(super) const CHANGES_MAX: usize = 4096;

/// An entry's place: directory and name.
pub(super) type Place = (NodeId, Box<str>);

/// One change to the tree: made or given one more name (`to` only), removed (`from` only) or moved.
#[derive(Debug)]
pub(super) struct NameChange {
    pub(super) node: NodeId,
    pub(super) from: Option<Place>,
    pub(super) to: Option<Place>,
    /// What the entry at `to` named before.
    pub(super) replaced: Option<NodeId>,
    /// Whether a directory, or a file with other names, is moved, removed or replaced: it then stands on every earlier
    /// change, so that no file loses its last name to a change while the one that gave it another is lost.
    pub(super) barrier: bool,
    /// 64 bits that decide whether it survives, drawn by its number in its directory.
    pub(super) fate: u64,
}

impl NameChange {
    fn places(&self) -> impl Iterator<Item = &Place> {
        self.from.iter().chain(&self.to)
    }

    /// Every node that must not be forgotten while this is pending.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.places().map(|(dir, _)| *dir).chain(self.replaced).chain([self.node])
    }
}

/// The pending changes, in order.
#[derive(Debug, Default)]
pub(super) struct NameLog(Vec<NameChange>);

impl NameLog {
    pub(super) fn push(&mut self, change: NameChange) {
        self.0.push(change);
    }

    /// Whether a change to an entry of this directory is pending.
    pub(super) fn touches(&self, dir: NodeId) -> bool {
        self.0.iter().any(|change| change.places().any(|place| place.0 == dir))
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn take(&mut self) -> Vec<NameChange> {
        std::mem::take(&mut self.0)
    }

    /// Takes out what a sync of `dir` makes durable: every change to an entry of `dir`, and what these stand on. The
    /// making of `dir` itself is an entry of its parent, and stays pending, unless something was moved into `dir`:
    /// losing that with it would lose a file that may have been durable for long.
    pub(super) fn sync(&mut self, dir: NodeId) -> Vec<NameChange> {
        let mut places = BTreeSet::new();
        let mut homes = BTreeSet::new();
        let mut all = false;
        let mut taken = Vec::with_capacity(self.0.len());
        for change in self.0.iter().rev() {
            let take = all
                || change.places().any(|place| place.0 == dir || places.contains(place))
                || (change.to.is_some() && homes.contains(&change.node));
            if take {
                places.extend(change.places());
                all |= change.barrier;
                if let Some((home, _)) = &change.to
                    && (change.from.is_some() || homes.contains(&change.node))
                {
                    homes.insert(*home);
                }
            }
            taken.push(take);
        }
        let mut taken = taken.into_iter().rev();
        self.0.extract_if(.., |_| taken.next().unwrap_or(false)).collect()
    }
}

/// Which of `changes` survive a power loss.
pub(super) fn survivors(changes: &[NameChange], survival: Probability) -> Vec<bool> {
    let mut lost_places = BTreeSet::new();
    let mut lost_homes = BTreeSet::new();
    let mut any_lost = false;
    changes
        .iter()
        .map(|change| {
            let stands = change.places().all(|place| !lost_places.contains(place) && !lost_homes.contains(&place.0));
            let kept = survival.hit(change.fate) && stands && !(change.barrier && any_lost);
            if !kept {
                any_lost = true;
                lost_places.extend(change.places());
                if change.from.is_none() {
                    lost_homes.insert(change.node);
                }
            }
            kept
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: u64 = 0;
    const LOST: u64 = u64::MAX;

    fn change(node: u32, from: Option<(u32, &str)>, to: Option<(u32, &str)>, fate: u64) -> NameChange {
        let place = |(dir, name): (u32, &str)| (NodeId(dir), name.into());
        let (from, to) = (from.map(place), to.map(place));
        NameChange { node: NodeId(node), from, to, replaced: None, barrier: false, fate }
    }

    fn kept(changes: &[NameChange]) -> Vec<bool> {
        survivors(changes, Probability::new(0.5).unwrap())
    }

    #[test]
    fn what_stands_on_a_lost_change_is_lost() {
        let dir_lost = [change(1, None, Some((0, "d")), LOST), change(2, None, Some((1, "f")), KEPT)];
        assert_eq!(kept(&dir_lost), [false, false]);
        let same_entry = [change(1, None, Some((0, "t")), LOST), change(1, Some((0, "t")), Some((0, "f")), KEPT)];
        assert_eq!(kept(&same_entry), [false, false]);
        let other = [change(1, None, Some((0, "a")), LOST), change(2, None, Some((0, "b")), KEPT)];
        assert_eq!(kept(&other), [false, true]);
        let mut barrier = other;
        barrier[1].barrier = true;
        assert_eq!(kept(&barrier), [false, false]);
    }

    #[test]
    fn a_sync_takes_its_directory_and_what_it_stands_on() {
        let mut log = NameLog::default();
        log.push(change(1, None, Some((0, "d")), LOST)); // make the directory d
        log.push(change(2, None, Some((0, "t")), LOST)); // make t
        log.push(change(3, None, Some((0, "u")), LOST)); // make u
        log.push(change(4, None, Some((1, "n")), LOST)); // make d/n
        assert_eq!(log.sync(NodeId(1)).len(), 1, "the entry of d is its parent's");
        log.push(change(2, Some((0, "t")), Some((1, "t")), LOST)); // move t into d
        let taken: Vec<_> = log.sync(NodeId(1)).iter().map(|c| c.node.0).collect();
        assert_eq!(taken, [1, 2, 2], "d holds what was moved there, so d is durable too");
        assert_eq!(log.len(), 1);
    }
}
