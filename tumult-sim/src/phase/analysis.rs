//! Phase 4: prediction against what happened, and the score.

use super::accuracy::{Actual, Recovery, accuracy};
use super::score::{Scored, compliance};
use crate::journal::{AnalysisRecord, BaselineRecord, DuringRecord, EstimateRecord, PostRecord, VerifyRecord};

/// What the phases before found out, as far as the run came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) estimate: Option<&'a EstimateRecord>,
    /// The recovery time that was declared as the target.
    pub(crate) recovery_target_s: Option<f64>,
    pub(crate) baseline: Option<&'a BaselineRecord>,
    pub(crate) during: Option<&'a DuringRecord>,
    pub(crate) post: Option<&'a PostRecord>,
    pub(crate) verify: &'a VerifyRecord,
}

/// The record of the phase. The recovery target is the declared one, else the estimate's recovery time.
pub(crate) fn analyse(evidence: &Evidence<'_>) -> AnalysisRecord {
    let Evidence { estimate, during, post, .. } = *evidence;
    let actual = Actual {
        outcome: during.and_then(|d| d.outcome),
        recovery: post.map_or(Recovery::Unknown, recovery),
        degradation: degradation(evidence.baseline, during),
        data_loss: post.and_then(|p| p.data_loss_detected),
    };
    let actual_recovery_s = post.and_then(|p| p.recovery_duration_s);
    let expected_recovery_s = estimate.and_then(|e| e.expected_recovery_s);
    let recovery_target_s = evidence.recovery_target_s.or(expected_recovery_s);
    let accuracy = estimate.map(|e| accuracy(e, &actual));
    let (held, checked) = evidence.verify.held_of_checked();
    let scored = Scored {
        held,
        checked,
        recovery: actual.recovery,
        target_s: recovery_target_s,
        availability: during.and_then(|d| d.availability),
        compliance_ratio: post.and_then(|p| p.compliance_ratio),
    };
    let (resilience_score, score_terms) = scored.score();
    AnalysisRecord {
        actual_outcome: actual.outcome,
        actual_recovery_s,
        actual_degradation: actual.degradation,
        actual_data_loss: actual.data_loss,
        estimate_accuracy: accuracy.as_ref().and_then(super::weighted::Weighted::mean),
        accuracy_terms: accuracy.map(super::weighted::Weighted::into_terms).unwrap_or_default(),
        estimate_outcome_match: estimate.zip(actual.outcome).map(|(e, a)| e.expected_outcome == a),
        estimate_recovery_delta_s: actual_recovery_s.zip(expected_recovery_s).map(|(a, e)| a - e),
        recovery_target_s,
        resilience_score,
        score_terms,
        compliance: resilience_score.map(compliance),
    }
}

fn recovery(post: &PostRecord) -> Recovery {
    match post.recovery_duration_s {
        Some(s) => Recovery::After(s),
        None => Recovery::NotWithin(post.observed_s),
    }
}

/// The actual degradation of the worst probe: deviation / (deviation + |mean|) at its peak, 0 to 1; absent where no
/// probe has a peak. Each probe is judged in its own unit.
fn degradation(baseline: Option<&BaselineRecord>, during: Option<&DuringRecord>) -> Option<f64> {
    let pairs = baseline?.probes.iter().zip(&during?.probes);
    pairs.filter_map(|(b, d)| Some(part(d.peak_deviation?, b.mean?))).reduce(f64::max)
}

