//! `FM_004`: a worker that reaches the queue and not the store.

#[cfg(test)]
mod halves;

use std::time::Duration;

use tumult_invariants::{Bounds, INV_006};
use tumult_models::job_queue::{JobQueue, Renewal};
use tumult_sim::phase::Estimate;
use tumult_sim::{Experiment, failure_mode};

pub(crate) fn queue(guarded: bool) -> JobQueue {
    JobQueue::new()
        .lease(Duration::from_secs(20))
        .bounds(Bounds { liveness: Duration::from_secs(10), ..Bounds::default() })
        .renewal(if guarded { Renewal::ByStore } else { Renewal::ByQueue })
        .hand_back(guarded)
}

/// A worker that is parted from the store keeps a job that it cannot do, since the queue hears of it and renews its
/// lease.
#[failure_mode(id = "FM_004", violates = [INV_006], seeds = 64, spec = "spec.md")]
fn partial_partition(x: &mut Experiment<'_>) {
    let queue = queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let queue = queue.install(x);
    x.estimate(Estimate::degraded().recovery_s(1.0).confidence(0.7).because("the other worker is free"));
    queue.submit_during(x, 1);
    x.trigger(queue.part_from_store("A").lasting(Duration::from_secs(5)));
}
