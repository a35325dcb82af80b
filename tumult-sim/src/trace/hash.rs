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
pub(crate) fn fold_bytes(mut state: u64, mut bytes: &[u8]) -> u64 {
    let len = bytes.len();
    if len >= BLOCK {
        (state, bytes) = fold_blocks(state, bytes);
    }
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = mix(state ^ u64::from_le_bytes(*word), P0);
    }
    // Byte by byte: at most seven, mostly none, and a copy of unknown length is a call.
    let tail = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    mix(state ^ tail ^ P1, P1 ^ len as u64)
}

/// What four lanes take in at once.
const BLOCK: usize = 64;

/// Folds whole blocks and gives what is left. Four lanes that do not wait for each other, sixteen bytes each: a stream's
/// segment is hashed at the speed of a copy, where word after word took four times as long.
fn fold_blocks(state: u64, bytes: &[u8]) -> (u64, &[u8]) {
    let word = |bytes: &[u8; BLOCK], n: usize| {
        u64::from_le_bytes(*bytes[n * 8..].first_chunk().expect("a block has eight words"))
    };
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut lanes = [state, state ^ P1, state.rotate_left(17), state.rotate_left(43) ^ P1];
    for block in blocks {
        for (n, lane) in lanes.iter_mut().enumerate() {
            *lane = mix(word(block, 2 * n) ^ LANES[n], word(block, 2 * n + 1) ^ *lane);
        }
    }
    let [a, b, c, d] = lanes;
    (mix(a ^ P0, b) ^ mix(c ^ P1, d), rest)
}

/// One constant a lane, of wyhash's.
const LANES: [u64; 4] = [P0, P1, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3];

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

impl TraceHash {
    /// As a number.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// Of such a number.
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
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
        let long: Vec<u8> = (0..200).collect();
        let whole = of(&[(Kind::Send, 1, 2, &long)]);
        for at in 0..200 {
            let mut other = long.clone();
            other[at] ^= 1;
            assert_ne!(whole, of(&[(Kind::Send, 1, 2, &other)]), "byte {at}");
            assert_ne!(whole, of(&[(Kind::Send, 1, 2, &long[..at])]), "length {at}");
            other[at] ^= 1;
            other.swap(at, (at + 64) % 200);
            assert_ne!(whole, of(&[(Kind::Send, 1, 2, &other)]), "order {at}");
        }
        assert_eq!(base, of(&[(Kind::Send, 1, 2, b"abc")]));
        assert_eq!(base.to_string().parse::<TraceHash>().unwrap(), base);
    }
}
