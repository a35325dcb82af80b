//! `FM_011`: a worker that was taken for dead commits.

use std::time::Duration;

use tumult_invariants::INV_001;
use tumult_models::job_queue::JobQueue;
use tumult_sim::phase::Estimate;
use tumult_sim::{Experiment, failure_mode};

pub(crate) fn queue(guarded: bool) -> JobQueue {
    JobQueue::new()
        .lease(Duration::from_secs(1))
        .work(Duration::from_millis(500))
        .idempotent_commit(false)
        .outbox(true)
        .fencing(guarded)
}

/// A worker stands still past its lease, wakes up when another has done its job, and commits as well.
#[failure_mode(id = "FM_011", violates = [INV_001], seeds = 64, spec = "spec.md")]
fn zombie_worker(x: &mut Experiment<'_>) {
    let queue = queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let queue = queue.install(x);
    x.estimate(Estimate::degraded().recovery_s(2.0).confidence(0.8).because("the second lease does the job"));
    queue.submit_during(x, 1);
    x.trigger(queue.stall_before_commit("A", Duration::from_secs(2)));
}
