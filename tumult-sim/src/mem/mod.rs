//! Memory as an account: what processes say that they hold, with limits, pressure, and an end.
//!
//! Nothing is allocated or measured: a model reserves what the system that it stands for would use. As on Linux,
//! [`reserve`] always succeeds or kills. A process that exceeds its own limit
//! ([`Sim::memory_limit`](crate::Sim::memory_limit)) is killed; when the machine has not enough
//! ([`Sim::machine`](crate::Sim::machine); 4 GiB unless it says otherwise), the process on it that holds most is killed,
//! whoever asked. [`try_reserve`] asks first, and fails softly.
//!
//! *May*: kill a process that holds memory or asks for it, also at the moment at which
//! [`Fault::memory_pressure`](crate::fault::Fault::memory_pressure) begins. *Must never*: kill one while what is held
//! fits, or one that holds none and asks for none; let what the dead held be missing. *Why survivable*: a killed
//! process starts again when the pressure is over, or where a fault waits for [`OUT_OF_MEMORY`].
//!
//! ```
//! use tumult_sim::{Bytes, Sim, mem};
//!
//! let mut sim = Sim::new(1);
//! let cache = sim.primary("cache", || async {
//!     let base = mem::reserve(Bytes::mib(48)).await;
//!     let refused = mem::try_reserve(Bytes::mib(17)).unwrap_err();
//!     assert_eq!(refused.available(), Bytes::mib(16));
//!     drop(base);
//!     mem::try_reserve(Bytes::mib(17)).is_ok()
//! });
//! sim.memory_limit(cache, Bytes::mib(64));
//! assert_eq!(sim.run().output(cache), Some(&true));
//! ```

mod reservation;

use crate::base::{Bytes, ProcessId};
use crate::context::with;
/// The point that a process reaches when it is killed for want of memory: a fault may wait for it, as in
/// `sim.on(Condition::point(mem::OUT_OF_MEMORY).by(p), Fault::restart(p))`, which is a supervisor.
pub use crate::kernel::world::OUT_OF_MEMORY;
pub use reservation::{OutOfMemory, Reservation, reserve, try_reserve};

#[track_caller]
fn caller() -> ProcessId {
    match with(|w| w.actor) {
        Some(actor) => actor.process,
        None => panic!("failed to use memory outside any process: use it in the body of one"),
    }
}

/// What the calling process holds.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn used() -> Bytes {
    let p = caller();
    with(|w| w.machines.memory(p).used_by(p))
}

/// The most that the calling process could hold if it were alone on its machine.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn limit() -> Bytes {
    let p = caller();
    with(|w| w.machines.memory(p).limit_of(p))
}

/// What the calling process could reserve at this moment.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn available() -> Bytes {
    let p = caller();
    with(|w| w.machines.memory(p).available_to(p))
}

/// How full the calling process's machine is at this moment, from 0 to 1, what a fault takes included.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn utilization() -> f64 {
    utilization_of(caller())
}

/// How full the machine of a process is at this moment, from 0 to 1, what a fault takes included: for probes.
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn utilization_of(process: ProcessId) -> f64 {
    with(|w| w.machines.memory(process).utilization())
}

#[cfg(test)]
mod tests;
