//! Processes: their lives, their clocks, their own randomness.

mod cell;

pub use cell::Exit;
pub(crate) use cell::{Process, Processes, State};
