//! Time as a process sees it: [`sleep`], [`timeout`], [`interval`], [`Instant`], [`SystemTime`].
//!
//! All of it follows the process's own clock, which faults may set or slow down. On Linux `std::time::Instant::now()`
//! and `SystemTime::now()` read the same clock; these here work everywhere.

mod instant;
mod interval;
mod sleep;
mod timeout;

pub use instant::{Instant, SystemTime};
pub use interval::{Interval, interval};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, Timeout, timeout};

/// The virtual time: the same for all processes, whatever their clocks show.
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn now() -> crate::Time {
    crate::context::with(|w| w.now())
}
