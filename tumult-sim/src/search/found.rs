//! What a search gives.

use std::time::Duration;

use crate::base::Seed;
use crate::context::Failure;

/// What a search found.
#[derive(Debug)]
pub struct Found {
    pub(super) runs: u64,
    pub(super) virtual_time: Duration,
    pub(super) wall: Duration,
    pub(super) failed: Option<Box<Failed>>,
}

/// The first failing case, in the order of the cases.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) case: u64,
    pub(super) seed: Seed,
    pub(super) failure: Failure,
    pub(super) token: String,
    pub(super) report: String,
}

impl Found {
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
