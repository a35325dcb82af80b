//! Little real systems to try failure modes on, written against the public interface of `tumult_sim` alone.
//!
//! | module | what it is |
//! |---|---|
//! | [`job_queue`] | a job queue: leases, workers, a store with a write-ahead log, a ledger outside of it all |

pub mod job_queue;
