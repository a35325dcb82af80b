//! The resilience score.

use super::accuracy::Recovery;
use super::weighted::Weighted;
use crate::journal::{Compliance, ScoreTerm};

/// What a score is made of, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scored {
    /// Invariants that held, of those that were checked.
    pub(super) held: u64,
    pub(super) checked: u64,
    pub(super) recovery: Recovery,
    /// The recovery time that was asked for.
    pub(super) target_s: Option<f64>,
    /// Success ratio during the fault.
    pub(super) availability: Option<f64>,
    /// Part of the samples after it that were within the thresholds.
    pub(super) compliance_ratio: Option<f64>,
}

/// The most that a run with a violated invariant can score.
const CAP_VIOLATED: f64 = 0.5;
/// Targets after which a recovery scores nothing.
const RECOVERY_TARGETS_MAX: f64 = 4.0;

impl Scored {
    /// The score and its terms (lifecycle specification, "Analysis"): 0.30·(invariants held / checked) +
    /// 0.25·recovery + 0.25·availability during the fault + 0.20·compliance ratio, at most 0.50 where an invariant
    /// was violated. A term that has no data drops out; without any there is no score.
    pub(super) fn score(&self) -> (Option<f64>, Vec<ScoreTerm>) {
        let invariants = (self.checked > 0).then(|| self.held as f64 / self.checked as f64);
        let weighted = Weighted::default()
            .term("invariants", 0.30, invariants)
            .term("recovery", 0.25, self.target_s.and_then(|target| recovery(target, self.recovery)))
            .term("availability", 0.25, self.availability)
            .term("compliance", 0.20, self.compliance_ratio);
        let cap = if self.held < self.checked { CAP_VIOLATED } else { 1.0 };
        (weighted.mean().map(|score| score.min(cap)), weighted.into_terms())
    }
}

/// 1 if fully recovered within the target, from there linearly to 0 at 4 times the target; 0 if not recovered.
fn recovery(target: f64, actual: Recovery) -> Option<f64> {
    match actual {
        Recovery::After(s) if s <= target => Some(1.0),
        Recovery::After(s) if s >= RECOVERY_TARGETS_MAX * target => Some(0.0),
        Recovery::After(s) => Some((RECOVERY_TARGETS_MAX * target - s) / ((RECOVERY_TARGETS_MAX - 1.0) * target)),
        Recovery::NotWithin(_) => Some(0.0),
        Recovery::Unknown => None,
    }
}

/// The score as a word: from 0.90 compliant, from 0.75 partial.
pub(super) fn compliance(score: f64) -> Compliance {
    if score >= 0.90 {
        Compliance::Compliant
    } else if score >= 0.75 {
        Compliance::Partial
    } else {
        Compliance::NonCompliant
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PERFECT: Scored = Scored {
        held: 5,
        checked: 5,
        recovery: Recovery::After(30.0),
        target_s: Some(30.0),
        availability: Some(1.0),
        compliance_ratio: Some(1.0),
    };

    fn score(scored: Scored) -> Option<f64> {
        scored.score().0.map(|s| (s * 1e9).round() / 1e9)
    }

    #[test]
    fn figures_worked_out_by_hand() {
        assert_eq!(score(PERFECT), Some(1.0));
        // 0.30 + 0.25·0.5 + 0.25·0.9 + 0.20·0.983: recovery at 75 s of 30 is half-way to 120.
        let scored = Scored {
            recovery: Recovery::After(75.0),
            availability: Some(0.9),
            compliance_ratio: Some(0.983),
            ..PERFECT
        };
        assert_eq!(score(scored), Some(0.8466));
        assert_eq!(score(Scored { recovery: Recovery::NotWithin(60.0), ..PERFECT }), Some(0.75));
    }

    #[test]
    fn recovery_at_its_edges() {
        for (s, expected) in [(0.0, 1.0), (30.0, 1.0), (60.0, 2.0 / 3.0), (120.0, 0.0), (500.0, 0.0)] {
            assert!((recovery(30.0, Recovery::After(s)).unwrap() - expected).abs() < 1e-12, "{s}");
        }
        assert_eq!(recovery(0.0, Recovery::After(0.0)), Some(1.0));
        assert_eq!(recovery(0.0, Recovery::After(0.001)), Some(0.0));
        assert_eq!(recovery(30.0, Recovery::Unknown), None);
    }

    #[test]
    fn a_violated_invariant_caps_the_score() {
        // 0.30·0.8 + 0.70 would be 0.94.
        assert_eq!(score(Scored { held: 4, ..PERFECT }), Some(0.5));
        let bad = Scored { held: 0, availability: Some(0.0), compliance_ratio: Some(0.0), ..PERFECT };
        assert_eq!(score(bad), Some(0.25), "the cap does not raise");
    }

    #[test]
    fn terms_without_data_drop_out_and_are_named() {
        let scored = Scored { checked: 0, held: 0, target_s: None, availability: Some(0.8), ..PERFECT };
        let (got, terms) = scored.score();
        // (0.25·0.8 + 0.20·1) / 0.45
        assert!((got.unwrap() - 0.4 / 0.45).abs() < 1e-12);
        let unknown: Vec<_> = terms.iter().filter(|t| t.value.is_none()).map(|t| t.term.as_str()).collect();
        assert_eq!(unknown, ["invariants", "recovery"]);
        assert_eq!(score(Scored { availability: None, compliance_ratio: None, ..scored }), None);
    }

    #[test]
    fn scores_as_words() {
        let words = [1.0, 0.9, 0.899, 0.75, 0.749, 0.0].map(|s| compliance(s).to_string());
        assert_eq!(words, ["COMPLIANT", "COMPLIANT", "PARTIAL", "PARTIAL", "NON-COMPLIANT", "NON-COMPLIANT"]);
    }

    proptest! {
        #[test]
        fn scores_are_within_0_and_1_and_rise_with_each_term(
            (held, checked) in (0..10_u64, 0..10_u64), s in 0.0..500.0_f64, target in 0.0..100.0_f64,
            up in 0.0..=1.0_f64, within in 0.0..=1.0_f64, by in 0.0..=1.0_f64,
        ) {
            let base = Scored {
                held: held.min(checked), checked, recovery: Recovery::After(s), target_s: Some(target),
                availability: Some(up), compliance_ratio: Some(within),
            };
            let got = base.score().0.unwrap();
            prop_assert!((0.0..=1.0).contains(&got));
            for better in [
                Scored { held: base.held.max((checked as f64 * by) as u64), ..base },
                Scored { recovery: Recovery::After(s * by), ..base },
                Scored { availability: Some(up.max(by)), ..base },
                Scored { compliance_ratio: Some(within.max(by)), ..base },
            ] {
                prop_assert!(better.score().0.unwrap() >= got - 1e-12, "{better:?}");
            }
        }
    }
}
