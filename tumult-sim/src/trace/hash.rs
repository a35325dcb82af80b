//! The running 64-bit hash of a run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::base::Time;

/// The hash of everything that happened so far: equal hashes, equal runs. Printed as 16 hexadecimal digits.
///
/// Not cryptographic: each word is mixed by a 64×64→128 bit multiplication whose halves are folded together, as in
/// wyhash (Wang Yi 2019). Two different runs collide with a probability of about 2⁻⁶⁴ a pair.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TraceHash(u64);

const P0: u64 = 0xa076_1d64_78bd_642f;
const P1: u64 = 0xe703_7ed1_a0b4_28db;

#[inline]
const fn mix(a: u64, b: u64) -> u64 {
    let wide = a as u128 * b as u128;
    wide as u64 ^ (wide >> 64) as u64
}

/// Folds `bytes` into `state`, length included.
#[inline]
pub(crate) fn fold_bytes(mut state: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = mix(state ^ u64::from_le_bytes(*word), P0);
    }
    // Byte by byte: at most seven, mostly none, and a copy of unknown length is a call.
    let tail = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    mix(state ^ tail ^ P1, P1 ^ bytes.len() as u64)
}

impl TraceHash {
    #[inline]
    pub(super) fn fold(&mut self, kind: Kind, a: u64, b: u64, bytes: &[u8]) {
        self.0 = mix(self.0 ^ a ^ ((kind as u64) << 56), P0 ^ b);
        if !bytes.is_empty() {
            self.0 = fold_bytes(self.0, bytes);
        }
    }

    #[inline]
    pub(super) fn time(&mut self, now: Time) {
        self.0 = mix(self.0 ^ now.as_nanos(), P1);
    }
}

impl Default for TraceHash {
    fn default() -> Self {
        Self(0x746d_756c_7400_0001)
    }
}

impl fmt::Display for TraceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TraceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<TraceHash> for String {
    fn from(h: TraceHash) -> Self {
        h.to_string()
    }
}

impl FromStr for TraceHash {
    type Err = std::num::ParseIntError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(s, 16).map(Self)
    }
}

impl TryFrom<String> for TraceHash {
    type Error = std::num::ParseIntError;
    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(events: &[(Kind, u64, u64, &[u8])]) -> TraceHash {
        let mut h = TraceHash::default();
        for (kind, a, b, bytes) in events {
            h.fold(*kind, *a, *b, bytes);
        }
        h
    }

    #[test]
    fn each_part_of_an_event_counts() {
        let base = of(&[(Kind::Send, 1, 2, b"abc")]);
        for other in [
            of(&[(Kind::Deliver, 1, 2, b"abc")]),
            of(&[(Kind::Send, 2, 2, b"abc")]),
            of(&[(Kind::Send, 1, 3, b"abc")]),
            of(&[(Kind::Send, 1, 2, b"abd")]),
            of(&[(Kind::Send, 1, 2, b"abc\0")]),
            of(&[(Kind::Send, 1, 2, b"")]),
            of(&[(Kind::Send, 2, 1, b"abc")]),
        ] {
            assert_ne!(base, other);
        }
        assert_eq!(base, of(&[(Kind::Send, 1, 2, b"abc")]));
        assert_eq!(base.to_string().parse::<TraceHash>().unwrap(), base);
    }
}
