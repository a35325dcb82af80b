//! Processes: their lives, their clocks, their own randomness.

mod cell;
mod descriptors;

pub use cell::Exit;
pub(crate) use cell::{Process, Processes, State};
pub(crate) use descriptors::Descriptors;
