//! Where a run's virtual clock starts in calendar time.

use crate::base::Time;

/// The calendar time at which a run's virtual clock stands at zero: nanoseconds since 1970-01-01T00:00:00Z.
///
/// It is fixed by configuration, never read from a clock, so that journals do not depend on when they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(i64);

impl Epoch {
    /// A run whose clock starts `ns` nanoseconds after 1970-01-01T00:00:00Z.
    pub const fn from_nanos(ns: i64) -> Self {
        Self(ns)
    }

    /// The point in epoch nanoseconds at which the virtual clock stands at `t`; saturates in the year 2262.
    pub const fn at(self, t: Time) -> i64 {
        self.0.saturating_add_unsigned(t.as_nanos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_added_and_saturates() {
        let epoch = Epoch::from_nanos(1_711_234_567_000_000_000);
        assert_eq!(epoch.at(Time::from_nanos(890_123_456)), 1_711_234_567_890_123_456);
        assert_eq!(epoch.at(Time::MAX), i64::MAX);
        assert_eq!(Epoch::from_nanos(-5).at(Time::from_nanos(7)), 2);
    }
}
