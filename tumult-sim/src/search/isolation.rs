//! Runs in processes of their own: when, and by whom.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::padding::Padding;
use super::runner::Runner;
use super::worker::{Order, Place, START, Worker};
use crate::base::Time;
use crate::context::Cause;
use crate::host::fork::FORKS;
use crate::sim::{RunOutcome, SimConfig};

/// Whether the runs of a search have processes of their own.
///
/// Such a run shares no statics with any other, and it may abort, crash, exit or run out of memory: that fails the run,
/// and not the test. It takes a fork, about a millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Those that host unmodified programs do; native ones share the process of the test.
    #[default]
    Auto,
    /// All do: for native code that keeps state in statics, or may end its process. Linux with glibc.
    Process,
    /// None does. Runs that host unmodified programs go one at a time and find the statics as the run before left them.
    None,
}

/// The processes that make the runs of a search.
#[derive(Debug)]
pub(super) struct Isolator {
    pub(super) isolation: Isolation,
    pub(super) place: Place,
    /// A run that takes longer is ended.
    pub(super) patience: Duration,
    /// A run has asked for a process of its own.
    asked: AtomicBool,
    /// Those that nobody uses just now: there are as many as there are jobs.
    idle: Mutex<Vec<Worker>>,
}

/// What a run may take by the machine's clock before it counts as hung.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

impl Isolator {
    pub(super) fn new(isolation: Isolation, place: Place, patience: Duration) -> Self {
        Self { isolation, place, patience, asked: AtomicBool::new(false), idle: Mutex::default() }
    }

    /// Whether runs have processes of their own.
    pub(super) fn is_on(&self) -> bool {
        self.isolation == Isolation::Process || self.asked.load(Ordering::Relaxed)
    }

    /// From now on they do.
    pub(super) fn turn_on(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    fn worker(&self) -> Result<Worker, String> {
        if !FORKS {
            return Err("that takes Linux with glibc".into());
        }
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| Worker::start(&self.place, true), Ok)
    }

    fn ask(&self, order: &Order) -> Result<RunOutcome, String> {
        let mut worker = self.worker()?;
        let outcome = worker.ask(order, self.patience + START)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        Ok(outcome)
    }
}

impl Runner<'_> {
    /// One run in a process of its own.
    ///
    /// All such runs have the same addresses, and need them: the locks of `parking_lot`, which tokio uses with all its
    /// features, are as fair as the addresses of those beside them let them be. So the heap is never disturbed here.
    pub(super) fn apart(&self, config: &SimConfig, record: bool) -> RunOutcome {
        let order = Order::new(config, record, Padding::NONE, Some(self.isolator.patience));
        self.isolator.ask(&order).unwrap_or_else(|why| {
            let message =
                format!("failed to give the run a process of its own: {why}; TUMULT_ISOLATION=none does without");
            RunOutcome::failed(config.seed, Cause::Setup { message }, Time::ZERO)
        })
    }
}
