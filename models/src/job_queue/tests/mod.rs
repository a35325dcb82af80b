//! The queue as a whole: the happy path, crashes, fencing, reconciliation, and what happens without each policy.

mod crash;
mod happy;
mod leases;
mod load;
mod outbox;
mod reconcile;
mod refused;
mod renewal;
mod replicas;
mod stalled;
mod swarm;

use std::time::Duration;

use tumult_sim::fault::Condition;
use tumult_sim::{Process, Report, Sim};

use super::{Handle, JobQueue};

const MS: Duration = Duration::from_millis(1);
const S: Duration = Duration::from_secs(1);

/// A simulation with a queue in it.
fn with(seed: u64, queue: JobQueue) -> (Sim, Handle) {
    let mut sim = Sim::new(seed);
    sim.time_limit(3600 * S);
    let handle = queue.install_in(&mut sim);
    (sim, handle)
}

/// When this process reaches that point.
fn at_point(name: &str, process: Process) -> Condition {
    Condition::point(name).by(process)
}

/// The run lasts so long at least, whatever the clients do: what is late can still be seen.
fn wait(sim: &mut Sim, duration: Duration) {
    sim.primary("end", move || tumult_sim::time::sleep(duration));
}

/// The invariant that the run violates first, if it does.
fn violated(sim: &mut Sim) -> Option<&'static str> {
    match sim.try_run() {
        Ok(_) => None,
        Err(failure) => match failure.cause {
            tumult_sim::Cause::Violation { id, .. } => Some(id),
            _ => panic!("{failure}"),
        },
    }
}

fn holds(sim: &mut Sim) -> Report {
    match sim.try_run() {
        Ok(report) => report,
        Err(failure) => panic!("seed {}, at {}: {failure}", sim.seed(), failure.at),
    }
}
