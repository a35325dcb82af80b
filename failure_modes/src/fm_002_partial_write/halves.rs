//! The guard has two halves, and neither does without the other: a transaction that is one frame can be torn, and a frame
//! that is known to be whole need not be all of a transaction.

use std::time::Duration;

use tumult_models::job_queue::JobQueue;

use crate::violations;

/// In how many of 64 seeds a power loss in a commit leaves part of a transaction.
fn violating(atomic: bool, checksums: bool) -> usize {
    violations::count("INV_002", |sim| {
        let queue = JobQueue::new().work(Duration::from_millis(50)).payload(4000).outbox(true);
        let queue = queue.atomic_commits(atomic).checksums(checksums).install_in(sim);
        queue.submit(sim, "client", Duration::from_millis(100), 1);
        sim.fault(queue.power_loss_in_commit(Duration::from_millis(100)));
    })
}

#[test]
fn one_frame_without_a_checksum_is_torn_and_not_noticed() {
    // The frame's first sector and its length have to be left, and a later sector lost.
    let torn = violating(true, false);
    assert!(torn >= 3, "{torn} of 64");
}

#[test]
fn checksums_of_single_records_do_not_notice_that_others_are_missing() {
    let partial = violating(false, true);
    assert!(partial > 6, "{partial} of 64");
}

#[test]
fn one_frame_with_a_checksum_is_there_whole_or_not_at_all() {
    assert_eq!(violating(true, true), 0);
}
