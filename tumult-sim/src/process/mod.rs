//! The calling process: its name, its life, its end; and its own randomness.

mod descriptor;
mod random;
mod shutdown;
mod signal;

use crate::base::{Incarnation, ProcessId};
use crate::context::with;
pub(crate) use descriptor::{Descriptor, EMFILE};
pub use random::{random_below, random_bool, random_bytes, random_duration, random_u64, random_unit, shuffle};
pub use shutdown::shutdown_requested;
pub use signal::signal;

/// The calling process.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn id() -> ProcessId {
    match with(|w| w.actor) {
        Some(actor) => actor.process,
        None => panic!("called outside any process: this only works in the body of one"),
    }
}

/// The calling process's name.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn name() -> String {
    let id = id();
    with(|w| w.processes.get(id).name.to_string())
}

/// Which life of the process this is: 0 for the first, one more at each restart.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn incarnation() -> Incarnation {
    let id = id();
    with(|w| w.processes.get(id).incarnation)
}

/// Leaves a line in the trace: part of the hash, and of what a failure prints.
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn note(text: impl AsRef<str>) {
    with(|w| {
        let process = w.actor.map_or(u32::MAX, |a| a.process.0);
        let (now, word) = (w.now(), w.core.pair(process, 0));
        w.core.trace.note(now, crate::trace::Kind::Note, word, 0, text.as_ref().as_bytes());
    });
}
