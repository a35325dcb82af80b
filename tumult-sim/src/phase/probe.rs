//! A probe: what is measured, how often, and what counts as normal.

use std::time::Duration;

use super::method::Method;
use crate::base::{Error, Kind, OrPanic as _};
use crate::journal::{Bounds, Unit};

/// What is measured, how often, and how its thresholds follow from the baseline.
///
/// Without further word, thresholds are the mean of the baseline and two standard deviations around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) interval: Duration,
    pub(super) method: Method,
}

impl Probe {
    /// # Panics
    /// At the caller's line when `interval` is zero: such a probe would never let time go on.
    #[track_caller]
    pub(crate) fn new(name: impl Into<String>, unit: Unit, interval: Duration) -> Self {
        let name = name.into();
        if interval.is_zero() {
            Err::<(), _>(Error::new(
                Kind::Config,
                format!("sample the probe `{name}` every 0 s: give it an interval above zero"),
            ))
            .or_panic();
        }
        Self { name, unit, interval, method: Method::MeanStddev { n: Method::STDDEVS } }
    }

    /// The name it was declared with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its values count.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// From one sample to the next.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Normal is from 0 to 1.2 times the 95th percentile. For latencies.
    pub fn percentile(&mut self) -> &mut Self {
        self.method = Method::Percentile;
        self
    }

    /// Normal is the mean, give or take `n` standard deviations. For what scatters evenly.
    ///
    /// # Panics
    /// At the caller's line when `n` is not a number above zero.
    #[track_caller]
    pub fn mean_stddev(&mut self, n: f64) -> &mut Self {
        if !(n > 0.0 && n.is_finite()) {
            self.refuse(&format!("take {n} standard deviations as normal"), "give a number above zero, such as 2.0");
        }
        self.method = Method::MeanStddev { n };
        self
    }

    /// Normal is from 1.5 interquartile ranges below the first quartile to as many above the third. For what is
    /// skewed or has outliers.
    pub fn iqr(&mut self) -> &mut Self {
        self.method = Method::Iqr;
        self
    }

    /// Values are rates of errors, 0 to 1, and a failed sample is a rate of 1. Normal is up to the baseline's rate
    /// and `tolerance`.
    ///
    /// # Panics
    /// At the caller's line when `tolerance` is not within 0..=1.
    #[track_caller]
    pub fn error_rate(&mut self, tolerance: f64) -> &mut Self {
        self.tolerance(tolerance);
        self.method = Method::ErrorRate { tolerance };
        self
    }

    /// Values are ratios of being up, 0 to 1, and a failed sample is a ratio of 0. Normal is from the baseline's
    /// ratio less `tolerance`.
    ///
    /// # Panics
    /// At the caller's line when `tolerance` is not within 0..=1.
    #[track_caller]
    pub fn availability(&mut self, tolerance: f64) -> &mut Self {
        self.tolerance(tolerance);
        self.method = Method::Availability { tolerance };
        self
    }

    /// Whether a sample is normal. One that failed is not.
    pub(super) fn within(&self, bounds: &Bounds, sample: Option<f64>) -> bool {
        self.method.reading(sample).is_some_and(|x| bounds.contains(x))
    }

    #[track_caller]
    fn tolerance(&self, tolerance: f64) {
        if !(0.0..=1.0).contains(&tolerance) {
            self.refuse(&format!("take {tolerance} as a tolerance"), "it is not within 0..=1 (1 % is 0.01)");
        }
    }

    #[track_caller]
    fn refuse(&self, what: &str, why: &str) {
        Err::<(), _>(Error::new(Kind::Config, format!("{what} for the probe `{}`: {why}", self.name))).or_panic();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    fn probe() -> Probe {
        Probe::new("latency", Unit::Milliseconds, Duration::from_millis(100))
    }

    #[test]
    fn a_probe_is_mean_and_two_deviations_unless_told_otherwise() {
        assert_eq!(probe().method, Method::MeanStddev { n: 2.0 });
        assert_eq!(probe().mean_stddev(3.0).method, Method::MeanStddev { n: 3.0 });
        assert_eq!(probe().percentile().method, Method::Percentile);
        assert_eq!(probe().iqr().method, Method::Iqr);
        assert_eq!(probe().error_rate(0.02).method, Method::ErrorRate { tolerance: 0.02 });
        assert_eq!(probe().availability(0.02).method, Method::Availability { tolerance: 0.02 });
        assert_eq!(
            (probe().name(), probe().unit(), probe().interval().as_millis()),
            ("latency", Unit::Milliseconds, 100)
        );
    }

    #[test]
    fn out_of_range_is_refused_by_name() {
        let message = |f: fn()| *catch_unwind(f).unwrap_err().downcast::<String>().unwrap();
        for (refused, expected) in [
            (message(|| drop(Probe::new("p", Unit::Gauge, Duration::ZERO))), "every 0 s"),
            (message(|| drop(probe().mean_stddev(0.0).clone())), "0 standard deviations"),
            (message(|| drop(probe().mean_stddev(f64::NAN).clone())), "NaN standard deviations"),
            (message(|| drop(probe().error_rate(1.5).clone())), "1.5 as a tolerance for the probe `latency`"),
            (message(|| drop(probe().availability(-0.1).clone())), "-0.1 as a tolerance"),
        ] {
            assert!(refused.starts_with("failed to ") && refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn a_failed_sample_is_not_normal_unless_its_rate_is() {
        let anything = Bounds::default();
        assert!(probe().within(&anything, Some(1e9)) && !probe().within(&anything, None));
        let up_to_half = Bounds { lower: None, upper: Some(0.5) };
        assert!(!probe().error_rate(0.01).within(&up_to_half, None));
        assert!(probe().error_rate(0.01).within(&Bounds { lower: None, upper: Some(1.01) }, None));
    }
}
