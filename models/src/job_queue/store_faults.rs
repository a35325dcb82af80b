//! What goes wrong with a store, its clock, and those who rely on its leases.

use std::time::Duration;

use tumult_sim::Process;
use tumult_sim::fault::{Condition, Fault};

use super::Handle;
use super::handle::Effects;

impl Handle {
    /// The replica of that name.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn replica(&self, name: &str) -> Process {
        match self.replicas.iter().find(|(n, _)| n == name) {
            Some((_, process)) => *process,
            None => panic!("failed to find the replica `{name}`: declare it with JobQueue::replicas"),
        }
    }

    /// The worker stands still for this long when its work is done, and before it commits.
    #[track_caller]
    pub fn stall_before_commit(&self, name: &str, lasts: Duration) -> Fault {
        let worker = self.worker(name);
        Fault::pause(worker).on(Condition::point("worker.worked").by(worker)).lasting(lasts)
    }

    /// Whoever does the effect of this worker's job goes down when the ledger has confirmed it, and before that is
    /// recorded: the worker, or, with an outbox, the store.
    #[track_caller]
    pub fn crash_after_effect(&self, name: &str, lasts: Duration) -> Fault {
        let (process, point) = match self.effects {
            Effects::Worker => (self.worker(name), "worker.applied"),
            Effects::Store => (self.store, "store.applied"),
        };
        Fault::kill(process).on(Condition::point(point).by(process)).lasting(lasts)
    }

    /// The store loses power when a transaction of several records is written, and before it is synced.
    pub fn power_loss_in_commit(&self, lasts: Duration) -> Fault {
        Fault::power_loss(self.store).on(Condition::point("store.written").by(self.store)).lasting(lasts)
    }

    /// The worker and the store do not reach each other; both reach everyone else.
    #[track_caller]
    pub fn part_from_store(&self, name: &str) -> Fault {
        Fault::partition(&[&[self.worker(name)], &[self.store]])
    }

    /// The store's wall clock is set by this many nanoseconds when the worker has begun to work on a job.
    #[track_caller]
    pub fn store_clock_step(&self, name: &str, ns: i64) -> Fault {
        let worker = self.worker(name);
        Fault::clock_step(self.store, ns).on(Condition::point("worker.working").by(worker))
    }
}
