//! What processes compete for: the cores and the memory of the machines that they run on.
//!
//! A process has a machine of its own unless it was put on one with others. A machine is made when it is first needed,
//! so what asks for no CPU time and no memory costs nothing.

mod cpu;
mod machines;
mod memory;

pub(crate) use cpu::{Cpu, JobId};
pub(crate) use machines::{Act, JobKey, Machines};
pub(crate) use memory::{Memory, Room};
