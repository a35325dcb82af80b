//! Replicas of the store, on a bad network.

use tumult_sim::fault::Fault;

use super::*;

const JOBS: u32 = 30;

/// Operations are doubled, late and maybe lost on their way to one of two replicas, which also starts anew; the store
/// loses power.
fn torn(seed: u64, queue: JobQueue, loss: f64) -> (Sim, Handle) {
    let (mut sim, handle) = with(seed, queue.lease(500 * MS).work(50 * MS).replicas(["east", "west"]));
    let (store, east) = (handle.store(), handle.replica("east"));
    for fault in [Fault::loss(store, east, loss), Fault::duplicate(store, east, 0.3), Fault::reorder(store, east, 0.3)]
    {
        sim.at(Duration::ZERO, fault.lasting(8 * S));
    }
    sim.at(S, Fault::kill(east).lasting(100 * MS));
    sim.at(1500 * MS, Fault::power_loss(store).lasting(50 * MS));
    handle.submit(&mut sim, "client", 100 * MS, JOBS);
    wait(&mut sim, 15 * S);
    (sim, handle)
}

#[test]
fn replicas_catch_up_and_agree() {
    for seed in 0..30 {
        let (mut sim, handle) = torn(seed, JobQueue::new(), 0.2);
        holds(&mut sim);
        let seen = handle.observers().replicas.read(|r| ["east", "west"].map(|name| r.seen(name)));
        assert_eq!(seen[0], seen[1]);
        assert!(seen[0] >= 5 * u64::from(JOBS), "{seen:?}: acceptance, lease and three steps of each job");
    }
}

#[test]
fn without_numbers_they_do_not() {
    // Who has lost one has not seen the same, so here none is lost.
    let torn = |seed| torn(seed, JobQueue::new().sequenced(false), 0.0);
    let differ = (0..30).filter(|seed| violated(&mut torn(*seed).0) == Some("INV_008"));
    assert!(differ.count() > 10);
}
