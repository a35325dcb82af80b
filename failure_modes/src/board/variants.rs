//! Variants: where one policy masks another, or a trigger does not reach one, the nearest scenario that needs it.

use std::time::Duration;

use tumult_invariants::Bounds;
use tumult_models::job_queue::{Control, JobQueue, Renewal};
use tumult_sim::Sim;
use tumult_sim::fault::{Condition, Fault};

use super::{Column, Kind};
use crate::fm_005_retry_amplification::{Guards as Retries, metastable as fm_005};
use crate::fm_009_backpressure_collapse::{Guards as Load, metastable as fm_009};
use crate::{fm_007_control_starvation as fm_007, fm_008_effect_outside as fm_008, violations};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// All variants; what each is for.
pub(super) fn all() -> Vec<Column> {
    let violation = |name, seeds, queue, declare: fn(&mut Sim, JobQueue)| {
        let violated =
            move |seed, queue: &JobQueue| violations::first(seed, |sim| declare(sim, queue.clone())).is_some();
        Column {
            name,
            kind: Kind::Variant,
            seeds,
            queue,
            acts: false,
            runs: Box::new(move |s, q, _| Some(violated(s, q))),
        }
    };
    let goodput = |name, queue, collapses: fn(u64, &JobQueue) -> bool| Column {
        name,
        kind: Kind::Variant,
        seeds: 2,
        queue,
        acts: false,
        runs: Box::new(move |s, q, _| Some(collapses(s, q))),
    };
    let none = fm_005::NONE;
    vec![
        violation("FM_001, a look at the lease and no key at the ledger", 8, lease_checked(), stalled),
        violation("FM_003, the worker of the last attempt stands still", 8, one_attempt(), stalled_for_long),
        violation("FM_004, a short lease and no hand-back", 8, short_lease(), parted),
        violation("FM_004, a worker is cut off when the job comes", 8, heartbeats(), cut_off),
        goodput("FM_005, breaker", fm_005::alone(Retries { breaker: true, ..none }), fm_005::collapses),
        goodput("FM_005, backoff", fm_005::alone(Retries { backoff: true, ..none }), fm_005::collapses),
        goodput(
            "FM_005, budgets",
            fm_005::alone(Retries { budget: true, retry_budget: true, ..none }),
            fm_005::collapses,
        ),
        violation("FM_007, five times as much", 8, fm_007::queue(Control::Priority), flooded),
        violation("FM_008, a crash between commit and end", 8, fm_008::queue(true), crashed_after_commit),
        goodput("FM_009, deadlines", fm_009::alone(Load { deadlines: true, ..fm_009::NONE }), fm_009::collapses),
    ]
}

fn lease_checked() -> JobQueue {
    JobQueue::new().lease(SECOND).work(500 * MS).idempotent_commit(false).lease_check(true)
}

fn stalled(sim: &mut Sim, queue: JobQueue) {
    let queue = queue.install_in(sim);
    queue.submit(sim, "client", 100 * MS, 1);
    sim.fault(queue.stall_worker("A", 2 * SECOND));
}

/// The store puts the job aside when its only attempt has run out, and then the worker goes on.
fn one_attempt() -> JobQueue {
    JobQueue::new().lease(SECOND).work(200 * MS).budget(Some(1))
}

fn stalled_for_long(sim: &mut Sim, queue: JobQueue) {
    let queue = queue.install_in(sim);
    queue.submit_only(sim, "client", 100 * MS, 1);
    sim.fault(queue.stall_worker("A", 4 * SECOND));
}

fn short_lease() -> JobQueue {
    let bounds = Bounds { liveness: 10 * SECOND, ..Bounds::default() };
    JobQueue::new().lease(SECOND).bounds(bounds).renewal(Renewal::ByStore)
}

fn parted(sim: &mut Sim, queue: JobQueue) {
    let queue = queue.install_in(sim);
    queue.submit_only(sim, "client", 100 * MS, 1);
    sim.fault(queue.part_from_store("A").lasting(5 * SECOND));
}

fn heartbeats() -> JobQueue {
    let bounds = Bounds { liveness: 10 * SECOND, ..Bounds::default() };
    JobQueue::new().lease(20 * SECOND).bounds(bounds).heartbeats(50 * MS, 150 * MS)
}

/// The worker's request for work waits at the queue when the job comes, and it does not hear the answer.
fn cut_off(sim: &mut Sim, queue: JobQueue) {
    let queue = queue.install_in(sim);
    sim.fault(Fault::isolate(queue.worker("A")).at(1500 * MS).lasting(3 * SECOND));
    queue.submit_only(sim, "client", 1800 * MS, 1);
}

/// What is sent in four seconds is more than may be queued.
fn flooded(sim: &mut Sim, queue: JobQueue) {
    let (queue, asker) = fm_007::system(sim, queue, 10 * MS);
    sim.fault(fm_007::trigger(&queue, asker, SECOND));
}

fn crashed_after_commit(sim: &mut Sim, queue: JobQueue) {
    let queue = queue.install_in(sim);
    queue.submit(sim, "client", 100 * MS, 1);
    let a = queue.worker("A");
    sim.fault(Fault::kill(a).on(Condition::point("worker.committed").by(a)).lasting(20 * MS));
}
