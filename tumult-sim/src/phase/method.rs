//! The five ways to derive thresholds from a baseline.

use super::statistics::Summary;
use crate::journal::{Bounds, MethodName};

/// How a probe's thresholds follow from its baseline (lifecycle specification, "Baseline"). Bounds are inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Method {
    /// 0 ..= p95 × 1.2.
    Percentile,
    /// mean − nσ ..= mean + nσ.
    MeanStddev {
        /// How many standard deviations are normal.
        n: f64,
    },
    /// Q1 − 1.5·IQR ..= Q3 + 1.5·IQR (Tukey 1977, "Exploratory Data Analysis": the inner fences).
    Iqr,
    /// Up to errors/total + tolerance. A sample is the rate of errors in its interval; one that failed is a rate of 1.
    ErrorRate {
        /// What may come on top of the baseline's rate.
        tolerance: f64,
    },
    /// From up/(up + down) − tolerance. A sample is the ratio of time up; one that failed is a ratio of 0.
    Availability {
        /// What may be missing from the baseline's ratio.
        tolerance: f64,
    },
}

impl Method {
    /// Two standard deviations, unless something else was asked for.
    pub(crate) const STDDEVS: f64 = 2.0;
    /// The margin of the percentile method above p95.
    const P95_MARGIN: f64 = 1.2;
    /// The reach of Tukey's fences in interquartile ranges.
    const FENCE_IQRS: f64 = 1.5;

    /// Its name in a journal.
    pub(super) fn name(self) -> MethodName {
        match self {
            Self::Percentile => MethodName::Percentile,
            Self::MeanStddev { .. } => MethodName::MeanStddev,
            Self::Iqr => MethodName::Iqr,
            Self::ErrorRate { .. } => MethodName::ErrorRate,
            Self::Availability { .. } => MethodName::Availability,
        }
    }

    /// What a sample means to this method: to a rate, a failed sample is a value like any other.
    pub(super) fn reading(self, sample: Option<f64>) -> Option<f64> {
        match self {
            Self::ErrorRate { .. } => Some(sample.unwrap_or(1.0)),
            Self::Availability { .. } => Some(sample.unwrap_or(0.0)),
            Self::Percentile | Self::MeanStddev { .. } | Self::Iqr => sample,
        }
    }

    /// How far the system was up at a sample, 0 to 1. Where no rate is measured, an answer is up and a failure down.
    pub(super) fn up(self, sample: Option<f64>) -> f64 {
        match (self, sample) {
            (_, None) => 0.0,
            (Self::Availability { .. }, Some(ratio)) => ratio.clamp(0.0, 1.0),
            (Self::ErrorRate { .. }, Some(rate)) => 1.0 - rate.clamp(0.0, 1.0),
            (Self::Percentile | Self::MeanStddev { .. } | Self::Iqr, Some(_)) => 1.0,
        }
    }

    /// The thresholds that follow from a baseline. For the two rates, the mean of the samples is the rate.
    pub(super) fn bounds(self, s: &Summary) -> Bounds {
        let (lower, upper) = match self {
            Self::Percentile => (Some(0.0), Some(s.p95 * Self::P95_MARGIN)),
            Self::MeanStddev { n } => (Some(s.mean - n * s.stddev), Some(s.mean + n * s.stddev)),
            Self::Iqr => (Some(s.p25 - Self::FENCE_IQRS * s.iqr()), Some(s.p75 + Self::FENCE_IQRS * s.iqr())),
            Self::ErrorRate { tolerance } => (None, Some(s.mean + tolerance)),
            Self::Availability { tolerance } => (Some(s.mean - tolerance), None),
        };
        Bounds { lower, upper }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these figures are exact in binary")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bounds(method: Method, samples: impl IntoIterator<Item = Option<f64>>) -> (Option<f64>, Option<f64>) {
        let summary = Summary::of(samples.into_iter().filter_map(|s| method.reading(s))).unwrap();
        let Bounds { lower, upper } = method.bounds(&summary);
        let rounded = |x: f64| (x * 1e9).round() / 1e9;
        (lower.map(rounded), upper.map(rounded))
    }

    const EIGHT: [Option<f64>; 8] =
        [Some(2.0), Some(4.0), Some(4.0), Some(4.0), Some(5.0), Some(5.0), Some(7.0), Some(9.0)];

