//! The same failure without any fault: the work alone is longer than the lease.

use std::time::Duration;

use tumult_invariants::{TransitionHistory, WorkHistory};
use tumult_models::job_queue::{Handle, JobQueue};
use tumult_sim::time::sleep;
use tumult_sim::{Cause, Sim};

/// One job, whose work takes so long, under a lease of 1 s.
fn submit(sim: &mut Sim, work: Duration, guarded: bool) -> Handle {
    let queue = JobQueue::new().lease(Duration::from_secs(1)).work(work).idempotent_commit(guarded).install_in(sim);
    queue.submit(sim, "client", Duration::from_millis(100), 1);
    // Beyond the job's end: the worker that lost its lease is still at it.
    sim.primary("end", || sleep(Duration::from_secs(20)));
    queue
}

fn violates(work: Duration) {
    for seed in 0..64 {
        let mut sim = Sim::new(seed);
        submit(&mut sim, work, false);
        let failure = sim.try_run().expect_err("without the guard it violates");
        assert!(matches!(failure.cause, Cause::Violation { id: "INV_001", .. }), "seed {seed}: {failure}");
    }
}

fn holds(sim: &mut Sim, work: Duration) {
    let queue = submit(sim, work, true);
    sim.run();
    let seen = queue.observers();
    assert!(seen.transitions.read(TransitionHistory::executions) > 1, "the lease did not run out");
    assert_eq!(seen.effects.read(|e| e.times("client-1")), 1);
    assert_eq!(seen.work.read(WorkHistory::jobs_open), 0, "the job has not ended");
}

#[test]
fn work_of_2_s_without_the_guard_violates() {
    violates(Duration::from_secs(2));
}

#[test]
fn work_of_3_s_without_the_guard_violates() {
    violates(Duration::from_secs(3));
}

#[tumult_sim::test(seeds = 64)]
fn work_of_2_s_with_the_guard_holds(sim: &mut Sim) {
    holds(sim, Duration::from_secs(2));
}

#[tumult_sim::test(seeds = 64)]
fn work_of_3_s_with_the_guard_holds(sim: &mut Sim) {
    holds(sim, Duration::from_secs(3));
}
