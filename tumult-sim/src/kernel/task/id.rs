//! Task ids, and who waits for something.

use std::task::Waker;

/// Names a task: its slot, and a generation that tells it from others in the same slot. 48 bits. Or, with another bit, an
/// interest of one: so that a waiter is two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TaskId(u64);

impl TaskId {
    const BITS: u32 = 24;
    const MASK: u64 = (1 << Self::BITS) - 1;
    /// The last generation: a slot that reaches it is retired.
    pub(crate) const LAST_GENERATION: u32 = Self::MASK as u32;
    /// How many slots there can be.
    pub(crate) const SLOTS: usize = 1 << Self::BITS;
    /// Says of an id that it names an interest: a bit above all generations of tasks, so that it is no task's.
    const INTEREST: u64 = 1 << (2 * Self::BITS + 7);

    #[inline]
    pub(crate) const fn new(index: u32, generation: u32) -> Self {
        Self((generation as u64) << Self::BITS | index as u64)
    }
    /// Names an interest.
    #[inline]
    pub(crate) const fn interest(index: u32, generation: u32) -> Self {
        Self(Self::new(index, generation).0 | Self::INTEREST)
    }
    /// The generation of an interest; `None` for a task.
    #[inline]
    pub(crate) const fn interest_generation(self) -> Option<u32> {
        if self.0 & Self::INTEREST == 0 { None } else { Some(self.generation() & Self::LAST_GENERATION) }
    }
    #[inline]
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits & ((1 << (2 * Self::BITS)) - 1))
    }
    #[inline]
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }
    #[inline]
    pub(crate) const fn index(self) -> u32 {
        (self.0 & Self::MASK) as u32
    }
    #[inline]
    pub(crate) const fn generation(self) -> u32 {
        (self.0 >> Self::BITS) as u32
    }
}

/// Who waits: a task of this run, an interest of one, or a waker made by other code (a combinator's).
#[derive(Debug)]
pub(crate) enum Waiter {
    Task(TaskId),
    Foreign(Waker),
}

impl Waiter {
    /// Whether waking the one wakes the other.
    #[inline]
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Task(a), Self::Task(b)) => a == b,
            (Self::Foreign(a), Self::Foreign(b)) => a.will_wake(b),
            _ => false,
        }
    }
}
