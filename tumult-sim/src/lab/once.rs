//! One run of a scenario, outside of a failure mode's tests: to look at variants of it.

use crate::phase::{self, Experiment, Role};
use crate::sim::Sim;

/// Which of a failure mode's tests a run is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The repro: without the guard.
    Repro,
    /// The prevent: with it.
    Prevent,
    /// The recover: without the guard, with the recovery's trigger; and with its action, unless that is left out.
    Recover {
        /// Whether the action is done.
        act: bool,
    },
}

/// What one run showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Whether each trigger took effect.
    pub met: bool,
    /// The invariants that were violated, in the order of their ids; in a recover, newly since the recovery.
    pub violated: Vec<&'static str>,
}

/// Runs a scenario once, as this part of a failure mode.
///
/// # Panics
/// When the run fails other than by a violated invariant, as [`Sim::run`] does.
#[track_caller]
pub fn once(seed: u64, part: Part, scenario: impl FnOnce(&mut Experiment<'_>)) -> Once {
    let role = match part {
        Part::Repro => Role::Repro,
        Part::Prevent => Role::Prevent,
        Part::Recover { act } => Role::Recover { act },
    };
    let mut sim = Sim::new(seed);
    let mut x = Experiment::new(&mut sim, "once", role);
    scenario(&mut x);
    phase::run(&mut x);
    let counts = |v: &&crate::invariant::Violation| !matches!(part, Part::Recover { .. }) || x.is_new(v);
    let found = x.violations();
    let mut violated: Vec<&'static str> = found.iter().filter(counts).map(|v| v.invariant.id).collect();
    violated.sort_unstable();
    violated.dedup();
    Once { met: x.all_triggers_met(), violated }
}
