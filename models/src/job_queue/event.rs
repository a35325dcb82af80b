//! What happens to jobs: the records of the log. The state is what they make of it, in their order.

use serde::{Deserialize, Serialize};
use tumult_invariants::{ExecutionId, JobId, Status};

use super::{Abort, Outgoing, Stamp};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A job was accepted.
    Accepted {
        /// Its number.
        job: JobId,
        /// The client's name for it.
        key: String,
        /// What to do.
        payload: Vec<u8>,
        /// When.
        at: Stamp,
    },
    /// A job was leased, which begins an execution.
    Leased {
        /// The execution.
        execution: ExecutionId,
        /// Of this job.
        job: JobId,
        /// To this worker.
        owner: String,
        /// When.
        at: Stamp,
        /// Until when.
        expires_at: Stamp,
    },
    /// An execution moved on.
    Moved {
        /// Which.
        execution: ExecutionId,
        /// Where to.
        to: Status,
        /// Why, if it was aborted.
        abort: Option<Abort>,
        /// When.
        at: Stamp,
    },
    /// The lease of an execution is over at another time than was said.
    LeaseEnds {
        /// Whose.
        execution: ExecutionId,
        /// When.
        at: Stamp,
    },
    /// An effect is to be delivered to the ledger.
    Queued(Outgoing),
    /// The ledger has confirmed the effect with this number.
    Delivered {
        /// Which.
        number: u64,
        /// When.
        at: Stamp,
    },
    /// A job is of use until then alone.
    Due {
        /// Which.
        job: JobId,
        /// Its client's deadline.
        by: Stamp,
    },
}
