//! The guard's two forms: a lane that is served first, and a channel of its own.

use tumult_invariants::ControlHistory;
use tumult_sim::Cause;
use tumult_sim::time::sleep;

use super::*;

fn run(seed: u64, control: Control) -> Result<Duration, &'static str> {
    let mut sim = Sim::new(seed);
    let (queue, asker) = system(&mut sim, super::queue(control), ASKED);
    sim.fault(trigger(&queue, asker, 2 * SECOND));
    sim.primary("end", || sleep(9 * SECOND));
    match sim.try_run() {
        Ok(_) => Ok(queue.observers().control.read(ControlHistory::worst)),
        Err(failure) => match failure.cause {
            Cause::Violation { id, .. } => Err(id),
            _ => panic!("seed {seed}: {failure}"),
        },
    }
}

#[test]
fn behind_the_flood_control_is_late() {
    for seed in 0..16 {
        assert_eq!(run(seed, Control::Shared), Err("INV_009"), "seed {seed}");
    }
}

/// It waits for the one request that is being served, and for heartbeats and requests for leases of two workers.
#[test]
fn in_a_lane_of_its_own_it_waits_for_one_request_and_for_its_like() {
    for seed in 0..16 {
        assert!(run(seed, Control::Priority).is_ok_and(|worst| worst <= 5 * COST), "seed {seed}");
    }
}

#[test]
fn by_a_channel_of_its_own_it_does_not_wait() {
    for seed in 0..16 {
        assert_eq!(run(seed, Control::Separate), Ok(Duration::ZERO), "seed {seed}");
    }
}
