//! Deterministic simulation testing: write a failure mode as one function, reproduce it from a seed.

mod base;
mod context;
mod host;
mod kernel;
pub mod task;
pub mod time;
mod trace;

pub use base::{
    Bytes, ClockChange, Counter, DiskChange, Effect, Error, Incarnation, Key, LinkChange, OverlayId, Probability,
    ProcessId, ProcessSet, Reach, Seed, Site, Stream, Time,
};

/// For this project's own tests of the libc face from outside the crate; no part of the interface.
#[doc(hidden)]
pub mod __host_test {
    pub use crate::host::{ANSWERED, Guard, Hooks, enter, outside, refuse_sleep, take_panic};
}
