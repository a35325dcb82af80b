//! The happy path: nothing goes wrong, and every job is done once.

use tumult_invariants::{ExecutionId, Status};

use super::*;

/// The story of docs/happy-path.md: a lease of 5 s, one effect, no retries, DONE.
#[test]
fn a_job_is_done_once_and_at_the_first_attempt() {
    for seed in 0..50 {
        let (mut sim, queue) = with(seed, JobQueue::new().lease(5 * S).work(500 * MS));
        queue.submit(&mut sim, "client", 100 * MS, 1);
        wait(&mut sim, 20 * S);
        holds(&mut sim);
        let seen = queue.observers();
        assert_eq!(seen.effects.read(|e| e.times("client-1")), 1, "one effect");
        seen.transitions.read(|t| {
            assert_eq!(t.executions(), 1, "no retries");
            assert_eq!(t.status(ExecutionId(1)), Some(Status::Done));
            assert_eq!(t.steps(), 4, "LEASED, IN_PROGRESS, COMMITTED, DONE");
        });
        seen.work.read(|w| assert_eq!((w.jobs_accepted(), w.jobs_completed(), w.jobs_open()), (1, 1, 0)));
        seen.outcomes.read(|o| assert_eq!(o.failures(), 0));
    }
}

#[test]
fn jobs_of_many_clients_are_done_in_their_order_by_two_workers() {
    let (mut sim, queue) = with(7, JobQueue::new().work(20 * MS));
    for client in ["c1", "c2", "c3"] {
        queue.submit(&mut sim, client, 100 * MS, 20);
    }
    holds(&mut sim);
    let seen = queue.observers();
    seen.effects.read(|e| assert_eq!(e.len(), 60));
    seen.transitions.read(|t| assert_eq!((t.executions(), t.steps()), (60, 240)));
}

#[test]
fn a_network_that_loses_and_repeats_costs_time_and_nothing_else() {
    let mut retried = 0;
    for seed in 0..30 {
        let (mut sim, queue) = with(seed, JobQueue::new().lease(S).work(50 * MS));
        sim.links().loss(0.05).duplicate(0.05).reorder(0.05);
        queue.submit(&mut sim, "client", 100 * MS, 20);
        holds(&mut sim);
        queue.observers().effects.read(|e| assert_eq!(e.len(), 20));
        retried += queue.observers().transitions.read(tumult_invariants::TransitionHistory::executions) - 20;
    }
    assert!(retried > 0, "no lease was ever lost: the links are too good for this test");
}
