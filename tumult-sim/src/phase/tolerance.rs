//! What a steady-state hypothesis accepts.

use std::fmt;
use std::ops::RangeInclusive;

use super::Reading;
use crate::base::{Error, Kind, OrPanic as _};

/// The readings that bear a hypothesis out. Anything that converts into one does: `1.0`, `0.99..=1.0`, `"leader"`.
///
/// With feature `regex` a text may also have to match a pattern: `Tolerance::pattern("^leader of [0-9]+$")`.
#[derive(Clone, Debug)]
pub struct Tolerance(Accepts);

#[derive(Clone, Debug)]
enum Accepts {
    Exact(f64),
    Range(f64, f64),
    Text(String),
    #[cfg(feature = "regex")]
    Pattern(regex_lite::Regex),
}

impl Tolerance {
    /// A text in which this regular expression is found. A number is read as it prints: `3`, `0.25`.
    ///
    /// # Panics
    /// At the caller's line when it is no regular expression.
    #[cfg(feature = "regex")]
    #[track_caller]
    pub fn pattern(pattern: &str) -> Self {
        match regex_lite::Regex::new(pattern) {
            Ok(pattern) => Self(Accepts::Pattern(pattern)),
            Err(error) => {
                let why = format!("{error}; write a regular expression, such as `^leader`");
                Err(Error::new(Kind::Config, format!("take `{pattern}` as a tolerance: {why}"))).or_panic()
            }
        }
    }

    /// Whether a reading bears the hypothesis out. One that failed does not, and no text is a number.
    pub fn accepts(&self, reading: &Reading) -> bool {
        match (&self.0, reading) {
            #[expect(clippy::float_cmp, reason = "exact is what was asked for")]
            (Accepts::Exact(value), Reading::Number(x)) => x == value,
            (Accepts::Range(from, to), Reading::Number(x)) => (from..=to).contains(&x),
            (Accepts::Text(text), Reading::Text(x)) => text == x,
            #[cfg(feature = "regex")]
            (Accepts::Pattern(pattern), Reading::Text(x)) => pattern.is_match(x),
            #[cfg(feature = "regex")]
            (Accepts::Pattern(pattern), Reading::Number(x)) => pattern.is_match(&x.to_string()),
            _ => false,
        }
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

/// Exactly this text.
impl From<&str> for Tolerance {
    fn from(text: &str) -> Self {
        Self(Accepts::Text(text.to_owned()))
    }
}

/// 1 for true, 0 for false: what a reading that is true or false is, too.
impl From<bool> for Tolerance {
    fn from(b: bool) -> Self {
        Self(Accepts::Exact(f64::from(u8::from(b))))
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Accepts::Exact(value) => write!(f, "{value}"),
            Accepts::Range(from, to) => write!(f, "{from}..={to}"),
            Accepts::Text(text) => write!(f, "`{text}`"),
            #[cfg(feature = "regex")]
            Accepts::Pattern(pattern) => write!(f, "/{pattern}/"),
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

    fn number(x: f64) -> Reading {
        Reading::Number(x)
    }

    #[test]
    fn exact_and_range_take_their_ends_and_nothing_beyond() {
        let range = Tolerance::from(0.99..=1.0);
        assert!(range.accepts(&number(0.99)) && range.accepts(&number(1.0)));
        assert!(!range.accepts(&number(0.98)) && !range.accepts(&number(1.01)) && !range.accepts(&Reading::Failed));
        assert!(Tolerance::from(3.0).accepts(&number(3.0)) && !Tolerance::from(3.0).accepts(&number(3.1)));
        assert!(Tolerance::from(true).accepts(&true.into()) && !Tolerance::from(true).accepts(&false.into()));
        assert_eq!((range.to_string(), Tolerance::from(3.0).to_string()), ("0.99..=1".into(), "3".into()));
    }

    #[test]
    fn a_text_is_that_text_and_no_number() {
        let leader = Tolerance::from("leader");
        assert!(leader.accepts(&"leader".into()) && !leader.accepts(&"leaders".into()));
        assert!(!leader.accepts(&Reading::Failed) && !leader.accepts(&number(1.0)));
        assert!(!Tolerance::from(1.0).accepts(&"1".into()));
        assert_eq!(leader.to_string(), "`leader`");
    }

    #[cfg(feature = "regex")]
    #[test]
    fn a_pattern_is_looked_for_in_texts_and_in_printed_numbers() {
        let leader = Tolerance::pattern("^leader of [0-9]+$");
        assert!(leader.accepts(&"leader of 12".into()) && !leader.accepts(&"leader of none".into()));
        assert!(!leader.accepts(&Reading::Failed));
        assert!(
            Tolerance::pattern("^0\\.9").accepts(&number(0.95)) && !Tolerance::pattern("^0\\.9").accepts(&number(0.8))
        );
        assert_eq!(leader.to_string(), "/^leader of [0-9]+$/");
        let message = *catch_unwind(|| Tolerance::pattern("(")).unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("take `(` as a tolerance") && message.contains("regular expression"), "{message}");
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
