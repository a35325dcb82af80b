//! Phase 0: the author's prediction.

use crate::base::{Error, Kind, OrPanic as _};
use crate::journal::{EstimateRecord, Outcome};

/// What the author expects, said before anything runs. What is not said is not judged.
///
/// ```
/// use tumult_sim::phase::Estimate;
/// let estimate = Estimate::degraded()
///     .recovery_s(30.0)
///     .degradation(0.15)
///     .data_loss(false)
///     .confidence(0.7)
///     .because("replication 3, one broker lost");
/// assert_eq!(estimate.record().expected_recovery_s, Some(30.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate(EstimateRecord);

impl Estimate {
    /// Nothing will leave its thresholds.
    pub const fn no_impact() -> Self {
        Self::of(Outcome::NoImpact)
    }
    /// Some threshold will be breached, and at least 95 % of the samples succeed.
    pub const fn degraded() -> Self {
        Self::of(Outcome::Degraded)
    }
    /// Under 95 % of the samples will succeed.
    pub const fn partial_outage() -> Self {
        Self::of(Outcome::PartialOutage)
    }
    /// Ten samples in a row will fail.
    pub const fn full_outage() -> Self {
        Self::of(Outcome::FullOutage)
    }
    /// The given outcome.
    pub const fn of(outcome: Outcome) -> Self {
        Self(EstimateRecord::of(outcome))
    }

    /// Seconds from the start of rollback to recovery.
    ///
    /// # Panics
    /// At the caller's line when `s` is negative or not finite.
    #[track_caller]
    pub fn recovery_s(mut self, s: f64) -> Self {
        if !(s >= 0.0 && s.is_finite()) {
            refuse(s, "recovery time", "give seconds, zero or more");
        }
        self.0.expected_recovery_s = Some(s + 0.0);
        self
    }

    /// Magnitude of the degradation: 0 for none, 1 for all.
    ///
    /// # Panics
    /// At the caller's line when it is not within 0..=1.
    #[track_caller]
    pub fn degradation(mut self, magnitude: f64) -> Self {
        self.0.expected_degradation = Some(part(magnitude, "degradation"));
        self
    }

    /// Whether data will be lost.
    pub fn data_loss(mut self, expected: bool) -> Self {
        self.0.expected_data_loss = Some(expected);
        self
    }

    /// How sure the author is: 0 for a guess, 1 for certain.
    ///
    /// # Panics
    /// At the caller's line when it is not within 0..=1.
    #[track_caller]
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.0.confidence = Some(part(confidence, "confidence"));
        self
    }

    /// Why this is expected.
    pub fn because(mut self, rationale: impl Into<String>) -> Self {
        self.0.rationale = Some(rationale.into());
        self
    }

    /// The estimate as it stands in a journal.
    pub fn record(&self) -> &EstimateRecord {
        &self.0
    }
}

#[track_caller]
fn part(x: f64, what: &str) -> f64 {
    if !(0.0..=1.0).contains(&x) {
        refuse(x, what, "it is not within 0..=1 (15 % is 0.15)");
    }
    x + 0.0
}

#[track_caller]
fn refuse(x: f64, what: &str, why: &str) {
    Err::<(), _>(Error::new(Kind::Config, format!("take {x} as the estimate's {what}: {why}"))).or_panic();
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn what_is_not_said_is_absent() {
        let bare = Estimate::full_outage();
        assert_eq!(bare.record(), &EstimateRecord::of(Outcome::FullOutage));
        assert_eq!(bare.record().expected_data_loss, None);
        let outcomes = [Estimate::no_impact(), Estimate::degraded(), Estimate::partial_outage(), bare];
        assert_eq!(outcomes.map(|e| e.record().expected_outcome.rank()), [0, 1, 2, 3]);
    }

    #[test]
    fn the_ends_of_the_ranges_are_accepted() {
        let e = Estimate::degraded().recovery_s(0.0).degradation(1.0).confidence(0.0);
        assert_eq!((e.record().expected_recovery_s, e.record().expected_degradation), (Some(0.0), Some(1.0)));
        assert_eq!(e.record().confidence, Some(0.0));
    }

    #[test]
    fn out_of_range_is_refused_with_the_value_and_the_field() {
        let message = |f: fn() -> Estimate| *catch_unwind(f).unwrap_err().downcast::<String>().unwrap();
        for (refused, value, field) in [
            (message(|| Estimate::degraded().recovery_s(-1.0)), "-1", "recovery time"),
            (message(|| Estimate::degraded().recovery_s(f64::INFINITY)), "inf", "recovery time"),
            (message(|| Estimate::degraded().degradation(1.2)), "1.2", "degradation"),
            (message(|| Estimate::degraded().confidence(f64::NAN)), "NaN", "confidence"),
        ] {
            assert!(refused.starts_with(&format!("failed to take {value} as the estimate's {field}: ")), "{refused}");
        }
    }
}
