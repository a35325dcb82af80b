//! Quantiles of a sample, and how sure they are.

/// A quantile of a sample, with the 95 % interval of its order statistics: it supposes no distribution.
///
/// A search that gave up counts as longer than all others, so a quantile may be unknown (`None`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// The estimate.
    pub value: Option<u64>,
    /// From.
    pub low: Option<u64>,
    /// To.
    pub high: Option<u64>,
}

/// The quantile `p` of how many runs searches took, where `None` gave up.
///
/// # Panics
/// When there is no search.
pub fn quantile(searches: &[Option<u64>], p: f64) -> Quantile {
    assert!(!searches.is_empty(), "a quantile of nothing");
    let mut sorted = searches.to_vec();
    sorted.sort_unstable_by_key(|runs| runs.unwrap_or(u64::MAX));
    let n = sorted.len();
    let at = |rank: usize| sorted[rank.clamp(1, n) - 1];
    let value = at((p * n as f64).ceil() as usize);
    // The number of values below the true quantile is binomial.
    let (mut low, mut high, mut below) = (0, n + 1, 0.0);
    for k in 0..=n {
        below += binomial(n, k, p);
        if below <= 0.025 {
            low = k + 1;
        }
        if below >= 0.975 {
            high = k + 1;
            break;
        }
    }
    Quantile { value, low: at(low), high: if high > n { None } else { at(high) } }
}

/// The chance of k hits in n tries.
fn binomial(n: usize, k: usize, p: f64) -> f64 {
    (0..k).fold((1.0 - p).powi((n - k) as i32), |chance, i| chance * p * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_sum_to_one() {
        let sum: f64 = (0..=30).map(|k| binomial(30, k, 0.3)).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        assert!((binomial(4, 2, 0.5) - 0.375).abs() < 1e-12);
    }

    #[test]
    fn the_interval_of_a_median_is_that_of_the_tables() {
        let searches: Vec<Option<u64>> = (1..=30).map(Some).collect();
        // For 30 values: the 10th and the 21st.
        assert_eq!(quantile(&searches, 0.5), Quantile { value: Some(15), low: Some(10), high: Some(21) });
    }

    #[test]
    fn who_gave_up_is_longer_than_all() {
        let searches = [None, Some(3), Some(1), None, Some(2)];
        assert_eq!(quantile(&searches, 0.5).value, Some(3));
        assert_eq!(quantile(&searches, 0.9).value, None);
    }
}
