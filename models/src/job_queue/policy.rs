//! What the queue does to protect its invariants. Each policy can be taken out, which is how it is shown to be needed.

use std::time::Duration;

use super::{Guards, StorePolicy, Surroundings};

/// The settings of a queue.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a policy of its own, to be taken out on its own")]
pub struct Policy {
    /// How long a worker has a job. Default: 5 s.
    pub lease: Duration,
    /// How long the work takes. Default: 500 ms.
    pub work: Duration,
    /// The ledger is given the job's key with each effect, and does none twice for a key. Default: yes.
    pub idempotent_commit: bool,
    /// Only the latest lease of a job may move it on. Default: yes.
    pub fencing: bool,
    /// Only declared transitions are made. Default: yes.
    pub transition_check: bool,
    /// The log is synced before anything in it takes effect. Default: yes.
    pub sync: bool,
    /// How many attempts a job may have. Default: any number.
    pub budget: Option<u32>,
    /// What the store does about crashes, clocks and copies.
    pub store: StorePolicy,
    /// What keeps the queue alive under load and failures.
    pub guards: Guards,
    /// What its world is like.
    pub surroundings: Surroundings,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(5),
            work: Duration::from_millis(500),
            idempotent_commit: true,
            fencing: true,
            transition_check: true,
            sync: true,
            budget: None,
            store: StorePolicy::default(),
            guards: Guards::default(),
            surroundings: Surroundings::default(),
        }
    }
}
