//! A process's own randomness: an ordered stream, keyed by the process's name and incarnation.

use std::time::Duration;

use crate::base::{Probability, Stream};
use crate::context::with;

#[track_caller]
fn draw<R>(f: impl FnOnce(&mut Stream) -> R) -> R {
    with(|w| f(w.random()))
}

/// 64 uniform bits.
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn random_u64() -> u64 {
    draw(Stream::bits)
}

/// Uniform in 0..n.
///
/// # Panics
/// When `n` is 0, and outside a simulation.
#[track_caller]
pub fn random_below(n: u64) -> u64 {
    assert!(n > 0, "failed to draw a number below 0: the range 0..0 is empty");
    draw(|s| s.below(n))
}

/// Uniform in [0, 1).
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn random_unit() -> f64 {
    draw(Stream::unit)
}

/// True with probability `p`.
///
/// # Panics
/// When `p` is not within 0..=1, and outside a simulation.
#[track_caller]
pub fn random_bool(p: f64) -> bool {
    let p = match Probability::new(p) {
        Ok(p) => p,
        Err(error) => panic!("{error}"),
    };
    draw(|s| s.chance(p))
}

/// Uniform from `low` (inclusive) to `high` (exclusive); `low` if the range is empty.
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn random_duration(low: Duration, high: Duration) -> Duration {
    draw(|s| s.duration(low, high))
}

/// Fills `bytes`.
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn random_bytes(bytes: &mut [u8]) {
    draw(|s| s.fill(bytes));
}

/// Puts `items` into a uniformly random order.
///
/// # Panics
/// Outside a simulation.
#[track_caller]
pub fn shuffle<T>(items: &mut [T]) {
    draw(|s| s.shuffle(items));
}
