//! Phase 3: how the system came back.

use super::{Probe, Series};
use crate::base::Time;
use crate::journal::{Epoch, PostRecord, ProbeBaseline, ProbeDuring, ProbePost};

/// How recovery is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PostRules {
    /// Consecutive samples within the thresholds that make a recovery.
    pub(crate) recovered_samples: usize,
}

impl Default for PostRules {
    fn default() -> Self {
        Self { recovered_samples: 10 }
    }
}

/// How the invariants that are tagged `data` fared over the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DataChecks {
    /// How many of them were checked.
    pub(crate) checked: usize,
    /// How many of those were violated.
    pub(crate) violated: usize,
}

impl PostRules {
    /// How one probe came back (lifecycle specification, "Post"): recovered is the first sample of the first run of
    /// 10 consecutive samples within the thresholds, and the duration is from the start of rollback to it.
    ///
    /// A probe that was never outside, under the fault or since, recovers in 0.
    pub(crate) fn probe(
        self,
        probe: &Probe,
        baseline: &ProbeBaseline,
        during: &ProbeDuring,
        sampled: &Series,
        rollback: Time,
        epoch: Epoch,
    ) -> ProbePost {
        let within: Vec<bool> = sampled.iter().map(|(_, sample)| probe.within(&baseline.bounds, sample)).collect();
        let breached = during.threshold_breaches > 0 || within.contains(&false);
        let back = if breached { first_run(&within, self.recovered_samples) } else { None };
        let back = back.and_then(|first| sampled.iter().nth(first)).map(|(at, _)| at);
        ProbePost {
            probe: probe.name.clone(),
            breached,
            recovery_epoch_ns: back.map(|at| epoch.at(at)),
            recovery_duration_s: if breached { back.map(|at| (at - rollback).as_secs_f64()) } else { Some(0.0) },
            recovered: !breached || back.is_some(),
            recovery_samples: within.len() as u64,
            samples_within_threshold: within.iter().filter(|w| **w).count() as u64,
        }
    }

    /// The record of the phase, which ran from `rollback` to `end`.
    ///
    /// The mean time to recovery is over the probes that breached. A probe that has not recovered has no time to
    /// recovery, so the mean is absent then: over the others alone it would flatter.
    pub(crate) fn all(probes: Vec<ProbePost>, data: DataChecks, rollback: Time, end: Time, epoch: Epoch) -> PostRecord {
        let fully_recovered = probes.iter().all(|p| p.recovered);
        let breached: Vec<&ProbePost> = probes.iter().filter(|p| p.breached).collect();
        let times: Vec<f64> = breached.iter().filter_map(|p| p.recovery_duration_s).collect();
        let longest = times.iter().copied().reduce(f64::max).filter(|_| fully_recovered);
        let samples: u64 = probes.iter().map(|p| p.recovery_samples).sum();
        let within: u64 = probes.iter().map(|p| p.samples_within_threshold).sum();
        PostRecord {
            rollback_epoch_ns: epoch.at(rollback),
            observed_s: (end - rollback).as_secs_f64(),
            recovery_epoch_ns: breached.iter().filter_map(|p| p.recovery_epoch_ns).max().filter(|_| fully_recovered),
            recovery_duration_s: if breached.is_empty() { Some(0.0) } else { longest },
            mttr_s: super::statistics::mean(&times).filter(|_| fully_recovered),
            mttr_max_s: longest,
            data_integrity_verified: (data.checked > 0).then_some(data.violated == 0),
            data_loss_detected: (data.checked > 0).then_some(data.violated > 0),
            fully_recovered,
            recovery_samples: samples,
            samples_within_threshold: within,
            compliance_ratio: (samples > 0).then(|| within as f64 / samples as f64),
            probes,
        }
    }
}

