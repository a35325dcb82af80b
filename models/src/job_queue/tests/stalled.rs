//! A worker outlives its lease: what the idempotent commit is for, and what fencing is for.

use super::*;

/// A lease of 1 s; A stands still for 2 s when it has begun to work, and B is free.
fn stalled(seed: u64, queue: JobQueue) -> (Sim, Handle) {
    let (mut sim, handle) = with(seed, queue.lease(S).work(500 * MS));
    sim.on(at_point("worker.working", handle.worker("A")), handle.stall_worker("A", 2 * S));
    handle.submit(&mut sim, "client", 100 * MS, 1);
    wait(&mut sim, 10 * S);
    (sim, handle)
}

#[test]
fn without_an_idempotent_commit_the_effect_is_applied_twice() {
    let twice = (0..50)
        .filter(|seed| violated(&mut stalled(*seed, JobQueue::new().idempotent_commit(false)).0) == Some("INV_001"));
    assert_eq!(twice.count(), 50);
}

#[test]
fn with_it_the_second_attempt_changes_nothing() {
    for seed in 0..50 {
        let (mut sim, handle) = stalled(seed, JobQueue::new());
        holds(&mut sim);
        let seen = handle.observers();
        assert_eq!(seen.effects.read(|e| e.times("client-1")), 1);
        assert_eq!(seen.transitions.read(tumult_invariants::TransitionHistory::executions), 2, "it was leased twice");
        assert_eq!(
            seen.outcomes.read(tumult_invariants::OutcomeHistory::failures),
            1,
            "A's attempt counts as failed: B has the lease"
        );
    }
}

/// Nobody is stalled: the work takes longer than the lease.
#[test]
fn work_that_is_longer_than_its_lease_ends_with_one_effect() {
    for work in [2 * S, 3 * S] {
        for seed in 0..30 {
            let longer = |queue: JobQueue| {
                let (mut sim, handle) = with(seed, queue.lease(S).work(work));
                handle.submit(&mut sim, "client", 100 * MS, 1);
                wait(&mut sim, 20 * S);
                (sim, handle)
            };
            assert_eq!(violated(&mut longer(JobQueue::new().idempotent_commit(false)).0), Some("INV_001"));
            let (mut sim, handle) = longer(JobQueue::new());
            holds(&mut sim);
            assert_eq!(handle.observers().work.read(|w| (w.jobs_completed(), w.jobs_open())), (1, 0));
        }
    }
}
