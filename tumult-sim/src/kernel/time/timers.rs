//! Timers: who is woken when. Cancelling costs one store, and a timer that is set anew (a timeout of the next request)
//! takes over the queue entry that the cancelled one left. The queue is swept when most of it is stale.

use super::queue::Entry;
use super::{EventQueue, Pending};
use crate::base::Time;
use crate::kernel::task::Waiter;

/// Names a timer that was set; the sequence number tells it from a later one in the same slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    slot: u32,
    seq: u64,
}

impl TimerKey {
    /// Its number, unique in the run.
    pub(crate) const fn number(self) -> u64 {
        self.seq
    }
}

#[derive(Debug)]
struct Slot {
    /// The number of the timer; 0: the slot is free.
    seq: u64,
    /// When it fires.
    at: Time,
    /// The entry of the queue that leads here, due at `at` or earlier; 0: there is none.
    entry: u64,
    entry_at: Time,
    waiter: Option<Waiter>,
    /// The event of the trace in which it was set.
    cause: u32,
}

/// All timers of a run.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Entries of the queue that lead to no timer.
    stale: usize,
}

/// Below this many stale entries a sweep is not worth its walk.
const SWEEP_MIN: usize = 1024;

impl Timers {
    #[inline]
    pub(crate) fn set(&mut self, queue: &mut EventQueue, at: Time, waiter: Waiter) -> TimerKey {
        self.set_for(queue, at, Some(waiter))
    }

    /// A timer that no task waits for: the world is told of its number.
    pub(crate) fn alarm(&mut self, queue: &mut EventQueue, at: Time) -> TimerKey {
        self.set_for(queue, at, None)
    }

    /// When a timer that has not fired is due.
    pub(crate) fn due(&self, key: TimerKey) -> Time {
        self.slots[key.slot as usize].at
    }

