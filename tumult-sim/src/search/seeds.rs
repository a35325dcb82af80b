//! Which seeds a search tries.
//!
//! Case `i` of a test has the seed `splitmix64(h + (i + 1) · φ)`, where `h` is the FNV-1a hash of the test's full name
//! and φ the odd constant of Steele, Lea and Flood ("Fast splittable pseudorandom number generators", OOPSLA 2014). For
//! one test that is a bijection of i, so no seed is tried twice; and it is the same on every machine and in every
//! version, so case 1412 of yesterday is case 1412 of today.

use crate::base::{Seed, stable_hash};

/// The seed of case `i`, from 0, of the test with this full name.
pub(crate) fn seed_of(test: &str, i: u64) -> Seed {
    let mut z = stable_hash(test.as_bytes()).wrapping_add((i.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Seed(z ^ (z >> 31))
}

/// One of several machines that share the cases of a search: number `index` of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) index: u64,
    pub(crate) count: u64,
}

impl Shard {
    pub(crate) const WHOLE: Self = Self { index: 1, count: 1 };
}

/// The cases that a search tries, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cases {
    /// Those of `total` that are the shard's: every `count`th, so that each shard gets early ones.
    Numbered { test: String, total: u64, shard: Shard },
    /// One seed, or some, that were asked for.
    Given(Vec<Seed>),
}

impl Cases {
    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Numbered { total, shard, .. } => (total + shard.count - shard.index) / shard.count,
            Self::Given(seeds) => seeds.len() as u64,
        }
    }

    /// The `n`th: its number among all cases of the test, from 0, and its seed.
    pub(crate) fn get(&self, n: u64) -> (u64, Seed) {
        match self {
            Self::Numbered { test, shard, .. } => {
                let case = n * shard.count + shard.index - 1;
                (case, seed_of(test, case))
            }
            Self::Given(seeds) => (n, seeds[n as usize]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn seeds_are_pinned() {
        // A change here changes which seeds every test tries: it must be said in the changelog.
        assert_eq!(seed_of("a::b", 0), Seed(0x9e4c_9fc8_1346_84c7));
        let all: BTreeSet<_> = (0..10_000).map(|i| seed_of("a::b", i)).collect();
        assert_eq!(all.len(), 10_000);
        assert_ne!(seed_of("a::b", 0), seed_of("a::c", 0));
    }

    #[test]
    fn shards_partition_the_cases() {
        for total in [1, 2, 7, 64, 100] {
            for count in [1, 2, 3, 8, 101] {
                let mut seen = vec![];
                for index in 1..=count {
                    let cases = Cases::Numbered { test: "a::b".into(), total, shard: Shard { index, count } };
                    let own: Vec<_> = (0..cases.len()).map(|n| cases.get(n)).collect();
                    assert!(own.is_sorted_by_key(|c| c.0));
                    seen.extend(own);
                }
                seen.sort_unstable();
                let all: Vec<_> = (0..total).map(|i| (i, seed_of("a::b", i))).collect();
                assert_eq!(seen, all, "{total} cases, {count} shards");
            }
        }
    }
}