fn part(deviation: f64, mean: f64) -> f64 {
    if deviation > 0.0 { (deviation / (deviation + mean.abs())).min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::series::{each_second, seconds};
    use super::super::{BaselineRules, DataChecks, Estimate, FaultWindow, PostRules, Probe, Series, during, outcome};
    use super::*;
    use crate::journal::{Compliance, Epoch, Outcome, Unit};

    const EPOCH: Epoch = Epoch::from_nanos(0);

    struct Run {
        baseline: BaselineRecord,
        during: DuringRecord,
        post: PostRecord,
    }

    /// All phases over one probe: 120 s with the source's mean and deviation, 60 s of `under_fault`, 120 s of which
    /// the first `bad` are outside.
    fn run(under_fault: impl Fn(usize) -> Option<f64>, bad: usize) -> Run {
        let probe = Probe::new("latency", Unit::Milliseconds, Duration::from_secs(1));
        let rules = BaselineRules::default();
        let normal = each_second((0..120).map(|i| if i % 2 == 0 { 41.4 } else { 49.0 }));
        let baseline = rules.all([(&probe, &normal, 0)]);
        let sampled: Series = (0..60).map(|i| (seconds(120 + i as u64), under_fault(i))).collect();
        let fault = FaultWindow { from: seconds(120), until: seconds(180) };
        let saw = during::observe(&probe, &baseline.probes[0], &sampled, Some(fault), EPOCH);
        let during = outcome::during(&[(&probe, &sampled)], vec![saw]);
        let after: Series =
            (0..120).map(|i| (seconds(180 + i as u64), Some(if i < bad { 99.0 } else { 45.0 }))).collect();
        let back =
            PostRules::default().probe(&probe, &baseline.probes[0], &during.probes[0], &after, seconds(180), EPOCH);
        let post =
            PostRules::all(vec![back], DataChecks { checked: 1, violated: 0 }, seconds(180), seconds(300), EPOCH);
        Run { baseline, during, post }
    }

    fn analysis(run: &Run, estimate: Option<&Estimate>, verify: &VerifyRecord) -> AnalysisRecord {
        analyse(&Evidence {
            estimate: estimate.map(Estimate::record),
            recovery_target_s: None,
            baseline: Some(&run.baseline),
            during: Some(&run.during),
            post: Some(&run.post),
            verify,
        })
    }

    #[test]
    fn a_run_with_the_sources_figures() {
        let run = run(|i| Some(if i == 30 { 198.4 } else { 60.0 }), 2);
        let estimate = Estimate::no_impact().recovery_s(4.0).degradation(0.15).data_loss(false);
        let a = analysis(&run, Some(&estimate), &VerifyRecord::watching(["INV_001", "INV_002"]));
        assert_eq!((a.actual_outcome, a.estimate_outcome_match), (Some(Outcome::Degraded), Some(false)));
        assert_eq!((a.actual_recovery_s, a.estimate_recovery_delta_s), (Some(2.0), Some(-2.0)));
        // 153.2 / (153.2 + 45.2)
        assert!((a.actual_degradation.unwrap() - 153.2 / 198.4).abs() < 1e-9);
        // 0.4·2/3 + 0.3·0.5 + 0.2·(1 − |0.7722 − 0.15|) + 0.1
        let expected = 0.4 * 2.0 / 3.0 + 0.15 + 0.2 * (1.0 - (153.2 / 198.4 - 0.15)) + 0.1;
        assert!((a.estimate_accuracy.unwrap() - expected).abs() < 1e-9);
        // 0.30 + 0.25 + 0.25 + 0.20·118/120
        assert!((a.resilience_score.unwrap() - (0.8 + 0.2 * 118.0 / 120.0)).abs() < 1e-9);
        assert_eq!((a.recovery_target_s, a.compliance), (Some(4.0), Some(Compliance::Compliant)));
    }

    #[test]
    fn without_an_estimate_its_accuracy_is_absent() {
        let run = run(|_| Some(60.0), 2);
        let a = analysis(&run, None, &VerifyRecord::default());
        assert_eq!((a.estimate_accuracy, a.estimate_outcome_match, a.estimate_recovery_delta_s), (None, None, None));
        assert!(a.accuracy_terms.is_empty() && a.resilience_score.is_some());
        let dropped: Vec<_> = a.score_terms.iter().filter(|t| t.value.is_none()).map(|t| t.term.as_str()).collect();
        assert_eq!(dropped, ["invariants", "recovery"]);
    }

    #[test]
    fn a_run_that_does_not_recover_scores_nothing_for_it() {
        let run = run(|_| None, 120);
        let a = analysis(&run, Some(&Estimate::full_outage().recovery_s(10.0)), &VerifyRecord::watching(["INV_001"]));
        assert_eq!((a.actual_outcome, a.actual_recovery_s), (Some(Outcome::FullOutage), None));
        assert_eq!(a.actual_degradation, None, "no sample had a value");
        // Only the invariants scored: 0.30 of 1.
        assert!((a.resilience_score.unwrap() - 0.30).abs() < 1e-9);
        // Outcome as predicted (0.4), recovery refuted (0 of 0.3), nothing else predicted.
        assert!((a.estimate_accuracy.unwrap() - 0.4 / 0.7).abs() < 1e-9);
    }

    #[test]
    fn a_violation_caps_the_score_and_an_aborted_run_has_none() {
        let mut verify = VerifyRecord::watching(["INV_001", "INV_002"]);
        verify.violation("INV_001", 5, "twice");
        assert_eq!(analysis(&run(|_| Some(45.0), 0), None, &verify).resilience_score, Some(0.5));
        let nothing = VerifyRecord::default();
        let estimate = Estimate::degraded();
        let a = analyse(&Evidence {
            estimate: Some(estimate.record()),
            recovery_target_s: Some(5.0),
            baseline: None,
            during: None,
            post: None,
            verify: &nothing,
        });
        assert_eq!((a.resilience_score, a.estimate_accuracy, a.compliance), (None, None, None));
        assert_eq!(a.recovery_target_s, Some(5.0));
    }

    #[test]
    fn degradation_at_its_edges() {
        assert_eq!((part(0.0, 0.0), part(3.0, 0.0), part(0.0, 7.0), part(5.0, -5.0)), (0.0, 1.0, 0.0, 0.5));
        assert_eq!(degradation(None, None), None);
    }
}
