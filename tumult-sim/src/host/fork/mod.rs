//! Processes for single runs: forked, watched, ended.
//!
//! May end the process that it has forked. *Must never* let such a process live on without the one that forked it, nor
//! return in it.

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
mod linux;
#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
mod shared;

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
mod elsewhere;

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
pub(crate) use elsewhere::{Shared, addresses_are_fixed, fix_addresses, fix_heap, run_in_child};
#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
pub(crate) use linux::{addresses_are_fixed, fix_addresses, fix_heap, run_in_child};
#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
pub(crate) use shared::Shared;

/// Whether runs can have processes of their own on this system.
pub(crate) const FORKS: bool = cfg!(all(target_os = "linux", target_env = "gnu", not(miri)));

/// How a forked process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With this code.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// It took too long, and was ended.
    Hung,
    /// It could not be made: the error's number.
    Unmade(i32),
    /// Whoever asked for it is gone, and it was ended.
    Unwanted,
}

/// The last bytes of what is printed, within a fixed memory.
#[derive(Debug)]
pub(crate) struct Tail {
    bytes: Vec<u8>,
}

impl Tail {
    /// What is kept at least, once so much was printed.
    const KEPT: usize = 32 << 10;

    pub(crate) fn new() -> Self {
        Self { bytes: Vec::with_capacity(2 * Self::KEPT) }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// No more than [`KEPT`](Self::KEPT) bytes at a time.
    fn push(&mut self, new: &[u8]) {
        debug_assert!(new.len() <= Self::KEPT, "it would have to grow");
        if self.bytes.len() + new.len() > self.bytes.capacity() {
            let old = self.bytes.len() - Self::KEPT;
            self.bytes.copy_within(old.., 0);
            self.bytes.truncate(Self::KEPT);
        }
        self.bytes.extend_from_slice(new);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_in_memory_that_does_not_grow() {
        let mut tail = Tail::new();
        let room = tail.bytes.capacity();
        let all: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        for piece in all.chunks(777) {
            tail.push(piece);
        }
        assert!(all.ends_with(tail.bytes()) && tail.bytes().len() >= Tail::KEPT);
        assert_eq!(tail.bytes.capacity(), room);
    }
}
