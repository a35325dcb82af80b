//! Thresholds of a probe: what is still normal.

use serde::{Deserialize, Serialize};

/// The values that are still normal. Both ends belong to them; an end that is absent bounds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The lowest value that is still normal.
    pub lower: Option<f64>,
    /// The highest value that is still normal.
    pub upper: Option<f64>,
}

impl Bounds {
    /// Whether `x` is normal.
    pub fn contains(&self, x: f64) -> bool {
        self.excess(x) == 0.0
    }

    /// How far `x` lies outside: 0 for a normal value.
    pub fn excess(&self, x: f64) -> f64 {
        let below = self.lower.map_or(0.0, |lower| lower - x);
        let above = self.upper.map_or(0.0, |upper| x - upper);
        below.max(above).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_the_bounds() {
        let bounds = Bounds { lower: Some(1.0), upper: Some(2.0) };
        assert!(bounds.contains(1.0) && bounds.contains(2.0) && bounds.contains(1.5));
        assert!(!bounds.contains(0.999_999) && !bounds.contains(2.000_001));
        assert!((bounds.excess(5.0) - 3.0).abs() < 1e-12 && (bounds.excess(-1.0) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn an_absent_end_bounds_nothing() {
        assert!(Bounds::default().contains(f64::MAX));
        assert!(Bounds { lower: Some(0.5), upper: None }.contains(1e9));
        assert!(!Bounds { lower: Some(0.5), upper: None }.contains(0.4));
    }
}
