//! What the processes say to each other.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tumult_invariants::{ExecutionId, JobId, Status};

use super::{Event, JobState, Outgoing, Reconciled, Refusal, Stamp};

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
    /// Until when, by the clock of the store that leases are reckoned by.
    pub(super) until: Stamp,
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
    /// A worker is alive: its leases are to be renewed.
    Renew {
        worker: String,
    },
    /// A worker could not do a job, and could not say so to the store.
    HandBack {
        worker: String,
        execution: ExecutionId,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum QueueReply {
    Accepted(JobId),
    Leased(Lease),
    Nothing,
    State(Option<JobState>),
    Unavailable,
    Heard,
    /// It was not done, and will not be.
    Refused(Refusal),
    Alive,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum StoreRequest {
    Submit {
        key: String,
        payload: Vec<u8>,
    },
    SubmitWithin {
        key: String,
        payload: Vec<u8>,
        within: Duration,
    },
    Lease {
        worker: String,
    },
    Progress {
        execution: ExecutionId,
        to: Status,
    },
    Reconcile,
    State {
        key: String,
    },
    /// Is the job's key recorded as committed?
    Recorded {
        job: JobId,
    },
    /// An execution's worker asks for its lease to be renewed.
    Renew {
        execution: ExecutionId,
    },
    /// The queue has heard of a worker.
    RenewAll {
        worker: String,
    },
    /// A worker could not do its job.
    HandBack {
        execution: ExecutionId,
    },
    /// A replica asks for the operations from this number on.
    Operations {
        from: u64,
    },
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
    Recorded(bool),
    /// Until when, by the clock that leases are reckoned by.
    Renewed(Stamp),
    Operations(Vec<Event>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum LedgerRequest {
    /// Do the effect for `key`. With an idempotency key, not a second time for that one.
    Apply { key: String, execution: ExecutionId, idempotency_key: Option<String> },
    /// Do this effect of the store's outbox, unless one with its number was done, or its idempotency key is known.
    Deliver { outgoing: Outgoing, idempotency_key: Option<String> },
    /// Was the effect with this idempotency key done?
    Lookup { idempotency_key: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum LedgerReply {
    Applied,
    AlreadyApplied,
    NotApplied,
}

/// What the store tells its replicas.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Operation {
    pub(super) number: u64,
    pub(super) event: Event,
}
