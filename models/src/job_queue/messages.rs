//! What the processes say to each other.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tumult_invariants::{ExecutionId, JobId, Status};

use super::{JobState, Reconciled, Refusal};

/// Where the queue, the store and the ledger listen, each on its own machine.
pub(super) const PORT: u16 = 7000;

/// A job as its worker is given it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lease {
    pub(super) execution: ExecutionId,
    pub(super) job: JobId,
    pub(super) key: String,
    pub(super) payload: Vec<u8>,
    pub(super) attempt: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum QueueRequest {
    Submit {
        key: String,
        payload: Vec<u8>,
    },
    /// As [`Submit`](Self::Submit), by a client who gives it up after so long.
    SubmitWithin {
        key: String,
        payload: Vec<u8>,
        within: Duration,
    },
    /// A worker is alive.
    Heartbeat {
        worker: String,
    },
    /// A worker has nothing to do. The answer comes when there is something, or after a while.
    Lease {
        worker: String,
    },
    State {
        key: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum QueueReply {
    Accepted(JobId),
    Leased(Lease),
    Nothing,
    State(Option<JobState>),
    Unavailable,
    /// It was not done, and will not be.
    Refused(Refusal),
    Alive,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum StoreRequest {
    Submit { key: String, payload: Vec<u8> },
    SubmitWithin { key: String, payload: Vec<u8>, within: Duration },
    Lease { worker: String },
    Progress { execution: ExecutionId, to: Status },
    Reconcile,
    State { key: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StoreReply {
    Accepted(JobId),
    Leased(Lease),
    /// Nothing is leasable, for so long at least.
    Nothing(Option<Duration>),
    Progressed,
    Refused(Refusal),
    Reconciled(Reconciled),
    State(Option<JobState>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum LedgerRequest {
    /// Do the effect for `key`. With an idempotency key, not a second time for that one.
    Apply { key: String, execution: ExecutionId, idempotency_key: Option<String> },
    /// Was the effect with this idempotency key done?
    Lookup { idempotency_key: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum LedgerReply {
    Applied,
    AlreadyApplied,
    NotApplied,
}
