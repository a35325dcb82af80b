//! CPU time: work that takes longer when others load the machine, or a fault takes it away.
//!
//! Simulated code takes no virtual time. What should take some says so: [`work`] is over when the calling process has
//! had so much CPU time. Alone on a core that is so long; n jobs on c cores get c / n of a core each. A process has a
//! machine of 4 cores of its own unless [`Sim::machine`](crate::Sim::machine) says otherwise.
//!
//! *May*: take longer under load, or while [`Fault::steal_cpu`](crate::fault::Fault::steal_cpu) takes part of each
//! core. *Must never*: be over earlier than it is alone, or lose work that was done: a pause or a theft delays it, and
//! only the end of its process ends it. *Why survivable*: when the load or the theft is over, it goes on at full speed.
//!
//! ```
//! use std::time::Duration;
//! use tumult_sim::{Sim, cpu, fault::Fault, time};
//!
//! let mut sim = Sim::new(1);
//! let worker = sim.primary("worker", || async {
//!     let begun = time::now();
//!     cpu::work(Duration::from_millis(10)).await;
//!     time::now() - begun
//! });
//! sim.fault(Fault::steal_cpu(worker, 0.95));
//! assert_eq!(sim.run().output(worker), Some(&Duration::from_millis(200)));
//! ```

mod work;

use std::time::Duration;

use crate::base::ProcessId;
use crate::context::with;
pub use work::{Work, work};

#[track_caller]
fn caller() -> ProcessId {
    match with(|w| w.actor) {
        Some(actor) => actor.process,
        None => panic!("failed to use a CPU outside any process: use it in the body of one"),
    }
}

/// How many cores the calling process's machine has.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn cores() -> u32 {
    let p = caller();
    with(|w| w.machines.cpu(p).cores())
}

/// How many jobs run on the calling process's machine now, those of other processes included.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn running() -> usize {
    let p = caller();
    with(|w| w.machines.cpu(p).running())
}

/// The CPU time that the calling process has had so far, in all its lives.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn used() -> Duration {
    let p = caller();
    with(|w| {
        let now = w.now();
        w.machines.cpu(p).used(now, p)
    })
}

/// How busy the calling process's machine is at this moment, from 0 to 1, what a fault takes included.
///
/// # Panics
/// Outside a process.
#[track_caller]
pub fn utilization() -> f64 {
    utilization_of(caller())
}

/// How busy the machine of a process is at this moment, from 0 to 1, what a fault takes included: for probes.
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn utilization_of(process: ProcessId) -> f64 {
    with(|w| w.machines.cpu(process).utilization())
}

#[cfg(test)]
mod tests;
