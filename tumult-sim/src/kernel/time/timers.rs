//! Timers: who is woken when. Cancelling costs one store; the queue is swept when most of it is stale.

use super::{EventQueue, Pending};
use crate::base::Time;
use crate::kernel::task::Waiter;

/// Names a timer that was set; the sequence number tells it from a later one in the same slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    slot: u32,
    seq: u64,
}

#[derive(Debug)]
struct Slot {
    /// The entry of the queue that fires this slot; 0: the slot is free.
    seq: u64,
    waiter: Option<Waiter>,
}

/// All timers of a run.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    slots: Vec<Slot>,
    free: Vec<u32>,
    stale: usize,
}

/// Below this many stale entries a sweep is not worth its walk.
const SWEEP_MIN: usize = 1024;

impl Timers {
    #[inline]
    pub(crate) fn set(&mut self, queue: &mut EventQueue, at: Time, waiter: Waiter) -> TimerKey {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { seq: 0, waiter: None });
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 timers")
        });
        let seq = queue.push(at, Pending::Timer(slot));
        self.slots[slot as usize] = Slot { seq, waiter: Some(waiter) };
        TimerKey { slot, seq }
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
            let slots = &self.slots;
            queue.retain(|e| match e.what {
                Pending::Timer(s) => slots[s as usize].seq == e.seq,
                _ => true,
            });
            self.stale = 0;
        }
        waiter
    }

    /// An entry of the queue came up: who is woken, unless it was cancelled.
    #[inline]
    pub(crate) fn fire(&mut self, slot: u32, seq: u64) -> Option<Waiter> {
        let s = &mut self.slots[slot as usize];
        if s.seq != seq {
            self.stale -= 1;
            return None;
        }
        s.seq = 0;
        self.free.push(slot);
        s.waiter.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::task::TaskId;

    #[test]
    fn a_cancelled_timer_does_not_fire_and_its_slot_is_used_again() {
        let (mut q, mut t) = (EventQueue::default(), Timers::default());
        let waiter = |n| Waiter::Task(TaskId::from_bits(n));
        let a = t.set(&mut q, Time::from_nanos(10), waiter(1));
        t.cancel(&mut q, a);
        let b = t.set(&mut q, Time::from_nanos(20), waiter(2));
        assert_eq!(a.slot, b.slot);
        let mut fired = 0;
        while let Some(e) = q.pop_due(Time::MAX) {
            let Pending::Timer(slot) = e.what else { unreachable!() };
            fired += u32::from(t.fire(slot, e.seq).is_some());
        }
        assert_eq!(fired, 1);
        assert!(t.cancel(&mut q, b).is_none(), "it has fired");
    }

    #[test]
    fn stale_entries_are_swept() {
        let (mut q, mut t) = (EventQueue::default(), Timers::default());
        for n in 0..100_000 {
            let key = t.set(&mut q, Time::from_nanos(1_000_000 + n), Waiter::Task(TaskId::from_bits(1)));
            t.cancel(&mut q, key);
        }
        assert!(q.len() <= 2 * SWEEP_MIN + 2, "{} entries", q.len());
        assert!(t.slots.len() <= 2);
    }
}
