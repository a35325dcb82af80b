//! `FM_007`: control-plane starvation.

#[cfg(test)]
mod channels;

use std::time::Duration;

use tumult_invariants::{Bounds, INV_009};
use tumult_models::job_queue::{Control, Handle, JobQueue};
use tumult_sim::fault::Fault;
use tumult_sim::phase::{Estimate, Unit};
use tumult_sim::{Experiment, Process, Sim, failure_mode};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// What a request costs the queue.
const COST: Duration = Duration::from_millis(20);
/// How often it is asked something.
const ASKED: Duration = Duration::from_millis(50);

/// A queue that can serve 50 requests a second. Its inbox is bounded: what is queued stays within its bound with and without the guard.
pub(crate) fn queue(control: Control) -> JobQueue {
    JobQueue::new().queue_cost(COST).inbox(Some(120)).heartbeats(200 * MS, SECOND).control(control).bounds(Bounds {
        control: SECOND,
        queued: 240,
        ..Bounds::default()
    })
}

/// The queue, and somebody who asks it something `every` so often, whatever the answer.
pub(crate) fn system(sim: &mut Sim, queue: JobQueue, every: Duration) -> (Handle, Process) {
    let queue = queue.install_in(sim);
    let asker = queue.queries(sim, "asker", every);
    (queue, asker)
}

/// What is sent in four seconds arrives at once.
pub(crate) fn trigger(queue: &Handle, asker: Process, at: Duration) -> Fault {
    Fault::hold(asker, queue.queue()).at(at).lasting(4 * SECOND)
}

/// The scenario's queue.
pub(crate) fn guarded_queue(guarded: bool) -> JobQueue {
    queue(if guarded { Control::Priority } else { Control::Shared })
}

/// Work floods the channel that heartbeats share, and healthy workers are declared dead.
#[failure_mode(id = "FM_007", violates = [INV_009], seeds = 64, spec = "spec.md")]
fn control_starvation(x: &mut Experiment<'_>) {
    let queue = guarded_queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let (queue, asker) = system(x, queue, ASKED);
    let ends = queue.observers().ends.clone();
    x.probe("open jobs", Unit::Gauge, 100 * MS, move || ends.read(|e| e.jobs_open() as f64));
    x.baseline(3 * SECOND).during(10 * SECOND);
    let estimate = Estimate::degraded().recovery_s(0.1).data_loss(false);
    x.estimate(estimate.confidence(0.8).because("the flood is served within 3 s, before POST"));
    queue.submit_during(x, 4);
    x.trigger(trigger(&queue, asker, SECOND));
}
