//! How long a packet takes: distributions, sampled from one 64-bit draw each.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{nanos, scale_draw as scale, unit_draw as unit};

/// How long a packet takes from one process to another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Latency {
    /// Always the same.
    Constant(Duration),
    /// Uniform from the first to the second.
    Uniform(Duration, Duration),
    /// A floor, and on top of it an exponential tail with this mean.
    Exponential {
        /// What it takes at the least.
        floor: Duration,
        /// What the tail adds on average.
        mean: Duration,
    },
    /// Log-normal: most are near the median, few take much longer.
    LogNormal {
        /// Half of all packets are faster.
        median: Duration,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
}

impl Latency {
    /// Always `ms` milliseconds.
    pub const fn ms(ms: u64) -> Self {
        Self::Constant(Duration::from_millis(ms))
    }

    /// Uniform between two numbers of milliseconds.
    ///
    /// # Panics
    /// When one is negative or not finite, or the second is less than the first.
    #[track_caller]
    pub fn uniform_ms(low: f64, high: f64) -> Self {
        assert!(low <= high, "failed to take uniform_ms({low}, {high}) as a latency: the first is the lower one");
        Self::Uniform(millis(low), millis(high))
    }

    /// Log-normal with a median in milliseconds and the standard deviation of the logarithm: 0.5 puts one packet in
    /// a hundred above 3.2 times the median.
    ///
    /// # Panics
    /// When one is negative or not finite.
    #[track_caller]
    pub fn lognormal_ms(median: f64, sigma: f64) -> Self {
        assert!(
            sigma.is_finite() && sigma >= 0.0,
            "failed to take {sigma} as the sigma of a latency: it is a finite number from 0"
        );
        Self::LogNormal { median: millis(median), sigma }
    }

    /// A floor and the mean of an exponential tail, in milliseconds.
    ///
    /// # Panics
    /// When one is negative or not finite.
    #[track_caller]
    pub fn exponential_ms(floor: f64, mean: f64) -> Self {
        Self::Exponential { floor: millis(floor), mean: millis(mean) }
    }

    /// In the form that is sampled: nanoseconds and numbers.
    pub(super) fn compile(&self) -> Sampler {
        match *self {
            Self::Constant(d) => Sampler::Uniform { low: nanos(d), span: 0 },
            Self::Uniform(low, high) => {
                Sampler::Uniform { low: nanos(low), span: nanos(high).saturating_sub(nanos(low)) }
            }
            Self::Exponential { floor, mean } => Sampler::Exponential { floor: nanos(floor), mean: nanos(mean) as f64 },
            Self::LogNormal { median, sigma } => Sampler::LogNormal { median: nanos(median) as f64, sigma },
        }
    }
}

/// A latency as it is sampled for each packet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sampler {
    Uniform { low: u64, span: u64 },
    Exponential { floor: u64, mean: f64 },
    LogNormal { median: f64, sigma: f64 },
}

impl Sampler {
    /// The latency in nanoseconds that a uniform 64-bit draw stands for: the distribution's inverse, so that one draw
    /// is enough.
    #[inline]
    pub(super) fn sample(&self, draw: u64) -> u64 {
        match *self {
            Self::Uniform { low, span } => low + scale(draw, span),
            Self::Exponential { floor, mean } => floor + (mean * -libm::log(1.0 - unit(draw))) as u64,
            Self::LogNormal { median, sigma } => (median * libm::exp(sigma * normal(draw)).min(1e6)) as u64,
        }
    }
}

impl Default for Latency {
    /// A local network: 0.5 to 1.5 ms.
    fn default() -> Self {
        Self::Uniform(Duration::from_micros(500), Duration::from_micros(1500))
    }
}

#[track_caller]
fn millis(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1e3)
        .unwrap_or_else(|_| panic!("failed to take {ms} ms as a latency: it is a finite number from 0"))
}

/// A standard normal variate from one draw, by the polar-free Box–Muller transform (Box & Muller 1958): the high half
/// of the draw is the radius, the low half the angle.
fn normal(draw: u64) -> f64 {
    let radius = (f64::from((draw >> 32) as u32) + 1.0) / 4_294_967_297.0;
    let angle = f64::from(draw as u32) / 4_294_967_296.0;
    libm::sqrt(-2.0 * libm::log(radius)) * libm::cos(2.0 * std::f64::consts::PI * angle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Key, Seed};

    fn samples(latency: Latency) -> Vec<f64> {
        let key = Key::root(Seed(1)).counter();
        let mut all: Vec<_> = (0..20_000).map(|n| latency.compile().sample(key.draw(n, 1)) as f64 / 1e6).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    #[test]
    fn distributions_have_their_moments() {
        let uniform = samples(Latency::uniform_ms(1.0, 3.0));
        assert!(uniform[0] >= 1.0 && *uniform.last().unwrap() < 3.0);
        assert!((uniform[10_000] - 2.0).abs() < 0.05);
        let lognormal = samples(Latency::lognormal_ms(2.0, 0.5));
        assert!((lognormal[10_000] - 2.0).abs() < 0.05, "median {}", lognormal[10_000]);
        assert!((lognormal[19_800] / 2.0 - 3.2).abs() < 0.2, "99th {}", lognormal[19_800]);
        let tail = samples(Latency::exponential_ms(1.0, 2.0));
        let mean = tail.iter().sum::<f64>() / 20_000.0;
        assert!(tail[0] >= 1.0 && (mean - 3.0).abs() < 0.1, "mean {mean}");
    }

    #[test]
    fn a_bad_latency_is_named() {
        let caught = std::panic::catch_unwind(|| Latency::lognormal_ms(-2.0, 0.5)).unwrap_err();
        assert!(caught.downcast_ref::<String>().unwrap().contains("-2"));
    }
}
