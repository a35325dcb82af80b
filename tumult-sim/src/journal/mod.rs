//! The evidence of a run as one serde type: [`Journal`], its records, its attributes, JSON, TOON.
//!
//! A journal may hold what follows from the seed and the code, and must never hold anything else: no wall-clock
//! value, no run number, no trend, no host. Those belong to the [`RunRecord`] beside it. So the same seed gives
//! the same bytes on every run, and two journals can be compared with `diff`.
//!
//! Points in time are `i64` nanoseconds since the Unix epoch (the run's virtual clock plus its fixed [`Epoch`]),
//! durations are `f64` seconds, and their names end in `_ns` and `_s`. What is not known is absent (`null`), never
//! a number that looks like knowledge.

mod action;
mod analysis;
mod attribute;
mod bounds;
mod epoch;
mod estimate;
mod fault;
pub(crate) mod history;
mod json;
mod measured;
mod record;
mod run;
pub(crate) mod store;
#[cfg(feature = "toon")]
mod toon;
mod verify;
mod vocabulary;

pub use action::{ActionRecord, ActionStatus, HypothesisCheck, HypothesisRecord};
pub use analysis::{AnalysisRecord, Compliance, ScoreTerm};
pub use attribute::{Attribute, AttributeValue};
pub use bounds::Bounds;
pub use epoch::Epoch;
pub use estimate::EstimateRecord;
pub use fault::FaultRecord;
pub use history::{History, Stored, history};
pub use measured::{BaselineRecord, DuringRecord, PostRecord, ProbeBaseline, ProbeDuring, ProbePost, ProbeSamples};
pub use record::{Journal, PhaseRecord, RegulatoryRecord, SCHEMA_VERSION};
pub use run::RunRecord;
pub use store::{journal as read, run as read_run};
pub use verify::{VerifyRecord, ViolationRecord};
pub use vocabulary::{
    BlastRadius, FaultType, MethodName, Outcome, Phase, ProbeMode, Severity, Shape, Status, Trend, Unit,
};

#[cfg(test)]
mod example;
