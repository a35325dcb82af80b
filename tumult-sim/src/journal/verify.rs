//! Phase 5 as it stands in a journal: the invariants that were watched across baseline, during and post.

use serde::{Deserialize, Serialize};

/// What the invariants said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct VerifyRecord {
    /// How often an invariant was evaluated.
    pub checks: u64,
    /// The IDs of the invariants that were evaluated, sorted.
    pub invariants: Vec<String>,
    /// How often one did not hold.
    pub violations: u64,
    /// When one did not hold for the first time.
    pub first_violation_epoch_ns: Option<i64>,
    /// Which one that was.
    pub first_violation_invariant: Option<String>,
    /// Each invariant that was violated, once, in the order of its first violation.
    pub violated: Vec<ViolationRecord>,
}

/// An invariant that was violated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ViolationRecord {
    /// Its ID.
    pub invariant: String,
    /// When it first did not hold.
    pub epoch_ns: i64,
    /// How often it did not hold.
    pub times: u64,
    /// What it said the first time.
    pub message: String,
}

impl VerifyRecord {
    /// A record in which nothing was violated yet.
    pub(crate) fn watching<'a>(invariants: impl IntoIterator<Item = &'a str>) -> Self {
        let mut ids: Vec<String> = invariants.into_iter().map(str::to_owned).collect();
        ids.sort();
        ids.dedup();
        Self { invariants: ids, ..Self::default() }
    }

    /// Takes in one violation. They come in the order of time.
    pub(crate) fn violation(&mut self, invariant: &str, epoch_ns: i64, message: impl Into<String>) {
        self.violations += 1;
        if self.first_violation_epoch_ns.is_none() {
            self.first_violation_epoch_ns = Some(epoch_ns);
            self.first_violation_invariant = Some(invariant.to_owned());
        }
        match self.violated.iter_mut().find(|v| v.invariant == invariant) {
            Some(known) => known.times += 1,
            None => self.violated.push(ViolationRecord {
                invariant: invariant.to_owned(),
                epoch_ns,
                times: 1,
                message: message.into(),
            }),
        }
    }

    /// Invariants that held and that were checked; a violated one counts as checked.
    pub(crate) fn held_of_checked(&self) -> (u64, u64) {
        let unlisted = self.violated.iter().filter(|v| !self.invariants.contains(&v.invariant)).count();
        let checked = self.invariants.len() + unlisted;
        ((checked - self.violated.len()) as u64, checked as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_violation_is_kept_and_each_invariant_stands_once() {
        let mut verify = VerifyRecord::watching(["INV_002", "INV_001", "INV_002"]);
        assert_eq!(verify.invariants, ["INV_001", "INV_002"]);
        assert_eq!(verify.held_of_checked(), (2, 2));
        verify.violation("INV_002", 5, "twice");
        verify.violation("INV_002", 9, "thrice");
        assert_eq!((verify.violations, verify.first_violation_epoch_ns), (2, Some(5)));
        assert_eq!(verify.first_violation_invariant.as_deref(), Some("INV_002"));
        assert_eq!((verify.violated.len(), verify.violated[0].times), (1, 2));
        assert_eq!(verify.violated[0].message, "twice");
        assert_eq!(verify.held_of_checked(), (1, 2));
    }
}
