//! How a process's clock runs from the start on.

use std::time::Duration;

/// How a process's clock runs. The default is right.
///
/// ```
/// use std::time::Duration;
/// use tumult_sim::{Sim, time::{ClockConfig, Instant, SystemTime}};
///
/// let mut sim = Sim::new(1);
/// let p = sim.primary("p", || async {
///     tumult_sim::time::sleep(Duration::from_secs(60)).await;
///     (Instant::now(), SystemTime::now());
/// });
/// // Half a minute behind the others, and losing 0.2 ms a second.
/// sim.clock(p, ClockConfig::default().behind(Duration::from_secs(30)).drift_ppm(-200));
/// assert!(sim.run().ended_at().as_secs_f64() > 60.01);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockConfig {
    pub(super) offset_ns: i64,
    pub(super) drift_ppm: i64,
}

impl ClockConfig {
    /// The wall clock is so much ahead of the true time at the start.
    pub fn ahead(self, by: Duration) -> Self {
        Self { offset_ns: i64::try_from(by.as_nanos()).unwrap_or(i64::MAX), ..self }
    }

    /// The wall clock is so much behind the true time at the start.
    pub fn behind(self, by: Duration) -> Self {
        Self { offset_ns: -self.ahead(by).offset_ns, ..self }
    }

    /// Both clocks run faster by so many parts in a million, slower if negative. A fault's drift takes its place.
    ///
    /// # Panics
    /// When it is a million or more, either way.
    #[track_caller]
    pub fn drift_ppm(self, ppm: i64) -> Self {
        assert!(
            ppm.abs() < 1_000_000,
            "failed to let a clock drift by {ppm} parts in a million: write less than a million, either way"
        );
        Self { drift_ppm: ppm, ..self }
    }
}
