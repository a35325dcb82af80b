//! What kinds of things happened in a run, and which after which: what tells a search that a run led somewhere new.
//!
//! As fuzzers do with the edges of a program (Zalewski, AFL's technical details): a set of bits, each of which stands for
//! something that happened to a process, or for two such things one after the other. Two may share a bit.

use serde::{Deserialize, Serialize};

use super::Kind;
use super::hash::fold_bytes;

/// So many bits; a run of the small systems that tests are made of sets some hundreds.
const BITS: usize = 1 << 15;

/// What kinds of things happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Features {
    words: Vec<u64>,
    /// By process: what happened to it last.
    #[serde(skip)]
    last: Vec<u64>,
}

impl Default for Features {
    fn default() -> Self {
        Self { words: vec![0; BITS / 64], last: vec![] }
    }
}

impl Features {
    #[cold]
    pub(super) fn note(&mut self, kind: Kind, a: u64, b: u64, bytes: &[u8]) {
        const WHY: u32 = 56;
        let first_word = || bytes.split(|b| *b == b' ').next().unwrap_or_default();
        // What a message says first is mostly what kind of message it is.
        let shape = || {
            let length = bytes.len().checked_ilog2().unwrap_or(0);
            u64::from(bytes.first().copied().unwrap_or(0)) << 8 | u64::from(length)
        };
        let (process, what) = match kind {
            Kind::Deliver => (a as u32, a ^ shape() << 40),
            Kind::Drop => (a as u32, a ^ (b >> WHY) << 40),
            Kind::Process => ((a >> 32) as u32, b & 0xffff_ffff),
            Kind::Fault => (u32::MAX, fold_bytes(b, first_word())),
            Kind::Point | Kind::Note => ((a >> 32) as u32, fold_bytes(0, bytes)),
            Kind::Site => ((a >> 32) as u32, b),
            Kind::Disk => ((a >> 32) as u32, (a & 0xffff_ffff) << 1 | b >> 63),
            Kind::Clock | Kind::Cpu | Kind::Memory => (a as u32, a >> 32),
            Kind::Panic | Kind::Violation => ((a >> 32) as u32, 0),
            _ => return,
        };
        let feature = fold_bytes(what ^ u64::from(process) << 24, &[kind as u8]);
        self.set(feature);
        let place = if process == u32::MAX { 0 } else { process as usize + 1 };
        if self.last.len() <= place {
            self.last.resize(place + 1, 0);
        }
        let before = std::mem::replace(&mut self.last[place], feature);
        self.set(before.rotate_left(17) ^ feature.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }

    fn set(&mut self, hash: u64) {
        let bit = (hash ^ hash >> 32) as usize % BITS;
        self.words[bit / 64] |= 1 << (bit % 64);
    }

    /// Adds those of another run; how many of them were new.
    pub(crate) fn add(&mut self, other: &Self) -> u32 {
        let add = |(mine, theirs): (&mut u64, &u64)| {
            let new = (theirs & !*mine).count_ones();
            *mine |= theirs;
            new
        };
        self.words.iter_mut().zip(&other.words).map(add).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(events: &[(Kind, u64, u64, &[u8])]) -> Features {
        let mut features = Features::default();
        for (kind, a, b, bytes) in events {
            features.note(*kind, *a, *b, bytes);
        }
        features
    }

    #[test]
    fn what_is_new_is_counted_once_and_order_is_new() {
        let (x, y) = ((Kind::Point, 1 << 32, 0, &b"x"[..]), (Kind::Point, 1 << 32, 0, &b"y"[..]));
        let mut all = Features::default();
        assert_eq!(all.add(&of(&[x, y])), 4, "two points, and two steps");
        assert_eq!(all.add(&of(&[x, y])), 0);
        assert_eq!(all.add(&of(&[y, x])), 2, "other steps");
        assert_eq!(all.add(&of(&[(Kind::Poll, 7, 7, &[])])), 0, "who runs is of no interest");
    }
}
