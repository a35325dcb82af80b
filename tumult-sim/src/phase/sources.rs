//! Probes by what they measure: a latency, a counter's rate, whether replicas agree. What none of these is, is a
//! [`probe`](Experiment::probe) with a closure of its own.

use std::cell::Cell;
use std::time::Duration;

use super::{Experiment, Probe};
use crate::journal::Unit;

impl Experiment<'_> {
    /// A latency, in milliseconds; `None` when what was to be timed failed.
    ///
    /// # Panics
    /// When the interval is zero.
    #[track_caller]
    pub fn latency(
        &mut self,
        name: impl Into<String>,
        interval: Duration,
        source: impl Fn() -> Option<Duration> + 'static,
    ) -> &mut Probe {
        self.probe(name, Unit::Milliseconds, interval, move || source().map(|took| took.as_secs_f64() * 1e3))
    }

    /// The rate of a counter that only rises, in events a second since the sample before; the first since 0. A counter
    /// that has fallen was started anew, and counts from 0.
    ///
    /// # Panics
    /// When the interval is zero.
    #[track_caller]
    pub fn counter(
        &mut self,
        name: impl Into<String>,
        interval: Duration,
        total: impl Fn() -> u64 + 'static,
    ) -> &mut Probe {
        let before = Cell::new(0);
        self.probe(name, Unit::PerSecond, interval, move || {
            let now = total();
            Some(rate(before.replace(now), now, interval))
        })
    }

    /// Which part of the replicas hold the state that most of them hold: 1 when all agree. `states` gives a digest of
    /// each one's state, or the state itself; none at all is a failed sample.
    ///
    /// # Panics
    /// When the interval is zero.
    #[track_caller]
    pub fn state_digest<T: Ord, I: IntoIterator<Item = T>>(
        &mut self,
        name: impl Into<String>,
        interval: Duration,
        states: impl Fn() -> I + 'static,
    ) -> &mut Probe {
        self.probe(name, Unit::Ratio, interval, move || agreement(states().into_iter().collect()))
    }
}

/// Events a second from one total to the next.
fn rate(before: u64, now: u64, interval: Duration) -> f64 {
    now.checked_sub(before).unwrap_or(now) as f64 / interval.as_secs_f64()
}

/// The part of `states` that equal the most common one.
fn agreement<T: Ord>(mut states: Vec<T>) -> Option<f64> {
    states.sort_unstable();
    let most = states.chunk_by(|a, b| a == b).map(<[T]>::len).max()?;
    Some(most as f64 / states.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_the_difference_and_a_counter_may_start_anew() {
        let half = Duration::from_millis(500);
        assert_eq!((rate(10, 15, half), rate(15, 15, half), rate(15, 3, half)), (10.0, 0.0, 6.0));
    }

    #[test]
    fn agreement_is_the_share_of_the_most_common_state() {
        assert_eq!(agreement(vec![7, 7, 7]), Some(1.0));
        assert_eq!(agreement(vec![7, 8, 7, 9]), Some(0.5));
        assert_eq!(agreement(vec!["a"]), Some(1.0));
        assert_eq!(agreement(Vec::<u8>::new()), None);
    }
}
