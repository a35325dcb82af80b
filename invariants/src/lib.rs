//! What has to hold, by number: each invariant is one function over a state that an observer of the whole system keeps.
//!
//! ```
//! use tumult_invariants::{Effect, EffectLedger, ExecutionId, INV_001};
//! use tumult_sim::Time;
//!
//! let mut ledger = EffectLedger::default();
//! ledger.apply("invoice-1", Effect { execution: ExecutionId(1), at: Time::ZERO });
//! assert!((INV_001.check)(&ledger).holds());
//! ledger.apply("invoice-1", Effect { execution: ExecutionId(2), at: Time::ZERO });
//! assert!(!(INV_001.check)(&ledger).holds());
//! ```
//!
//! | invariant | reads | who tells it |
//! |---|---|---|
//! | [`INV_001`] | [`EffectLedger`] | the system outside that effects are done to |
//! | [`INV_002`] | [`LogHistory`] | the store: what it writes, and what it finds after a crash |
//! | [`INV_003`] | [`TransitionHistory`] | the store: what takes effect |
//! | [`INV_004`] | [`WorkHistory`] | clients and workers: what they were promised; the store: what it knows |
//! | [`INV_005`] | [`OutcomeHistory`] | workers and clients: what they were told, and what they made of it |
//! | [`INV_006`] | [`EndHistory`] | clients: what was accepted; the store: what ended; an observer, who looks at what did not |
//! | [`INV_007`] | [`AttemptHistory`] | the store: leases; workers: calls to those outside |
//! | [`INV_008`] | [`ReplicaHistory`] | replicas: what they have seen, and their state |
//! | [`INV_009`] | [`ControlHistory`] | the queue: heartbeats that arrive, and that it serves |
//! | [`INV_010`] | [`BacklogHistory`] | all who queue work: how much |
//!
//! `INV_006`, `INV_007`, `INV_009` and `INV_010` are held to [`Bounds`]. [`GoodputHistory`] is no invariant: it tells
//! whether a failure is metastable.
//!
//! The states know nothing of the model that feeds them: [`Status`] and its [declared](Status::may_become) transitions
//! are the specification's, so a model that gets them wrong is found out.

mod attempts;
mod backlog;
mod bounds;
mod control;
mod effects;
mod ends;
mod goodput;
mod ids;
mod inv_001;
mod inv_002;
mod inv_003;
mod inv_004;
mod inv_005;
mod inv_006;
mod inv_007;
mod inv_008;
mod inv_009;
mod inv_010;
mod log;
mod outcomes;
mod replicas;
mod status;
mod transitions;
mod work;

pub use attempts::AttemptHistory;
pub use backlog::BacklogHistory;
pub use bounds::Bounds;
pub use control::ControlHistory;
pub use effects::{Duplicate, Effect, EffectLedger};
pub use ends::{EndHistory, Overdue};
pub use goodput::{Goodput, GoodputHistory};
pub use ids::{ExecutionId, JobId};
pub use inv_001::{INV_001, at_most_once};
pub use inv_002::{INV_002, no_partial_damage};
pub use inv_003::{INV_003, declared_transitions};
pub use inv_004::{INV_004, recovery_restores};
pub use inv_005::{INV_005, failures_are_detectable};
pub use inv_006::{INV_006, every_job_ends};
pub use inv_007::{INV_007, attempts_are_bounded};
pub use inv_008::{INV_008, replicas_agree};
pub use inv_009::{INV_009, control_is_served};
pub use inv_010::{INV_010, queues_are_bounded};
pub use log::LogHistory;
pub use outcomes::{Answer, Counted, Outcome, OutcomeHistory};
pub use replicas::ReplicaHistory;
pub use status::Status;
pub use transitions::{Transition, TransitionHistory};
pub use work::WorkHistory;
