//! A fault of the plan, as it stands in a journal.

use serde::{Deserialize, Serialize};

use super::vocabulary::{BlastRadius, FaultType, Severity};

/// A fault: what was planned and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultRecord {
    /// The fault in the words of its plan, such as `kill n1`.
    pub fault: String,
    /// What kind of thing it does.
    pub fault_type: FaultType,
    /// How hard it is meant to hit.
    pub severity: Option<Severity>,
    /// How far it reaches.
    pub blast_radius: Option<BlastRadius>,
    /// The names of what it hits.
    pub targets: Vec<String>,
    /// When the plan wanted it; absent for one that waits for a condition.
    pub planned_epoch_ns: Option<i64>,
    /// Whether its condition came about.
    pub met: bool,
    /// When it was injected.
    pub injected_epoch_ns: Option<i64>,
    /// When it was taken back.
    pub rolled_back_epoch_ns: Option<i64>,
    /// Why it was skipped, if it was.
    pub skipped: Option<String>,
}

impl FaultRecord {
    /// A fault that is planned and of which nothing more is known.
    pub(crate) fn planned(fault: impl Into<String>, fault_type: FaultType) -> Self {
        Self {
            fault: fault.into(),
            fault_type,
            severity: None,
            blast_radius: None,
            targets: Vec::new(),
            planned_epoch_ns: None,
            met: false,
            injected_epoch_ns: None,
            rolled_back_epoch_ns: None,
            skipped: None,
        }
    }
}
