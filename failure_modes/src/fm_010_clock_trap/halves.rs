//! The guard has two halves, one for each trigger: a clock that nobody sets does not run right for that, and a margin for
//! a clock that runs wrong is no margin for one that is set.

use std::time::Duration;

use tumult_models::job_queue::{JobQueue, LeaseClock};
use tumult_sim::fault::{Fault, ahead};

use crate::violations;

/// In how many of 64 seeds the effect is applied twice.
fn violating(clock: LeaseClock, margin_ms: u64) -> usize {
    violations::count("INV_001", |sim| {
        let queue = JobQueue::new().lease(Duration::from_secs(1)).work(Duration::from_millis(900));
        let queue = queue.idempotent_commit(false).lease_check(true).lease_clock(clock);
        let queue = queue.drift_margin(Duration::from_millis(margin_ms)).install_in(sim);
        queue.submit(sim, "client", Duration::from_millis(100), 1);
        sim.fault(queue.store_clock_step("A", ahead(Duration::from_secs(2))));
        sim.fault(Fault::clock_drift(queue.worker("A"), -150_000));
    })
}

#[test]
fn a_margin_does_not_help_against_a_clock_that_is_set() {
    assert_eq!(violating(LeaseClock::Wall, 500), 64);
}

#[test]
fn a_clock_that_nobody_sets_may_still_be_slow() {
    assert_eq!(violating(LeaseClock::Monotonic, 0), 64);
}

#[test]
fn with_both_the_lease_outlasts_the_work() {
    assert_eq!(violating(LeaseClock::Monotonic, 500), 0);
}
