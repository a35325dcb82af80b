//! The vocabulary of what can be done to a world. `fault/` compiles plans to these; `kernel/world.rs` applies them.

use std::time::Duration;

use super::{Bandwidth, BurstLoss, DiskChange, NameChange, NameId, Probability, ProcessId, Signal};

/// One thing done to the world, at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The process ends; its machine closes its sockets, completed writes stay, the clock goes on.
    Kill(ProcessId),
    /// The machine ends: peers are left half-open, unsynced data is lost as the disk decides, the monotonic clock
    /// starts anew.
    PowerLoss(ProcessId),
    /// A process that has ended starts again, with its next incarnation.
    Restart(ProcessId),
    /// The process stands still; its machine goes on, so arrivals pile up in bounded buffers.
    Pause(ProcessId),
    /// A paused process goes on.
    Resume(ProcessId),
    /// The process is asked to end; after the grace it is killed.
    Shutdown(ProcessId, Duration),
    /// The process is sent a signal, which ends it unless it handles that.
    Signal(ProcessId, Signal),
    /// All connections of the process are reset, at both ends.
    ResetStreams(ProcessId),
    /// Everything sent from one set to the other is treated by `change` until the overlay is lifted.
    Overlay {
        /// The name under which it is lifted.
        id: OverlayId,
        /// Which packets.
        reach: Reach,
        /// What happens to them.
        change: LinkChange,
    },
    /// Ends an overlay; what it held is released in order.
    Lift(OverlayId),
    /// A named rule on packets is asked from now on, or is no longer: once for each fault that asks for it.
    Rule(RuleId, bool),
    /// What a name answers changes.
    Name(NameId, NameChange),
    /// A process's own clock changes.
    Clock(ProcessId, ClockChange),
    /// A process's disk changes.
    Disk(ProcessId, DiskChange),
    /// This share of each core of the process's machine is taken, in parts in a million.
    StealCpu(ProcessId, u32),
    /// This share of the memory of the process's machine is taken, in parts in a million; who has no room any more is
    /// killed.
    PressMemory(ProcessId, u32),
    /// Every process on the machine of this one that was killed for want of memory starts again.
    Revive(ProcessId),
    /// A process may have only this many files and sockets open at once.
    Descriptors(ProcessId, u32),
}

/// The name of an overlay on the network, unique in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OverlayId(pub u32);

/// A rule that was declared under a name, by its place among those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// The packets that an overlay touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Sent by one of these,
    pub from: ProcessSet,
    /// to one of those,
    pub to: ProcessSet,
    /// or the other way round.
    pub both_ways: bool,
}

/// A set of processes, one bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessSet(Vec<u64>);

impl ProcessSet {
    /// Puts a process in.
    pub fn insert(&mut self, p: ProcessId) {
        let (word, bit) = (p.index() / 64, p.index() % 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << bit;
    }

    /// Whether a process is in.
    #[inline]
    pub fn contains(&self, p: ProcessId) -> bool {
        self.0.get(p.index() / 64).is_some_and(|word| word >> (p.index() % 64) & 1 == 1)
    }
}

impl FromIterator<ProcessId> for ProcessSet {
    fn from_iter<I: IntoIterator<Item = ProcessId>>(processes: I) -> Self {
        let mut set = Self::default();
        processes.into_iter().for_each(|p| set.insert(p));
        set
    }
}

impl Reach {
    /// Whether a packet from `from` to `to` is touched.
    #[inline]
    pub fn covers(&self, from: ProcessId, to: ProcessId) -> bool {
        (self.from.contains(from) && self.to.contains(to))
            || (self.both_ways && self.from.contains(to) && self.to.contains(from))
    }
}

/// What an overlay does to the packets it touches.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkChange {
    /// They are lost, those in flight too.
    Cut,
    /// They wait until the overlay is lifted, then arrive in their order.
    Hold,
    /// They are lost with this probability, on top of the link's own.
    Loss(Probability),
    /// They arrive twice with this probability, on top of the link's own.
    Duplicate(Probability),
    /// They may overtake others with this probability, on top of the link's own.
    Reorder(Probability),
    /// They take this much longer.
    Delay(Duration),
    /// They are lost for the first time, then not for the second, and so on, those in flight too.
    Flap(Duration, Duration),
    /// Some of their bits flip with this probability, on top of the link's own.
    Corrupt(Probability),
    /// Their headers are damaged with this probability, on top of the link's own.
    CorruptHeader(Probability),
    /// They share this bandwidth, link by link, if that is less than the link's own.
    Throttle(Bandwidth),
    /// They are lost in bursts, on top of the link's own loss.
    BurstLoss(BurstLoss),
    /// Of streams only what makes a connection arrives.
    BlackHole,
}

/// A change to a process's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockChange {
    /// The wall clock jumps by this many nanoseconds; the monotonic clock does not.
    Step(i64),
    /// Both clocks run faster by this many parts in a billion (slower if negative; more than -1e9).
    Drift(i64),
    /// The wall clock loses a second, evenly over so many nanoseconds.
    Smear(u64),
    /// A smear over so many nanoseconds stops where it is.
    EndSmear(u64),
}
