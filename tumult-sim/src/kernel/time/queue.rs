//! Law 1: what will happen, ordered by (virtual time, sequence number).

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
    /// Something is due at this end of a stream.
    Stream(u32),
    /// From here on the order of ready tasks is drawn, or is not.
    Order(bool),
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

    /// `here` if this one comes before `other`, else `there`.
    #[inline]
    fn earlier(&self, other: &Self, here: usize, there: usize) -> usize {
        // Which of two is earlier is a coin toss: a branch would be mispredicted half of the time.
        std::hint::select_unpredictable(self.key() < other.key(), here, there)
    }
}

/// Children of an entry. Four: half the levels of a binary heap, and their comparisons do not wait for each other.
const ARITY: usize = 4;

/// The queue of everything that will happen: a heap whose root is the earliest entry. Not std's, whose steps branch on
/// what is earlier: with sixteen entries that made 4.6 mispredictions a packet, and this makes one.
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    heap: Vec<Entry>,
    seq: u64,
    /// The event of the trace from which what is put in now follows.
    step: u32,
}

impl EventQueue {
    /// Adds an entry and gives its sequence number, unique in the run.
    #[inline]
    pub(crate) fn push(&mut self, at: Time, what: Pending) -> u64 {
        let seq = self.next_seq();
        self.push_as(Entry { at, seq, what });
        seq
    }

    /// What is put in from now on follows from this event of the trace.
    #[inline]
    pub(crate) fn follow(&mut self, event: u32) {
        self.step = event;
    }

    /// The event from which what is put in now follows.
    #[inline]
    pub(super) const fn step(&self) -> u32 {
        self.step
    }

    /// A sequence number for an entry that comes later.
    #[inline]
    pub(super) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// Adds an entry that has its sequence number.
    #[inline]
    pub(super) fn push_as(&mut self, entry: Entry) {
        let at = self.heap.len();
        self.heap.push(entry);
        self.sift_up(0, at, entry);
    }

    /// The earliest entry.
    #[inline]
    pub(crate) fn peek(&self) -> Option<&Entry> {
        self.heap.first()
    }

    /// Takes the earliest entry.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Entry> {
        let last = self.heap.pop()?;
        let Some(first) = self.heap.first().copied() else { return Some(last) };
        self.sift_down(0, last);
        Some(first)
    }

    /// Puts another entry in the place of the earliest.
    #[inline]
    pub(super) fn replace_first(&mut self, entry: Entry) {
        self.sift_down(0, entry);
    }

    /// Puts `entry` where `at` is, or above, but not above `top`.
    #[inline]
    fn sift_up(&mut self, top: usize, mut at: usize, entry: Entry) {
        let heap = self.heap.as_mut_slice();
        while at > top {
            let parent = (at - 1) / ARITY;
            if heap[parent].key() < entry.key() {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = entry;
    }

    /// Puts `entry` below `at`. What comes from the end of the heap or moves to later mostly belongs to the bottom again:
    /// the hole goes all the way down, each step without a branch to be mispredicted, and the entry then up from there.
    fn sift_down(&mut self, top: usize, entry: Entry) {
        let heap = self.heap.as_mut_slice();
        let mut at = top;
        loop {
            let first = at * ARITY + 1;
            let Some(children) = heap.get(first..) else { break };
            let least = match children.first_chunk::<ARITY>() {
                Some([a, b, c, d]) => {
                    let (ab, cd) = (a.earlier(b, 0, 1), c.earlier(d, 2, 3));
                    children[ab].earlier(&children[cd], ab, cd)
                }
                None if children.is_empty() => break,
                None => (1..children.len()).fold(0, |least, n| children[least].earlier(&children[n], least, n)),
            };
            heap[at] = heap[first + least];
            at = first + least;
        }
        self.sift_up(top, at, entry);
    }

    /// Drops entries that `keep` refuses. The order of the rest is untouched: it is (time, seq) whatever the heap's.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.heap.retain(keep);
        for at in (0..self.heap.len().div_ceil(ARITY)).rev() {
            self.sift_down(at, self.heap[at]);
        }
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
        let order: Vec<_> = std::iter::from_fn(|| q.pop()).map(|e| e.what).collect();
        assert_eq!(order, [4, 1, 3, 0, 2].map(Pending::Cue));
    }

    proptest::proptest! {
        #[test]
        fn it_orders_as_a_sort_does(script in proptest::collection::vec((0_u64..20, 0_u8..8), 0..200)) {
            let (mut q, mut model) = (EventQueue::default(), vec![]);
            for (at, what) in script {
                match what {
                    0..5 => {
                        let seq = q.push(Time::from_nanos(at), Pending::Cue(0));
                        model.push((at, seq));
                    }
                    5 => {
                        q.retain(|e| e.at.as_nanos() != at);
                        model.retain(|e| e.0 != at);
                    }
                    6 => if let Some(e) = q.peek().copied() {
                        let later = Entry { at: Time::from_nanos(e.at.as_nanos() + at), seq: q.next_seq(), ..e };
                        q.replace_first(later);
                        model.retain(|m| m.1 != e.seq);
                        model.push((later.at.as_nanos(), later.seq));
                    },
                    _ => {
                        let least = model.iter().min().copied();
                        model.retain(|e| Some(*e) != least);
                        assert_eq!(q.pop().map(|e| (e.at.as_nanos(), e.seq)), least);
                    }
                }
            }
            model.sort_unstable();
            let rest: Vec<_> = std::iter::from_fn(|| q.pop()).map(|e| (e.at.as_nanos(), e.seq)).collect();
            assert_eq!(rest, model);
        }
    }
}
