//! Exponential backoff with jitter.

use std::time::Duration;

/// A wait that doubles with each failure, up to the longest; half of it is drawn, so that those who failed together do
/// not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after so many failures, from 1; `chance` is drawn from 0..1.
    pub fn pause(self, failures: u32, chance: f64) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(20));
        let whole = doubled.min(self.longest);
        whole / 2 + (whole / 2).mul_f64(chance)
    }

    /// As [`pause`](Self::pause) for whoever has to decide the same way each time that it is asked: the draw follows
    /// from what is waited for.
    pub fn pause_of(self, failures: u32, what: u64) -> Duration {
        // The finaliser of SplitMix64.
        let mut x = what.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(u64::from(failures));
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.pause(failures, ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_wait_doubles_up_to_the_longest_and_half_of_it_is_drawn() {
        let backoff = Backoff { first: 100 * MS, longest: 1000 * MS };
        let whole: Vec<_> = (1..=6).map(|n| backoff.pause(n, 1.0).as_millis()).collect();
        assert_eq!(whole, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(backoff.pause(3, 0.0), 200 * MS);
        assert_eq!(backoff.pause(u32::MAX, 1.0), 1000 * MS);
    }

    #[test]
    fn two_that_failed_together_wait_differently_and_each_the_same_again() {
        let backoff = Backoff { first: 100 * MS, longest: 1000 * MS };
        let waits: Vec<_> = (0..20).map(|job| backoff.pause_of(2, job)).collect();
        assert_eq!(waits, (0..20).map(|job| backoff.pause_of(2, job)).collect::<Vec<_>>());
        assert!(waits.iter().all(|w| (100 * MS..=200 * MS).contains(w)));
        let distinct: std::collections::BTreeSet<_> = waits.iter().collect();
        assert_eq!(distinct.len(), 20);
    }
}
