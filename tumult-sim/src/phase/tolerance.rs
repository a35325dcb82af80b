//! What a steady-state hypothesis accepts.

use std::fmt;
use std::ops::RangeInclusive;

use crate::base::{Error, Kind, OrPanic as _};

/// The values that bear a hypothesis out. Anything that converts into one does: `1.0`, `0.99..=1.0`.
///
/// Hypotheses read numbers. A pattern over text is not among their tolerances yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance(Accepts);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Accepts {
    Exact(f64),
    Range(f64, f64),
}

impl Tolerance {
    /// Whether a reading bears the hypothesis out. One that failed does not.
    pub fn accepts(&self, reading: Option<f64>) -> bool {
        reading.is_some_and(|x| match self.0 {
            #[expect(clippy::float_cmp, reason = "exact is what was asked for")]
            Accepts::Exact(value) => x == value,
            Accepts::Range(from, to) => (from..=to).contains(&x),
        })
    }
}

/// Exactly this value.
///
/// # Panics
/// At the caller's line when it is not a number: nothing equals that.
impl From<f64> for Tolerance {
    #[track_caller]
    fn from(value: f64) -> Self {
        if value.is_nan() {
            refuse("NaN", "no reading equals it; give a number");
        }
        Self(Accepts::Exact(value))
    }
}

/// This range, both ends included.
///
/// # Panics
/// At the caller's line when it is empty.
impl From<RangeInclusive<f64>> for Tolerance {
    #[track_caller]
    fn from(range: RangeInclusive<f64>) -> Self {
        let (from, to) = range.into_inner();
        // Not `from > to`: that would let NaN through.
        if !matches!(from.partial_cmp(&to), Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal)) {
            refuse(&format!("{from}..={to}"), "no reading is within it; give the lower end first");
        }
        Self(Accepts::Range(from, to))
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Accepts::Exact(value) => write!(f, "{value}"),
            Accepts::Range(from, to) => write!(f, "{from}..={to}"),
        }
    }
}

#[track_caller]
fn refuse(what: &str, why: &str) {
    Err::<(), _>(Error::new(Kind::Config, format!("take {what} as a tolerance: {why}"))).or_panic();
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn exact_and_range_take_their_ends_and_nothing_beyond() {
        let range = Tolerance::from(0.99..=1.0);
        assert!(range.accepts(Some(0.99)) && range.accepts(Some(1.0)));
        assert!(!range.accepts(Some(0.98)) && !range.accepts(Some(1.01)) && !range.accepts(None));
        assert!(Tolerance::from(3.0).accepts(Some(3.0)) && !Tolerance::from(3.0).accepts(Some(3.1)));
        assert_eq!((range.to_string(), Tolerance::from(3.0).to_string()), ("0.99..=1".into(), "3".into()));
    }

    #[test]
    fn what_nothing_satisfies_is_refused() {
        let message = |f: fn() -> Tolerance| *catch_unwind(f).unwrap_err().downcast::<String>().unwrap();
        let reversed = message(|| Tolerance::from(1.0..=0.99));
        assert!(reversed.contains("1..=0.99") && reversed.contains("lower end first"), "{reversed}");
        assert!(message(|| Tolerance::from(f64::NAN)).contains("NaN"));
        assert!(message(|| Tolerance::from(f64::NAN..=1.0)).contains("NaN..=1"));
    }
}
