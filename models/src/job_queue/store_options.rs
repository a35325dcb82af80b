//! Settings of the store, and of those who rely on its leases.

use std::time::Duration;

use super::{JobQueue, LeaseClock, Renewal};

impl JobQueue {
    /// Whether a transaction is one frame of the log, so that it is there whole or not at all.
    pub fn atomic_commits(mut self, on: bool) -> Self {
        self.policy.store.atomic_commits = on;
        self
    }

    /// Whether the checksum of a frame is looked at when the log is read.
    pub fn checksums(mut self, on: bool) -> Self {
        self.policy.store.checksums = on;
        self
    }

    /// How many bytes a client's jobs have for a payload, at least. What is longer than a sector of the disk can be torn.
    pub fn payload(mut self, bytes: usize) -> Self {
        self.payload = bytes;
        self
    }

    /// Whether the transaction that commits has the effect in it, which the store then delivers.
    pub fn outbox(mut self, on: bool) -> Self {
        self.policy.store.outbox = on;
        self
    }

    /// Whether whoever attempts a job again asks the store whether its key is recorded as committed.
    pub fn recorded_keys(mut self, on: bool) -> Self {
        self.policy.store.recorded_keys = on;
        self
    }

    /// Which clock leases are reckoned by.
    pub fn lease_clock(mut self, clock: LeaseClock) -> Self {
        self.policy.store.lease_clock = clock;
        self
    }

    /// How long after its lease is over a job is given to another worker.
    pub fn drift_margin(mut self, margin: Duration) -> Self {
        self.policy.store.drift_margin = margin;
        self
    }

    /// Whether a worker does no effect when its lease is over by its own clock.
    pub fn lease_check(mut self, on: bool) -> Self {
        self.policy.store.lease_check = on;
        self
    }

    /// Who prolongs leases.
    pub fn renewal(mut self, by: Renewal) -> Self {
        self.policy.store.renewal = by;
        self
    }

    /// Whether a worker that cannot do a job, nor say so to the store, hands it back at the queue.
    pub fn hand_back(mut self, on: bool) -> Self {
        self.policy.store.hand_back = on;
        self
    }

    /// Replicas of the store, of these names.
    pub fn replicas<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.replicas = names.into_iter().map(str::to_string).collect();
        self
    }

    /// Whether replicas apply operations in the order of their numbers, and none twice.
    pub fn sequenced(mut self, on: bool) -> Self {
        self.policy.store.sequenced = on;
        self
    }

    /// Whether replicas get what they miss from the store before they go on.
    pub fn reconciled(mut self, on: bool) -> Self {
        self.policy.store.reconciled = on;
        self
    }
}
