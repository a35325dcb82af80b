//! What a search gives.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::worker::Place;
use crate::base::Seed;
use crate::context::Failure;
use crate::fault::Outcome;
use crate::invariant::Coverage;
use crate::sim::RunOutcome;

/// What a search found.
#[derive(Debug)]
pub struct Found {
    /// What the runs that held showed, in the order of the cases.
    pub(super) seen: Vec<Seen>,
    pub(super) coverage: Coverage,
    pub(super) runs: u64,
    pub(super) virtual_time: Duration,
    pub(super) wall: Duration,
    pub(super) failed: Option<Box<Failed>>,
    /// Where its runs are isolated: where it stands, for further runs of it.
    pub(super) isolated: Option<Place>,
}

/// What is kept of a run that held, for those who judge many together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) seed: Seed,
    /// Every fault of the trigger took effect; true where there is none.
    pub(crate) met: bool,
    /// The invariants that were violated, where violations are collected.
    pub(crate) violated: Vec<&'static str>,
    /// One that is tagged `recovery` was violated after a recovering action had begun.
    pub(crate) newly_violated: bool,
    /// The resilience score of its journal.
    pub(crate) score: Option<f64>,
}

impl Seen {
    pub(super) fn of(outcome: &RunOutcome) -> Self {
        Self {
            seed: outcome.seed,
            met: outcome.faults.iter().all(Outcome::is_met),
            violated: outcome.violations.iter().map(|v| v.invariant.id).collect(),
            newly_violated: outcome.violations.iter().any(|v| v.is_new(outcome.recovery_from)),
            score: outcome.journal.as_ref().and_then(|j| j.analysis.as_ref()?.resilience_score),
        }
    }
}

/// The first failing case, in the order of the cases.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) case: u64,
    pub(super) seed: Seed,
    pub(super) failure: Failure,
    pub(super) token: String,
    pub(super) report: String,
    /// Its page, where one was asked for and could be written.
    pub(super) page: Option<PathBuf>,
}

impl Found {
    /// Of no run at all.
    #[cfg(test)]
    pub(super) fn nothing() -> Self {
        Self {
            seen: vec![],
            coverage: Coverage::default(),
            runs: 0,
            virtual_time: Duration::ZERO,
            wall: Duration::ZERO,
            failed: None,
            isolated: None,
        }
    }

    /// What the runs that held showed, in the order of the cases.
    pub(crate) fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// Which sites of the linked program ([`sometimes!`](crate::sometimes) and its kin) the runs reached, and which none
    /// did.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// How many seeds ran to their end.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The virtual time of all runs.
    pub fn virtual_time(&self) -> Duration {
        self.virtual_time
    }

    /// The time the search took.
    pub fn wall_time(&self) -> Duration {
        self.wall
    }

    /// How the first failing case failed; none when all held.
    pub fn failure(&self) -> Option<&Failure> {
        self.failed.as_ref().map(|f| &f.failure)
    }

    /// The number of the first failing case, from 0.
    pub fn case(&self) -> Option<u64> {
        self.failed.as_ref().map(|f| f.case)
    }

    /// The seed of the first failing case.
    pub fn seed(&self) -> Option<Seed> {
        self.failed.as_ref().map(|f| f.seed)
    }

    /// The token that replays the first failing case: see [`Search::replay`](super::Search::replay).
    pub fn token(&self) -> Option<&str> {
        self.failed.as_ref().map(|f| &*f.token)
    }

    /// The report of the first failing case.
    pub fn report(&self) -> Option<&str> {
        self.failed.as_ref().map(|f| &*f.report)
    }

    /// The report of the first failing case as a page for a browser, where the search has a folder to leave it in.
    pub fn page(&self) -> Option<&Path> {
        self.failed.as_ref()?.page.as_deref()
    }

    /// Fails the test that calls it unless all cases held.
    ///
    /// # Panics
    /// When a case failed, with its report, which is printed.
    pub fn assert_held(&self) {
        if let Some(failed) = &self.failed {
            // The payload alone, past the panic hook: the report would be printed twice, and a backtrace of this
            // library says nothing of the run.
            eprint!("{}", failed.report);
            std::panic::resume_unwind(Box::new(failed.report.clone()));
        }
    }
}
