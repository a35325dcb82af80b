//! What macro expansions name. No part of the interface.

use crate::lab;
use crate::phase::Experiment;
use crate::sim::Sim;

pub use crate::invariant::__site::{CATALOGUE, FIRES, SiteInfo, SiteKind};
pub use crate::invariant::{Invariant, InvariantInfo};
pub use crate::lab::{FAILURE_MODES, FailureMode, INVARIANTS};
pub use crate::search::TestDecl;
pub use linkme;

/// What `#[tumult_sim::test]` calls.
#[track_caller]
pub fn run_test(decl: &'static TestDecl, body: fn(&mut Sim)) {
    lab::run_test(decl, body);
}

/// What `#[tumult_sim::experiment]` calls.
#[track_caller]
pub fn run_experiment(decl: &'static TestDecl, body: fn(&mut Experiment<'_>)) {
    lab::run_experiment(decl, body);
}

/// What the tests of a `#[failure_mode]` call.
#[track_caller]
pub fn repro(mode: &'static FailureMode) {
    lab::repro(mode);
}

/// What the tests of a `#[failure_mode]` call.
#[track_caller]
pub fn prevent(mode: &'static FailureMode) {
    lab::prevent(mode);
}

/// What the tests of a `#[failure_mode]` call.
#[track_caller]
pub fn recover(mode: &'static FailureMode) {
    lab::recover(mode);
}
