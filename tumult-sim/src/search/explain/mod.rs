//! Why a run fails: what of it is needed ([`why`]), when it was lost ([`turn`]), what is nearest to it and holds
//! ([`near`]), and what else fails ([`scope`]).
//!
//! What is said is measured: on runs of the same seed that differ in one thing, and on runs that have the same past and
//! another future.

mod changes;
mod near;
mod scope;
mod turn;
mod why;

use std::cell::RefCell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::padding::Padding;
use super::runner::Runner;
use super::shrink::Shrunk;
use crate::base::Branch;
use crate::sim::SimConfig;

pub(super) use near::Near;
pub(super) use scope::scope;

/// Why a run fails, as the report says it.
#[derive(Debug)]
pub(super) struct Explained {
    pub(super) why: Vec<String>,
    pub(super) turn: String,
    pub(super) near: Option<Near>,
}

/// Explains what is left of a failing run.
pub(super) fn explain(runner: &Runner<'_>, shrunk: &Shrunk, signature: &str, until: Instant) -> Explained {
    let ask = Ask { runner, signature, until, held: RefCell::new(shrunk.held.clone()) };
    let (why, turn) = (why::why(&ask, shrunk), turn::turn(&ask, shrunk));
    let near = near::near(&ask, shrunk);
    Explained { why, turn, near }
}

/// How other runs end.
struct Ask<'a> {
    runner: &'a Runner<'a>,
    signature: &'a str,
    until: Instant,
    /// Runs that were tried and held, in an order that no thread decides.
    held: RefCell<Vec<SimConfig>>,
}

impl Ask<'_> {
    /// How many of these runs fail the same way.
    fn failing(&self, configs: &[SimConfig]) -> usize {
        let (next, failing, held) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(vec![]));
        let (runner, signature) = (self.runner, self.signature);
        let work = || {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(config) = configs.get(n) else { break };
                match end(runner, config, signature) {
                    End::Same => drop(failing.fetch_add(1, Ordering::Relaxed)),
                    End::Held => held.lock().expect("no run panics through").push(n),
                    End::Other => {}
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.runner.jobs.min(configs.len()) {
                scope.spawn(work);
            }
            work();
        });
        let mut held = held.into_inner().expect("no run panics through");
        held.sort_unstable();
        self.held.borrow_mut().extend(held.into_iter().map(|n| configs[n].clone()));
        failing.into_inner()
    }

    fn fails(&self, config: &SimConfig) -> bool {
        let end = end(self.runner, config, self.signature);
        if end == End::Held {
            self.held.borrow_mut().push(config.clone());
        }
        end == End::Same
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

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Held,
    /// It failed the same way.
    Same,
    Other,
}

fn end(runner: &Runner<'_>, config: &SimConfig, signature: &str) -> End {
    match runner.run_as(config, false, Padding::NONE).failure {
        None => End::Held,
        Some(failure) if failure.signature() == signature => End::Same,
        Some(_) => End::Other,
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
