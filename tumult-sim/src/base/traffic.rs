//! What links are said to carry: bandwidths, and losses that come in bursts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Probability;

/// How many bytes a link carries in a second, headers included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bandwidth(u64);

impl Bandwidth {
    /// So many bytes a second; 0 lets nothing through.
    pub const fn bytes_per_second(n: u64) -> Self {
        Self(n)
    }

    /// So many thousand bits a second.
    pub const fn kbit(n: u64) -> Self {
        Self(n.saturating_mul(1_000 / 8))
    }

    /// So many million bits a second.
    pub const fn mbit(n: u64) -> Self {
        Self(n.saturating_mul(1_000_000 / 8))
    }

    /// So many thousand million bits a second.
    pub const fn gbit(n: u64) -> Self {
        Self(n.saturating_mul(1_000_000_000 / 8))
    }

    /// Bytes a second.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// How many nanoseconds so many bytes take; for ever without bandwidth.
    pub(crate) fn takes_ns(self, bytes: u64) -> u64 {
        let ns = u128::from(bytes) * 1_000_000_000;
        ns.checked_div(u128::from(self.0)).map_or(u64::MAX, |ns| u64::try_from(ns).unwrap_or(u64::MAX))
    }

    /// How many bytes pass in so many nanoseconds.
    pub(crate) fn passes(self, ns: u64) -> u64 {
        u64::try_from(u128::from(ns) * u128::from(self.0) / 1_000_000_000).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}B/s", self.0)
    }
}

/// Losses that come in bursts: a chain of two states, good and bad, that steps once a packet, each state with a loss of
/// its own (Gilbert 1960, "Capacity of a Burst-Noise Channel", Bell System Technical Journal 39; Elliott 1963,
/// "Estimates of Error Rates for Codes on Burst-Noise Channels", the same, 42). A burst is 1 / `leave` packets long on
/// average, and `enter / (enter + leave)` of all packets fall into one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BurstLoss {
    /// How likely a burst begins at a packet.
    pub enter: Probability,
    /// How likely it is over at a packet.
    pub leave: Probability,
    /// How likely a packet outside bursts is lost.
    pub good: Probability,
    /// How likely a packet in a burst is lost.
    pub bad: Probability,
}

impl BurstLoss {
    /// Everything in a burst is lost, and nothing outside.
    pub const fn new(enter: Probability, leave: Probability) -> Self {
        Self { enter, leave, good: Probability::NEVER, bad: Probability::ALWAYS }
    }

    /// What part of all packets is lost in the long run.
    pub fn mean(&self) -> f64 {
        let both = self.enter.get() + self.leave.get();
        let bad = if both > 0.0 { self.enter.get() / both } else { 0.0 };
        bad * self.bad.get() + (1.0 - bad) * self.good.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bandwidth_takes_its_time() {
        assert_eq!(Bandwidth::mbit(8), Bandwidth::bytes_per_second(1_000_000));
        assert_eq!(Bandwidth::kbit(8).takes_ns(1_500), 1_500_000_000);
        assert_eq!(Bandwidth::kbit(8).passes(1_500_000_000), 1_500);
        assert_eq!(Bandwidth::bytes_per_second(0).takes_ns(1), u64::MAX);
        assert_eq!(Bandwidth::gbit(u64::MAX).passes(u64::MAX), u64::MAX);
    }

    #[test]
    fn the_mean_loss_of_bursts_is_that_of_the_chain() {
        let p = |x| Probability::new(x).unwrap();
        assert!((BurstLoss::new(p(0.01), p(0.09)).mean() - 0.1).abs() < 1e-12);
        assert!(BurstLoss::new(Probability::NEVER, Probability::NEVER).mean() < 1e-12);
    }
}
