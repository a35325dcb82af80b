//! Regular ticks.

use std::time::Duration;

use super::{Instant, sleep_until};

/// Ticks at once, then every `period`. A tick that comes late does not move those after it.
///
/// # Panics
/// When the period is zero, and outside a simulation.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    assert!(!period.is_zero(), "failed to make an interval: its period is zero; give it at least a nanosecond");
    Interval { next: Instant::now(), period }
}

/// Made by [`interval`].
#[derive(Clone, Debug)]
pub struct Interval {
    next: Instant,
    period: Duration,
}

impl Interval {
    /// Waits for the next tick and gives the time for which it was due. Cancel-safe: a dropped tick comes again.
    pub async fn tick(&mut self) -> Instant {
        let due = self.next;
        sleep_until(due).await;
        self.next = due + self.period;
        due
    }

    /// The time between ticks.
    pub fn period(&self) -> Duration {
        self.period
    }
}
