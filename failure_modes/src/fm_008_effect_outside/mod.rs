//! `FM_008`: an effect outside the transaction that records its key.

use std::time::Duration;

use tumult_invariants::INV_001;
use tumult_models::job_queue::JobQueue;
use tumult_sim::phase::Estimate;
use tumult_sim::{Experiment, failure_mode};

pub(crate) fn queue(guarded: bool) -> JobQueue {
    JobQueue::new()
        .lease(Duration::from_secs(1))
        .work(Duration::from_millis(100))
        .idempotent_commit(false)
        .recorded_keys(true)
        .outbox(guarded)
}

/// An effect is done and its key is not yet recorded when who did it goes down, so it is done again.
#[failure_mode(id = "FM_008", violates = [INV_001], seeds = 64, spec = "spec.md")]
fn effect_outside(x: &mut Experiment<'_>) {
    let queue = queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let queue = queue.install(x);
    x.estimate(Estimate::degraded().recovery_s(2.0).confidence(0.8).because("the lease has to run out first"));
    queue.submit_during(x, 1);
    x.trigger(queue.crash_after_effect("A", Duration::from_millis(500)));
}
