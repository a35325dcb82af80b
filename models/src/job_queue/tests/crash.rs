//! The log under kills and power losses: what was acknowledged survives all of them.

use tumult_sim::fault::Fault;

use super::*;

const JOBS: u32 = 60;

/// The store goes down again and again while jobs are submitted and done.
fn battered(seed: u64, crash: fn(Process) -> Fault, queue: JobQueue) -> (Sim, Handle) {
    let (mut sim, handle) = with(seed, queue);
    for n in 0..20 {
        // Not a multiple of anything that the queue does, so that each crash finds it elsewhere.
        let at = 100 * MS + n * 197 * MS + Duration::from_micros(seed * 37 % 9000);
        sim.at(at, crash(handle.store()).lasting(30 * MS));
    }
    handle.submit(&mut sim, "client", 100 * MS, JOBS);
    wait(&mut sim, 5 * S);
    (sim, handle)
}

fn queue() -> JobQueue {
    JobQueue::new().lease(500 * MS).work(100 * MS)
}

#[test]
fn acknowledged_jobs_survive_every_kill_of_the_store() {
    for seed in 0..40 {
        let (mut sim, handle) = battered(seed, Fault::kill, queue());
        holds(&mut sim);
        handle.observers().effects.read(|e| assert_eq!(e.len(), JOBS as usize));
        handle.observers().work.read(|w| assert!(w.recoveries() > 20));
    }
}

#[test]
fn acknowledged_jobs_survive_every_power_loss_of_the_store() {
    for seed in 0..40 {
        let (mut sim, handle) = battered(seed, Fault::power_loss, queue());
        holds(&mut sim);
        handle.observers().effects.read(|e| assert_eq!(e.len(), JOBS as usize));
        handle.observers().work.read(|w| assert!(w.recoveries() > 20));
    }
}

/// The same with a store that acknowledges before it syncs: that is found out, so the test above can fail.
#[test]
fn a_store_that_does_not_sync_is_found_out_by_power_losses_and_not_by_kills() {
    let (mut lost, mut killed) = (0, 0);
    for seed in 0..40 {
        let (mut sim, _) = battered(seed, Fault::power_loss, queue().sync(false));
        lost += usize::from(matches!(violated(&mut sim), Some("INV_003" | "INV_004")));
        let (mut sim, _) = battered(seed, Fault::kill, queue().sync(false));
        killed += usize::from(violated(&mut sim).is_some());
    }
    assert!(lost > 20, "{lost} of 40");
    assert_eq!(killed, 0, "a kill loses nothing that was written");
}

#[test]
fn every_process_may_crash_and_a_sick_disk_is_survived() {
    for seed in 0..20 {
        let (mut sim, handle) = with(seed, queue());
        let inside = [handle.queue(), handle.store(), handle.worker("A"), handle.worker("B")];
        for (n, process) in (0..).zip(inside) {
            for round in 0..4 {
                let at = 150 * MS + (round * 400 + n * 90) * MS + Duration::from_micros(seed * 531 % 20_000);
                sim.at(at, Fault::kill(process).lasting(50 * MS));
            }
        }
        sim.at(2 * S, Fault::disk_write_errors(handle.store(), 0.3).lasting(S));
        sim.at(4 * S, Fault::disk_sync_errors(handle.store(), 0.3).lasting(S));
        handle.submit(&mut sim, "client", 100 * MS, JOBS);
        wait(&mut sim, 6 * S);
        holds(&mut sim);
        handle.observers().effects.read(|e| assert_eq!(e.len(), JOBS as usize));
    }
}
