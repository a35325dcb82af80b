//! When the declared actions of a rollback run.

use crate::journal::Status;

/// When the declared actions of a rollback run. Faults are lifted in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RollbackPolicy {
    /// After every run.
    Always,
    /// After a run in which a hypothesis or an invariant was violated.
    #[default]
    OnDeviation,
    /// Never.
    Never,
}

impl RollbackPolicy {
    /// Whether the actions run, given how things stand when faults are lifted.
    pub fn applies(self, status: Status) -> bool {
        match self {
            Self::Always => true,
            Self::OnDeviation => status == Status::Deviated,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_in_each_state() {
        for status in Status::ALL {
            assert!(RollbackPolicy::Always.applies(*status) && !RollbackPolicy::Never.applies(*status));
            assert_eq!(RollbackPolicy::default().applies(*status), *status == Status::Deviated);
        }
    }
}
