//! The guard has two halves. Where the lease is short, its renewal at the store is enough, and without that a job stays
//! with its worker for ever. Where it is long, the job has to be handed back.

use std::time::Duration;

use tumult_invariants::Bounds;
use tumult_models::job_queue::{JobQueue, Renewal};

use crate::violations;

/// In how many of 64 seeds a job does not end within 10 s after A and the store reach each other again.
fn violating(lease: u64, renewal: Renewal, hand_back: bool) -> usize {
    violations::count("INV_006", |sim| {
        let bounds = Bounds { liveness: Duration::from_secs(10), ..Bounds::default() };
        let queue = JobQueue::new().lease(Duration::from_secs(lease)).bounds(bounds);
        let queue = queue.renewal(renewal).hand_back(hand_back).install_in(sim);
        queue.submit_only(sim, "client", Duration::from_millis(100), 1);
        sim.fault(queue.part_from_store("A").lasting(Duration::from_secs(5)));
    })
}

#[test]
fn a_lease_that_the_queue_renews_is_never_over() {
    assert_eq!(violating(1, Renewal::ByQueue, false), 64);
    assert_eq!(violating(1, Renewal::ByStore, false), 0, "at the store it is");
}

#[test]
fn a_long_lease_has_to_be_handed_back() {
    assert_eq!(violating(20, Renewal::ByStore, false), 64);
    assert_eq!(violating(20, Renewal::ByStore, true), 0);
}
