//! Leases that are renewed while their jobs are worked on, and jobs that are handed back.

use tumult_sim::fault::Fault;

use super::super::Renewal;
use super::*;

fn executions(handle: &Handle) -> usize {
    handle.observers().transitions.read(tumult_invariants::TransitionHistory::executions)
}

fn is_done(handle: &Handle) -> bool {
    handle.observers().work.read(|w| (w.jobs_completed(), w.jobs_open())) == (1, 0)
}

/// Work of 3 s under a lease of 1 s.
#[test]
fn work_longer_than_its_lease_is_done_at_the_first_attempt_where_the_lease_is_renewed() {
    for seed in 0..20 {
        for (by, expected) in [(Renewal::ByStore, 1), (Renewal::ByQueue, 1), (Renewal::Never, 2)] {
            let (mut sim, handle) = with(seed, JobQueue::new().lease(S).work(3 * S).lease_check(false).renewal(by));
            handle.submit(&mut sim, "client", 100 * MS, 1);
            wait(&mut sim, 15 * S);
            holds(&mut sim);
            assert_eq!((is_done(&handle), executions(&handle) >= expected), (true, true), "{by:?}");
            assert!(by == Renewal::Never || executions(&handle) == 1, "{by:?}");
        }
    }
}

/// With a lease that is renewed, a worker's own look at it sees that it lasts.
#[test]
fn a_renewed_lease_is_not_over_for_its_worker_either() {
    for seed in 0..20 {
        let queue = JobQueue::new().lease(S).work(3 * S).lease_check(true).renewal(Renewal::ByStore);
        let (mut sim, handle) = with(seed, queue);
        handle.submit(&mut sim, "client", 100 * MS, 1);
        wait(&mut sim, 8 * S);
        holds(&mut sim);
        assert_eq!((is_done(&handle), executions(&handle)), (true, 1));
    }
}

/// A is cut off from the store for 10 s, one way or both, and B is free. Gives whether the job is done by then, and at the
/// end.
fn parted(seed: u64, queue: &JobQueue, fault: fn(&Handle) -> Fault) -> (bool, bool) {
    let run = |wait_for| {
        let (mut sim, handle) = with(seed, queue.clone().work(500 * MS));
        sim.at(Duration::ZERO, fault(&handle).lasting(10 * S));
        let (client, jobs) = (handle.clone(), 1);
        client.submit_only(&mut sim, "client", 100 * MS, jobs);
        wait(&mut sim, wait_for);
        holds(&mut sim);
        is_done(&handle)
    };
    (run(9 * S), run(60 * S))
}

#[test]
fn a_job_that_is_handed_back_is_done_by_another_worker_at_once() {
    type Cut = fn(&Handle) -> Fault;
    let cuts: [Cut; 3] = [
        |h| h.part_from_store("A"),
        |h| Fault::cut(h.worker("A"), h.store()),
        |h| Fault::cut(h.store(), h.worker("A")),
    ];
    for seed in 0..10 {
        for cut in cuts {
            let queue = JobQueue::new().lease(20 * S).renewal(Renewal::ByStore);
            assert_eq!(parted(seed, &queue.clone().hand_back(true), cut), (true, true));
            assert_eq!(parted(seed, &queue.hand_back(false), cut), (false, true), "when the lease is over");
        }
    }
}

#[test]
fn a_lease_that_is_renewed_by_the_queue_is_never_over_while_its_worker_lives() {
    for seed in 0..10 {
        let stuck = |by| parted(seed, &JobQueue::new().lease(S).renewal(by), |h| h.part_from_store("A"));
        assert_eq!(stuck(Renewal::ByQueue), (false, false));
        assert!(stuck(Renewal::ByStore).1);
    }
}
