//! Why a run fails: what of it is needed ([`why`]), when it was lost ([`turn`]), and what else fails ([`scope`]).
//!
//! What is said is measured: on runs of the same seed that differ in one thing, and on runs that have the same past and
//! another future.

mod scope;
mod turn;
mod why;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::padding::Padding;
use super::runner::Runner;
use super::shrink::Shrunk;
use crate::base::Branch;
use crate::sim::SimConfig;

pub(super) use scope::scope;

/// Why a run fails, as the report says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Explained {
    pub(super) why: Vec<String>,
    pub(super) turn: String,
}

/// Explains what is left of a failing run.
pub(super) fn explain(runner: &Runner<'_>, shrunk: &Shrunk, signature: &str, until: Instant) -> Explained {
    let ask = Ask { runner, signature, until };
    Explained { why: why::why(&ask, shrunk), turn: turn::turn(&ask, shrunk) }
}

/// How other runs end.
struct Ask<'a> {
    runner: &'a Runner<'a>,
    signature: &'a str,
    until: Instant,
}

impl Ask<'_> {
    /// How many of these runs fail the same way.
    fn failing(&self, configs: &[SimConfig]) -> usize {
        let (next, failing) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            while let Some(config) = configs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.fails(config) {
                    failing.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.runner.jobs.min(configs.len()) {
                scope.spawn(work);
            }
            work();
        });
        failing.into_inner()
    }

    fn fails(&self, config: &SimConfig) -> bool {
        let outcome = self.runner.run_as(config, false, Padding::NONE);
        outcome.failure.is_some_and(|f| f.signature() == self.signature)
    }

    /// Whether there is no time for more.
    fn is_late(&self) -> bool {
        Instant::now() >= self.until
    }

    /// How many runs a share is measured by: `most`, or fewer where `fraction` of the time that is left takes fewer.
    fn sample(&self, most: usize, one: Duration, fraction: u32) -> usize {
        let left = self.until.saturating_duration_since(Instant::now()) / fraction;
        let fit = left.as_nanos() / one.as_nanos().max(1) * self.runner.jobs as u128;
        most.min(usize::try_from(fit).unwrap_or(most)).max(8)
    }
}

/// `n` runs that have the first `event` events of this one, and other futures.
fn branches(config: &SimConfig, event: u64, n: usize) -> Vec<SimConfig> {
    let with = |salt| {
        let mut config = config.clone();
        config.choices.branch = Some(Branch { event, salt });
        config
    };
    (1..=n as u64).map(with).collect()
}
