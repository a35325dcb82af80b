//! Deterministic simulation testing: write a failure mode as one function, reproduce it from a seed.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod base;
pub mod body;
pub mod collections;
mod context;
pub mod disk;
pub mod fault;
mod host;
pub mod invariant;
pub mod journal;
mod kernel;
pub mod lab;
pub mod net;
pub mod phase;
pub mod process;
mod report;
pub mod search;
mod sim;
pub mod task;
pub mod time;
pub mod trace;

pub use base::{
    Bytes, ClockChange, Counter, DiskChange, Effect, Error, Incarnation, Key, LinkChange, OverlayId, Probability,
    ProcessId, ProcessSet, Reach, Seed, Site, Stream, Time,
};
pub use context::{Cause, Failure, TaskRow};
#[doc(inline)]
pub use invariant::{Invariant, InvariantInfo, Observed, Verdict};
pub use kernel::process::Exit;
pub use kernel::task::Schedule;
pub use lab::FailureMode;
pub use phase::Experiment;
pub use sim::{LinkSetter, Process, Report, Sim, SimConfig};
pub use tumult_macros::{experiment, failure_mode, invariant, test};

/// For this project's own tests of the libc face from outside the crate; no part of the interface.
#[doc(hidden)]
pub mod __host_test {
    pub use crate::host::{ANSWERED, Guard, Hooks, enter, outside, refuse_sleep, take_panic};
}
