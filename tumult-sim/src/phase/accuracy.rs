//! How near an estimate came.

use super::weighted::Weighted;
use crate::journal::{EstimateRecord, Outcome};

/// What became of recovery.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Recovery {
    /// It was back after so many seconds.
    After(f64),
    /// It was not back when, after so many seconds, the run ended.
    NotWithin(f64),
    /// Nothing was measured.
    Unknown,
}

/// What happened, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Actual {
    pub(super) outcome: Option<Outcome>,
    pub(super) recovery: Recovery,
    pub(super) degradation: Option<f64>,
    pub(super) data_loss: Option<bool>,
}

/// Estimate accuracy (lifecycle specification, "Analysis"): 0.4·(1 − |Δoutcome|/3) +
/// 0.3·(1 − min(1, |Δrecovery| / max(expected, actual))) + 0.2·(1 − |Δdegradation|) + 0.1·\[data loss as predicted\].
///
/// What was not predicted, or is not known, drops out.
pub(super) fn accuracy(expected: &EstimateRecord, actual: &Actual) -> Weighted {
    let outcome = actual.outcome.map(|a| 1.0 - f64::from(a.rank().abs_diff(expected.expected_outcome.rank())) / 3.0);
    let recovery = expected.expected_recovery_s.and_then(|e| recovery(e, actual.recovery));
    let degradation = expected.expected_degradation.zip(actual.degradation).map(|(e, a)| 1.0 - (a - e).abs());
    let data_loss = expected.expected_data_loss.zip(actual.data_loss).map(|(e, a)| f64::from(u8::from(e == a)));
    Weighted::default()
        .term("outcome", 0.4, outcome)
        .term("recovery", 0.3, recovery)
        .term("degradation", 0.2, degradation)
        .term("data_loss", 0.1, data_loss)
}

/// 1 − min(1, |Δ| / max(expected, actual)); 1 when both are 0.
///
/// A system that did not come back in the time that was predicted has made the prediction fail: 0, the formula's
/// limit for long recoveries. Where the run ended before that time, nothing is known.
fn recovery(expected: f64, actual: Recovery) -> Option<f64> {
    match actual {
        Recovery::After(actual) => {
            let longer = expected.max(actual);
            Some(if longer > 0.0 { 1.0 - ((actual - expected).abs() / longer).min(1.0) } else { 1.0 })
        }
        Recovery::NotWithin(observed) => (expected <= observed).then_some(0.0),
        Recovery::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::phase::Estimate;

    fn near(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-12)
    }

    fn actual(outcome: Outcome, recovery_s: f64, degradation: f64, data_loss: bool) -> Actual {
        Actual {
            outcome: Some(outcome),
            recovery: Recovery::After(recovery_s),
            degradation: Some(degradation),
            data_loss: Some(data_loss),
        }
    }

    #[test]
    fn figures_worked_out_by_hand() {
        let e = Estimate::degraded().recovery_s(30.0).degradation(0.15).data_loss(false);
        // Outcome off by 1: 0.4·2/3. Recovery 40 for 30: 0.3·0.75. Degradation 0.65 for 0.15: 0.2·0.5. Loss as said: 0.1.
        let a = actual(Outcome::PartialOutage, 40.0, 0.65, false);
        assert!(near(accuracy(e.record(), &a).mean(), 0.4 * 2.0 / 3.0 + 0.225 + 0.1 + 0.1));
        assert!(near(accuracy(e.record(), &actual(Outcome::Degraded, 30.0, 0.15, false)).mean(), 1.0));
        let e = Estimate::no_impact().recovery_s(0.0).degradation(0.0).data_loss(false);
        assert!(near(accuracy(e.record(), &actual(Outcome::FullOutage, 60.0, 1.0, true)).mean(), 0.0));
    }

    #[test]
    fn what_is_not_predicted_or_not_known_drops_out() {
        let e = Estimate::degraded().recovery_s(30.0);
        let a = actual(Outcome::Degraded, 15.0, 0.9, true);
        // Only outcome (1.0, weight 0.4) and recovery (0.5, weight 0.3) are left.
        assert!(near(accuracy(e.record(), &a).mean(), (0.4 + 0.15) / 0.7));
        let unknown = Actual { outcome: None, recovery: Recovery::Unknown, degradation: None, data_loss: None };
        assert_eq!(accuracy(e.record(), &unknown).mean(), None);
    }

    #[test]
    fn recovery_at_its_edges() {
        assert_eq!(recovery(0.0, Recovery::After(0.0)), Some(1.0));
        assert_eq!(recovery(0.0, Recovery::After(5.0)), Some(0.0));
        assert_eq!(recovery(5.0, Recovery::After(0.0)), Some(0.0));
        assert_eq!(recovery(30.0, Recovery::NotWithin(60.0)), Some(0.0));
        assert_eq!(recovery(60.0, Recovery::NotWithin(60.0)), Some(0.0));
        assert_eq!(recovery(90.0, Recovery::NotWithin(60.0)), None);
    }

    proptest! {
        #[test]
        fn accuracy_is_within_0_and_1_and_perfect_only_for_what_came_true(
            (o, r, d, l) in (0..4_usize, 0.0..1e4_f64, 0.0..=1.0_f64, any::<bool>()),
            (oa, ra, da, la) in (0..4_usize, 0.0..1e4_f64, 0.0..=1.0_f64, any::<bool>()),
        ) {
            let e = Estimate::of(Outcome::ALL[o]).recovery_s(r).degradation(d).data_loss(l);
            let got = accuracy(e.record(), &actual(Outcome::ALL[oa], ra, da, la)).mean().unwrap();
            prop_assert!((0.0..=1.0).contains(&got));
            let true_to_it = accuracy(e.record(), &actual(Outcome::ALL[o], r, d, l)).mean().unwrap();
            prop_assert!((true_to_it - 1.0).abs() < 1e-12 && got <= true_to_it);
        }

        /// The farther recovery is from what was said, on either side, the lower.
        #[test]
        fn accuracy_falls_with_distance(e in 0.1..1e3_f64, a in 1.0..10.0_f64, b in 1.0..10.0_f64) {
            let (near, far) = (a.min(b), a.max(b));
            let of = |actual| recovery(e, Recovery::After(actual)).unwrap();
            prop_assert!(of(e * far) <= of(e * near) && of(e / far) <= of(e / near));
        }
    }
}
