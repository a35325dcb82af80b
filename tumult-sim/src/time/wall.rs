//! Readings of a process's wall clock.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use crate::base::nanos;
use crate::context::with;

/// A reading of the process's wall clock. It may go back: what is later was not always read later.
///
/// A fault may set it ([`Fault::clock_step`](crate::fault::Fault::clock_step)), and two processes' clocks need not agree
/// ([`ClockConfig`](super::ClockConfig)). For how long something takes there is [`Instant`](super::Instant).
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::{Sim, fault::{Fault, behind}, time::{self, Instant, SystemTime}};
///
/// let mut sim = Sim::new(1);
/// let lease = sim.primary("lease", || async {
///     let (granted, begun) = (SystemTime::now(), Instant::now());
///     time::sleep(Duration::from_secs(10)).await;
///     assert_eq!(begun.elapsed(), Duration::from_secs(10)); // ten seconds have passed,
///     granted.elapsed().unwrap_err().duration() // and by the wall clock it has not been granted yet
/// });
/// sim.at(Duration::from_secs(5), Fault::clock_step(lease, behind(Duration::from_secs(60))));
/// assert_eq!(sim.run().output(lease), Some(&Duration::from_secs(50)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemTime(i64);

/// The beginning of 1970: [`SystemTime::UNIX_EPOCH`].
pub const UNIX_EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

impl SystemTime {
    /// The beginning of 1970, from which [`unix_nanos`](Self::unix_nanos) counts.
    pub const UNIX_EPOCH: Self = Self(0);

    /// Reads the process's wall clock.
    ///
    /// # Panics
    /// Outside a simulation.
    #[track_caller]
    pub fn now() -> Self {
        Self(with(|w| {
            let now = w.now();
            w.clock().read_wall(now)
        }))
    }

    /// The time so many nanoseconds after the beginning of 1970.
    pub const fn from_unix_nanos(ns: i64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the beginning of 1970.
    pub const fn unix_nanos(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to `self`.
    ///
    /// # Errors
    /// When `earlier` is the later one: the clock may have been set back between the two.
    pub fn duration_since(self, earlier: Self) -> Result<Duration, WentBack> {
        let ns = i128::from(self.0) - i128::from(earlier.0);
        let apart = Duration::from_nanos(ns.unsigned_abs() as u64);
        if ns < 0 { Err(WentBack(apart)) } else { Ok(apart) }
    }

    /// How long it is since this was read, by the wall clock.
    ///
    /// # Errors
    /// When the clock shows an earlier time now.
    ///
    /// # Panics
    /// Outside a simulation.
    #[track_caller]
    pub fn elapsed(self) -> Result<Duration, WentBack> {
        Self::now().duration_since(self)
    }
}

impl Add<Duration> for SystemTime {
    type Output = Self;
    /// Saturates in the year 2262.
    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(nanos(d)))
    }
}

impl Sub<Duration> for SystemTime {
    type Output = Self;
    /// Saturates in the year 1677.
    fn sub(self, d: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(nanos(d)))
    }
}

impl fmt::Debug for SystemTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SystemTime({}.{:09})", self.0.div_euclid(1_000_000_000), self.0.rem_euclid(1_000_000_000))
    }
}

/// Of two times the one that was taken for the earlier is the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WentBack(Duration);

impl WentBack {
    /// By how much.
    pub const fn duration(&self) -> Duration {
        self.0
    }
}

impl fmt::Display for WentBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the earlier time is later by {:?}", self.0)
    }
}

impl std::error::Error for WentBack {}
