//! Whether a baseline is fit to measure against.

use super::statistics::Summary;

/// Coefficient of variation above which a baseline is too restless.
const VARIATION_MAX: f64 = 0.5;
/// Range over median above which a baseline has spikes.
const RANGE_MEDIANS_MAX: f64 = 10.0;

/// Why a baseline is anomalous; empty for one that is not (lifecycle specification, "Baseline"):
/// n < `min_samples`, or σ / |mean| > 0.5, or max − min > 10 · |median|.
///
/// Magnitudes are taken of mean and median, so that a gauge below zero is judged as its mirror image. Where they
/// are 0, any scatter at all is too much and none is fine.
pub(super) fn anomalies(good: Option<&Summary>, min_samples: usize) -> Vec<String> {
    let mut reasons = Vec::new();
    let n = good.map_or(0, |s| s.n);
    if n < min_samples {
        reasons.push(format!("{n} good samples, fewer than {min_samples}"));
    }
    let Some(s) = good else { return reasons };
    if s.stddev > VARIATION_MAX * s.mean.abs() {
        reasons.push(format!("standard deviation {} is more than half of the mean {}", s.stddev, s.mean));
    }
    let range = s.max - s.min;
    if range > RANGE_MEDIANS_MAX * s.p50.abs() {
        reasons.push(format!("range {range} is more than 10 times the median {}", s.p50));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(values: &[f64]) -> Vec<String> {
        anomalies(Summary::of(values.iter().copied()).as_ref(), 10)
    }

    #[test]
    fn too_few_samples() {
        assert_eq!(reasons(&[5.0; 9]), ["9 good samples, fewer than 10"]);
        assert!(reasons(&[5.0; 10]).is_empty());
        assert_eq!(reasons(&[]), ["0 good samples, fewer than 10"]);
    }

    #[test]
    fn too_restless() {
        // Half 1 and half 3: mean 2, σ 1, a variation of exactly 0.5, which is still fine; with 3.1 it is not.
        let halves = |high| [[1.0; 5], [high; 5]].concat();
        assert!(reasons(&halves(3.0)).is_empty());
        assert!(reasons(&halves(3.1))[0].contains("more than half of the mean"));
        assert!(reasons(&halves(-1.0)).iter().any(|r| r.contains("the mean 0")), "mean 0 and scatter");
    }

    #[test]
    fn spikes() {
        // 99 times 1 and once 11: a range of exactly 10 medians is still fine, and 11.1 is not.
        let spike = |high| [vec![1.0; 999], vec![high]].concat();
        assert!(reasons(&spike(11.0)).is_empty());
        assert_eq!(reasons(&spike(11.5)), ["range 10.5 is more than 10 times the median 1"]);
    }

    #[test]
    fn zeros_are_calm_and_a_negative_gauge_is_its_mirror_image() {
        assert!(reasons(&[0.0; 20]).is_empty());
        let gauge: Vec<f64> = (0..20).map(|i| 50.0 + f64::from(i % 3)).collect();
        let mirrored: Vec<f64> = gauge.iter().map(|x| -x).collect();
        assert!(reasons(&gauge).is_empty() && reasons(&mirrored).is_empty());
    }
}
