//! The guard has two halves, and neither does without the other: who knows the order and does not get what is missing
//! leaves it out, and who would get it does not know without numbers that it is missing.

use std::time::Duration;

use tumult_models::job_queue::JobQueue;
use tumult_sim::fault::Fault;

use crate::violations;

/// In how many of 64 seeds two replicas have seen the same operations and differ.
fn violating(sequenced: bool, reconciled: bool) -> usize {
    violations::count("INV_008", |sim| {
        let queue = JobQueue::new().work(Duration::from_millis(20)).replicas(["east", "west"]);
        let queue = queue.sequenced(sequenced).reconciled(reconciled).install_in(sim);
        queue.submit(sim, "client", Duration::from_millis(100), 8);
        sim.fault(Fault::reorder(queue.store(), queue.replica("east"), 0.5));
    })
}

#[test]
fn numbers_alone_leave_out_what_comes_late() {
    let differ = violating(true, false);
    assert!(differ > 6, "{differ} of 64");
}

#[test]
fn without_numbers_nobody_knows_what_is_missing() {
    let differ = violating(false, true);
    assert!(differ > 6, "{differ} of 64");
}

#[test]
fn in_order_and_without_gaps_replicas_agree() {
    assert_eq!(violating(true, true), 0);
}
