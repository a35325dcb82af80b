//! Phase 1: what normal looks like, probe by probe.

use super::anomaly::anomalies;
use super::statistics::Summary;
use super::{Probe, Series};
use crate::journal::{BaselineRecord, Bounds, ProbeBaseline};

/// How baselines are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BaselineRules {
    /// Good samples below which a baseline is anomalous.
    pub(crate) min_samples: usize,
    /// What to do about an anomalous one.
    pub(crate) on_anomaly: OnAnomaly,
}

/// What to do about an anomalous baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnAnomaly {
    /// Say so, mark the journal, go on.
    #[default]
    Warn,
    /// End the experiment as aborted.
    Abort,
}

impl Default for BaselineRules {
    fn default() -> Self {
        Self { min_samples: 10, on_anomaly: OnAnomaly::default() }
    }
}

impl BaselineRules {
    /// The baseline of one probe from all its samples of the phase; the first so many are of its warm-up, and thrown away.
    pub(crate) fn probe(&self, probe: &Probe, sampled: &Series, warm_up: usize) -> ProbeBaseline {
        let series = sampled.without_first(warm_up);
        let summary = Summary::of(series.iter().filter_map(|(_, sample)| probe.method.reading(sample)));
        let anomalies = anomalies(summary.as_ref(), self.min_samples);
        let figure = |of: fn(&Summary) -> f64| summary.as_ref().map(of);
        ProbeBaseline {
            probe: probe.name.clone(),
            unit: probe.unit,
            method: probe.method.name(),
            samples: series.len() as u64,
            failed_samples: series.failed() as u64,
            interval_s: probe.interval.as_secs_f64(),
            warmup_samples: (sampled.len() - series.len()) as u64,
            mean: figure(|s| s.mean),
            stddev: figure(|s| s.stddev),
            min: figure(|s| s.min),
            max: figure(|s| s.max),
            p50: figure(|s| s.p50),
            p90: figure(|s| s.p90),
            p95: figure(|s| s.p95),
            p99: figure(|s| s.p99),
            iqr: figure(Summary::iqr),
            bounds: summary.as_ref().map_or(Bounds::default(), |s| probe.method.bounds(s)),
            anomalous: !anomalies.is_empty(),
            anomalies,
        }
    }

    /// The baseline of all probes, each with its samples and how many of them are of the warm-up.
    pub(crate) fn all<'a>(&self, probes: impl IntoIterator<Item = (&'a Probe, &'a Series, usize)>) -> BaselineRecord {
        let probes: Vec<_> = probes.into_iter().map(|(probe, series, n)| self.probe(probe, series, n)).collect();
        BaselineRecord { anomalous: probes.iter().any(|p| p.anomalous), probes }
    }

    /// Whether the experiment has to end here.
    pub(crate) fn aborts(&self, baseline: &BaselineRecord) -> bool {
        baseline.anomalous && self.on_anomaly == OnAnomaly::Abort
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::series::each_second;
    use super::*;
    use crate::journal::{MethodName, Unit};

    fn latency() -> Probe {
        Probe::new("latency", Unit::Milliseconds, Duration::from_secs(1))
    }

    /// 60 samples of 41.4 and 60 of 49.0 have the source's mean, 45.2, and its deviation, 3.8.
    fn of_the_source() -> impl Iterator<Item = Option<f64>> {
        (0..120).map(|i| Some(if i % 2 == 0 { 41.4 } else { 49.0 }))
    }

    #[test]
    fn the_sources_figures() {
        let warm_up = std::iter::repeat_n(Some(900.0), 10);
        let b = BaselineRules::default().probe(&latency(), &each_second(warm_up.chain(of_the_source())), 10);
        assert_eq!((b.samples, b.warmup_samples, b.failed_samples, b.interval_s), (120, 10, 0, 1.0));
        assert_eq!((b.method, b.unit, b.anomalous), (MethodName::MeanStddev, Unit::Milliseconds, false));
        for (figure, expected) in [
            (b.mean, 45.2),
            (b.stddev, 3.8),
            (b.p50, 45.2),
            (b.iqr, 7.6),
            (b.max, 49.0),
            (b.bounds.lower, 37.6),
            (b.bounds.upper, 52.8),
        ] {
            assert!((figure.unwrap() - expected).abs() < 1e-9, "{figure:?} is not {expected}");
        }
    }

    #[test]
    fn failed_samples_are_counted_and_do_not_enter_the_figures() {
        let b = BaselineRules::default().probe(&latency(), &each_second(of_the_source().chain([None, None])), 0);
        assert_eq!((b.samples, b.failed_samples, b.anomalous), (122, 2, false));
        assert!((b.mean.unwrap() - 45.2).abs() < 1e-9);
    }

    #[test]
    fn a_baseline_without_a_good_sample_has_no_figures() {
        for series in [each_second([None; 20]), Series::default()] {
            let b = BaselineRules::default().probe(&latency(), &series, 0);
            assert_eq!((b.mean, b.p99, b.bounds, b.anomalous), (None, None, Bounds::default(), true));
            assert_eq!(b.anomalies, ["0 good samples, fewer than 10"]);
        }
    }

    #[test]
    fn one_anomalous_probe_marks_the_baseline_and_aborts_when_asked_to() {
        let (calm, short) = (each_second(of_the_source()), each_second([1.0]));
        let (probe, rules) = (latency(), BaselineRules::default());
        let abort = BaselineRules { on_anomaly: OnAnomaly::Abort, ..rules };
        let good = rules.all([(&probe, &calm, 0)]);
        let bad = rules.all([(&probe, &calm, 0), (&probe, &short, 0)]);
        assert_eq!((good.anomalous, bad.anomalous, bad.probes.len()), (false, true, 2));
        assert!(abort.aborts(&bad) && !rules.aborts(&bad) && !abort.aborts(&good));
    }
}
