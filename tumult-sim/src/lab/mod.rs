//! Failure modes: one scenario, and the three tests that it becomes.
//!
//! `repro` shows that without the guard some seed violates exactly the named invariants, and that each seed runs to its
//! end. `prevent` shows that with it none does in any seed that met the trigger, and that the same seeds without it do.
//! `recover` shows that after its own trigger the declared action restores correctness, and that without it some seed is
//! newly violated. *Must never* count a seed whose trigger had no effect as one that was prevented.

mod drive;
mod once;
mod registry;
mod rules;

use crate::invariant::InvariantInfo;
use crate::phase::Experiment;
use crate::search::TestDecl;

#[doc(hidden)]
pub use registry::{FAILURE_MODES, INVARIANTS};
pub use registry::{failure_modes, invariants};

pub use once::{Once, Part, once};

pub(crate) use drive::{prevent, recover, repro, run_experiment, run_test};

/// A failure mode of a catalogue: written by `#[failure_mode]`.
#[derive(Debug)]
pub struct FailureMode {
    /// `FM_001`.
    pub id: &'static str,
    /// The first line of its docs.
    pub title: &'static str,
    /// The scenario's function.
    pub name: &'static str,
    /// The invariants that it violates without its guard.
    pub violates: &'static [&'static InvariantInfo],
    /// How many seeds each of its tests tries.
    pub seeds: u64,
    /// Whether it has a recover test.
    pub recover: bool,
    /// The text of its spec.md.
    pub spec: &'static str,
    /// Where it is.
    pub decl: TestDecl,
    /// What happens.
    pub scenario: fn(&mut Experiment<'_>),
}

impl FailureMode {
    /// The module of its tests: `fm_001`.
    pub fn module(&self) -> String {
        self.id.to_lowercase()
    }
}
