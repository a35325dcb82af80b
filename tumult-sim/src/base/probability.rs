//! Probabilities, checked where they are made.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::{Error, Kind};

/// A probability from 0 to 1.
///
/// Setters take anything that converts into one, so `.loss(0.01)` does; a value outside 0..=1 is refused there,
/// with the line that wrote it.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

impl Probability {
    /// Never.
    pub const NEVER: Self = Self(0.0);
    /// Always.
    pub const ALWAYS: Self = Self(1.0);

    /// # Errors
    /// When `p` is not within 0..=1, or not a number.
    pub fn new(p: f64) -> Result<Self, Error> {
        if (0.0..=1.0).contains(&p) {
            Ok(Self(p))
        } else {
            Err(Error::new(Kind::Config, format!("take {p} as a probability: it is not within 0..=1 (1 % is 0.01)")))
        }
    }

    /// The value, 0 to 1.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Whether a uniform 64-bit `draw` falls within this probability.
    #[inline]
    pub fn hit(self, draw: u64) -> bool {
        // 53 bits of the draw as a fraction of 1: exact, and never 1 itself.
        ((draw >> 11) as f64) * (1.0 / 9_007_199_254_740_992.0) < self.0
    }

    /// As a bound on 53 uniform bits: a draw's upper 53 bits are below it with this probability.
    #[inline]
    pub(crate) fn bound(self) -> u64 {
        (self.0 * 9_007_199_254_740_992.0) as u64
    }

    /// Whether it is more than zero.
    #[inline]
    pub fn possible(self) -> bool {
        self.0 > 0.0
    }
}

impl TryFrom<f64> for Probability {
    type Error = Error;
    fn try_from(p: f64) -> Result<Self, Error> {
        Self::new(p)
    }
}

impl From<Probability> for f64 {
    fn from(p: Probability) -> Self {
        p.0
    }
}

impl fmt::Debug for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_outside_its_range_is_named() {
        for bad in [1.2, -0.1, f64::NAN, f64::INFINITY] {
            let message = Probability::new(bad).unwrap_err().to_string();
            assert!(message.contains(&bad.to_string()), "{message}");
            assert!(message.contains("0..=1"), "{message}");
        }
    }

    #[test]
    fn the_ends_are_exact() {
        assert!(!Probability::NEVER.hit(0));
        assert!(Probability::ALWAYS.hit(u64::MAX));
    }
}
