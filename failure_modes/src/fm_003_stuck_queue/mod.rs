//! `FM_003`: a stuck queue.

#[cfg(test)]
mod one_of_two;

use std::time::Duration;

use tumult_invariants::{Bounds, INV_006};
use tumult_models::job_queue::JobQueue;
use tumult_sim::phase::Estimate;
use tumult_sim::{Experiment, failure_mode};

const SECOND: Duration = Duration::from_secs(1);
/// The first job never ends its work.
const POISON: &str = "client-1";

/// A job is done in a fifth of a second, and has to have ended within ten.
pub(crate) fn queue(lease_expiry: bool, dead_letter: bool) -> JobQueue {
    JobQueue::new()
        .lease(SECOND)
        .work(SECOND / 5)
        .lease_expiry(lease_expiry)
        .budget(dead_letter.then_some(3))
        .bounds(Bounds { liveness: 10 * SECOND, attempts: 50, ..Bounds::default() })
}

/// The scenario's queue.
pub(crate) fn guarded_queue(guarded: bool) -> JobQueue {
    queue(guarded, guarded).poison([POISON])
}

/// A worker dies with a job, and another job is poison: neither ever ends.
#[failure_mode(id = "FM_003", violates = [INV_006], seeds = 64, spec = "spec.md")]
fn stuck_queue(x: &mut Experiment<'_>) {
    let queue = guarded_queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let queue = queue.install(x);
    x.baseline(5 * SECOND).during(20 * SECOND);
    let estimate = Estimate::degraded().recovery_s(0.1).data_loss(false);
    x.estimate(estimate.confidence(0.8).because("two leases for the one, three for the other: 4 s, long before POST"));
    queue.submit_during(x, 6);
    x.trigger(queue.kill_worker("B", SECOND));
}
