//! What a run that held gives.

use std::any::Any;
use std::time::Duration;

use crate::base::{Bytes, ProcessId, Time};
use crate::invariant::{SiteCounts, Violation};
use crate::kernel::world::World;
use crate::trace::TraceHash;

/// What a run that held gives.
#[derive(Debug)]
pub struct Report {
    trace: TraceHash,
    ended_at: Time,
    events: u64,
    polls: u64,
    packets: u64,
    /// By process: CPU time, and the most memory it held.
    usage: Vec<(Duration, Bytes)>,
    violations: Vec<Violation>,
    sites: SiteCounts,
    outputs: Vec<Option<Box<dyn Any>>>,
}

impl Report {
    pub(super) fn new(world: &World, violations: Vec<Violation>, outputs: Vec<Option<Box<dyn Any>>>) -> Self {
        Self {
            trace: world.core.trace.hash(),
            ended_at: world.now(),
            events: world.core.trace.events(),
            polls: world.polls,
            packets: world.net.sent(),
            usage: world.processes.iter().map(|(p, _)| world.machines.usage(world.now(), p)).collect(),
            violations,
            sites: SiteCounts::new(world.sites.counts()),
            outputs,
        }
    }

    /// What a process's body gave, when it finished and its output is of this type.
    pub fn output<T: 'static>(&self, process: ProcessId) -> Option<&T> {
        self.outputs.get(process.index())?.as_ref()?.downcast_ref()
    }

    /// The hash of everything that happened.
    pub fn trace(&self) -> TraceHash {
        self.trace
    }

    /// When the run ended, in virtual time.
    pub fn ended_at(&self) -> Time {
        self.ended_at
    }

    /// How many events there were.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How often tasks were polled.
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// How many packets were sent.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// The CPU time that a process has had, in all its lives ([`cpu::work`](crate::cpu::work)).
    pub fn cpu_time(&self, process: ProcessId) -> Duration {
        self.usage.get(process.index()).map_or(Duration::ZERO, |u| u.0)
    }

    /// The most memory that a process held at once, in all its lives ([`mem::reserve`](crate::mem::reserve)).
    pub fn memory_peak(&self, process: ProcessId) -> Bytes {
        self.usage.get(process.index()).map_or(Bytes(0), |u| u.1)
    }

    /// The invariants that were violated: only where violations are collected, as in experiments.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Which sites ([`sometimes!`](crate::sometimes) and its kin) were reached.
    pub fn sites(&self) -> &SiteCounts {
        &self.sites
    }
}
