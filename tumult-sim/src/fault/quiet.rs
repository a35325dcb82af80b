//! Whether anything goes wrong at the moment: for observers of the whole system, whose bounds count from when faults stop.

use crate::base::Time;
use crate::context::current;

/// Since when no fault is in force; `None` while one is. A fault that is never healed, such as a kill without an end, is
/// in force until the run ends, or the phase after it begins.
///
/// It is for observers, as for those who feed an invariant that has to hold once faults stop. A system under test that
/// asked would know what no system knows.
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::{Sim, Time, fault::{self, Fault}, time};
///
/// let mut sim = Sim::new(1);
/// let observer = sim.primary("observer", || async {
///     let mut seen = vec![];
///     for _ in 0..3 {
///         seen.push(fault::quiet_since());
///         time::sleep(Duration::from_secs(2)).await;
///     }
///     seen
/// });
/// let other = sim.process("other", || time::sleep(Duration::from_secs(9)));
/// sim.at(Duration::from_secs(1), Fault::pause(other).lasting(Duration::from_secs(2)));
/// let expected = vec![Some(Time::ZERO), None, Some(Time::ZERO + Duration::from_secs(3))];
/// assert_eq!(sim.run().output(observer), Some(&expected));
/// ```
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn quiet_since() -> Option<Time> {
    let attendant = current().attendant.borrow().clone()?;
    attendant.quiet_since()
}
