//! [`Defect`]: a small system that has one thing wrong with it, and what is known of that.

use tumult_sim::fault::{FaultKind, Plan};
use tumult_sim::{Failure, Schedule, Seed, Sim, SimConfig};

use crate::storm::{Draw, Storm};

/// A small system that has one thing wrong with it.
#[derive(Clone, Copy, Debug)]
pub struct Defect {
    /// As its file is called.
    pub name: &'static str,
    /// What is wrong with it.
    pub what: &'static str,
    /// What it violates.
    pub invariant: &'static str,
    /// What its processes are there for; each process is named by its role, with a number where there are several.
    pub roles: &'static [&'static str],
    /// The smallest cause that is known.
    pub cause: Cause,
    /// What is drawn against it.
    pub storm: Storm,
    /// Declares processes, links and invariants; with `fixed` those of the right version.
    pub system: fn(&mut Sim, fixed: bool),
}

/// The smallest cause of a failure that is known.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// The faults that it takes, as the text of a plan: with them some seed fails, and without any one of them none does.
    pub plan: &'static str,
    /// How many processes have a part in it.
    pub processes: usize,
    /// How many operations of clients, or steps of the workload, have.
    pub operations: usize,
}

impl Cause {
    /// The faults.
    ///
    /// # Panics
    /// When the text is no plan.
    pub fn faults(&self) -> Plan {
        self.plan.parse().unwrap_or_else(|error| panic!("the plan of a known cause: {error}"))
    }

    /// Of which kinds they are, in their order.
    pub fn kinds(&self) -> Vec<FaultKind> {
        self.faults().iter().map(|fault| fault.what.kind()).collect()
    }
}

impl Defect {
    /// The system, with drawn faults, of which each seed has a swarm: for the function of a test.
    pub fn install(&self, sim: &mut Sim, fixed: bool) {
        self.install_drawing(sim, fixed, Draw::Swarm);
    }

    /// As `install`, with faults that are drawn in this way.
    pub fn install_drawing(&self, sim: &mut Sim, fixed: bool, draw: Draw) {
        (self.system)(sim, fixed);
        self.storm.draw(sim, draw);
    }

    /// Runs one seed with drawn faults; gives how it failed, and what went wrong in it.
    pub fn try_seed(&self, seed: Seed, fixed: bool, draw: Draw, schedule: Schedule) -> (Option<Failure>, Plan) {
        let mut sim = Sim::with_config(SimConfig { seed, schedule, ..SimConfig::default() });
        self.install_drawing(&mut sim, fixed, draw);
        let failure = sim.try_run().err();
        (failure, sim.plan().clone())
    }

    /// Runs one seed with these faults and no others.
    pub fn try_plan(&self, seed: Seed, fixed: bool, plan: &Plan) -> Option<Failure> {
        let mut sim = Sim::with_config(SimConfig { seed, plan: Some(plan.clone()), ..SimConfig::default() });
        self.install(&mut sim, fixed);
        sim.try_run().err()
    }
}