    #[inline]
    fn set_for(&mut self, queue: &mut EventQueue, at: Time, waiter: Option<Waiter>) -> TimerKey {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { seq: 0, at, entry: 0, entry_at: at, waiter: None, cause: 0 });
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 timers")
        });
        let slot = &mut self.slots[index as usize];
        let seq = queue.next_seq();
        (slot.seq, slot.at, slot.waiter, slot.cause) = (seq, at, waiter, queue.step());
        if slot.entry != 0 && slot.entry_at <= at {
            // The entry that a cancelled timer left comes up first, and moves on then.
            self.stale -= 1;
        } else {
            (slot.entry, slot.entry_at) = (seq, at);
            queue.push_as(Entry { at, seq, what: Pending::Timer(index) });
        }
        TimerKey { slot: index, seq }
    }

    /// Another task waits for it now. Nothing if it has fired.
    #[inline]
    pub(crate) fn rewait(&mut self, key: TimerKey, waiter: Waiter) -> Option<Waiter> {
        let slot = &mut self.slots[key.slot as usize];
        if slot.seq == key.seq { slot.waiter.replace(waiter) } else { Some(waiter) }
    }

    /// The timer will not fire. Gives back its waiter, to be dropped where user code may run.
    #[inline]
    pub(crate) fn cancel(&mut self, queue: &mut EventQueue, key: TimerKey) -> Option<Waiter> {
        let slot = &mut self.slots[key.slot as usize];
        if slot.seq != key.seq {
            return None;
        }
        slot.seq = 0;
        let waiter = slot.waiter.take();
        self.free.push(key.slot);
        self.stale += 1;
        if self.stale > SWEEP_MIN && self.stale * 2 > queue.len() {
            self.sweep(queue);
        }
        waiter
    }

    #[cold]
    fn sweep(&mut self, queue: &mut EventQueue) {
        let slots = &mut self.slots;
        queue.retain(|e| match e.what {
            Pending::Timer(index) => {
                let slot = &mut slots[index as usize];
                let leads = slot.entry == e.seq;
                if leads && slot.seq == 0 {
                    slot.entry = 0;
                }
                leads && slot.seq != 0
            }
            _ => true,
        });
        self.stale = 0;
    }

    /// The earliest entry of the queue that makes something happen; what leads to no timer any more goes before it.
    #[inline]
    pub(crate) fn next(&mut self, queue: &mut EventQueue) -> Option<Time> {
        loop {
            let entry = *queue.peek()?;
            let Pending::Timer(index) = entry.what else { return Some(entry.at) };
            let slot = &mut self.slots[index as usize];
            if slot.seq == entry.seq {
                return Some(entry.at);
            }
            if slot.entry == entry.seq && slot.seq != 0 {
                (slot.entry, slot.entry_at) = (slot.seq, slot.at);
                queue.replace_first(Entry { at: slot.at, seq: slot.seq, ..entry });
                continue;
            }
            if slot.entry == entry.seq {
                slot.entry = 0;
            }
            self.stale -= 1;
            queue.pop();
        }
    }

    /// The event in which the timer that just fired was set.
    #[inline]
    pub(crate) fn cause(&self, index: u32) -> u32 {
        self.slots[index as usize].cause
    }

    /// A timer's entry came up, as [`next`](Self::next) found it: who is woken; nobody by an alarm.
    #[inline]
    pub(crate) fn fire(&mut self, index: u32) -> Option<Waiter> {
        let slot = &mut self.slots[index as usize];
        (slot.seq, slot.entry) = (0, 0);
        self.free.push(index);
        slot.waiter.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::task::TaskId;

    fn waiter(n: u64) -> Waiter {
        Waiter::Task(TaskId::from_bits(n))
    }

    /// Everything that fires: when, and who is woken.
    fn fired(q: &mut EventQueue, t: &mut Timers) -> Vec<(u64, u64)> {
        let mut all = vec![];
        while let Some(at) = t.next(q) {
            let Some(Entry { what: Pending::Timer(slot), .. }) = q.pop() else { unreachable!() };
            let Some(Waiter::Task(id)) = t.fire(slot) else { unreachable!() };
            all.push((at.as_nanos(), id.bits()));
        }
        all
    }

    #[test]
    fn a_cancelled_timer_does_not_fire_and_its_slot_is_used_again() {
        let (mut q, mut t) = (EventQueue::default(), Timers::default());
        let a = t.set(&mut q, Time::from_nanos(10), waiter(1));
        t.cancel(&mut q, a);
        let b = t.set(&mut q, Time::from_nanos(20), waiter(2));
        assert_eq!(a.slot, b.slot);
        assert_eq!(fired(&mut q, &mut t), [(20, 2)]);
        assert!(t.cancel(&mut q, b).is_none(), "it has fired");
    }

    #[test]
    fn a_timer_keeps_its_place_whatever_entry_it_took_over() {
        let (mut q, mut t) = (EventQueue::default(), Timers::default());
        let early = t.set(&mut q, Time::from_nanos(10), waiter(1));
        t.cancel(&mut q, early);
        let late = t.set(&mut q, Time::from_nanos(30), waiter(2));
        t.set(&mut q, Time::from_nanos(30), waiter(3));
        t.cancel(&mut q, late);
        t.set(&mut q, Time::from_nanos(30), waiter(4));
        t.set(&mut q, Time::from_nanos(5), waiter(5));
        assert_eq!(fired(&mut q, &mut t), [(5, 5), (30, 3), (30, 4)]);
        assert_eq!((t.stale, q.len()), (0, 0));
    }

    #[test]
    fn stale_entries_are_swept() {
        let (mut q, mut t) = (EventQueue::default(), Timers::default());
        // Each is due earlier than the one before, so none can take over an entry.
        for n in 0..100_000 {
            let key = t.set(&mut q, Time::from_nanos(1_000_000 - n), waiter(1));
            t.cancel(&mut q, key);
        }
        assert!(q.len() <= 2 * SWEEP_MIN + 2, "{} entries", q.len());
        assert!(t.slots.len() <= 2);
        assert!(fired(&mut q, &mut t).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn timers_fire_as_a_sorted_list_would(script in proptest::collection::vec((0_u64..50, 0_usize..4), 0..300)) {
            let (mut q, mut t) = (EventQueue::default(), Timers::default());
            let mut set: Vec<(u64, u64, TimerKey)> = vec![];
            for (n, (at, what)) in (0..).zip(script) {
                if what == 0 && !set.is_empty() {
                    let (.., key) = set.remove(at as usize % set.len());
                    assert!(t.cancel(&mut q, key).is_some());
                } else {
                    set.push((at, n, t.set(&mut q, Time::from_nanos(at), waiter(n))));
                }
            }
            set.sort_unstable_by_key(|s| (s.0, s.1));
            let expected: Vec<_> = set.iter().map(|s| (s.0, s.1)).collect();
            assert_eq!(fired(&mut q, &mut t), expected);
        }
    }
}