    #[test]
    fn thresholds_worked_out_by_hand() {
        // Mean 5, σ 2, quartiles 4 and 5.5, p95 8.3: see the statistics.
        assert_eq!(bounds(Method::Percentile, EIGHT), (Some(0.0), Some(9.96)));
        assert_eq!(bounds(Method::MeanStddev { n: 2.0 }, EIGHT), (Some(1.0), Some(9.0)));
        assert_eq!(bounds(Method::MeanStddev { n: 0.5 }, EIGHT), (Some(4.0), Some(6.0)));
        assert_eq!(bounds(Method::Iqr, EIGHT), (Some(1.75), Some(7.75)));
    }

    #[test]
    fn the_sources_mean_and_deviation_give_its_thresholds() {
        let summary = Summary { mean: 45.2, stddev: 3.8, p95: 52.3, ..Summary::of([45.2]).unwrap() };
        let Bounds { lower, upper } = Method::MeanStddev { n: Method::STDDEVS }.bounds(&summary);
        assert!((lower.unwrap() - 37.6).abs() < 1e-9 && (upper.unwrap() - 52.8).abs() < 1e-9);
        assert!((Method::Percentile.bounds(&summary).upper.unwrap() - 62.76).abs() < 1e-9);
    }

    #[test]
    fn rates_count_failed_samples() {
        // 3 errors of 120 are 0.025; with the tolerance 0.035.
        let errors = (0..120).map(|i| if i % 40 == 0 { None } else { Some(0.0) });
        assert_eq!(bounds(Method::ErrorRate { tolerance: 0.01 }, errors), (None, Some(0.035)));
        // 3 of 120 down are 0.975 up; without the tolerance 0.965.
        let up = (0..120).map(|i| if i % 40 == 0 { None } else { Some(1.0) });
        assert_eq!(bounds(Method::Availability { tolerance: 0.01 }, up), (Some(0.965), None));
        assert_eq!(bounds(Method::Availability { tolerance: 0.0 }, [None, None]), (Some(0.0), None));
    }

    #[test]
    fn up_is_an_answer_or_the_rate_of_answers() {
        assert_eq!((Method::Iqr.up(Some(900.0)), Method::Iqr.up(None)), (1.0, 0.0));
        let availability = Method::Availability { tolerance: 0.01 };
        assert_eq!([Some(0.25), Some(7.0), None].map(|s| availability.up(s)), [0.25, 1.0, 0.0]);
        let errors = Method::ErrorRate { tolerance: 0.01 };
        assert_eq!([Some(0.25), Some(0.0), None].map(|s| errors.up(s)), [0.75, 1.0, 0.0]);
    }

    proptest! {
        /// Counted one by one: so many errors of so many samples, and so much time up.
        #[test]
        fn rates_are_those_of_counting(failed in prop::collection::vec(any::<bool>(), 1..200), tolerance in 0.0..1.0_f64) {
            let errors = failed.iter().filter(|f| **f).count() as f64 / failed.len() as f64;
            let of = |method: Method, good: f64| {
                let samples = failed.iter().map(|f| (!f).then_some(good));
                method.bounds(&Summary::of(samples.filter_map(|s| method.reading(s))).unwrap())
            };
            let upper = of(Method::ErrorRate { tolerance }, 0.0).upper.unwrap();
            let lower = of(Method::Availability { tolerance }, 1.0).lower.unwrap();
            prop_assert!((upper - (errors + tolerance)).abs() < 1e-9, "{upper}");
            prop_assert!((lower - (1.0 - errors - tolerance)).abs() < 1e-9, "{lower}");
        }

        /// Whatever the method, the middle of a baseline is normal by it; and samples that are all equal all are.
        #[test]
        fn the_middle_of_a_baseline_is_within_its_thresholds(
            x in prop::collection::vec(0.0..1.0_f64, 1..100), n in 0.0..4.0_f64, tolerance in 0.0..1.0_f64,
        ) {
            let s = Summary::of(x.iter().copied()).unwrap();
            let constant = Summary::of(x.iter().map(|_| x[0])).unwrap();
            for (method, middle) in [
                (Method::Percentile, s.p50), (Method::MeanStddev { n }, s.mean), (Method::Iqr, s.p50),
                (Method::ErrorRate { tolerance }, s.mean), (Method::Availability { tolerance }, s.mean),
            ] {
                prop_assert!(method.bounds(&s).contains(middle), "{method:?}");
                prop_assert!(method.bounds(&constant).contains(x[0]), "{method:?}");
            }
        }
    }
}
