//! Times as a process's own clock shows them.

use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tumult_sim::time::SystemTime;

/// What the wall clock of a process shows, in nanoseconds since the Unix epoch. Not the virtual time: the clock may be
/// off, and may be set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(pub u64);

impl Stamp {
    /// Reads the calling process's clock.
    ///
    /// # Panics
    /// Outside a simulation.
    #[track_caller]
    pub fn now() -> Self {
        Self(u64::try_from(SystemTime::now().unix_nanos()).unwrap_or(0))
    }

    /// The time from `earlier` to `self`, zero if `earlier` is the later one.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The time that is `d` before.
    pub(super) fn before(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Add<Duration> for Stamp {
    type Output = Self;
    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)))
    }
}