/// The position at which the first run of `n` true values begins.
fn first_run(values: &[bool], n: usize) -> Option<usize> {
    let mut begin = 0;
    for (i, value) in values.iter().enumerate() {
        if !value {
            begin = i + 1;
        } else if i + 1 - begin >= n {
            return Some(begin);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::during::{FaultWindow, observe};
    use super::super::series::{each_second, seconds};
    use super::super::{BaselineRules, Probe};
    use super::*;
    use crate::journal::Unit;

    const EPOCH: Epoch = Epoch::from_nanos(0);

    /// A probe with the mean 45.2 and normal values from 37.6 to 52.8, that saw `under_fault`, and then `after`,
    /// one sample a second from 100 s on, where rollback began at 100 s.
    fn post(under_fault: &[f64], after: impl IntoIterator<Item = f64>) -> ProbePost {
        let probe = Probe::new("latency", Unit::Milliseconds, Duration::from_secs(1));
        let normal = (0..120).map(|i| if i % 2 == 0 { 41.4 } else { 49.0 });
        let baseline = BaselineRules::default().probe(&probe, &each_second(normal), 0);
        let fault = FaultWindow { from: Time::ZERO, until: seconds(100) };
        let during = observe(&probe, &baseline, &each_second(under_fault.iter().copied()), Some(fault), EPOCH);
        let after: Series = after.into_iter().enumerate().map(|(i, x)| (seconds(100 + i as u64), Some(x))).collect();
        PostRules::default().probe(&probe, &baseline, &during, &after, seconds(100), EPOCH)
    }

    fn all(probes: Vec<ProbePost>) -> PostRecord {
        PostRules::all(probes, DataChecks::default(), seconds(100), seconds(220), EPOCH)
    }

    /// `bad` samples outside, then so many within that it makes 120.
    fn back_after(bad: usize) -> impl Iterator<Item = f64> {
        std::iter::repeat_n(99.0, bad).chain(std::iter::repeat_n(45.0, 120 - bad))
    }

    #[test]
    fn the_sources_compliance() {
        let record = all(vec![post(&[198.4], back_after(2))]);
        assert_eq!((record.samples_within_threshold, record.recovery_samples), (118, 120));
        assert_eq!(format!("{:.3}", record.compliance_ratio.unwrap()), "0.983");
        assert_eq!((record.recovery_duration_s, record.mttr_s, record.fully_recovered), (Some(2.0), Some(2.0), true));
        assert_eq!((record.recovery_epoch_ns, record.observed_s), (Some(102_000_000_000), 120.0));
    }

    #[test]
    fn ten_samples_in_a_row_make_a_recovery() {
        // Nine within, one outside, ten within: the recovery is the eleventh sample.
        let nine_then_ten = [vec![45.0; 9], vec![99.0], vec![45.0; 10]].concat();
        let p = post(&[198.4], nine_then_ten);
        assert_eq!((p.recovery_duration_s, p.recovery_epoch_ns), (Some(10.0), Some(110_000_000_000)));
        let p = post(&[198.4], [45.0; 9]);
        assert_eq!((p.recovered, p.recovery_duration_s, p.recovery_epoch_ns), (false, None, None));
        let p = post(&[198.4], [45.0; 10]);
        assert_eq!((p.recovered, p.recovery_duration_s), (true, Some(0.0)));
        // Both bounds belong to what is normal.
        assert!(post(&[198.4], [37.6, 52.8].repeat(5)).recovered);
    }

    #[test]
    fn a_probe_that_never_breached_recovers_in_0_and_does_not_enter_the_mean() {
        let calm = post(&[45.0], [45.0; 120]);
        assert_eq!((calm.breached, calm.recovered, calm.recovery_duration_s), (false, true, Some(0.0)));
        assert_eq!(calm.recovery_epoch_ns, None);
        let record = all(vec![calm.clone(), post(&[99.0], back_after(30)), post(&[99.0], back_after(10))]);
        assert_eq!(
            (record.mttr_s, record.mttr_max_s, record.recovery_duration_s),
            (Some(20.0), Some(30.0), Some(30.0))
        );
        assert_eq!(record.recovery_epoch_ns, Some(130_000_000_000));
        let record = all(vec![calm]);
        assert_eq!((record.mttr_s, record.mttr_max_s, record.recovery_duration_s), (None, None, Some(0.0)));
        assert!(record.fully_recovered);
    }

    #[test]
    fn what_breaches_only_afterwards_has_breached() {
        let late = post(&[45.0], [vec![99.0; 5], vec![45.0; 15]].concat());
        assert_eq!((late.breached, late.recovery_duration_s), (true, Some(5.0)));
    }

    #[test]
    fn one_that_does_not_recover_leaves_no_mean() {
        let record = all(vec![post(&[99.0], back_after(10)), post(&[99.0], [99.0; 120])]);
        assert!(!record.fully_recovered);
        assert_eq!((record.mttr_s, record.mttr_max_s, record.recovery_duration_s), (None, None, None));
        assert_eq!((record.recovery_epoch_ns, record.compliance_ratio), (None, Some(110.0 / 240.0)));
    }

    #[test]
    fn without_samples_a_breached_probe_has_not_recovered() {
        let record = all(vec![post(&[99.0], [])]);
        assert_eq!((record.fully_recovered, record.compliance_ratio), (false, None));
        assert_eq!(all(Vec::new()).recovery_duration_s, Some(0.0));
    }

    #[test]
    fn data_is_verified_by_those_who_looked() {
        let with = |checked, violated| {
            let record = PostRules::all(Vec::new(), DataChecks { checked, violated }, Time::ZERO, Time::ZERO, EPOCH);
            (record.data_integrity_verified, record.data_loss_detected)
        };
        assert_eq!(with(0, 0), (None, None));
        assert_eq!(with(3, 0), (Some(true), Some(false)));
        assert_eq!(with(3, 1), (Some(false), Some(true)));
    }

    proptest! {
        /// Against brute force: look at every window.
        #[test]
        fn runs_are_found_where_they_begin(values: Vec<bool>, n in 1..15_usize) {
            let by_window = values.windows(n).position(|w| w.iter().all(|v| *v));
            prop_assert_eq!(first_run(&values, n), by_window);
        }

        /// A series that is made so that the answer is known.
        #[test]
        fn recovery_is_found_in_series_made_for_it(bad in 0..60_usize, short in 0..10_usize) {
            let relapse = [vec![99.0; bad], vec![45.0; short], vec![99.0], vec![45.0; 10]].concat();
            let p = post(&[99.0], relapse);
            prop_assert_eq!(p.recovery_duration_s, Some((bad + short + 1) as f64));
        }
    }
}
