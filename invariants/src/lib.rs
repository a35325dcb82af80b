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
//! | [`INV_008`] | [`ReplicaHistory`] | replicas: what they have seen, and their state |
//!
//! The states know nothing of the model that feeds them: [`Status`] and its [declared](Status::may_become) transitions
//! are the specification's, so a model that gets them wrong is found out.

mod effects;
mod ids;
mod inv_001;
mod inv_002;
mod inv_003;
mod inv_004;
mod inv_005;
mod inv_008;
mod log;
mod outcomes;
mod replicas;
mod status;
mod transitions;
mod work;

pub use effects::{Duplicate, Effect, EffectLedger};
pub use ids::{ExecutionId, JobId};
pub use inv_001::{INV_001, at_most_once};
pub use inv_002::{INV_002, no_partial_damage};
pub use inv_003::{INV_003, declared_transitions};
pub use inv_004::{INV_004, recovery_restores};
pub use inv_005::{INV_005, failures_are_detectable};
pub use inv_008::{INV_008, replicas_agree};
pub use log::LogHistory;
pub use outcomes::{Answer, Counted, Outcome, OutcomeHistory};
pub use replicas::ReplicaHistory;
pub use status::Status;
pub use transitions::{Transition, TransitionHistory};
pub use work::WorkHistory;
