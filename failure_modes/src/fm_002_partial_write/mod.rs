//! `FM_002`: a commit that is written in part.

#[cfg(test)]
mod halves;

use std::time::Duration;

use tumult_invariants::INV_002;
use tumult_models::job_queue::JobQueue;
use tumult_sim::phase::Estimate;
use tumult_sim::{Experiment, failure_mode};

pub(crate) fn queue(guarded: bool) -> JobQueue {
    JobQueue::new()
        .lease(Duration::from_secs(1))
        .work(Duration::from_millis(50))
        .payload(4000)
        .outbox(true)
        .atomic_commits(guarded)
        .checksums(guarded)
}

/// The store loses power in the middle of a commit, and half of a transaction is in its log.
#[failure_mode(id = "FM_002", violates = [INV_002], seeds = 64, spec = "spec.md")]
fn partial_write(x: &mut Experiment<'_>) {
    let queue = queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let queue = queue.install(x);
    x.estimate(Estimate::degraded().recovery_s(1.0).confidence(0.8).because("the store starts again from its log"));
    queue.submit_during(x, 1);
    x.trigger(queue.power_loss_in_commit(Duration::from_millis(100)));
}
