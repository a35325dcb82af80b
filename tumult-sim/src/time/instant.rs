//! Readings of a process's monotonic clock.

use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

use crate::base::nanos;
use crate::context::with;

/// A reading of the process's monotonic clock. It never goes back; a power loss starts it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// Reads the process's monotonic clock.
    ///
    /// # Panics
    /// Outside a simulation.
    #[track_caller]
    pub fn now() -> Self {
        Self(with(|w| {
            let now = w.now();
            w.clock().read_monotonic(now)
        }))
    }

    /// How long it is since this was read.
    #[track_caller]
    pub fn elapsed(self) -> Duration {
        Self::now().saturating_duration_since(self)
    }

    /// The time from `earlier` to `self`, zero if `earlier` is the later one.
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(nanos(d)))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}

impl Sub for Instant {
    type Output = Duration;
    /// Zero if `rhs` is the later one.
    fn sub(self, rhs: Self) -> Duration {
        self.saturating_duration_since(rhs)
    }
}
