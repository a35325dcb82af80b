//! `FM_006`: replicas of the store diverge.

#[cfg(test)]
mod halves;

use std::time::Duration;

use tumult_invariants::INV_008;
use tumult_models::job_queue::JobQueue;
use tumult_sim::fault::Fault;
use tumult_sim::phase::Estimate;
use tumult_sim::{Experiment, failure_mode};

pub(crate) fn queue(guarded: bool) -> JobQueue {
    JobQueue::new().work(Duration::from_millis(20)).replicas(["east", "west"]).sequenced(guarded).reconciled(guarded)
}

/// Two replicas of the store are told of the same operations in different orders, and end in different states.
#[failure_mode(id = "FM_006", violates = [INV_008], seeds = 64, spec = "spec.md")]
fn state_divergence(x: &mut Experiment<'_>) {
    let queue = queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let queue = queue.install(x);
    x.estimate(Estimate::no_impact().confidence(0.7).because("no worker and no client reads a replica"));
    queue.submit_during(x, 8);
    x.trigger(Fault::reorder(queue.store(), queue.replica("east"), 0.5));
}
