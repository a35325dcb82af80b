//! Mean, deviation and percentiles of samples.
//!
//! Sums are taken of the differences to the first sample. Samples that are all the same, which is what a
//! deterministic system often gives, then have exactly that mean and a deviation of exactly 0, and lie within
//! thresholds that were derived from them.

/// What a set of samples looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) n: usize,
    pub(super) mean: f64,
    pub(super) stddev: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) p25: f64,
    pub(super) p50: f64,
    pub(super) p75: f64,
    pub(super) p90: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
}

impl Summary {
    /// The summary of finite `values` in any order; `None` when there are none.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        // Sorted before anything is summed: the result does not depend on the order of the samples.
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let mean = mean(&sorted)?.clamp(min, max);
        let p = |rank| percentile(&sorted, rank);
        Some(Self {
            n: sorted.len(),
            mean,
            stddev: stddev(&sorted, mean),
            min,
            max,
            p25: p(25.0)?,
            p50: p(50.0)?,
            p75: p(75.0)?,
            p90: p(90.0)?,
            p95: p(95.0)?,
            p99: p(99.0)?,
        })
    }

    /// The interquartile range: third quartile minus first.
    pub(super) fn iqr(&self) -> f64 {
        self.p75 - self.p25
    }
}

/// Arithmetic mean: Σx / n.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    Some(first + values.iter().map(|x| x - first).sum::<f64>() / values.len() as f64)
}

/// Standard deviation of the population: √(Σ(x − mean)² / n), not the sample's with n − 1 (lifecycle specification,
/// "Baseline": the samples are all there is, not a draw from something larger).
fn stddev(values: &[f64], mean: f64) -> f64 {
    libm::sqrt(values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / values.len() as f64)
}

