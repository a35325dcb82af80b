//! Time as a process sees it: [`sleep`], [`timeout`], [`interval`], [`Instant`], [`SystemTime`].
//!
//! All of it follows the process's own clock, of which [`ClockConfig`] says how it runs, and which faults may set or
//! slow down. On Linux `std::time::Instant::now()` and `SystemTime::now()` read the same clock; these here work
//! everywhere.
//!
//! A process has two readings of one clock. [`Instant`] is monotonic: it never goes back, and begins at zero when the
//! machine is switched on. [`SystemTime`] is the wall clock: it may be wrong, be set, and go back. A kill stops neither.
//! A power loss starts the monotonic one anew, and the wall clock goes on.

mod instant;
mod interval;
mod sleep;
mod timeout;
mod wall;

#[cfg(test)]
mod tests;

pub use crate::kernel::time::ClockConfig;
pub use instant::Instant;
pub use interval::{Interval, interval};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, Timeout, timeout};
pub use wall::{SystemTime, UNIX_EPOCH, WentBack};

/// The virtual time: the same for all processes, whatever their clocks show.
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn now() -> crate::Time {
    crate::context::with(|w| w.now())
}
