//! What became of a planned fault.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PlannedFault;
use crate::base::Time;

/// A fault of the plan and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The fault as it was planned.
    pub fault: PlannedFault,
    /// When it was done to the world.
    pub injected_at: Option<Time>,
    /// When it was taken back.
    pub healed_at: Option<Time>,
    /// Why it was not done, if its time came and it was not.
    pub skipped: Option<String>,
    /// When it was first seen to have taken effect: a living process ended, a pause kept a task from running, a
    /// packet was lost, held or late because of it, a moved clock was read, an operation on a disk failed or waited.
    pub met_at: Option<Time>,
}

impl Outcome {
    pub(crate) fn planned(fault: PlannedFault) -> Self {
        Self { fault, injected_at: None, healed_at: None, skipped: None, met_at: None }
    }

    /// Whether it really took effect.
    pub fn is_met(&self) -> bool {
        self.met_at.is_some()
    }

    /// Whether it is in force: injected and not healed.
    pub fn is_active(&self) -> bool {
        self.injected_at.is_some() && self.healed_at.is_none()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.fault)?;
        match (&self.skipped, self.injected_at) {
            (Some(why), _) => write!(f, "skipped, {why}"),
            (None, None) => f.write_str("never due"),
            (None, Some(at)) => {
                write!(f, "injected at {at}, {}", if self.is_met() { "met" } else { "not met" })?;
                self.healed_at.map_or(Ok(()), |at| write!(f, ", healed at {at}"))
            }
        }
    }
}

/// A step in the life of a planned fault, as the trace has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Step {
    Planned = 0,
    Injected = 1,
    Healed = 2,
    Skipped = 3,
    Met = 4,
}