/// The `p`th percentile of `sorted`: the value at rank p/100·(n − 1), linear between neighbours (lifecycle
/// specification, "Baseline"; type 7 of Hyndman and Fan 1996, "Sample Quantiles in Statistical Packages").
///
/// `None` for no samples; `p` is within 0..=100.
pub(super) fn percentile(sorted: &[f64], p: f64) -> Option<f64> {
    assert!((0.0..=100.0).contains(&p), "a percentile is within 0..=100, not {p}");
    let last = sorted.len().checked_sub(1)?;
    // Multiplied before divided, so that whole ranks are hit exactly: 95·120/100 is 114, 95/100·120 need not be.
    let rank = p * last as f64 / 100.0;
    let low = (rank as usize).min(last);
    let (a, b) = (sorted[low], sorted[(low + 1).min(last)]);
    // Rounding may carry the sum past its upper neighbour by one unit in the last place.
    Some((a + (b - a) * (rank - low as f64)).min(b))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these figures are exact in binary")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
    }

    #[test]
    fn figures_worked_out_by_hand() {
        // 2, 4, 4, 4, 5, 5, 7, 9: the textbook's example, mean 5 and σ 2 exactly.
        let s = Summary::of([9.0, 2.0, 4.0, 5.0, 4.0, 7.0, 4.0, 5.0]).unwrap();
        assert_eq!((s.n, s.mean, s.stddev, s.min, s.max), (8, 5.0, 2.0, 2.0, 9.0));
        // Ranks of 7: p25 is 1.75 → 4, p50 is 3.5 → 4.5, p75 is 5.25 → 5 + 0.25·2, p90 is 6.3 → 7 + 0.3·2.
        assert_eq!((s.p25, s.p50, s.p75, s.iqr()), (4.0, 4.5, 5.5, 1.5));
        assert!(near(s.p90, 7.6) && near(s.p95, 8.3) && near(s.p99, 8.86));
    }

    #[test]
    fn percentiles_of_0_to_120_are_their_ranks() {
        let sorted: Vec<f64> = (0..=120).map(f64::from).collect();
        for (p, expected) in [(0.0, 0.0), (50.0, 60.0), (90.0, 108.0), (95.0, 114.0), (99.0, 118.8), (100.0, 120.0)] {
            assert!(near(percentile(&sorted, p).unwrap(), expected), "p{p}");
        }
        assert_eq!(percentile(&sorted, 95.0), Some(114.0), "a whole rank is hit exactly");
    }

    #[test]
    fn nothing_has_no_summary_and_one_sample_is_all_its_figures() {
        assert_eq!(Summary::of([]), None);
        assert_eq!(percentile(&[], 50.0), None);
        let s = Summary::of([42.0]).unwrap();
        for figure in [s.mean, s.min, s.max, s.p25, s.p50, s.p75, s.p90, s.p95, s.p99] {
            assert_eq!(figure, 42.0);
        }
        assert_eq!((s.n, s.stddev, s.iqr()), (1, 0.0, 0.0));
    }

    #[test]
    fn equal_samples_have_exactly_their_mean() {
        // Summed plainly, 120 times 0.1 divided by 120 is not 0.1.
        assert_ne!(std::iter::repeat_n(0.1, 120).sum::<f64>() / 120.0, 0.1);
        let s = Summary::of(std::iter::repeat_n(0.1, 120)).unwrap();
        assert_eq!((s.mean, s.stddev), (0.1, 0.0));
    }

    #[test]
    #[should_panic(expected = "within 0..=100, not 101")]
    fn a_percentile_beyond_100_is_a_mistake_of_ours() {
        percentile(&[1.0], 101.0);
    }

    /// The definition word for word: walk along the line through the points (i, value i) until p/100 of its length.
    fn percentile_by_walking(sorted: &[f64], p: f64) -> f64 {
        let mut left = p * (sorted.len() - 1) as f64 / 100.0;
        let mut i = 0;
        while left >= 1.0 {
            left -= 1.0;
            i += 1;
        }
        if left == 0.0 { sorted[i] } else { sorted[i] * (1.0 - left) + sorted[i + 1] * left }
    }

    fn samples() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(prop_oneof![-1e6..1e6_f64, (-5..5_i8).prop_map(f64::from)], 1..200)
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_definition(mut x in samples(), p in 0.0..=100.0_f64) {
            x.sort_by(f64::total_cmp);
            prop_assert!(near(percentile(&x, p).unwrap(), percentile_by_walking(&x, p)));
        }

        #[test]
        fn percentiles_rise_with_p_and_stay_within_the_samples(mut x in samples(), p in 0.0..=100.0_f64, q in 0.0..=100.0_f64) {
            x.sort_by(f64::total_cmp);
            let (low, high) = (percentile(&x, p.min(q)).unwrap(), percentile(&x, p.max(q)).unwrap());
            prop_assert!(x[0] <= low && low <= high && high <= x[x.len() - 1]);
            prop_assert_eq!(percentile(&x, 0.0).unwrap(), x[0]);
            prop_assert_eq!(percentile(&x, 100.0).unwrap(), x[x.len() - 1]);
        }

        #[test]
        fn mean_and_deviation_are_those_of_the_definition(x in samples()) {
            let n = x.len() as f64;
            let mean = x.iter().sum::<f64>() / n;
            // √(mean of squares − square of mean), the other form of the same definition, on shifted values.
            let squares = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
            let shift = x.iter().map(|x| x - mean).sum::<f64>() / n;
            let s = Summary::of(x.iter().copied()).unwrap();
            prop_assert!(near(s.mean, mean), "{} {mean}", s.mean);
            prop_assert!((s.stddev - libm::sqrt((squares - shift * shift).max(0.0))).abs() < 1e-6);
            prop_assert!(s.min <= s.mean && s.mean <= s.max && s.stddev >= 0.0 && s.iqr() >= 0.0);
        }

        /// The quartiles by the definition, the range between them, and the fences that follow.
        #[test]
        fn the_interquartile_range_is_that_of_the_definition(mut x in samples()) {
            let s = Summary::of(x.iter().copied()).unwrap();
            x.sort_by(f64::total_cmp);
            let (q1, q3) = (percentile_by_walking(&x, 25.0), percentile_by_walking(&x, 75.0));
            prop_assert!(near(s.iqr(), q3 - q1) || (s.iqr() - (q3 - q1)).abs() < 1e-6);
            prop_assert!(near(s.p25, q1) && near(s.p75, q3));
        }

        #[test]
        fn the_order_of_samples_does_not_matter(x in samples()) {
            let mut reversed = x.clone();
            reversed.reverse();
            prop_assert_eq!(Summary::of(x), Summary::of(reversed));
        }
    }
}
