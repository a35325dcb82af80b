//! Deterministic simulation testing: write a failure mode as one function, reproduce it from a seed.

mod base;
mod context;
mod kernel;
pub mod task;
pub mod time;
mod trace;

pub use base::{
    Bytes, ClockChange, Counter, DiskChange, Effect, Error, Incarnation, Key, LinkChange, OverlayId, Probability,
    ProcessId, ProcessSet, Reach, Seed, Site, Stream, Time,
};
