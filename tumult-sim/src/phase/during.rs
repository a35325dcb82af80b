//! Phase 2: what a probe saw under the fault.

use super::shape::shape;
use super::{Probe, Series};
use crate::base::Time;
use crate::journal::{Epoch, ProbeBaseline, ProbeDuring};

/// When faults were active: from the injection of the first to the lifting of the last, or to the end of the phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FaultWindow {
    pub(crate) from: Time,
    pub(crate) until: Time,
}

/// What a probe saw (lifecycle specification, "During"): onset is the first sample outside the thresholds once the
/// first fault is active; the peak is the greatest |x − mean|, and 100 times that by the mean its percentage.
///
/// Breaches and peak, too, are of the samples from the fault's start on: what came before is not its doing. Where
/// no fault became active, they are of the whole phase, and there is no onset and no shape. A failed sample is a
/// breach and has no value to be the peak.
pub(crate) fn observe(
    probe: &Probe,
    baseline: &ProbeBaseline,
    sampled: &Series,
    fault: Option<FaultWindow>,
    epoch: Epoch,
) -> ProbeDuring {
    let from = fault.map_or(Time::ZERO, |f| f.from);
    let outside = |sample| !probe.within(&baseline.bounds, sample);
    let seen: Vec<_> = sampled.iter().filter(|(at, _)| *at >= from).collect();
    let readings: Vec<_> = seen.iter().map(|(at, sample)| (*at, probe.method.reading(*sample))).collect();
    let peak = baseline.mean.and_then(|mean| peak(mean, &readings));
    let onset = seen.iter().position(|(_, sample)| outside(*sample)).zip(fault);
    ProbeDuring {
        probe: probe.name.clone(),
        samples: sampled.len() as u64,
        failed_samples: sampled.failed() as u64,
        threshold_breaches: seen.iter().filter(|(_, sample)| outside(*sample)).count() as u64,
        onset_epoch_ns: onset.map(|(first, _)| epoch.at(readings[first].0)),
        peak_epoch_ns: peak.map(|p| epoch.at(p.at)),
        peak_value: peak.map(|p| p.value),
        peak_deviation: peak.map(|p| p.deviation),
        peak_deviation_pct: peak.and_then(|p| percent_of(baseline.mean?, p.deviation)),
        shape: match onset {
            Some((first, fault)) => shape(baseline.mean, &baseline.bounds, &readings[first..], fault),
            None => crate::journal::Shape::None,
        },
    }
}

#[derive(Clone, Copy)]
struct Peak {
    at: Time,
    value: f64,
    deviation: f64,
}

/// The first of the readings farthest from the mean.
fn peak(mean: f64, readings: &[(Time, Option<f64>)]) -> Option<Peak> {
    let mut peak: Option<Peak> = None;
    for (at, value) in readings.iter().filter_map(|(at, reading)| Some((*at, (*reading)?))) {
        let deviation = (value - mean).abs();
        if peak.is_none_or(|p| deviation > p.deviation) {
            peak = Some(Peak { at, value, deviation });
        }
    }
    peak
}

