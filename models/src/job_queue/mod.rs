//! A job queue: at-least-once delivery by leases, and exactly-once effects by an idempotent commit.
//!
//! ```text
//! client --submit--> queue --lease--> store (write-ahead log on its disk)
//!                      |                ^
//!                      +--lease--> worker A, B ... --effect--> ledger (outside the system)
//! ```
//!
//! All of them are processes of their own on the simulated network. An execution goes LEASED → `IN_PROGRESS` → COMMITTED
//! → DONE, or is ABORTED; a job's state is a projection of its executions ([`JobState::of`]). The store alone decides; its
//! log is durable before anything takes effect. A worker commits the job's effect at the ledger and then tells the store:
//! between the two lies everything that can go wrong.
//!
//! What protects the invariants is a [`Policy`], and can be taken out. With an [outbox](JobQueue::outbox) it is the store
//! that does effects, after the transaction that has them in it; [replicas](JobQueue::replicas) of the store, further
//! processes, are told of each operation.
//!
//! ```
//! use std::time::Duration;
//! use tumult_models::job_queue::JobQueue;
//! use tumult_sim::Sim;
//!
//! let mut sim = Sim::new(1);
//! let queue = JobQueue::new().lease(Duration::from_secs(5)).install_in(&mut sim);
//! let client = queue.submit(&mut sim, "client", Duration::ZERO, 3);
//! assert_eq!(sim.run().output::<std::io::Result<u32>>(client).unwrap().as_ref().unwrap(), &3);
//! assert_eq!(queue.observers().effects.read(|ledger| ledger.len()), 3);
//! ```

mod bell;
mod client;
mod event;
mod guard;
mod handle;
mod job;
mod jobs;
mod lease_time;
mod ledger;
mod load;
mod messages;
mod observers;
mod outbox;
mod policies;
mod policy;
mod queue;
mod renewal;
mod replica;
mod shipping;
mod stamp;
mod store;
mod store_faults;
mod store_options;
mod store_policy;
#[cfg(test)]
mod tests;
mod wal;
mod watch;
mod worker;

use std::time::Duration;

use tumult_invariants::Bounds;
use tumult_sim::phase::Unit;
use tumult_sim::{Experiment, Sim};

pub use event::Event;
pub use guard::Guard;
pub use handle::Handle;
pub use job::{Abort, Execution, Job, JobState};
pub use jobs::{Jobs, Reconciled, Refusal};
pub use load::Load;
pub use observers::Observers;
pub use outbox::Outgoing;
pub use policies::{Backoff, Breaker, Control, Guards, Heartbeats, RetryBudget, Surroundings};
pub use policy::Policy;
pub use renewal::Renewal;
pub use stamp::Stamp;
pub use store_policy::{LeaseClock, StorePolicy};

use handle::Effects;
use ledger::Ledger;
use replica::Replica;
use store::Store;
use worker::Worker;

/// How often probes look.
const PROBED: Duration = Duration::from_millis(100);

/// A job queue, to be installed.
#[derive(Clone, Debug)]
pub struct JobQueue {
    policy: Policy,
    workers: Vec<String>,
    replicas: Vec<String>,
    payload: usize,
    bounds: Bounds,
}

impl Default for JobQueue {
    fn default() -> Self {
        let workers = vec!["A".into(), "B".into()];
        Self { policy: Policy::default(), workers, replicas: vec![], payload: 0, bounds: Bounds::default() }
    }
}

impl JobQueue {
    /// A queue with two workers, `A` and `B`, and the defaults of [`Policy`].
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a worker has a job.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.policy.lease = lease;
        self
    }

    /// How long the work takes.
    pub fn work(mut self, work: Duration) -> Self {
        self.policy.work = work;
        self
    }

    /// Whether the ledger is given the job's key with each effect, so that it does none twice.
    pub fn idempotent_commit(mut self, on: bool) -> Self {
        self.policy.idempotent_commit = on;
        self
    }

    /// Whether only the latest lease of a job may move it on.
    pub fn fencing(mut self, on: bool) -> Self {
        self.policy.fencing = on;
        self
    }

    /// Whether the store refuses transitions that are not declared. Off, it is broken: that is for showing that
    /// `INV_003` finds out.
    pub fn transition_check(mut self, on: bool) -> Self {
        self.policy.transition_check = on;
        self
    }

    /// Whether the store's log is synced before anything in it takes effect. Off, a power loss takes what was promised.
    pub fn sync(mut self, on: bool) -> Self {
        self.policy.sync = on;
        self
    }

    /// Workers of these names.
    pub fn workers<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.workers = names.into_iter().map(str::to_string).collect();
        self
    }

    /// Its processes, invariants and probes in an experiment.
    ///
    /// # Panics
    /// As [`install_in`](Self::install_in).
    #[track_caller]
    pub fn install(self, x: &mut Experiment<'_>) -> Handle {
        let handle = self.install_in(x);
        let ends = handle.seen.ends.clone();
        x.probe("open jobs", Unit::Gauge, PROBED, move || ends.read(|e| e.jobs_open() as f64));
        handle
    }

    /// Its processes and its invariants in a simulation.
    ///
    /// # Panics
    /// When a process has the name `queue`, `store`, `ledger`, or a worker's.
    #[track_caller]
    pub fn install_in(self, sim: &mut Sim) -> Handle {
        let Self { policy, workers, replicas, payload, bounds } = self;
        let seen = Observers::install(sim, bounds, policy.surroundings.patience);
        let effects = if policy.store.outbox { Effects::Store } else { Effects::Worker };
        let ledger = Ledger::new(seen.effects.clone(), policy.surroundings.ledger_cost);
        let outside = seen.clone();
        let ledger = sim.process("ledger", move || watch::beside(outside.clone(), ledger.clone().run()));
        let store = Store { policy: policy.clone(), ledger, replicas: replicas.clone(), seen: seen.clone() };
        let store = sim.process("store", move || store.clone().run());
        let front = (policy.clone(), seen.clone());
        let queue = sim.process("queue", move || queue::run(store, front.0.clone(), front.1.clone()));
        let replicas = replicas
            .into_iter()
            .map(|name| {
                let (policy, seen) = (policy.store.clone(), seen.replicas.clone());
                let replica = Replica { name: name.clone(), store, policy, seen };
                let process = sim.process(&name, move || replica.clone().run());
                (name, process)
            })
            .collect();
        let workers = workers
            .into_iter()
            .map(|name| {
                let (policy, seen) = (policy.clone(), seen.clone());
                let worker = Worker { name: name.clone(), queue, store, ledger, policy, seen };
                let process = sim.process(&name, move || worker.clone().run());
                (name, process)
            })
            .collect();
        Handle { queue, store, ledger, workers, replicas, effects, payload, seen }
    }
}
