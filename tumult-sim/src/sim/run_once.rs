//! One run of a test function, from its seed to what came of it: what a search calls, on a thread of the run's own.

use std::panic::AssertUnwindSafe;

use super::workload::Drawing;
use super::{RunFailed, Sim, SimConfig};
use crate::base::{Fired, Seed, Time};
use crate::context::{Cause, Failure, isolation, take_panic};
use crate::fault::{Outcome, Plan};
use crate::invariant::{SiteCounts, Violation};
use crate::journal::Journal;
use crate::trace::{Echo, Features, Recording, TraceHash};

/// What came of one run. `Send`: it leaves the run's thread.
#[derive(Debug)]
pub(crate) struct RunOutcome {
    pub(crate) seed: Seed,
    /// How it failed, if it did.
    pub(crate) failure: Option<Failure>,
    pub(crate) trace: TraceHash,
    pub(crate) ended_at: Time,
    /// In the order of their declaration, for reports.
    pub(crate) process_names: Vec<String>,
    /// Where violations are collected: all of them.
    pub(crate) violations: Vec<Violation>,
    /// What was to go wrong, as it was planned.
    pub(crate) plan: Plan,
    /// What went wrong, and what became of it.
    pub(crate) faults: Vec<Outcome>,
    /// The `buggify!` sites that fired.
    pub(crate) fired: Vec<Fired>,
    /// What happened, in kinds: when it was asked for.
    pub(crate) features: Option<Box<Features>>,
    /// The workloads that were drawn.
    pub(crate) workloads: Vec<Drawing>,
    /// An experiment's evidence.
    pub(crate) journal: Option<Box<Journal>>,
    /// When a recovering action began.
    pub(crate) recovery_from: Option<Time>,
    /// Which sites were reached, for the coverage of a search.
    pub(crate) sites: SiteCounts,
    /// When it was asked for.
    pub(crate) recording: Option<Recording>,
}

impl RunOutcome {
    /// A run of which nothing is known but how it failed.
    pub(crate) fn failed(seed: Seed, cause: Cause, at: Time) -> Self {
        Self {
            seed,
            failure: Some(Failure { cause, at, process: None }),
            trace: TraceHash::default(),
            ended_at: at,
            process_names: vec![],
            violations: vec![],
            plan: Plan::new(),
            faults: vec![],
            fired: vec![],
            features: None,
            workloads: vec![],
            journal: None,
            recovery_from: None,
            sites: SiteCounts::default(),
            recording: None,
        }
    }
}

/// What a run finds around it.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// Whether it can be run again in a process of its own if it needs one.
    pub(crate) offers_isolation: bool,
    /// Who is told of what is recorded, as it happens.
    pub(crate) echo: Option<Box<dyn Echo>>,
}

/// Runs a test function once. `None` when the run has to be made in a process of its own instead.
pub(crate) fn run_once(config: SimConfig, surroundings: Surroundings, test: &dyn Fn(&mut Sim)) -> Option<RunOutcome> {
    let seed = config.seed;
    let mut sim = Sim::with_config(config);
    sim.run.quiet.set(true);
    sim.isolating.offered = surroundings.offers_isolation;
    if let Some(echo) = surroundings.echo {
        sim.run.world.borrow_mut().core.trace.echo_to(echo);
    }
    if isolation::isolated() {
        let core = &mut sim.run.world.borrow_mut().core;
        core.trace.reserve();
        core.tasks.reserve_causes();
    }
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| test(&mut sim)));
    let failure = match result {
        _ if sim.isolating.wanted => return None,
        Err(payload) => {
            let caught = take_panic();
            Some(RunFailed::of(&*payload, sim.now(), caught.message, caught.site))
        }
        Ok(()) if sim.run.failed.get() => sim.run.failure(),
        Ok(()) if !sim.has_run() => Some(Failure {
            cause: Cause::Setup { message: "the test never ran its simulation: call `sim.run()`".into() },
            at: Time::ZERO,
            process: None,
        }),
        Ok(()) => None,
    };
    let recording = sim.recording();
    let left = std::mem::take(&mut sim.evidence);
    let faults = sim.fault_outcomes();
    let mut world = sim.run.world.borrow_mut();
    let features = world.core.trace.take_features();
    Some(RunOutcome {
        seed,
        failure,
        trace: world.core.trace.hash(),
        ended_at: world.now(),
        process_names: world.processes.iter().map(|(_, p)| p.name.to_string()).collect(),
        violations: sim.hub.checks.found(),
        plan: sim.plan().clone(),
        faults,
        fired: world.sites.fired.clone(),
        features,
        workloads: sim.workloads.clone(),
        journal: left.journal,
        recovery_from: left.recovery_from,
        sites: SiteCounts::new(world.sites.counts()),
        recording,
    })
}
