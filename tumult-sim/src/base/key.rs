//! Law 2: everything random is keyed by what it is for, never by when it was asked.
//!
//! A [`Key`] is derived from the seed by a path of stable names, with ChaCha8 as the derivation function: the
//! parent is the ChaCha key, the name's hash its stream number, the first 32 bytes out are the child. Two kinds
//! of consumer hang off a key: a [`Stream`] for those that draw in order, and a [`Counter`] for decisions that
//! must not depend on how many others were made, drawn by (number, slot).

use std::fmt;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::{Probability, Seed, time::nanos};

/// A 256-bit key, derived from the seed by a path of names.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The root of a run's keys.
    pub fn root(seed: Seed) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.0.to_le_bytes());
        bytes[8..24].copy_from_slice(b"tumult key tree1");
        Self(bytes).child("root")
    }

    /// The key of the consumer `name` below this one.
    pub fn child(&self, name: &str) -> Self {
        self.numbered(stable_hash(name.as_bytes()))
    }

    /// The key of the `n`th consumer of its kind below this one.
    pub fn numbered(&self, n: u64) -> Self {
        let mut chacha = ChaCha8Rng::from_seed(self.0);
        chacha.set_stream(n);
        let mut child = [0; 32];
        chacha.fill_bytes(&mut child);
        Self(child)
    }

    /// A consumer that draws in order.
    pub fn stream(&self) -> Stream {
        Stream(ChaCha8Rng::from_seed(self.0))
    }

    /// A consumer that draws by number and slot.
    pub fn counter(&self) -> Counter {
        Counter::new(u64::from_le_bytes(self.0[..8].try_into().expect("8 bytes")))
    }
}

/// Never shows the bits: a key in a log is of no use, and its absence keeps traces comparable.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv): the same on every target and in every version.
pub(crate) const fn stable_hash(bytes: &[u8]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64;
    let mut i = 0;
    while i < bytes.len() {
        h = (h ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    h
}

/// A counter-based generator: a draw is a function of (key, number, slot) and of nothing else.
///
/// The function is Squares with five rounds and 64-bit output (Widynski 2020, "Squares: A Fast Counter-Based RNG",
/// arXiv:2004.06278v7). It takes about 2 ns and no memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Counter(u64);

impl Counter {
    /// Slots a number has: what can be drawn for one message or one wake.
    pub const SLOTS: u64 = 8;

    /// Stands where no draw is made.
    pub(crate) const ZERO: Self = Self(1);

    /// Squares wants an odd key whose digits differ; bits out of ChaCha do, made odd.
    #[inline]
    pub(crate) const fn new(bits: u64) -> Self {
        Self(bits | 1)
    }

    /// The 64 uniform bits of slot `slot` of number `number`.
    #[inline]
    pub const fn draw(self, number: u64, slot: u64) -> u64 {
        debug_assert!(slot < Self::SLOTS);
        let key = self.0;
        let mut x = (number.wrapping_mul(Self::SLOTS) + slot).wrapping_mul(key);
        let y = x;
        let z = y.wrapping_add(key);
        x = x.wrapping_mul(x).wrapping_add(y).rotate_left(32);
        x = x.wrapping_mul(x).wrapping_add(z).rotate_left(32);
        x = x.wrapping_mul(x).wrapping_add(y).rotate_left(32);
        x = x.wrapping_mul(x).wrapping_add(z);
        let t = x;
        x = x.rotate_left(32);
        t ^ (x.wrapping_mul(x).wrapping_add(y) >> 32)
    }

    /// The bits of a draw that stands in the middle of every distribution: what is drawn plainly. (The low half is the
    /// angle of a normal variate, and a quarter turn makes it 0.)
    pub(crate) const MIDDLE: u64 = 0x8000_0000_4000_0000;

    /// A counter of its own for the `n`th thing below this one.
    #[inline]
    pub const fn below(self, n: u64) -> Self {
        Self::new(self.draw(n, Self::SLOTS - 1))
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counter(…)")
    }
}

/// A uniform number of 0..n from 64 uniform bits (Lemire 2019, without the rejection step: bias below n / 2^64).
#[inline]
pub(crate) const fn scale(draw: u64, n: u64) -> u64 {
    ((draw as u128 * n as u128) >> 64) as u64
}

/// A uniform number of [0, 1) from 64 uniform bits, 53 of them used.
#[inline]
pub(crate) const fn unit(draw: u64) -> f64 {
    ((draw >> 11) as f64) * (1.0 / 9_007_199_254_740_992.0)
}

/// An ordered stream of ChaCha8 randomness.
#[derive(Clone, PartialEq, Eq)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// 64 uniform bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// Uniform in 0..n.
    ///
    /// # Panics
    /// When `n` is 0.
    #[track_caller]
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "a number below 0 was asked for");
        scale(self.bits(), n)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        unit(self.bits())
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: Probability) -> bool {
        p.hit(self.bits())
    }

    /// Uniform from `low` (inclusive) to `high` (exclusive); `low` if the range is empty.
    pub fn duration(&mut self, low: Duration, high: Duration) -> Duration {
        let (low, high) = (nanos(low), nanos(high));
        let span = high.saturating_sub(low);
        Duration::from_nanos(low + if span == 0 { 0 } else { scale(self.bits(), span) })
    }

    /// One of `items`, or `None` when there are none.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { items.get(self.below(items.len() as u64) as usize) }
    }

    /// Fisher–Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_pinned() {
        // A change here changes every run of every seed: it must be said in the changelog.
        let key = Key::root(Seed(1)).child("process").child("a");
        assert_eq!(key.stream().bits(), key.stream().bits());
        assert_ne!(key.stream().bits(), Key::root(Seed(2)).child("process").child("a").stream().bits());
        assert_ne!(key.counter().draw(0, 0), key.counter().draw(0, 1));
        assert_ne!(key.counter().draw(0, 0), key.counter().draw(1, 0));
    }

    #[test]
    fn squares_matches_its_paper() {
        // squares64(ctr, key) by the reference C of the paper, ported as 128-bit-free arithmetic.
        fn reference(ctr: u64, key: u64) -> u64 {
            let (mut x, y) = (ctr.wrapping_mul(key), ctr.wrapping_mul(key));
            let z = y.wrapping_add(key);
            for add in [y, z, y] {
                x = x.wrapping_mul(x).wrapping_add(add);
                x = x.rotate_left(32);
            }
            x = x.wrapping_mul(x).wrapping_add(z);
            let t = x;
            x = x.rotate_left(32);
            t ^ (x.wrapping_mul(x).wrapping_add(y) >> 32)
        }
        let c = Counter::new(0x548c_9dec_bce6_5297);
        for n in 0..100 {
            for slot in 0..Counter::SLOTS {
                assert_eq!(c.draw(n, slot), reference(n * 8 + slot, 0x548c_9dec_bce6_5297));
            }
        }
    }

    #[test]
    fn draws_spread_evenly() {
        let c = Key::root(Seed(7)).counter();
        let mut buckets = [0u32; 16];
        for n in 0..16_000 {
            buckets[scale(c.draw(n, 3), 16) as usize] += 1;
        }
        assert!(buckets.iter().all(|b| (850..1150).contains(b)), "{buckets:?}");
    }

    #[test]
    fn a_shuffle_keeps_its_items() {
        let mut items: Vec<u32> = (0..100).collect();
        Key::root(Seed(3)).stream().shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
