//! What the queue's world is like, which no policy changes: what things cost, what clients send, what is promised.

use std::time::Duration;

use tumult_invariants::Bounds;

use super::super::JobQueue;

/// The queue's world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// The CPU time that a request costs the ledger. Default: none.
    pub ledger_cost: Duration,
    /// The CPU time that a request costs the queue. Default: none.
    pub queue_cost: Duration,
    /// Jobs, by key, whose work never ends: their worker gives them up when their lease is over. Default: none.
    pub poison: Vec<String>,
    /// How long after its submission a job is worth being done: what counts as goodput. Default: 5 s.
    pub patience: Duration,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            ledger_cost: Duration::ZERO,
            queue_cost: Duration::ZERO,
            poison: vec![],
            patience: Duration::from_secs(5),
        }
    }
}

impl JobQueue {
    /// The CPU time that each request costs the ledger, which serves one after the other.
    pub fn ledger_cost(mut self, cost: Duration) -> Self {
        self.policy.surroundings.ledger_cost = cost;
        self
    }

    /// The CPU time that each request costs the queue, which then serves one after the other.
    pub fn queue_cost(mut self, cost: Duration) -> Self {
        self.policy.surroundings.queue_cost = cost;
        self
    }

    /// The jobs of these keys are poison: their work never ends, and keeps a worker for as long as the lease.
    pub fn poison<'a>(mut self, keys: impl IntoIterator<Item = &'a str>) -> Self {
        self.policy.surroundings.poison = keys.into_iter().map(str::to_string).collect();
        self
    }

    /// How long after its submission a job is worth being done.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.policy.surroundings.patience = patience;
        self
    }

    /// What the queue promises: the invariants hold it to that, with or without the policies that keep it.
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }
}