/// 100 · deviation / |mean|; absent when the mean is 0, or so near to it that the quotient is not finite.
fn percent_of(mean: f64, deviation: f64) -> Option<f64> {
    Some(100.0 * deviation / mean.abs()).filter(|pct| pct.is_finite())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::series::{each_second, seconds};
    use super::super::{BaselineRules, Probe};
    use super::*;
    use crate::journal::{Shape, Unit};

    const EPOCH: Epoch = Epoch::from_nanos(1_000);

    fn probe() -> Probe {
        Probe::new("latency", Unit::Milliseconds, Duration::from_secs(1))
    }

    /// Mean 45.2 and deviation 3.8, as in the source: normal is 37.6 to 52.8.
    fn baseline() -> ProbeBaseline {
        let samples = (0..120).map(|i| if i % 2 == 0 { 41.4 } else { 49.0 });
        BaselineRules::default().probe(&probe(), &each_second(samples), 0)
    }

    fn fault(from: u64, until: u64) -> FaultWindow {
        FaultWindow { from: seconds(from), until: seconds(until) }
    }

    #[test]
    fn the_sources_peak() {
        let curve = [45.0, 50.0, 60.0, 100.0, 150.0, 198.4, 150.0, 198.4, 100.0, 50.0];
        let d = observe(&probe(), &baseline(), &each_second(curve), Some(fault(1, 10)), EPOCH);
        assert_eq!(d.peak_value, Some(198.4));
        assert_eq!(format!("{:.1}", d.peak_deviation.unwrap()), "153.2");
        assert_eq!(format!("{:.1}", d.peak_deviation_pct.unwrap()), "338.9");
        assert_eq!(d.peak_epoch_ns, Some(5_000_001_000), "the first of two");
        assert_eq!(d.onset_epoch_ns, Some(2_000_001_000));
        assert_eq!((d.samples, d.failed_samples, d.threshold_breaches), (10, 0, 7));
        assert_eq!(d.shape, Shape::Graceful);
    }

    #[test]
    fn what_comes_before_the_fault_is_not_its_doing() {
        let samples = each_second([500.0, 45.0, 45.0, 60.0, 60.0]);
        let d = observe(&probe(), &baseline(), &samples, Some(fault(1, 5)), EPOCH);
        assert_eq!((d.onset_epoch_ns, d.peak_value, d.threshold_breaches), (Some(3_000_001_000), Some(60.0), 2));
        let d = observe(&probe(), &baseline(), &samples, Some(fault(3, 5)), EPOCH);
        assert_eq!(d.onset_epoch_ns, Some(3_000_001_000), "a sample at the fault's own time counts");
        let none = observe(&probe(), &baseline(), &samples, None, EPOCH);
        assert_eq!((none.onset_epoch_ns, none.shape), (None, Shape::None));
        assert_eq!((none.peak_value, none.threshold_breaches), (Some(500.0), 3));
    }

    #[test]
    fn nothing_outside_is_no_onset_and_still_a_peak() {
        let d = observe(&probe(), &baseline(), &each_second([45.0, 49.0, 37.6, 52.8]), Some(fault(0, 4)), EPOCH);
        assert_eq!((d.onset_epoch_ns, d.threshold_breaches, d.shape), (None, 0, Shape::None));
        assert!((d.peak_deviation.unwrap() - 7.6).abs() < 1e-9);
    }

    #[test]
    fn failed_samples_are_breaches_without_a_value() {
        let d = observe(&probe(), &baseline(), &each_second([None; 4]), Some(fault(0, 4)), EPOCH);
        assert_eq!((d.threshold_breaches, d.failed_samples, d.peak_value), (4, 4, None));
        assert_eq!((d.onset_epoch_ns, d.shape), (Some(1_000), Shape::Catastrophic));
        let empty = observe(&probe(), &baseline(), &Series::default(), Some(fault(0, 4)), EPOCH);
        assert_eq!((empty.samples, empty.onset_epoch_ns, empty.peak_deviation), (0, None, None));
    }

    #[test]
    fn a_mean_of_0_has_no_percentage_and_a_negative_one_has_a_positive() {
        let zero = BaselineRules::default().probe(&probe(), &each_second([0.0; 20]), 0);
        let d = observe(&probe(), &zero, &each_second([7.0]), Some(fault(0, 1)), EPOCH);
        assert_eq!((d.peak_deviation, d.peak_deviation_pct), (Some(7.0), None));
        let d = observe(&probe(), &zero, &each_second([0.0]), Some(fault(0, 1)), EPOCH);
        assert_eq!((d.peak_deviation, d.peak_deviation_pct), (Some(0.0), None));
        let below = BaselineRules::default().probe(&probe(), &each_second([-50.0; 20]), 0);
        let d = observe(&probe(), &below, &each_second([-75.0]), Some(fault(0, 1)), EPOCH);
        assert_eq!((d.peak_deviation, d.peak_deviation_pct), (Some(25.0), Some(50.0)));
    }

    #[test]
    fn a_failed_sample_of_a_rate_is_its_worst_value() {
        let mut up = Probe::new("up", Unit::Ratio, Duration::from_secs(1));
        up.availability(0.01);
        let baseline = BaselineRules::default().probe(&up, &each_second([1.0; 20]), 0);
        let d = observe(&up, &baseline, &each_second([Some(1.0), Some(0.99), None]), Some(fault(0, 3)), EPOCH);
        assert_eq!((d.threshold_breaches, d.peak_value, d.peak_deviation_pct), (1, Some(0.0), Some(100.0)));
    }
}
