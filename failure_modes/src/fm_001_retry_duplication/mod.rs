//! `FM_001`: retry duplication leads to double execution.

#[cfg(test)]
mod unstalled;

use std::time::Duration;

use tumult_invariants::INV_001;
use tumult_models::job_queue::JobQueue;
use tumult_sim::phase::Estimate;
use tumult_sim::{Experiment, failure_mode};

pub(crate) fn queue(guarded: bool) -> JobQueue {
    JobQueue::new().lease(Duration::from_secs(1)).work(Duration::from_millis(500)).idempotent_commit(guarded)
}

/// A worker outlives its lease, so the job is leased again and runs twice.
#[failure_mode(id = "FM_001", violates = [INV_001], seeds = 64, recover, spec = "spec.md")]
fn retry_duplication(x: &mut Experiment<'_>) {
    let queue = queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let queue = queue.install(x);
    x.estimate(Estimate::degraded().recovery_s(5.0).confidence(0.8).because("second lease, same key"));
    queue.submit_during(x, 1);
    x.trigger(queue.stall_worker("A", Duration::from_secs(2)));
    x.recover(queue.crash_after_commit("A"), move || queue.reconcile());
}
