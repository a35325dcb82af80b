//! `FM_009`: backpressure collapse, which is metastable.

#[cfg(test)]
pub(crate) mod metastable;

use std::time::Duration;

use tumult_invariants::{Bounds, INV_006, INV_010};
use tumult_models::job_queue::{Handle, JobQueue, Load};
use tumult_sim::fault::Fault;
use tumult_sim::phase::Estimate;
use tumult_sim::{Experiment, Sim, failure_mode};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// How long both workers stand still.
const TRIGGER: Duration = Duration::from_secs(6);

/// Which of the policies are in place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guards {
    pub(crate) admission: bool,
    pub(crate) deadlines: bool,
}

const ALL: Guards = Guards { admission: true, deadlines: true };

/// Two workers who do about 4.6 jobs a second, and 2.6 clients a second, each of whom waits 2.5 s and then tries again,
/// three times in all, with a new job: a page that is loaded again. If nobody is served in time, that is 7.8 jobs a second.
pub(crate) fn queue(guards: Guards, bounds: Bounds) -> JobQueue {
    JobQueue::new()
        .work(400 * MS)
        .admission(guards.admission.then_some(8))
        .deadlines(guards.deadlines)
        .patience(2500 * MS)
        .bounds(bounds)
}

fn system(sim: &mut Sim, queue: JobQueue) -> Handle {
    let queue = queue.install_in(sim);
    queue.load(sim, "client", Load { every: 385 * MS, patience: 2500 * MS, tries: 3 });
    queue
}

fn trigger(queue: &Handle, at: Duration) -> Vec<Fault> {
    queue.workers().map(|worker| Fault::pause(worker).at(at).lasting(TRIGGER)).collect()
}

/// The scenario's queue.
pub(crate) fn guarded_queue(guarded: bool) -> JobQueue {
    let bounds = Bounds { liveness: 10 * SECOND, queued: 30, ..Bounds::default() };
    queue(if guarded { ALL } else { Guards::default() }, bounds)
}

/// The queue grows beyond what any client waits for, and all that is done is done for nobody.
#[failure_mode(id = "FM_009", violates = [INV_006, INV_010], seeds = 32, spec = "spec.md")]
fn backpressure_collapse(x: &mut Experiment<'_>) {
    let queue = guarded_queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let queue = system(x, queue);
    queue.probe_goodput(x);
    x.baseline(8 * SECOND).warmup(4).during(26 * SECOND);
    let estimate = Estimate::degraded().recovery_s(0.5).data_loss(false);
    x.estimate(estimate.confidence(0.7).because("a queue of eight is done in 2 s, long before POST"));
    x.trigger(trigger(&queue, SECOND));
}
