//! Law 1: what will happen, ordered by (virtual time, sequence number).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::base::Time;

/// What an entry of the queue does when its time comes. Eight bytes, so that an entry is 24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    /// The timer in this slot fires, unless it was cancelled.
    Timer(u32),
    /// The packet in this slot arrives.
    Deliver(u32),
    /// Something above the kernel asked to be called at this time.
    Cue(u32),
    /// A process's grace period ends.
    Grace(u32),
}

/// One entry of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at: Time,
    pub(crate) seq: u64,
    pub(crate) what: Pending,
}

impl Entry {
    /// Time and sequence number as one number: compared without a branch.
    #[inline]
    const fn key(&self) -> u128 {
        (self.at.as_nanos() as u128) << 64 | self.seq as u128
    }
}

impl Ord for Entry {
    /// Reversed: the std heap gives the greatest first, the queue the earliest.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Entry {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
    // The heap compares with these: one comparison instead of the three-way one.
    #[inline]
    fn lt(&self, other: &Self) -> bool {
        self.key() > other.key()
    }
    #[inline]
    fn le(&self, other: &Self) -> bool {
        self.key() >= other.key()
    }
    #[inline]
    fn gt(&self, other: &Self) -> bool {
        self.key() < other.key()
    }
    #[inline]
    fn ge(&self, other: &Self) -> bool {
        self.key() <= other.key()
    }
}

/// The queue of everything that will happen.
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    heap: BinaryHeap<Entry>,
    seq: u64,
}

impl EventQueue {
    /// Adds an entry and gives its sequence number, unique in the run.
    #[inline]
    pub(crate) fn push(&mut self, at: Time, what: Pending) -> u64 {
        self.seq += 1;
        self.heap.push(Entry { at, seq: self.seq, what });
        self.seq
    }

    /// The time of the earliest entry.
    #[inline]
    pub(crate) fn next_at(&self) -> Option<Time> {
        self.heap.peek().map(|e| e.at)
    }

    /// Takes the earliest entry if it is not later than `now`.
    #[inline]
    pub(crate) fn pop_due(&mut self, now: Time) -> Option<Entry> {
        if self.heap.peek()?.at <= now { self.heap.pop() } else { None }
    }

    /// Drops entries that `keep` refuses. The order of the rest is untouched: it is (time, seq) whatever the heap's.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.heap.retain(keep);
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_by_time_then_by_order_of_arrival() {
        let mut q = EventQueue::default();
        for (at, n) in [(5, 0), (1, 1), (5, 2), (1, 3), (0, 4)] {
            q.push(Time::from_nanos(at), Pending::Cue(n));
        }
        assert_eq!(q.pop_due(Time::ZERO).map(|e| e.what), Some(Pending::Cue(4)));
        assert_eq!(q.pop_due(Time::ZERO), None);
        let mut order = vec![];
        while let Some(e) = q.pop_due(Time::MAX) {
            order.push(e.what);
        }
        assert_eq!(order, [1, 3, 0, 2].map(Pending::Cue));
    }
}
