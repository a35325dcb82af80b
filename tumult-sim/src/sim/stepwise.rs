//! What drives a simulation phase by phase asks of it.

use super::{RunFailed, Sim, SimConfig};
use crate::base::{ProcessId, Time};
use crate::context::{Cause, Failure};
use crate::fault::Outcome;
use crate::invariant::Violation;
use crate::journal::Journal;
use crate::kernel::process::State;
use crate::trace::Kind;

impl Sim {
    /// The settings it was made with.
    pub(crate) fn config(&self) -> &SimConfig {
        &self.config
    }

    /// Violations are collected from now on, and the run goes on after them.
    pub(crate) fn collect_violations(&self) {
        self.hub.collects.set(true);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.run.failed.get()
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.hub.checks.found()
    }

    /// How often an invariant was evaluated.
    pub(crate) fn checks_made(&self) -> u64 {
        self.hub.checks.made()
    }

    pub(crate) fn state(&self, process: ProcessId) -> State {
        self.run.world.borrow().processes.get(process).state
    }

    /// An event of the floors above.
    pub(crate) fn note(&self, kind: Kind, what: u64) {
        let mut world = self.run.world.borrow_mut();
        let now = world.now();
        world.core.trace.note(now, kind, what, 0, &[]);
    }

    /// Runs `f` as no process's hand.
    pub(crate) fn as_nobody<R>(&self, f: impl FnOnce() -> R) -> R {
        self.run.as_nobody(f)
    }

    /// Checks what has to hold at the end.
    pub(crate) fn check_end(&self) {
        self.run.as_nobody(|| self.hub.boundary(true));
    }

    /// Unwinds with a failure: to the search as data, to anyone else as a panic that tells it.
    #[track_caller]
    pub(super) fn unwind(&self, failure: Failure) -> ! {
        assert!(self.run.quiet.get(), "seed {}, at {}: {failure}", self.config.seed, failure.at);
        std::panic::resume_unwind(Box::new(RunFailed(failure)));
    }

    /// The run has failed, as of `at`; unwinds to whoever runs it.
    #[track_caller]
    pub(crate) fn fail_at(&self, at: Time, cause: Cause) -> ! {
        self.unwind(Failure { cause, at, process: None })
    }

    /// Whether every fault took effect; true where there is none.
    pub(crate) fn all_triggers_met(&self) -> bool {
        self.fault_outcomes().iter().all(Outcome::is_met)
    }

    /// See [`Violation::is_new`].
    pub(crate) fn is_new(&self, violation: &Violation) -> bool {
        violation.is_new(self.evidence.recovery_from)
    }

    /// From this time on a recovery is under way: violations that come later are new.
    pub(crate) fn note_recovery(&mut self, from: Time) {
        self.evidence.recovery_from = Some(from);
    }

    pub(crate) fn set_journal(&mut self, journal: Journal) {
        self.evidence.journal = Some(Box::new(journal));
    }

    /// The run is over; a failure that is no violation unwinds to whoever runs it.
    #[track_caller]
    pub(crate) fn end(&mut self) {
        if let Err(failure) = self.finish() {
            self.unwind(failure);
        }
    }
}

/// What a run leaves beside its report.
#[derive(Debug, Default)]
pub(crate) struct Left {
    pub(crate) journal: Option<Box<Journal>>,
    pub(crate) recovery_from: Option<Time>,
}
