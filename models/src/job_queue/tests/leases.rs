//! Leases and the clocks that they are reckoned by.

use tumult_sim::fault::{Fault, ahead, behind};

use super::super::LeaseClock;
use super::*;

/// Work of 3 s under a lease of 4 s, no idempotent commit: a second lease is a second effect.
fn queue(clock: LeaseClock) -> JobQueue {
    JobQueue::new().lease(4 * S).work(3 * S).idempotent_commit(false).lease_clock(clock)
}

fn leased_again(seed: u64, queue: JobQueue, fault: impl Fn(&Handle) -> Fault) -> bool {
    let (mut sim, handle) = with(seed, queue);
    sim.at(S, fault(&handle));
    handle.submit(&mut sim, "client", 100 * MS, 1);
    wait(&mut sim, 20 * S);
    match violated(&mut sim) {
        None => false,
        Some("INV_001") => true,
        Some(other) => panic!("{other}"),
    }
}

#[test]
fn a_step_of_the_wall_clock_ends_leases_that_are_reckoned_by_it_and_no_others() {
    for seed in 0..20 {
        let step = |handle: &Handle| Fault::clock_step(handle.store(), ahead(10 * S));
        assert!(leased_again(seed, queue(LeaseClock::Wall), step));
        assert!(!leased_again(seed, queue(LeaseClock::Monotonic), step));
    }
}

#[test]
fn a_power_loss_starts_the_monotonic_clock_anew_and_ends_no_lease() {
    for seed in 0..20 {
        let loss = |handle: &Handle| Fault::power_loss(handle.store()).lasting(100 * MS);
        assert!(!leased_again(seed, queue(LeaseClock::Monotonic), loss));
    }
}

/// The store is down for longer than the lease: the lease goes on where it was, so the job is late, and not lost.
#[test]
fn a_lease_of_a_worker_that_died_ends_after_a_power_loss_of_the_store() {
    for seed in 0..20 {
        let (mut sim, handle) = with(seed, queue(LeaseClock::Monotonic));
        let a = handle.worker("A");
        sim.on(at_point("worker.working", a), Fault::kill(a));
        sim.at(S, Fault::power_loss(handle.store()).lasting(10 * S));
        let client = handle.submit(&mut sim, "client", 100 * MS, 1);
        let report = holds(&mut sim);
        assert_eq!(report.output::<std::io::Result<u32>>(client).unwrap().as_ref().unwrap(), &1);
        assert_eq!(handle.observers().transitions.read(tumult_invariants::TransitionHistory::executions), 2);
    }
}

/// A stalls at work and past its lease. That it looks at its clock before the effect is no guard, as a stall may come
/// behind the look, and still most do not.
#[test]
fn a_worker_that_looks_at_its_lease_does_no_effect_after_it() {
    let stalled = |seed, check, clock| {
        let queue = queue(clock).work(S).lease_check(check);
        leased_again(seed, queue, |handle| handle.stall_worker("A", 6 * S))
    };
    for seed in 0..20 {
        for clock in [LeaseClock::Wall, LeaseClock::Monotonic] {
            assert!(stalled(seed, false, clock));
            assert!(!stalled(seed, true, clock));
        }
    }
}

/// The worker's wall clock is behind, so by it the lease lasts still.
#[test]
fn a_worker_that_compares_two_wall_clocks_may_be_wrong() {
    let skewed = |seed, clock| {
        let (mut sim, handle) = with(seed, queue(clock).work(S).lease_check(true));
        sim.at(Duration::ZERO, Fault::clock_step(handle.worker("A"), behind(10 * S)));
        let a = handle.worker("A");
        sim.on(at_point("worker.working", a), handle.stall_worker("A", 6 * S));
        handle.submit(&mut sim, "client", 100 * MS, 1);
        wait(&mut sim, 20 * S);
        violated(&mut sim)
    };
    for seed in 0..20 {
        assert_eq!(skewed(seed, LeaseClock::Wall), Some("INV_001"));
        assert_eq!(skewed(seed, LeaseClock::Monotonic), None);
    }
}
