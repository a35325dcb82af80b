//! `FM_005`: retry amplification, which is metastable.

#[cfg(test)]
pub(crate) mod metastable;

use std::time::Duration;

use tumult_invariants::{Bounds, INV_006, INV_007};
use tumult_models::job_queue::{Backoff, Breaker, Handle, JobQueue, Load, RetryBudget};
use tumult_sim::fault::Fault;
use tumult_sim::phase::Estimate;
use tumult_sim::{Experiment, Sim, failure_mode};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// How long the ledger is slow.
const TRIGGER: Duration = Duration::from_secs(5);

/// Which of the policies are in place.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a policy of its own, to be taken out on its own")]
pub(crate) struct Guards {
    pub(crate) budget: bool,
    pub(crate) retry_budget: bool,
    pub(crate) backoff: bool,
    pub(crate) breaker: bool,
}

const ALL: Guards = Guards { budget: true, retry_budget: true, backoff: true, breaker: true };

/// Eight workers, and a ledger that can serve 50 calls a second; 8 jobs a second, each of which takes one call. A worker
/// that gets no answer for 100 ms calls again, twice; its job is leased again after a second.
pub(crate) fn queue(guards: Guards, bounds: Bounds) -> JobQueue {
    JobQueue::new()
        .workers(["A", "B", "C", "D", "E", "F", "G", "H"])
        .lease(SECOND)
        .work(150 * MS)
        .ledger_cost(20 * MS)
        .admission(Some(150))
        .budget(guards.budget.then_some(4))
        .retry_budget(guards.retry_budget.then_some(RetryBudget { most: 3.0, ratio: 0.1 }))
        .backoff(guards.backoff.then_some(Backoff { first: 200 * MS, longest: 5 * SECOND }))
        .breaker(guards.breaker.then_some(Breaker { failures: 3, rest: SECOND }))
        .patience(3 * SECOND)
        .bounds(bounds)
}

fn system(sim: &mut Sim, queue: JobQueue) -> Handle {
    let queue = queue.install_in(sim);
    queue.load(sim, "client", Load { every: 125 * MS, patience: 10 * SECOND, tries: 1 });
    queue
}

fn trigger(queue: &Handle, at: Duration) -> Vec<Fault> {
    vec![Fault::steal_cpu(queue.ledger(), 0.95).at(at).lasting(TRIGGER)]
}

fn bounds() -> Bounds {
    Bounds { liveness: 10 * SECOND, attempts: 10, amplification: 3, queued: 150, ..Bounds::default() }
}

/// The scenario's queue.
pub(crate) fn guarded_queue(guarded: bool) -> JobQueue {
    queue(if guarded { ALL } else { Guards::default() }, bounds())
}

/// Layered retries turn one slow dependency into a storm that outlives what made it slow.
#[failure_mode(id = "FM_005", violates = [INV_006, INV_007], seeds = 32, spec = "spec.md")]
fn retry_amplification(x: &mut Experiment<'_>) {
    let queue = guarded_queue(x.guarded());
    scenario(x, queue);
}

pub(crate) fn scenario(x: &mut Experiment<'_>, queue: JobQueue) {
    let queue = system(x, queue);
    queue.probe_goodput(x);
    x.baseline(6 * SECOND).warmup(4).during(20 * SECOND);
    let estimate = Estimate::degraded().recovery_s(0.5).data_loss(false);
    x.estimate(estimate.confidence(0.7).because("half-open probes find it well within a second, long before POST"));
    x.trigger(trigger(&queue, SECOND));
}
