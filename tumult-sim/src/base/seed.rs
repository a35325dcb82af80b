//! The seed: 64 bits from which everything random in a run follows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::{Error, Kind};

/// 64 bits from which everything random in a run follows. Printed and parsed as `0x5eed1f3a`.
///
/// ```
/// use tumult_sim::Seed;
/// let seed: Seed = "0x5eed1f3a".parse().unwrap();
/// assert_eq!(seed.to_string(), "0x5eed1f3a");
/// assert!("five".parse::<Seed>().unwrap_err().to_string().contains("five"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl From<u64> for Seed {
    fn from(bits: u64) -> Self {
        Self(bits)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl FromStr for Seed {
    type Err = Error;

    /// Hexadecimal after `0x`, decimal otherwise; `_` may separate digits.
    fn from_str(s: &str) -> Result<Self, Error> {
        let digits = s.trim().replace('_', "");
        let parsed = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        parsed.map(Self).map_err(|e| {
            Error::new(
                Kind::Seed,
                format!("parse the seed `{s}`: {e}; write 64 bits as 0x5eed1f3a or as a decimal number"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_parse_what_they_print() {
        for n in [0, 1, 0x5eed_1f3a, u64::MAX] {
            assert_eq!(Seed(n).to_string().parse::<Seed>().unwrap(), Seed(n));
        }
        assert_eq!("42".parse::<Seed>().unwrap(), Seed(42));
        assert_eq!("0xdead_beef".parse::<Seed>().unwrap(), Seed(0xdead_beef));
    }

    #[test]
    fn a_seed_that_is_no_number_is_named() {
        for bad in ["five", "", "0x", "0x1_0000_0000_0000_0000", "-1", "1.5"] {
            let message = bad.parse::<Seed>().unwrap_err().to_string();
            assert!(message.contains(&format!("`{bad}`")), "{message}");
            assert!(message.contains("0x5eed1f3a"), "{message}");
        }
    }
}
