//! `FM_010`: leases that are reckoned by clocks that are wrong.

#[cfg(test)]
mod halves;

use std::time::Duration;

use tumult_invariants::INV_001;
use tumult_models::job_queue::{JobQueue, LeaseClock};
use tumult_sim::fault::{Fault, ahead};
use tumult_sim::phase::Estimate;
use tumult_sim::{Experiment, failure_mode};

pub(crate) fn queue(guarded: bool) -> JobQueue {
    let (clock, margin) = if guarded { (LeaseClock::Monotonic, 500) } else { (LeaseClock::Wall, 0) };
    JobQueue::new()
        .lease(Duration::from_secs(1))
        .work(Duration::from_millis(900))
        .idempotent_commit(false)
        .lease_check(true)
        .lease_clock(clock)
        .drift_margin(Duration::from_millis(margin))
}

/// The store's clock is set ahead, or a worker's runs slow: who works still has its lease by one clock and not by the
/// other, and the job runs twice.
#[failure_mode(id = "FM_010", violates = [INV_001], seeds = 64, spec = "spec.md")]
fn clock_trap(x: &mut Experiment<'_>) {
    let queue = queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let queue = queue.install(x);
    x.estimate(Estimate::no_impact().confidence(0.6).because("work is shorter than the lease"));
    queue.submit_during(x, 1);
    x.trigger([
        queue.store_clock_step("A", ahead(Duration::from_secs(2))),
        Fault::clock_drift(queue.worker("A"), -150_000),
    ]);
}
