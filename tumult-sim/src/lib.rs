//! Deterministic simulation testing: write a failure mode as one function, reproduce it from a seed.

mod base;
pub mod body;
pub mod collections;
mod context;
pub mod invariant;
mod kernel;
pub mod net;
pub mod process;
mod sim;
pub mod task;
pub mod time;
pub mod trace;

pub use base::{
    Bytes, ClockChange, Counter, DiskChange, Effect, Error, Incarnation, Key, LinkChange, OverlayId, Probability,
    ProcessId, ProcessSet, Reach, Seed, Site, Stream, Time,
};
pub use context::{Cause, Failure, TaskRow};
pub use kernel::process::Exit;
pub use kernel::task::Schedule;
pub use sim::{LinkSetter, Process, Report, Sim, SimConfig};
