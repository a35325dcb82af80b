//! Virtual time and sizes as types of their own.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in virtual time: nanoseconds since the start of the run.
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::Time;
/// let t = Time::ZERO + Duration::from_millis(1500);
/// assert_eq!(t.to_string(), "1.500s");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(u64);

impl Time {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens: 584 years after the start.
    pub const MAX: Self = Self(u64::MAX);

    /// The point `ns` nanoseconds after the start.
    #[inline]
    pub const fn from_nanos(ns: u64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the start.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start.
    pub fn as_secs_f64(self) -> f64 {
        self.since_start().as_secs_f64()
    }

    /// The time that has passed since the start.
    #[inline]
    pub const fn since_start(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// The time from `earlier` to `self`, zero if `earlier` is the later one.
    #[inline]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Nanoseconds of a duration; 584 years at the most.
#[inline]
pub(crate) fn nanos(d: Duration) -> u64 {
    u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)
}

impl Add<Duration> for Time {
    type Output = Self;
    /// Saturates at [`Time::MAX`].
    #[inline]
    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(nanos(d)))
    }
}

impl AddAssign<Duration> for Time {
    #[inline]
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}

impl Sub for Time {
    type Output = Duration;
    /// Zero if `rhs` is the later one.
    #[inline]
    fn sub(self, rhs: Self) -> Duration {
        self.saturating_since(rhs)
    }
}

/// Seconds, with as many digits as carry information and three at the least.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, mut frac, mut digits) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000, 9);
        while digits > 3 && frac % 10 == 0 {
            frac /= 10;
            digits -= 1;
        }
        f.pad(&format!("{secs}.{frac:0digits$}s"))
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// `n` KiB.
    pub const fn kib(n: u64) -> Self {
        Self(n << 10)
    }
    /// `n` MiB.
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} B", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_prints_the_digits_that_matter() {
        assert_eq!(Time::ZERO.to_string(), "0.000s");
        assert_eq!(Time::from_nanos(412_018_000_000).to_string(), "412.018s");
        assert_eq!(Time::from_nanos(1).to_string(), "0.000000001s");
        assert_eq!(Time::from_nanos(1_500_100_000).to_string(), "1.5001s");
    }

    #[test]
    fn time_saturates_at_both_ends() {
        assert_eq!(Time::MAX + Duration::from_secs(1), Time::MAX);
        assert_eq!(Time::ZERO - Time::MAX, Duration::ZERO);
    }
}
