//! How an experiment ended.

use crate::journal::Status;

/// What is known at the end of an experiment. `Default` is a run in which all went well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "five independent facts, each with its name")]
pub(crate) struct Facts {
    /// A hypothesis did not hold before the fault, or the baseline was anomalous and that was to abort.
    pub(crate) unfit_before: bool,
    /// A declared action failed.
    pub(crate) action_failed: bool,
    /// A hypothesis did not hold under the fault or after it.
    pub(crate) hypothesis_violated: bool,
    /// An invariant was violated.
    pub(crate) invariant_violated: bool,
    /// The run did not come to its end.
    pub(crate) stopped_early: bool,
}

impl Facts {
    /// The status (lifecycle specification, "Analysis"): hypothesis false before → aborted; an action failed →
    /// failed; hypothesis or invariant violated → deviated; else completed, or interrupted where it was stopped
    /// early. What was seen before a run was stopped stays seen, so `interrupted` comes last.
    pub(crate) fn status(self) -> Status {
        if self.unfit_before {
            Status::Aborted
        } else if self.action_failed {
            Status::Failed
        } else if self.hypothesis_violated || self.invariant_violated {
            Status::Deviated
        } else if self.stopped_early {
            Status::Interrupted
        } else {
            Status::Completed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_and_what_it_outranks() {
        let mut facts = Facts::default();
        assert_eq!(facts.status(), Status::Completed);
        facts.stopped_early = true;
        assert_eq!(facts.status(), Status::Interrupted);
        facts.invariant_violated = true;
        assert_eq!(facts.status(), Status::Deviated);
        facts.action_failed = true;
        assert_eq!(facts.status(), Status::Failed);
        facts.unfit_before = true;
        assert_eq!(facts.status(), Status::Aborted);
        assert_eq!(Facts { hypothesis_violated: true, ..Facts::default() }.status(), Status::Deviated);
    }
}
