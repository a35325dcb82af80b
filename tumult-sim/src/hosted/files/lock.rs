//! Locks on files: `flock`'s, of open files, and those of `fcntl`, of ranges, by process or by open file.
//!
//! Each process has a disk of its own, so only threads and open files of one process can be in each other's way. The two
//! kinds do not know of each other, as on Linux.

use crate::kernel::task::Waiter;

/// Bytes of a file: from, and up to but not including.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::hosted) struct Range {
    pub(in crate::hosted) start: u64,
    pub(in crate::hosted) end: u64,
}

impl Range {
    pub(in crate::hosted) const WHOLE: Self = Self { start: 0, end: u64::MAX };

    const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Whose a lock of a range is: the process's, or that of one open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::hosted) enum Owner {
    Process,
    Open(u64),
}

/// A lock of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::hosted) struct Held {
    ino: u64,
    pub(in crate::hosted) owner: Owner,
    pub(in crate::hosted) exclusive: bool,
    pub(in crate::hosted) range: Range,
}

#[derive(Debug)]
struct Whole {
    ino: u64,
    open: u64,
    exclusive: bool,
}

/// All locks of one life.
#[derive(Debug, Default)]
pub(in crate::hosted) struct Locks {
    wholes: Vec<Whole>,
    ranges: Vec<Held>,
    waiting: Vec<Waiter>,
}

impl Locks {
    /// Who wants to be told when a lock has gone.
    pub(in crate::hosted) fn wait(&mut self, waiter: Waiter) {
        self.waiting.push(waiter);
    }

    /// Takes `flock`'s lock for an open file, in place of the one that it has. False if another has one.
    pub(in crate::hosted) fn take_whole(&mut self, ino: u64, open: u64, exclusive: bool) -> bool {
        let in_the_way = |w: &Whole| w.ino == ino && w.open != open && (w.exclusive || exclusive);
        if self.wholes.iter().any(in_the_way) {
            return false;
        }
        self.wholes.retain(|w| w.open != open);
        self.wholes.push(Whole { ino, open, exclusive });
        true
    }

    /// Releases `flock`'s lock of an open file; gives who waited for one.
    #[must_use = "those who waited are to be woken"]
    pub(in crate::hosted) fn release_whole(&mut self, open: u64) -> Vec<Waiter> {
        let before = self.wholes.len();
        self.wholes.retain(|w| w.open != open);
        if self.wholes.len() < before { std::mem::take(&mut self.waiting) } else { vec![] }
    }

    /// A lock of another owner that is in the way: the first by where it begins.
    pub(in crate::hosted) fn in_the_way(&self, ino: u64, owner: Owner, exclusive: bool, range: Range) -> Option<Held> {
        let others = self.ranges.iter().filter(|h| h.ino == ino && h.owner != owner && (h.exclusive || exclusive));
        others.filter(|h| h.range.overlaps(range)).min_by_key(|h| h.range.start).copied()
    }

    /// Sets what an owner has on a range: exclusive, shared, or (`None`) nothing. Gives who is to look again.
    #[must_use = "those who waited are to be woken"]
    pub(in crate::hosted) fn set(&mut self, ino: u64, owner: Owner, lock: Option<bool>, range: Range) -> Vec<Waiter> {
        let mine = |h: &Held| h.ino == ino && h.owner == owner && h.range.overlaps(range);
        let former: Vec<_> = self.ranges.extract_if(.., |h| mine(h)).collect();
        for held in &former {
            let (before, after) = (held.range.start..range.start, range.end..held.range.end);
            for rest in [before, after].into_iter().filter(|rest| rest.start < rest.end) {
                self.ranges.push(Held { range: Range { start: rest.start, end: rest.end }, ..*held });
            }
        }
        if let Some(exclusive) = lock {
            self.ranges.push(Held { ino, owner, exclusive, range });
        }
        if former.is_empty() { vec![] } else { std::mem::take(&mut self.waiting) }
    }

    /// Releases everything of an open file that is closed; gives who waited.
    #[must_use = "those who waited are to be woken"]
    pub(in crate::hosted) fn release_all_of(&mut self, open: u64) -> Vec<Waiter> {
        let mut woken = self.release_whole(open);
        let before = self.ranges.len();
        self.ranges.retain(|h| h.owner != Owner::Open(open));
        if self.ranges.len() < before {
            woken.append(&mut self.waiting);
        }
        woken
    }
}

#[cfg(test)]
mod tests {
    use super::{Locks, Owner, Range};

    const fn range(start: u64, end: u64) -> Range {
        Range { start, end }
    }

    #[test]
    fn a_part_of_a_lock_is_released() {
        let (mut locks, me, other) = (Locks::default(), Owner::Open(1), Owner::Open(2));
        let _ = locks.set(7, me, Some(true), range(0, 100));
        let _ = locks.set(7, me, None, range(40, 60));
        assert!(locks.in_the_way(7, other, false, range(40, 60)).is_none());
        assert_eq!(locks.in_the_way(7, other, false, range(50, 70)).unwrap().range, range(60, 100));
        assert_eq!(locks.in_the_way(7, other, false, range(0, 1)).unwrap().range, range(0, 40));
        assert!(locks.in_the_way(8, other, true, Range::WHOLE).is_none(), "another file");
        assert!(locks.in_the_way(7, me, true, Range::WHOLE).is_none(), "one's own");
    }

    #[test]
    fn shared_locks_are_in_the_way_of_exclusive_ones_alone() {
        let (mut locks, one, two) = (Locks::default(), Owner::Process, Owner::Open(2));
        let _ = locks.set(7, one, Some(false), Range::WHOLE);
        assert!(locks.in_the_way(7, two, false, Range::WHOLE).is_none());
        assert!(locks.in_the_way(7, two, true, range(5, 6)).is_some());
        assert!(locks.take_whole(7, 1, true), "the two kinds do not know of each other");
        assert!(!locks.take_whole(7, 2, false));
        let _ = locks.release_all_of(1);
        assert!(locks.take_whole(7, 2, false) && locks.take_whole(7, 3, false));
    }
}
