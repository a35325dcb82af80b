//! The two halves of the trigger, one at a time: each is enough, and each has its own guard.

use tumult_invariants::EndHistory;
use tumult_sim::time::sleep;
use tumult_sim::{Cause, Sim};

use super::*;

/// Six jobs; B dies with the one that it is given first, or the first is poison.
fn run(seed: u64, dies: bool, poison: bool, queue: JobQueue) -> Result<usize, &'static str> {
    let mut sim = Sim::new(seed);
    let queue = if poison { queue.poison([POISON]) } else { queue }.install_in(&mut sim);
    if dies {
        sim.fault(queue.kill_worker("B", SECOND));
    }
    // One that does not wait for the jobs to end.
    let client = queue.clone();
    sim.primary("client", move || client.submits("client", 6));
    sim.primary("end", || sleep(15 * SECOND));
    match sim.try_run() {
        Ok(_) => Ok(queue.observers().ends.read(EndHistory::jobs_ended)),
        Err(failure) => match failure.cause {
            Cause::Violation { id, .. } => Err(id),
            _ => panic!("seed {seed}: {failure}"),
        },
    }
}

#[test]
fn a_worker_that_dies_keeps_its_job_unless_leases_expire() {
    for seed in 0..32 {
        assert_eq!(run(seed, true, false, queue(false, true)), Err("INV_006"), "seed {seed}");
        assert_eq!(run(seed, true, false, queue(true, false)), Ok(6), "seed {seed}");
    }
}

#[test]
fn a_poison_job_never_ends_unless_it_is_dead_lettered() {
    for seed in 0..32 {
        assert_eq!(run(seed, false, true, queue(true, false)), Err("INV_006"), "seed {seed}");
        assert_eq!(run(seed, false, true, queue(true, true)), Ok(6), "seed {seed}");
    }
}

#[test]
fn without_a_trigger_all_jobs_end() {
    assert_eq!(run(1, false, false, queue(false, false)), Ok(6));
}
