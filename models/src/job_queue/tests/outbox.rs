//! Effects that go through the store's outbox: each once, whatever crashes.

use tumult_sim::fault::Fault;

use super::*;

const JOBS: u32 = 40;

/// The ledger knows no keys: it has the outbox's numbers alone.
fn queue() -> JobQueue {
    JobQueue::new().lease(500 * MS).work(100 * MS).idempotent_commit(false).outbox(true).recorded_keys(true)
}

/// Store and workers go down again and again.
fn battered(seed: u64, crash: fn(Process) -> Fault, queue: JobQueue) -> (Sim, Handle) {
    let (mut sim, handle) = with(seed, queue);
    for n in 0..12 {
        let at = 100 * MS + n * 197 * MS + Duration::from_micros(seed * 37 % 9000);
        sim.at(at, crash(handle.store()).lasting(30 * MS));
    }
    // Between a job's effect, where the worker does it, and its commit; and between that and its end.
    for worker in handle.workers() {
        for point in ["worker.applied", "worker.committed"] {
            for n in [2, 5] {
                sim.on(at_point(point, worker).nth(n), Fault::kill(worker).lasting(20 * MS));
            }
        }
    }
    handle.submit(&mut sim, "client", 100 * MS, JOBS);
    wait(&mut sim, 10 * S);
    (sim, handle)
}

#[test]
fn effects_are_done_once_whatever_crashes() {
    for seed in 0..30 {
        for crash in [Fault::kill, Fault::power_loss] {
            let (mut sim, handle) = battered(seed, crash, queue());
            holds(&mut sim);
            handle.observers().effects.read(|e| assert_eq!(e.len(), JOBS as usize));
        }
    }
}

/// The same with workers that do their effects themselves, and with an outbox that does not know what it has: found out.
#[test]
fn without_the_outbox_or_the_keys_in_it_effects_are_done_twice() {
    for less in [queue().outbox(false), queue().recorded_keys(false)] {
        let twice =
            (0..30).filter(|seed| violated(&mut battered(*seed, Fault::kill, less.clone()).0) == Some("INV_001"));
        assert!(twice.count() > 10, "{less:?}");
    }
}

#[test]
fn an_effect_waits_for_the_ledger() {
    for seed in 0..10 {
        let (mut sim, handle) = with(seed, queue());
        sim.at(Duration::ZERO, Fault::isolate(handle.ledger()).lasting(5 * S));
        handle.submit(&mut sim, "client", 100 * MS, 3);
        wait(&mut sim, 4 * S);
        holds(&mut sim);
        let ended = handle.observers().work.read(|w| (w.jobs_completed(), w.jobs_open()));
        assert_eq!(ended, (3, 0), "the jobs have ended: their effects are sure to come");
        assert!(handle.observers().effects.read(tumult_invariants::EffectLedger::is_empty));

        let (mut sim, handle) = with(seed, queue());
        sim.at(Duration::ZERO, Fault::isolate(handle.ledger()).lasting(5 * S));
        handle.submit(&mut sim, "client", 100 * MS, 3);
        wait(&mut sim, 6 * S);
        holds(&mut sim);
        assert_eq!(handle.observers().effects.read(tumult_invariants::EffectLedger::len), 3);
    }
}
