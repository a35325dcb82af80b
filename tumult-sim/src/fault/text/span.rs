//! Durations and times as text: readable, and exact to the nanosecond.

use std::time::Duration;

use crate::base::nanos;

/// Nanoseconds a unit has, longest first of those that are printed.
const UNITS: [(&str, u64); 8] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// Prints nanoseconds in the greatest of s, ms, us, ns that leaves something before the point.
pub(super) fn print(ns: u64) -> String {
    if ns == 0 {
        return "0s".into();
    }
    let (unit, size) = UNITS[3..].iter().find(|(name, size)| ns >= *size && *name != "µs").expect("ns is 1");
    let digits = size.ilog10() as usize;
    let mut text = format!("{}.{:0digits$}", ns / size, ns % size);
    text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    text + unit
}

/// The same with a sign.
pub(super) fn print_signed(ns: i64) -> String {
    format!("{}{}", if ns < 0 { '-' } else { '+' }, print(ns.unsigned_abs()))
}

/// Parses a number with a unit. The error says what is wrong and how to mend it.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    if text.starts_with('-') {
        return Err("it is negative; write a time from 0 on, such as 250ms".into());
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let Some((_, size)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(if unit.is_empty() {
            "it has no unit; write one of ns, us, ms, s, min, h, d behind the number, such as 250ms".into()
        } else {
            format!("`{unit}` is no unit of time; write one of ns, us, ms, s, min, h, d, such as 250ms")
        });
    };
    let malformed = || "it is no time; write a number and a unit, such as 250ms".to_owned();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
        return Err(malformed());
    }
    let mut ns = whole.parse::<u64>().ok().and_then(|w| w.checked_mul(*size)).ok_or_else(too_long)?;
    let mut place = u128::from(*size);
    for digit in fraction.bytes() {
        let part = place * u128::from(digit - b'0');
        if part % 10 != 0 {
            return Err("it is finer than a nanosecond; leave the last digits away".into());
        }
        ns = ns.checked_add((part / 10) as u64).ok_or_else(too_long)?;
        // What is left of the unit may not divide by ten; then only zeros may follow.
        place = if place % 10 == 0 { place / 10 } else { 1 };
    }
    Ok(ns)
}

fn too_long() -> String {
    "it is too long; the longest time is 584 years".into()
}

/// The same with a sign.
pub(super) fn parse_signed(text: &str) -> Result<i64, String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let ns = i128::from(parse(digits)?);
    i64::try_from(if negative { -ns } else { ns })
        .map_err(|_| "it is too far; a clock steps by 292 years at most".into())
}

/// A duration for serde: `"250ms"` where people read it, nanoseconds elsewhere.
pub(in crate::fault) mod serde_ns {
    use super::{Duration, nanos, parse, print};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(in crate::fault) fn serialize<S: Serializer>(d: &Duration, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { print(nanos(*d)).serialize(s) } else { nanos(*d).serialize(s) }
    }

    pub(in crate::fault) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
        if !d.is_human_readable() {
            return u64::deserialize(d).map(Duration::from_nanos);
        }
        let text = String::deserialize(d)?;
        parse(&text).map(Duration::from_nanos).map_err(|why| D::Error::custom(format_args!("`{text}`: {why}")))
    }

    /// The same for one that may be absent.
    pub(in crate::fault) mod option {
        use super::{Deserialize, Deserializer, Duration, Serialize, Serializer};

        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        struct Span(#[serde(with = "super")] Duration);

        #[expect(clippy::ref_option, reason = "serde gives the field as it is")]
        pub(in crate::fault) fn serialize<S: Serializer>(d: &Option<Duration>, s: S) -> Result<S::Ok, S::Error> {
            d.map(Span).serialize(s)
        }

        pub(in crate::fault) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Duration>, D::Error> {
            Ok(Option::<Span>::deserialize(d)?.map(|s| s.0))
        }
    }
}

/// A time for serde, in the same way.
pub(in crate::fault) mod serde_time {
    use super::serde_ns;
    use crate::base::Time;
    use serde::{Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(in crate::fault) fn serialize<S: Serializer>(t: &Time, s: S) -> Result<S::Ok, S::Error> {
        serde_ns::serialize(&t.since_start(), s)
    }

    pub(in crate::fault) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Time, D::Error> {
        serde_ns::deserialize(d).map(|d| Time::ZERO + d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_parse_back_exactly() {
        for (ns, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5us"),
            (450_000_000, "450ms"),
            (2_000_000_000, "2s"),
            (1_000_000_001, "1.000000001s"),
            (u64::MAX, "18446744073.709551615s"),
        ] {
            assert_eq!(print(ns), text);
            assert_eq!(parse(text), Ok(ns));
        }
        for (text, ns) in [("1.5h", 5_400_000_000_000), ("2µs", 2_000), ("0.25min", 15_000_000_000), ("1.000ns", 1)] {
            assert_eq!(parse(text), Ok(ns), "{text}");
        }
        for ns in [0, -1, i64::MIN, i64::MAX, -800_000_000] {
            assert_eq!(parse_signed(&print_signed(ns)), Ok(ns));
        }
    }

    #[test]
    fn a_time_that_is_none_says_why() {
        for (text, why) in [
            ("2", "no unit"),
            ("2 s", "no unit of time"),
            ("2fortnights", "`fortnights` is no unit"),
            ("-2s", "negative"),
            ("s", "no time"),
            ("1.2.3s", "no time"),
            ("1.s", "no time"),
            ("0.5ns", "finer than a nanosecond"),
            ("1.0000000001s", "finer than a nanosecond"),
            ("600y", "no unit of time"),
            ("99999999999s", "too long"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(parse_signed("-18446744073s").unwrap_err().contains("too far"));
    }
}
