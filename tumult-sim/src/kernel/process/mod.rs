//! Processes: their lives, their clocks, their own randomness.

mod cell;

pub(crate) use cell::{Process, Processes, State};
pub use cell::Exit;
